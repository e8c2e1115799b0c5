/*
 * What a terminal says about itself: the INFO= list of a poll, the body of table=options, and the
 * dump that answers an INFO command. Pure, bounded, no allocation. Fuzzed.
 */
#ifndef INFO_H
#define INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

struct info_number {
	bool known;
	int32_t value;
};

/* By position; 5 fields (2008), 6, 10 and 13 are seen. */
struct info {
	int fields; /* how many were sent */
	struct span firmware; /* absent or empty if not sent */
	struct info_number users;
	struct info_number fingerprints;
	struct info_number punches;
	struct span address; /* on its own network */
	struct info_number fp_version;
	struct info_number face_version; /* -1: no face */
	struct info_number face_samples; /* captures needed to enrol one */
	struct info_number faces;
	struct span functions; /* digits 0 and 1 */
	struct info_number cards;
	struct info_number user_photos;
	struct info_number punch_photos;
	/* From functions, what it can be sent; when not said: fingerprints only. */
	bool takes_fp, takes_face, takes_user_photo, takes_bio_photo, takes_bio_data;
};

/* The decoded value of INFO=. False when it is empty. */
bool info_parse(struct span text, struct info *out);

/* "~Key=value" pairs. */
struct info_options {
	const char *at, *end;
};

/*
 * table=options, registry bodies, the dump of an INFO command: pairs separated by line ends, commas,
 * TABs, blanks, ';' or '|', each of which only ends a value where a key or the line's end follows
 * ("~OEMVendor=ZKTECO CO., LTD.,FWVersion=Ver 6.60 Sep 19 2019<TAB>MAC=..").
 */
struct info_options info_options(struct span body);

/* The value of INFO= in a query string that is not decoded, to at most strlen(query) + 1 bytes at out.
 * '+' is a blank in the firmware's version, which is free text. False: there is none. */
bool info_of_query(const char *query, char *out);

/* The next pair: key without '~', of letters, digits and '_' only (what has no such key is passed
 * over); value without outer blanks, any bytes. False at the end. */
bool info_next_option(struct info_options *, struct span *key, struct span *value);

/* A number of up to 9 digits with optional sign; not known otherwise. */
struct info_number info_number(struct span value);

#endif
