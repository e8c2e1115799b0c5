/* Failed logins: a score for each address and each name, falling by one in ten seconds. */
#include "guard.h"

#include <string.h>

#include "owner.h"
#include "seal.h"

enum {
	SETS = 512,
	WAYS = 4,
	FORGET_MS = 10000, /* one failure */
	ADDRESS_SLOW = 5, /* failures */
	ADDRESS_REFUSE = 20,
	NAME_SLOW = 10,
	NAME_REFUSE = 30,
	SCORE_MAX = 40,
	DELAY_MAX = 4000 /* ms */
};

/* An address counts as an account's own so long. */
#define HOME_MS (30 * INT64_C(86400000))

struct score {
	unsigned char key[16];
	int64_t emptied; /* when it will have fallen, or had fallen, to 0 */
	int waiting; /* attempts */
};

/* Where an account has logged in. */
struct home {
	unsigned char key[16];
	int64_t until;
	int64_t emptied; /* of failures there since, as of a score */
};

struct guard {
	unsigned char key[SEAL_KEY_SIZE];
	struct score scores[SETS][WAYS];
	struct home homes[SETS][WAYS];
};

struct guard *guard_new(struct arena *a)
{
	struct guard *g = arena_alloc(a, sizeof(*g));
	seal_random(g->key, sizeof(g->key));
	return g;
}

static void address_key(const struct guard *g, const char *address, unsigned char key[32])
{
	uint64_t owner = owner_address(address);
	unsigned char bytes[1 + sizeof(owner)] = { 'a' };

	memcpy(bytes + 1, &owner, sizeof(owner));
	seal_hmac(g->key, bytes, sizeof(bytes), key);
}

static void name_key(const struct guard *g, const char *name, unsigned char key[32])
{
	unsigned char first[33] = { 'n' };

	seal_sha256(name, strlen(name), first + 1);
	seal_hmac(g->key, first, sizeof(first), key);
}

static bool score_counts_less(const struct score *s, const struct score *other)
{
	if ((s->waiting > 0) != (other->waiting > 0))
		return s->waiting == 0;
	return s->emptied < other->emptied;
}

static struct score *score_find(struct guard *g, const unsigned char *key, bool make)
{
	struct score *set = g->scores[(key[30] << 8 | key[31]) % SETS], *least = set;

	for (int i = 0; i < WAYS; i++) {
		if (memcmp(set[i].key, key, sizeof(set[i].key)) == 0)
			return &set[i];
		if (score_counts_less(&set[i], least))
			least = &set[i];
	}
	if (!make)
		return NULL;
	*least = (struct score){ 0 };
	memcpy(least->key, key, sizeof(least->key));
	return least;
}

/* In milliseconds until forgotten. */
static int64_t score_left(struct guard *g, const unsigned char *key, int64_t now)
{
	const struct score *s = score_find(g, key, false);
	return s && s->emptied > now ? s->emptied - now : 0;
}

static void home_key(const struct guard *g, const unsigned char by_address[32],
	const unsigned char by_name[32], unsigned char key[32])
{
	unsigned char both[64];

	memcpy(both, by_address, 32);
	memcpy(both + 32, by_name, 32);
	seal_hmac(g->key, both, sizeof(both), key);
}

/* make: the place of the one that ends first when it is not there. */
static struct home *home_find(struct guard *g, const unsigned char *key, int64_t now, bool make)
{
	struct home *set = g->homes[(key[30] << 8 | key[31]) % SETS], *least = set;

	for (int i = 0; i < WAYS; i++) {
		if (set[i].until > now && memcmp(set[i].key, key, sizeof(set[i].key)) == 0)
			return &set[i];
		if (set[i].until < least->until)
			least = &set[i];
	}
	if (!make)
		return NULL;
	*least = (struct home){ 0 };
	memcpy(least->key, key, sizeof(least->key));
	return least;
}

static int seconds_until(int64_t left, int failures)
{
	return (int)((left - (int64_t)(failures - 1) * FORGET_MS) / 1000) + 1;
}

struct guard_who guard_who(const struct guard *g, const char *address, const char *name)
{
	struct guard_who who;

	address_key(g, address, who.address);
	name_key(g, name, who.name);
	home_key(g, who.address, who.name, who.both);
	return who;
}

/* By failures of this account from this address alone. */
static struct guard_advice home_ask(const struct home *home, int under_way, int64_t now)
{
	int64_t left = (home->emptied > now ? home->emptied - now : 0) + under_way * FORGET_MS;
	int n = (int)((left + FORGET_MS - 1) / FORGET_MS);
	struct guard_advice advice = { 0 };

	if (n >= ADDRESS_REFUSE)
		advice.refuse_seconds = seconds_until(left, ADDRESS_REFUSE);
	else if (n >= ADDRESS_SLOW)
		advice.delay_ms = 1000;
	return advice;
}

struct guard_advice guard_ask(struct guard *g, const char *address, const char *name, int64_t now)
{
	const struct guard_who who = guard_who(g, address, name);

	return guard_ask_who(g, &who, 0, now);
}

struct guard_advice guard_ask_who(
	struct guard *g, const struct guard_who *who, int under_way, int64_t now)
{
	struct guard_advice advice = { 0 };
	const struct home *home = home_find(g, who->both, now, false);

	if (home)
		return home_ask(home, under_way, now);
	int64_t here = score_left(g, who->address, now) + under_way * FORGET_MS;
	int64_t there = score_left(g, who->name, now);
	int here_n = (int)((here + FORGET_MS - 1) / FORGET_MS);
	int there_n = (int)((there + FORGET_MS - 1) / FORGET_MS);
	if (here_n >= ADDRESS_REFUSE) {
		advice.refuse_seconds = seconds_until(here, ADDRESS_REFUSE);
	} else if (here_n > 0 && there_n >= NAME_REFUSE) {
		int alone = seconds_until(here, 1), both = seconds_until(there, NAME_REFUSE);
		advice.refuse_seconds = alone < both ? alone : both;
	} else if (here_n >= ADDRESS_SLOW) {
		int steps = (here_n - ADDRESS_SLOW) / 2;
		advice.delay_ms = steps < 4 ? 250 << steps : DELAY_MAX;
	} else if (there_n >= NAME_SLOW) {
		advice.delay_ms = 1000;
	}
	return advice;
}

static void emptied_raise(int64_t *emptied, int64_t now)
{
	if (*emptied < now)
		*emptied = now;
	*emptied += FORGET_MS;
	if (*emptied > now + (int64_t)SCORE_MAX * FORGET_MS)
		*emptied = now + (int64_t)SCORE_MAX * FORGET_MS;
}

void guard_succeeded(struct guard *g, const char *address, const char *name, int64_t now)
{
	const struct guard_who who = guard_who(g, address, name);

	guard_who_succeeded(g, &who, now);
}

void guard_who_succeeded(struct guard *g, const struct guard_who *who, int64_t now)
{
	home_find(g, who->both, now, true)->until = now + HOME_MS;
}

void guard_failed(struct guard *g, const char *address, const char *name, int64_t now)
{
	const struct guard_who who = guard_who(g, address, name);

	guard_who_failed(g, &who, now);
}

void guard_who_failed(struct guard *g, const struct guard_who *who, int64_t now)
{
	struct home *home = home_find(g, who->both, now, false);

	emptied_raise(&score_find(g, who->address, true)->emptied, now);
	emptied_raise(&score_find(g, who->name, true)->emptied, now);
	if (home)
		emptied_raise(&home->emptied, now);
}

/* --- who comes first ------------------------------------------------------------------------ */

void guard_enter(struct guard *g, const struct guard_who *who)
{
	score_find(g, who->address, true)->waiting++;
}

void guard_leave(struct guard *g, const struct guard_who *who)
{
	struct score *s = score_find(g, who->address, false);

	if (s && s->waiting > 0)
		s->waiting--;
}

/* When it will have fallen if all others that wait fail; 0: it never failed. */
static int64_t score_place(struct guard *g, const unsigned char *key, int64_t now)
{
	const struct score *s = score_find(g, key, false);

	if (!s || s->waiting <= 1)
		return s ? s->emptied : 0;
	return (s->emptied > now ? s->emptied : now) + (s->waiting - 1) * (int64_t)FORGET_MS;
}

bool guard_before(
	struct guard *g, const struct guard_who *who, const struct guard_who *other, int64_t now)
{
	bool home = home_find(g, who->both, now, false) != NULL;
	int64_t here = score_place(g, who->address, now);
	int64_t others = score_place(g, other->address, now);

	if (home != (home_find(g, other->both, now, false) != NULL))
		return home;
	if (here != others)
		return here < others;
	return score_place(g, who->name, now) < score_place(g, other->name, now);
}
