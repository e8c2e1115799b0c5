/* One request from the inside: req.c runs it, head.c reads it, reply.c and stream.c answer. */
#ifndef REQUEST_H
#define REQUEST_H

#include "client.h"
#include "payload.h"

enum req_state {
	REQ_READING, /* it was let in, the body is not complete */
	REQ_RUNNING, /* inside a step */
	REQ_WAITING, /* for the database, a thread, a wake */
	REQ_DRAIN, /* a stream waits for its reader */
	REQ_DONE, /* replied, or given up */
};

enum stream_state {
	STREAM_NONE,
	STREAM_OPEN, /* nothing sent yet */
	STREAM_SENT, /* the head is out: no other reply is possible */
};

struct req_field {
	const char *name, *value;
};

/* Lives on its own arena. */
struct req {
	struct arena *arena;
	struct client *client; /* NULL: the server has gone while a thread still works */
	struct http *http;
	const struct surface *surface;
	struct route_match match;
	enum req_state state;
	req_step *next;
	void *data;
	const void *login;
	struct owner owner; /* once judged */
	bool judged;
	int64_t admitted; /* ticks when the body was let in */
	bool at_work; /* counted in http->strangers_at_work */
	uint64_t number;
	int64_t started;

	enum method method;
	const char *target, *query; /* query is the end of target */
	const char *path;
	bool path_hidden; /* from the log */
	size_t path_len;
	const char *authority; /* of an absolute target, else NULL */
	struct req_field *headers;
	int nheaders;
	struct req_field *params; /* decoded at the first look */
	int nparams; /* -1: not yet */
	int minor;
	bool keep; /* another request may follow on this connection */
	bool expects_continue;
	bool gone;
	const char *peer, *host; /* found at the first look */
	struct payload body;

	/* what it waits for */
	struct db_ticket *ticket;
	bool reading; /* the query under way only reads */
	bool trying;
	struct req_job *job; /* a thread has it, and the arena */
	bool (*cancel)(void *arg);
	void *cancel_arg;
	const struct db_error *error;

	/* the reply */
	struct str added; /* header lines */
	const char *cache; /* NULL: the surface's */
	int status; /* 0: none yet */
	bool erred; /* the text says ERROR, whatever the status */
	bool told; /* why, once for many */
	enum stream_state stream;
	bool chunked;
	const char *type;
	req_step *more;
	struct out out;
	struct rows *piece; /* of the last statement of a stream */
};

/* --- head.c --------------------------------------------------------------------------------- */

/* A request of the head just parsed, which is the n bytes; its surface and route are looked up. */
struct req *req_new(struct client *, const struct parse_head *, const char *bytes, size_t n);

/* One whose head was not understood (NULL: not complete): only good for req_refuse(). */
struct req *req_broken(struct client *, const struct parse_head *);

/* --- req.c ---------------------------------------------------------------------------------- */

/* The head is complete: who asks is looked at, then the body comes, then it is the handler's turn.
 * May end the request. */
void req_start(struct req *);

/* The body is complete. May end the request. */
void req_body_came(struct req *);

/* Answers by the surface's refused() and ends the request. */
void req_refuse(struct req *, int status, const char *reason, int allowed);

/* The peer has gone for good, or said so two seconds ago; may end the request. */
void req_client_gone(struct req *);

/* The peer has read (nearly) everything; may end the request. */
void req_drained(struct req *);

/* The server goes away: ends without a reply. */
void req_drop(struct req *);

/* --- reply.c -------------------------------------------------------------------------------- */

/* True when a reply may begin; afterwards the request counts as done. */
bool req_may_reply(struct req *, int status);

/* Appends status line and headers. length -1: none is told. */
void reply_head(struct req *, struct out *, const char *type, int64_t length);

#endif
