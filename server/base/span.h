/*
 * A piece of somebody else's bytes: not terminated, not owned, any byte possible (NUL too).
 * text NULL: absent; len 0 with text set: there, but empty. Lives as long as the bytes it points
 * into (an upload's body, a query string).
 */
#ifndef SPAN_H
#define SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct span {
	const char *text;
	size_t len;
};

static inline struct span span_of(const char *text)
{
	return (struct span){ .text = text, .len = text ? strlen(text) : 0 };
}

/* Equal to a word but for ASCII case; an absent span is equal to nothing. */
static inline bool span_is(struct span s, const char *word)
{
	return s.text && strlen(word) == s.len && strncasecmp(s.text, word, s.len) == 0;
}

/* Takes what stands before the next sep off *rest; after the last piece *rest is absent, and so is
 * what this returns from then on. */
static inline struct span span_cut(struct span *rest, char sep)
{
	struct span piece = *rest;
	const char *at = piece.text ? memchr(piece.text, sep, piece.len) : NULL;
	if (!at) {
		*rest = (struct span){ 0 };
		return piece;
	}
	piece.len = (size_t)(at - piece.text);
	rest->text = at + 1;
	rest->len -= piece.len + 1;
	return piece;
}

/* Without the byte order mark of UTF-8 at its begin: of a whole body, where it means nothing. */
static inline struct span span_skip_mark(struct span s)
{
	if (s.len >= 3 && memcmp(s.text, "\xef\xbb\xbf", 3) == 0) {
		s.text += 3;
		s.len -= 3;
	}
	return s;
}

/* Without the spaces and TABs around it. */
static inline struct span span_trim(struct span s)
{
	while (s.len && (s.text[0] == ' ' || s.text[0] == '\t')) {
		s.text++;
		s.len--;
	}
	while (s.len && (s.text[s.len - 1] == ' ' || s.text[s.len - 1] == '\t'))
		s.len--;
	return s;
}

#endif
