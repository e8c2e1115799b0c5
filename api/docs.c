/* GET /api/docs/: a page for people; clients read the version from its title. */
#include <string.h>

#include "fatal.h"
#include "iclock.h"
#include "out.h"
#include "routes.h"

static const char page_head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<title>BioTime 9.5 API DOCS</title>\n"
	"<style>body{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
	"td{padding:.2em 1em .2em 0;vertical-align:top}code{white-space:nowrap}</style></head>\n"
	"<body><h1>punchd: REST API</h1>\n"
	"<p>punchd speaks the REST API of ZKBio Time (BioTime 9.5). Log in with\n"
	"<code>POST /api-token-auth/</code> or <code>POST /jwt-api-token-auth/</code> and a body of"
	" <code>username</code> and\n<code>password</code> (JSON or form), then send"
	" <code>Authorization: Token &lt;token&gt;</code> or <code>JWT &lt;token&gt;</code>;\n"
	"<code>Basic</code> works too.</p>\n"
	"<p>Lists answer <code>{\"count\", \"next\", \"previous\", \"msg\", \"code\", \"data\"}</code>"
	" and take <code>page</code>,\n<code>page_size</code> (default 10), <code>ordering</code>,"
	" <code>search</code> and one parameter for each filter. Follow\n<code>next</code> until it"
	" is null.</p>\n"
	"<p>To read punches continuously, remember the highest <code>id</code> and ask\n"
	"<code>/iclock/api/transactions/?id_more_than=&lt;id&gt;&amp;page_size=1000</code>: ids rise"
	" in the order in which\nrows become visible.</p>\n<h2>Endpoints</h2>\n<table>\n";

static const char page_tail[] = "</table></body></html>\n";

static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };

static bool pattern_is_first(const struct route *table, const struct route *route)
{
	for (; table < route; table++)
		if (strcmp(table->pattern, route->pattern) == 0)
			return false;
	return true;
}

static void endpoint_write(struct out *o, const struct route *route)
{
	int all = 0;

	for (const struct route *other = route; other->methods; other++)
		if (strcmp(other->pattern, route->pattern) == 0)
			all |= other->methods;
	out_add(o, "<tr><td><code>");
	out_add(o, route->pattern);
	out_add(o, "</code></td><td>");
	for (size_t i = 0; i < LEN(methods); i++)
		if (all & 1 << i) {
			out_add(o, methods[i]);
			out_add(o, " ");
		}
	out_add(o, "</td></tr>\n");
}

void docs_page(struct req *r, const struct rows *rows)
{
	static const struct route *const tables[] = { auth_routes, personnel_routes,
		iclock_routes };
	struct out o;

	out_init(&o);
	out_add(&o, page_head);
	for (size_t i = 0; i < LEN(tables); i++)
		for (const struct route *route = tables[i]; route->methods; route++)
			if (pattern_is_first(tables[i], route))
				endpoint_write(&o, route);
	out_add(&o, page_tail);
	req_reply(r, 200, "text/html; charset=utf-8", o.bytes, o.len);
	out_free(&o);
}
