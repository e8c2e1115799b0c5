/*
 * The terminals' side as the rest of the program sees it: one surface, started and drained.
 */
#ifndef ADMS_H
#define ADMS_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "http.h"
#include "seal.h"

struct adms;

struct adms_options {
	struct event_base *base;
	struct db_hub *hub;
	const struct config *config;
	const struct seal *seal;
	const char *conninfo; /* adms opens pools of its own for ingest and terminals */
	const unsigned char *lookup_key; /* SEAL_KEY_SIZE bytes: keyed hashes */
};

struct adms *adms_new(const struct adms_options *);
const struct surface *adms_surface(struct adms *);

/* Before the end: starts writing what is batched; true while anything is still being written, so
 * run the loop and ask again. */
bool adms_flush(struct adms *);

/* After http has drained and adms_flush() said false (or patience ended). First adms_stop(), while
 * http is still there: threads may be at work on what requests hold. */
void adms_stop(struct adms *);
void adms_free(struct adms *);

/* For /metrics. */
struct adms_stats {
	uint64_t punches_received, punches_stored, heartbeats, commands_sent, rejects;
	uint64_t ingest_bytes, ingest_waiting;
	int terminals, terminals_online;
	bool database_up, listening;
};
void adms_stats(const struct adms *, struct adms_stats *);

bool adms_database_up(const struct adms *); /* ingest's pool is connected */

#endif
