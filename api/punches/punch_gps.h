/*
 * Where a punch was made, as the newest terminals say it: column 12 of ATTLOG, base64 of JSON with a
 * member GPSInfo. Bounded, whatever the bytes are. Fuzzed.
 */
#ifndef PUNCH_GPS_H
#define PUNCH_GPS_H

#include <stdbool.h>
#include <stddef.h>

struct punch_gps {
	char text[64]; /* "" when there is none */
	bool known; /* the text is a position */
	double longitude, latitude; /* degrees */
};

/* rest: the columns from the sixth on, or a whole line, as table punch has them. */
void punch_gps_read(const void *rest, size_t n, struct punch_gps *);

#endif
