/*
 * Passwords and tokens for people to copy.
 */
#ifndef SECRET_TEXT_H
#define SECRET_TEXT_H

#include <stdbool.h>

#include "arena.h"

#define SECRET_TEXT_SIZE 21 /* with its NUL; more than 110 bits */

/* A random password without characters that look alike. */
void secret_text_make(char out[static SECRET_TEXT_SIZE]);

/* Asks for a password twice on the terminal, without showing it. NULL: *error says why. */
const char *secret_text_ask(struct arena *, const char *name, const char **error);

/* The first line of a file ("-": of standard input). NULL: *error says why. */
const char *secret_text_read(struct arena *, const char *path, const char **error);

/* Standard input is a terminal. */
bool secret_text_can_ask(void);

#endif
