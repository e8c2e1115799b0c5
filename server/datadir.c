/* The data directory. What root makes in it belongs to the directory's owner. */
#include "datadir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fatal.h"
#include "log.h"

static bool dirs_make(const char *path)
{
	char prefix[PATH_MAX];
	if (snprintf(prefix, sizeof(prefix), "%s", path) >= (int)sizeof(prefix)) {
		errno = ENAMETOOLONG;
		return false;
	}
	for (char *c = prefix + 1; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		if (mkdir(prefix, 0755) < 0 && errno != EEXIST)
			return false;
		*c = '/';
	}
	return mkdir(prefix, 0700) == 0 || errno == EEXIST;
}

/* Ours, or empty: somebody else's directory must not get another mode. */
static bool dir_is_ours(const char *dir)
{
	static const char *const harmless[] = { ".", "..", "lost+found" };
	static const char *const ours[] = { "punchd.lock", "master.key", "pg" };
	bool empty = true, known = false;
	DIR *d = opendir(dir);
	struct dirent *entry;
	while (d && (entry = readdir(d))) {
		bool is_harmless = false;
		for (size_t i = 0; i < LEN(harmless); i++)
			is_harmless = is_harmless || strcmp(entry->d_name, harmless[i]) == 0;
		for (size_t i = 0; i < LEN(ours); i++)
			known = known || strcmp(entry->d_name, ours[i]) == 0;
		empty = empty && is_harmless;
	}
	if (d)
		closedir(d);
	return d && (empty || known);
}

const char *datadir_open(struct arena *a, const char *path, const char **error)
{
	char real[PATH_MAX];
	struct stat st;
	mode_t mode = geteuid() == 0 ? 0711 : 0700;
	if (!dirs_make(path) || !realpath(path, real) || stat(real, &st) < 0) {
		*error = arena_printf(a, "cannot make the data directory %s: %s (see --data_dir)",
			path, strerror(errno));
		return NULL;
	}
	if (!S_ISDIR(st.st_mode) || access(real, R_OK | W_OK | X_OK) < 0) {
		*error = arena_printf(
			a, "cannot write in the data directory %s (see --data_dir)", real);
		return NULL;
	}
	if (!dir_is_ours(real)) {
		*error = arena_printf(a,
			"%s holds other files: give punchd a directory of its own "
			"(--data_dir)",
			real);
		return NULL;
	}
	if ((st.st_mode & 07777) != mode && chmod(real, mode) < 0)
		log_warn("data_dir_mode", "path", real, "reason", strerror(errno), NULL);
	return arena_strdup(a, real);
}

/* The lock is held while a first start makes the cluster. */
static bool lock_is_held(struct arena *a, const char *dir)
{
	int fd = open(arena_printf(a, "%s/punchd.lock", dir), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	bool held = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;
	if (fd >= 0)
		close(fd);
	return held;
}

const char *datadir_none(struct arena *a, const char *path)
{
	char here[PATH_MAX] = "";
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	bool relative = *path != '/' && getcwd(here, sizeof(here));
	return arena_printf(a,
		"there is no database of punchd in %s%s%s: name your server's data directory "
		"(--data_dir=DIR or PUNCHD_DATA_DIR), or run punchd serve or punchd migrate first",
		relative ? here : "", relative ? "/" : "", path);
}

bool datadir_has_cluster(struct arena *a, const char *path, const char **error)
{
	if (access(arena_printf(a, "%s/pg", path), F_OK) == 0 || lock_is_held(a, path))
		return true;
	if (errno == EACCES)
		*error = arena_printf(
			a, "cannot look into the data directory %s: %s", path, strerror(errno));
	else
		*error = datadir_none(a, path);
	return false;
}

/* Gives what root made to the owner of the directory it is in. */
static void file_give(int fd, const char *path)
{
	char copy[PATH_MAX];
	struct stat st;
	snprintf(copy, sizeof(copy), "%s", path);
	if (geteuid() == 0 && stat(dirname(copy), &st) == 0 && fchown(fd, st.st_uid, st.st_gid) < 0)
		log_warn("chown_failed", "path", path, "reason", strerror(errno), NULL);
}

/* Whether the holder of the lock, as it wrote down, is a server. */
static bool holder_is_server(int fd)
{
	char text[16] = "";
	return pread(fd, text, sizeof(text) - 1, 0) > 0 && strncmp(text, "serve", 5) == 0;
}

enum datadir_use datadir_lock(
	struct arena *a, const char *dir, bool server, int *fd, const char **error)
{
	const char *path = arena_printf(a, "%s/punchd.lock", dir);
	const char *role = arena_printf(a, "%s %d\n", server ? "serve" : "command", (int)getpid());
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0) {
		*error = arena_printf(a, "cannot open %s: %s", path, strerror(errno));
		return DATADIR_REFUSED;
	}
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0) {
		file_give(*fd, path);
		ssize_t n = (ssize_t)strlen(role);
		if (ftruncate(*fd, 0) == 0 && pwrite(*fd, role, (size_t)n, 0) == n)
			return DATADIR_FREE;
		*error = arena_printf(a, "cannot write %s: %s", path, strerror(errno));
		close(*fd);
		return DATADIR_REFUSED;
	}
	bool served = holder_is_server(*fd);
	close(*fd);
	return served ? DATADIR_SERVED : DATADIR_BUSY;
}

int datadir_log_open(struct arena *a, const char *path, size_t max)
{
	struct stat st;
	if (stat(path, &st) == 0 && (size_t)st.st_size > max)
		rename(path, arena_printf(a, "%s.1", path));
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		file_give(fd, path);
	return fd;
}

/* So that a new name in it survives a crash. */
static bool dir_sync(const char *path)
{
	char copy[PATH_MAX];
	snprintf(copy, sizeof(copy), "%s", path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return good;
}

bool datadir_file_make(struct arena *a, const char *path, const char *text)
{
	const char *half = arena_printf(a, "%s.new", path);
	unlink(half);
	int fd = open(half, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	file_give(fd, path);
	ssize_t n = (ssize_t)strlen(text);
	bool written = write(fd, text, (size_t)n) == n && fsync(fd) == 0;
	close(fd);
	/* link, not rename: what is there already is never lost */
	bool good = written && link(half, path) == 0 && dir_sync(path);
	int reason = errno;
	unlink(half);
	errno = reason;
	return good;
}

bool datadir_file_replace(const char *path, const char *from)
{
	return rename(from, path) == 0 && dir_sync(path);
}
