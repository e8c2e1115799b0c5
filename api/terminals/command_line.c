/* The verbs that may be sent by hand, and the form of what follows them. */
#include "command_line.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "fatal.h"

enum form {
	NOTHING,
	PAIRS, /* Key=Value, separated by TABs */
	MAYBE_PAIRS,
	OPTION, /* one Key=Value */
	TEXT, /* any text without control characters */
	FILES, /* texts separated by TABs */
	SECRET /* what people are and have: sent by the server itself, never kept in a command */
};

#define OPTION_NAME_MAX 40

/* Longer verbs before those that they begin with. */
static const struct {
	const char *verb;
	enum form form;
	unsigned flags;
} verbs[] = {
	{ "REBOOT", NOTHING, 0 },
	{ "INFO", NOTHING, 0 },
	{ "CHECK", NOTHING, 0 },
	{ "LOG", NOTHING, 0 },
	{ "CLEAR LOG", NOTHING, 0 },
	{ "CLEAR PHOTO", NOTHING, 0 },
	{ "CLEAR DATA", NOTHING, 0 },
	{ "CLEAR BIODATA", NOTHING, 0 },
	{ "CLEAR ALL USERINFO", NOTHING, 0 },
	{ "SET OPTION", OPTION, 0 },
	{ "RELOAD OPTIONS", NOTHING, 0 },
	{ "AC_UNLOCK", NOTHING, 0 },
	{ "AC_UNALARM", NOTHING, 0 },
	{ "ENROLL_FP", PAIRS, COMMAND_BIOMETRIC },
	{ "ENROLL_MF", PAIRS, 0 },
	{ "ENROLL_BIO", PAIRS, COMMAND_BIOMETRIC },
	{ "SMS", PAIRS, 0 },
	{ "VERIFY SUM ATTLOG", PAIRS, 0 },
	{ "SHELL", TEXT, COMMAND_DANGEROUS },
	{ "PutFile", FILES, COMMAND_DANGEROUS },
	{ "GetFile", TEXT, COMMAND_DANGEROUS },
	{ "UPGRADE", TEXT, COMMAND_DANGEROUS },
	{ "DATA QUERY USERINFO", MAYBE_PAIRS, 0 },
	{ "DATA QUERY FINGERTMP", PAIRS, COMMAND_BIOMETRIC },
	{ "DATA QUERY BIODATA", PAIRS, COMMAND_BIOMETRIC },
	{ "DATA QUERY ATTLOG", PAIRS, 0 },
	{ "DATA QUERY ATTPHOTO", PAIRS, COMMAND_BIOMETRIC },
	{ "DATA UPDATE SMS", PAIRS, 0 },
	{ "DATA DELETE SMS", PAIRS, 0 },
	{ "DATA UPDATE USER_SMS", PAIRS, 0 },
	{ "DATA UPDATE WORKCODE", PAIRS, 0 },
	{ "DATA DELETE WORKCODE", PAIRS, 0 },
	{ "DATA UPDATE ADPIC", PAIRS, 0 },
	{ "DATA DELETE ADPIC", PAIRS, 0 },
	{ "DATA UPDATE WALLPAPER", PAIRS, 0 },
	{ "DATA DELETE WALLPAPER", PAIRS, 0 },
	{ "DATA UPDATE ShortcutKey", PAIRS, 0 },
	{ "DATA UPDATE AccGroup", PAIRS, 0 },
	{ "DATA UPDATE AccTimeZone", PAIRS, 0 },
	{ "DATA UPDATE AccHoliday", PAIRS, 0 },
	{ "DATA UPDATE AccUnLockComb", PAIRS, 0 },
	{ "DATA UPDATE TIMEZONE", PAIRS, 0 },
	{ "DATA DELETE TIMEZONE", PAIRS, 0 },
	{ "DATA UPDATE GLOCK", PAIRS, 0 },
	{ "DATA DELETE GLOCK", PAIRS, 0 },
	{ "DATA DELETE USERINFO", PAIRS, 0 },
	{ "DATA DEL_USER", PAIRS, 0 },
	{ "DATA DEL_FP", PAIRS, 0 },
	{ "DATA DELETE FINGERTMP", PAIRS, 0 },
	{ "DATA DELETE FACE", PAIRS, 0 },
	{ "DATA DELETE FVEIN", PAIRS, 0 },
	{ "DATA DELETE BIODATA", PAIRS, 0 },
	{ "DATA DELETE BIOPHOTO", PAIRS, 0 },
	{ "DATA DELETE USERPIC", PAIRS, 0 },
	{ "DATA UPDATE USERINFO", SECRET, 0 },
	{ "DATA UPDATE FINGERTMP", SECRET, 0 },
	{ "DATA UPDATE FACE", SECRET, 0 },
	{ "DATA UPDATE FVEIN", SECRET, 0 },
	{ "DATA UPDATE BIODATA", SECRET, 0 },
	{ "DATA UPDATE BIOPHOTO", SECRET, 0 },
	{ "DATA UPDATE USERPIC", SECRET, 0 },
	{ "DATA USER", SECRET, 0 },
	{ "DATA FP", SECRET, 0 },
};

bool command_option_name(const char *name)
{
	size_t n = 0;

	name += *name == '~';
	while (isalnum((unsigned char)name[n]) || name[n] == '_')
		n++;
	return n > 0 && n <= OPTION_NAME_MAX && !name[n];
}

static bool word_in(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasestr(text, *words))
			return true;
	return false;
}

bool command_option_strands(const char *name)
{
	static const char *const words[] = { "server", "svr", "proxy", "ipaddress", "netmask",
		"gate", "dhcp", "dns", "url", "wifi", "wireless", "https", "ssl", "encrypt", "port",
		"mac", "deviceid", "devicetype", NULL };

	return word_in(name, words);
}

/* "1,Delay=10": some firmware would read two pairs. */
static bool value_has_pair(const char *value)
{
	for (const char *p = strchr(value, ','); p; p = strchr(p + 1, ',')) {
		const char *key = p + 1 + (p[1] == '~');
		size_t n = 0;
		while (isalnum((unsigned char)key[n]) || key[n] == '_')
			n++;
		if (n > 0 && key[n] == '=')
			return true;
	}
	return false;
}

const char *command_option_problem(const char *name, const char *value)
{
	static const char *const secrets[] = { "passw", "pwd", "secret", "token", "commkey",
		"comkey", "cardkey", "psk", NULL };

	name += *name == '~';
	if (word_in(name, secrets))
		return "Commands hold no secrets: set it at the terminal.";
	if (strcasecmp(name, "DateTime") == 0)
		return "The clock is set by the handshake: queue CHECK (set_time).";
	if (value_has_pair(value))
		return "One option a command.";
	return NULL;
}

static bool line_is_plain(const char *line, bool tabs)
{
	for (; *line; line++)
		if (((unsigned char)*line < ' ' && !(tabs && *line == '\t')) || *line == 0x7f)
			return false;
	return true;
}

/* Key=Value from p to end, the key not empty; how long the key is, or 0. */
static size_t pair_key(const char *p, const char *end)
{
	const char *equals = memchr(p, '=', (size_t)(end - p));

	for (const char *at = p; equals && at < equals; at++)
		if (!isalnum((unsigned char)*at) && *at != '_')
			return 0;
	return equals ? (size_t)(equals - p) : 0;
}

static bool key_is_secret(const char *key, size_t n)
{
	static const char *const keys[] = { "Card", "CardNo", "Passwd", "IDNum", "ViceCard" };

	for (size_t i = 0; i < LEN(keys); i++)
		if (strlen(keys[i]) == n && strncasecmp(keys[i], key, n) == 0)
			return true;
	return false;
}

/* "1 PIN=2": some firmware would read two pairs. A message's text may be anything. */
static bool pair_hides_another(const char *key, size_t n, const char *end)
{
	if (n == 3 && strncasecmp(key, "MSG", n) == 0)
		return false;
	for (const char *p = key + n + 1; p < end; p++)
		if (*p == ' ' && pair_key(p + 1, end))
			return true;
	return false;
}

static const char *pairs_problem(const char *args)
{
	for (;;) {
		const char *end = args + strcspn(args, "\t");
		size_t n = pair_key(args, end);
		if (!n)
			return "Key=Value is wanted, one or several separated by tabs.";
		if (key_is_secret(args, n) && args + n + 1 < end)
			return "Commands hold no secrets: leave it empty.";
		if (pair_hides_another(args, n, end))
			return "Pairs are separated by tabs, not by blanks.";
		if (!*end)
			return NULL;
		args = end + 1;
	}
}

static const char *option_problem(const char *args, unsigned *flags)
{
	char name[OPTION_NAME_MAX + 2];
	size_t n = strcspn(args, "=");

	if (n >= sizeof(name) || args[n] != '=')
		return "One Key=Value is wanted.";
	memcpy(name, args, n);
	name[n] = '\0';
	if (!command_option_name(name))
		return "One Key=Value is wanted.";
	if (command_option_strands(name))
		*flags |= COMMAND_STRANDS;
	return command_option_problem(name, args + n + 1);
}

static const char *form_problem(enum form form, const char *args, unsigned *flags)
{
	if (form == SECRET)
		return "People and their templates are sent by the server itself.";
	if (form == NOTHING)
		return *args ? "Nothing may follow this verb." : NULL;
	if (form == MAYBE_PAIRS && !*args)
		return NULL;
	if (!*args)
		return "Something must follow this verb.";
	if (!line_is_plain(args, form != TEXT && form != OPTION))
		return "Control characters are not allowed.";
	if (form == PAIRS || form == MAYBE_PAIRS)
		return pairs_problem(args);
	return form == OPTION ? option_problem(args, flags) : NULL;
}

const char *command_line_check(const char *line, unsigned *flags, const char **verb)
{
	*flags = 0;
	*verb = NULL;
	if (strlen(line) > COMMAND_LINE_MAX)
		return "It is too long.";
	if (!line_is_plain(line, true))
		return "Control characters are not allowed.";
	for (size_t i = 0; i < LEN(verbs); i++) {
		size_t n = strlen(verbs[i].verb);
		if (strncmp(line, verbs[i].verb, n) != 0 || (line[n] && line[n] != ' '))
			continue;
		*verb = verbs[i].verb;
		*flags = verbs[i].flags;
		/* exactly one blank before what follows */
		if (line[n] && (!line[n + 1] || line[n + 1] == ' '))
			return "One blank between the verb and what follows it is wanted.";
		return form_problem(verbs[i].form, line[n] ? line + n + 1 : "", flags);
	}
	return "No verb of attendance terminals.";
}
