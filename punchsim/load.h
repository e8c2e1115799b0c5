#pragma once
#include "settings.h"

/* The load command, from connecting to the JSON object on stdout; returns the exit code. */
int load_run(const struct settings *s);
