/* The option block of a handshake; the keys are explained in PROTOCOL.md. */
#include "options_block.h"

#include "stamp.h"

/* The protocol version both sides use; without it, or without PushOptionsFlag, some 2.4 firmware
 * repeats the handshake for ever. */
#define PROTOCOL_VERSION "2.4.1"

#define WANTED_OPTIONS                                                                             \
	"UserCount,TransactionCount,FingerFunOn,FPVersion,FPCount,FaceFunOn,FaceVersion,"          \
	"FaceCount,FvFunOn,FvVersion,FvCount,PvFunOn,PvVersion,PvCount,BioPhotoFun,BioDataFun,"    \
	"PhotoFunOn,~LockFunOn,CardProtFormat,~Platform,MultiBioPhotoSupport,"                     \
	"MultiBioDataSupport,MultiBioVersion"

/* By biometric type 0 to 10: finger, near-infrared face, finger vein to visible palm. */
#define WANTED_BIOMETRICS "0:1:1:0:0:0:0:1:1:1:1"
#define NO_BIOMETRICS "0:0:0:0:0:0:0:0:0:0:0"

static void line_add(struct str *s, const char *key, const char *value)
{
	str_add(s, key);
	str_addc(s, '=');
	str_add(s, value);
	str_addc(s, '\n');
}

static void line_add_int(struct str *s, const char *key, int64_t n)
{
	str_addf(s, "%s=%lld\n", key, (long long)n);
}

static void stamp_add(struct str *s, const char *key, const char *stamp)
{
	line_add(s, key, stamp_ok(span_of(stamp)) ? stamp : "0");
}

/* Bytes before the first that would end the line; TAB may stay (TransFlag). */
static const char *value_clean(struct str *s, const char *value)
{
	size_t n = 0;
	while ((unsigned char)value[n] >= 0x20 || value[n] == '\t')
		n++;
	return value[n] ? arena_memdup(s->arena, value, n) : value;
}

/* Firmware of G1 and G2 reads the short names; 2.x documents name tables. Some read either. */
static void stamps_add(struct str *s, const struct options_block *b)
{
	const struct options_stamps *t = &b->stamps;
	stamp_add(s, "Stamp", t->attlog);
	stamp_add(s, "OpStamp", t->operlog);
	stamp_add(s, "PhotoStamp", t->attphoto);
	if (b->dialect->generation == GENERATION_1)
		return;
	stamp_add(s, "ATTLOGStamp", t->attlog);
	stamp_add(s, "OPERLOGStamp", t->operlog);
	stamp_add(s, "ATTPHOTOStamp", t->attphoto);
	stamp_add(s, "BIODATAStamp", t->biodata);
	stamp_add(s, "IDCARDStamp", t->idcard);
	stamp_add(s, "ERRORLOGStamp", t->errorlog);
}

static void times_add(struct str *s, const struct options_block *b)
{
	int delay = b->delay > 0 ? b->delay : 10;
	const char *flag = b->no_biometrics ? dialect_trans_flag_plain(b->dialect)
					    : dialect_trans_flag(b->dialect);
	if (b->trans_flag && b->trans_flag[0])
		flag = b->trans_flag;
	line_add_int(s, "ErrorDelay", b->error_delay > 0 ? b->error_delay : 30);
	line_add_int(s, "Delay", delay);
	if (b->dialect->quirks & DIALECT_REQUEST_DELAY)
		line_add_int(s, "RequestDelay", delay);
	line_add(s, "TransTimes", value_clean(s, b->trans_times ? b->trans_times : "00:00;14:05"));
	line_add_int(s, "TransInterval", b->trans_interval >= 0 ? b->trans_interval : 1);
	line_add(s, "TransFlag", value_clean(s, flag));
	line_add_int(s, "TimeZone", b->time_zone);
	line_add_int(s, "Realtime", !b->batches);
	line_add(s, "Encrypt", "0");
}

void options_block_write(struct str *s, const struct options_block *b)
{
	str_addf(s, "GET OPTION FROM: %s\n", value_clean(s, b->sn));
	stamps_add(s, b);
	times_add(s, b);
	if (b->dialect->generation == GENERATION_1)
		return;
	line_add(s, "ServerVer", PROTOCOL_VERSION " 2015-04-14");
	line_add(s, "PushProtVer", PROTOCOL_VERSION);
	line_add(s, "PushOptionsFlag", "1");
	line_add(s, "PushOptions", WANTED_OPTIONS);
	line_add(s, "SupportPing", "1");
	const char *wanted = b->no_biometrics ? NO_BIOMETRICS : WANTED_BIOMETRICS;
	line_add(s, "MultiBioDataSupport", wanted);
	line_add(s, "MultiBioPhotoSupport", wanted);
}
