/*
 * Programs that punchd runs: PostgreSQL's, as another user when punchd is root.
 */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "arena.h"

struct child_user {
	bool other; /* than punchd's own: only root may */
	uid_t uid;
	gid_t gid;
};

/*
 * Starts argv[0] (a path) in a session of its own with a clean environment; output goes to the
 * file descriptor. It gets SIGINT when punchd dies. -1: errno says why.
 */
pid_t child_start(const struct child_user *, const char *const argv[], int output);

/* Runs a program to its end; *output (on the arena, at most 16 KiB) is what it said. */
bool child_run(
	struct arena *, const struct child_user *, const char *const argv[], const char **output);

/* fn(arg) as the user, in a process of its own when that is another one; its result, which is not
 * negative, or -1. fn must not wait, lock or log. */
int child_call(const struct child_user *, int (*fn)(void *), void *arg);

/* The first directory on the way to path (itself included) that the user cannot enter; NULL when
 * there is none. */
const char *child_barrier(struct arena *, const struct child_user *, const char *path);

#endif
