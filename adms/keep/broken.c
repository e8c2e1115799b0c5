#include "broken.h"

#include "fatal.h"
#include "log.h"
#include "means.h"

enum { DEADLINE_MS = 30000, ARGS = 4 };

struct telling {
	struct arena *arena;
	struct db_arg args[ARGS];
	struct db_statement statement;
};

static void told(void *arg, struct rows *rows, const struct db_error *error)
{
	struct telling *t = arg;
	if (error)
		log_warn("contents_not_told", "state", error->state, NULL);
	rows_free(rows);
	arena_free(t->arena);
}

static struct telling *telling_new(void)
{
	struct arena *a = arena_new();
	struct telling *t = arena_alloc(a, sizeof(*t));
	t->arena = a;
	return t;
}

static void telling_send(struct adms *adms, struct telling *t, const char *sql)
{
	t->args[ARGS - 1] = db_bool(adms->o.config->store_biometrics);
	t->statement = (struct db_statement){ sql, t->args, ARGS };
	db_query(adms->db, &(struct db_query){ .statements = &t->statement,
				   .nstatements = 1,
				   .deadline_ms = DEADLINE_MS,
				   .done = told,
				   .arg = t });
}

void broken_tell(
	struct adms *adms, int terminal, const int64_t *ids, const char *const *problems, int n)
{
	struct telling *t = telling_new();
	t->args[0] = db_int(t->arena, terminal);
	t->args[1] = db_int8_array(t->arena, ids, NULL, n);
	t->args[2] = db_text_array(t->arena, problems, n);
	telling_send(
		adms, t, "select content_refused($1::int, $2::bigint[], $3::text[], $4::bool)");
}

void broken_tell_photo(struct adms *adms, int64_t photo, int64_t version, const char *problem)
{
	struct telling *t = telling_new();
	t->args[0] = db_int(t->arena, photo);
	t->args[1] = db_int(t->arena, version);
	t->args[2] = db_text(arena_strdup(t->arena, problem));
	telling_send(adms, t,
		"select photo_broken(array[$1::bigint], array[$2::bigint], array[$3::text], $4::bool)");
}
