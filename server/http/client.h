/*
 * One client connection: bytes in, one request at a time, bytes out.
 *
 * Input is read into a buffer shared by all connections and parsed there; a connection owns memory
 * for input only while a head or body is incomplete or requests are pipelined, and for output only
 * while the peer reads slower than we write. An idle one costs its struct.
 *
 * Whoever enters from outside (an event, a request's end) does so between client_enter() and
 * client_leave(); the last one to leave decides what to watch next, or frees. So nothing frees a
 * connection under the feet of a caller.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "inside.h"
#include "listener.h"
#include "wire.h"

struct req;

enum client_state {
	CLIENT_HEAD, /* reads a request head, or idle */
	CLIENT_CLAIM, /* waits until the budget allows (more of) the body; not read from */
	CLIENT_BODY, /* reads a body */
	CLIENT_RUN, /* a request is at work */
	CLIENT_FLUSH, /* the reply is on its way */
	CLIENT_LINGER, /* reply sent, our side shut; drops what still comes in */
	CLIENT_DEAD, /* socket closed; the struct lives until its request ends */
};

enum watch { WATCH_NONE, WATCH_READ, WATCH_CLOSE };

struct client {
	struct http *http;
	const struct listener *listener;
	TAILQ_ENTRY(client) all;
	TAILQ_ENTRY(client) queue;
	int64_t due; /* of wait */
	struct req *req;
	struct wire wire;
	struct event readable, writable;
	char *in; /* bytes not yet taken */
	size_t in_len, in_cap;
	size_t scanned; /* parse_request's memory */
	struct out out;
	size_t sent; /* of out */
	size_t lingered;
	size_t stepped; /* bytes moved since the time limit was last renewed */
	size_t kept; /* its part of http->kept */
	struct address peer;
	struct owner said; /* of the last request that was judged; not of a trusted proxy's */
	unsigned char state, wait, watch, busy;
	bool known; /* the last request that was judged was a terminal's or an account's */
	bool queued_known; /* the queue that it is in */
	bool writing; /* writable is added */
	bool stuck; /* the wire took less than it was offered: wait for writable */
	bool ended; /* the peer has sent FIN and everything before it was read */
	bool leaving; /* it has sent FIN */
	bool keep; /* after this reply another request may come */
	bool unread; /* the request's body was not taken to its end */
	bool settled; /* TCP keep-alive is on */
	bool quiet; /* the last read emptied the socket */
	bool taking; /* inside client_pump() or its like: whoever ends a request need not */
	bool poked; /* comes back from the loop even if the socket stays quiet */
	bool trusted; /* the peer is a trusted proxy: its X-Forwarded-* are believed */
	bool unannounced; /* the PROXY header that must come first has not come whole */
};

/* Takes fd over. client_begin() then looks whether a request is there already, which saves the
 * watching of most connections that bring one request only. */
struct client *client_open(struct listener *, int fd, const struct sockaddr *);
void client_begin(struct client *);

void client_enter(struct client *);
void client_leave(struct client *);

/* Closes the socket now. A request at work is told. */
void client_kill(struct client *);

/* Starts, restarts or (WAIT_NONE) ends a time limit. */
void client_wait(struct client *, enum wait);

/* So many bytes moved: restarts the time limit once STEP_BYTES did, or it is another one. A byte a
 * minute is no progress. */
void client_progress(struct client *, enum wait, size_t bytes);

/* When it entered its queue, or made its last step. */
int64_t client_waits_since(const struct client *);

/* A time limit was reached. */
void client_overdue(struct client *);

bool client_idle(const struct client *);

/* Comes back from the loop: flushes, and lets a stream go on when little is unsent. */
void client_poke(struct client *);

/* --- the PROXY header (client_proxy.c) -------------------------------------------------------- */

/* Takes the header's bytes, and none behind them, off the socket; the connection is then its
 * client's. False: it is not complete yet, or the connection is closed. */
bool client_read_announcement(struct client *);

/* --- output (client_write.c) ------------------------------------------------------------------ */

/* Sends now what the socket takes and keeps a copy of the rest. */
void client_send(struct client *, const struct iovec *, int n);

/* Bytes not yet taken by the socket. */
size_t client_unsent(const struct client *);

/* The socket takes bytes again: sends what waits, then goes on. */
void client_flush(struct client *);

/* The request has replied and is gone: keep: another may follow. */
void client_ended(struct client *, bool keep);

/* --- input (client_read.c) -------------------------------------------------------------------- */

/* The socket has bytes, or its end. */
void client_read(struct client *);

/* Takes what lies in c->in. */
void client_pump(struct client *);

/* Adds to c->in. */
void client_keep(struct client *, const char *, size_t n);

/* Who asks is known: the body may come. */
enum body_answer {
	BODY_NONE, /* there is none */
	BODY_COMES, /* now or when memory allows; req_start() when it is complete */
	BODY_TOO_LONG, /* for who asks */
	BODY_BUSY /* the same asks for too much at once */
};
enum body_answer client_body(struct client *);

/* The FIN came, perhaps behind what is not read yet, or the request it waited for has ended. */
void client_no_more(struct client *);

#endif
