/*
 * Which generation a terminal is of, and what that means. The command texts are in
 * dialect_command.h, the facts in PROTOCOL.md.
 */
#ifndef DIALECT_H
#define DIALECT_H

#include <stdbool.h>
#include <stddef.h>

enum generation {
	GENERATION_1 = 1, /* to 2010: no pushver, DATA USER */
	GENERATION_2, /* 2010-2014: PUSH 2.0 to 2.2.13 */
	GENERATION_3, /* 2014-2020: 2.2.14 to 2.4 */
	GENERATION_4, /* from 2019: visible light */
	GENERATION_5, /* from 2023: may announce 3.x, same dialect */
	GENERATION_ACC /* DeviceType=acc: another protocol, no command of ours fits */
};

/* What is known of a terminal; NULL or 0 = not known. */
struct dialect_facts {
	const char *pushver; /* of the handshake */
	const char *device_type; /* of the handshake */
	const char *name; /* options: DeviceName */
	const char *platform; /* options: Platform */
	const char *firmware; /* INFO, or options: FWVersion */
	int fp_version;
	int face_version;
	int info_fields; /* of the last INFO */
	bool aspx; /* asks for /iclock/cdata.aspx */
};

enum dialect_quirk {
	DIALECT_DIGIT_FLAGS = 1, /* reads TransFlag only as digits */
	DIALECT_BASIC_USER = 2, /* -629 on user keys it does not know */
	DIALECT_FEW_VERBS = 4, /* CHECK, CLEAR, INFO, REBOOT and DATA only */
	DIALECT_REQUEST_DELAY = 8, /* reads RequestDelay in place of Delay */
	DIALECT_PERSON_ID = 16 /* DeviceType=pid */
};

struct dialect {
	enum generation generation;
	unsigned quirks; /* enum dialect_quirk */
	int fp_version; /* 0 = not known */
	int face_version;
};

struct dialect dialect_of(const struct dialect_facts *);

/* "G1" to "G5", "ACC". */
const char *dialect_name(enum generation);

/* A version of 3 or more; NULL is none. */
bool dialect_is_version_3(const char *pushver);

/* How much of a person's name the terminal keeps: in bytes of its own encoding (SIZE_MAX: of any
 * length), and in characters. */
struct dialect_name_limit {
	size_t bytes, chars;
};
struct dialect_name_limit dialect_name_limit(const struct dialect *);

/* The value of TransFlag that uploads everything, in the form the terminal reads. Constant. */
const char *dialect_trans_flag(const struct dialect *);

/* The same without templates and photos; what comes all the same is not kept. Constant. */
const char *dialect_trans_flag_plain(const struct dialect *);

#endif
