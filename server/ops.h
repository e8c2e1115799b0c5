/*
 * What operators and load balancers ask: /healthz, /readyz and /metrics.
 */
#ifndef OPS_H
#define OPS_H

#include "adms.h"
#include "api.h"
#include "db.h"
#include "http.h"
#include "ready.h"

struct ops;

struct ops_options {
	struct db *db;
	const struct ready *ready;
	const struct http *http;
	struct adms *adms;
	struct api *api; /* asks for the login */
	uint64_t *longest_turn; /* of the loop; 0 after it was told */
	bool https_only; /* plain HTTP gets health, and nothing else of `listen` */
};

struct ops *ops_new(const struct ops_options *);
void ops_free(struct ops *);

/* For `listen`: /metrics needs a login. Claims only its own paths. */
const struct surface *ops_surface(const struct ops *);

/* For `metrics_listen`: needs none. */
const struct surface *ops_open_surface(const struct ops *);

/* The last surface of a listener that serves nothing else: everything is 404. */
const struct surface *ops_nothing(const struct ops *);

#endif
