/*
 * What the files of this directory share about libpq. Private to db/: nobody else includes it, or
 * libpq-fe.h.
 */
#ifndef PG_H
#define PG_H

#include <libpq-fe.h>

#include "db.h"
#include "rows.h"

/* One address to try. Empty strings are left to libpq's defaults. */
struct pg_target {
	char host[256]; /* as written, for TLS and the password file */
	char address[64]; /* numeric; empty for Unix sockets */
	char port[8];
};

/* Keywords and values for PQconnectStartParams and its kin, in the order libpq wants them. */
struct pg_params {
	const char *keywords[16];
	const char *values[16];
	int n;
};

/* target NULL: all hosts of conninfo, resolved by libpq itself, which blocks. The strings must
 * outlive the params. */
struct pg_params pg_params(const char *conninfo, const char *name, const struct pg_target *);

/* Whatever the conninfo says: standbys will do as well. */
void pg_params_any(struct pg_params *);

/* To be run on each fresh connection with the time zone as $1 (NULL: the server's own). It sets
 * what punchd relies on, and only what the role may set. */
extern const char pg_setup_sql[];

/* PGresult under our own name: rows_free() clears it. NULL stays NULL. */
struct rows *pg_rows(PGresult *);

/* The texts live as long as the result. Whatever ends the connection, as a server that takes no
 * writes does, reads 08006. */
void pg_error(const PGresult *, struct db_error *);

/* False when libpq cannot read it. */
bool pg_conninfo_valid(const char *conninfo);

/* A libpq message on one line, without its hints, cut to size; returns out. */
const char *pg_one_line(const char *message, char *out, size_t size);

/* True for a statement that the server forgot, or whose result has other columns than when it was
 * prepared. */
bool pg_is_stale(const PGresult *failure);

/* True when the server takes no writes: it is a standby, or was made read-only. */
bool pg_is_read_only(const PGresult *failure);

/* True for the warning that a wait for a standby was cut short. */
bool pg_is_alone(const PGresult *notice);

/* True when it lost against another transaction, and would win alone. */
bool pg_is_a_clash(const PGresult *failure);

#endif
