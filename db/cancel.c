/* Cancel requests: a detached thread each, which tells the loop that it ended by closing a pipe. */
#include <event2/event.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "cancel.h"
#include "fatal.h"

struct cancel {
	struct event *ended;
	int fd;
	void (*done)(void *);
	void *arg;
};

/* Owned by the thread, so that the loop may forget about it at any time. */
struct request {
	PGcancel *pg;
	int fd;
};

static void *request_run(void *arg)
{
	struct request *r = arg;
	char error[256];

	PQcancel(r->pg, error, sizeof error); /* whether it helped is seen on the connection */
	PQfreeCancel(r->pg);
	close(r->fd);
	free(r);
	return NULL;
}

/* Signals stay with the main thread. */
static bool request_spawn(struct request *r)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&thread, &attr, request_run, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return !failed;
}

void cancel_abandon(struct cancel *c)
{
	if (!c)
		return;
	event_free(c->ended);
	close(c->fd);
	free(c);
}

static void cancel_ended(evutil_socket_t fd, short what, void *arg)
{
	struct cancel *c = arg;
	void (*done)(void *) = c->done;
	void *done_arg = c->arg;

	cancel_abandon(c);
	done(done_arg);
}

struct cancel *cancel_start(struct event_base *base, PGconn *pg, void (*done)(void *), void *arg)
{
	int fds[2];
	struct request *r;
	struct cancel *c;
	PGcancel *request = PQgetCancel(pg);

	if (!request)
		return NULL;
	if (pipe2(fds, O_CLOEXEC) != 0) {
		PQfreeCancel(request);
		return NULL;
	}
	r = xmalloc(sizeof *r);
	*r = (struct request){ .pg = request, .fd = fds[1] };
	if (!request_spawn(r)) {
		PQfreeCancel(request);
		close(fds[0]);
		close(fds[1]);
		free(r);
		return NULL;
	}
	c = xmalloc(sizeof *c);
	*c = (struct cancel){ .fd = fds[0], .done = done, .arg = arg };
	c->ended = event_new(base, c->fd, EV_READ, cancel_ended, c);
	if (!c->ended || event_add(c->ended, NULL) != 0)
		fatal("event_add");
	return c;
}
