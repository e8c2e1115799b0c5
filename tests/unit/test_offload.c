/* Jobs run elsewhere and end on the loop; too many are refused; none is lost at the end. */
#include <assert.h>
#include <event2/event.h>
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>

#include "offload.h"

struct job {
	pthread_t ran_on;
	int worked, done;
	struct event_base *base;
	sem_t *hold;
};

static void work(void *arg)
{
	struct job *j = arg;
	if (j->hold)
		sem_wait(j->hold);
	j->ran_on = pthread_self();
	j->worked++;
}

static void done(void *arg)
{
	struct job *j = arg;
	assert(j->worked == 1);
	j->done++;
	if (j->base)
		event_base_loopbreak(j->base);
}

static void test_done_on_the_loop(void)
{
	struct event_base *base = event_base_new();
	struct offload *o = offload_new(base, 2, 10);
	struct job j = { .base = base };
	assert(offload_run(o, work, done, &j));
	event_base_dispatch(base);
	assert(j.done == 1 && !pthread_equal(j.ran_on, pthread_self()));
	offload_free(o);
	event_base_free(base);
}

static void test_full_and_drained(void)
{
	struct event_base *base = event_base_new();
	struct offload *o = offload_new(base, 1, 3);
	sem_t hold;
	sem_init(&hold, 0, 0);
	struct job jobs[20] = { { 0 } };
	int accepted = 0;
	for (int i = 0; i < 20; i++) {
		jobs[i].hold = &hold;
		if (!offload_run(o, work, done, &jobs[i]))
			break;
		accepted++;
	}
	assert(accepted == 3 || accepted == 4); /* one may run already */
	for (int i = 0; i < accepted; i++)
		sem_post(&hold);
	offload_free(o);
	for (int i = 0; i < accepted; i++)
		assert(jobs[i].done == 1);
	sem_destroy(&hold);
	event_base_free(base);
	offload_free(NULL);
}

/* What a job holds is freed between the two steps; who asks after the first is told no. */
static void test_stopped_before_freed(void)
{
	struct event_base *base = event_base_new();
	struct offload *o = offload_new(base, 2, 10);
	struct job jobs[5] = { { 0 } }, late = { 0 };
	for (int i = 0; i < 5; i++)
		assert(offload_run(o, work, done, &jobs[i]));
	offload_stop(o);
	for (int i = 0; i < 5; i++)
		assert(jobs[i].done == 1);
	assert(!offload_run(o, work, done, &late));
	offload_stop(o);
	offload_free(o);
	assert(late.worked == 0 && late.done == 0);
	event_base_free(base);
	offload_stop(NULL);
}

int main(void)
{
	test_stopped_before_freed();
	test_done_on_the_loop();
	test_full_and_drained();
	return 0;
}
