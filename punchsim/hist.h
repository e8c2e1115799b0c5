#pragma once
#include "base.h"

/* Times in microseconds, within 1.6 % of the truth, in constant space. Zeroed struct = empty. */
struct hist {
	uint64_t count, max;
	uint32_t slot[40 * 64];
};

void hist_add(struct hist *h, int64_t us);
double hist_ms(const struct hist *h, double quantile); /* 0.99: 99 % were not slower */
