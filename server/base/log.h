/*
 * One line per event on stderr: time, level, event, then key=value (or one JSON object).
 *
 * Levels: error = someone must act; warn = odd; info = one line per request and per terminal
 * change; debug = the rest. Passwords, tokens, templates and card numbers are never logged.
 * Values are quoted and escaped by the logger; control characters never reach the log.
 *
 *	log_info("terminal_new", "sn", sn, "address", addr, NULL);
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Before the first call: level info, text. Threads may log at any time. */
void log_setup(enum log_level level, bool json);

/* True when lines of this level are written (to skip costly preparation). */
bool log_on(enum log_level level);

/* event, then key, value, key, value, ..., NULL; a NULL value is written as an empty one. */
void log_error(const char *event, ...) __attribute__((sentinel));
void log_warn(const char *event, ...) __attribute__((sentinel));
void log_info(const char *event, ...) __attribute__((sentinel));
void log_debug(const char *event, ...) __attribute__((sentinel));

/* A number as text for the calls above; valid for the next 15 calls on this thread. */
const char *log_num(int64_t n);

#endif
