/*
 * A line is built on the stack and written with one write(2), so that lines of several threads and
 * processes do not mix. What does not fit is cut.
 */
#include "log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "fatal.h"
#include "str.h"

enum { LINE_SIZE = 8192, VALUE_MAX = 2048 };

struct line {
	char text[LINE_SIZE];
	size_t len;
};

static const char *const level_names[] = {
	[LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"
};

static _Atomic int log_level_max = LOG_INFO;
static _Atomic bool log_as_json;

void log_setup(enum log_level level, bool json)
{
	log_level_max = (int)level;
	log_as_json = json;
}

bool log_on(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&log_level_max, memory_order_relaxed);
}

/* False, and nothing is added, when fewer than the line's last few places are left. */
static bool line_add(struct line *l, const char *bytes, size_t n)
{
	if (n > sizeof(l->text) - 8 - l->len)
		return false;
	memcpy(l->text + l->len, bytes, n);
	l->len += n;
	return true;
}

static bool line_text(struct line *l, const char *text)
{
	return line_add(l, text, strlen(text));
}

/* Bytes of the printable character at c, 0 when it must be escaped: controls of both sets,
 * line separators of Unicode and what is not UTF-8. */
static size_t printable_len(const char *c, size_t n)
{
	unsigned char b = (unsigned char)c[0];
	if (b < 0x80)
		return b >= ' ' && b != 0x7f ? 1 : 0;
	size_t len = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2;
	if (n < len || !str_is_utf8(c, len))
		return 0;
	if (b == 0xc2 && (unsigned char)c[1] < 0xa0)
		return 0;
	if (!memcmp(c, "\xe2\x80", 2) && ((unsigned char)c[2] & 0xfe) == 0xa8)
		return 0;
	return len;
}

static void line_escaped(struct line *l, const char *text, bool json)
{
	size_t n = strnlen(text, VALUE_MAX);
	const char *end = text + n;
	for (const char *c = text; c < end;) {
		size_t len = printable_len(c, (size_t)(end - c));
		char escape[8];
		if (*c == '"' || *c == '\\') {
			snprintf(escape, sizeof(escape), "\\%c", *c);
			len = 1;
		} else if (len) {
			if (!line_add(l, c, len))
				return;
			c += len;
			continue;
		} else {
			unsigned char b = (unsigned char)*c;
			if (json && b >= 0x80)
				snprintf(escape, sizeof(escape), "\\ufffd");
			else
				snprintf(escape, sizeof(escape), json ? "\\u%04x" : "\\x%02x", b);
			len = 1;
		}
		if (!line_text(l, escape))
			return;
		c += len;
	}
}

static bool is_bare(const char *text)
{
	if (!*text)
		return false;
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' || *c == 0x7f)
			return false;
	return true;
}

static void line_value(struct line *l, const char *value, bool json)
{
	size_t before = l->len;
	if (!json && is_bare(value) && strlen(value) <= VALUE_MAX) {
		line_text(l, value);
		return;
	}
	if (!line_text(l, "\""))
		return;
	line_escaped(l, value, json);
	if (!line_text(l, "\""))
		l->len = before; /* a JSON line must stay one */
}

static void line_pair(struct line *l, const char *key, const char *value, bool json)
{
	size_t before = l->len;
	bool fits = json ? line_text(l, ",\"") && line_text(l, key) && line_text(l, "\":")
			 : line_text(l, " ") && line_text(l, key) && line_text(l, "=");
	size_t empty = l->len;
	if (fits)
		line_value(l, value ? value : "", json);
	if (!fits || l->len == empty)
		l->len = before;
}

static void line_start(struct line *l, enum log_level level, const char *event, bool json)
{
	char at[20], text[128];
	int64_t now = clock_now();
	clock_format(now, at);
	at[10] = 'T';
	snprintf(text, sizeof(text),
		json ? "{\"time\":\"%s.%03dZ\",\"level\":\"%s\",\"event\":\"%.60s\""
		     : "%s.%03dZ %s %.60s",
		at, (int)(now / 1000 % 1000), level_names[level], event);
	line_text(l, text);
}

static void log_line(enum log_level level, const char *event, va_list args)
{
	if (!log_on(level))
		return;
	bool json = log_as_json;
	struct line l;
	l.len = 0;
	line_start(&l, level, event, json);
	const char *key;
	while ((key = va_arg(args, const char *)))
		line_pair(&l, key, va_arg(args, const char *), json);
	/* line_add keeps these last places free */
	if (json)
		l.text[l.len++] = '}';
	l.text[l.len++] = '\n';
	if (write(STDERR_FILENO, l.text, l.len) < 0)
		return; /* nowhere to say so */
}

void log_error(const char *event, ...)
{
	va_list args;
	va_start(args, event);
	log_line(LOG_ERROR, event, args);
	va_end(args);
}

void log_warn(const char *event, ...)
{
	va_list args;
	va_start(args, event);
	log_line(LOG_WARN, event, args);
	va_end(args);
}

void log_info(const char *event, ...)
{
	va_list args;
	va_start(args, event);
	log_line(LOG_INFO, event, args);
	va_end(args);
}

void log_debug(const char *event, ...)
{
	va_list args;
	va_start(args, event);
	log_line(LOG_DEBUG, event, args);
	va_end(args);
}

const char *log_num(int64_t n)
{
	static _Thread_local char ring[16][24];
	static _Thread_local unsigned next;
	char *text = ring[next++ % LEN(ring)];
	snprintf(text, sizeof(ring[0]), "%" PRId64, n);
	return text;
}
