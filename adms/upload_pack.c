/* Packed uploads: unpacked on a worker thread, then what they hold goes the way of every upload. */
#include <stdlib.h>

#include "log.h"
#include "tgz.h"
#include "upload_private.h"

#define MAX_UNPACKED (64 << 20)
#define AT_ONCE 2 /* unpacked text is not in the budget of uploads */

/* On the request's arena; text is malloc's, so that the worker touches no arena. */
struct package {
	struct adms *adms;
	const char *bytes;
	size_t n;
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
	p->reason = tgz_unpack(p->bytes, p->n, MAX_UNPACKED, &p->text, &p->len);
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
	if (adms->unpacking >= AT_ONCE) {
		upload_fail(r, "busy");
		return;
	}
	struct package *p = arena_alloc(req_arena(r), sizeof(*p));
	*p = (struct package){ .adms = adms, .bytes = u->body, .n = u->len };
	adms->unpacking++;
	arena_defer(req_arena(r), package_end, p);
	u->package = p;
	req_offload(r, adms->threads, package_open, p, package_opened);
}

static void package_opened(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	const struct package *p = u->package;
	if (p->reason) {
		log_warn("package_not_opened", "sn", contact_of(r)->sn, "reason", p->reason, NULL);
		upload_raw(r, NULL);
		return;
	}
	u->body = p->text;
	u->len = p->len;
	u->lines = (int)p->lines;
	u->handler(r, NULL);
}
