/*
 * Packed uploads: a gzip'd tar of text files, as firmware of generation 2 may send its operation log.
 * Pure, bounded in what it makes and in how many files it looks at, whatever the package says of
 * itself. Fuzzed.
 */
#ifndef TGZ_H
#define TGZ_H

#include <stddef.h>

#define TGZ_MAX_FILES 1000

/*
 * The regular files of the package one behind the other, each ended by LF. At most max bytes of tar.
 * NULL, and *text is the caller's (free; never NULL); or the reason why not, and *text is NULL:
 * "no gzip", "no tar", "cut off", "too large", "too many files", "out of memory".
 */
const char *tgz_unpack(const void *package, size_t n, size_t max, char **text, size_t *len);

#endif
