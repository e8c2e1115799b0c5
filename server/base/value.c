/* Parsers of the values of settings. */
#include "value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "str.h"

struct unit {
	char letter;
	int64_t factor;
};

static bool value_scaled(
	const char *text, const struct unit *units, int64_t min, int64_t max, int64_t *out)
{
	size_t n = strlen(text);
	int64_t factor = 1, number;
	for (const struct unit *u = units; n && u->letter; u++) {
		if (text[n - 1] == u->letter) {
			factor = u->factor;
			n--;
			break;
		}
	}
	if (!str_to_intn(text, n, 0, INT64_MAX, &number) ||
		__builtin_mul_overflow(number, factor, &number) || number < min || number > max)
		return false;
	*out = number;
	return true;
}

bool value_size(const char *text, int64_t min, int64_t max, int64_t *out)
{
	static const struct unit units[] = { { 'K', 1024 }, { 'M', 1024 * 1024 },
		{ 'G', 1024 * 1024 * 1024 }, { 0 } };
	return value_scaled(text, units, min, max, out);
}

bool value_duration(const char *text, int64_t min, int64_t max, int64_t *out)
{
	static const struct unit units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 7 * 86400 }, { 0 } };
	return value_scaled(text, units, min, max, out);
}

bool value_onoff(const char *text, bool *out)
{
	*out = strcmp(text, "on") == 0;
	return *out || strcmp(text, "off") == 0;
}

bool value_clock(const char *text, int64_t *out)
{
	int64_t hour, minute;
	*out = -1;
	if (strcmp(text, "off") == 0)
		return true;
	if (strlen(text) != 5 || text[2] != ':' || !str_to_intn(text, 2, 0, 23, &hour) ||
		!str_to_intn(text + 3, 2, 0, 59, &minute))
		return false;
	*out = hour * 60 + minute;
	return true;
}

/* The ISO number of the day that the n bytes name; 0: none. */
static int day_number(const char *text, size_t n)
{
	static const char *const names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

	for (int i = 0; i < 7; i++)
		if (n == 3 && memcmp(text, names[i], 3) == 0)
			return i + 1;
	return 0;
}

bool value_days(const char *text, int64_t *out)
{
	*out = 0;
	while (*text) {
		text += strspn(text, " ");
		size_t len = strcspn(text, ","), word = len;
		while (word > 0 && text[word - 1] == ' ')
			word--;
		int day = day_number(text, word);
		if (day == 0)
			return false;
		*out |= 1 << day;
		text += len;
		if (*text == ',' && !*++text)
			return false;
	}
	return true;
}

static bool is_address(const char *item)
{
	char host[64];
	const char *colon = strrchr(item, ':');
	int64_t port;
	if (!colon || !str_to_int(colon + 1, 0, 65535, &port))
		return false;
	size_t n = (size_t)(colon - item);
	bool bracketed = n >= 2 && item[0] == '[' && item[n - 1] == ']';
	if (bracketed) {
		item++;
		n -= 2;
	}
	if (n == 0 || n >= sizeof(host))
		return false;
	memcpy(host, item, n);
	host[n] = '\0';
	unsigned char address[sizeof(struct in6_addr)];
	return inet_pton(bracketed ? AF_INET6 : AF_INET, host, address) == 1;
}

static bool is_network(const char *item)
{
	char host[64];
	size_t n = strcspn(item, "/");
	if (n >= sizeof(host))
		return false;
	memcpy(host, item, n);
	host[n] = '\0';
	unsigned char address[sizeof(struct in6_addr)];
	int family = strchr(host, ':') ? AF_INET6 : AF_INET;
	int64_t bits;
	if (item[n] && !str_to_int(item + n + 1, 0, family == AF_INET6 ? 128 : 32, &bits))
		return false;
	return inet_pton(family, host, address) == 1;
}

static bool each_item(const char *list, bool (*good)(const char *))
{
	for (;;) {
		char item[128];
		list += strspn(list, " \t");
		size_t len = strcspn(list, ","), n = len;
		while (n && (list[n - 1] == ' ' || list[n - 1] == '\t'))
			n--;
		if (n >= sizeof(item))
			return false;
		memcpy(item, list, n);
		item[n] = '\0';
		if (!good(item))
			return false;
		if (!list[len])
			return true;
		list += len + 1;
	}
}

bool value_addresses(const char *text)
{
	return each_item(text, is_address);
}

bool value_networks(const char *text)
{
	return each_item(text, is_network);
}

bool value_zone(const char *text)
{
	char path[256], magic[4] = "";
	size_t n = strlen(text);
	if (strcmp(text, "UTC") == 0)
		return true;
	if (n == 0 || n > 64 || !isalpha((unsigned char)text[0]) ||
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			     "0123456789_+-/") != n)
		return false;
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", text);
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	bool good =
		fread(magic, 1, sizeof(magic), f) == sizeof(magic) && memcmp(magic, "TZif", 4) == 0;
	fclose(f);
	return good;
}

/* The name in /usr/share/zoneinfo/Europe/Berlin and the like. */
static const char *zone_of_path(const char *path)
{
	const char *name = strstr(path, "/zoneinfo/");
	return name ? name + strlen("/zoneinfo/") : "";
}

const char *value_machine_zone(struct arena *a, const char *tz)
{
	char text[PATH_MAX];
	if (tz && *tz == ':')
		tz++;
	if (tz && *tz == '/')
		tz = zone_of_path(tz);
	if (tz && value_zone(tz))
		return tz;
	if (realpath("/etc/localtime", text) && value_zone(zone_of_path(text)))
		return arena_strdup(a, zone_of_path(text));
	FILE *f = fopen("/etc/timezone", "re");
	if (!f)
		return "UTC";
	bool read = fgets(text, sizeof(text), f) != NULL;
	fclose(f);
	if (read)
		text[strcspn(text, " \t\r\n")] = '\0';
	return read && value_zone(text) ? arena_strdup(a, text) : "UTC";
}

/* A key that may hold a password; an escaped one is not looked into. */
static bool is_password_key(const char *key, size_t n)
{
	static const char *const keys[] = { "password", "sslpassword" };
	for (size_t i = 0; i < LEN(keys); i++)
		if (n == strlen(keys[i]) && strncasecmp(key, keys[i], n) == 0)
			return true;
	return memchr(key, '%', n) != NULL;
}

/* scheme://user:password@host/name?password=... */
static void mask_uri(struct str *out, const char *uri, bool *found)
{
	const char *authority = strstr(uri, "://") + 3;
	size_t n = strcspn(authority, "@/");
	str_addn(out, uri, (size_t)(authority - uri));
	if (authority[n] == '@') {
		const char *colon = memchr(authority, ':', n);
		*found = colon && colon + 1 < authority + n;
		str_addn(out, authority, colon ? (size_t)(colon - authority) : n);
		if (colon)
			str_add(out, *found ? ":***" : ":");
		authority += n;
	}
	n = strcspn(authority, "?");
	str_addn(out, authority, n);
	for (const char *p = authority + n; *p;) {
		str_addc(out, *p++); /* ? or & */
		size_t len = strcspn(p, "&"), key = strcspn(p, "=&");
		bool secret = p[key] == '=' && is_password_key(p, key);
		*found = *found || secret;
		str_addn(out, p, secret ? key : len);
		if (secret)
			str_add(out, "=***");
		p += len;
	}
}

/* The end of a value of a conninfo: quoted or up to the next blank, with backslashes. */
static const char *conninfo_value_end(const char *p)
{
	bool quoted = *p == '\'';
	if (quoted)
		p++;
	while (*p && (quoted ? *p != '\'' : !isspace((unsigned char)*p)))
		p += p[0] == '\\' && p[1] ? 2 : 1;
	return quoted && *p ? p + 1 : p;
}

/* name = value pairs */
static void mask_conninfo(struct str *out, const char *p, bool *found)
{
	while (*p) {
		const char *key = p + strspn(p, " \t\r\n\f\v");
		size_t n = strcspn(key, "= \t\r\n\f\v");
		const char *value = key + n;
		value += strspn(value, " \t\r\n\f\v");
		if (*value != '=') {
			str_addn(out, p, (size_t)(value - p));
			p = value;
			continue;
		}
		value++;
		value += strspn(value, " \t\r\n\f\v");
		const char *end = conninfo_value_end(value);
		bool secret = is_password_key(key, n) && end > value;
		*found = *found || secret;
		str_addn(out, p, (size_t)((secret ? value : end) - p));
		if (secret)
			str_add(out, "***");
		p = end;
	}
}

const char *value_mask_url(struct arena *a, const char *url, bool *found)
{
	struct str out = str_new(a);
	*found = false;
	if (strncmp(url, "postgresql://", 13) == 0 || strncmp(url, "postgres://", 11) == 0)
		mask_uri(&out, url, found);
	else
		mask_conninfo(&out, url, found);
	return str_text(&out);
}
