/* What all imports have in common. */
#include "import_file.h"

#include <event2/event.h>
#include <malloc.h>
#include <string.h>
#include <strings.h>

#include "about.h"
#include "body.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "form.h"
#include "import.h"
#include "offload.h"

enum { AT_ONCE = 4 /* each may need a few hundred megabytes */ };

static void memory_trim(void *arg)
{
	malloc_trim(0);
}

static void memory_trimmed(void *arg)
{
}

/* The arena has ended by now. */
static void import_trim(evutil_socket_t fd, short what, void *arg)
{
	const struct api *api = arg;

	offload_run(api->files, memory_trim, memory_trimmed, NULL);
}

/* The hundreds of megabytes that one may have needed go back to the system, not to malloc. */
static void import_ended(void *arg)
{
	static const struct timeval soon = { 0, 1000 };
	struct api *api = arg;

	api->imports--;
	event_base_once(api->options.base, -1, EV_TIMEOUT, import_trim, api, &soon);
}

static void errors_release(void *arg)
{
	json_decref(arg);
}

/* A parameter that is one of two words, the first by default. */
static bool word_read(
	struct req *r, const char *name, const char *usual, const char *other, bool *is_other)
{
	const char *value = req_param(r, name);

	*is_other = value && strcmp(value, other) == 0;
	if (!value || !*value || *is_other || strcmp(value, usual) == 0)
		return true;
	error_field(r, name, arena_printf(req_arena(r), "Choose \"%s\" or \"%s\".", usual, other));
	return false;
}

static bool order_read(struct req *r, enum import_order *order)
{
	static const char *const names[] = { "ymd", "dmy", "mdy" };
	const char *value = req_param(r, "date_format");

	*order = IMPORT_YMD;
	if (!value || !*value)
		return true;
	for (size_t i = 0; i < LEN(names); i++)
		if (str_same_word(value, names[i])) {
			*order = (enum import_order)i;
			return true;
		}
	error_field(r, "date_format", "Choose \"ymd\", \"dmy\" or \"mdy\".");
	return false;
}

static bool options_read(struct req *r, struct import_file *f)
{
	const char *dry = req_param(r, "dry_run");

	if (dry && *dry) {
		json_t *text = json_string(dry);
		bool known = text && body_bool(text, &f->dry_run);
		json_decref(text);
		if (!known) {
			error_field(r, "dry_run", "Must be a valid boolean.");
			return false;
		}
	}
	return word_read(r, "mode", "all", "good", &f->good) &&
	       word_read(r, "existing", "error", "update", &f->update) && order_read(r, &f->order);
}

bool import_file_read(struct req *r, struct import_file *f)
{
	const char *type = req_header(r, "Content-Type");
	struct api *api = api_of(r);

	if (!options_read(r, f))
		return false;
	f->bytes = req_body(r, &f->n);
	if (type && strncasecmp(type, "multipart/", 10) == 0) {
		struct form_file file;
		form_first_file(type, f->bytes, f->n, &file);
		f->bytes = file.bytes;
		f->n = file.n;
	}
	if (f->n == 0) {
		error_field(r, "file", "No file was submitted.");
		return false;
	}
	if (api->imports >= AT_ONCE) {
		api_refused(r, 503, "busy", 0);
		return false;
	}
	api->imports++;
	arena_defer(req_arena(r), import_ended, api);
	f->errors = json_array();
	arena_defer(req_arena(r), errors_release, f->errors);
	return true;
}

const char *import_file_time(const struct import_file *f, const struct table *t, struct arena *a,
	const char *cell, bool with_time)
{
	char date[20], text[IMPORT_TIME];

	if (table_date(t, cell, with_time, date))
		return arena_strdup(a, date);
	if (import_time_read(cell, f->order, text))
		return arena_strdup(a, text);
	return cell;
}

void import_file_refuse(
	struct import_file *f, int line, const char *key, const char *name, const json_t *errors)
{
	json_t *entry;

	if (f->failed++ >= IMPORT_ERRORS)
		return;
	entry = json_object();
	json_object_set_new(entry, "row", json_integer(line));
	json_object_set_new(entry, key, json_string(name));
	json_object_set_new(entry, "errors", json_deep_copy(errors));
	json_array_append_new(f->errors, entry);
}

bool import_file_fails(const struct import_file *f)
{
	return f->failed > 0 && !f->good;
}

void import_file_reply(struct req *r, struct import_file *f)
{
	json_t *reply = errors_new(req_arena(r)), *data = json_object(), *ignored = json_array();
	bool fails = import_file_fails(f);

	for (int i = 0; i < f->nignored; i++)
		json_array_append_new(ignored, json_string(f->ignored[i]));
	json_object_set_new(data, "dry_run", json_boolean(f->dry_run));
	json_object_set_new(data, "rows", json_integer(f->rows));
	json_object_set_new(data, "created", json_integer(fails ? 0 : f->created));
	json_object_set_new(data, "updated", json_integer(fails ? 0 : f->updated));
	json_object_set_new(data, "unchanged", json_integer(fails ? 0 : f->unchanged));
	json_object_set_new(data, "failed", json_integer(f->failed));
	json_object_set_new(data, "ignored_columns", ignored);
	json_object_set(data, "errors", f->errors);
	if (fails)
		json_object_set_new(reply, "detail",
			json_sprintf("Nothing is imported: %lld of %lld rows have errors.",
				(long long)f->failed, (long long)f->rows));
	else
		json_object_set_new(reply, "code", json_integer(0));
	json_object_set_new(reply, "msg", json_string(""));
	json_object_set_new(reply, "data", data);
	reply_json(r, fails ? 400 : 200, reply);
}

void import_about(const struct route *route, struct arena *a, struct about *about)
{
	static const struct filter params[] = {
		{ "dry_run", FILTER_BOOL, NULL },
		{ "mode", FILTER_TEXT, NULL },
		{ "existing", FILTER_TEXT, NULL },
		{ "date_format", FILTER_TEXT, NULL },
		{ 0 },
	};

	static const struct filter punch_params[] = {
		{ "terminal_sn", FILTER_TEXT, NULL },
		{ 0 },
	};

	about->summary = "Import a file";
	about->takes_file = true;
	about_filters(about, params);
	if (route->handler == import_punches)
		about_filters(about, punch_params);
}
