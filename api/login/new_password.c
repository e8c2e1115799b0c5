/* New passwords of users and of staff. */
#include "new_password.h"

#include "context.h"
#include "errors.h"

static void text_forget(void *text)
{
	password_wipe(text);
}

void new_password_take(struct req *r, struct new_password *p, const char *text)
{
	p->text = arena_strdup(req_arena(r), text);
	arena_defer(req_arena(r), text_forget, p->text);
}

bool new_password_judge(struct req *r, const struct new_password *p, const char *member,
	const struct password_name *names, int n)
{
	const char *flaw = password_flaw(req_arena(r), p->text, names, n);

	if (flaw)
		error_field(r, member, flaw);
	return !flaw;
}

static void hash_work(void *arg)
{
	struct new_password *p = arg;

	p->good = password_hash(p->text, p->hash);
}

void new_password_hash(struct req *r, struct new_password *p, req_step *next)
{
	req_offload(r, api_of(r)->passwords, hash_work, p, next);
}
