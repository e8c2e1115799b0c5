/*
 * The terminals as this process knows them: in memory, so that a heartbeat touches no database.
 *
 * Read from the database at start, when a notification names one, and all of them once a minute.
 * What a terminal says of itself with each contact is collected here and written in batches.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

#include "dialect.h"
#include "info.h"
#include "proxy.h"
#include "span.h"
#include "text.h"
#include "zone.h"

#define TERMINAL_MAX_SN 32 /* adms-push 0.6: [A-Za-z0-9_-]{1,32} */

struct adms;
struct arena;
struct terminals;

enum terminal_stamp { STAMP_ATTLOG, STAMP_OPERLOG, STAMP_OTHER, STAMP_COUNT };

/* Lives while it is one of the terminals, and then (gone: it was deleted) until the last who holds
 * it has let go. Read-only outside terminal.c but for the fields that say so. */
struct terminal {
	int id;
	unsigned holders; /* terminal_hold(), and the terminals themselves */
	char sn[TERMINAL_MAX_SN + 1];
	bool gone;
	bool approved;
	bool heard; /* contact.c: a whole request of it was answered, here or elsewhere */
	bool known; /* that it was ever heard of is written */
	unsigned unbelieved; /* the reading whose `approved` is too old; 0: none */
	bool held; /* uploads were kept aside while it waited */
	bool due; /* commands may be waiting; command.c clears it */
	unsigned woken; /* counts wake-ups, so that clearing `due` cannot lose one */
	bool releasing; /* held_release.c: they are on their way */
	int held_failures; /* held_release.c: in a row, */
	int64_t held_at; /* and clock_ticks() from when on it is tried again; */
	uint64_t held_stored; /* the punches that were stored when the first of them ended */
	int64_t held_from; /* held_release.c: held uploads before this id were read and cannot be opened */
	bool claims; /* claims.c: members that were taken are to be filled in */
	bool claiming; /* claims.c: is at it */
	int64_t claim_at; /* claims.c: not before */
	int origin; /* punch_origin of now */
	struct proxies *allowed; /* where it may come from; NULL: from anywhere */
	int64_t strayed; /* contact.c: when one from elsewhere was last told, ticks */
	int64_t spent; /* limit.h */
	int heartbeat; /* seconds */
	struct zone zone;
	struct dialect dialect;
	bool access; /* access.c: it speaks access control */
	int generation; /* on record: of the last handshake, or what was learned since; 3 at first */
	struct text_encoding encoding;
	char code_page[TEXT_MAX_CODE_PAGE];
	char decoded_as[2 * TEXT_MAX_CODE_PAGE]; /* redecode.c: what was tried last */
	bool undecoded; /* the encoding is known now, and what could not be decoded not yet tried */
	bool decoding; /* redecode.c: is at it */
	int64_t decode_at; /* redecode.c: not before */
	int64_t lost_take; /* command.c: a take whose answer never came; 0 none */
	char push_ver[32], device_type[32], name[64], firmware[64];
	/* upload.c: the last stamp stored per table, so that the same one is not written again */
	char stamps[STAMP_COUNT][24];
	int forgotten; /* how often stamps were, as far as is known here: see terminal_memory.sql */
	/* to be written */
	bool dirty;
	int64_t seen; /* microseconds UTC, last contact */
	int64_t pushed; /* last accepted upload, 0 none */
	char address[46];
	char other[46]; /* another address, heard of within five minutes before; "" none */
	int64_t began; /* a contact after a silence, microseconds UTC; 0 none to be told */
	bool told; /* the counts below came with an INFO, */
	int64_t told_at; /* microseconds UTC */
	int32_t users, fingers, faces, punches, fp_version, face_version;
	char functions[8]; /* digits of INFO: what it can be sent; "" not said */
};

struct terminals *terminals_new(struct adms *);
void terminals_free(struct terminals *);

/* True for what may be a serial number. */
bool terminal_sn_ok(const char *sn);

/* NULL: not known to this process (yet). */
struct terminal *terminals_find(const struct terminals *, const char *sn);
struct terminal *terminals_by_id(const struct terminals *, int id);

/* Whoever keeps a pointer for longer than the present call holds the terminal: until the arena
 * ends. Returns it. */
struct terminal *terminal_hold(struct arena *, struct terminal *);

/* A copy for a thread, which must not read what the loop may be changing: serial number, versions,
 * encoding and quirks are good in it. */
const struct terminal *terminal_copy(struct arena *, const struct terminal *);

/* Its stamps were forgotten so often; a smaller number is old news. Those known here go. */
void terminal_forget_stamps(struct terminal *, int forgotten);

/* It is not approved from here on, whatever a reading says that began before. */
void terminal_disapprove(const struct terminals *, struct terminal *);

/* Reads terminals again (n 0: all); then done(arg), also when that failed. done may be NULL. One
 * reading at a time: what is asked for meanwhile is read together afterwards, so that an older
 * state never replaces a newer one. */
void terminals_load(struct terminals *, const int *ids, int n, void (*done)(void *), void *arg);
bool terminals_behind(const struct terminals *); /* the last reading failed: load all again */

/* Whether it may come from there. */
bool terminal_allows(const struct terminal *, const char *address);

/* A contact, from this address. */
void terminal_touch(struct terminals *, struct terminal *, const char *address);

/* What INFO= said, and that an upload was accepted. */
void terminal_told(struct terminals *, struct terminal *, const struct info *);
void terminal_pushed(struct terminals *, struct terminal *);

/* Starts writing what was collected; true while anything is unwritten or being written. */
bool terminals_flush(struct terminals *);

void terminals_each(struct terminals *, void (*fn)(void *arg, struct terminal *), void *arg);
int terminals_count(const struct terminals *);
int terminals_online(const struct terminals *); /* heard of within their own interval */

#endif
