/*
 * Looks whether a text is one JSON value, before a tree is made of it: bounded depth, and errors
 * in the words of Python's json module, which clients of the original have seen.
 */
#ifndef JSON_CHECK_H
#define JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#define JSON_MAX_DEPTH 32

/* False: reason is "Expecting value: line 1 column 1 (char 0)" or the like. */
bool json_check(const char *text, size_t n, char reason[static 120]);

#endif
