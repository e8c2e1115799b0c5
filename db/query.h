/*
 * Copies of queries, which outlive their callers' stack frames. Private to db/, pure.
 */
#ifndef QUERY_H
#define QUERY_H

#include "db.h"

/* Bytes for the statements and their args, and for what a build with assertions adds. */
size_t query_size(const struct db_query *);

/* All of it but the SQL texts and values; room has query_size() bytes. */
void query_copy(struct db_query *, void *room, const struct db_query *from);

/* A hash of the SQL texts, to see that they stay as they are. */
uint64_t query_texts(const struct db_query *);

#endif
