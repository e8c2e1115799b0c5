/*
 * The terminals' side as the rest of the program sees it: one surface, started and drained.
 */
#ifndef ADMS_H
#define ADMS_H

#include <stdbool.h>

#include "adms_options.h"
#include "http.h"

struct adms;

struct adms *adms_new(const struct adms_options *);
const struct surface *adms_surface(struct adms *);

/* Before the end: starts writing what is batched; true while anything is still being written, so
 * run the loop and ask again. */
bool adms_flush(struct adms *);

/* After http has drained and adms_flush() said false (or patience ended). First adms_stop(), while
 * http is still there: threads may be at work on what requests hold. */
void adms_stop(struct adms *);
void adms_free(struct adms *);

void adms_stats(const struct adms *, struct adms_stats *);

bool adms_database_up(const struct adms *); /* ingest's pool is connected */

#endif
