/*
 * Reading zip archives that strangers made, by libzip: no paths, no encryption, few entries, and
 * nothing that unpacks to more than it may.
 */
#ifndef UNZIP_H
#define UNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unzip;

enum {
	UNZIP_ENTRIES = 20000,
	UNZIP_RATIO = 200, /* unpacked to packed, of what is larger than this: */
	UNZIP_SMALL = 1 << 20
};

/* The bytes must live as long. max: bytes that all that is read may unpack to. NULL: *why says in a
 * sentence what is wrong with it. */
struct unzip *unzip_open(const char *bytes, size_t n, uint64_t max, const char **why);
void unzip_close(struct unzip *);

int64_t unzip_count(const struct unzip *);

/* The entry's name; NULL when it is not UTF-8. */
const char *unzip_name(const struct unzip *, int64_t entry);

/* By its exact name; -1: not there. */
int64_t unzip_find(const struct unzip *, const char *name);

/* Size when unpacked; -1: refused, and *why says so. */
int64_t unzip_size(struct unzip *, int64_t entry, const char **why);

/* Hands the entry's bytes over in pieces until take() returns false. False: damaged, or more than
 * it said; *why. */
bool unzip_read(struct unzip *, int64_t entry, bool (*take)(void *arg, const char *, size_t),
	void *arg, const char **why);

#endif
