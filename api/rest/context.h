/* What the API's own files share; not for others. */
#ifndef CONTEXT_H
#define CONTEXT_H

#include "api_options.h"
#include "http.h"

struct auth;
struct budget;
struct disk;
struct trail;
struct punch_memory;
struct recent;
struct route;

struct api {
	struct arena *arena;
	struct api_options options;
	struct surface surface;
	struct auth *auth;
	struct trail *trail;
	struct punch_memory *punches;
	struct recent *report_places; /* see report_walk.h */
	struct offload *files; /* threads for files that come and go: slow, and never in front of
				* logins */
	struct offload *passwords; /* threads for Argon2, and nothing else */
	const char *files_dir; /* for temporary ones */
	struct disk *disk; /* what those may take, and how many are being made */
	int imports; /* being read */
	struct budget *bodies; /* body_memory */
	const struct route *const *tables; /* of routes, each ends with methods 0 */
	size_t ntables;
	const char *openapi; /* the document, see openapi.h */
	size_t openapi_len;
};

static inline struct api *api_of(const struct req *r)
{
	return req_ctx(r);
}

/* By whose clock times with a zone are read. */
static inline const struct zone *api_zone(const struct req *r)
{
	return api_of(r)->options.zone;
}

/* Methods that any route of ours has for the path; 0 when there is none. */
int api_methods(const struct api *, const char *path);

#endif
