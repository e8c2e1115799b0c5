/*
 * One request: parameters, body, statements, reply, end.
 *
 * A handler is a chain of steps; each ends in exactly one of req_query(), req_offload(),
 * req_wait(), req_stream() or a reply. A step sees only success: a failed statement is logged and
 * answered by the surface's `failed`. A request owns one arena; rows handed to a step live until
 * the request ends, those of a streamed reply until its next statement is answered.
 */
#ifndef REQ_H
#define REQ_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "db.h"
#include "owner.h"
#include "str.h"

enum method { GET = 1, HEAD = 2, POST = 4, PUT = 8, PATCH = 16, DELETE = 32, OPTIONS = 64 };

struct req;
struct route;
struct surface;
struct offload;

typedef void req_step(struct req *, const struct rows *);

struct arena *req_arena(struct req *);
const struct route *req_route(const struct req *);
const struct surface *req_surface(const struct req *);
void *req_ctx(const struct req *); /* the surface's ctx: struct adms, struct api */

/* State that crosses steps, the handler's own. */
void *req_data(const struct req *);
void req_set_data(struct req *, void *);

/* Who asks, the surface's own: set by its `before`, NULL until then. */
const void *req_login(const struct req *);
void req_set_login(struct req *, const void *);

/* Whose the request is: a stranger's of its address until req_judge() says who was proved to ask. */
struct owner req_owner(const struct req *);
void req_judge(struct req *, struct owner);

/* Whose the last request on the same connection was that was judged; a stranger's when none was,
 * or when the connection is a trusted proxy's, which carries many people's. */
struct owner req_said(const struct req *);

/* The request line and headers. Method as a bit of enum method; HEAD arrives as HEAD. */
enum method req_method(const struct req *);
const char *req_method_name(const struct req *);
const char *req_path(const struct req *); /* undecoded, without query; as sent */
const char *req_target(const struct req *); /* as sent */
void req_hide_path(struct req *); /* it holds a secret: not to be logged */
const char *req_header(const struct req *, const char *name); /* NULL when absent; first one */
const char *req_scheme(const struct req *); /* "http" or "https", also by a trusted proxy */
const char *req_host(const struct req *); /* Host, or X-Forwarded-Host by a trusted proxy */
const char *req_peer(const struct req *); /* client address, also by a trusted proxy */
bool req_gone(const struct req *); /* the client has closed; replying is still legal */
uint64_t req_number(const struct req *);

/* Value of :name in the route's pattern; NULL when there is none. */
const char *req_arg(const struct req *, const char *name);

/*
 * Query parameters, percent-decoded; `+` is a space unless the surface says plus_is_literal.
 * Names compare exactly, or without case when the surface says params_nocase. The first of
 * repeated ones; req_param_at walks all in order (false at the end).
 */
const char *req_param(const struct req *, const char *name);
bool req_param_at(const struct req *, int i, const char **name, const char **value);
const char *req_query_string(const struct req *); /* undecoded, "" when none */

/* The body as it came (NUL-terminated); length 0 when none. */
const char *req_body(const struct req *, size_t *len);

/* --- waiting ------------------------------------------------------------------------------- */

/* One statement on the surface's pool, text results; args as compound literals may go out of
 * scope: they (not what they point to) are copied. */
void req_query(struct req *, req_step *next, const char *sql, int nargs, const struct db_arg *args);

/* Everything the short form leaves out. The failure of a tried query goes to the step itself with
 * rows NULL, and req_error() tells. */
struct req_query_options {
	struct db *db; /* NULL: the surface's */
	bool binary;
	bool try;
	/* Whatever the request does, this only looks something up: it may be cancelled. Else what
	 * may write (see surface->durable) is a durable query, and runs to its end. */
	bool reads;
	int64_t deadline_ms; /* 0: the surface's */
};
void req_query_with(struct req *, req_step *next, const struct req_query_options *,
	const struct db_statement *, int nstatements);
const struct db_error *req_error(const struct req *); /* of the last tried query, or NULL */

/* Of a query without a preamble: see struct surface. */
bool req_only_reads(const struct req *);

/* Says in the log that a statement of the request failed. While the database is away: once for
 * all, not for each. */
void req_tell_failure(struct req *, const struct db_error *);

/* Why it failed was told once for many: its own line in the log is a detail. */
void req_told(struct req *);

/* work(arg) on one of these threads, which end with offload_stop() after the server, then the step
 * with rows NULL. Too many waiting: replied 503. */
void req_offload(struct req *, struct offload *, void (*work)(void *), void *arg, req_step *next);

/*
 * The request waits for something else (ingest, a timer); whoever holds it calls req_wake() once,
 * from the loop and not from inside a step of the same request. When the client goes before,
 * cancel(arg) is asked (NULL: never): true means the holder has let go, the request ends and must
 * not be woken; false means it must wait on and will be woken.
 */
void req_wait(struct req *, req_step *next, bool (*cancel)(void *), void *arg);
void req_wake(struct req *, const struct rows *);

/* --- replies -------------------------------------------------------------------------------- */

/* Adds a header to the reply to come; name and value are copied; CR and LF are refused. */
void req_add_header(struct req *, const char *name, const char *value);

/* Cache-Control of the reply to come, a constant text, in place of its surface's. */
void req_cache(struct req *, const char *);

/* text/plain, printf form. */
void req_text(struct req *, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Any content; bytes are copied. type NULL: no Content-Type. */
void req_reply(struct req *, int status, const char *type, const void *bytes, size_t n);

/* No body (204, 304). */
void req_empty(struct req *, int status);

/* --- streamed replies ----------------------------------------------------------------------- */

/*
 * A reply whose length is not known: chunked for HTTP/1.1, until close for 1.0. The head goes out
 * with the first req_stream_flush(). more() is called whenever the client has read what was
 * written; it is a step like any other: it may query, and it ends with req_stream_flush() (then
 * more is called again when drained) or req_stream_end(). Write with the writer returned by
 * req_stream_out() between. A failed statement after the first byte cuts the connection without
 * the closing chunk. While the client does not read, no connection to the database is held.
 */
void req_stream(struct req *, int status, const char *type, req_step *more);
struct out *req_stream_out(struct req *);
void req_stream_flush(struct req *);
void req_stream_end(struct req *);

/* From now on this is what is called when the client has read. */
void req_stream_goes_on(struct req *, req_step *more);

/* True: nothing is sent, and another reply may be given. False: the head is out. */
bool req_stream_withdraw(struct req *);

/* Instead of the end: what is missing cannot be had. Cuts the connection; before the first byte
 * is out: 500. */
void req_stream_cut(struct req *);

#endif
