/* The two ways in which the program ends when it cannot go on. */
#include "fatal.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

void fatal(const char *fmt, ...)
{
	char text[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_error("fatal", "reason", text, NULL);
	abort();
}

void die(const char *fmt, ...)
{
	char text[2048];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	size_t n = strlen(text);
	while (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	fprintf(stderr, "punchd: %s\n", text);
	exit(1);
}

static void *checked(void *bytes, size_t size)
{
	if (!bytes)
		fatal("out of memory: %zu bytes asked for", size);
	return bytes;
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1), size);
}

void *xcalloc(size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		fatal("out of memory: %zu elements of %zu bytes asked for", n, size);
	return checked(calloc(n ? n : 1, size ? size : 1), n * size);
}

void *xrealloc(void *bytes, size_t size)
{
	return checked(realloc(bytes, size ? size : 1), size);
}

char *xstrdup(const char *text)
{
	return checked(strdup(text), strlen(text) + 1);
}
