/* Latency histogram: 64 slots per power of two. Pure. */
#include "hist.h"

static size_t slot_of(uint64_t us)
{
	if (us < 64)
		return (size_t)us;
	int shift = 63 - __builtin_clzll(us) - 6;
	size_t slot = (size_t)(shift + 1) * 64 + (size_t)((us >> shift) - 64);
	return slot;
}

static uint64_t slot_top(size_t slot)
{
	if (slot < 64)
		return slot;
	size_t shift = slot / 64 - 1;
	return ((slot % 64 + 64 + 1) << shift) - 1;
}

void hist_add(struct hist *h, int64_t us)
{
	uint64_t v = us < 0 ? 0 : (uint64_t)us;
	size_t slot = slot_of(v);

	if (slot >= LEN(h->slot))
		slot = LEN(h->slot) - 1;
	h->slot[slot]++;
	h->count++;
	if (v > h->max)
		h->max = v;
}

double hist_ms(const struct hist *h, double quantile)
{
	uint64_t want = (uint64_t)(quantile * (double)h->count + 0.9999999), seen = 0;

	if (h->count == 0)
		return 0;
	for (size_t i = 0; i < LEN(h->slot); i++) {
		seen += h->slot[i];
		if (seen >= want && seen > 0) {
			uint64_t top = slot_top(i);
			return (double)(top < h->max ? top : h->max) / 1000.0;
		}
	}
	return (double)h->max / 1000.0;
}
