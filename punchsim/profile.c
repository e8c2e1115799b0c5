/* The generations as tables; see the request and reply samples of the protocol description. */
#include "profile.h"

#include <string.h>

static const struct profile profiles[] = {
	{ .name = "g1",
		.bit = G1,
		.old = true,
		.old_stamps = true,
		.handshake = "&options=all",
		.firmware = "Ver 6.39 Apr 28 2008",
		.device = "X628",
		.platform = "ZEM500",
		.attlog_tail = "",
		.user_keys = 6,
		.timezones = "00000000",
		.verify = 1,
		.info_fields = 6,
		.fp_version = 10,
		.face_version = -1,
		.size_decoded = true,
		.unknown_verb = -1,
		.unknown_table = -1,
		.nothing_found = 0 },
	{ .name = "g2",
		.bit = G2,
		.old_stamps = true,
		.handshake = "&options=all&pushver=2.1.1&language=69&pushcommkey=0123456789",
		.firmware = "Ver 6.60 Sep 28 2011",
		.device = "iClock680",
		.platform = "ZEM510",
		.attlog_tail = "\t0\t0\t0",
		.user_keys = 6,
		.timezones = "0000000000000000",
		.verify = 1,
		.info_fields = 10,
		.fp_version = 10,
		.face_version = 7,
		.bio = { [1] = 10, [2] = 7 },
		.unknown_verb = -1,
		.unknown_table = -1,
		.nothing_found = -1 },
	{ .name = "g3",
		.bit = G3,
		.handshake = "&options=all&language=69&pushver=2.4.0&DeviceType=middle%20east"
			     "&PushOptionsFlag=1",
		.firmware = "Ver 8.0.4.2-I113-02",
		.device = "MB360/ID",
		.platform = "ZMM220_TFT",
		.attlog_tail = "\t\t0\t0\t",
		.user_keys = 8,
		.timezones = "0000000000000000",
		.verify = 1,
		.info_fields = 10,
		.fp_version = 10,
		.face_version = 7,
		.bio = { [1] = 10, [2] = 7, [7] = 3 },
		.unknown_verb = -1,
		.unknown_table = -1,
		.nothing_found = -1 },
	{ .name = "g4",
		.bit = G4,
		.handshake =
			"&options=all&language=69&pushver=2.4.1&DeviceType=att&PushOptionsFlag=1",
		.firmware = "ZAM180-NF50VA-Ver3.4.10",
		.device = "SpeedFace-V5L",
		.platform = "ZAM180_TFT",
		.attlog_tail = "\t0\t0\t0\t0\t0\t0",
		.user_keys = 10,
		.timezones = "0000000100000000",
		.verify = 15,
		.info_fields = 13,
		.fp_version = 10,
		.face_version = 39,
		.bio = { [1] = 10, [7] = 3, [8] = 12 },
		.size_decoded = true,
		.unknown_verb = -1002,
		.unknown_table = -1003,
		.nothing_found = 0 },
	{ .name = "g5",
		.bit = G5,
		.handshake =
			"&options=all&language=69&pushver=3.0.1&DeviceType=att&PushOptionsFlag=1",
		.firmware = "ZAM70-NF24HA-3.3.12",
		.device = "SenseFace 3A",
		.platform = "ZAM70_TFT",
		.attlog_tail = "\t0\t0\t0\t0\t0\t0\t",
		.user_keys = 11,
		.timezones = "0000000100000000",
		.verify = 15,
		.info_fields = 13,
		.fp_version = 13,
		.face_version = 40,
		.bio = { [1] = 13, [7] = 3, [8] = 12, [10] = 32 },
		.fp_unified = true,
		.size_decoded = true,
		.unknown_verb = -1002,
		.unknown_table = -1004,
		.nothing_found = 0 },
};

const struct profile *profile_find(const char *name)
{
	for (size_t i = 0; i < LEN(profiles); i++)
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
	return NULL;
}

const struct profile *profile_nth(size_t n)
{
	return &profiles[n % LEN(profiles)];
}
