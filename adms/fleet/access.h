/*
 * Terminals that speak access control (adms-push 1.8, 2.11): another protocol, in which nothing of
 * attendance works, though the terminal looks well. It is told by an alert, shown, and given no
 * command, until it speaks attendance again.
 */
#ifndef ACCESS_H
#define ACCESS_H

#include <stdbool.h>

#include "req.h"
#include "span.h"

struct db_statement;
struct dialect;

/* The head of a request of this terminal: its path or table may be access control's. */
void access_listen(struct req *);

/* Its type may be; for querydata, when it answers no question of ours. */
void access_listen_type(struct req *);

/* Lines of an upload that is not only access control's: "user uid=1", where attendance says
 * "USER PIN=1". */
void access_listen_body(struct req *, struct span body);

/* An upload of attendance's own tables. */
void access_ended(struct req *);

/* A handshake: the statement that keeps what it says, before all others; 0: it says nothing new,
 * 1: one. */
int access_statement(struct req *, const struct dialect *, struct db_statement *out);

#endif
