/* What the files of this directory share. */
#ifndef ADMS_PRIVATE_H
#define ADMS_PRIVATE_H

#include "adms.h"
#include "budget.h"
#include "db.h"
#include "outage.h"
#include "terminal.h"

struct ingest;
struct upload_log;
struct event;
struct limits;
struct watch;
struct offload;

/* What is computed from more bytes than this is computed by a thread. */
enum { ADMS_LARGE = 64 << 10 };

/* arena_free(), by a thread where wiping it would hold up the loop. */
void adms_free_arena(struct adms *, struct arena *);

/* Work that no request waits for: an arena that is given back with the surface if the work has not
 * ended by then. */
struct chore {
	struct arena *arena;
	struct chore *prev, *next;
};

/* Invented serial numbers must not keep the database from the others, nor one address's from those
 * of other addresses; a fleet behind one address is one. */
enum { MAX_JOINING = 1000, MAX_JOINING_FROM = 750 };

struct adms {
	struct adms_options o;
	struct db *db; /* terminals: handshakes, records */
	struct db *poll_db; /* what leaves with heartbeats; waits for no lock, see adms_new() */
	struct db *results_db; /* of commands; waits while very many people are marked */
	struct db *ingest_db; /* punches */
	struct offload *threads; /* for what is large: no step may hold up the loop */
	struct offload *sealing; /* ingest's writes: large uploads are not in their way */
	struct db_listener *listener;
	struct terminals *terminals;
	struct ingest *ingest;
	struct upload_log *uploads;
	struct limits *limits;
	int unpacking; /* upload_pack.c: packages in memory */
	struct watch *watch;
	struct priority *priority; /* of the loop while commands leave */
	struct budget *budget; /* ingest_memory */
	struct event *tick; /* once a second */
	int ticks;
	bool listening, refreshing;
	struct event *wake; /* terminals named by notifications are read again */
	int *woken, nwoken;
	struct chore chores; /* a ring */
	struct outage refusing; /* the database does not take what uploads bring */
	int releasing, redecoding, claiming; /* chores of held_release.c, redecode.c and claims.c */
	int64_t held_taker; /* held_release.c: what this process is called there */
	int joining; /* requests that wait for a terminal to be read, */
	uint64_t joining_from[MAX_JOINING]; /* and the address that each comes from */
	int64_t nameless; /* contact.c: when results of nobody were last told, ticks */
	struct surface surface;
	struct adms_stats stats;
};

void chore_begin(struct adms *, struct chore *, struct arena *);
void chore_end(struct adms *, struct chore *); /* frees the arena, and all that is on it */

/* Of routes. */
enum contact_flags {
	CONTACT_ANYBODY = 1, /* no serial number needed */
	CONTACT_OF_RESULT = 2, /* the body may say it, or the connection has */
	CONTACT_CHEAP =
		4, /* where nothing waits for the terminal it costs no more than a refusal */
	CONTACT_ACCESS = 8 /* only terminals that speak access control come here */
};

/* A contact: what every terminal route knows before its handler runs. */
struct contact {
	struct adms *adms;
	struct terminal *terminal;
	const char *sn;
	uint64_t joins_from; /* one of adms->joining_from */
	bool aspx;
	bool joined; /* this request is the first that is heard of it */
	int forgotten; /* the terminal's, when the request began */
	req_step *next;
	void *data; /* the handler's own */
};

static inline struct contact *contact_of(struct req *r)
{
	return req_data(r);
}

/* Before every handler: finds the terminal, then calls next; or refuses. */
void contact_before(struct req *, req_step *next);

/* How long a body may be: a terminal's, a waiting one's, a stranger's. */
int64_t contact_max_body(const struct req *, bool judged);

/* The body, which is here, may say whose results it brings: finds the terminal, then calls next. */
void contact_of_result(struct req *, req_step *next);

/* Handlers, one file each. */
req_step handshake_start; /* GET cdata */
req_step upload_start; /* POST cdata, edata */
req_step upload_photo; /* POST fdata */
req_step query_answer; /* POST querydata */
req_step remote_attendance; /* GET cdata with a PIN */
req_step remote_verify; /* POST cdata with AuthType */
req_step command_poll; /* getrequest */
req_step command_result; /* devicecmd */
req_step photo_fetch; /* photo/<token>.jpg */

/* A person's name as the terminal takes it: its encoding, cut between characters at its limit. last
 * NULL: first is the whole name, which this terminal has. */
const char *command_name(
	struct arena *a, const struct terminal *t, const char *first, const char *last);

/* command_text.c: the user line of a person, in the terminal's words and encoding; rows as of
 * command_take(). */
bool command_write_person(
	struct req *, struct str *out, const struct terminal *, const struct rows *, int i);

/* command_text.c: what command_take_all() gave, as the reply, on the request's arena; NULL: nothing that can
 * be sent. What must not be sent is told. */
const char *commands_text(struct req *, const struct rows *);

/* A number of a text column or 0. */
static inline int contact_digits(const char *text)
{
	int64_t n;
	return text && str_to_int(text, 0, 1000000, &n) ? (int)n : 0;
}

#endif
