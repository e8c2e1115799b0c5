/* What the terminals' side is given at the start, and what it counts. */
#ifndef ADMS_OPTIONS_H
#define ADMS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "seal.h"

struct event_base;
struct db_hub;

struct adms_options {
	struct event_base *base;
	struct db_hub *hub;
	const struct config *config;
	const struct seal *seal;
	const char *conninfo; /* adms opens pools of its own for ingest and terminals */
	const unsigned char *lookup_key; /* SEAL_KEY_SIZE bytes: keyed hashes */
};

/* For /metrics. */
struct adms_stats {
	uint64_t punches_received, punches_stored, heartbeats, commands_sent, rejects;
	uint64_t ingest_bytes, ingest_waiting;
	int terminals, terminals_online;
	bool database_up, listening;
};

#endif
