/*
 * One write of ingest: rows gathered from several jobs, as columns. Knows what a write holds and
 * how it becomes statements; ingest.c decides when it is sent and what its end means.
 */
#ifndef BATCH_H
#define BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "db.h"
#include "ingest.h"
#include "punch.h"

#define BATCH_ROWS 4000
#define BATCH_BYTES (1 << 20) /* but one line at least, however long */
#define BATCH_STATEMENTS 6 /* rejects, their times, raw lines, stamps, odd times, punches */

struct map;
struct batch;

/* A line of a job, until its write has ended. */
struct batch_line {
	struct ingest_job *job;
	struct span line;
	struct span pin; /* of a punch: as PINs are stored */
	const char *reason; /* why it is no punch; NULL: it is one */
	bool secret; /* a column holds a national id */
	int row; /* of those given to punch_store_lines, from 0; -1: not given */
	bool last; /* with it all of its job is durable: the job's stamp goes along */
};

struct batch {
	struct arena *arena;
	struct ingest *ingest;
	struct batch_line *lines;
	int n;
	size_t bytes; /* of the lines */
	int kept; /* lines to be sealed, and their bytes */
	size_t kept_bytes;
	int jobs; /* that have lines here */
	int64_t started; /* clock_now() */
	int rows; /* given to punch_store_lines */
	int stored; /* of them, once it has answered */
	bool *fresh; /* which, where it was not all or none */
	struct batch *next;
	struct db_statement statements[BATCH_STATEMENTS];
	int nstatements;
};

struct batch *batch_new(struct ingest *, int room);
void batch_free(struct batch *);

/* Adds a line; a punch whose text cannot be used becomes a reject. */
void batch_add(struct batch *, struct ingest_job *, struct span line);

/* The PINs without an id in the map, each once; 0: none. */
int batch_unknown_pins(const struct batch *, const struct map *pins, const char ***codes);

/* Begins the statements: with what is kept sealed. For a thread where batch_is_heavy(). */
void batch_seal(struct batch *);
bool batch_is_heavy(const struct batch *);

/* After that the others, and columns, for what the batch holds; every PIN must have its id. */
void batch_encode(struct batch *, const struct map *pins);

/* Reads what punch_store_lines answered; how many rows were new. */
int batch_read(struct batch *, const struct rows *);

/* After that: whether this line's punch was new. */
bool batch_stored(const struct batch *, const struct batch_line *);

/* The lines [from, to) as a batch of their own, without stamps: those come after all of a job's
 * lines. The jobs' counts of open rows stay. */
struct batch *batch_part(const struct batch *, int from, int to);

#endif
