/* /api/docs/: the page, and what it loads from here and nowhere else. */
#include "docs.h"

#include <string.h>

#include "context.h"
#include "fatal.h"
#include "out.h"
#include "route.h"

static const char page_head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<title>BioTime 9.5 API DOCS</title>\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";

static const char page_body[] =
	"</head>\n<body>\n<div id=\"viewer\"></div>\n"
	"<noscript><h1>punchd: REST API</h1>\n"
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
	" in the order in which\nrows become visible.</p>\n"
	"<p>Every member and parameter is in the OpenAPI document"
	" <code>/api/docs/openapi.json</code>.</p>\n<table>\n";

static const char page_tail[] = "</table></noscript>\n</body></html>\n";

/* --- the page without scripts: paths and methods --------------------------------------------- */

static bool pattern_is_first(const struct route *table, const struct route *route)
{
	for (; table < route; table++)
		if (strcmp(table->pattern, route->pattern) == 0)
			return false;
	return true;
}

static void endpoints_write(struct out *o, struct req *r)
{
	const struct api *api = api_of(r);

	for (size_t i = 0; i < api->ntables; i++)
		for (const struct route *route = api->tables[i]; route->methods; route++) {
			if (!pattern_is_first(api->tables[i], route))
				continue;
			out_add(o, "<tr><td><code>");
			out_add(o, route->pattern);
			out_add(o, "</code></td><td>");
			out_add(o, route_allow(req_arena(r), api_methods(api, route->pattern)));
			out_add(o, "</td></tr>\n");
		}
}

/* --- the page -------------------------------------------------------------------------------- */

/* Nothing from elsewhere, no inline script, not inside other pages. Pictures of the viewer are
 * data: URLs of its style sheet. */
static void headers_add(struct req *r)
{
	req_add_header(r, "Content-Security-Policy",
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
		" connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
	req_add_header(r, "Referrer-Policy", "no-referrer");
	req_cache(r, "no-cache"); /* nobody's data: kept, but asked for again */
}

static bool ends_in_slash(const struct req *r)
{
	const char *path = req_path(r);
	size_t n = strlen(path);

	return n > 0 && path[n - 1] == '/';
}

/* Links are relative, so that they hold below a proxy's prefix, too. */
void docs_page(struct req *r, const struct rows *rows)
{
	const char *base = ends_in_slash(r) ? "" : "docs/";
	struct out o;

	out_init(&o);
	out_add(&o, page_head);
	out_add(&o, arena_printf(req_arena(r),
			    "<link rel=\"stylesheet\" href=\"%sswagger-ui.css\">\n"
			    "<script src=\"%sswagger-ui-bundle.js\" defer></script>\n"
			    "<script src=\"%sstart.js\" defer></script>\n",
			    base, base, base));
	out_add(&o, page_body);
	endpoints_write(&o, r);
	out_add(&o, page_tail);
	headers_add(r);
	req_reply(r, 200, "text/html; charset=utf-8", o.bytes, o.len);
	out_free(&o);
}

void docs_lead(struct req *r, const struct rows *rows)
{
	static const char text[] =
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<title>BioTime 9.5 API DOCS</title></head>\n<body></body></html>\n";

	headers_add(r);
	req_add_header(r, "Location", ends_in_slash(r) ? "../../api/docs/" : "../api/docs/");
	req_reply(r, 302, "text/html; charset=utf-8", text, sizeof(text) - 1);
}

/* --- files ----------------------------------------------------------------------------------- */

/* docs_files.S */
extern const char swagger_ui_css[], swagger_ui_css_end[];
extern const char swagger_ui_bundle[], swagger_ui_bundle_end[];

static const char start[] =
	"SwaggerUIBundle({\n"
	"\turl: document.currentScript.src.replace(/start\\.js$/, 'openapi.json'),\n"
	"\tdom_id: '#viewer',\n\tdeepLinking: true,\n\tdocExpansion: 'none',\n"
	"\tvalidatorUrl: null,\n});\n";

struct docs_file {
	const char *type;
	const char *bytes, *end; /* NULL: the document, made at start */
};

const struct docs_file docs_document = { "application/json" };
const struct docs_file docs_script = { "text/javascript; charset=utf-8", swagger_ui_bundle,
	swagger_ui_bundle_end };
const struct docs_file docs_style = { "text/css; charset=utf-8", swagger_ui_css,
	swagger_ui_css_end };
const struct docs_file docs_start = { "text/javascript; charset=utf-8", start,
	start + sizeof(start) - 1 };

void docs_file(struct req *r, const struct rows *rows)
{
	const struct docs_file *f = req_route(r)->spec;
	const struct api *api = api_of(r);

	headers_add(r);
	if (f->bytes)
		req_reply(r, 200, f->type, f->bytes, (size_t)(f->end - f->bytes));
	else
		req_reply(r, 200, f->type, api->openapi, api->openapi_len);
}
