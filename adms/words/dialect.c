/* The table of tells: what names, platforms and firmware say about a terminal. */
#include "dialect.h"

#include <stdint.h>
#include <strings.h>

#include "fatal.h"
#include "span.h"

/* Push versions: 2.4.1 is 20401. */
#define VERSION_2_2_14 20214
#define VERSION_3 30000

#define VISIBLE_LIGHT_FACE 35 /* face algorithms from here on are for visible light */

/*
 * Matched with the beginning of the device name, the platform and the firmware. The first one that
 * names a generation decides it; quirks add up. A tell wins over pushver, which is the version of
 * a library (a SenseFace 3A announces 2.4.1, an LX35 3.0.1).
 */
static const struct {
	const char *text;
	enum generation generation; /* 0: says nothing about it */
	unsigned quirks;
} tells[] = {
	{ "LX35", GENERATION_5, DIALECT_DIGIT_FLAGS | DIALECT_FEW_VERBS | DIALECT_REQUEST_DELAY },
	{ "ZLM31", GENERATION_5, DIALECT_DIGIT_FLAGS | DIALECT_FEW_VERBS | DIALECT_REQUEST_DELAY },
	{ "AK37", GENERATION_5, DIALECT_DIGIT_FLAGS },
	{ "SenseFace", GENERATION_5, DIALECT_DIGIT_FLAGS },
	{ "ZAM70", GENERATION_5, DIALECT_DIGIT_FLAGS },
	{ "F22", 0, DIALECT_BASIC_USER },
	{ "SpeedFace", GENERATION_4, 0 },
	{ "AiFace", GENERATION_4, 0 },
	{ "ZAM1", GENERATION_4, 0 }, /* ZAM170, ZAM180 */
	{ "ZAM2", GENERATION_4, 0 }, /* ZAM230 */
	{ "ZMM", GENERATION_3, 0 },
};

static bool text_begins(const char *text, const char *beginning)
{
	return text && strncasecmp(text, beginning, strlen(beginning)) == 0;
}

/* "2.4.1", "Ver 3.1.2S-20250616"; 0 when there is no number. */
static int version_read(const char *text)
{
	int parts[3] = { 0 };
	if (!text)
		return 0;
	while (*text && (*text < '0' || *text > '9'))
		text++;
	for (size_t i = 0; i < LEN(parts); i++) {
		for (; *text >= '0' && *text <= '9'; text++)
			parts[i] = parts[i] > 9 ? 99 : parts[i] * 10 + (*text - '0');
		if (*text != '.')
			break;
		text++;
	}
	return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

bool dialect_is_version_3(const char *pushver)
{
	return version_read(pushver) >= VERSION_3;
}

static enum generation generation_of(const struct dialect_facts *f)
{
	int version = version_read(f->pushver);
	if (version >= VERSION_3)
		return GENERATION_5;
	if (f->face_version >= VISIBLE_LIGHT_FACE || f->info_fields >= 13 || f->aspx)
		return GENERATION_4;
	if (version >= VERSION_2_2_14)
		return GENERATION_3;
	return version ? GENERATION_2 : GENERATION_1;
}

struct dialect dialect_of(const struct dialect_facts *f)
{
	struct dialect d = { .fp_version = f->fp_version, .face_version = f->face_version };
	for (size_t i = 0; i < LEN(tells); i++) {
		if (!text_begins(f->name, tells[i].text) &&
			!text_begins(f->platform, tells[i].text) &&
			!text_begins(f->firmware, tells[i].text))
			continue;
		d.quirks |= tells[i].quirks;
		if (!d.generation)
			d.generation = tells[i].generation;
	}
	if (f->device_type && strcasecmp(f->device_type, "acc") == 0)
		d.generation = GENERATION_ACC;
	if (f->device_type && strcasecmp(f->device_type, "pid") == 0)
		d.quirks |= DIALECT_PERSON_ID;
	if (!d.generation)
		d.generation = generation_of(f);
	if (dialect_is_version_3(f->pushver))
		d.quirks |= DIALECT_DIGIT_FLAGS;
	return d;
}

const char *dialect_name(enum generation g)
{
	static const char *const names[] = { [GENERATION_1] = "G1",
		[GENERATION_2] = "G2",
		[GENERATION_3] = "G3",
		[GENERATION_4] = "G4",
		[GENERATION_5] = "G5",
		[GENERATION_ACC] = "ACC" };
	return g >= GENERATION_1 && g <= GENERATION_ACC ? names[g] : "";
}

/*
 * Black-and-white terminals of the first generation have 8 bytes for a name, later ones 24; from
 * the fourth on the 24 are characters.
 */
struct dialect_name_limit dialect_name_limit(const struct dialect *d)
{
	if (d->generation <= GENERATION_1)
		return (struct dialect_name_limit){ 8, 8 };
	if (d->generation <= GENERATION_3)
		return (struct dialect_name_limit){ 24, 24 };
	return (struct dialect_name_limit){ SIZE_MAX, 24 };
}

/* Documents disagree on what single digits mean, so all of them are set; old firmware has ten. */
const char *dialect_trans_flag(const struct dialect *d)
{
	if (d->generation <= GENERATION_2)
		return "1111111111";
	if (d->generation >= GENERATION_5 || (d->quirks & DIALECT_DIGIT_FLAGS))
		return "111111111111";
	return "TransData AttLog\tOpLog\tAttPhoto\tEnrollUser\tChgUser\tEnrollFP\tChgFP\tFPImag\t"
	       "FACE\tUserPic\tFVEIN\tBioPhoto\tWORKCODE";
}

/* Digits as most documents have them: punches, operation log, new and changed users. */
const char *dialect_trans_flag_plain(const struct dialect *d)
{
	if (d->generation <= GENERATION_2 || d->generation >= GENERATION_5 ||
		(d->quirks & DIALECT_DIGIT_FLAGS))
		return "1100101000";
	return "TransData AttLog\tOpLog\tEnrollUser\tChgUser\tWORKCODE";
}
