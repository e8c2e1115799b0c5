/* One terminal of the load generator: builds a request, judges the answer, goes on or resends. */
#include "load_private.h"

#include <string.h>

#define HANDSHAKE_TRIES 20

static void sender_answered(void *arg, const struct reply *r);

static void sender_retried(evutil_socket_t fd, short what, void *arg)
{
	sender_start(arg);
}

void sender_init(struct sender *s, struct load *l, uint32_t index, const char *prefix)
{
	s->load = l;
	s->index = index;
	s->beat = index >= l->terminals;
	snprintf(s->sn, sizeof(s->sn), "%.20s%07u", prefix, index + 1);
	s->link = link_new(l->net, !l->set->close, sender_answered, s);
	evtimer_assign(&s->retry, l->base, sender_retried, s);
}

void sender_close(struct sender *s)
{
	event_del(&s->retry);
	link_free(s->link);
}

static struct counters *sender_counters(struct sender *s)
{
	return s->beat ? &s->load->heartbeats : &s->load->main;
}

static bool sender_uploads(const struct sender *s)
{
	return !s->beat && s->load->mode != HEARTBEAT && s->load->mode != IDLE_POLL;
}

static void head_put(struct sender *s, const char *start, const char *query, bool body)
{
	struct load *l = s->load;
	struct buf *out = &l->request;

	buf_clear(out);
	buf_text(out, start);
	buf_text(out, s->sn);
	buf_text(out, query);
	buf_text(out, " HTTP/1.1\r\nHost: ");
	buf_text(out, net_host(l->net));
	buf_text(out, "\r\nUser-Agent: iClock Proxy/1.09\r\nConnection: ");
	buf_text(out, l->set->close ? "close" : "keep-alive");
	buf_text(out, "\r\nAccept: */*\r\n");
	if (body) {
		char number[24];
		char *end = digits_put(number, l->body.len);
		buf_text(out, "Content-Type: text/plain\r\nContent-Length: ");
		buf_add(out, number, (size_t)(end - number));
		buf_text(out, "\r\n");
	}
	buf_add(out, "\r\n", 2);
}

static void upload_put(struct sender *s)
{
	struct load *l = s->load;
	uint64_t total = (uint64_t)l->set->punches;

	s->lines = l->lines;
	if (total && total - s->next < s->lines)
		s->lines = (unsigned)(total - s->next);
	buf_clear(&l->body);
	s->fresh = punchgen_write(&l->gen, &l->body, s->index, s->next, s->lines);
	head_put(s, "POST /iclock/cdata?SN=", "&table=ATTLOG&Stamp=9999", true);
	buf_add(&l->request, l->body.data, l->body.len);
}

static void request_put(struct sender *s)
{
	if (!s->shaken) {
		head_put(s, "GET /iclock/cdata?SN=",
			"&options=all&language=69&pushver=2.4.1&PushOptionsFlag=1", false);
	} else if (sender_uploads(s)) {
		upload_put(s);
		if (s->load->phase == COUNTING)
			s->load->main.lines_sent += s->lines;
	} else {
		head_put(s, "GET /iclock/getrequest?SN=", "", false);
	}
}

void sender_start(struct sender *s)
{
	struct load *l = s->load;

	if (link_busy(s->link) || s->finished || l->phase == DRAINING)
		return;
	if (s->shaken && !s->beat) {
		if (l->set->requests && l->issued >= (uint64_t)l->set->requests)
			return;
		l->issued += l->phase == COUNTING;
	}
	request_put(s);
	if (s->resend)
		sender_counters(s)->resends++;
	s->resend = false;
	l->busy++;
	link_send(s->link, l->request.data, l->request.len);
}

static void error_keep(struct load *l, const char *text, size_t n)
{
	size_t i = 0;
	for (; i < n && i + 1 < sizeof(l->last_error); i++) {
		char c = text[i];
		l->last_error[i] = c < ' ' || c == '"' || c == '\\' || c > '~' ? ' ' : c;
	}
	l->last_error[i] = '\0';
}

/* What a terminal takes for accepted; any other answer makes it send the same again. */
static bool answer_good(struct sender *s, const struct reply *r)
{
	struct load *l = s->load;

	if (!r) {
		error_keep(l, link_error(s->link), strlen(link_error(s->link)));
		return false;
	}
	if (r->status != 200) {
		char text[20];
		int n = snprintf(text, sizeof(text), "HTTP %d", r->status);
		error_keep(l, text, (size_t)n);
		return false;
	}
	bool refused = r->body.n >= 5 && memcmp(r->body.p, "ERROR", 5) == 0;
	bool ok = r->body.n >= 2 && memcmp(r->body.p, "OK", 2) == 0;
	if (refused || (s->shaken && sender_uploads(s) && !ok)) {
		error_keep(l, r->body.p, r->body.n);
		return false;
	}
	return true;
}

static void acked_write(struct sender *s)
{
	struct load *l = s->load;

	buf_clear(&l->body);
	punchgen_write(&l->gen, &l->body, s->index, s->next, s->lines);
	for (const char *p = l->body.data, *lf; (lf = strchr(p, '\n')); p = lf + 1)
		fprintf(l->acked, "%s\t%.*s\n", s->sn, (int)(lf - p), p);
}

static void upload_accepted(struct sender *s)
{
	struct load *l = s->load;

	if (l->acked)
		acked_write(s);
	s->next += s->lines;
	if (l->phase != WARMING) {
		l->main.lines_acked += s->lines;
		l->main.fresh_acked += s->fresh;
	}
	if (l->set->punches && s->next >= (uint64_t)l->set->punches) {
		s->finished = true;
		l->finished++;
	}
}

static void sender_failed(struct sender *s)
{
	struct load *l = s->load;
	double wait = l->error_delay;
	struct timeval tv = { (time_t)wait, (suseconds_t)((wait - (double)(time_t)wait) * 1e6) };

	if (l->phase != WARMING)
		sender_counters(s)->errors++;
	s->failures++;
	s->resend = s->shaken;
	if (!s->shaken && s->failures >= HANDSHAKE_TRIES)
		die(1, "no handshake with %s: %s; is the server running?", net_host(l->net),
			l->last_error);
	if (l->phase != DRAINING)
		evtimer_add(&s->retry, &tv);
}

static bool sender_paced(const struct sender *s)
{
	return s->beat || s->load->work.period > 0;
}

static void sender_answered(void *arg, const struct reply *r)
{
	struct sender *s = arg;
	struct load *l = s->load;

	l->busy--;
	if (!answer_good(s, r)) {
		sender_failed(s);
	} else if (!s->shaken) {
		s->shaken = true;
		s->failures = 0;
		load_shaken(l);
	} else {
		s->failures = 0;
		if (l->phase == COUNTING || l->phase == DRAINING) {
			sender_counters(s)->requests++;
			hist_add(&sender_counters(s)->latency, link_latency_us(s->link));
		}
		if (sender_uploads(s))
			upload_accepted(s);
		if (!sender_paced(s))
			sender_start(s);
	}
	load_check_end(l);
}
