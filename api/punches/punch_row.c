/* Reading punches from rows, and their words. */
#include "punch_row.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "clock.h"
#include "fatal.h"

enum {
	ID,
	UPLOAD_TIME,
	TIME,
	PIN,
	ORIGIN,
	STATE,
	VERIFY,
	MASK,
	TEMPERATURE,
	WORK_CODE,
	REST,
	NAMES
};
enum { CODE, EMP, FIRST_NAME, LAST_NAME, DEPARTMENT, POSITION, AREA_ALIAS, SN, ALIAS, NICKNAME };

void punch_row_read_key(struct punch_key *k, const struct rows *rows, int row, int column)
{
	k->id = rows_int(rows, row, column + ID);
	k->time = rows_time(rows, row, column + TIME);
	k->pin = (int32_t)rows_int(rows, row, column + PIN);
	k->origin = (int32_t)rows_int(rows, row, column + ORIGIN);
}

/* Absent is shown as 0; a mask flag other than 0 and 1, and a temperature of 0 or 255, say that
 * nothing was measured. */
void punch_row_read(struct punch_row *p, const struct rows *rows, int row, int column)
{
	int mask = (int)rows_int(rows, row, column + MASK);

	punch_row_read_key(&p->key, rows, row, column);
	p->upload_time = rows_time(rows, row, column + UPLOAD_TIME);
	p->state = (int)rows_int(rows, row, column + STATE);
	p->verify = (int)rows_int(rows, row, column + VERIFY);
	p->mask = rows_null(rows, row, column + MASK) || mask < 0 || mask > 1 ? -1 : mask;
	p->temperature = (float)rows_double(rows, row, column + TEMPERATURE);
	if (p->temperature == 255 || !isfinite(p->temperature))
		p->temperature = 0;
	p->work_code = rows_text(rows, row, column + WORK_CODE);
	if (!p->work_code)
		p->work_code = "";
	if (rows_null(rows, row, column + REST))
		p->gps = (struct punch_gps){ 0 };
	else
		punch_gps_read(rows_text(rows, row, column + REST),
			rows_len(rows, row, column + REST), &p->gps);
}

void punch_row_read_names(struct punch_row *p, const struct rows *rows, int row, int column)
{
	column += NAMES;
	p->person = (struct punch_person){
		.emp = (int32_t)rows_int(rows, row, column + EMP),
		.code = rows_text(rows, row, column + CODE),
		.first_name = rows_text(rows, row, column + FIRST_NAME),
		.last_name = rows_text(rows, row, column + LAST_NAME),
		.department = rows_text(rows, row, column + DEPARTMENT),
		.position = rows_text(rows, row, column + POSITION),
		.nickname = rows_text(rows, row, column + NICKNAME),
	};
	p->place = (struct punch_place){
		.area_alias = rows_text(rows, row, column + AREA_ALIAS),
		.sn = rows_text(rows, row, column + SN),
		.alias = rows_text(rows, row, column + ALIAS),
	};
}

/* --- words ---------------------------------------------------------------------------------- */

const char *punch_state_word(int state)
{
	static const char *const words[] = { "Check In", "Check Out", "Break Out", "Break In",
		"Overtime In", "Overtime Out" };

	return state >= 0 && state < (int)LEN(words) ? words[state] : "Unknown";
}

const char *punch_verify_word(int verify)
{
	static const char *const words[] = { "Any", "Fingerprint", "Pin", "Password", "Card",
		"Fingerprint or Password", "Fingerprint or Card", "Password or Card",
		"Pin and Fingerprint", "Fingerprint and Password", "Fingerprint and Card",
		"Password and Card", "Fingerprint and Password and Card",
		"Pin and Fingerprint and Password", "Fingerprint and Card or Pin", "Face",
		"Face and Fingerprint", "Face and Password", "Face and Card",
		"Face and Fingerprint and Card", "Face and Fingerprint and Password", "Finger Vein",
		"Finger Vein and Password", "Finger Vein and Card",
		"Finger Vein and Password and Card", "Palm", "Palm and Card", "Palm and Face",
		"Palm and Fingerprint", "Palm and Face and Fingerprint" };

	return verify >= 0 && verify < (int)LEN(words) ? words[verify] : "Unknown";
}

static const char *mask_word(int mask)
{
	return mask < 0 ? NULL : mask ? "Yes" : "No";
}

/* A float's shortest digits, the Python way. */
static void temperature_write(struct out *o, float t)
{
	char text[32];

	if (t == 0) {
		out_add(o, "0.0");
		return;
	}
	for (int digits = 1; digits < 10; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, (double)t);
		if (strtof(text, NULL) == t)
			break;
	}
	o->comma = false;
	json_double(o, strtod(text, NULL));
}

/* --- JSON ----------------------------------------------------------------------------------- */

/* Keys come as `,"name":` because they never change. */
static void member_text(struct out *o, const char *key, const char *value)
{
	out_add(o, key);
	o->comma = false;
	json_text(o, value);
}

static void member_int(struct out *o, const char *key, int64_t value)
{
	out_add(o, key);
	out_int(o, value);
}

static void member_double(struct out *o, const char *key, double value)
{
	out_add(o, key);
	o->comma = false;
	json_double(o, value);
}

static void member_time(struct out *o, const char *key, int64_t value)
{
	char text[20];

	clock_format(value, text);
	out_add(o, key);
	out_addn(o, "\"", 1);
	out_addn(o, text, 19);
	out_addn(o, "\"", 1);
}

static void person_json(struct out *o, const struct punch_person *p)
{
	if (p->emp)
		member_int(o, ",\"emp\":", p->emp);
	else
		out_add(o, ",\"emp\":null");
	member_text(o, ",\"emp_code\":", p->code);
	member_text(o, ",\"first_name\":", p->first_name);
	member_text(o, ",\"last_name\":", p->last_name);
	member_text(o, ",\"department\":", p->department);
	member_text(o, ",\"position\":", p->position);
}

/* F_REQUIRED: never null. */
const struct field punch_members[] = {
	{ "id", NULL, FT_INT },
	{ "emp", NULL, FT_INT },
	{ "emp_code", NULL, FT_TEXT, F_REQUIRED },
	{ "first_name", NULL, FT_TEXT },
	{ "last_name", NULL, FT_TEXT },
	{ "department", NULL, FT_TEXT },
	{ "position", NULL, FT_TEXT },
	{ "punch_time", NULL, FT_TIME, F_REQUIRED },
	{ "punch_state", NULL, FT_TEXT, F_REQUIRED },
	{ "punch_state_display", NULL, FT_TEXT, F_REQUIRED },
	{ "verify_type", NULL, FT_INT, F_REQUIRED },
	{ "verify_type_display", NULL, FT_TEXT, F_REQUIRED },
	{ "work_code", NULL, FT_TEXT, F_REQUIRED },
	{ "gps_location", NULL, FT_TEXT, F_REQUIRED },
	{ "area_alias", NULL, FT_TEXT },
	{ "terminal_sn", NULL, FT_TEXT, F_REQUIRED },
	{ "temperature", NULL, FT_DOUBLE, F_REQUIRED },
	{ "is_mask", NULL, FT_TEXT, .choices = "Yes|No" },
	{ "terminal_alias", NULL, FT_TEXT },
	{ "upload_time", NULL, FT_TIME, F_REQUIRED },
	{ 0 },
};

/* Where they are known. */
const struct field punch_optional[] = {
	{ "longitude", NULL, FT_DOUBLE, F_REQUIRED },
	{ "latitude", NULL, FT_DOUBLE, F_REQUIRED },
	{ 0 },
};

void punch_row_json(struct out *o, const struct punch_row *p)
{
	json_open(o, '{');
	member_int(o, "\"id\":", p->key.id);
	person_json(o, &p->person);
	member_time(o, ",\"punch_time\":", p->key.time);
	member_int(o, ",\"punch_state\":\"", p->state);
	member_text(o, "\",\"punch_state_display\":", punch_state_word(p->state));
	member_int(o, ",\"verify_type\":", p->verify);
	member_text(o, ",\"verify_type_display\":", punch_verify_word(p->verify));
	member_text(o, ",\"work_code\":", p->work_code);
	member_text(o, ",\"gps_location\":", p->gps.text);
	member_text(o, ",\"area_alias\":", p->place.area_alias);
	member_text(o, ",\"terminal_sn\":", p->place.sn);
	out_add(o, ",\"temperature\":");
	temperature_write(o, p->temperature);
	member_text(o, ",\"is_mask\":", mask_word(p->mask));
	member_text(o, ",\"terminal_alias\":", p->place.alias);
	member_time(o, ",\"upload_time\":", p->upload_time);
	if (p->gps.known) {
		member_double(o, ",\"longitude\":", p->gps.longitude);
		member_double(o, ",\"latitude\":", p->gps.latitude);
	}
	json_close(o, '}');
}

/* --- exports -------------------------------------------------------------------------------- */

enum cell {
	CELL_ID,
	CELL_CODE,
	CELL_FIRST_NAME,
	CELL_LAST_NAME,
	CELL_DEPARTMENT,
	CELL_POSITION,
	CELL_TIME,
	CELL_STATE,
	CELL_STATE_WORD,
	CELL_VERIFY,
	CELL_VERIFY_WORD,
	CELL_WORK_CODE,
	CELL_GPS,
	CELL_AREA,
	CELL_SN,
	CELL_TEMPERATURE,
	CELL_ALIAS,
	CELL_UPLOAD_TIME,
	CELL_EMP, /* only when asked for */
	CELL_MASK,
};

static const char *const cell_names[PUNCH_CELLS] = { "id", "emp_code", "first_name", "last_name",
	"department", "position", "punch_time", "punch_state", "punch_state_display", "verify_type",
	"verify_type_display", "work_code", "gps_location", "area_alias", "terminal_sn",
	"temperature", "terminal_alias", "upload_time", "emp", "is_mask" };

struct punch_cells punch_cells_read(const char *list)
{
	struct punch_cells cells = { .n = 0 };

	while (list && *list && cells.n < PUNCH_CELLS) {
		list += strspn(list, " ");
		size_t len = strcspn(list, ","), word = len;
		while (word > 0 && list[word - 1] == ' ')
			word--;
		for (int i = 0; i < PUNCH_CELLS; i++)
			if (strlen(cell_names[i]) == word && memcmp(cell_names[i], list, word) == 0)
				cells.cells[cells.n++] = (unsigned char)i;
		list += len + (list[len] == ',');
	}
	if (cells.n == 0)
		for (; cells.n < PUNCH_CELLS_DEFAULT; cells.n++)
			cells.cells[cells.n] = (unsigned char)cells.n;
	return cells;
}

void punch_cells_header(struct out *o, const struct punch_cells *cells, char separator)
{
	for (int i = 0; i < cells->n; i++)
		cells_text(o, separator, i == 0, cell_names[cells->cells[i]]);
	cells_end(o, separator);
}

static void cell_time(struct out *o, int64_t time, char separator, bool first)
{
	char text[20];

	clock_format(time, text);
	if (separator == CELLS_BOOK)
		cells_text(o, separator, first, text);
	else
		csv_raw(o, separator, first, text, 19);
}

static void cell_temperature(struct out *o, float t, char separator, bool first)
{
	struct out text;

	if (separator != CELLS_BOOK) {
		csv_raw(o, separator, first, "", 0);
		temperature_write(o, t);
		return;
	}
	out_init(&text);
	temperature_write(&text, t);
	cells_raw(o, separator, first, text.bytes, text.len);
	out_free(&text);
}

/* NULL: the cell is no text. */
static const char *cell_text(enum cell cell, const struct punch_row *p)
{
	switch (cell) {
	case CELL_CODE:
		return p->person.code;
	case CELL_FIRST_NAME:
		return p->person.first_name;
	case CELL_LAST_NAME:
		return p->person.last_name;
	case CELL_DEPARTMENT:
		return p->person.department;
	case CELL_POSITION:
		return p->person.position;
	case CELL_STATE_WORD:
		return punch_state_word(p->state);
	case CELL_VERIFY_WORD:
		return punch_verify_word(p->verify);
	case CELL_WORK_CODE:
		return p->work_code;
	case CELL_GPS:
		return p->gps.text;
	case CELL_AREA:
		return p->place.area_alias;
	case CELL_SN:
		return p->place.sn;
	case CELL_ALIAS:
		return p->place.alias;
	case CELL_MASK:
		return mask_word(p->mask);
	default:
		return NULL;
	}
}

static void cell_write(
	struct out *o, enum cell cell, char separator, bool first, const struct punch_row *p)
{
	switch (cell) {
	case CELL_ID:
		cells_number(o, separator, first, p->key.id);
		break;
	case CELL_TIME:
		cell_time(o, p->key.time, separator, first);
		break;
	case CELL_UPLOAD_TIME:
		cell_time(o, p->upload_time, separator, first);
		break;
	case CELL_STATE:
		cells_number(o, separator, first, p->state);
		break;
	case CELL_VERIFY:
		cells_number(o, separator, first, p->verify);
		break;
	case CELL_TEMPERATURE:
		cell_temperature(o, p->temperature, separator, first);
		break;
	case CELL_EMP:
		if (p->person.emp)
			cells_number(o, separator, first, p->person.emp);
		else
			cells_text(o, separator, first, NULL);
		break;
	default:
		cells_text(o, separator, first, cell_text(cell, p));
	}
}

void punch_cells_row(
	struct out *o, const struct punch_cells *cells, char separator, const struct punch_row *p)
{
	for (int i = 0; i < cells->n; i++)
		cell_write(o, cells->cells[i], separator, i == 0, p);
	cells_end(o, separator);
}
