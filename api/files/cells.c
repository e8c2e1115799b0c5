/* A workbook's form: kind, length, bytes and a NUL of each cell. */
#include "cells.h"

#include <stdio.h>
#include <string.h>

static void item_add(struct out *o, enum cells_kind kind, const char *text, size_t n)
{
	uint32_t len = (uint32_t)n;
	char *to = out_reserve(o, n + 6);

	*to++ = (char)kind;
	memcpy(to, &len, sizeof(len));
	if (n)
		memcpy(to + sizeof(len), text, n);
	to[sizeof(len) + n] = '\0';
	o->len += n + 6;
}

void cells_text(struct out *o, char separator, bool first, const char *text)
{
	if (separator == CELLS_BOOK)
		item_add(o, CELLS_TEXT, text, text ? strlen(text) : 0);
	else
		csv_text(o, separator, first, text);
}

void cells_raw(struct out *o, char separator, bool first, const char *number, size_t n)
{
	if (separator == CELLS_BOOK)
		item_add(o, CELLS_NUMBER, number, n);
	else
		csv_raw(o, separator, first, number, n);
}

void cells_number(struct out *o, char separator, bool first, int64_t number)
{
	char text[24];

	if (separator != CELLS_BOOK) {
		csv_raw(o, separator, first, "", 0);
		out_int(o, number);
		return;
	}
	int n = snprintf(text, sizeof(text), "%lld", (long long)number);

	item_add(o, CELLS_NUMBER, text, (size_t)n);
}

void cells_end(struct out *o, char separator)
{
	if (separator == CELLS_BOOK)
		item_add(o, CELLS_ROW, NULL, 0);
	else
		csv_end(o);
}

bool cells_next(struct cells_walk *w, enum cells_kind *kind, const char **text, size_t *n)
{
	uint32_t len;

	if (w->at == w->end)
		return false;
	*kind = (enum cells_kind) * w->at;
	memcpy(&len, w->at + 1, sizeof(len));
	*text = w->at + 1 + sizeof(len);
	*n = len;
	w->at = *text + len + 1;
	return true;
}
