/*
 * Chunked request bodies, byte by byte where the framing is, in runs where the payload is.
 *
 * Every line must end in CRLF: a lone LF or CR is read differently by different proxies. Chunk
 * extensions and trailers are skipped and bounded.
 */
#include <string.h>

#include "parse.h"

#define LINE_MAX_BYTES 1024 /* of a size line with its extensions */
#define TRAILER_MAX_BYTES 8192 /* of all trailers */
#define SIZE_DIGITS 15

enum chunk_state {
	CHUNK_SIZE, /* first digit or more of them */
	CHUNK_BLANK, /* behind the digits: an extension or the end of the line must follow */
	CHUNK_EXTENSION,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	CHUNK_TRAILER, /* start of a trailer line, or of the empty one */
	CHUNK_TRAILER_TEXT,
	CHUNK_TRAILER_LF,
	CHUNK_LAST_LF,
	CHUNK_END,
};

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Behind the digits; old programs pad them with blanks. Next state, -1 when malformed. */
static int size_end(struct parse_chunks *k, char c)
{
	switch (c) {
	case '\r':
		return CHUNK_SIZE_LF;
	case ';':
		return CHUNK_EXTENSION;
	case ' ':
	case '\t':
		return ++k->line > LINE_MAX_BYTES ? -1 : CHUNK_BLANK;
	}
	return -1;
}

static int size_byte(struct parse_chunks *k, char c)
{
	int digit = digit_value(c);

	if (digit >= 0) {
		if (k->line++ == SIZE_DIGITS)
			return -1;
		k->left = k->left * 16 + (unsigned)digit;
		return CHUNK_SIZE;
	}
	return k->line ? size_end(k, c) : -1;
}

static int extension_byte(struct parse_chunks *k, char c)
{
	if (c == '\r')
		return CHUNK_SIZE_LF;
	if (((unsigned char)c < 0x20 && c != '\t') || c == 0x7f || ++k->line > LINE_MAX_BYTES)
		return -1;
	return CHUNK_EXTENSION;
}

static int trailer_byte(struct parse_chunks *k, char c, bool start)
{
	if (c == '\r')
		return start ? CHUNK_LAST_LF : CHUNK_TRAILER_LF;
	if (((unsigned char)c < 0x20 && c != '\t') || c == 0x7f || ++k->line > TRAILER_MAX_BYTES)
		return -1;
	return CHUNK_TRAILER_TEXT;
}

static int chunk_byte(struct parse_chunks *k, char c)
{
	switch (k->state) {
	case CHUNK_SIZE:
		return size_byte(k, c);
	case CHUNK_BLANK:
		return size_end(k, c);
	case CHUNK_EXTENSION:
		return extension_byte(k, c);
	case CHUNK_SIZE_LF:
		k->line = 0;
		return c != '\n' ? -1 : k->left ? CHUNK_DATA : CHUNK_TRAILER;
	case CHUNK_DATA_CR:
		return c == '\r' ? CHUNK_DATA_LF : -1;
	case CHUNK_DATA_LF:
		return c == '\n' ? CHUNK_SIZE : -1;
	case CHUNK_TRAILER:
	case CHUNK_TRAILER_TEXT:
		return trailer_byte(k, c, k->state == CHUNK_TRAILER);
	case CHUNK_TRAILER_LF:
		return c == '\n' ? CHUNK_TRAILER : -1;
	case CHUNK_LAST_LF:
		return c == '\n' ? CHUNK_END : -1;
	}
	return -1;
}

int parse_chunk(struct parse_chunks *k, const char *bytes, size_t n, size_t *used,
	void (*put)(void *arg, const char *bytes, size_t n), void *arg)
{
	size_t i = 0;

	while (i < n && k->state != CHUNK_END) {
		if (k->state == CHUNK_DATA) {
			size_t run = n - i < k->left ? n - i : (size_t)k->left;
			put(arg, bytes + i, run);
			i += run;
			k->left -= run;
			if (k->left == 0)
				k->state = CHUNK_DATA_CR;
			continue;
		}
		int next = chunk_byte(k, bytes[i++]);
		if (next < 0) {
			*used = i;
			return -1;
		}
		k->state = next;
	}
	*used = i;
	return k->state == CHUNK_END;
}
