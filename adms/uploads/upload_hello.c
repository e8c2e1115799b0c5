/* A handshake that is posted says in its lines what others say in an upload of options. */
#include "record.h"
#include "terminal_options.h"
#include "upload.h"
#include "upload_private.h"

static req_step hello_kept;

void upload_hello(struct req *r, req_step *then)
{
	struct upload *u = arena_alloc(req_arena(r), sizeof(*u));
	const struct terminal *t = contact_of(r)->terminal;
	struct db_statement statement;
	contact_of(r)->data = u;
	u->req = r;
	u->handler = then;
	u->table = u->of = "OPTIONS";
	u->body = req_body(r, &u->len);
	struct info_options pairs = info_options((struct span){ u->body, u->len });
	if (!t->approved || !u->len || u->len > ADMS_LARGE ||
		options_statement(r, t, pairs, &statement) == 0) {
		then(r, NULL);
		return;
	}
	u->lines = (int)record_count_lines(u->body, u->len);
	u->counts.stored = u->lines;
	req_query_with(r, hello_kept, &(struct req_query_options){ 0 }, &statement, 1);
}

static void hello_kept(struct req *r, const struct rows *rows)
{
	upload_count(r);
	upload_of(r)->handler(r, NULL);
}
