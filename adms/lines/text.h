/*
 * Names and other text as terminals write it, to UTF-8 and back. Fuzzed.
 *
 * Current firmware writes UTF-8; old Chinese firmware (language 83) GBK; other old builds some
 * single-byte code page, which only the operator knows.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "span.h"

#define TEXT_MAX_CODE_PAGE 32

/* What is known of a terminal's encoding. */
struct text_encoding {
	int language; /* of its handshake; 0 = not known; 83 = simplified Chinese */
	const char *code_page; /* set by the operator; NULL or "" = not set */
	bool old; /* firmware of generation G1 or G2 */
};

/*
 * UTF-8, NUL-terminated, on the arena, without control characters (C0, DEL, C1). Valid UTF-8 is
 * taken as it is; else GB18030 for language 83; else the code page. NULL: cannot be decoded (keep
 * the bytes, the code page may become known); also for an absent span.
 */
char *text_decode(struct arena *, struct span bytes, const struct text_encoding *);

/*
 * A PIN as a terminal wrote it: without the blanks around it, decoded, and checked (pin.h). NULL, and
 * *reason (constant) says why it is none.
 */
char *text_pin(struct arena *, struct span sent, const struct text_encoding *, const char **reason);

/*
 * UTF-8 to what the terminal understands, on the arena, NUL-terminated: the code page if set, GBK
 * for old firmware of language 83, else UTF-8. Control characters become spaces, what the encoding
 * does not have becomes '?'. At most max bytes, cut at a character's border. *n gets the length.
 */
char *text_encode(
	struct arena *, const char *utf8, const struct text_encoding *, size_t max, size_t *n);

/* What text_decode() tries where text is no UTF-8, as text: "" nothing is known, "GB18030",
 * "CP1251", "GB18030 CP1251". */
void text_encoding_pages(const struct text_encoding *, char *out, size_t size);

/* A code page that this machine knows and that leaves ASCII alone (no UTF-16, no ISO-2022). */
bool text_knows_code_page(const char *name);

/* How many of the UTF-8 text's bytes are whole characters within max bytes, or within max
 * characters. */
size_t text_cut_bytes(const char *utf8, size_t max);
size_t text_cut_chars(const char *utf8, size_t max);

#endif
