/*
 * Finding PostgreSQL and making the cluster. Rules of the places: the cluster is data_dir/pg; its
 * socket is in data_dir/run, or, when that path is long or has characters that libpq would not
 * take literally, in a directory under /tmp that data_dir/run then points to.
 */
#include "cluster.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "datadir.h"
#include "fatal.h"
#include "log.h"
#include "str.h"

enum { OLDEST = 14, SOCKET_PATH_MAX = 100, LOG_MAX = 16 * 1024 * 1024 };

/* --- the programs ---------------------------------------------------------------------------- */

static const char versions_dir[] = "/usr/lib/postgresql";

/* The directory of a version's programs, NULL when it is not installed. */
static const char *version_bin(struct arena *a, int64_t version)
{
	const char *bin = arena_printf(a, "%s/%d/bin", versions_dir, (int)version);
	return access(arena_printf(a, "%s/postgres", bin), X_OK) == 0 ? bin : NULL;
}

/* "postgres (PostgreSQL) 15.8 (Debian ...)" of the first one in PATH; 0: none. */
static int64_t path_version(struct arena *a, const char **bin)
{
	const char *path = getenv("PATH");
	for (const char *p = path ? path : ""; *p; p += *p == ':') {
		size_t n = strcspn(p, ":");
		const char *dir = arena_memdup(a, p, n);
		const char *program = arena_printf(a, "%s/postgres", dir);
		p += n;
		if (*dir != '/' || access(program, X_OK) < 0)
			continue;
		const char *const argv[] = { program, "--version", NULL };
		const struct child_user self = { 0 };
		const char *said, *digits;
		int64_t version;
		if (child_run(a, &self, argv, &said) && (digits = strpbrk(said, "0123456789")) &&
			str_to_intn(digits, strspn(digits, "0123456789"), 1, 999, &version)) {
			*bin = dir;
			return version;
		}
	}
	return 0;
}

static int64_t newest_version(void)
{
	int64_t newest = 0, version;
	DIR *d = opendir(versions_dir);
	struct dirent *entry;
	while (d && (entry = readdir(d)))
		if (str_to_int(entry->d_name, OLDEST, 999, &version) && version > newest) {
			char program[PATH_MAX];
			snprintf(program, sizeof(program), "%s/%s/bin/initdb", versions_dir,
				entry->d_name);
			if (access(program, X_OK) == 0)
				newest = version;
		}
	if (d)
		closedir(d);
	return newest;
}

/* The programs for a new cluster. */
static bool bin_newest(struct cluster *c, const char **error)
{
	int64_t version = newest_version();
	if (version) {
		c->bin = version_bin(c->arena, version);
		return c->bin != NULL;
	}
	version = path_version(c->arena, &c->bin);
	if (version >= OLDEST)
		return true;
	*error = arena_printf(c->arena,
		"no PostgreSQL %d or later is installed: install the package postgresql, or set "
		"database_url to one that runs elsewhere",
		OLDEST);
	return false;
}

/* The programs of an existing cluster's own version. */
static bool bin_of_cluster(struct cluster *c, const char **error)
{
	char text[16] = "";
	int64_t version;
	const char *path = arena_printf(c->arena, "%s/PG_VERSION", c->dir);
	FILE *f = fopen(path, "re");
	bool read = f && fgets(text, sizeof(text), f);
	if (f)
		fclose(f);
	text[strcspn(text, "\n")] = '\0';
	if (!read || !str_to_int(text, 1, 999, &version)) {
		*error = arena_printf(c->arena, "cannot read %s: %s", path,
			read ? "not a version" : strerror(errno));
		return false;
	}
	c->bin = version_bin(c->arena, version);
	if (!c->bin && path_version(c->arena, &c->bin) != version) {
		*error = arena_printf(c->arena,
			"%s needs PostgreSQL %d: install the package postgresql-%d, or move it to a "
			"newer version with pg_upgrade or pg_dumpall",
			c->dir, (int)version, (int)version);
		return false;
	}
	return true;
}

/* --- the user -------------------------------------------------------------------------------- */

static bool user_find(struct cluster *c, const char **error)
{
	struct stat st;
	bool exists = stat(c->dir, &st) == 0;
	if (geteuid() != 0) {
		c->user = (struct child_user){ .uid = geteuid(), .gid = getegid() };
		if (!exists || st.st_uid == c->user.uid)
			return true;
		*error = arena_printf(c->arena,
			"%s belongs to another user: start punchd as root or "
			"as that user",
			c->dir);
		return false;
	}
	if (exists && st.st_uid != 0) {
		c->user = (struct child_user){ .other = true, .uid = st.st_uid, .gid = st.st_gid };
		return true;
	}
	const struct passwd *pw = getpwnam("postgres");
	if (!pw || pw->pw_uid == 0) {
		*error =
			"as root punchd runs PostgreSQL as user postgres, who does not exist: install "
			"the package postgresql, or start punchd as an ordinary user";
		return false;
	}
	c->user = (struct child_user){ .other = true, .uid = pw->pw_uid, .gid = pw->pw_gid };
	return true;
}

static bool user_can_enter(struct cluster *c, const char **error)
{
	const char *barrier = child_barrier(c->arena, &c->user, c->data_dir);
	if (barrier)
		*error = arena_printf(c->arena,
			"PostgreSQL's user (uid %d) cannot enter %s: choose another data_dir, for "
			"example --data_dir=/var/lib/punchd",
			(int)c->user.uid, barrier);
	return !barrier;
}

/* --- the directories ------------------------------------------------------------------------- */

/* A directory of mode 0700 of the cluster's user, and no link. */
static bool dir_is_private(const struct cluster *c, const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == c->user.uid &&
	       (st.st_mode & 0777) == 0700;
}

static bool dir_give(const struct cluster *c, const char *path)
{
	return !c->user.other || lchown(path, c->user.uid, c->user.gid) == 0;
}

static bool socket_path_is_plain(const char *path)
{
	for (const char *p = path; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("/._-", *p))
			return false;
	return strlen(path) + strlen("/.s.PGSQL.5432") <= SOCKET_PATH_MAX;
}

/* data_dir/run itself, or where it points to; NULL when neither is there. */
static const char *socket_dir_find(const struct cluster *c)
{
	char target[PATH_MAX];
	const char *run = arena_printf(c->arena, "%s/run", c->data_dir);
	ssize_t n = readlink(run, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = '\0';
		run = arena_strdup(c->arena, target);
	}
	return dir_is_private(c, run) && socket_path_is_plain(run) ? run : NULL;
}

static bool socket_dir_make(struct cluster *c, const char **error)
{
	char elsewhere[] = "/tmp/punchd-XXXXXX";
	const char *run = arena_printf(c->arena, "%s/run", c->data_dir);
	c->socket_dir = socket_dir_find(c);
	if (c->socket_dir)
		return true;
	if (unlink(run) < 0 && (errno == EISDIR || errno == EPERM))
		rmdir(run);
	bool made = socket_path_is_plain(run);
	if (made) {
		c->socket_dir = run;
		made = (mkdir(run, 0700) == 0 || errno == EEXIST) && chmod(run, 0700) == 0;
	} else if (mkdtemp(elsewhere)) {
		c->socket_dir = arena_strdup(c->arena, elsewhere);
		made = symlink(elsewhere, run) == 0;
	}
	if (made && dir_give(c, c->socket_dir))
		return true;
	*error = arena_printf(
		c->arena, "cannot make a directory for the socket, %s: %s", run, strerror(errno));
	return false;
}

static int entry_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

static unsigned long memory_mib(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	return pages > 0 && size > 0 ? (unsigned long)pages / 1024 * (unsigned long)size / 1024
				     : 1024;
}

/* Appended to initdb's postgresql.conf: sizes that the operator may change. */
static bool settings_add(const struct cluster *c, const char *dir)
{
	unsigned long buffers = memory_mib() / 8;
	buffers = buffers < 128 ? 128 : buffers > 1024 ? 1024 : buffers;
	const char *path = arena_printf(c->arena, "%s/postgresql.conf", dir);
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	FILE *f = fd >= 0 ? fdopen(fd, "a") : NULL;
	if (!f)
		return false;
	fprintf(f,
		"\n# punchd: sizes, to be changed as needed. The socket and what is logged of\n"
		"# statements are given on the command line and win over this file.\n"
		"shared_buffers = %luMB\nmax_wal_size = 2GB\njit = off\n",
		buffers);
	return fclose(f) == 0;
}

static void unfinished_remove(const struct cluster *c)
{
	DIR *d = opendir(c->data_dir);
	struct dirent *entry;
	while (d && (entry = readdir(d)))
		if (strncmp(entry->d_name, "pg.new-", 7) == 0)
			nftw(arena_printf(c->arena, "%s/%s", c->data_dir, entry->d_name),
				entry_remove, 16, FTW_DEPTH | FTW_PHYS);
	if (d)
		closedir(d);
}

/* initdb in a directory aside, so that one that was interrupted is not taken for a cluster; each
 * time another one, because an interrupted initdb may still be tidying its own. */
static bool cluster_make(struct cluster *c, const char **error)
{
	char *fresh = arena_printf(c->arena, "%s/pg.new-XXXXXX", c->data_dir);
	const char *said = "";
	const char *program = arena_printf(c->arena, "%s/initdb", c->bin);
	const char *const argv[] = { program, "-D", fresh, "-U", "punchd", "-E", "UTF8",
		"--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject", "--no-instructions",
		NULL };
	unfinished_remove(c);
	log_info("database_making", "dir", c->dir, "programs", c->bin, NULL);
	if (mkdtemp(fresh) && dir_give(c, fresh)) {
		if (child_run(c->arena, &c->user, argv, &said) && settings_add(c, fresh) &&
			rename(fresh, c->dir) == 0)
			return true;
	}
	const char *last = strstr(said, "error: ");
	last = last ? arena_memdup(c->arena, last, strcspn(last, "\n")) : strerror(errno);
	*error = arena_printf(c->arena, "cannot make a database in %s: %s", c->dir, last);
	return false;
}

bool cluster_find_socket(struct cluster *c, struct arena *a, const char *data_dir)
{
	struct stat st;
	*c = (struct cluster){ .arena = a,
		.data_dir = data_dir,
		.dir = arena_printf(a, "%s/pg", data_dir),
		.log = arena_printf(a, "%s/postgresql.log", data_dir) };
	if (stat(c->dir, &st) < 0)
		return false;
	c->user = (struct child_user){ .uid = st.st_uid, .gid = st.st_gid };
	c->socket_dir = socket_dir_find(c);
	return c->socket_dir != NULL;
}

bool cluster_open(
	struct cluster *c, struct arena *a, const char *data_dir, bool makes, const char **error)
{
	*c = (struct cluster){ .arena = a,
		.data_dir = data_dir,
		.dir = arena_printf(a, "%s/pg", data_dir),
		.log = arena_printf(a, "%s/postgresql.log", data_dir) };
	bool exists = access(c->dir, F_OK) == 0;
	if (!exists && !makes) {
		*error = datadir_none(a, data_dir);
		return false;
	}
	return user_find(c, error) && user_can_enter(c, error) &&
	       (exists ? bin_of_cluster(c, error) : bin_newest(c, error)) &&
	       (exists || cluster_make(c, error)) && socket_dir_make(c, error);
}

/* --- its processes --------------------------------------------------------------------------- */

/* The parent of a process of PostgreSQL's, 0 when it is none. */
static pid_t process_parent(pid_t pid)
{
	static const char name[] = "(postgres)";
	char path[64], text[512];
	int parent = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	if (f)
		fclose(f);
	text[n] = '\0';
	const char *after = strchr(text, '(');
	if (!after || strncmp(after, name, sizeof(name) - 1) != 0 ||
		sscanf(after + sizeof(name) - 1, " %*c %d", &parent) != 1)
		return 0;
	return parent;
}

/* Every process of a cluster works in its directory; the postmaster's parent does not. */
static bool process_is_in(pid_t pid, const struct stat *dir)
{
	char path[64];
	struct stat st;
	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
	return process_parent(pid) && stat(path, &st) == 0 && st.st_dev == dir->st_dev &&
	       st.st_ino == dir->st_ino;
}

struct sweep {
	const char *dir;
	int signal;
	bool postmaster;
};

static int processes_sweep(void *arg)
{
	const struct sweep *s = arg;
	struct stat dir;
	int n = 0;
	int64_t pid;
	DIR *d = stat(s->dir, &dir) == 0 ? opendir("/proc") : NULL;
	struct dirent *entry;
	while (d && (entry = readdir(d))) {
		if (!str_to_int(entry->d_name, 2, INT_MAX, &pid) ||
			!process_is_in((pid_t)pid, &dir))
			continue;
		n++;
		if (s->signal &&
			(!s->postmaster || !process_is_in(process_parent((pid_t)pid), &dir)))
			kill((pid_t)pid, s->signal);
	}
	if (d)
		closedir(d);
	return d ? n : -1;
}

int cluster_signal(const struct cluster *c, int signal, bool postmaster)
{
	struct sweep sweep = { .dir = c->dir, .signal = signal, .postmaster = postmaster };
	return child_call(&c->user, processes_sweep, &sweep);
}

/*
 * What a predecessor left behind. PostgreSQL does not start when the process number in
 * postmaster.pid is alive, whoever that is now; while nobody works in the cluster it is somebody
 * else. When the number is not alive the file stays: PostgreSQL looks at more than the number.
 */
static void leftovers_remove(const struct cluster *c)
{
	static const char *const names[] = { ".s.PGSQL.5432", ".s.PGSQL.5432.lock" };
	if (cluster_signal(c, 0, false) != 0)
		return;
	for (size_t i = 0; i < LEN(names); i++)
		unlink(arena_printf(c->arena, "%s/%s", c->socket_dir, names[i]));
	const char *path = arena_printf(c->arena, "%s/postmaster.pid", c->dir);
	int pid = 0;
	FILE *f = fopen(path, "re");
	bool alive =
		f && fscanf(f, "%d", &pid) == 1 && pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
	if (f)
		fclose(f);
	if (alive)
		unlink(path);
}

pid_t cluster_spawn(const struct cluster *c)
{
	struct arena *a = arena_new();
	struct cluster here = *c;
	here.arena = a;
	const char *connections = c->connections
					  ? arena_printf(a, "max_connections=%d", c->connections)
					  : "port=5432";
	const char *const argv[] = { arena_printf(a, "%s/postgres", c->bin), "-D", c->dir, "-c",
		"listen_addresses=", "-c", "port=5432", "-c", connections, "-c",
		arena_printf(a, "unix_socket_directories=%s", c->socket_dir), "-c",
		"unix_socket_permissions=0700", "-c", "logging_collector=off", "-c",
		"log_destination=stderr", "-c", "log_line_prefix=%m [%p] ",
		/* no value of a statement may get into the log */
		"-c", "log_statement=none", "-c", "log_min_duration_statement=-1", "-c",
		"log_min_duration_sample=-1", "-c", "log_transaction_sample_rate=0", "-c",
		"log_min_error_statement=panic", "-c", "log_error_verbosity=terse", "-c",
		"log_parameter_max_length=0", "-c", "log_parameter_max_length_on_error=0", NULL };
	leftovers_remove(&here);
	int log = datadir_log_open(a, c->log, LOG_MAX);
	pid_t pid = log >= 0 ? child_start(&c->user, argv, log) : -1;
	int reason = errno;
	if (log >= 0)
		close(log);
	arena_free(a);
	errno = reason;
	return pid;
}

void cluster_leave(const struct cluster *c)
{
	const char *run = arena_printf(c->arena, "%s/run", c->data_dir);
	if (strcmp(c->socket_dir, run) != 0 && rmdir(c->socket_dir) == 0)
		unlink(run);
}

const char *cluster_complaint(const struct cluster *c)
{
	char text[4097];
	FILE *f = fopen(c->log, "re");
	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	long size = ftell(f);
	fseek(f, size > 4096 ? size - 4096 : 0, SEEK_SET);
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	const char *last = NULL;
	for (const char *p = text; (p = strstr(p, "FATAL:")); p++)
		last = p;
	return last ? arena_memdup(c->arena, last, strcspn(last, "\n")) : NULL;
}
