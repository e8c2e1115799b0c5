#pragma once
#include "settings.h"

/* The run command: living terminals until --duration, a signal or quit; returns the exit code. */
int run_terminals(const struct settings *s);

/* Prints the control commands. */
void run_help(void);
