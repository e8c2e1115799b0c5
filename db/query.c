/* Copies of queries, and what their failures mean. */
#include "query.h"

#include <string.h>

#include "fatal.h"

/* Builds with assertions hold a query to its word that it only reads. */
static bool query_is_held(const struct db_query *query)
{
#ifndef NDEBUG
	return query->only_reads;
#else
	return false;
#endif
}

static size_t query_nstatements(const struct db_query *query)
{
	return (size_t)query->nstatements + query_is_held(query);
}

size_t query_size(const struct db_query *query)
{
	size_t nargs = 0;

	for (int i = 0; i < query->nstatements; i++)
		nargs += (size_t)query->statements[i].nargs;
	return query_nstatements(query) * sizeof(struct db_statement) +
	       nargs * sizeof(struct db_arg);
}

void query_copy(struct db_query *to, void *room, const struct db_query *from)
{
	static const struct db_statement hold = {
		.sql = "select set_config('transaction_read_only', 'on', true)"
	};
	size_t n = query_nstatements(from);
	struct db_statement *statements = room;
	struct db_arg *args = (struct db_arg *)(statements + n);

	*to = *from;
	to->statements = statements;
	to->nstatements = (int)n;
	if (query_is_held(from))
		*statements++ = hold;
	for (int i = 0; i < from->nstatements; i++) {
		statements[i] = from->statements[i];
		statements[i].args = args;
		for (int k = 0; k < statements[i].nargs; k++)
			*args++ = from->statements[i].args[k];
	}
}

/* FNV-1a. */
uint64_t query_texts(const struct db_query *query)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (int i = 0; i < query->nstatements; i++)
		for (const char *at = query->statements[i].sql; *at; at++)
			hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
	return hash;
}

bool db_error_away(const struct db_error *e)
{
	static const char *const classes[] = { "08", "25", "53", "57", "58" };

	for (size_t i = 0; i < LEN(classes); i++)
		if (strncmp(e->state, classes[i], 2) == 0)
			return true;
	return false;
}
