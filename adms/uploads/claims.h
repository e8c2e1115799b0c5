/*
 * Members of people that a terminal of none of their areas said (claims.sql), and that were taken:
 * opened, merged and filled in here, for the database cannot open them.
 */
#ifndef CLAIMS_H
#define CLAIMS_H

struct adms;

/* Starts on terminals whose claims were taken; called every second. */
void claims_tick(struct adms *);

#endif
