/*
 * A command line as a client words it (POST /iclock/api/terminalcommands/): only verbs that the
 * protocol of attendance terminals knows, in their form, on one line. Pure. Fuzzed.
 */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include <stdbool.h>

enum {
	COMMAND_DANGEROUS = 1, /* runs programs or replaces files at the terminal */
	COMMAND_STRANDS = 2, /* the terminal may not find its server again */
	COMMAND_BIOMETRIC = 4 /* enrols a finger or face, or asks for templates or photos */
};

#define COMMAND_LINE_MAX 4000 /* bytes */

/* NULL: it may be sent, and *flags says what it is; otherwise why not, in words for the client.
 * *verb is its verb, a constant; NULL when it has none that is known. */
const char *command_line_check(const char *line, unsigned *flags, const char **verb);

/* An option's name: letters, digits and '_', perhaps after a '~'. */
bool command_option_name(const char *name);

/* True for options that say where the server is, or how the network is reached. */
bool command_option_strands(const char *name);

/* NULL, or why this option is not for SET OPTION (the clock, which handshakes set). */
const char *command_option_problem(const char *name, const char *value);

#endif
