/*
 * The table of settings, and how each gets its value: the command line before the environment
 * before the file before the default.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_table.h"
#include "fatal.h"
#include "str.h"
#include "value.h"

/* What config_read returns the first member of. */
struct effective {
	struct config config;
	struct {
		const char *value; /* as given, NULL until then */
		const char *place; /* "--listen", "PUNCHD_LISTEN", "punchd.conf:3", "default" */
	} given[LEN(settings)];
	struct arena *arena;
	const char *error;
	const char *file;
};

static bool setting_is_secret(const struct setting *s)
{
	return s->type == S_SECRET || s->type == S_HEXKEY;
}

static bool wrong(struct effective *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Keeps the message; false, so that it can be returned. */
static bool wrong(struct effective *e, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	e->error = arena_vprintf(e->arena, fmt, args);
	va_end(args);
	return false;
}

static int setting_find(const char *name, size_t n)
{
	for (size_t i = 0; i < LEN(settings); i++)
		if (strlen(settings[i].name) == n && memcmp(settings[i].name, name, n) == 0)
			return (int)i;
	return -1;
}

bool config_is_option(const char *arg)
{
	size_t n = strcspn(arg, "=");
	return strncmp(arg, "--", 2) == 0 && n > 2 &&
	       ((n == 8 && memcmp(arg, "--config", 8) == 0) || setting_find(arg + 2, n - 2) >= 0);
}

/* PUNCHD_NAME, in the buffer's 64 bytes: longer than any name. */
static const char *variable_name(const struct setting *s, char out[64])
{
	int n = snprintf(out, 64, "PUNCHD_%s", s->name);
	for (int i = 0; i < n; i++)
		out[i] = (char)toupper((unsigned char)out[i]);
	return out;
}

/* --- where values come from ------------------------------------------------------------------ */

static bool option_read(struct effective *e, const char *arg)
{
	if (strncmp(arg, "--", 2) != 0)
		return wrong(e, "%s: not an option", arg);
	const char *name = arg + 2, *equals = strchr(name, '=');
	size_t n = equals ? (size_t)(equals - name) : strlen(name);
	int i = setting_find(name, n);
	if (i < 0)
		return wrong(e, "--%.*s: no such setting", (int)n, name);
	const struct setting *s = &settings[i];
	if (!equals)
		return wrong(e, "--%s: a value is missing (--%s=value)", s->name, s->name);
	char variable[64];
	variable_name(s, variable);
	bool has_password = false;
	if (s->type == S_URL)
		value_mask_url(e->arena, equals + 1, &has_password);
	if (setting_is_secret(s) || has_password)
		return wrong(e,
			"--%s: %s on the command line is visible to others; use %s or %s_FILE",
			s->name, has_password ? "a password" : "a secret", variable, variable);
	e->given[i].value = equals + 1;
	e->given[i].place = arena_printf(e->arena, "--%s", s->name);
	return true;
}

/* --config FILE, --config=FILE and settings. The last one of a name counts. */
static bool options_read(struct effective *e, int argc, char *const *argv)
{
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "--config=", 9) == 0) {
			e->file = argv[i] + 9;
		} else if (strcmp(argv[i], "--config") == 0) {
			if (++i == argc)
				return wrong(e, "--config: a file name is missing");
			e->file = argv[i];
		} else if (!option_read(e, argv[i])) {
			return false;
		}
	}
	return true;
}

/* The first line of a small file without blanks around it; NULL: e->error says why. */
static const char *secret_file_read(struct effective *e, const char *variable, const char *path)
{
	char text[4096];
	FILE *f = fopen(path, "re");
	if (!f) {
		wrong(e, "%s: cannot read %s: %s", variable, path, strerror(errno));
		return NULL;
	}
	size_t n = fread(text, 1, sizeof(text), f);
	bool failed = ferror(f) != 0;
	fclose(f);
	while (n && isspace((unsigned char)text[n - 1]))
		n--;
	const char *value = NULL;
	if (failed || n == sizeof(text) || n == 0 || memchr(text, '\0', n) || memchr(text, '\n', n))
		wrong(e, "%s: %s does not hold one line of text", variable, path);
	else
		value = arena_memdup(e->arena, text, n);
	explicit_bzero(text, sizeof(text));
	return value;
}

static const char *environment_find(char *const *environment, const char *name)
{
	size_t n = strlen(name);
	for (; *environment; environment++)
		if (strncmp(*environment, name, n) == 0 && (*environment)[n] == '=')
			return *environment + n + 1;
	return NULL;
}

static bool variable_read(struct effective *e, int i, char *const *environment)
{
	const struct setting *s = &settings[i];
	char name[64], file_name[72];
	variable_name(s, name);
	snprintf(file_name, sizeof(file_name), "%s_FILE", name);
	const char *value = environment_find(environment, name);
	const char *path = setting_is_secret(s) || s->type == S_URL
				   ? environment_find(environment, file_name)
				   : NULL;
	if (value && path)
		return wrong(e, "%s and %s are both set: unset one of them", name, file_name);
	const char *place = path ? file_name : name;
	if (path) {
		value = secret_file_read(e, file_name, path);
		if (!value)
			return false;
	}
	if (value && !e->given[i].value) {
		e->given[i].value = value;
		e->given[i].place = arena_strdup(e->arena, place);
	}
	return true;
}

static bool variable_known(const char *name, size_t n)
{
	for (size_t i = 0; i < LEN(settings); i++) {
		char known[64];
		size_t len = strlen(variable_name(&settings[i], known));
		bool has_file = setting_is_secret(&settings[i]) || settings[i].type == S_URL;
		if (n >= len && memcmp(name, known, len) == 0 &&
			(n == len || (has_file && n == len + 5 && !memcmp(name + len, "_FILE", 5))))
			return true;
	}
	return false;
}

static bool environment_read(struct effective *e, char *const *environment)
{
	for (char *const *v = environment; *v; v++) {
		size_t n = strcspn(*v, "=");
		if (strncmp(*v, "PUNCHD_", 7) == 0 && !variable_known(*v, n))
			return wrong(e, "environment: %.*s: no such setting", (int)n, *v);
	}
	for (size_t i = 0; i < LEN(settings); i++)
		if (!variable_read(e, (int)i, environment))
			return false;
	return true;
}

static char *trimmed(char *text)
{
	text += strspn(text, " \t\r\n");
	size_t n = strlen(text);
	while (n && strchr(" \t\r\n", text[n - 1]))
		text[--n] = '\0';
	return text;
}

/* A value in double quotes is taken as it is; else a comment may follow after a blank. */
static bool file_value(char **value)
{
	char *v = *value;
	if (*v == '"') {
		char *end = strchr(v + 1, '"');
		if (!end || (*trimmed(end + 1) && *trimmed(end + 1) != '#'))
			return false;
		*end = '\0';
		*value = v + 1;
		return true;
	}
	for (char *c = v; *c; c++)
		if (*c == '#' && (c == v || c[-1] == ' ' || c[-1] == '\t')) {
			*c = '\0';
			break;
		}
	*value = trimmed(v);
	return true;
}

static bool file_line(struct effective *e, char *line, int number, int seen[])
{
	char *name = trimmed(line);
	if (*name == '\0' || *name == '#')
		return true;
	char *equals = strchr(name, '=');
	if (!equals)
		return wrong(e, "%s:%d: not of the form name = value", e->file, number);
	*equals = '\0';
	name = trimmed(name);
	char *value = trimmed(equals + 1);
	int i = setting_find(name, strlen(name));
	if (i < 0)
		return wrong(e, "%s:%d: %s: no such setting", e->file, number, name);
	if (seen[i])
		return wrong(
			e, "%s:%d: %s is set in line %d already", e->file, number, name, seen[i]);
	if (!file_value(&value))
		return wrong(e, "%s:%d: %s: the quotes do not end", e->file, number, name);
	seen[i] = number;
	if (!e->given[i].value) {
		e->given[i].value = arena_strdup(e->arena, value);
		e->given[i].place = arena_printf(e->arena, "%s:%d", e->file, number);
	}
	return true;
}

static bool file_read(struct effective *e)
{
	char *line = NULL;
	size_t size = 0;
	int number = 0, seen[LEN(settings)] = { 0 };
	bool good = true;
	errno = 0;
	FILE *f = fopen(e->file, "re");
	if (!f)
		return wrong(e, "--config: cannot read %s: %s", e->file, strerror(errno));
	while (good && getline(&line, &size, f) >= 0)
		good = file_line(e, line, ++number, seen);
	if (good && ferror(f))
		good = wrong(e, "--config: cannot read %s: %s", e->file, strerror(errno));
	free(line);
	fclose(f);
	return good;
}

/* --- what values mean ------------------------------------------------------------------------ */

static bool choice_read(const struct setting *s, const char *value, struct config *config)
{
	int n = 0;
	while (s->choices[n] && strcmp(s->choices[n], value) != 0)
		n++;
	if (!s->choices[n])
		return false;
	if (s->choices == admissions)
		config->admission = (enum admission)n;
	else if (s->choices == log_levels)
		config->log_level = (enum log_level)n;
	else if (s->choices == tls_versions)
		config->device_tls_min = (enum tls_version)n;
	else
		config->log_json = n == 1;
	return true;
}

/* NULL when the value is good, else what it should have been. */
static const char *value_read(const struct setting *s, const char *value, struct config *config)
{
	void *at = (char *)config + s->at;
	unsigned char key[32];
	if (s->type != S_INT && s->type != S_SIZE && s->type != S_TIME && s->type != S_ONOFF &&
		s->type != S_CLOCK && s->type != S_DAYS && s->type != S_CHOICE)
		*(const char **)at = value;
	switch (s->type) {
	case S_TEXT:
	case S_SECRET:
	case S_URL:
		return str_is_utf8(value, strlen(value)) ? NULL : "UTF-8 text is wanted";
	case S_WORD:
		return *value && str_is_utf8(value, strlen(value)) ? NULL : "it may not be empty";
	case S_INT:
		return str_to_int(value, s->min, s->max, at) ? NULL : "a number is wanted";
	case S_SIZE:
		return value_size(value, s->min, s->max, at) ? NULL : "a size like 64M is wanted";
	case S_TIME:
		return value_duration(value, s->min, s->max, at)
			       ? NULL
			       : "a time like 7d or 24h is wanted";
	case S_ONOFF:
		return value_onoff(value, at) ? NULL : "on or off is wanted";
	case S_CLOCK:
		return value_clock(value, at) ? NULL : "a time like 02:30, or off, is wanted";
	case S_DAYS:
		return value_days(value, at) ? NULL : "days like sat,sun are wanted, or nothing";
	case S_CHOICE:
		return choice_read(s, value, config) ? NULL : s->help;
	case S_ADDRS:
		return (!*value && !s->min) || value_addresses(value)
			       ? NULL
			       : "address:port is wanted, like 0.0.0.0:8081 or [::]:8081";
	case S_NETS:
		return !*value || value_networks(value) ? NULL : "CIDRs like 10.0.0.0/8 are wanted";
	case S_ZONE:
		return value_zone(value) ? NULL : "a time zone like Europe/Berlin is wanted";
	case S_HEXKEY:
		return !*value || str_unhex(value, key, sizeof(key))
			       ? NULL
			       : "64 hexadecimal digits are wanted";
	}
	return "no such type";
}

static bool values_read(struct effective *e, char *const *environment)
{
	for (size_t i = 0; i < LEN(settings); i++) {
		const struct setting *s = &settings[i];
		const char *value = e->given[i].value, *place = e->given[i].place;
		if (!value) {
			value = s->initial;
			place = "default";
		}
		if (s->type == S_ZONE && !*value) {
			value = value_machine_zone(e->arena, environment_find(environment, "TZ"));
			place = "the machine's";
		}
		const char *problem = value_read(s, value, &e->config);
		bool range = problem && s->max;
		if (problem && (setting_is_secret(s) || s->type == S_URL))
			return wrong(e, "%s: bad value for %s: %s", place, s->name, problem);
		if (problem)
			return wrong(e,
				range ? "%s: bad value \"%s\" for %s: %s (%lld to %lld)"
				      : "%s: bad value \"%s\" for %s: %s",
				place, value, s->name, problem, (long long)s->min,
				(long long)s->max);
		e->given[i].value = value;
		e->given[i].place = place;
	}
	return true;
}

static bool pairs_check(struct effective *e)
{
	const struct config *c = &e->config;
	if (!*c->tls_cert != !*c->tls_key)
		return wrong(e, "tls_cert and tls_key need each other: set both or none");
	if (!*c->device_tls_cert != !*c->device_tls_key)
		return wrong(e, "device_tls_cert and device_tls_key need each other: set both or "
				"none");
	if (*c->device_tls_cert && !*c->device_listen)
		return wrong(e, "device_tls_cert is of no use without device_listen");
	if (c->device_proxy_protocol && !*c->device_listen)
		return wrong(e, "device_proxy_protocol is of no use without device_listen");
	if ((c->proxy_protocol || c->device_proxy_protocol) && !*c->trusted_proxies)
		return wrong(e, "%s leaves no way in: set trusted_proxies",
			c->proxy_protocol ? "proxy_protocol" : "device_proxy_protocol");
	if (c->https_only && !*c->tls_cert && !*c->trusted_proxies)
		return wrong(e, "https_only leaves no way in: set tls_cert and tls_key, or "
				"trusted_proxies");
	if (*c->database_owner_url && !*c->database_url)
		return wrong(e, "database_owner_url is of no use without database_url");
	return true;
}

const struct config *config_read(
	struct arena *a, int argc, char *const *argv, char *const *environment, const char **error)
{
	struct effective *e = arena_alloc(a, sizeof(*e));
	e->arena = a;
	bool good = options_read(e, argc, argv) && environment_read(e, environment) &&
		    (!e->file || file_read(e)) && values_read(e, environment) && pairs_check(e);
	*error = e->error;
	return good ? &e->config : NULL;
}

/* --- showing them ---------------------------------------------------------------------------- */

void config_print(const struct config *config, FILE *out)
{
	const struct effective *e = (const struct effective *)(const void *)config;
	for (size_t i = 0; i < LEN(settings); i++) {
		const char *value = e->given[i].value;
		bool found;
		if (setting_is_secret(&settings[i]) && *value)
			value = "***";
		else if (settings[i].type == S_URL)
			value = value_mask_url(e->arena, value, &found);
		int n = fprintf(out, "%s = %s", settings[i].name, value);
		fprintf(out, "%*s  # %s\n", n < 40 ? 40 - n : 0, "", e->given[i].place);
	}
}

void config_help(FILE *out)
{
	for (size_t i = 0; i < LEN(settings); i++) {
		const struct setting *s = &settings[i];
		if (setting_is_secret(s))
			continue;
		fprintf(out, "  --%-20s %s%s%s%s\n", s->name, s->help, *s->initial ? " [" : "",
			s->initial, *s->initial ? "]" : "");
	}
	fputs("Secrets: PUNCHD_MASTER_KEY, PUNCHD_ADMIN_PASSWORD, PUNCHD_DATABASE_URL, "
	      "PUNCHD_DATABASE_OWNER_URL;\nwith _FILE appended they name a file that holds the "
	      "value. Every other setting is\nalso PUNCHD_NAME in the environment, or a line "
	      "\"name = value\" in the --config file.\n",
		out);
}
