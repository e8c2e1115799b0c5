/* What people.c and people_statements.c share: USER lines on their way to statements. */
#ifndef PEOPLE_PRIVATE_H
#define PEOPLE_PRIVATE_H

#include "people.h"
#include "seal.h"

struct map;

enum { PEOPLE_MEMBERS = 3 }; /* that a line fills: a name, a password, a card */

/* A USER line, and what becomes of it. */
struct user {
	const char *pin, *name; /* "" when the line has none */
	const char *said; /* the name, where it is longer than we would send it there; or NULL */
	const char *password, *card;
	int32_t privilege;
	int64_t employee;
	const void *was;
	size_t was_n;
	unsigned char row_key[SEAL_ROW_KEY_SIZE];
	unsigned char *sealed, *bare; /* bare: without the card that is new; NULL: as it was */
	size_t sealed_n, bare_n;
	unsigned char *card_hash; /* NULL: no card is new */
	bool closed; /* what the person has cannot be opened */
};

/* A member that waits for a confirmation (claims.sql). */
struct claim {
	const char *pin, *member;
	unsigned char row_key[SEAL_ROW_KEY_SIZE], hash[SEAL_KEY_SIZE];
	unsigned char *sealed;
	size_t sealed_n;
};

struct people {
	struct adms *adms;
	const struct terminal *terminal;
	struct arena *arena;
	struct user *users;
	int n, room;
	struct map *by_pin; /* index + 1: of equal PINs in one upload the last one counts */
	struct user **create, **fill, **remove, **report;
	int ncreate, nfill, nremove, nreport, nsaid;
	struct claim *claims;
	int nclaims;
	bool taken; /* not lines, but claims that were taken */
};

/* Columns of people_known(). */
enum { COL_EMPLOYEE, COL_NAMED, COL_ROW_KEY, COL_SEALED, COL_RESIGNED, COL_REMOVING, COL_SHARES };

/* Fills the lists of whom the lines create, fill, claim, report and remove. */
void people_judge(struct people *, const struct rows *);

#endif
