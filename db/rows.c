/* Typed reading of a result: libpq's PGresult under another name, so that it costs nothing. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "pg.h"

/* pg_type.oid of what is read in binary */
enum {
	TYPE_BOOL = 16,
	TYPE_INT8 = 20,
	TYPE_INT2 = 21,
	TYPE_INT4 = 23,
	TYPE_OID = 26,
	TYPE_FLOAT4 = 700,
	TYPE_FLOAT8 = 701,
	TYPE_DATE = 1082,
	TYPE_TIMESTAMP = 1114,
	TYPE_TIMESTAMPTZ = 1184
};

/* from 1970-01-01 to PostgreSQL's 2000-01-01, in microseconds */
static const int64_t epoch_gap = INT64_C(946684800000000);

static const PGresult *rows_result(const struct rows *rows)
{
	return (const PGresult *)rows;
}

void rows_free(struct rows *rows)
{
	PQclear((PGresult *)rows);
}

int rows_count(const struct rows *rows)
{
	return rows ? PQntuples(rows_result(rows)) : 0;
}

int rows_columns(const struct rows *rows)
{
	return rows ? PQnfields(rows_result(rows)) : 0;
}

bool rows_null(const struct rows *rows, int row, int column)
{
	return PQgetisnull(rows_result(rows), row, column);
}

const char *rows_text(const struct rows *rows, int row, int column)
{
	if (rows_null(rows, row, column))
		return NULL;
	return PQgetvalue(rows_result(rows), row, column);
}

size_t rows_len(const struct rows *rows, int row, int column)
{
	return (size_t)PQgetlength(rows_result(rows), row, column);
}

static int16_t bytes_int2(const char *bytes)
{
	uint16_t n;
	memcpy(&n, bytes, sizeof n);
	return (int16_t)be16toh(n);
}

static int32_t bytes_int4(const char *bytes)
{
	uint32_t n;
	memcpy(&n, bytes, sizeof n);
	return (int32_t)be32toh(n);
}

static int64_t bytes_int8(const char *bytes)
{
	uint64_t n;
	memcpy(&n, bytes, sizeof n);
	return (int64_t)be64toh(n);
}

static bool rows_binary(const struct rows *rows, int column)
{
	return PQfformat(rows_result(rows), column) == 1;
}

/* The statement and its reader disagree: a bug, found by the first test that runs it. */
_Noreturn static void rows_mistyped(const struct rows *rows, int column, const char *wanted)
{
	fatal("column %d (%s) has type %u, read as %s", column, PQfname(rows_result(rows), column),
		PQftype(rows_result(rows), column), wanted);
}

static int64_t rows_binary_int(const struct rows *rows, int row, int column)
{
	const char *bytes = PQgetvalue(rows_result(rows), row, column);

	switch (PQftype(rows_result(rows), column)) {
	case TYPE_BOOL:
		return bytes[0] != 0;
	case TYPE_INT2:
		return bytes_int2(bytes);
	case TYPE_INT4:
	case TYPE_DATE:
		return bytes_int4(bytes);
	case TYPE_OID:
		return (uint32_t)bytes_int4(bytes);
	case TYPE_INT8:
		return bytes_int8(bytes);
	}
	rows_mistyped(rows, column, "integer");
}

int64_t rows_int(const struct rows *rows, int row, int column)
{
	if (rows_null(rows, row, column))
		return 0;
	if (rows_binary(rows, column))
		return rows_binary_int(rows, row, column);
	return strtoll(PQgetvalue(rows_result(rows), row, column), NULL, 10);
}

bool rows_bool(const struct rows *rows, int row, int column)
{
	const char *bytes = PQgetvalue(rows_result(rows), row, column);

	if (rows_null(rows, row, column))
		return false;
	if (!rows_binary(rows, column))
		return bytes[0] == 't';
	if (PQftype(rows_result(rows), column) != TYPE_BOOL)
		rows_mistyped(rows, column, "boolean");
	return bytes[0] != 0;
}

double rows_double(const struct rows *rows, int row, int column)
{
	const char *bytes = PQgetvalue(rows_result(rows), row, column);
	float narrow;
	double wide;
	int32_t four;
	int64_t eight;

	if (rows_null(rows, row, column))
		return 0;
	if (!rows_binary(rows, column))
		return strtod(bytes, NULL);
	switch (PQftype(rows_result(rows), column)) {
	case TYPE_FLOAT4:
		four = bytes_int4(bytes);
		memcpy(&narrow, &four, sizeof narrow);
		return narrow;
	case TYPE_FLOAT8:
		eight = bytes_int8(bytes);
		memcpy(&wide, &eight, sizeof wide);
		return wide;
	}
	return (double)rows_binary_int(rows, row, column);
}

/* PostgreSQL's infinity stays the largest number. */
int64_t rows_time(const struct rows *rows, int row, int column)
{
	unsigned type = PQftype(rows_result(rows), column);
	int64_t us;

	if (rows_null(rows, row, column))
		return 0;
	if (!rows_binary(rows, column) || (type != TYPE_TIMESTAMP && type != TYPE_TIMESTAMPTZ))
		rows_mistyped(rows, column, "binary timestamp");
	us = bytes_int8(PQgetvalue(rows_result(rows), row, column));
	if (us == INT64_MIN || us > INT64_MAX - epoch_gap)
		return us;
	return us + epoch_gap;
}

/* dimensions, has-null flag, element type; per dimension length and lower bound; then per element
 * its length (4 bytes) and bytes: all big-endian. */
int rows_ints(const struct rows *rows, int row, int column, int64_t *out, int max)
{
	const char *bytes = PQgetvalue(rows_result(rows), row, column);
	size_t left = rows_len(rows, row, column);
	int32_t n, type, size;

	if (rows_null(rows, row, column))
		return 0;
	if (!rows_binary(rows, column) || left < 12)
		rows_mistyped(rows, column, "binary array of integers");
	type = bytes_int4(bytes + 8);
	if (bytes_int4(bytes) == 0)
		return 0;
	size = type == TYPE_INT2 ? 2 : type == TYPE_INT4 ? 4 : type == TYPE_INT8 ? 8 : 0;
	if (bytes_int4(bytes) != 1 || size == 0 || left < 20)
		rows_mistyped(rows, column, "one-dimensional array of integers");
	n = bytes_int4(bytes + 12);
	if (n < 0 || left != 20 + (size_t)n * (4 + (size_t)size))
		rows_mistyped(rows, column, "array of integers without nulls");
	bytes += 20;
	for (int i = 0; i < n && i < max; i++, bytes += 4 + size) {
		const char *at = bytes + 4;
		out[i] = size == 2 ? bytes_int2(at) : size == 4 ? bytes_int4(at) : bytes_int8(at);
	}
	return n;
}

int64_t rows_affected(const struct rows *rows)
{
	return rows ? strtoll(PQcmdTuples((PGresult *)rows), NULL, 10) : 0;
}
