/* Own copies of a db_options. */
#include "options.h"

#include <stdlib.h>

#include "fatal.h"

struct db_options options_copy(const struct db_options *from)
{
	return (struct db_options){
		.name = xstrdup(from->name ? from->name : "punchd"),
		.conninfo = xstrdup(from->conninfo ? from->conninfo : ""),
		.timezone = xstrdup(from->timezone ? from->timezone : ""),
		.size = from->size,
		.durable = from->durable,
	};
}

void options_free(struct db_options *o)
{
	free((char *)o->name);
	free((char *)o->conninfo);
	free((char *)o->timezone);
}
