/* Lines about failures that come in crowds. */
#include "outage.h"

#include <stddef.h>

#include "log.h"

/* While some fail and others pass it is one outage. */
enum { AGAIN_MS = 60000, OVER_MS = 10000 };

void outage_failed(
	struct outage *o, int64_t now, const char *event, const char *state, const char *reason)
{
	if (!o->event)
		*o = (struct outage){ .event = event, .began = now };
	o->last = now;
	o->times++;
	o->untold++;
	if (o->times > 1 && now - o->said < AGAIN_MS)
		return;
	log_error(event, "state", state, "reason", reason, "times", log_num(o->untold), NULL);
	o->said = now;
	o->untold = 0;
}

void outage_passed(struct outage *o, int64_t now)
{
	if (!o->event || now - o->last < OVER_MS)
		return;
	log_info("outage_over", "event", o->event, "times", log_num(o->times), "seconds",
		log_num((now - o->began) / 1000), NULL);
	o->event = NULL;
}
