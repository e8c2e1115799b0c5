/* fork, become the user, exec. Nothing of punchd's environment or open files goes along. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 16384, SPAWN_FAILED = 126 };

/* In the child. */
static bool user_become(const struct child_user *user)
{
	return !user->other ||
	       (setgroups(1, &user->gid) == 0 && setgid(user->gid) == 0 && setuid(user->uid) == 0);
}

static void signals_reset(void)
{
	sigset_t none;
	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void child_exec(
	const struct child_user *user, const char *const argv[], int output, pid_t parent)
{
	static char *const environment[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8",
		"LANG=C.UTF-8", NULL };
	int nothing = open("/dev/null", O_RDONLY);
	signals_reset();
	setsid();
	umask(077);
	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
		dup2(output, STDERR_FILENO) < 0 || close_range(3, UINT_MAX, 0) < 0 ||
		chdir("/") < 0 || !user_become(user))
		_exit(SPAWN_FAILED);
	/* after the change of user, which forgets it */
	if (prctl(PR_SET_PDEATHSIG, SIGINT) < 0 || getppid() != parent)
		_exit(SPAWN_FAILED);
	execve(argv[0], (char *const *)(const void *)argv, environment);
	_exit(SPAWN_FAILED + 1);
}

pid_t child_start(const struct child_user *user, const char *const argv[], int output)
{
	pid_t parent = getpid(), pid = fork();
	if (pid == 0)
		child_exec(user, argv, output, parent);
	return pid;
}

static bool exited_well(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool child_run(struct arena *a, const struct child_user *user, const char *const argv[],
	const char **output)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0) {
		*output = strerror(errno);
		return false;
	}
	pid_t pid = child_start(user, argv, ends[1]);
	close(ends[1]);
	char text[OUTPUT_MAX], rest[512];
	size_t len = 0;
	ssize_t n = 1;
	while (n > 0) {
		bool room = len < sizeof(text);
		n = read(ends[0], room ? text + len : rest,
			room ? sizeof(text) - len : sizeof(rest));
		if (room && n > 0)
			len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	close(ends[0]);
	*output = arena_memdup(a, text, len);
	return pid > 0 && exited_well(pid);
}

int child_call(const struct child_user *user, int (*fn)(void *), void *arg)
{
	int ends[2], result;
	if (!user->other)
		return fn(arg);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		result = user_become(user) ? fn(arg) : -1;
		_exit(write(ends[1], &result, sizeof(result)) == sizeof(result) ? 0 : 1);
	}
	close(ends[1]);
	bool told = read(ends[0], &result, sizeof(result)) == sizeof(result);
	close(ends[0]);
	return pid > 0 && exited_well(pid) && told ? result : -1;
}

/* The length of the first prefix that cannot be entered; 0: there is none. */
static int barrier_find(void *path)
{
	char prefix[PATH_MAX];
	snprintf(prefix, sizeof(prefix), "%s", (const char *)path);
	for (char *c = prefix + 1;; c++) {
		if (*c && *c != '/')
			continue;
		char kept = *c;
		*c = '\0';
		if (access(prefix, X_OK) < 0)
			return (int)(c - prefix);
		*c = kept;
		if (!kept)
			return 0;
	}
}

const char *child_barrier(struct arena *a, const struct child_user *user, const char *path)
{
	char copy[PATH_MAX];
	snprintf(copy, sizeof(copy), "%s", path);
	int found = child_call(user, barrier_find, copy);
	return found > 0 ? arena_memdup(a, path, (size_t)found) : NULL;
}
