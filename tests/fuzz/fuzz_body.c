/* Bodies of requests: the first byte chooses the content type. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "body.h"
#include "errors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char *const types[] = { "application/json", "application/x-www-form-urlencoded",
	"multipart/form-data; boundary=x", "multipart/form-data; boundary=\"\\a\"", NULL };

/* Whatever came is read in every way that a handler may. */
static void members_read(struct arena *a, json_t *body)
{
	json_t *errors = errors_new(a), *value;
	const char *key;
	char message[120];
	int32_t *ids, id;
	int64_t number;
	bool yes;
	int n;

	json_object_foreach(body, key, value)
	{
		body_ids(a, body, key, true, errors, &ids, &n, NULL);
		for (int i = 1; i < n; i++)
			assert(ids[i] > ids[i - 1]);
		assert((n > 0) == !json_object_get(errors, key));
		const char *text = body_text(a, value);
		assert(!text || str_is_utf8(text, strlen(text)));
		body_bool(value, &yes);
		body_int(value, &number);
		body_id(value, &id, message);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char reason[160] = "";
	int status = 0;
	bool list = false;

	if (n == 0)
		return 0;
	const char *type = types[bytes[0] % (sizeof(types) / sizeof(*types))];
	json_t *body = body_parse(type, (const char *)bytes + 1, n - 1, &status, reason, &list);
	if (!body) {
		assert(status == 400 && reason[0] && strlen(reason) < sizeof(reason));
		return 0;
	}
	assert(json_is_object(body));
	struct arena *a = arena_new();
	members_read(a, body);
	arena_free(a);
	json_decref(body);
	return 0;
}
