/* A contact: what every terminal route knows before its handler runs. */
#ifndef CONTACT_H
#define CONTACT_H

#include "means.h"
#include "req.h"

/* Of routes. */
enum contact_flags {
	CONTACT_ANYBODY = 1, /* no serial number needed */
	CONTACT_OF_RESULT = 2, /* the body may say it, or the connection has */
	CONTACT_CHEAP =
		4, /* where nothing waits for the terminal it costs no more than a refusal */
	CONTACT_ACCESS = 8, /* only terminals that speak access control come here */
	CONTACT_ANSWER = 16 /* it may answer a question of ours */
};

struct contact {
	struct adms *adms;
	struct terminal *terminal;
	const char *sn;
	uint64_t joins_from; /* one of adms->joining_from */
	bool aspx;
	bool joined; /* this request is the first that is heard of it */
	int forgotten; /* the terminal's, when the request began */
	req_step *next;
	void *data; /* the handler's own */
};

static inline struct contact *contact_of(struct req *r)
{
	return req_data(r);
}

/* Before every handler: finds the terminal, then calls next; or refuses. */
void contact_before(struct req *, req_step *next);

/* How long a body may be: a terminal's, a waiting one's, a stranger's. */
int64_t contact_max_body(const struct req *, bool judged);

/* The body, which is here, may say whose results it brings: finds the terminal, then calls next. */
void contact_of_result(struct req *, req_step *next);

#endif
