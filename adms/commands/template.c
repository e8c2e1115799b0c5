#include "template.h"

#include <string.h>

#include "commands.h"
#include "contact.h"
#include "content.h"
#include "dialect_template.h"
#include "fatal.h"
#include "log.h"
#include "photo.h"

/* As command_take_all has them; row_key and sealed stand before. */
enum {
	COL_FORM,
	COL_VARIANT,
	COL_TYPE,
	COL_NO,
	COL_INDEX,
	COL_MAJOR,
	COL_MINOR,
	COL_FORMAT,
	COL_VALID,
	COL_DURESS,
	COL_SIZE,
	COL_PHOTO
};

struct span template_open(
	struct req *r, const char *place, const struct rows *rows, int i, int row_key)
{
	const int sealed = row_key + 1;
	size_t n = 0;
	char *plain = NULL;
	if (rows_len(rows, i, row_key) == SEAL_ROW_KEY_SIZE)
		plain = seal_open(contact_of(r)->adms->o.seal, req_arena(r), place,
			(const unsigned char *)rows_text(rows, i, row_key),
			rows_text(rows, i, sealed), rows_len(rows, i, sealed), &n);
	return (struct span){ plain, n };
}

/* NULL, or why it must not be sent; of a photo by its address the fetch asks (photo.c). */
static const char *template_problem(struct req *r, const struct dialect_template *t, bool photo)
{
	struct arena *a = req_arena(r);
	const struct span *s = &t->content;
	size_t size = t->size ? strlen(t->size) : 0;
	const char *problem = photo ? NULL : content_place_problem(t->type, t->no, t->index);
	if (problem)
		return problem;
	return photo ? content_picture_problem(a, s->text, s->len, t->size, size)
		     : content_template_problem(a, s->text, s->len, t->size, size);
}

bool template_write(struct req *r, struct str *out, const char *pin, const struct rows *rows, int i,
	int first, const char **problem)
{
	const struct contact *c = contact_of(r);
	struct dialect_template t = { .form = rows_text(rows, i, first + COL_FORM),
		.pin = pin,
		.variant = (enum template_variant)rows_int(rows, i, first + COL_VARIANT),
		.size = rows_text(rows, i, first + COL_SIZE) };
	int *const numbers[] = { &t.type, &t.no, &t.index, &t.major, &t.minor, &t.format, &t.valid,
		&t.duress };
	for (int k = 0; k < (int)LEN(numbers); k++)
		if (!rows_null(rows, i, first + COL_TYPE + k))
			*numbers[k] = (int)rows_int(rows, i, first + COL_TYPE + k);
	if (strcmp(t.form, "BIOPHOTO") == 0)
		t.type = 9; /* also when its terminal did not say so */
	if (t.variant == TEMPLATE_URL) {
		t.url = photo_url(c->adms, req_arena(r), rows_int(rows, i, first + COL_PHOTO),
			c->terminal->id);
	} else {
		bool photo = !rows_null(rows, i, first + COL_PHOTO);
		t.content = template_open(
			r, photo ? "photo.sealed" : "template.sealed", rows, i, first - 2);
		if (!t.content.text) {
			log_error("template_not_opened", "sn", c->sn, "form", t.form, NULL);
			return false;
		}
		*problem = template_problem(r, &t, photo);
	}
	return !*problem && dialect_template_write(out, &t);
}
