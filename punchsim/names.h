#pragma once

/* A plausible name for the n-th person, at most 24 bytes; the same n gives the same name. */
void name_make(unsigned n, char out[32]);
