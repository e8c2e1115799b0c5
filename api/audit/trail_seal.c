/* What audit rows say of people, closed and opened. */
#include "trail_seal.h"

#include <stdlib.h>
#include <string.h>

#include "fatal.h"

static const char key_place[] = "person_key.sealed";
static const char place[] = "audit_log.personal";
static const char masked[] = "***";

/* --- keys ----------------------------------------------------------------------------------- */

void trail_key_make(const struct seal *seal, struct arena *a, unsigned char **row_key,
	unsigned char **sealed, size_t *n)
{
	unsigned char key[SEAL_KEY_SIZE];

	*row_key = arena_alloc(a, SEAL_ROW_KEY_SIZE);
	seal_random(*row_key, SEAL_ROW_KEY_SIZE);
	seal_random(key, sizeof(key));
	*sealed = seal_close(seal, a, key_place, *row_key, key, sizeof(key), n);
	explicit_bzero(key, sizeof(key));
}

bool trail_key_open(const struct seal *seal, struct arena *a, const char *row_key, size_t row_key_n,
	const char *sealed, size_t n, unsigned char key[SEAL_KEY_SIZE])
{
	size_t len = 0;

	if (!row_key || row_key_n != SEAL_ROW_KEY_SIZE)
		return false;
	char *plain = seal_open(seal, a, key_place, (const void *)row_key, sealed, n, &len);
	if (!plain || len != SEAL_KEY_SIZE)
		return false;
	memcpy(key, plain, SEAL_KEY_SIZE);
	explicit_bzero(plain, SEAL_KEY_SIZE);
	return true;
}

/* --- records -------------------------------------------------------------------------------- */

/* An object, the caller's. */
static json_t *object_read(const char *text, size_t n)
{
	json_t *object = text ? json_loadb(text, n, 0, NULL) : NULL;

	if (json_is_object(object))
		return object;
	json_decref(object);
	return json_object();
}

static json_t *record_open(const struct seal *seal, struct arena *a, const char *resource,
	const struct trail_record *record)
{
	const char *where = arena_printf(a, "%s.sealed", resource);
	size_t n = 0;
	char *plain = NULL;

	if (record->sealed && record->row_key_n == SEAL_ROW_KEY_SIZE)
		plain = seal_open(seal, a, where, (const void *)record->row_key, record->sealed,
			record->n, &n);
	json_t *object = object_read(plain, n);
	if (plain)
		explicit_bzero(plain, n);
	return object;
}

static bool is_secret(const char *member)
{
	return strcmp(member, "device_password") == 0 || strcmp(member, "card_no") == 0;
}

/* Members of one record that the other has not, or has otherwise. */
static void record_join(json_t *into, json_t *record, const json_t *other)
{
	const char *member;
	json_t *value;

	json_object_foreach(record, member, value)
	{
		if (json_equal(value, json_object_get(other, member)))
			continue;
		json_object_set_new(
			into, member, is_secret(member) ? json_string(masked) : json_incref(value));
	}
}

static json_t *side_make(const char *text, json_t *record, const json_t *other)
{
	json_t *side = object_read(text, text ? strlen(text) : 0);

	if (json_object_size(record) > 0 || json_object_size(other) > 0)
		json_object_del(side, "sealed"); /* said member by member */
	record_join(side, record, other);
	return side;
}

static char *both_text(const struct seal *seal, struct arena *a, const char *resource,
	const char *before, const char *after, const struct trail_record *was,
	const struct trail_record *is)
{
	json_t *old = record_open(seal, a, resource, was);
	json_t *new = record_open(seal, a, resource, is);
	json_t *both = json_object();

	json_object_set_new(
		both, "before", before || was->sealed ? side_make(before, old, new) : json_null());
	json_object_set_new(
		both, "after", after || is->sealed ? side_make(after, new, old) : json_null());
	char *text = json_dumps(both, JSON_COMPACT);
	if (!text)
		fatal("an audit row that is no JSON");
	json_decref(old);
	json_decref(new);
	json_decref(both);
	return text;
}

/* --- personal values ------------------------------------------------------------------------ */

unsigned char *trail_close(const struct seal *seal, struct arena *a, const char *resource,
	const unsigned char key[SEAL_KEY_SIZE], const char *before, const char *after,
	const struct trail_record *was, const struct trail_record *is, size_t *n)
{
	char *text = both_text(seal, a, resource, before, after, was, is);
	unsigned char row_key[SEAL_ROW_KEY_SIZE];
	size_t sealed_n;

	seal_random(row_key, sizeof(row_key));
	unsigned char *sealed =
		seal_close_under(key, a, place, row_key, text, strlen(text), &sealed_n);
	explicit_bzero(text, strlen(text));
	free(text);
	*n = sizeof(row_key) + sealed_n;
	unsigned char *bytes = arena_alloc(a, *n);
	memcpy(bytes, row_key, sizeof(row_key));
	memcpy(bytes + sizeof(row_key), sealed, sealed_n);
	return bytes;
}

char *trail_open(
	struct arena *a, const unsigned char key[SEAL_KEY_SIZE], const char *bytes, size_t n)
{
	if (!bytes || n < SEAL_ROW_KEY_SIZE)
		return NULL;
	return seal_open_under(key, a, place, (const void *)bytes, bytes + SEAL_ROW_KEY_SIZE,
		n - SEAL_ROW_KEY_SIZE, NULL);
}
