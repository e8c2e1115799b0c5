/* Buckets that fill with time: one number each, the moment at which it will be full again. */
#include "limit.h"

#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "owner.h"
#include "seal.h"

enum {
	SETS = 512,
	WAYS = 4,
	/* a whole fleet may move in at once, from one address */
	STRANGER_MS = 2, /* one each */
	STRANGER_BURST = 25000,
	/* more than a terminal brings that sends one punch after the other, each when the last was answered */
	TERMINAL_MS = 1,
	TERMINAL_BURST = 30000
};

struct stranger {
	unsigned char key[16];
	int64_t spent;
};

struct limits {
	unsigned char key[SEAL_KEY_SIZE];
	struct stranger strangers[SETS][WAYS];
};

struct limits *limits_new(void)
{
	struct limits *l = xcalloc(1, sizeof(*l));
	seal_random(l->key, sizeof(l->key));
	return l;
}

void limits_free(struct limits *l)
{
	free(l);
}

static bool bucket_take(int64_t *spent, int64_t now, int64_t each, int64_t burst)
{
	if (*spent < now)
		*spent = now;
	if (*spent + each > now + each * burst)
		return false;
	*spent += each;
	return true;
}

bool limit_stranger(struct limits *l, const char *address, int64_t now)
{
	uint64_t owner = owner_address(address);
	unsigned char key[SEAL_KEY_SIZE];
	seal_hmac(l->key, &owner, sizeof(owner), key);
	struct stranger *set = l->strangers[(key[30] << 8 | key[31]) % SETS], *s = set;
	for (int i = 0; i < WAYS; i++) {
		if (memcmp(set[i].key, key, sizeof(set[i].key)) == 0)
			return bucket_take(&set[i].spent, now, STRANGER_MS, STRANGER_BURST);
		if (set[i].spent < s->spent)
			s = &set[i];
	}
	memcpy(s->key, key, sizeof(s->key));
	s->spent = 0;
	return bucket_take(&s->spent, now, STRANGER_MS, STRANGER_BURST);
}

bool limit_terminal(int64_t *spent, int64_t now)
{
	return bucket_take(spent, now, TERMINAL_MS, TERMINAL_BURST);
}
