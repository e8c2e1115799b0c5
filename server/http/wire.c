/* Bytes in and out of a socket, through OpenSSL when there is a session. */
#include "wire.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t wire_errno(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? WIRE_AGAIN : WIRE_BROKEN;
}

static ssize_t ssl_failed(struct wire *w, int result, bool reading)
{
	switch (SSL_get_error(w->ssl, result)) {
	case SSL_ERROR_WANT_WRITE:
		w->read_wants_write = reading;
		return WIRE_AGAIN;
	case SSL_ERROR_WANT_READ:
		return WIRE_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return WIRE_END;
	}
	/* After this OpenSSL forbids every further call, SSL_shutdown included. */
	SSL_set_quiet_shutdown(w->ssl, 1);
	ERR_clear_error();
	return WIRE_BROKEN;
}

static int int_size(size_t n)
{
	return n > INT_MAX ? INT_MAX : (int)n;
}

/* Reads until the buffer is full or the socket empty: a record is at most 16 KiB. */
static ssize_t ssl_read(struct wire *w, char *bytes, size_t n)
{
	size_t got = 0;

	w->read_wants_write = false;
	while (got < n) {
		ERR_clear_error();
		int result = SSL_read(w->ssl, bytes + got, int_size(n - got));
		if (result <= 0) {
			ssize_t failed = ssl_failed(w, result, true);
			return got ? (ssize_t)got : failed;
		}
		got += (size_t)result;
	}
	return (ssize_t)got;
}

static ssize_t ssl_write(struct wire *w, const struct iovec *v, int n)
{
	size_t sent = 0;

	for (int i = 0; i < n; i++) {
		const char *bytes = v[i].iov_base;
		size_t done = 0;
		while (done < v[i].iov_len) {
			ERR_clear_error();
			int result = SSL_write(w->ssl, bytes + done, int_size(v[i].iov_len - done));
			if (result <= 0) {
				ssize_t failed = ssl_failed(w, result, false);
				if (failed != WIRE_AGAIN)
					return WIRE_BROKEN;
				return sent ? (ssize_t)sent : WIRE_AGAIN;
			}
			done += (size_t)result;
			sent += (size_t)result;
		}
	}
	return (ssize_t)sent;
}

ssize_t wire_read(struct wire *w, void *bytes, size_t n)
{
	if (w->ssl)
		return ssl_read(w, bytes, n);
	ssize_t got = recv(w->fd, bytes, n, 0);
	return got >= 0 ? got : wire_errno();
}

ssize_t wire_peek(const struct wire *w, void *bytes, size_t n)
{
	ssize_t got = recv(w->fd, bytes, n, MSG_PEEK);
	return got >= 0 ? got : wire_errno();
}

ssize_t wire_skip(const struct wire *w, size_t n)
{
	ssize_t got = recv(w->fd, NULL, n, MSG_TRUNC); /* TCP: dropped without a copy */
	return got >= 0 ? got : wire_errno();
}

ssize_t wire_write(struct wire *w, const struct iovec *v, int n)
{
	if (w->ssl)
		return ssl_write(w, v, n);
	ssize_t sent;
	if (n == 1) {
		sent = send(w->fd, v->iov_base, v->iov_len, MSG_NOSIGNAL);
	} else {
		struct msghdr message = { .msg_iov = (struct iovec *)v, .msg_iovlen = (size_t)n };
		sent = sendmsg(w->fd, &message, MSG_NOSIGNAL);
	}
	return sent >= 0 ? sent : wire_errno();
}

ssize_t wire_discard(struct wire *w, void *scratch, size_t n)
{
	if (w->ssl)
		return ssl_read(w, scratch, n);
	return wire_skip(w, n);
}

bool wire_pending(const struct wire *w)
{
	return w->ssl && SSL_has_pending(w->ssl);
}

bool wire_unread(const struct wire *w)
{
	int n = 0;

	return ioctl(w->fd, FIONREAD, &n) == 0 && n > 0;
}

void wire_finish(struct wire *w)
{
	if (w->ssl) {
		ERR_clear_error();
		SSL_shutdown(w->ssl);
		SSL_set_quiet_shutdown(w->ssl, 1);
	}
	shutdown(w->fd, SHUT_WR);
}

void wire_abandon(struct wire *w)
{
	struct linger at_once = { .l_onoff = 1 };

	if (w->ssl)
		SSL_set_quiet_shutdown(w->ssl, 1);
	setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

void wire_close(struct wire *w)
{
	if (w->ssl) {
		ERR_clear_error();
		if (SSL_is_init_finished(w->ssl))
			SSL_shutdown(w->ssl);
		SSL_free(w->ssl);
		ERR_clear_error();
	}
	w->ssl = NULL;
	close(w->fd);
	w->fd = -1;
}
