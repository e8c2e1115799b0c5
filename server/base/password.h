/*
 * Passwords at rest: Argon2id (19 MiB, two passes), encoded with its salt and costs.
 *
 * Both functions take tens of milliseconds: on the loop's side they belong inside offload. They
 * touch nothing but their arguments.
 */
#ifndef PASSWORD_H
#define PASSWORD_H

#include <stdbool.h>

#define PASSWORD_HASH_SIZE 128 /* of the encoded form, with its NUL */
#define PASSWORD_MAX 1024 /* bytes; a longer one never fits */

/* The encoded hash under a random salt. False: longer than PASSWORD_MAX, or empty. */
bool password_hash(const char *password, char out[static PASSWORD_HASH_SIZE]);

/*
 * True when the password fits the encoded hash. NULL stands for an account that does not exist:
 * false, after the time that a real comparison takes.
 */
bool password_verify(const char *encoded, const char *password);

/* Overwrites the text. */
void password_wipe(char *text);

#endif
