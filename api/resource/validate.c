/* What a body says, checked against the table of fields, in the words of DRF. */
#include <stdio.h>
#include <string.h>

#include "auth.h"
#include "body.h"
#include "card.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "moment.h"
#include "resource_private.h"
#include "scope.h"

/* Characters, not bytes. */
static size_t text_length(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static bool choice_known(const char *choices, const char *text)
{
	size_t n = strlen(text);

	for (;;) {
		size_t len = strcspn(choices, "|");
		if (len == n && memcmp(choices, text, n) == 0)
			return true;
		if (!choices[len])
			return false;
		choices += len + 1;
	}
}

static bool email_is_good(const char *text)
{
	const char *at = strchr(text, '@');

	if (!at || at == text || strpbrk(text, " \t\r\n,;<>()\\\"") || strchr(at + 1, '@'))
		return false;
	const char *dot = strrchr(at, '.');
	return dot && dot > at + 1 && dot[1] && at[1] != '.' && !strstr(at, "..");
}

/* A message, or NULL when the text is fine. */
static const char *text_problem(struct arena *a, const struct field *f, const char *text)
{
	if (!*text)
		return f->flags & F_REQUIRED ? "This field may not be blank." : NULL;
	if (f->choices && !choice_known(f->choices, text))
		return arena_printf(a, "\"%s\" is not a valid choice.", text);
	if (f->max && text_length(text) > (size_t)f->max)
		return arena_printf(a, "Ensure this field has no more than %d characters.", f->max);
	if (f->type == FT_EMAIL && !email_is_good(text))
		return "Enter a valid email address.";
	return NULL;
}

static const char *text_value(
	struct write *w, const struct field *f, const json_t *json, struct value *v)
{
	const char *text = body_text(w->arena, json);

	if (!text)
		return "Not a valid string.";
	const char *problem = text_problem(w->arena, f, text);
	v->text = text;
	v->null = f->choices && !*text; /* no choice made */
	return problem;
}

/* What is no number is a problem only where it is new: what was stored before cards had one form may be
 * written back. */
static const char *card_value(
	struct write *w, const struct field *f, const json_t *json, struct value *v)
{
	char card[CARD_SIZE];
	const char *problem = text_value(w, f, json, v);

	if (problem)
		return problem;
	if (json_is_real(json) || !card_read(span_of(v->text), card))
		v->problem = "A card number is decimal digits, at most 18446744073709551615.";
	else if (*card)
		v->text = arena_strdup(w->arena, card);
	else
		v->null = true;
	return NULL;
}

static const char *int_value(
	struct write *w, const struct field *f, const json_t *json, struct value *v)
{
	int64_t n, low = f->low, high = f->high;

	if (low == 0 && high == 0) {
		low = INT32_MIN;
		high = INT32_MAX;
	}
	if (!body_int(json, &n))
		return "A valid integer is required.";
	v->text = arena_printf(w->arena, "%lld", (long long)n);
	if (f->choices && !choice_known(f->choices, v->text))
		return arena_printf(w->arena, "\"%s\" is not a valid choice.", v->text);
	if (n > high)
		return arena_printf(w->arena, "Ensure this value is less than or equal to %lld.",
			(long long)high);
	if (n < low)
		return arena_printf(w->arena, "Ensure this value is greater than or equal to %lld.",
			(long long)low);
	return NULL;
}

static const char *bool_value(const json_t *json, struct value *v)
{
	bool yes;

	if (!body_bool(json, &yes))
		return "Must be a valid boolean.";
	v->text = yes ? "t" : "f";
	return NULL;
}

static const char *date_value(struct write *w, const json_t *json, struct value *v)
{
	char date[16];
	const char *text = json_is_string(json) ? body_text(w->arena, json) : NULL;

	if (!text || !moment_date(text, date))
		return "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";
	v->text = arena_strdup(w->arena, date);
	return NULL;
}

static const char *time_value(struct write *w, const json_t *json, struct value *v)
{
	char time[32];
	const char *text = json_is_string(json) ? body_text(w->arena, json) : NULL;

	if (!text || !moment_wall(text, api_zone(w->req), time))
		return "Datetime has wrong format. Use one of these formats instead: "
		       "YYYY-MM-DD hh:mm:ss.";
	time[19] = '\0'; /* whole seconds, as they are shown: two of one second are one punch */
	v->text = arena_strdup(w->arena, time);
	return NULL;
}

static const char *ref_value(struct write *w, const json_t *json, struct value *v)
{
	char message[120];
	int32_t id;

	if (!body_id(json, &id, message))
		return arena_strdup(w->arena, message);
	v->text = arena_printf(w->arena, "%d", id);
	return NULL;
}

static const char *field_value(
	struct write *w, const struct field *f, const json_t *json, struct value *v)
{
	switch (f->type) {
	case FT_TEXT:
	case FT_EMAIL:
		return text_value(w, f, json, v);
	case FT_CARD:
		return card_value(w, f, json, v);
	case FT_INT:
		return int_value(w, f, json, v);
	case FT_BOOL:
	case FT_FLAG:
		return bool_value(json, v);
	case FT_DATE:
		return date_value(w, json, v);
	case FT_TIME:
		return time_value(w, json, v);
	case FT_REF:
		return ref_value(w, json, v);
	case FT_DOUBLE:
	case FT_REFS:
	case FT_LIST:
	case FT_OBJECT:
	case FT_JSON:
		break;
	}
	fatal("%s.%s is no field to be written", w->res->name, f->json);
}

/* [], [1,2], ["a","b"], or a comma list. */
static const char *list_value(
	struct write *w, const struct field *f, const json_t *json, struct value *v)
{
	enum { ELEMENTS_MAX = 1000, ELEMENT_MAX = 200 };
	const char *text = json_is_string(json) ? json_string_value(json) : NULL, *problem = NULL;

	if (!text && !json_is_array(json))
		return arena_printf(
			w->arena, "Expected a list of items but got type \"%s\".", body_type(json));
	json_t *list = text ? json_array() : json_incref((json_t *)json);
	for (; text && *text; text += strcspn(text, ","), text += *text == ',') {
		text += strspn(text, " ");
		json_array_append_new(list, json_stringn(text, strcspn(text, ", ")));
	}
	v->n = (int)json_array_size(list);
	if (v->n > ELEMENTS_MAX)
		problem = "Ensure this field has no more than 1000 elements.";
	v->ids = arena_array(w->arena, (size_t)v->n + 1, sizeof(*v->ids));
	v->words = arena_array(w->arena, (size_t)v->n + 1, sizeof(*v->words));
	for (int i = 0; i < v->n && !problem; i++) {
		const json_t *element = json_array_get(list, (size_t)i);
		char message[120];
		v->words[i] = body_text(w->arena, element);
		if (f->table && !body_id(element, &v->ids[i], message))
			problem = arena_strdup(w->arena, message);
		else if (!f->table && (!v->words[i] || strlen(v->words[i]) > ELEMENT_MAX))
			problem = "Not a valid string.";
	}
	json_decref(list);
	return problem;
}

static bool is_nothing(const struct field *f, const json_t *json)
{
	if (json_is_null(json))
		return true;
	if (f->type == FT_TEXT || f->type == FT_EMAIL || f->type == FT_CARD ||
		!json_is_string(json))
		return false;
	const char *text = json_string_value(json);
	return !text[strspn(text, " \t\r\n")];
}

static void field_validate(struct write *w, const struct field *f, struct value *v)
{
	const json_t *json = json_object_get(w->body, f->json);
	const char *problem = NULL;

	if (f->type == FT_REFS) {
		body_ids(w->arena, w->body, f->json, w->create && (f->flags & F_REQUIRED),
			w->errors, &v->ids, &v->n, NULL);
		v->present = v->n > 0;
		return;
	}
	if (!json) {
		if (w->create && (f->flags & F_REQUIRED))
			errors_add(w->errors, f->json, "This field is required.");
		return;
	}
	v->null = is_nothing(f, json);
	/* what was shown as null comes back as null, and means nothing */
	if (v->null && !w->create && (f->flags & F_SECRET) && !auth_sees_credentials(w->req))
		return;
	if (v->null && (f->flags & (F_REQUIRED | F_NOT_NULL)))
		problem = "This field may not be null.";
	else if (!v->null && f->type == FT_LIST)
		problem = list_value(w, f, json, v);
	else if (!v->null)
		problem = field_value(w, f, json, v);
	if (problem)
		errors_add(w->errors, f->json, "%s", problem);
	v->present = !problem;
}

/* Who has limits cannot make a root: it would be outside of them. */
static void parent_validate(struct write *w, const struct field *f, const struct value *v)
{
	bool none = v->present ? v->null : w->create;

	if (none && f->flags & F_PARENT && scope_limits(w->req) && scope_divides(f->table) &&
		!json_object_get(w->errors, f->json))
		errors_add(w->errors, f->json, "This field may not be null.");
}

void write_validate(struct write *w)
{
	const struct field *f = w->res->fields;

	for (int i = 0; f[i].json; i++)
		if ((f[i].flags & F_WRITE) && (w->create || !(f[i].flags & F_FIXED))) {
			field_validate(w, &f[i], &w->given[i]);
			parent_validate(w, &f[i], &w->given[i]);
		}
}

static bool member_known(const struct write *w, const char *name, const char *also)
{
	for (const struct field *f = w->res->fields; f->json; f++)
		if (strcmp(f->json, name) == 0)
			return true;
	return also && strcmp(name, also) == 0;
}

void write_exactly(struct write *w, const char *also)
{
	struct str known = str_new(w->arena);
	const char *name;
	json_t *value;

	if (also)
		str_add(&known, also);
	for (const struct field *f = w->res->fields; f->json; f++)
		str_addf(&known, "%s%s", known.len ? ", " : "", f->json);
	json_object_foreach(w->body, name, value) if (!member_known(w, name, also))
		errors_add(w->errors, name, "Unknown field \"%s\"; known are: %s.", name,
			known.len ? str_text(&known) : "none");
}
