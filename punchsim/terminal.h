#pragma once
#include "link.h"
#include "profile.h"
#include "settings.h"

/*
 * One simulated terminal. It lives on the event loop: shakes hands, polls, executes commands,
 * uploads. With settings->manual it does so only when one of the terminal_do functions asks.
 */
struct terminal;

/* Told of each exchange; r is NULL when it failed and error then says why. */
typedef void terminal_exchanged(void *arg, struct terminal *t, const char *request,
	struct slice sent, const struct reply *r, const char *error);
/* Told whenever nothing more is to be sent for now, or an exchange failed. */
typedef void terminal_settled(void *arg, struct terminal *t);

/* Settings and net outlive it; sn is copied. index numbers its people apart from others'. */
struct terminal *terminal_new(struct event_base *base, struct net *net, const struct settings *s,
	const struct profile *p, const char *sn, unsigned index);
void terminal_free(struct terminal *t);
void terminal_watch(
	struct terminal *t, terminal_exchanged *exchanged, terminal_settled *settled, void *arg);
void terminal_power_on(struct terminal *t, double after_seconds);
void terminal_move(struct terminal *t); /* speaks from another address than others */

const char *terminal_sn(const struct terminal *t);
bool terminal_is_online(const struct terminal *t);
bool terminal_is_settled(const struct terminal *t);
uint64_t terminal_executed(const struct terminal *t); /* commands so far */

void terminal_do_handshake(struct terminal *t);
void terminal_do_poll(struct terminal *t);
void terminal_do_go_on(struct terminal *t); /* sends what a failure had left over */
void terminal_do_offline(struct terminal *t, bool offline);
void terminal_do_cut(struct terminal *t); /* the connection, now */
void terminal_do_lose(struct terminal *t, unsigned n); /* the next n replies to uploads */
/* time: YYYY-MM-DD HH:MM:SS or anything else, empty = now; state and verify -1 = usual */
void terminal_do_punch(struct terminal *t, struct slice pin, struct slice time, long state,
	long verify, struct slice workcode);
void terminal_do_upload(struct terminal *t, struct slice table, struct slice body);
void terminal_do_request(struct terminal *t, bool post, struct slice target, struct slice body);
/* Further uploads. pin "-" or empty: an attempt of nobody known; time empty = now */
void terminal_do_photo(struct terminal *t, struct slice pin, struct slice time);
void terminal_do_id_card(struct terminal *t, struct slice pin);
void terminal_do_error(struct terminal *t, struct slice code, struct slice command); /* or empty */
void terminal_do_work_code(struct terminal *t, struct slice code, struct slice name);
/* Asks who that is; the answer is kept as if it had been commands. */
void terminal_do_remote(struct terminal *t, struct slice pin);
void terminal_do_verify(struct terminal *t, struct slice kind, struct slice tmp); /* CARD or FP */
void terminal_do_fp_image(struct terminal *t, struct slice pin, long finger);
void terminal_do_verify_data(struct terminal *t, struct slice text);
void terminal_do_packed(struct terminal *t); /* an operation log with all users, as tgz */
/* Enrolments at the terminal itself; false: no such user. */
void terminal_do_enrol(struct terminal *t, struct slice pin, struct slice fields);
bool terminal_do_enrol_fp(struct terminal *t, struct slice pin, long finger);
bool terminal_do_enrol_face(struct terminal *t, struct slice pin);
/* kind: vein, palm, photo (to compare faces with) or picture */
bool terminal_do_enrol_bio(struct terminal *t, struct slice pin, struct slice kind);
bool terminal_do_delete_user(struct terminal *t, struct slice pin);
bool terminal_punch_random(struct terminal *t, uint64_t random); /* false: holds nobody */

/* The whole memory of it as a JSON text; the caller frees. */
char *terminal_state_json(const struct terminal *t);
