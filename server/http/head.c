/* What a request says about itself: line, headers, parameters, who sent it. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "request.h"

static const struct {
	const char *name;
	enum method method;
} methods[] = {
	{ "GET", GET },
	{ "POST", POST },
	{ "HEAD", HEAD },
	{ "PUT", PUT },
	{ "PATCH", PATCH },
	{ "DELETE", DELETE },
	{ "OPTIONS", OPTIONS },
};

/* 0 when unknown. */
static enum method method_of(const struct parse_text *t)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (t->len == strlen(methods[i].name) &&
			memcmp(t->text, methods[i].name, t->len) == 0)
			return methods[i].method;
	return 0;
}

static const struct surface *surface_of(const struct listener *l, const char *path, size_t len)
{
	const struct surface *const *s = l->surfaces;

	while (s[1] && s[0]->claims && !s[0]->claims(s[0], path, len))
		s++;
	return s[0];
}

static struct req *req_make(struct client *c)
{
	struct arena *a = arena_new();
	struct req *r = arena_alloc(a, sizeof(*r));

	r->arena = a;
	r->client = c;
	r->http = c->http;
	r->number = ++c->http->nrequests;
	r->started = c->http->now;
	r->target = r->query = r->path = "";
	r->nparams = -1;
	c->req = r;
	return r;
}

/* The copied head becomes NUL-terminated texts: each is followed by a byte nobody needs. */
static const char *text_end(char *copy, const char *bytes, const struct parse_text *t)
{
	char *text = copy + (t->text - bytes);

	text[t->len] = '\0';
	return text;
}

static bool keep_wanted(const struct surface *s, const struct parse_head *h)
{
	if (h->close)
		return false;
	return h->keep_alive || (h->minor > 0 && !s->keep_alive_by_name);
}

static const char *authority_of(struct arena *a, const struct parse_head *h)
{
	if (*h->target.text == '/' || *h->target.text == '*')
		return NULL;
	const char *end = h->target.text + h->target.len;
	const char *host = strchr(h->target.text, ':') + 3;
	size_t len = 0;
	while (host + len < end && host[len] != '/' && host[len] != '?')
		len++;
	return arena_memdup(a, host, len);
}

struct req *req_new(struct client *c, const struct parse_head *h, const char *bytes, size_t n)
{
	struct req *r = req_make(c);
	char *copy = arena_memdup(r->arena, bytes, n);

	r->method = method_of(&h->method);
	r->minor = h->minor;
	r->path = arena_memdup(r->arena, h->path.text, h->path.len);
	r->path_len = h->path.len;
	r->authority = authority_of(r->arena, h);
	r->target = text_end(copy, bytes, &h->target);
	r->query = text_end(copy, bytes, &h->query);
	r->nheaders = h->nheaders;
	r->headers = arena_array(r->arena, (size_t)h->nheaders, sizeof(*r->headers));
	for (int i = 0; i < h->nheaders; i++) {
		r->headers[i].name = text_end(copy, bytes, &h->headers[i].name);
		r->headers[i].value = text_end(copy, bytes, &h->headers[i].value);
	}
	r->surface = surface_of(c->listener, r->path, r->path_len);
	r->keep = keep_wanted(r->surface, h);
	if (r->method)
		r->surface->match(r->surface, r->method, r->path, r->path_len, &r->match);
	return r;
}

struct req *req_broken(struct client *c, const struct parse_head *h)
{
	struct req *r = req_make(c);

	if (h && h->path.text) {
		r->method = method_of(&h->method);
		r->path = arena_memdup(r->arena, h->path.text, h->path.len);
		r->path_len = h->path.len;
		r->minor = h->minor;
	}
	r->surface = surface_of(c->listener, r->path, r->path_len);
	return r;
}

/* --- what handlers ask ---------------------------------------------------------------------- */

enum method req_method(const struct req *r)
{
	return r->method;
}

const char *req_method_name(const struct req *r)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (methods[i].method == r->method)
			return methods[i].name;
	return "";
}

const char *req_path(const struct req *r)
{
	return r->path;
}

const char *req_target(const struct req *r)
{
	return r->target;
}

const char *req_query_string(const struct req *r)
{
	return r->query;
}

const char *req_header(const struct req *r, const char *name)
{
	for (int i = 0; i < r->nheaders; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

const char *req_body(const struct req *r, size_t *len)
{
	*len = r->body.len;
	return r->body.bytes ? r->body.bytes : "";
}

const char *req_arg(const struct req *r, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < r->match.nargs; i++) {
		if (strncmp(r->match.names[i], name, len) != 0 ||
			(r->match.names[i][len] != '/' && r->match.names[i][len] != '\0'))
			continue;
		char *value = arena_alloc(r->arena, r->match.values[i].len + 1);
		parse_decode(r->match.values[i].text, r->match.values[i].len, false, value);
		return value;
	}
	return NULL;
}

/* --- query parameters ----------------------------------------------------------------------- */

/* Decodes in place: a decoded text is never longer, and its separator makes room for the NUL. */
static void param_split(struct req *r, char *text, size_t len)
{
	char *equals = memchr(text, '=', len);
	size_t name_len = equals ? (size_t)(equals - text) : len;
	bool plus = !r->surface->plus_is_literal;
	struct req_field *p = &r->params[r->nparams++];

	p->name = text;
	p->value = "";
	if (equals) {
		p->value = equals + 1;
		parse_decode(equals + 1, len - name_len - 1, plus, equals + 1);
	}
	parse_decode(text, name_len, plus, text);
}

static void params_split(struct req *r)
{
	char *text = arena_memdup(r->arena, r->query, strlen(r->query));
	size_t n = 1;

	for (const char *p = text; (p = strchr(p, '&')); p++)
		n++;
	r->params = arena_array(r->arena, n, sizeof(*r->params));
	r->nparams = 0;
	while (text) {
		char *amp = strchr(text, '&');
		size_t len = amp ? (size_t)(amp - text) : strlen(text);
		if (len)
			param_split(r, text, len);
		text = amp ? amp + 1 : NULL;
	}
}

bool req_param_at(const struct req *r, int i, const char **name, const char **value)
{
	if (r->nparams < 0)
		params_split((struct req *)r);
	if (i < 0 || i >= r->nparams)
		return false;
	*name = r->params[i].name;
	*value = r->params[i].value;
	return true;
}

const char *req_param(const struct req *r, const char *wanted)
{
	bool nocase = r->surface->params_nocase;
	const char *name, *value;

	for (int i = 0; req_param_at(r, i, &name, &value); i++)
		if ((nocase ? strcasecmp(name, wanted) : strcmp(name, wanted)) == 0)
			return value;
	return NULL;
}

/* --- who and where -------------------------------------------------------------------------- */

static const char *peer_find(const struct req *r)
{
	struct address peer = r->client->peer;
	char text[INET6_ADDRSTRLEN];

	if (r->client->trusted)
		for (int i = r->nheaders - 1; i >= 0; i--)
			if (strcasecmp(r->headers[i].name, "X-Forwarded-For") == 0 &&
				proxies_client(r->http->proxies, r->headers[i].value, &peer))
				break;
	return arena_strdup(r->arena, address_text(&peer, text));
}

const char *req_peer(const struct req *r)
{
	if (!r->peer)
		((struct req *)r)->peer = peer_find(r);
	return r->peer;
}

/* The last element of a list that a trusted proxy has written or appended to. */
static const char *forwarded_last(const struct req *r, const char *name)
{
	const char *value = r->client->trusted ? req_header(r, name) : NULL;

	if (!value)
		return NULL;
	const char *comma = strrchr(value, ',');
	if (comma)
		value = comma + 1;
	return value + strspn(value, " \t");
}

const char *req_scheme(const struct req *r)
{
	const char *proto = forwarded_last(r, "X-Forwarded-Proto");

	if (proto && strcasecmp(proto, "https") == 0)
		return "https";
	if (proto && strcasecmp(proto, "http") == 0)
		return "http";
	return r->client->listener->tls ? "https" : "http";
}

/* Only what can be part of an address: it goes into links. */
static bool host_plausible(const char *host)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_:[]";

	return host && *host && host[strspn(host, allowed)] == '\0';
}

static const char *host_local(const struct req *r)
{
	struct sockaddr_storage local;
	socklen_t len = sizeof(local);
	char text[INET6_ADDRSTRLEN];

	memset(&local, 0, sizeof(local));
	if (r->client->wire.fd < 0 ||
		getsockname(r->client->wire.fd, (struct sockaddr *)&local, &len) != 0)
		return "localhost";
	struct address a = address_of((struct sockaddr *)&local);
	bool v6 = local.ss_family == AF_INET6;
	in_port_t port = v6 ? ((struct sockaddr_in6 *)&local)->sin6_port
			    : ((struct sockaddr_in *)&local)->sin_port;
	return arena_printf(
		r->arena, v6 ? "[%s]:%d" : "%s:%d", address_text(&a, text), ntohs(port));
}

const char *req_host(const struct req *r)
{
	struct req *mine = (struct req *)r;

	if (r->host)
		return r->host;
	mine->host = forwarded_last(r, "X-Forwarded-Host");
	if (!host_plausible(r->host))
		mine->host = r->authority;
	if (!host_plausible(r->host))
		mine->host = req_header(r, "Host");
	if (!host_plausible(r->host))
		mine->host = host_local(r);
	return r->host;
}
