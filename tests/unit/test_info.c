#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "captures.h"
#include "info.h"

static bool same(struct span s, const char *text)
{
	return s.text && s.len == strlen(text) && memcmp(s.text, text, s.len) == 0;
}

static bool number_is(struct info_number n, int32_t value)
{
	return n.known && n.value == value;
}

static void test_thirteen_fields(void)
{
	struct info i;
	assert(info_parse(
		span_of("ZAM180-NF50VA-Ver3.4.10,1,0,16,192.168.0.25,10,39,12,1,01110,2,3,4"), &i));
	assert(i.fields == 13 && same(i.firmware, "ZAM180-NF50VA-Ver3.4.10"));
	assert(number_is(i.users, 1) && number_is(i.fingerprints, 0) && number_is(i.punches, 16));
	assert(same(i.address, "192.168.0.25") && number_is(i.fp_version, 10));
	assert(number_is(i.face_version, 39) && number_is(i.face_samples, 12));
	assert(number_is(i.faces, 1) && same(i.functions, "01110"));
	assert(!i.takes_fp && i.takes_face && i.takes_user_photo && i.takes_bio_photo);
	assert(!i.takes_bio_data && number_is(i.cards, 2) && number_is(i.user_photos, 3));
	assert(number_is(i.punch_photos, 4));
}

static void test_shorter_lists(void)
{
	struct info i;
	assert(info_parse(span_of("Ver 6.39 Apr 28 2008,2,0,0,192.168.1.201,10,7,15,11,011"), &i));
	assert(i.fields == 10 && same(i.firmware, "Ver 6.39 Apr 28 2008"));
	assert(!i.takes_fp && i.takes_face && i.takes_user_photo && !i.takes_bio_photo);
	assert(!i.cards.known);
	assert(info_parse(span_of("Ver 6.60 Oct 12 2011,5,3,71,192.168.1.201,10"), &i));
	assert(i.fields == 6 && number_is(i.fp_version, 10) && !i.face_version.known);
	assert(i.takes_fp && !i.takes_face);
	assert(info_parse(span_of("Ver 6.18,5,3,71,192.168.1.201"), &i) && i.fields == 5);
	assert(!i.fp_version.known && same(i.address, "192.168.1.201"));
}

static void test_odd_lists(void)
{
	struct info i;
	assert(!info_parse(span_of(""), &i) && !info_parse(span_of(NULL), &i));
	assert(!info_parse(span_of("  "), &i));
	assert(info_parse(span_of(",x,-1,99999999999, ,-1,-1"), &i));
	assert(i.firmware.text && i.firmware.len == 0 && !i.users.known && !i.punches.known);
	assert(number_is(i.fingerprints, -1) && number_is(i.face_version, -1));
	char commas[5000];
	memset(commas, ',', sizeof(commas));
	assert(info_parse((struct span){ commas, sizeof(commas) }, &i));
}

static void options_are(struct info_options o, const char *const *pairs)
{
	struct span key, value;
	while (info_next_option(&o, &key, &value)) {
		assert(pairs[0] && same(key, pairs[0]) && same(value, pairs[1]));
		pairs += 2;
	}
	assert(!pairs[0]);
}

static void test_commas_in_values(void)
{
	options_are(info_options(span_of("~DeviceName=uFace800/ID,~OEMVendor=ZKTECO CO., LTD.,"
					 "FWVersion= Ver 8,,~MaxPvCount=,Last=a=b,\r\n")),
		(const char *const[]){ "DeviceName", "uFace800/ID", "OEMVendor", "ZKTECO CO., LTD.",
			"FWVersion", "Ver 8", "MaxPvCount", "", "Last", "a=b", NULL });
	options_are(info_options(span_of("A=1\r\nB=2,C=3\n")),
		(const char *const[]){ "A", "1", "B", "2", "C", "3", NULL });
	options_are(info_options(span_of("")), (const char *const[]){ NULL });
	options_are(info_options(span_of(NULL)), (const char *const[]){ NULL });
	options_are(info_options(span_of("garbage,=1,~=2,X=3")),
		(const char *const[]){ "X", "3", NULL });
}

static void test_dump(void)
{
	options_are(info_options(span_of("EThreshold=45\n~OEMVendor=ZK, Inc\r\n\nnone\nMAC=0")),
		(const char *const[]){
			"EThreshold", "45", "OEMVendor", "ZK, Inc", "MAC", "0", NULL });
}

/* Whatever stands before a key separates, and nothing else does. */
static void test_separators(void)
{
	static const char *const separators[] = { "\t", " ", "\n", "\r\n", ",", ", ", ",\t", ";",
		" | ", "\t\t", " ,, ", "&", " & " };
	const char *const pairs[] = { "DeviceName", "MB10-VL", "FWVersion", "Ver 6.60 Sep 19 2019",
		"OEMVendor", "ZKTECO CO., LTD.", "UserCount", "", "MAC", "0", NULL };
	for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]); i++) {
		char body[200];
		const char *s = separators[i];
		snprintf(body, sizeof(body),
			"%s~DeviceName=MB10-VL%sFWVersion=Ver 6.60 Sep 19 2019%s~OEMVendor=ZKTECO "
			"CO., LTD.%sUserCount=%sMAC=0%s",
			i % 2 ? "\xef\xbb\xbf" : "", s, s, s, s, i % 3 ? s : "");
		options_are(info_options(span_of(body)), pairs);
	}
	options_are(info_options(span_of("TransTimes=00:00;14:05,URL=http://h/x?a=1&b=2")),
		(const char *const[]){
			"TransTimes", "00:00;14:05", "URL", "http://h/x?a=1&b=2", NULL });
	char blanks[60000]; /* in time that is linear */
	memset(blanks, ' ', sizeof(blanks));
	options_are(info_options((struct span){ blanks, sizeof(blanks) }),
		(const char *const[]){ NULL });
}

static void info_is(const char *query, const char *expected)
{
	char out[200];
	assert(info_of_query(query, out) == (expected != NULL));
	assert(!expected || strcmp(out, expected) == 0);
}

static void test_plus_in_the_query(void)
{
	info_is("SN=1&INFO=Ver+8.0.4,1,+2", "Ver 8.0.4,1,+2");
	info_is("info=Ver%2B8%2C1,2&x=1", "Ver+8,1,2");
	info_is("SN=1&INFO=Ver%208.0+a%2b", "Ver 8.0 a+");
	info_is("INFO=", "");
	info_is("SN=1", NULL);
	info_is("INFO", NULL);
	info_is("", NULL);
}

static int captured_infos, captured_options;

static void captured(const struct capture *c)
{
	char text[256], table[32] = "";
	struct info i;
	struct span key, value;
	if (capture_param(c, "INFO", text, sizeof(text))) {
		captured_infos++;
		assert(info_parse(span_of(text), &i) && i.users.known && i.punches.known);
		assert(i.fields == 6 || i.fields == 10 || i.fields == 13);
		assert(number_is(i.fp_version, 10));
	}
	capture_param(c, "table", table, sizeof(table));
	if (strcmp(table, "options") != 0)
		return;
	captured_options++;
	struct info_options o = info_options((struct span){ c->body, c->len });
	int vendors = 0, names = 0;
	while (info_next_option(&o, &key, &value)) {
		assert(key.text[0] != '~' && !memchr(key.text, ',', key.len));
		names += span_is(key, "DeviceName") && value.len > 0;
		if (span_is(key, "OEMVendor"))
			vendors += same(value, "ZKTECO CO., LTD.") || same(value, "ZKTeco Inc.");
	}
	assert(strcmp(c->id, "vd-options") == 0 || (vendors == 1 && names == 1));
}

static void test_captures(void)
{
	if (captures_each(captured) > 0)
		assert(captured_infos >= 4 && captured_options >= 6);
}

int main(void)
{
	test_thirteen_fields();
	test_shorter_lists();
	test_odd_lists();
	test_commas_in_values();
	test_dump();
	test_separators();
	test_plus_in_the_query();
	test_captures();
	return 0;
}
