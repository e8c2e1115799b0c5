/*
 * Listeners, TLS, limits, and HTTP/1.x itself on bufferevents.
 *
 * Strict where smuggling is possible (two Content-Lengths, Transfer-Encoding with Content-Length,
 * obsolete folding, bare CR), lenient where terminals need it (raw spaces in the target, odd
 * Connection values, missing Host).
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "budget.h"
#include "req.h"
#include "route.h"
#include "tls.h"

struct event_base;
struct http;

/* One dialect: which requests it takes, and how it phrases failures. */
struct surface {
	const char *name; /* in logs */
	void *ctx;
	struct db *db;
	int64_t deadline_ms; /* of statements, unless a request says otherwise */

	/* True when this surface answers the path. The first of a listener's surfaces that claims
	 * it gets the request; the last one should claim everything. */
	bool (*claims)(const struct surface *, const char *path, size_t len);

	/* Finds the route (route_find for tables). Called when the head is complete. */
	void (*match)(const struct surface *, enum method, const char *path, size_t len,
		struct route_match *);

	/* No route: 404 or 405 (match.allowed) in the dialect. Also for any other failure found by
	 * the server itself: 400 malformed, 408, 411, 413, 414, 431, 500, 501, 503. reason is a few
	 * words for a person. Must reply. */
	void (*refused)(struct req *, int status, const char *reason, int allowed);

	/* A statement failed. Must reply. */
	void (*failed)(struct req *, const struct db_error *);

	/* Whether a failure is the client's own, and failed() says all of it; NULL: none is. */
	bool (*answers)(const struct db_error *);

	/* Who asks: called when the head is complete, before the body is read and memory given for it;
	 * may be NULL. Says it with req_judge() where something was proved. Must end in calling
	 * next(r, NULL) directly, or like a step (reply, query whose step calls next). */
	void (*before)(struct req *, req_step *next);

	/* NULL, or: why this request is refused before anything else (*status), else NULL. */
	const char *(*refuses)(const struct req *, int *status);

	/* NULL, or how long its body may be, where that is less than max_body. Asked when the head is
	 * complete, and again (judged) when it is known who asks. */
	int64_t (*max_body)(const struct req *, bool judged);

	/* NULL, or a statement that goes before those of each query of the request, in their
	 * transaction; it answers NULL where there is none. It must live as long as the request. */
	const struct db_statement *(*preamble)(struct req *);

	/* GET and HEAD only read once req_judge() was told who asks, but for queries that have a
	 * preamble: what they still run is cancelled when nobody waits for it any more. */
	bool gets_read;

	bool durable; /* requests that only read in name may write as well: GET and HEAD */
	struct budget *budget; /* NULL, or bodies are read only as it allows */
	bool params_nocase; /* query parameter names */
	bool plus_is_literal; /* in query values */
	bool keep_alive_by_name; /* close unless the request says Connection: keep-alive */
	bool never_chunked; /* streamed replies end with the connection */
	bool quiet; /* requests that went well are logged at debug only */
	const char *const *headers; /* fixed reply headers, "Name: value", NULL-terminated */
	const char *cache; /* Cache-Control, unless a reply says another; or NULL */
	const char *const *https_headers; /* likewise, of requests that came by TLS; or NULL */
};

struct http_limits {
	int64_t max_body;
	int max_connections; /* of all listeners */
	int reserved; /* of these, places that device listeners may not take */
	int header_seconds; /* from accept or previous reply to the end of the head */
	int claim_seconds; /* until memory allows a body to be read */
	int body_seconds; /* for each 16 KiB of a body */
	int idle_seconds; /* keep-alive */
	int write_seconds; /* for each 16 KiB of a reply that the client has to read */
};

struct http *http_new(struct event_base *, const struct http_limits *, const char *trusted_proxies,
	const char **error);

struct http_listener {
	const char *address; /* "0.0.0.0:8081", "[::]:8081", or a comma list of such */
	const struct surface *const *surfaces; /* NULL-terminated */
	bool devices; /* terminals only: may not take reserved places */
	bool proxy_protocol; /* trusted proxies only, and they say each client's address first */
	const char *tls_cert, *tls_key; /* NULL or "": plain */
	struct tls_policy tls;
};

/* False: *error says in one line why and what to do (port taken, certificate unreadable). */
bool http_listen(struct http *, const struct http_listener *, const char **error);

/* Re-reads certificates; keeps the old ones and logs when that fails. */
void http_reload_tls(struct http *);

/* Stops accepting, closes idle connections; drained(arg) is called when the last request has
 * ended, or after `seconds`. */
void http_drain(struct http *, int seconds, void (*drained)(void *), void *arg);

/* Requests still at work end without a reply: their queries are forgotten, and cancel() of
 * req_wait() is called also when forget was false. Before offload_stop() and db_free(). */
void http_free(struct http *);

struct http_stats {
	int connections;
	int strangers_at_work; /* requests of nobody known that wait for something */
	size_t strangers_kept; /* bytes of input and output on their connections */
	uint64_t requests, places_ended, strangers_refused; /* in all */
};
void http_stats(const struct http *, struct http_stats *);

int http_connections(const struct http *);

#endif
