/*
 * Replies whose length is not known when they begin. What a step has written goes out with
 * req_stream_flush(); the next step is called when the client has read it.
 */
#include <stdio.h>
#include <string.h>

#include "fatal.h"
#include "request.h"

void req_stream(struct req *r, int status, const char *type, req_step *more)
{
	if (!req_may_reply(r, status))
		return;
	r->type = type ? arena_strdup(r->arena, type) : NULL;
	r->more = more;
	r->stream = STREAM_OPEN;
	r->chunked = r->minor > 0 && !r->surface->never_chunked;
	if (!r->chunked)
		r->keep = false;
	if (r->method == HEAD) {
		req_stream_end(r);
		return;
	}
	r->state = REQ_DRAIN;
	client_poke(r->client);
}

struct out *req_stream_out(struct req *r)
{
	return &r->out;
}

static void stream_send(struct req *r, bool last)
{
	struct out *head = &r->http->reply;
	size_t n = r->method == HEAD ? 0 : r->out.len;
	const char *end = "";
	char size[24] = "";

	out_reset(head);
	if (r->stream == STREAM_OPEN)
		reply_head(r, head, r->type, -1);
	r->stream = STREAM_SENT;
	if (r->chunked && r->method != HEAD) {
		if (n)
			snprintf(size, sizeof(size), "%zx\r\n", n);
		end = last ? n ? "\r\n0\r\n\r\n" : "0\r\n\r\n" : n ? "\r\n" : "";
	}
	out_add(head, size);
	struct iovec parts[] = { { head->bytes, head->len }, { r->out.bytes, n },
		{ (void *)end, strlen(end) } };
	client_send(r->client, parts, LEN(parts));
	out_reset(&r->out);
}

void req_stream_flush(struct req *r)
{
	if (r->state == REQ_DONE)
		return;
	if (r->state == REQ_WAITING)
		fatal("%s: a stream flushed while its step waits", r->path);
	stream_send(r, false);
	r->state = REQ_DRAIN;
	client_poke(r->client);
}

void req_stream_end(struct req *r)
{
	if (r->stream == STREAM_SENT && r->state == REQ_DONE)
		return;
	stream_send(r, true);
	r->state = REQ_DONE;
}

void req_stream_goes_on(struct req *r, req_step *more)
{
	r->more = more;
}

bool req_stream_withdraw(struct req *r)
{
	if (r->stream == STREAM_SENT)
		return false;
	r->stream = STREAM_NONE;
	out_reset(&r->out);
	return true;
}

void req_stream_cut(struct req *r)
{
	if (r->state == REQ_DONE)
		return;
	if (req_stream_withdraw(r)) {
		r->surface->refused(r, 500, "incomplete", 0);
		return;
	}
	r->state = REQ_DONE;
	client_kill(r->client);
}
