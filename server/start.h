/*
 * What the server and the administrative commands need before they work: the database, its
 * checks, the schema, the keys, the first superuser. Blocking; each says in one line what failed.
 */
#ifndef START_H
#define START_H

#include <stdbool.h>

#include "config.h"
#include "embedded.h"
#include "keys.h"
#include "sync.h"

struct start {
	struct arena *arena;
	const struct config *config;
	struct embedded *embedded; /* NULL: the database runs elsewhere */
	const char *data_dir; /* absolute; NULL without the embedded database */
	const char *conninfo;
	struct sync *sync; /* a connection for what follows */
	struct seal *seal;
	struct zone zone; /* of the setting timezone; the server's alone */
	struct api_secrets secrets;
	bool waits; /* after a failure: a server answers, but takes no writes yet */
};

/* Starts the embedded database where one is wanted, connects, and checks that it will do. */
bool start_database(struct start *, struct arena *, const struct config *, enum embedded_for,
	const char **error);

/* Brings the schema to head; *applied counts the migrations run now. */
bool start_schema(struct start *, int *applied, const char **error);

/* The schema is at head: for commands that do not migrate. Where it is missing, *error says which
 * database was looked at. */
bool start_schema_check(struct start *, const char **error);

/* Opens seal and secrets. */
bool start_keys(struct start *, const char **error);

/* All of this for the server, and creates the first superuser when there is none; prints a
 * generated password, once. Nothing is left to end when it fails. SIGTERM and SIGINT end the
 * program until the loop takes them. */
bool start_server(struct start *, struct arena *, const struct config *, const char **error);

/* Closes the connection; the rest stays. */
void start_disconnect(struct start *);

/* Wipes the keys and stops the database that start_database started. */
void start_end(struct start *);

#endif
