#include "rejected_times.h"

#include "fatal.h"
#include "means.h"

#define KEY_BYTES 16 /* of the hash: no two lines of one second are alike by chance */

/* The second column, when it is a time. */
static bool line_time(struct span line, int64_t *wall)
{
	span_cut(&line, '\t');
	return line.text && record_time(span_cut(&line, '\t'), wall);
}

/* 'r' and a keyed hash: a line may hold a national id. */
static const char *line_key(const struct batch *b, struct span line)
{
	unsigned char hash[SEAL_KEY_SIZE];
	char *key = arena_alloc(b->arena, 2 * KEY_BYTES + 2);
	seal_hmac(ingest_adms(b->ingest)->o.lookup_key, line.text, line.len, hash);
	key[0] = 'r';
	str_hex(hash, KEY_BYTES, key + 1);
	return key;
}

int aside_statement(const struct batch *b, struct db_statement *out)
{
	struct arena *a = b->arena;
	const char **sns = NULL, **keys = NULL;
	int64_t *times = NULL, wall;
	int n = 0;
	for (int i = 0; i < b->n; i++) {
		const struct batch_line *l = &b->lines[i];
		if (!l->reason || !line_time(l->line, &wall))
			continue;
		if (!sns) {
			sns = arena_array(a, (size_t)b->n, sizeof(*sns));
			keys = arena_array(a, (size_t)b->n, sizeof(*keys));
			times = arena_array(a, (size_t)b->n, sizeof(*times));
		}
		sns[n] = l->job->terminal->sn;
		keys[n] = line_key(b, l->line);
		times[n++] = wall;
	}
	if (n == 0)
		return 0;
	struct db_arg *args = arena_array(a, 3, sizeof(*args));
	args[0] = db_text_array(a, sns, n);
	args[1] = db_time_array(a, times, NULL, n);
	args[2] = db_text_array(a, keys, n);
	*out = (struct db_statement){ .args = args,
		.nargs = 3,
		.sql = "select punch_aside_keep($1::text[], $2::timestamp[], $3::text[])" };
	return 1;
}
