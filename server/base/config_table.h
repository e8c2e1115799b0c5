/* The table of settings; only for config.c. */
#ifndef CONFIG_TABLE_H
#define CONFIG_TABLE_H

#include "config.h"

enum type {
	S_TEXT,
	S_WORD,
	S_INT,
	S_SIZE,
	S_TIME,
	S_ONOFF,
	S_CLOCK,
	S_DAYS,
	S_CHOICE,
	S_ADDRS,
	S_NETS,
	S_ZONE,
	S_URL,
	S_SECRET,
	S_HEXKEY
};

struct setting {
	const char *name;
	enum type type;
	size_t at;
	const char *initial;
	int64_t min, max;
	const char *help;
	const char *const *choices;
};

static const char *const admissions[] = { "approve", "auto", "closed", NULL };
static const char *const tls_versions[] = { "1.0", "1.1", "1.2", "1.3", NULL };
static const char *const log_levels[] = { "error", "warn", "info", "debug", NULL };
static const char *const log_formats[] = { "text", "json", NULL };

#define AT(member) offsetof(struct config, member)
#define MIB (1024 * 1024)
#define CENTURY (100LL * 365 * 86400)
#define DAYS 36500

static const struct setting settings[] = {
	/* name, type, where, default, min, max, help, choices */
	{ "listen", S_ADDRS, AT(listen), "0.0.0.0:8081", 1, 0,
		"REST clients, console and, unless device_listen is set, terminals" },
	{ "device_listen", S_ADDRS, AT(device_listen), "", 0, 0, "terminals only" },
	{ "metrics_listen", S_ADDRS, AT(metrics_listen), "", 0, 0, "/metrics without a login" },
	{ "database_url", S_URL, AT(database_url), "", 0, 0,
		"libpq conninfo or URI; empty = embedded PostgreSQL" },
	{ "database_owner_url", S_URL, AT(database_owner_url), "", 0, 0,
		"for migrations only; empty = database_url" },
	{ "data_dir", S_WORD, AT(data_dir), "./data", 0, 0, "embedded cluster, generated keys" },
	{ "db_pool_size", S_INT, AT(db_pool_size), "8", 1, 1000,
		"PostgreSQL connections for requests" },
	{ "ingest_memory", S_SIZE, AT(ingest_memory), "64M", MIB, 1LL << 40,
		"bytes of uploads that may wait for the database" },
	{ "master_key", S_HEXKEY, AT(master_key), "", 0, 0,
		"64 hex digits; wraps the data keys; default data_dir/master.key" },
	{ "admin_user", S_WORD, AT(admin_user), "admin", 0, 0, "name of the first superuser" },
	{ "admin_password", S_SECRET, AT(admin_password), "", 0, 0,
		"of the first superuser; empty = random, printed once" },
	{ "admission", S_CHOICE, AT(admission), "approve", 0, 0, "unknown serial numbers",
		admissions },
	{ "timezone", S_ZONE, AT(timezone), "", 0, 0,
		"IANA name; default zone of terminals; empty = the machine's" },
	{ "jwt_lifetime", S_TIME, AT(jwt_lifetime), "7d", 0, CENTURY, "0 = never expires" },
	{ "token_lifetime", S_TIME, AT(token_lifetime), "0", 0, CENTURY, "0 = never expires" },
	{ "session_lifetime", S_TIME, AT(session_lifetime), "12h", 60, CENTURY,
		"a page's login ends after that" },
	{ "session_idle", S_TIME, AT(session_idle), "30m", 60, CENTURY,
		"and when its page asks nothing for so long" },
	{ "jwt_superset_body", S_ONOFF, AT(jwt_superset_body), "on", 0, 0,
		"adds access and refresh to JWT logins" },
	{ "hide_credentials", S_ONOFF, AT(hide_credentials), "off", 0, 0,
		"shows device_password and card_no as null" },
	{ "command_expiry", S_TIME, AT(command_expiry), "7d", 1, CENTURY, "of one-shot commands" },
	{ "dangerous_commands", S_ONOFF, AT(dangerous_commands), "off", 0, 0,
		"superusers may send SHELL, PutFile, GetFile and UPGRADE to terminals" },
	{ "reconcile_time", S_CLOCK, AT(reconcile_time), "02:30", 0, 0,
		"terminals' own time to compare punches at, spread over an hour; or off" },
	{ "store_biometrics", S_ONOFF, AT(store_biometrics), "on", 0, 0,
		"templates, comparison photos and pictures that terminals take" },
	{ "retention_punches", S_INT, AT(retention_punches), "0", 0, DAYS,
		"days that punches are kept; 0 = for ever" },
	{ "retention_photos", S_INT, AT(retention_photos), "0", 0, DAYS,
		"likewise pictures taken with punches" },
	{ "retention_templates", S_INT, AT(retention_templates), "0", 0, DAYS,
		"likewise templates and photos of people who left, from then on" },
	{ "retention_raw", S_INT, AT(retention_raw), "0", 0, DAYS,
		"likewise raw uploads, rejected lines and records of ID cards" },
	{ "retention_logs", S_INT, AT(retention_logs), "0", 0, DAYS,
		"likewise logs of terminals, alerts, finished commands and the audit log" },
	{ "attendance_approval", S_ONOFF, AT(attendance_approval), "off", 0, 0,
		"manual logs and leaves wait until somebody approves them" },
	{ "rest_days", S_DAYS, AT(rest_days), "sat,sun", 0, 0,
		"days of the week on which nobody is absent" },
	{ "tls_cert", S_TEXT, AT(tls_cert), "", 0, 0, "TLS on listen: certificate chain, PEM" },
	{ "tls_key", S_TEXT, AT(tls_key), "", 0, 0, "TLS on listen: private key, PEM" },
	{ "device_tls_cert", S_TEXT, AT(device_tls_cert), "", 0, 0, "likewise on device_listen" },
	{ "device_tls_key", S_TEXT, AT(device_tls_key), "", 0, 0, "likewise on device_listen" },
	{ "device_tls_min", S_CHOICE, AT(device_tls_min), "1.2", 0, 0,
		"oldest TLS of terminals on device_listen: 1.0, 1.1, 1.2 or 1.3", tls_versions },
	{ "https_only", S_ONOFF, AT(https_only), "off", 0, 0,
		"refuses plain HTTP for everything but terminals and health" },
	{ "strict_content_type", S_ONOFF, AT(strict_content_type), "off", 0, 0,
		"REST takes bodies as application/json only (files apart)" },
	{ "trusted_proxies", S_NETS, AT(trusted_proxies), "", 0, 0,
		"CIDRs whose X-Forwarded-For, -Proto and -Host are believed" },
	{ "proxy_protocol", S_ONOFF, AT(proxy_protocol), "off", 0, 0,
		"listen is for trusted_proxies only, and each connection begins with a PROXY "
		"header" },
	{ "device_proxy_protocol", S_ONOFF, AT(device_proxy_protocol), "off", 0, 0,
		"likewise device_listen" },
	{ "max_body", S_SIZE, AT(max_body), "32M", 65536, 1LL << 30,
		"of one request; a bigger one gets 413" },
	{ "body_memory", S_SIZE, AT(body_memory), "256M", MIB, 1LL << 40,
		"bytes of REST requests' bodies at once; beyond it clients are not read from" },
	{ "max_connections", S_INT, AT(max_connections), "20000", 128, 1000000,
		"lowered to what the limit of open files allows" },
	{ "log_level", S_CHOICE, AT(log_level), "info", 0, 0, "error, warn, info or debug",
		log_levels },
	{ "log_format", S_CHOICE, AT(log_json), "text", 0, 0, "text or json", log_formats },
};

#endif
