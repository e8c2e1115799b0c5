#include "terminal_options.h"

#include <jansson.h>
#include <string.h>

#include "fatal.h"
#include "means.h"

#define MAX_PAIRS 400 /* INFO dumps of 190 lines are seen */

/* Passwords and keys that firmware tells about: none of our business. */
static bool option_is_secret(const char *key)
{
	static const char *const words[] = { "passw", "pwd", "key", "secret", "token" };
	for (size_t i = 0; i < LEN(words); i++)
		if (strcasestr(key, words[i]))
			return true;
	return false;
}

/* Options that something is made of are called by one name, however firmware spells it. */
static const char *option_name(const char *key)
{
	static const char *const words[] = { "DeviceName", "FPCount", "FPVersion", "FaceCount",
		"FaceVersion", "MAC", "MultiBioVersion", "OEMVendor", "Platform", "PvCount",
		"TransactionCount", "UserCount" };
	for (size_t i = 0; i < LEN(words); i++)
		if (strcasecmp(key, words[i]) == 0)
			return words[i];
	return key;
}

int options_statement(struct req *r, const struct terminal *t, struct info_options pairs,
	struct db_statement *out)
{
	struct arena *a = req_arena(r);
	json_t *said = json_object();
	struct span key, value;
	for (int i = 0; i < MAX_PAIRS && info_next_option(&pairs, &key, &value); i++) {
		const char *name = text_decode(a, key, &t->encoding);
		const char *text = text_decode(a, value, &t->encoding);
		if (name && *name && text && !option_is_secret(name))
			json_object_set_new(said, option_name(name), json_string(text));
	}
	char *json = json_object_size(said) ? json_dumps(said, JSON_COMPACT) : NULL;
	json_decref(said);
	if (!json)
		return 0;
	struct db_arg *args = arena_array(a, 2, sizeof(*args));
	args[0] = db_int(a, t->id);
	args[1] = db_text(arena_strdup(a, json));
	free(json);
	*out = (struct db_statement){ "select terminal_options($1::int, $2::jsonb)", args, 2 };
	return 1;
}
