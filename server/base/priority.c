#include "priority.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "log.h"

struct priority {
	struct event *over;
	bool raised;
	bool refused; /* the system said no: it is not asked again */
};

static void priority_usual(struct priority *p)
{
	struct sched_param param = { 0 };
	if (p->raised)
		sched_setscheduler(0, SCHED_OTHER, &param);
	p->raised = false;
}

static void raise_over(evutil_socket_t fd, short events, void *arg)
{
	(void)fd, (void)events;
	priority_usual(arg);
}

struct priority *priority_new(struct event_base *base)
{
	struct priority *p = xcalloc(1, sizeof(*p));
	p->over = evtimer_new(base, raise_over, p);
	return p;
}

void priority_free(struct priority *p)
{
	if (!p)
		return;
	priority_usual(p);
	if (p->over)
		event_free(p->over);
	free(p);
}

void priority_raise(struct priority *p)
{
	static const struct timeval second = { 1, 0 };
	struct sched_param param = { .sched_priority = sched_get_priority_min(SCHED_RR) };
	/* without the timer it would stay raised */
	if (p->refused || !p->over || event_add(p->over, &second) < 0 || p->raised)
		return;
	p->raised = sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) == 0;
	p->refused = !p->raised;
	if (p->refused)
		log_info("loop_priority_refused", "reason", strerror(errno), NULL);
}
