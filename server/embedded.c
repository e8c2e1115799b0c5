/*
 * The life of the embedded PostgreSQL. The lock on the data directory is held as long as the
 * cluster runs under us, so that there is one who starts and stops it.
 */
#include "embedded.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "cluster.h"
#include "datadir.h"
#include "fatal.h"
#include "log.h"
#include "sync.h"

enum {
	STEP_MS = 50,
	READY_MS = 600 * 1000, /* crash recovery takes what it takes */
	OTHERS_MS = 60 * 1000,
	STOP_MS = 60 * 1000,
	SHORT_LIFE_MS = 60 * 1000,
	PAUSE_MIN_MS = 100,
	PAUSE_MAX_MS = 10 * 1000
};

struct embedded {
	struct arena *arena; /* the caller's */
	struct cluster cluster;
	const char *conninfo;
	bool makes; /* what is not there */
	int lock; /* -1: somebody else's cluster */
	pid_t pid; /* the postmaster; 0 while there is none */

	struct event *died;
	struct event *again;
	int64_t started;
	int64_t lost; /* when it died; while its processes are waited for */
	int pause_ms;
};

static void pause_ms(int ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

/* --- before the loop ------------------------------------------------------------------------- */

static const char *conninfo_of(const struct cluster *c, const char *database)
{
	return arena_printf(
		c->arena, "host=%s port=5432 user=punchd dbname=%s", c->socket_dir, database);
}

/* What a killed predecessor left running: the postmaster is asked to end, then told. */
static bool others_end(struct embedded *e, const char **error)
{
	static const struct {
		int signal;
		int ms;
	} ways[] = { { SIGINT, OTHERS_MS }, { SIGQUIT, 5000 }, { SIGKILL, 5000 } };
	for (size_t i = 0; i < LEN(ways); i++) {
		if (cluster_signal(&e->cluster, ways[i].signal, ways[i].signal == SIGINT) <= 0)
			return true;
		cluster_signal(&e->cluster, SIGCONT, false);
		log_warn("database_left_running", "dir", e->cluster.dir, "signal",
			log_num(ways[i].signal), NULL);
		for (int ms = 0; ms < ways[i].ms; ms += STEP_MS) {
			if (cluster_signal(&e->cluster, 0, false) == 0)
				return true;
			pause_ms(STEP_MS);
		}
	}
	*error = arena_printf(
		e->arena, "processes of an earlier PostgreSQL in %s do not end", e->cluster.dir);
	return false;
}

/* True when the postmaster has ended; its process is collected. */
static bool postmaster_ended(struct embedded *e, int *status)
{
	pid_t pid;
	do
		pid = waitpid(e->pid, status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return false;
	e->pid = 0;
	return true;
}

static bool connections_wait(struct embedded *e, const char **error)
{
	const char *conninfo = conninfo_of(&e->cluster, "postgres"), *reason = NULL;
	int status;
	for (int ms = 0; ms < READY_MS; ms += STEP_MS) {
		struct arena *a = arena_new();
		struct sync *sync = sync_open(a, conninfo, "UTC", &reason);
		if (sync)
			sync_close(sync);
		arena_free(a);
		if (sync)
			return true;
		if (postmaster_ended(e, &status)) {
			const char *complaint = cluster_complaint(&e->cluster);
			*error = arena_printf(e->arena, "PostgreSQL did not start: %s (see %s)",
				complaint ? complaint : "it said nothing", e->cluster.log);
			return false;
		}
		if (ms && ms % 10000 == 0)
			log_info("database_waiting", "seconds", log_num(ms / 1000), NULL);
		pause_ms(STEP_MS);
	}
	*error = arena_printf(
		e->arena, "PostgreSQL accepts no connections (see %s)", e->cluster.log);
	return false;
}

/* The value of a setting, on the arena. */
static const char *setting_shown(struct embedded *e, struct sync *sync, const char *show)
{
	struct db_error failed;
	struct rows *rows = sync_query(sync, show, NULL, 0, false, &failed);
	const char *value = rows ? arena_strdup(e->arena, rows_text(rows, 0, 0)) : "";
	rows_free(rows);
	return value;
}

/* Makes it where it is missing; a command finds it or fails. */
static bool database_make(struct embedded *e, const char **error)
{
	struct db_error failed;
	struct sync *sync = sync_open(e->arena, conninfo_of(&e->cluster, "postgres"), "UTC", error);
	if (!sync)
		return false;
	struct rows *rows = sync_query(
		sync, "select from pg_database where datname = 'punchd'", NULL, 0, false, &failed);
	bool there = rows && rows_count(rows) == 1, wanted = rows && !there && e->makes;
	bool good = there || (wanted && sync_script(sync,
						"create database punchd template template0 "
						"encoding 'UTF8' lc_collate 'C.UTF-8' "
						"lc_ctype 'C.UTF-8'",
						&failed));
	if (!good && rows && !wanted)
		*error = datadir_none(e->arena, e->cluster.data_dir);
	else if (!good)
		*error = arena_printf(e->arena, "cannot make the database: %s", failed.message);
	rows_free(rows);
	sync_close(sync);
	return good;
}

static bool durability_check(struct embedded *e, const char **error)
{
	struct sync *sync = sync_open(e->arena, e->conninfo, "UTC", error);
	if (!sync)
		return false;
	bool good = strcmp(setting_shown(e, sync, "show fsync"), "on") == 0;
	if (!good)
		*error = arena_printf(e->arena,
			"fsync is off in %s/postgresql.conf: acknowledged "
			"punches could be lost; remove that line",
			e->cluster.dir);
	const char *commit = setting_shown(
		e, sync, "select reset_val from pg_settings where name = 'synchronous_commit'");
	if (strcmp(commit, "off") == 0)
		log_warn("synchronous_commit_off", "consequence",
			"a crash of the machine may lose acknowledged punches", NULL);
	sync_close(sync);
	return good;
}

static bool cluster_start(struct embedded *e, const char **error)
{
	if (!others_end(e, error))
		return false;
	e->pid = cluster_spawn(&e->cluster);
	e->started = clock_ticks();
	if (e->pid < 0) {
		e->pid = 0;
		*error = arena_printf(e->arena, "cannot start PostgreSQL: %s", strerror(errno));
		return false;
	}
	return connections_wait(e, error) && database_make(e, error) && durability_check(e, error);
}

/* The cluster of a server that runs: it may just be starting. */
static bool server_join(struct embedded *e, const char *data_dir)
{
	const char *reason;
	if (!cluster_find_socket(&e->cluster, e->arena, data_dir))
		return false;
	e->conninfo = conninfo_of(&e->cluster, "punchd");
	struct sync *sync = sync_open(e->arena, e->conninfo, "UTC", &reason);
	if (sync)
		sync_close(sync);
	return sync != NULL;
}

/* Commands wait for each other and for a server that is starting; a server waits for commands. */
static bool turn_wait(struct embedded *e, const char *data_dir, bool server, const char **error)
{
	int served = 0;
	for (int ms = 0; ms < OTHERS_MS; ms += STEP_MS) {
		enum datadir_use use = datadir_lock(e->arena, data_dir, server, &e->lock, error);
		if (use == DATADIR_FREE)
			return true;
		e->lock = -1;
		if (use == DATADIR_REFUSED)
			return false;
		/* once may be what the file said before the present holder wrote to it */
		if (use == DATADIR_SERVED && server && ++served == 3) {
			*error = arena_printf(e->arena,
				"another punchd serves %s: stop it first, or "
				"give this one a data_dir of its own",
				data_dir);
			return false;
		}
		if (use == DATADIR_SERVED && !server && server_join(e, data_dir))
			return true;
		pause_ms(STEP_MS);
	}
	*error = arena_printf(
		e->arena, "%s is in use by another punchd that does not get ready", data_dir);
	return false;
}

struct embedded *embedded_start(struct arena *a, const char *data_dir, enum embedded_for who,
	int connections, const char **error)
{
	struct embedded *e = xcalloc(1, sizeof(*e));
	e->arena = a;
	e->makes = who != EMBEDDED_COMMAND;
	e->lock = -1;
	e->pause_ms = PAUSE_MIN_MS;
	const char *dir = e->makes || datadir_has_cluster(a, data_dir, error)
				  ? datadir_open(a, data_dir, error)
				  : NULL;
	bool good = dir && turn_wait(e, dir, who == EMBEDDED_SERVER, error);
	if (good && e->lock >= 0) {
		good = cluster_open(&e->cluster, a, dir, e->makes, error);
		if (good) {
			e->cluster.connections = connections;
			e->conninfo = conninfo_of(&e->cluster, "punchd");
			good = cluster_start(e, error);
		}
	}
	if (good)
		return e;
	embedded_stop(e);
	return NULL;
}

const char *embedded_conninfo(const struct embedded *e)
{
	return e->conninfo;
}

const char *embedded_data_dir(const struct embedded *e)
{
	return e->cluster.data_dir;
}

/* --- in the loop ----------------------------------------------------------------------------- */

static void again_in(struct embedded *e, int ms)
{
	struct timeval wait = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000L };
	event_add(e->again, &wait);
}

/* The processes of a postmaster that died end by themselves, but for one that is computing. */
static void postmaster_start(int fd, short what, void *arg)
{
	struct embedded *e = arg;
	int64_t since = clock_ticks() - e->lost;
	int signal = since > 5000 ? SIGKILL : since > 1000 ? SIGQUIT : 0;
	if (cluster_signal(&e->cluster, signal, false) > 0) {
		again_in(e, PAUSE_MIN_MS);
		return;
	}
	e->pid = cluster_spawn(&e->cluster);
	e->started = clock_ticks();
	if (e->pid < 0) {
		e->pid = 0;
		log_error("database_not_started", "reason", strerror(errno), NULL);
		again_in(e, PAUSE_MAX_MS);
		return;
	}
	log_info("database_started", "pid", log_num(e->pid), NULL);
}

static void postmaster_died(struct embedded *e, int status)
{
	const char *complaint = cluster_complaint(&e->cluster);
	log_error("database_died", WIFSIGNALED(status) ? "signal" : "status",
		log_num(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)), "complaint",
		complaint ? complaint : "", "log", e->cluster.log, NULL);
	e->lost = clock_ticks();
	if (e->lost - e->started > SHORT_LIFE_MS)
		e->pause_ms = PAUSE_MIN_MS;
	again_in(e, e->pause_ms);
	e->pause_ms = e->pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : e->pause_ms * 2;
}

static void child_ended(int signal, short what, void *arg)
{
	struct embedded *e = arg;
	int status;
	if (e->pid && postmaster_ended(e, &status))
		postmaster_died(e, status);
}

void embedded_watch(struct embedded *e, struct event_base *base)
{
	e->died = evsignal_new(base, SIGCHLD, child_ended, e);
	e->again = evtimer_new(base, postmaster_start, e);
	if (!e->died || !e->again || event_add(e->died, NULL) < 0)
		fatal("cannot watch PostgreSQL");
	child_ended(SIGCHLD, 0, e); /* it may have died before */
}

/* --- the end --------------------------------------------------------------------------------- */

static void postmaster_stop(struct embedded *e)
{
	static const int signals[] = { SIGINT, SIGQUIT, SIGKILL }; /* fast, immediate */
	int status;
	for (size_t i = 0; i < LEN(signals) && e->pid; i++) {
		kill(e->pid, signals[i]);
		kill(e->pid, SIGCONT);
		for (int ms = 0; ms < STOP_MS && e->pid; ms += STEP_MS / 5)
			if (!postmaster_ended(e, &status))
				pause_ms(STEP_MS / 5);
	}
}

void embedded_stop(struct embedded *e)
{
	if (!e)
		return;
	if (e->died)
		event_free(e->died);
	if (e->again)
		event_free(e->again);
	if (e->pid)
		postmaster_stop(e);
	if (e->lock >= 0 && e->conninfo)
		cluster_leave(&e->cluster);
	if (e->lock >= 0)
		close(e->lock);
	free(e);
}
