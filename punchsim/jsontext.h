#pragma once
#include "base.h"

#include <jansson.h>

/* A JSON string of foreign bytes; those that are no UTF-8 are shown as Latin-1. */
json_t *text_json(struct slice s);
