#pragma once
/* Shared by load.c (phases and clock), sender.c (one terminal) and load_report.c. */
#include "hist.h"
#include "link.h"
#include "punchgen.h"
#include "settings.h"

#include <event2/event_struct.h>
#include <stdio.h>

enum phase { SHAKING, WARMING, COUNTING, DRAINING };
enum mode { HEARTBEAT, INGEST, LIVE, STORM, IDLE_POLL };

struct counters {
	uint64_t requests, lines_sent, lines_acked, fresh_acked, errors, resends;
	struct hist latency;
};

struct load;

struct sender {
	struct load *load;
	struct link *link;
	struct event retry;
	char sn[33];
	uint32_t index;
	bool beat, shaken, resend, finished;
	unsigned failures; /* in a row */
	uint64_t next; /* first line not yet acknowledged */
	unsigned lines, fresh; /* in the upload on its way */
};

/* Starts the terminals of a range one after the other, each once in a period. */
struct pacer {
	uint32_t first, count;
	double period;
	int64_t start;
	uint64_t started;
};

struct load {
	const struct settings *set;
	struct event_base *base;
	struct net *net;
	enum phase phase;
	enum mode mode;
	struct sender *senders; /* terminals, then heartbeating ones */
	uint32_t terminals, beats, shaken, shaking, finished, busy;
	uint64_t issued;
	unsigned lines;
	double error_delay;
	struct pacer work, heart;
	struct punchgen gen;
	struct buf request, body;
	struct counters main, heartbeats;
	uint64_t missed; /* polls not sent because the one before was still under way */
	int64_t started, ended;
	double cpu_before;
	FILE *acked;
	char last_error[100];
	struct event *deadline, *tick;
};

/* sender.c */
void sender_init(struct sender *s, struct load *l, uint32_t index, const char *prefix);
void sender_start(struct sender *s); /* its next request, when it may and has one */
void sender_close(struct sender *s);

/* load.c: told by a sender after each answer */
void load_shaken(struct load *l);
void load_check_end(struct load *l);

/* load_report.c */
double cpu_seconds(void);
void load_report(const struct load *l, bool complete);
