/*
 * A PostgreSQL cluster under the data directory: which binaries, which user, which directories;
 * making it, and starting its postmaster.
 */
#ifndef CLUSTER_H
#define CLUSTER_H

#include <stdbool.h>
#include <sys/types.h>

#include "arena.h"
#include "child.h"

struct cluster {
	struct arena *arena; /* of all its texts */
	const char *data_dir;
	const char *dir; /* data_dir/pg */
	const char *bin; /* directory of its version's programs */
	const char *socket_dir; /* only the cluster's user and root can enter */
	const char *log; /* what PostgreSQL has to say */
	struct child_user user;
	int connections; /* that must be possible; 0: PostgreSQL's default */
};

/* Finds and prepares everything but the cluster itself, and makes that too when it is missing and
 * makes says so. False: *error says in one line what to do. */
bool cluster_open(
	struct cluster *, struct arena *, const char *data_dir, bool makes, const char **error);

/* Only what a client needs of a cluster that somebody else runs. */
bool cluster_find_socket(struct cluster *, struct arena *, const char *data_dir);

/* Starts the postmaster; -1: errno says why. No process may be left (see cluster_signal). */
pid_t cluster_spawn(const struct cluster *);

/* Sends the signal (0: none) to every PostgreSQL process that works in the cluster's directory, and
 * says how many there are; -1: cannot be known. postmaster: only to the one that leads them. */
int cluster_signal(const struct cluster *, int signal, bool postmaster);

/* After its end: removes the directory of the socket when that is not in data_dir. */
void cluster_leave(const struct cluster *);

/* The last complaint in the log; NULL when there is none. */
const char *cluster_complaint(const struct cluster *);

#endif
