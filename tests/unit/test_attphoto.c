#include "attphoto.h"

#include <assert.h>
#include <string.h>

#include "record.h"

static bool same(struct span s, const char *text)
{
	return s.text && s.len == strlen(text) && memcmp(s.text, text, s.len) == 0;
}

#define HEAD "PIN=20150731103012-123.jpg\nSN=1\nsize=999\nCMD=uploadphoto"

/* Length known to the compiler, NULs and all. */
#define READ(body, out) attphoto_read(body, sizeof(body) - 1, out)

static void test_three_forms(void)
{
	struct attphoto p;
	static const char nul[] = HEAD "\0\xff\xd8\0\xff\xd9";
	static const char magic[] = HEAD "\n\xff\xd8\0\xff\xd9";
	static const char crlf[] = "pin=1-2.jpg\r\nSN=1\r\nPicture=/9gA/9k=\r\n";
	assert(!READ(nul, &p) && !p.base64 && same(p.name, "20150731103012-123.jpg"));
	assert(p.picture.len == 5 && memcmp(p.picture.text, "\xff\xd8\0\xff\xd9", 5) == 0);
	assert(!READ(magic, &p) && !p.base64 && p.picture.len == 5);
	assert(same(p.name, "20150731103012-123.jpg"));
	assert(!READ(crlf, &p) && p.base64 && same(p.name, "1-2.jpg"));
	unsigned char out[16];
	size_t n;
	assert(attphoto_decode(p.picture, out, &n) && n == 5);
	assert(memcmp(out, "\xff\xd8\0\xff\xd9", 5) == 0);
	/* without any lines, and what is behind a NUL is a picture whatever it is */
	static const char bare[] = "\xff\xd8\xff\xe0", other[] = "PIN=x\0GIF89a";
	assert(!READ(bare, &p) && !p.name.text && p.picture.len == 4);
	assert(!READ(other, &p) && same(p.name, "x") && same(p.picture, "GIF89a"));
}

static void test_no_photo(void)
{
	struct attphoto p;
	static const char ends[] = "PIN=1\nCMD=uploadphoto\0";
	assert(attphoto_read("", 0, &p) && attphoto_read(NULL, 0, &p));
	assert(READ("PIN=1\nCMD=uploadphoto", &p));
	assert(READ(ends, &p));
	assert(READ("PIN=1\npicture=", &p));
	assert(READ("xpicture=AAAA", &p));
}

static void test_base64(void)
{
	unsigned char out[32];
	size_t n;
	assert(attphoto_decode(span_of("SGVs\nbG8="), out, &n) && n == 5);
	assert(memcmp(out, "Hello", 5) == 0);
	assert(attphoto_decode(span_of("SGVsbG8"), out, &n) && n == 5);
	assert(!attphoto_decode(span_of("SGV*"), out, &n));
	assert(!attphoto_decode(span_of("SG=Vs"), out, &n));
	assert(!attphoto_decode(span_of(""), out, &n) &&
		!attphoto_decode(span_of("===="), out, &n));
	assert(!attphoto_decode(span_of("S"), out, &n));
}

static void name_is(const char *name, bool person_id, const char *pin, const char *time,
	enum attphoto_kind kind)
{
	struct attphoto_name n;
	int64_t wall = 0;
	attphoto_name(span_of(name), person_id, &n);
	assert(pin ? same(n.pin, pin) : !n.pin.text);
	assert(n.has_time == (time != NULL));
	assert(!time || (record_time(span_of(time), &wall) && n.wall == wall));
	assert(n.kind == kind);
}

static void test_names(void)
{
	static const char when[] = "2015-07-31 10:30:12";
	name_is("20150731103012-123.jpg", false, "123", when, ATTPHOTO_ATTENDANCE);
	name_is("20150731103012-A-07.JPEG", false, "A-07", when, ATTPHOTO_ATTENDANCE);
	name_is("20150731103012.jpg", false, NULL, when, ATTPHOTO_FAILED);
	name_is("/mnt/../20150731103012-123", false, "123", when, ATTPHOTO_ATTENDANCE);
	name_is("c:\\x\\20150731103012-123.jpg", false, "123", when, ATTPHOTO_ATTENDANCE);
	name_is("982", false, "982", NULL, ATTPHOTO_ATTENDANCE);
	name_is("", false, NULL, NULL, ATTPHOTO_FAILED);
	name_is("../..", false, "..", NULL, ATTPHOTO_ATTENDANCE);
	name_is("99999999999999-5.jpg", false, "5", NULL, ATTPHOTO_ATTENDANCE);
	name_is("20150731103012-123456789012345678901.jpg", false, NULL, when, ATTPHOTO_ATTENDANCE);
	/* cut off there it would be somebody else's */
	name_is("20150731103012-1\n2.jpg", false, NULL, when, ATTPHOTO_ATTENDANCE);
	name_is("20150731103012- 123 .jpg", false, "123", when, ATTPHOTO_ATTENDANCE);
	name_is(" 20150731103012 -123", false, "123", when, ATTPHOTO_ATTENDANCE);
	name_is("20150731103012-48 Name=Al.jpg", false, NULL, when, ATTPHOTO_ATTENDANCE);
	/* person-ID terminals */
	name_is("20150731103012-2-123-110101198001010011.jpg", false, "123", when,
		ATTPHOTO_BLACKLIST);
	name_is("20150731103012-4-123-1.jpg", true, "123", when, ATTPHOTO_NOT_VERIFIED);
	name_is("20150731103012-4-123.jpg", false, "4-123", when, ATTPHOTO_ATTENDANCE);
	name_is("20150731103012-9-123-110101198001010011.jpg", true, NULL, when,
		ATTPHOTO_ATTENDANCE);
	assert(strcmp(attphoto_kind_word(ATTPHOTO_NOT_VERIFIED), "not verified") == 0);
}

int main(void)
{
	test_three_forms();
	test_no_photo();
	test_base64();
	test_names();
	return 0;
}
