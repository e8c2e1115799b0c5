/* Settings: forms of values, precedence, refusals, masking. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "value.h"

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static char *nothing[] = { NULL };

static const struct config *read_options(
	struct arena *a, char *const *options, char *const *environment, const char **error)
{
	int n = 0;
	while (options[n])
		n++;
	return config_read(a, n, options, environment, error);
}

static void refused(char *const *options, char *const *environment, const char *why)
{
	struct arena *a = arena_new();
	const char *error = NULL;
	assert(!read_options(a, options, environment, &error));
	if (!strstr(error, why))
		fprintf(stderr, "%s\nis not: %s\n", error, why);
	assert(strstr(error, why));
	arena_free(a);
}

static char *file_with(const char *text)
{
	static char path[] = "/tmp/punchd-test-XXXXXX";
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	int fd = mkstemp(path);
	assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	return path;
}

static void test_defaults(void)
{
	struct arena *a = arena_new();
	const char *error;
	char *environment[] = { "TZ=:Europe/Berlin", "HOME=/", NULL };
	const struct config *c = read_options(a, nothing, environment, &error);
	assert(c && strcmp(c->listen, "0.0.0.0:8081") == 0 && strcmp(c->data_dir, "./data") == 0);
	assert(c->ingest_memory == 64 << 20 && c->max_body == 32 << 20 && c->db_pool_size == 8);
	assert(c->jwt_lifetime == 7 * 86400 && c->token_lifetime == 0);
	assert(c->jwt_superset_body && !c->hide_credentials && !c->log_json);
	assert(!c->dangerous_commands && c->reconcile_time == 150);
	assert(!c->attendance_approval && c->rest_days == (1 << 6 | 1 << 7));
	assert(c->admission == ADMISSION_APPROVE && c->log_level == LOG_INFO);
	assert(*c->database_url == '\0' && *c->master_key == '\0');
	assert(value_zone(c->timezone));
	arena_free(a);
}

static void test_precedence(void)
{
	struct arena *a = arena_new();
	const char *error;
	char *path = file_with("# a comment\n\nlisten = 1.1.1.1:1\nmax_body=1M # more\n"
			       "data_dir = \"/a # b\"\nlog_level = debug\n");
	char *options[] = { "--listen=3.3.3.3:3", "--config", path, "--admission=auto", NULL };
	char *environment[] = { "PUNCHD_LISTEN=2.2.2.2:2", "PUNCHD_LOG_LEVEL=warn", NULL };
	const struct config *c = read_options(a, options, environment, &error);
	assert(c && strcmp(c->listen, "3.3.3.3:3") == 0);
	assert(c->log_level == LOG_WARN && c->max_body == 1 << 20);
	assert(strcmp(c->data_dir, "/a # b") == 0 && c->admission == ADMISSION_AUTO);
	unlink(path);
	arena_free(a);
}

static void test_refusals(void)
{
	refused((char *[]){ "--lisen=x", NULL }, nothing, "--lisen: no such setting");
	refused((char *[]){ "--listen", NULL }, nothing, "a value is missing");
	refused((char *[]){ "--listen=", NULL }, nothing, "--listen: bad value");
	refused((char *[]){ "--listen=localhost:80", NULL }, nothing, "address:port");
	refused((char *[]){ "--max_body=64X", NULL }, nothing, "--max_body: bad value \"64X\"");
	refused((char *[]){ "--timezone=Mars/Olympus", NULL }, nothing, "time zone");
	refused((char *[]){ "--timezone=../../etc/passwd", NULL }, nothing, "time zone");
	refused((char *[]){ "--tls_cert=x", NULL }, nothing, "tls_key");
	refused((char *[]){ "word", NULL }, nothing, "not an option");
	refused((char *[]){ "--config=/nonexistent", NULL }, nothing, "cannot read");
	refused(nothing, (char *[]){ "PUNCHD_LISEN=x", NULL }, "PUNCHD_LISEN: no such setting");
	refused(nothing, (char *[]){ "PUNCHD_LISTEN_FILE=x", NULL }, "no such setting");
	refused(nothing, (char *[]){ "PUNCHD_ADMISSION=maybe", NULL },
		"PUNCHD_ADMISSION: bad value");
	static const char *const lines[][2] = { { "listen 1\n", ":1: not of the form" },
		{ "\nport = 1\n", ":2: port: no such setting" },
		{ "admission = auto\nadmission = auto\n", ":2: admission is set in line 1" },
		{ "data_dir = \"x\n", "quotes" }, { "db_pool_size = 0\n", ":1: bad value \"0\"" } };
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char *path = file_with(lines[i][0]);
		refused((char *[]){ "--config", path, NULL }, nothing, lines[i][1]);
		unlink(path);
	}
}

static void test_secrets(void)
{
	struct arena *a = arena_new();
	const char *error;
	refused((char *[]){ "--master_key=" KEY, NULL }, nothing, "PUNCHD_MASTER_KEY_FILE");
	refused((char *[]){ "--admin_password=x", NULL }, nothing, "visible to others");
	refused((char *[]){ "--database_url=postgresql://u:p@h/d", NULL }, nothing,
		"PUNCHD_DATABASE_URL_FILE");
	refused(nothing, (char *[]){ "PUNCHD_MASTER_KEY=" KEY, "PUNCHD_MASTER_KEY_FILE=/x", NULL },
		"both set");
	refused(nothing, (char *[]){ "PUNCHD_MASTER_KEY_FILE=/nonexistent/x", NULL },
		"cannot read");
	refused(nothing, (char *[]){ "PUNCHD_MASTER_KEY=1234", NULL }, "64 hexadecimal digits");

	char *path = file_with(KEY "\n"), variable[128];
	snprintf(variable, sizeof(variable), "PUNCHD_MASTER_KEY_FILE=%s", path);
	char *environment[] = { variable, "PUNCHD_ADMIN_PASSWORD=hunter2",
		"PUNCHD_DATABASE_URL=postgresql://u:hunter2@h/d", NULL };
	const struct config *c = read_options(a, nothing, environment, &error);
	assert(c && strcmp(c->master_key, KEY) == 0 && strcmp(c->admin_password, "hunter2") == 0);
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	config_print(c, out);
	fclose(out);
	assert(!strstr(text, "hunter2") && !strstr(text, "0011223344"));
	assert(strstr(text, "postgresql://u:***@h/d") && strstr(text, "PUNCHD_MASTER_KEY_FILE"));
	free(text);
	unlink(path);
	c = read_options(
		a, (char *[]){ "--database_url=host=/run dbname=x", NULL }, nothing, &error);
	assert(c && strcmp(c->database_url, "host=/run dbname=x") == 0);
	arena_free(a);
}

static void masks(const char *url, const char *masked)
{
	struct arena *a = arena_new();
	bool found;
	const char *out = value_mask_url(a, url, &found);
	if (strcmp(out, masked))
		fprintf(stderr, "%s\nis not: %s\n", out, masked);
	assert(strcmp(out, masked) == 0 && found == (strstr(masked, "***") != NULL));
	arena_free(a);
}

static void test_masking(void)
{
	masks("", "");
	masks("host=h user=u", "host=h user=u");
	masks("host=h password=p user=u", "host=h password=*** user=u");
	masks("password = 'a b\\' c' user=u", "password = *** user=u");
	masks("password='unfinished", "password=***");
	masks("user=u sslpassword=x", "user=u sslpassword=***");
	masks("nonsense", "nonsense");
	masks("a b=c password=x", "a b=c password=***");
	masks("postgresql://h/d", "postgresql://h/d");
	masks("postgresql://u@h/d?x=y", "postgresql://u@h/d?x=y");
	masks("postgres://u:p:q@h:1,i:2/d", "postgres://u:***@h:1,i:2/d");
	masks("postgresql:///d?host=/run&password=p&user=u",
		"postgresql:///d?host=/run&password=***&user=u");
	masks("postgresql:///d?%70assword=p", "postgresql:///d?%70assword=***");
}

static void test_values(void)
{
	int64_t n;
	bool on;
	assert(value_size("64M", 0, INT64_MAX, &n) && n == 64 << 20);
	assert(value_size("17", 0, INT64_MAX, &n) && n == 17);
	assert(!value_size("", 0, 9, &n) && !value_size("M", 0, 9, &n) &&
		!value_size("-1K", -9999, 9, &n) && !value_size("1 M", 0, INT64_MAX, &n));
	assert(!value_size("99999999999G", 0, INT64_MAX, &n));
	assert(value_duration("24h", 0, INT64_MAX, &n) && n == 86400);
	assert(value_duration("0", 0, 0, &n) && n == 0);
	assert(!value_duration("1y", 0, INT64_MAX, &n));
	assert(value_onoff("on", &on) && on && value_onoff("off", &on) && !on);
	assert(!value_onoff("yes", &on));
	int64_t minute = 0;
	assert(value_clock("02:30", &minute) && minute == 150);
	assert(value_clock("00:00", &minute) && minute == 0);
	assert(value_clock("23:59", &minute) && minute == 1439);
	assert(value_clock("off", &minute) && minute == -1);
	assert(!value_clock("24:00", &minute) && !value_clock("2:30", &minute));
	assert(!value_clock("02:60", &minute) && !value_clock("", &minute));
	assert(value_days("", &minute) && minute == 0);
	assert(value_days("sat,sun", &minute) && minute == (1 << 6 | 1 << 7));
	assert(value_days(" mon , fri", &minute) && minute == (1 << 1 | 1 << 5));
	assert(!value_days("monday", &minute) && !value_days("mon,", &minute));
	assert(!value_days("mon fri", &minute) && !value_days(",mon", &minute));
	assert(!value_clock("-1:30", &minute) && !value_clock("02:30 ", &minute));
	assert(value_addresses("0.0.0.0:8081, [::]:8081") && value_addresses("[::1]:1"));
	assert(!value_addresses("") && !value_addresses("1.2.3.4") && !value_addresses("::1:80") &&
		!value_addresses("1.2.3.4:80,") && !value_addresses("1.2.3.4:65536") &&
		!value_addresses("[1.2.3.4]:80") && !value_addresses("[]:80"));
	assert(value_networks("10.0.0.0/8,::1/128 , 1.2.3.4"));
	assert(!value_networks("10.0.0.0/33") && !value_networks("10.0.0.0/") &&
		!value_networks("ten/8"));
	assert(value_zone("UTC") && !value_zone("") && !value_zone("/etc/passwd") &&
		!value_zone("zone.tab"));
}

int main(void)
{
	test_defaults();
	test_precedence();
	test_refusals();
	test_secrets();
	test_masking();
	test_values();
	return 0;
}
