#pragma once
/* Inside of a terminal, for terminal.c (life), upload.c (requests), execute*.c and state.c. */
#include "block.h"
#include "command.h"
#include "people.h"
#include "terminal.h"

#include <event2/event_struct.h>

enum job_kind { J_HANDSHAKE, J_POLL, J_UPLOAD, J_PUNCHES, J_RESULT, J_FETCH, J_ASK, J_RAW };

/* One request to be sent; kept and sent again until it is answered well, unless once. */
struct job {
	TAILQ_ENTRY(job) next;
	enum job_kind kind;
	bool post, once, lossy;
	char *target;
	struct buf body;
	size_t lines, written; /* J_PUNCHES: some may be forgotten */
};

struct punch {
	char *line;
	size_t time; /* where the time begins in the line */
	bool forgotten; /* by uploads */
};

struct executed {
	char *id, *text;
	long code;
};

struct received { /* a command that waits for its turn */
	TAILQ_ENTRY(received) next;
	char *line;
};

struct counts {
	uint64_t handshakes, polls, uploads, lines_acked, resends, failures, reboots, unlocks;
};

struct terminal {
	struct event_base *base;
	const struct settings *set;
	const struct profile *profile;
	struct net *net;
	struct link *link;
	struct event poll_timer, wait_timer; /* wait: after an error, or booting */
	char sn[33];
	unsigned index;

	bool online, shaken, lost, shake_due, poll_due, info_due, flush, waiting, resend;
	unsigned lose;
	uint64_t dice; /* for answers that are lost */
	struct block block;
	struct buf option_block; /* as it came */
	int64_t clock_offset; /* wall clock = now_us() / 1000000 + this */
	struct buf settings; /* SET OPTION, Key=Value lines */
	struct buf photos; /* taken with punches: lines of time, TAB, PIN */

	struct people people;
	struct punch *punches;
	size_t punch_count, punch_room, punch_sent;

	TAILQ_HEAD(jobs, job) jobs;
	struct job *current;
	TAILQ_HEAD(receiveds, received) received;
	struct buf results; /* acknowledgements gathered so far */
	char *fetching; /* the command line whose photo or file is being fetched */
	bool reboot, recheck;

	struct executed *executed;
	size_t executed_count, executed_room;
	struct counts counts;

	terminal_exchanged *exchanged;
	terminal_settled *settled;
	void *watcher;
};

/* terminal.c */
int64_t terminal_wall(const struct terminal *t);
void terminal_next(struct terminal *t); /* sends what is due, when it may */
struct job *terminal_queue(struct terminal *t, enum job_kind kind, bool post, char *target);
void punches_clear(struct terminal *t);

/* upload.c */
char *target_make(const struct terminal *t, const char *endpoint); /* path, SN; the caller frees */
char *target_table(const struct terminal *t, const char *table);
char *target_answer(const struct terminal *t, const char *table); /* to a query: Stamp=0 */
char *target_poll(const struct terminal *t);
char *target_handshake(const struct terminal *t, const char *start);
struct job *upload_queue(struct terminal *t, const char *table); /* append lines to its body */
struct job *upload_punches(struct terminal *t); /* not queued; NULL: none */
void user_line(const struct terminal *t, const struct user *u, struct buf *out);
void template_line(const struct user *u, const struct templ *x, struct buf *out);
void upload_person(struct terminal *t, const struct user *u); /* USER and templates */
void upload_everybody(struct terminal *t, bool users, bool biodata);
void upload_options(struct terminal *t);
void options_write(const struct terminal *t, struct buf *out, char separator);
void oplog_line(const struct terminal *t, struct buf *out, int code, const char *pin);
/* Made-up template of the terminal's own version, stored with the user; its line is appended. */
void fp_make(struct terminal *t, struct user *u, long finger, struct buf *out);
void face_make(struct terminal *t, struct user *u, struct buf *out);
int face_version(const struct terminal *t);

/* biometrics.c, as the two before */
void vein_make(struct terminal *t, struct user *u, struct buf *out);
bool palm_make(struct terminal *t, struct user *u, struct buf *out); /* false: has no sensor */
void photo_make(struct terminal *t, struct user *u, enum kind kind, struct buf *out);
int bio_version(const struct terminal *t, long type); /* 0: not this type */
void bio_options_write(const struct terminal *t, struct buf *out, char separator);
void base64_write(struct buf *out, struct slice s);

/* execute.c */
void execute_reply(struct terminal *t, struct slice body); /* commands of a poll */
bool execute_next(struct terminal *t); /* false: none waits */
void execute_fetched(struct terminal *t, const struct reply *r);
void execute_told(struct terminal *t, struct slice body); /* lines that nobody wants an answer to */

/* execute_data.c: DATA verbs; the return code */
int data_user_update(struct terminal *t, const struct command *c, int kind);
int data_user_delete(struct terminal *t, const struct command *c, int kind);
int data_template_update(struct terminal *t, const struct command *c, int kind);
int data_template_delete(struct terminal *t, const struct command *c, int kind);
int data_query(struct terminal *t, const struct command *c, int kind);
int data_query_punches(struct terminal *t, const struct command *c, int kind);
int data_query_photos(struct terminal *t, const struct command *c, int kind);
int data_accept(struct terminal *t, const struct command *c, int kind);
int enroll_fp(struct terminal *t, const struct command *c, int kind);
int enroll_bio(struct terminal *t, const struct command *c, int kind);
int enroll_card(struct terminal *t, const struct command *c, int kind);
size_t punches_counted(const struct terminal *t); /* phantoms too */
size_t punches_between(const struct terminal *t, struct slice args, struct buf *out);
/* A file name after the rule of the protocol: under /iclock/ unless it says so itself. */
char *url_target(struct slice url);
#define CODE_LATER 1000000 /* the result comes when a file has been fetched */
#define CODE_SAID 1000001 /* the result is queued already */

/* package.c: appends a gzip'd tar of one file */
void package_write(struct buf *out, const char *name, struct slice text);

/* extras.c: queues the photo of a punch; pin empty: an attempt of nobody known */
struct job *photo_queue(struct terminal *t, struct slice pin, struct slice time);

/* execute_file.c: as old firmware does; newer refuses */
int file_shell(struct terminal *t, const struct command *c, int kind);
int file_get(struct terminal *t, const struct command *c, int kind);
int file_put(struct terminal *t, const struct command *c, int kind);
int file_upgrade(struct terminal *t, const struct command *c, int kind);
