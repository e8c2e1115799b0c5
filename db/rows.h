/*
 * The result of one statement, typed reading. Immutable; pointers read from it live as long as
 * the rows do. Columns may come in text or binary format (see struct db_query); rows_int,
 * rows_bool, rows_double and rows_time read both.
 */
#ifndef ROWS_H
#define ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rows;

void rows_free(struct rows *); /* NULL is allowed; has the shape arena_defer wants */

int rows_count(const struct rows *); /* 0 for NULL */
int rows_columns(const struct rows *); /* 0 for NULL */

bool rows_null(const struct rows *, int row, int column);

/* The bytes as they came, NUL-terminated; NULL when the value is null. */
const char *rows_text(const struct rows *, int row, int column);
size_t rows_len(const struct rows *, int row, int column);

/* 0 / false when null. int2, int4, int8 (date: days since 2000); bool; float4, float8. */
int64_t rows_int(const struct rows *, int row, int column);
bool rows_bool(const struct rows *, int row, int column);
double rows_double(const struct rows *, int row, int column);

/* Binary timestamp or timestamptz as microseconds since 1970 (wall clock or UTC); binary only. */
int64_t rows_time(const struct rows *, int row, int column);

/* A binary one-dimensional array of int4 or int8 without nulls: its length, and its elements
 * into out (at most max). */
int rows_ints(const struct rows *, int row, int column, int64_t *out, int max);

/* Rows touched by insert, update, delete. */
int64_t rows_affected(const struct rows *);

#endif
