#pragma once
#include "base.h"

/* Firmware generations; also bits of the table of commands in execute.c. */
enum { G1 = 1, G2 = 2, G3 = 4, G4 = 8, G5 = 16, G_ALL = 31, G_FROM_2 = 30, G_FROM_3 = 28 };

#define BIO_TYPES 11

/* What a firmware generation says and understands. */
struct profile {
	const char *name;
	unsigned bit;
	bool old; /* no pushver: no table= in uploads, old verbs */
	bool old_stamps; /* encoded times; raw spaces, cards in hex, photos through fdata */
	const char *handshake; /* rest of the query */
	const char *firmware, *device, *platform;
	const char *attlog_tail; /* columns after the verify code */
	unsigned user_keys; /* of a USER line, see people.h */
	const char *timezones; /* default TZ of a USER line */
	int verify; /* how people identify themselves */
	unsigned info_fields;
	int fp_version, face_version; /* -1: none */
	bool fp_unified; /* fingerprints are BIODATA Type=1 */
	int bio[BIO_TYPES]; /* versions by biometric type; visible-light faces: face_version */
	bool size_decoded; /* Size of a template counts bytes, not base64 digits */
	int unknown_verb, unknown_table, nothing_found;
};

const struct profile *profile_find(const char *name); /* NULL: no such */
const struct profile *profile_nth(size_t n); /* in turn */
