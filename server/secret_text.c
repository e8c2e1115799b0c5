/* Making and asking for passwords. */
#include "secret_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "password.h"
#include "seal.h"

void secret_text_make(char out[static SECRET_TEXT_SIZE])
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	const size_t n = sizeof(letters) - 1;
	for (size_t i = 0; i < SECRET_TEXT_SIZE - 1;) {
		unsigned char byte;
		seal_random(&byte, 1);
		if (byte < 256 / n * n) /* no letter is likelier than another */
			out[i++] = letters[byte % n];
	}
	out[SECRET_TEXT_SIZE - 1] = '\0';
}

bool secret_text_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static bool line_read(FILE *f, char line[PASSWORD_MAX + 2])
{
	if (!fgets(line, PASSWORD_MAX + 2, f))
		return false;
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}

static bool line_ask(const char *prompt, char line[PASSWORD_MAX + 2])
{
	struct termios shown, hidden;
	fprintf(stderr, "%s", prompt);
	if (tcgetattr(STDIN_FILENO, &shown) < 0)
		return false;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	bool read = line_read(stdin, line);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	return read;
}

const char *secret_text_ask(struct arena *a, const char *name, const char **error)
{
	char first[PASSWORD_MAX + 2], second[PASSWORD_MAX + 2];
	const char *password = NULL;
	if (!line_ask(arena_printf(a, "Password for %s: ", name), first) ||
		!line_ask("Once more: ", second))
		*error = "no password was given";
	else if (strcmp(first, second) != 0)
		*error = "the two passwords differ";
	else if (!*first)
		*error = "the password is empty";
	else
		password = arena_strdup(a, first);
	explicit_bzero(first, sizeof(first));
	explicit_bzero(second, sizeof(second));
	return password;
}

const char *secret_text_read(struct arena *a, const char *path, const char **error)
{
	char line[PASSWORD_MAX + 2];
	bool standard = strcmp(path, "-") == 0;
	errno = 0;
	FILE *f = standard ? stdin : fopen(path, "re");
	bool read = f && line_read(f, line);
	if (f && !standard)
		fclose(f);
	const char *password = NULL;
	if (!read)
		*error = arena_printf(a, "cannot read a password from %s: %s", path,
			errno ? strerror(errno) : "it is empty");
	else if (!*line)
		*error = arena_printf(a, "the first line of %s is empty", path);
	else
		password = arena_strdup(a, line);
	explicit_bzero(line, sizeof(line));
	return password;
}
