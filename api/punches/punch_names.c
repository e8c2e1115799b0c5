/* Two tables from ids to names, on an arena that is thrown away as a whole. */
#include "punch_names.h"

enum { PEOPLE, PLACES, KINDS };
enum { MUCH = 16 << 20, FIRST_SIZE = 1024 };

struct name {
	int32_t id; /* 0: free */
	void *value; /* struct punch_person or punch_place; NULL: not known yet */
};

struct table {
	struct name *names;
	uint32_t size, count; /* size is a power of two */
	int32_t *wanted;
	int nwanted, room;
};

struct punch_names {
	struct arena *arena; /* holds this struct */
	struct arena *held; /* everything else */
	struct table tables[KINDS];
};

static void names_empty(struct punch_names *names)
{
	arena_free(names->held);
	names->held = arena_new();
	for (int i = 0; i < KINDS; i++)
		names->tables[i] = (struct table){
			.names = arena_array(names->held, FIRST_SIZE, sizeof(struct name)),
			.size = FIRST_SIZE,
		};
}

struct punch_names *punch_names_new(void)
{
	struct arena *a = arena_new();
	struct punch_names *names = arena_alloc(a, sizeof(*names));

	names->arena = a;
	names_empty(names);
	return names;
}

void punch_names_free(struct punch_names *names)
{
	if (!names)
		return;
	arena_free(names->held);
	arena_free(names->arena);
}

void punch_names_begin(struct punch_names *names)
{
	if (arena_used(names->held) > MUCH)
		names_empty(names);
	for (int i = 0; i < KINDS; i++)
		names->tables[i].nwanted = 0;
}

/* The slot of an id: its own, or the free one where it belongs. */
static struct name *table_slot(const struct table *t, int32_t id)
{
	uint32_t i = (uint32_t)id * 2654435761u >> 7;

	for (;; i++) {
		struct name *n = &t->names[i & (t->size - 1)];
		if (n->id == id || n->id == 0)
			return n;
	}
}

static void table_grow(struct table *t, struct arena *a)
{
	struct table old = *t;

	t->size *= 2;
	t->names = arena_array(a, t->size, sizeof(*t->names));
	for (uint32_t i = 0; i < old.size; i++)
		if (old.names[i].id)
			*table_slot(t, old.names[i].id) = old.names[i];
}

static void table_want(struct table *t, struct arena *a, int32_t id)
{
	struct name *n = table_slot(t, id);

	if (n->id || id == 0)
		return;
	n->id = id;
	if (++t->count > t->size / 2)
		table_grow(t, a);
	if (t->nwanted == t->room) {
		int32_t *more = arena_array(a, (size_t)t->room * 2 + 256, sizeof(*more));
		for (int i = 0; i < t->nwanted; i++)
			more[i] = t->wanted[i];
		t->wanted = more;
		t->room = t->room * 2 + 256;
	}
	t->wanted[t->nwanted++] = id;
}

void punch_names_want(struct punch_names *names, const struct punch_key *key)
{
	table_want(&names->tables[PEOPLE], names->held, key->pin);
	table_want(&names->tables[PLACES], names->held, key->origin);
}

/* --- looking up ----------------------------------------------------------------------------- */

enum { PLACE, ID, UNLINKED, EMP, TEXT_1, TEXT_2, TEXT_3, TEXT_4, TEXT_5, TEXT_6 };

static const char ask_sql[] =
	"select false, n.id, n.unlinked_up_to, e.id, n.code, e.first_name, e.last_name,"
	" (select name from department where id = e.department_id),"
	" (select name from position where id = e.position_id), e.nickname"
	" from pin n left join lateral (select * from employee where pin_id = n.id offset 0) e on true"
	" where n.id = any($1::int[])"
	" union all select true, id, null, null, area_alias, sn, alias, null, null, null"
	" from punch_origin where id = any($2::int[])";

bool punch_names_ask(struct punch_names *names, struct sql *sql)
{
	const struct table *people = &names->tables[PEOPLE], *places = &names->tables[PLACES];

	if (people->nwanted + places->nwanted == 0)
		return false;
	sql_param(sql, db_int4_array(sql->arena, people->wanted, NULL, people->nwanted));
	sql_param(sql, db_int4_array(sql->arena, places->wanted, NULL, places->nwanted));
	sql_add(sql, ask_sql);
	return true;
}

static const char *text_keep(
	struct punch_names *names, const struct rows *rows, int row, int column)
{
	const char *text = rows_text(rows, row, column);
	return text ? arena_strdup(names->held, text) : NULL;
}

static void *place_read(struct punch_names *names, const struct rows *rows, int row)
{
	struct punch_place *p = arena_alloc(names->held, sizeof(*p));

	p->area_alias = text_keep(names, rows, row, TEXT_1);
	p->sn = text_keep(names, rows, row, TEXT_2);
	p->alias = text_keep(names, rows, row, TEXT_3);
	return p;
}

static void *person_read(struct punch_names *names, const struct rows *rows, int row)
{
	struct punch_person *p = arena_alloc(names->held, sizeof(*p));

	p->unlinked = rows_int(rows, row, UNLINKED);
	p->emp = (int32_t)rows_int(rows, row, EMP);
	p->code = text_keep(names, rows, row, TEXT_1);
	p->first_name = text_keep(names, rows, row, TEXT_2);
	p->last_name = text_keep(names, rows, row, TEXT_3);
	p->department = text_keep(names, rows, row, TEXT_4);
	p->position = text_keep(names, rows, row, TEXT_5);
	p->nickname = text_keep(names, rows, row, TEXT_6);
	return p;
}

void punch_names_learn(struct punch_names *names, const struct rows *rows)
{
	for (int i = 0; i < rows_count(rows); i++) {
		bool place = rows_bool(rows, i, PLACE);
		struct name *n = table_slot(
			&names->tables[place ? PLACES : PEOPLE], (int32_t)rows_int(rows, i, ID));
		n->value = place ? place_read(names, rows, i) : person_read(names, rows, i);
	}
}

bool punch_names_fill(const struct punch_names *names, struct punch_row *row)
{
	const struct punch_person *person = table_slot(&names->tables[PEOPLE], row->key.pin)->value;
	const struct punch_place *place =
		table_slot(&names->tables[PLACES], row->key.origin)->value;

	if (!person || !place)
		return false;
	row->place = *place;
	row->person = *person;
	if (row->key.id <= person->unlinked)
		row->person = (struct punch_person){ .code = person->code };
	return true;
}
