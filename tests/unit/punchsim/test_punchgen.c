/* Generated punches: well formed, unique over terminals, repeatable, duplicates as asked for. */
#include "check.h"
#include "hist.h"
#include "punchgen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TERMINALS = 7, LINES = 900 };

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct punchgen made(unsigned duplicate)
{
	return (struct punchgen){ .terminals = TERMINALS,
		.people = 50,
		.pin_base = 1000,
		.start = 1735689600,
		.step = 600,
		.duplicate = duplicate };
}

/* Distinct PIN and time pairs of all terminals; *fresh is what the generator claims. */
static size_t distinct(unsigned duplicate, size_t *fresh)
{
	struct punchgen g = made(duplicate);
	struct buf out = { 0 };
	size_t n = 0, unique = 0;
	char *key[TERMINALS * LINES];

	*fresh = 0;
	for (int t = 0; t < TERMINALS; t++)
		for (int k = 0; k < LINES; k += 90)
			*fresh += punchgen_write(&g, &out, (uint64_t)t, (uint64_t)k, 90);
	for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n")) {
		char *tab = strchr(strchr(line, '\t') + 1, '\t');
		assert(strcmp(tab + 2, "\t1\t0\t0\t0") == 0);
		*tab = '\0';
		key[n++] = line;
	}
	assert(n == TERMINALS * LINES);
	qsort(key, n, sizeof(*key), by_text);
	for (size_t i = 0; i < n; i++)
		unique += i == 0 || strcmp(key[i], key[i - 1]) != 0;
	buf_free(&out);
	return unique;
}

static void test_same_again(void)
{
	struct punchgen a = made(10), b = made(10);
	struct buf x = { 0 }, y = { 0 };

	punchgen_write(&a, &x, 3, 0, 100);
	punchgen_write(&a, &x, 3, 100, 50);
	punchgen_write(&b, &y, 3, 0, 150);
	assert(x.len == y.len && memcmp(x.data, y.data, x.len) == 0);
	buf_free(&x);
	buf_free(&y);
}

static void test_histogram(void)
{
	struct hist *h = xalloc(sizeof(*h));

	for (int i = 1; i <= 100000; i++)
		hist_add(h, i);
	assert(hist_ms(h, 0.5) > 49 && hist_ms(h, 0.5) < 51);
	assert(hist_ms(h, 0.99) > 97.5 && hist_ms(h, 0.99) < 100.1);
	hist_add(h, -5);
	hist_add(h, INT64_MAX);
	assert(h->count == 100002);
	free(h);
}

int main(void)
{
	size_t fresh;

	assert(distinct(0, &fresh) == TERMINALS * LINES && fresh == TERMINALS * LINES);
	assert(distinct(20, &fresh) == fresh);
	assert(fresh > TERMINALS * LINES * 7 / 10 && fresh < TERMINALS * LINES * 9 / 10);
	assert(distinct(100, &fresh) == TERMINALS && fresh == TERMINALS);
	test_same_again();
	test_histogram();
	return 0;
}
