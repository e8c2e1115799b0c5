/*
 * Threads take jobs from one queue and put them on another; an eventfd tells the loop. Signals are
 * blocked in the threads: they are the loop's.
 */
#include "offload.h"

#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fatal.h"

enum { LARGE_BLOCK = 4 << 20 };

struct job {
	struct job *next;
	offload_work *work;
	offload_done *done;
	void *arg;
};

struct queue {
	struct job *first;
	struct job **last;
};

struct offload {
	pthread_mutex_t lock; /* guards what follows, up to stopping */
	pthread_cond_t wake;
	struct queue waiting;
	struct queue finished;
	int nwaiting;
	bool stopping;

	int max_waiting;
	int nthreads;
	pthread_t *threads;
	int fd; /* eventfd: something is finished */
	struct event *event;
};

static void queue_init(struct queue *q)
{
	q->first = NULL;
	q->last = &q->first;
}

static void queue_add(struct queue *q, struct job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
}

static struct job *queue_take(struct queue *q)
{
	struct job *job = q->first;
	q->first = job->next;
	if (!q->first)
		q->last = &q->first;
	return job;
}

static void *worker(void *arg)
{
	struct offload *o = arg;
	pthread_mutex_lock(&o->lock);
	for (;;) {
		while (!o->waiting.first && !o->stopping)
			pthread_cond_wait(&o->wake, &o->lock);
		if (!o->waiting.first)
			break;
		struct job *job = queue_take(&o->waiting);
		o->nwaiting--;
		pthread_mutex_unlock(&o->lock);
		job->work(job->arg);
		pthread_mutex_lock(&o->lock);
		bool first = !o->finished.first;
		queue_add(&o->finished, job);
		if (first && eventfd_write(o->fd, 1) < 0)
			fatal("offload: eventfd_write: %m");
	}
	pthread_mutex_unlock(&o->lock);
	return NULL;
}

static void jobs_finish(struct offload *o)
{
	pthread_mutex_lock(&o->lock);
	struct job *job = o->finished.first;
	queue_init(&o->finished);
	pthread_mutex_unlock(&o->lock);
	while (job) {
		struct job *next = job->next;
		job->done(job->arg);
		free(job);
		job = next;
	}
}

static void jobs_finished(int fd, short what, void *arg)
{
	eventfd_t n;
	if (eventfd_read(fd, &n) < 0 && errno != EAGAIN)
		fatal("offload: eventfd_read: %m");
	jobs_finish(arg);
}

static void threads_start(struct offload *o)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (int i = 0; i < o->nthreads; i++) {
		int error = pthread_create(&o->threads[i], NULL, worker, o);
		if (error) {
			errno = error;
			fatal("offload: cannot start a thread: %m");
		}
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct offload *offload_new(struct event_base *base, int threads, int max_waiting)
{
	struct offload *o = xcalloc(1, sizeof(*o));
	/* fixed, or glibc lets each thread keep the 19 MiB that Argon2 has used */
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->wake, NULL);
	queue_init(&o->waiting);
	queue_init(&o->finished);
	o->max_waiting = max_waiting;
	o->nthreads = threads;
	o->threads = xcalloc((size_t)threads, sizeof(*o->threads));
	o->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (o->fd < 0)
		fatal("offload: eventfd: %m");
	o->event = event_new(base, o->fd, EV_READ | EV_PERSIST, jobs_finished, o);
	if (!o->event || event_add(o->event, NULL) < 0)
		fatal("offload: cannot watch the eventfd");
	threads_start(o);
	return o;
}

bool offload_run(struct offload *o, offload_work *work, offload_done *done, void *arg)
{
	pthread_mutex_lock(&o->lock);
	bool accepted = !o->stopping && o->nwaiting < o->max_waiting;
	if (accepted) {
		struct job *job = xmalloc(sizeof(*job));
		*job = (struct job){ .work = work, .done = done, .arg = arg };
		queue_add(&o->waiting, job);
		o->nwaiting++;
		pthread_cond_signal(&o->wake);
	}
	pthread_mutex_unlock(&o->lock);
	return accepted;
}

void offload_stop(struct offload *o)
{
	if (!o || o->stopping) /* set by this thread alone */
		return;
	pthread_mutex_lock(&o->lock);
	o->stopping = true;
	pthread_cond_broadcast(&o->wake);
	pthread_mutex_unlock(&o->lock);
	for (int i = 0; i < o->nthreads; i++)
		pthread_join(o->threads[i], NULL);
	jobs_finish(o);
}

void offload_free(struct offload *o)
{
	if (!o)
		return;
	offload_stop(o);
	event_free(o->event);
	close(o->fd);
	pthread_cond_destroy(&o->wake);
	pthread_mutex_destroy(&o->lock);
	free(o->threads);
	free(o);
}
