#pragma once
#include "base.h"

/* What TransFlag allows a terminal to upload by itself. */
enum {
	TF_ATTLOG = 1 << 0,
	TF_OPLOG = 1 << 1,
	TF_ATTPHOTO = 1 << 2,
	TF_ENROLLFP = 1 << 3,
	TF_ENROLLUSER = 1 << 4,
	TF_FPIMAG = 1 << 5,
	TF_CHGUSER = 1 << 6,
	TF_CHGFP = 1 << 7,
	TF_FACE = 1 << 8,
	TF_USERPIC = 1 << 9,
	TF_WORKCODE = 1 << 10,
	TF_BIOPHOTO = 1 << 11,
	TF_FVEIN = 1 << 12,
	TF_ALL = (1 << 13) - 1,
};

/* The option block that answers a handshake; absent keys keep what the caller had put in. */
struct block {
	long delay, error_delay;
	bool realtime, has_zone;
	long zone; /* seconds east of GMT */
	unsigned trans;
	/* the table is to be uploaded again: its stamp was 0, null or None */
	bool again_attlog, again_operlog, again_biodata;
	bool biodata_announced;
};

/*
 * old: reads the stamps that the first terminals know, else those named after tables (with the
 * old ones as a fallback). False, and *b untouched, unless it begins with GET OPTION FROM: <sn>.
 */
bool block_parse(struct slice body, const char *sn, bool old, struct block *b);

unsigned block_trans(struct slice value); /* TransFlag, bit form or TransData form */

/* Walks its Key=Value lines; false at the end. */
bool block_next(struct slice *rest, struct slice *key, struct slice *value);
