/*
 * The reply to a terminal's handshake: "GET OPTION FROM: <SN>" and one Key=Value a line.
 *
 * Where the keys come from is in PROTOCOL.md. Terminals that wait for approval get the same block:
 * their punches are stored aside, so nothing need be held back.
 */
#ifndef OPTIONS_BLOCK_H
#define OPTIONS_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "dialect.h"
#include "str.h"

/* The last stamp of each table. NULL, "" or anything but digits: 0, which asks for everything. */
struct options_stamps {
	const char *attlog;
	const char *operlog;
	const char *attphoto;
	const char *biodata;
	const char *idcard;
	const char *errorlog;
};

struct options_block {
	const char *sn;
	const struct dialect *dialect;
	struct options_stamps stamps;
	int error_delay; /* seconds; 0 = 30 */
	int delay; /* seconds between polls; 0 = 10 */
	const char *trans_times; /* "HH:MM;HH:MM", at most 10; NULL = "00:00;14:05" */
	int trans_interval; /* minutes; negative = 1 */
	const char *trans_flag; /* the operator's, or NULL: dialect_trans_flag()
				  * or, without biometrics, dialect_trans_flag_plain() */
	int time_zone; /* zone_option() */
	bool no_biometrics; /* none are asked for, photos neither */
	bool batches; /* Realtime=0; false is usual */
};

/* Appends the block; every line ends in LF. A value with control bytes in it is cut before them. */
void options_block_write(struct str *, const struct options_block *);

#endif
