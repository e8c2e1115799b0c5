/*
 * One punch as REST shows it: 20 members, in JSON and in exports; longitude and latitude behind
 * them where the terminal sent a position.
 */
#ifndef PUNCH_ROW_H
#define PUNCH_ROW_H

#include "out.h"
#include "punch_gps.h"
#include "punch_order.h"
#include "resource.h"
#include "rows.h"

/* The person and the place, as a page's join or a stream's cache gives them. */
struct punch_person {
	int64_t unlinked; /* punches up to this id are nobody's */
	int32_t emp; /* 0: no employee */
	const char *code;
	const char *first_name, *last_name, *nickname, *department, *position; /* NULL: unknown */
};

struct punch_place {
	const char *area_alias, *sn, *alias;
};

struct punch_row {
	struct punch_key key;
	int64_t upload_time; /* microseconds since 1970 on the server's clock */
	int state, verify;
	int mask; /* 1, 0, or -1: no reading */
	float temperature;
	const char *work_code;
	struct punch_gps gps;
	struct punch_person person;
	struct punch_place place;
};

/* Reads the first columns of punch_sql_page (from `column`) or punch_sql_piece. */
void punch_row_read(struct punch_row *, const struct rows *, int row, int column);
void punch_row_read_key(struct punch_key *, const struct rows *, int row, int column);

/* Reads person and place behind them: pages only. */
void punch_row_read_names(struct punch_row *, const struct rows *, int row, int column);

/* "Check In", "Fingerprint". */
const char *punch_state_word(int state);
const char *punch_verify_word(int verify);

/* The members as they are written, for who describes them. */
extern const struct field punch_members[], punch_optional[];

void punch_row_json(struct out *, const struct punch_row *);

/* Members of exports. */
#define PUNCH_CELLS 20
enum { PUNCH_CELLS_DEFAULT = 18 };

struct punch_cells {
	unsigned char cells[PUNCH_CELLS];
	int n;
};

/* From a comma list of member names; unknown ones are left out. NULL or nothing usable: those
 * that every version of ZKBio Time exports. */
struct punch_cells punch_cells_read(const char *list);
void punch_cells_header(struct out *, const struct punch_cells *, char separator);
void punch_cells_row(
	struct out *, const struct punch_cells *, char separator, const struct punch_row *);

#endif
