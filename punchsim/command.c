/* Reads command lines. Pure: no state, no memory, never looks past what it is given. */
#include "command.h"

#include <ctype.h>
#include <string.h>

#define ID_MAX 32 /* documents say 16, terminals were seen to take 21 */

static bool id_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static void command_split(struct command *c)
{
	const char *p = c->text.p, *end = p + c->text.n;

	c->words = 0;
	c->after = (struct slice){ end, 0 };
	while (p < end && c->words < LEN(c->word)) {
		const char *w = p;
		while (p < end && *p != ' ' && *p != '\t' && *p != '=')
			p++;
		if (p < end && *p != ' ') { /* this piece already belongs to the arguments */
			p = w;
			break;
		}
		if (p > w)
			c->word[c->words++] = (struct slice){ w, (size_t)(p - w) };
		while (p < end && *p == ' ')
			p++;
		if (c->words == 1 && c->after.n == 0)
			c->after = (struct slice){ p, (size_t)(end - p) };
	}
	c->args = (struct slice){ p, (size_t)(end - p) };
}

bool command_parse(const char *line, size_t len, struct command *out)
{
	*out = (struct command){ 0 };
	if (len && line[len - 1] == '\r')
		len--;
	if (len < 4 || line[0] != 'C' || line[1] != ':')
		return false;
	const char *id = line + 2, *end = line + len, *colon = id;
	while (colon < end && id_char(*colon))
		colon++;
	size_t n = (size_t)(colon - id);
	if (colon == end || *colon != ':' || n == 0 || n > ID_MAX)
		return false;
	out->id = (struct slice){ id, n };
	out->text = (struct slice){ colon + 1, (size_t)(end - colon - 1) };
	command_split(out);
	return out->text.n > 0;
}

bool command_next(const char **at, const char *end, struct command *out)
{
	while (*at < end) {
		const char *line = *at;
		const char *lf = memchr(line, '\n', (size_t)(end - line));
		const char *stop = lf ? lf : end;
		*at = lf ? lf + 1 : end;
		if (command_parse(line, (size_t)(stop - line), out))
			return true;
	}
	return false;
}

bool pair_next(struct slice *rest, struct slice *key, struct slice *value)
{
	while (rest->n) {
		const char *p = rest->p, *end = p + rest->n;
		const char *tab = memchr(p, '\t', rest->n);
		const char *stop = tab ? tab : end;
		const char *eq = memchr(p, '=', (size_t)(stop - p));

		*rest = tab ? (struct slice){ tab + 1, (size_t)(end - tab - 1) }
			    : (struct slice){ end, 0 };
		if (!eq)
			continue;
		*key = (struct slice){ p, (size_t)(eq - p) };
		*value = (struct slice){ eq + 1, (size_t)(stop - eq - 1) };
		return true;
	}
	return false;
}

bool pair_find(struct slice args, const char *key, struct slice *value)
{
	struct slice k, v;

	while (pair_next(&args, &k, &v)) {
		if (slice_is_nocase(k, key)) {
			*value = v;
			return true;
		}
	}
	return false;
}

long pair_long(struct slice args, const char *key, long missing)
{
	struct slice v;
	return pair_find(args, key, &v) ? slice_long(v, missing) : missing;
}
