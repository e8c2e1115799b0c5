/* What a terminal says at the end of an upload about how far it has come, and is told at its next handshake. */
#ifndef STAMP_H
#define STAMP_H

#include <stdbool.h>

#include "span.h"

/* A stamp that may be stored and sent back: 1 to 20 digits. */
bool stamp_ok(struct span);

#endif
