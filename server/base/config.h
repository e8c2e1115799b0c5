/*
 * The settings: one table drives options, environment, file, checks, `punchd config`, --help and
 * docs/settings.md.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "arena.h"
#include "log.h"

enum admission { ADMISSION_APPROVE, ADMISSION_AUTO, ADMISSION_CLOSED };

/* The oldest version of TLS that is spoken. */
enum tls_version { TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 };

struct config {
	const char *listen; /* comma list of address:port */
	const char *device_listen;
	const char *metrics_listen;
	const char *database_url; /* NULL or "" = embedded */
	const char *database_owner_url;
	const char *data_dir;
	int64_t db_pool_size;
	int64_t ingest_memory; /* bytes */
	const char *master_key; /* 64 hex digits, or "" */
	const char *admin_user;
	const char *admin_password;
	enum admission admission;
	const char *timezone; /* IANA name, never empty: the machine's when not set */
	int64_t jwt_lifetime; /* seconds, 0 = for ever */
	int64_t token_lifetime; /* seconds, 0 = for ever */
	int64_t session_lifetime, session_idle; /* seconds, of logins of pages */
	bool jwt_superset_body;
	bool hide_credentials;
	int64_t command_expiry; /* seconds */
	bool dangerous_commands;
	int64_t reconcile_time; /* minutes since midnight; -1 off */
	bool store_biometrics;
	int64_t retention_punches; /* days, 0 = for ever; likewise the others */
	int64_t retention_photos;
	int64_t retention_templates;
	int64_t retention_raw;
	int64_t retention_logs;
	bool attendance_approval;
	int64_t rest_days; /* bits of ISO days of the week: 1 << 1 Monday to 1 << 7 Sunday */
	const char *tls_cert;
	const char *tls_key;
	const char *device_tls_cert;
	const char *device_tls_key;
	enum tls_version device_tls_min;
	bool https_only;
	bool strict_content_type;
	const char *trusted_proxies; /* comma list of CIDRs */
	bool proxy_protocol, device_proxy_protocol;
	int64_t max_body; /* bytes */
	int64_t body_memory; /* bytes */
	int64_t max_connections;
	enum log_level log_level;
	bool log_json;
};

/*
 * Reads --name=value arguments, the environment (PUNCHD_NAME, for secrets also PUNCHD_NAME_FILE)
 * and the --config file, in that order of precedence; every string lives on the arena. Unknown
 * names, bad values and secrets on the command line: NULL, and *error says place and reason.
 * Arguments that are not settings (--help, words) are not for it; argv must hold settings only.
 */
const struct config *config_read(
	struct arena *, int argc, char *const *argv, char *const *environment, const char **error);

/* True when a command-line argument is --config or names a setting, --name or --name=value. */
bool config_is_option(const char *arg);

/* `punchd config`: effective settings and where each came from, secrets masked. */
void config_print(const struct config *, FILE *);

/* The settings part of --help, one line each. */
void config_help(FILE *);

#endif
