#pragma once
#include "base.h"

/* Appends text in another encoding; what the other has not becomes '?'. Dies on an unknown name. */
void encoding_convert(struct buf *out, const char *to, const char *from, struct slice text);
