/*
 * The forms that values of settings take: sizes, durations, lists of addresses, zone names, and
 * connection strings with a password to hide. Pure but for value_zone(), which looks the zone up.
 */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

/* "64M": bytes with an optional K, M or G. */
bool value_size(const char *text, int64_t min, int64_t max, int64_t *out);

/* "7d", "90s", "0": seconds, or a number with s, m, h, d or w. */
bool value_duration(const char *text, int64_t min, int64_t max, int64_t *out);

/* "on" or "off". */
bool value_onoff(const char *text, bool *out);

/* "02:30": minutes since midnight; "off": -1. */
bool value_clock(const char *text, int64_t *out);

/* "sat,sun", days of the week or nothing: bits of their ISO numbers, 1 << 1 Monday to 1 << 7
 * Sunday. */
bool value_days(const char *text, int64_t *out);

/* A comma list of address:port, "[::]:8081" for IPv6; blanks around commas are allowed. */
bool value_addresses(const char *text);

/* A comma list of addresses or CIDRs. */
bool value_networks(const char *text);

/* An IANA name that the machine knows, or UTC. */
bool value_zone(const char *text);

/* The zone of TZ (may be NULL), /etc/localtime or /etc/timezone, else UTC. */
const char *value_machine_zone(struct arena *, const char *tz);

/* The connection string with every password in it replaced by ***; *found: there was one. */
const char *value_mask_url(struct arena *, const char *url, bool *found);

#endif
