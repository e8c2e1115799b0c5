#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "options_block.h"
#include "span.h"
#include "stamp.h"

static const struct dialect g1 = { .generation = GENERATION_1 };
static const struct dialect g3 = { .generation = GENERATION_3 };

static void test_oldest_terminals(void)
{
	struct arena *a = arena_new();
	struct str s = str_new(a);
	struct options_block b = { .sn = "0066688499001",
		.dialect = &g1,
		.delay = 60,
		.error_delay = 120,
		.trans_interval = 2,
		.time_zone = -210,
		.stamps = { .attlog = "289503453", .operlog = "289504127" } };
	options_block_write(&s, &b);
	assert(strcmp(str_text(&s),
		       "GET OPTION FROM: 0066688499001\n"
		       "Stamp=289503453\nOpStamp=289504127\nPhotoStamp=0\n"
		       "ErrorDelay=120\nDelay=60\nTransTimes=00:00;14:05\nTransInterval=2\n"
		       "TransFlag=1111111111\nTimeZone=-210\nRealtime=1\nEncrypt=0\n") == 0);
	arena_free(a);
}

static void test_both_stamp_families(void)
{
	struct arena *a = arena_new();
	struct str s = str_new(a);
	struct options_block b = { .sn = "CEZU202369241",
		.dialect = &g3,
		.trans_interval = -1,
		.time_zone = 330,
		.stamps = { .attlog = "9999", .biodata = "7" } };
	options_block_write(&s, &b);
	const char *text = str_text(&s);
	assert(strncmp(text, "GET OPTION FROM: CEZU202369241\n", 31) == 0);
	static const char *const lines[] = { "\nStamp=9999\n", "\nOpStamp=0\n", "\nPhotoStamp=0\n",
		"\nATTLOGStamp=9999\n", "\nOPERLOGStamp=0\n", "\nATTPHOTOStamp=0\n",
		"\nBIODATAStamp=7\n", "\nIDCARDStamp=0\n", "\nERRORLOGStamp=0\n",
		"\nErrorDelay=30\n", "\nDelay=10\n", "\nTransInterval=1\n", "\nTimeZone=330\n",
		"\nTransFlag=TransData AttLog\tOpLog\t", "\nRealtime=1\n", "\nEncrypt=0\n",
		"\nServerVer=2.4.1 2015-04-14\n", "\nPushProtVer=2.4.1\n", "\nPushOptionsFlag=1\n",
		"\nPushOptions=UserCount,", "\nSupportPing=1\n",
		"\nMultiBioDataSupport=0:1:1:0:0:0:0:1:1:1:1\n",
		"\nMultiBioPhotoSupport=0:1:1:0:0:0:0:1:1:1:1\n" };
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert(strstr(text, lines[i]));
	assert(text[s.len - 1] == '\n' && !strchr(text, '\r') && !strstr(text, "\n\n"));
	assert(!strstr(text, "RequestDelay"));
	arena_free(a);
}

static void test_without_biometrics(void)
{
	static const char *const words[] = { "FP\t", "ChgFP", "FPImag", "FACE", "Pic", "FVEIN",
		"Photo\t", "\tBioPhoto", "AttPhoto\t", "Support=0:1" };
	struct arena *a = arena_new();
	struct str s = str_new(a);
	struct options_block b = { .sn = "CEZU202369241", .dialect = &g3, .no_biometrics = true };
	options_block_write(&s, &b);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert(!strstr(str_text(&s), words[i]));
	assert(strstr(str_text(&s), "\nMultiBioDataSupport=0:0:0:0:0:0:0:0:0:0:0\n"));
	arena_free(a);
}

static void test_nothing_can_be_injected(void)
{
	struct arena *a = arena_new();
	struct str s = str_new(a);
	struct options_block b = { .sn = "A\nX=1",
		.dialect = &g3,
		.trans_times = "00:00\nY=1",
		.trans_flag = "1111\r\nZ=1",
		.batches = true,
		.stamps = { .attlog = "9\nX=1",
			.operlog = "123456789012345678901",
			.attphoto = "None" } };
	options_block_write(&s, &b);
	const char *text = str_text(&s);
	assert(strncmp(text, "GET OPTION FROM: A\nStamp=0\nOpStamp=0\nPhotoStamp=0\n", 50) == 0);
	assert(strstr(text, "\nTransTimes=00:00\nTransInterval=0\nTransFlag=1111\nTimeZone=0\n"));
	assert(!strstr(text, "\nX=1") && !strstr(text, "Y=1") && !strstr(text, "Z=1"));
	assert(strstr(text, "\nRealtime=0\n"));
	arena_free(a);
}

static void test_quirks(void)
{
	struct arena *a = arena_new();
	struct str s = str_new(a);
	struct dialect lx35 = dialect_of(&(struct dialect_facts){
		.pushver = "3.0.1", .platform = "AK3750WIFI_TFT", .firmware = "ZLM31-FXO1-3.1.8" });
	struct options_block b = { .sn = "1", .dialect = &lx35, .delay = 20 };
	options_block_write(&s, &b);
	assert(strstr(str_text(&s), "\nDelay=20\nRequestDelay=20\n"));
	assert(strstr(str_text(&s), "\nTransFlag=111111111111\n"));
	arena_free(a);
}

static void test_stamps(void)
{
	assert(stamp_ok(span_of("0")) && stamp_ok(span_of("12345678901234567890")));
	assert(!stamp_ok(span_of("")) && !stamp_ok(span_of(NULL)));
	assert(!stamp_ok(span_of("-1")) && !stamp_ok(span_of("1 ")));
}

int main(void)
{
	test_oldest_terminals();
	test_both_stamp_families();
	test_without_biometrics();
	test_nothing_can_be_injected();
	test_quirks();
	test_stamps();
	return 0;
}
