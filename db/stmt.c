/* Prepared statements of one connection: a hash table of chains, and a list by last use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "stmt.h"

struct stmt {
	struct stmt_name name;
	char *sql;
	uint32_t *types;
	int ntypes;
	uint64_t hash;
	struct stmt *chain;
	struct stmt *newer, *older; /* by last use */
};

enum { HEADS = 512 }; /* a power of two */

struct stmts {
	struct stmt *heads[HEADS];
	struct stmt *newest, *oldest;
	int count, max;
	unsigned serial;
};

struct stmts *stmts_new(int max)
{
	struct stmts *all = xcalloc(1, sizeof *all);
	all->max = max;
	return all;
}

static void stmt_free(struct stmt *s)
{
	free(s->sql);
	free(s->types);
	free(s);
}

void stmts_clear(struct stmts *all)
{
	for (struct stmt *s = all->newest, *older; s; s = older) {
		older = s->older;
		stmt_free(s);
	}
	memset(all->heads, 0, sizeof all->heads);
	all->newest = all->oldest = NULL;
	all->count = 0;
}

void stmts_free(struct stmts *all)
{
	if (!all)
		return;
	stmts_clear(all);
	free(all);
}

int stmts_count(const struct stmts *all)
{
	return all->count;
}

/* Eight bytes at a time; the texts are our own, so nobody aims at collisions. */
static uint64_t text_hash(const char *text)
{
	size_t n = strlen(text);
	uint64_t hash = n, word;

	for (; n >= 8; n -= 8, text += 8) {
		memcpy(&word, text, 8);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, text, n);
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

static void stmt_unlink(struct stmts *all, struct stmt *s)
{
	*(s->newer ? &s->newer->older : &all->newest) = s->older;
	*(s->older ? &s->older->newer : &all->oldest) = s->newer;
}

static void stmt_link(struct stmts *all, struct stmt *s)
{
	s->newer = NULL;
	s->older = all->newest;
	*(s->older ? &s->older->newer : &all->oldest) = s;
	all->newest = s;
}

static bool stmt_is(
	const struct stmt *s, uint64_t hash, const char *sql, const uint32_t *types, int ntypes)
{
	return s->hash == hash && s->ntypes == ntypes &&
	       (ntypes == 0 || memcmp(s->types, types, (size_t)ntypes * sizeof *types) == 0) &&
	       strcmp(s->sql, sql) == 0;
}

const struct stmt_name *stmts_find(
	struct stmts *all, const char *sql, const uint32_t *types, int ntypes)
{
	uint64_t hash = text_hash(sql);
	struct stmt *s = all->heads[hash & (HEADS - 1)];

	while (s && !stmt_is(s, hash, sql, types, ntypes))
		s = s->chain;
	if (!s)
		return NULL;
	if (s != all->newest) {
		stmt_unlink(all, s);
		stmt_link(all, s);
	}
	return &s->name;
}

static void stmts_evict(struct stmts *all, struct stmt_name *evicted)
{
	struct stmt *s = all->oldest;
	struct stmt **at = &all->heads[s->hash & (HEADS - 1)];

	while (*at != s)
		at = &(*at)->chain;
	*at = s->chain;
	stmt_unlink(all, s);
	*evicted = s->name;
	stmt_free(s);
	all->count--;
}

const struct stmt_name *stmts_add(struct stmts *all, const char *sql, const uint32_t *types,
	int ntypes, struct stmt_name *evicted)
{
	struct stmt *s = xcalloc(1, sizeof *s);

	evicted->text[0] = '\0';
	if (all->count == all->max)
		stmts_evict(all, evicted);
	snprintf(s->name.text, sizeof s->name.text, "s%u", ++all->serial);
	s->sql = xstrdup(sql);
	s->ntypes = ntypes;
	if (ntypes > 0) {
		s->types = xmalloc((size_t)ntypes * sizeof *types);
		memcpy(s->types, types, (size_t)ntypes * sizeof *types);
	}
	s->hash = text_hash(sql);
	s->chain = all->heads[s->hash & (HEADS - 1)];
	all->heads[s->hash & (HEADS - 1)] = s;
	stmt_link(all, s);
	all->count++;
	return &s->name;
}
