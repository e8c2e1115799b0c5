/* Own copies of a db_options, whose strings may go after db_new(). Private to db/. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "db.h"

struct db_options options_copy(const struct db_options *);
void options_free(struct db_options *); /* the copies, not the struct */

#endif
