/*
 * Parameters in PostgreSQL's binary format. An array is: dimensions, has-null flag, element type,
 * length, lower bound, then per element its length (-1 = null) and bytes, all big-endian.
 */
#include <endian.h>
#include <limits.h>
#include <string.h>

#include "db.h"
#include "fatal.h"

/* pg_type.oid of the elements and of their arrays */
enum {
	TYPE_BYTEA = 17,
	TYPE_INT8 = 20,
	TYPE_INT2 = 21,
	TYPE_INT4 = 23,
	TYPE_TEXT = 25,
	TYPE_FLOAT4 = 700,
	TYPE_TIMESTAMP = 1114,
	TYPE_BYTEA_ARRAY = 1001,
	TYPE_INT2_ARRAY = 1005,
	TYPE_INT4_ARRAY = 1007,
	TYPE_TEXT_ARRAY = 1009,
	TYPE_INT8_ARRAY = 1016,
	TYPE_FLOAT4_ARRAY = 1021,
	TYPE_TIMESTAMP_ARRAY = 1115
};

enum { HEADER_SIZE = 20 };

/* from 1970-01-01 to PostgreSQL's 2000-01-01, in microseconds */
static const int64_t epoch_gap = INT64_C(946684800000000);

struct db_arg db_int(struct arena *arena, int64_t n)
{
	return db_text(arena_printf(arena, "%lld", (long long)n));
}

struct db_arg db_bool(bool yes)
{
	return db_text(yes ? "t" : "f");
}

static char *put_int2(char *at, uint16_t n)
{
	n = htobe16(n);
	memcpy(at, &n, sizeof n);
	return at + sizeof n;
}

static char *put_int4(char *at, uint32_t n)
{
	n = htobe32(n);
	memcpy(at, &n, sizeof n);
	return at + sizeof n;
}

static char *put_int8(char *at, uint64_t n)
{
	n = htobe64(n);
	memcpy(at, &n, sizeof n);
	return at + sizeof n;
}

static bool any_missing(const bool *missing, int n)
{
	return missing && n > 0 && memchr(missing, true, (size_t)n) != NULL;
}

/* The empty array has no dimensions. */
static char *put_header(char *at, bool nulls, unsigned element, int n)
{
	at = put_int4(at, n > 0);
	at = put_int4(at, nulls);
	at = put_int4(at, element);
	if (n == 0)
		return at;
	at = put_int4(at, (uint32_t)n);
	return put_int4(at, 1);
}

static struct db_arg array_arg(const char *bytes, const char *end, unsigned type)
{
	return (struct db_arg){
		.value = bytes, .len = (int)(end - bytes), .binary = true, .type = type
	};
}

/* Room for an array whose elements take size bytes altogether, beside their lengths. */
static char *array_alloc(struct arena *arena, int n, size_t size)
{
	size_t total = HEADER_SIZE + (size_t)n * 4 + size;

	if (n < 0 || total > INT_MAX)
		fatal("array parameter of %d elements and %zu bytes", n, size);
	return arena_alloc(arena, total);
}

/* One element of size 2, 4 or 8, less its origin. Unsigned, so that no input overflows. */
static inline char *put_number(char *at, const char *in, int size, uint64_t origin)
{
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	switch (size) {
	case 2:
		memcpy(&two, in, sizeof two);
		return put_int2(at, two);
	case 4:
		memcpy(&four, in, sizeof four);
		return put_int4(at, four);
	default:
		memcpy(&eight, in, sizeof eight);
		return put_int8(at, eight - origin);
	}
}

static inline struct db_arg number_array(struct arena *arena, const void *in, int size,
	uint64_t origin, const bool *missing, int n, unsigned element, unsigned type)
{
	char *bytes = array_alloc(arena, n, (size_t)n * (size_t)size);
	char *at = put_header(bytes, any_missing(missing, n), element, n);
	const char *from = in;

	for (int i = 0; i < n; i++, from += size) {
		if (missing && missing[i]) {
			at = put_int4(at, UINT32_MAX);
			continue;
		}
		at = put_int4(at, (uint32_t)size);
		at = put_number(at, from, size, origin);
	}
	return array_arg(bytes, at, type);
}

struct db_arg db_int2_array(struct arena *arena, const int16_t *in, const bool *missing, int n)
{
	return number_array(arena, in, 2, 0, missing, n, TYPE_INT2, TYPE_INT2_ARRAY);
}

struct db_arg db_int4_array(struct arena *arena, const int32_t *in, const bool *missing, int n)
{
	return number_array(arena, in, 4, 0, missing, n, TYPE_INT4, TYPE_INT4_ARRAY);
}

struct db_arg db_float4_array(struct arena *arena, const float *in, const bool *missing, int n)
{
	return number_array(arena, in, 4, 0, missing, n, TYPE_FLOAT4, TYPE_FLOAT4_ARRAY);
}

struct db_arg db_int8_array(struct arena *arena, const int64_t *in, const bool *missing, int n)
{
	return number_array(arena, in, 8, 0, missing, n, TYPE_INT8, TYPE_INT8_ARRAY);
}

/* PostgreSQL refuses what is out of its range. */
struct db_arg db_time_array(struct arena *arena, const int64_t *us, const bool *missing, int n)
{
	return number_array(arena, us, 8, (uint64_t)epoch_gap, missing, n, TYPE_TIMESTAMP,
		TYPE_TIMESTAMP_ARRAY);
}

static char *put_bytes(char *at, const void *bytes, size_t n)
{
	at = put_int4(at, (uint32_t)n);
	memcpy(at, bytes, n);
	return at + n;
}

static struct db_arg bytes_array(struct arena *arena, const void *const *in, const size_t *lens,
	int n, unsigned element, unsigned type)
{
	bool nulls = false;
	size_t size = 0;
	char *bytes, *at;

	for (int i = 0; i < n; i++) {
		size_t len = !in[i] ? 0 : lens ? lens[i] : strlen(in[i]);
		nulls |= !in[i];
		if (len > INT_MAX || size > INT_MAX)
			fatal("array parameter of more than %d bytes", INT_MAX);
		size += len;
	}
	bytes = array_alloc(arena, n, size);
	at = put_header(bytes, nulls, element, n);
	for (int i = 0; i < n; i++) {
		if (!in[i])
			at = put_int4(at, UINT32_MAX);
		else
			at = put_bytes(at, in[i], lens ? lens[i] : strlen(in[i]));
	}
	return array_arg(bytes, at, type);
}

struct db_arg db_bytes_array(struct arena *arena, const void *const *in, const size_t *lens, int n)
{
	return bytes_array(arena, in, lens, n, TYPE_BYTEA, TYPE_BYTEA_ARRAY);
}

struct db_arg db_text_array(struct arena *arena, const char *const *in, int n)
{
	return bytes_array(arena, (const void *const *)in, NULL, n, TYPE_TEXT, TYPE_TEXT_ARRAY);
}
