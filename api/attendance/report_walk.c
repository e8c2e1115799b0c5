/* The beginnings of pages by a digest of everything else that was asked for. */
#include "report_walk.h"

#include <string.h>

#include "auth.h"
#include "clock.h"
#include "context.h"
#include "seal.h"

enum { LIFE_MS = 60000 };

static void page_digest(struct req *r, int64_t page, unsigned char digest[SEAL_KEY_SIZE])
{
	struct str text = str_new(req_arena(r));
	const char *name, *value;

	str_addf(&text, "%d %lld %s", auth_account(r)->id, (long long)page, req_path(r));
	for (int i = 0; req_param_at(r, i, &name, &value); i++)
		if (strcmp(name, "page") != 0)
			str_addf(&text, "%c%zu=%s%zu=%s", '&', strlen(name), name, strlen(value),
				value);
	seal_sha256(str_text(&text), text.len, digest);
}

bool report_walk_find(struct req *r, int64_t page, struct report_place *place)
{
	unsigned char digest[SEAL_KEY_SIZE];

	page_digest(r, page, digest);
	const struct report_place *known =
		recent_get(api_of(r)->report_places, digest, sizeof(digest));
	if (!known || known->until < clock_ticks())
		return false;
	*place = *known;
	return true;
}

void report_walk_served(struct req *r, int64_t next_page, const struct report_place *place)
{
	unsigned char digest[SEAL_KEY_SIZE];

	page_digest(r, next_page, digest);
	struct report_place *known = recent_put(api_of(r)->report_places, digest, sizeof(digest));
	*known = *place;
	known->until = clock_ticks() + LIFE_MS;
}
