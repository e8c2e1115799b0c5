/*
 * The bytes of one connection, plain or TLS, behind one interface; never blocks.
 *
 * Buffering is client.c's; http.c says why libevent's bufferevents do not do.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct ssl_st;

struct wire {
	int fd; /* -1: closed */
	struct ssl_st *ssl; /* NULL: plain; freed by wire_close */
	bool read_wants_write; /* TLS: the last read must be repeated when writable */
};

enum { WIRE_END = 0, WIRE_AGAIN = -1, WIRE_BROKEN = -2 };

/* Bytes read, or one of the above. */
ssize_t wire_read(struct wire *, void *, size_t);

/* What lies in the socket itself, below TLS: looks without taking, as wire_read; and drops n bytes
 * that were looked at. For what comes before the first byte of a session. */
ssize_t wire_peek(const struct wire *, void *, size_t);
ssize_t wire_skip(const struct wire *, size_t n);

/* Bytes written (perhaps fewer than given), WIRE_AGAIN or WIRE_BROKEN. What was not taken must be
 * offered again before anything else. */
ssize_t wire_write(struct wire *, const struct iovec *, int n);

/* Reads and drops up to n bytes; as wire_read. */
ssize_t wire_discard(struct wire *, void *scratch, size_t n);

/* Bytes already off the socket, which no readiness will announce. */
bool wire_pending(const struct wire *);

/* True when the peer sent something nobody has read: closing now would reset the connection and
 * could take the reply with it. */
bool wire_unread(const struct wire *);

/* No more bytes will be written. */
void wire_finish(struct wire *);

/* Closes; what the kernel has taken is still delivered. */
void wire_close(struct wire *);

/* Closing will drop what the kernel has not delivered, which could be megabytes. */
void wire_abandon(struct wire *);

#endif
