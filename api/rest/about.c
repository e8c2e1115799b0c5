#include "about.h"

#include "fatal.h"

void about_filters(struct about *about, const struct filter *filters)
{
	for (int i = 0; filters && i < ABOUT_FILTERS; i++)
		if (!about->filters[i]) {
			about->filters[i] = filters;
			return;
		}
	if (filters)
		fatal("more than %d tables of filters", ABOUT_FILTERS);
}
