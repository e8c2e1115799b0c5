/* Templates and photos as commands, in every form; and the addresses of photos. */
#include "dialect_template.h"

#include <assert.h>
#include <string.h>

#include "clock.h"
#include "commands.h"
#include "means.h"
#include "photo.h"

static bool builds(struct str *s, const struct dialect_template *t, const char *expected)
{
	s->len = 0;
	bool built = dialect_template_write(s, t);
	return built == (expected != NULL) && (!built || strcmp(str_text(s), expected) == 0);
}

static void test_forms(struct str *s)
{
	struct dialect_template t = { .form = "FP",
		.pin = "852",
		.variant = TEMPLATE_AS_GIVEN,
		.type = 1,
		.no = 6,
		.valid = 1,
		.size = "1544",
		.content = span_of("TcdTUzIxAA==") };
	assert(builds(s, &t, "DATA FP PIN=852\tFID=6\tSize=1544\tValid=1\tTMP=TcdTUzIxAA=="));
	t.form = "FINGERTMP";
	t.duress = 1;
	assert(builds(s, &t,
		"DATA UPDATE FINGERTMP PIN=852\tFID=6\tSize=1544\tValid=3\tTMP=TcdTUzIxAA=="));
	t.form = "FACE";
	t.duress = 0;
	t.index = 11;
	t.variant = TEMPLATE_TEXT;
	assert(builds(
		s, &t, "DATA UPDATE FACE PIN=852\tFID=11\tValid=1\tSize=12\tTMP=TcdTUzIxAA=="));
	t.form = "FVEIN";
	t.index = 2;
	t.variant = TEMPLATE_BYTES;
	assert(builds(s, &t,
		"DATA UPDATE FVEIN Pin=852\tFID=6\tIndex=2\tValid=1\tSize=7\tTmp=TcdTUzIxAA=="));
	t = (struct dialect_template){ .form = "BIODATA",
		.pin = "1",
		.type = 9,
		.major = 58,
		.minor = 12,
		.valid = 3,
		.content = span_of("AAAA") };
	assert(builds(s, &t,
		"DATA UPDATE BIODATA Pin=1\tNo=0\tIndex=0\tValid=1\tDuress=1\tType=9\tMajorVer=58\t"
		"MinorVer=12\tFormat=0\tTmp=AAAA"));
	t.form = "SOMETHING";
	assert(builds(s, &t, NULL));
}

static void test_photos(struct str *s)
{
	struct dialect_template t = { .form = "BIOPHOTO",
		.pin = "123",
		.type = 9,
		.variant = TEMPLATE_URL,
		.url = "iclock/photo/1-2-3-ab.jpg" };
	assert(builds(s, &t,
		"DATA UPDATE BIOPHOTO PIN=123\tType=9\tFormat=1\tUrl=iclock/photo/1-2-3-ab.jpg"));
	t.variant = TEMPLATE_TEXT;
	t.content = span_of("/9j/4A==");
	assert(builds(s, &t,
		"DATA UPDATE BIOPHOTO PIN=123\tFileName=123.jpg\tType=9\tNo=0\tIndex=0\tSize=8\t"
		"Content=/9j/4A==\tFormat=0"));
	t.form = "USERPIC";
	t.variant = TEMPLATE_BYTES;
	assert(builds(s, &t, "DATA UPDATE USERPIC PIN=123\tSize=4\tContent=/9j/4A=="));
	t.variant = TEMPLATE_URL;
	assert(builds(
		s, &t, "DATA UPDATE USERPIC PIN=123\tFormat=1\tUrl=iclock/photo/1-2-3-ab.jpg"));
	t.form = "FP"; /* has no address */
	assert(builds(s, &t, NULL));
}

/* Whatever a record held, its line is one line with exactly its columns. */
static void test_no_value_ends_a_line_or_column(struct str *s)
{
	struct dialect_template t = { .form = "FINGERTMP",
		.pin = "1\nC:9:REBOOT",
		.size = "12\tTMP=x",
		.valid = 1,
		.content = span_of("AA\tValid=0\r\nC:8:CLEAR DATA\177") };
	assert(builds(s, &t,
		"DATA UPDATE FINGERTMP PIN=1 C:9:REBOOT\tFID=0\tSize=27\tValid=1\t"
		"TMP=AA Valid=0  C:8:CLEAR DATA "));
	t.form = "BIOPHOTO"; /* no file is called like that */
	t.pin = "../../x\t";
	t.content = span_of("A\nA");
	assert(builds(s, &t,
		"DATA UPDATE BIOPHOTO PIN=../../x \tType=0\tNo=0\tIndex=0\tSize=3\tContent=A A\t"
		"Format=0"));
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_tokens(void)
{
	struct photo_token t;
	assert(photo_token_read("7-12-1800000000-" HASH ".jpg", &t));
	assert(t.photo == 7 && t.terminal == 12 && t.expires == 1800000000);
	assert(strcmp(t.hash, HASH ".jpg") == 0);
	static const char *const bad[] = { "", "7", "7-", "7-12-18-", "7-12-18-" HASH,
		"7-12-18-" HASH "0.jpg", "7-12-18-" HASH ".jpg.jpg", "7-12-18-" HASH ".JPG",
		"-12-18-" HASH ".jpg", "7--18-" HASH ".jpg", "7-12-" HASH ".jpg",
		"7-2147483648-18-" HASH ".jpg", "99999999999999999999-12-18-" HASH ".jpg",
		"+7-12-18-" HASH ".jpg", "7-12-18-x" HASH ".jpg" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert(!photo_token_read(bad[i], &t));
}

/* Good for half an hour, for that photo, terminal and key only. */
static void test_tokens_end(struct arena *a)
{
	const unsigned char keys[2][SEAL_KEY_SIZE] = { "one", "two" };
	struct adms adms = { .o.lookup_key = keys[0] }, other = { .o.lookup_key = keys[1] };
	const int64_t made = 1800000000;
	struct photo_token t;
	clock_fix(made * 1000000);
	const char *url = photo_url(&adms, a, 7, 12);
	assert(photo_token_read(strrchr(url, '/') + 1, &t) && t.photo == 7 && t.terminal == 12);
	assert(photo_token_good(&adms, a, &t) && !photo_token_good(&other, a, &t));
	clock_fix((made + PHOTO_SECONDS) * 1000000);
	assert(photo_token_good(&adms, a, &t));
	clock_fix((made + PHOTO_SECONDS + 1) * 1000000);
	assert(!photo_token_good(&adms, a, &t));
	t.expires += 60;
	assert(!photo_token_good(&adms, a, &t));
	clock_fix(0);
}

int main(void)
{
	struct str s = str_new(arena_new());
	test_forms(&s);
	test_photos(&s);
	test_no_value_ends_a_line_or_column(&s);
	test_tokens();
	test_tokens_end(s.arena);
	arena_free(s.arena);
	return 0;
}
