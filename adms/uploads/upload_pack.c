/* Packed uploads: unpacked on a worker thread, then what they hold goes the way of every upload. */
#include <stdlib.h>
#include <string.h>

#include "held.h"
#include "log.h"
#include "tgz.h"
#include "upload_private.h"

#define MAX_UNPACKED (64 << 20)
#define MAX_HELD (16 << 20) /* no more is held of a terminal that waits */
#define AT_ONCE 2 /* unpacked text is not in the budget of uploads; terminals that wait have one */

/* On the request's arena; text is malloc's, so that the worker touches no arena. */
struct package {
	struct adms *adms;
	const char *bytes;
	size_t n, max;
	char *text;
	size_t len, lines;
	const char *reason;
};

static req_step package_opened;

bool upload_is_packed(struct req *r)
{
	const char *type = req_param(r, "ContentType");
	return type && str_same_word(type, "tgz");
}

static void package_open(void *arg)
{
	struct package *p = arg;
	p->reason = tgz_unpack(p->bytes, p->n, p->max, &p->text, &p->len);
	if (!p->reason)
		p->lines = record_comb_lines(p->text, &p->len);
}

/* The request is over. */
static void package_end(void *arg)
{
	struct package *p = arg;
	free(p->text);
	p->adms->unpacking--;
}

void upload_unpack(struct req *r)
{
	struct upload *u = upload_of(r);
	struct adms *adms = contact_of(r)->adms;
	if (adms->unpacking >= (u->waits ? 1 : AT_ONCE)) {
		upload_fail(r, "busy");
		return;
	}
	struct package *p = arena_alloc(req_arena(r), sizeof(*p));
	*p = (struct package){ .adms = adms,
		.bytes = u->body,
		.n = u->len,
		.max = u->waits ? MAX_HELD : MAX_UNPACKED };
	adms->unpacking++;
	arena_defer(req_arena(r), package_end, p);
	u->package = p;
	req_offload(r, adms->threads, package_open, p, package_opened);
}

/* It is kept as it came; of a terminal that waits nothing is. */
static void package_refused(struct req *r, const char *reason)
{
	if (upload_of(r)->waits && strcmp(reason, "too large") == 0)
		held_no_room(r);
	else if (contact_of(r)->terminal->approved)
		upload_raw(r, NULL);
	else
		upload_ignored(r, NULL);
}

static void package_opened(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	const struct package *p = u->package;
	if (p->reason) {
		if (!u->waits) /* else anybody could fill the log */
			log_warn("package_not_opened", "sn", contact_of(r)->sn, "reason", p->reason,
				NULL);
		package_refused(r, p->reason);
		return;
	}
	u->body = p->text;
	u->len = p->len;
	u->lines = (int)p->lines;
	upload_handle(r, NULL);
}
