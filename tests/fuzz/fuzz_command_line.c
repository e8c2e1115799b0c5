/* Command lines of clients: what passes is one line, whose columns are keys and values. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "command_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	unsigned flags;
	const char *verb;
	char *line = malloc(n + 1);
	if (!line)
		abort();
	memcpy(line, bytes, n);
	line[n] = '\0';
	if (!command_line_check(line, &flags, &verb)) {
		if (!verb || strncmp(line, verb, strlen(verb)) != 0 || strchr(line, '\n') ||
			strchr(line, '\r') || strlen(line) > COMMAND_LINE_MAX)
			abort();
		/* an option is one pair */
		if (strcmp(verb, "SET OPTION") == 0 && strchr(line, '\t'))
			abort();
	}
	free(line);
	return 0;
}
