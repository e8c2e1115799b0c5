#include "held_lines.h"

#include <assert.h>
#include <string.h>

/* What is left of a body. */
static const char *comb(const char *table, const char *body, unsigned flags, size_t lines, bool bio)
{
	static char left[4096];
	bool biometric;
	size_t n = strlen(body);
	memcpy(left, body, n);
	assert(held_comb_lines(left, &n, table, flags, &biometric) == lines);
	assert(biometric == bio);
	left[n] = '\0';
	return left;
}

#define USER "USER PIN=1\tName=a\n"
#define LOWER "user pin=1\n"
#define FP "FP PIN=1\tFID=1\tTMP=AAAA\n"
#define PIC "USERPIC PIN=1\tContent=AAAA\n"
#define OPLOG "OPLOG 6\t0\t2026-05-01 08:00:00\t1\n"

static void test_kinds(void)
{
	const unsigned bio = HELD_BIOMETRICS;
	assert(strcmp(comb("OPERLOG", OPLOG USER "\r\n" FP OPLOG LOWER PIC, bio, 4, true),
		       USER FP LOWER PIC) == 0);
	assert(strcmp(comb("OPERLOG", OPLOG USER FP PIC, 0, 1, false), USER) == 0);
	assert(strcmp(comb("OPERLOG", OPLOG USER FP, bio | HELD_ALL, 3, true), OPLOG USER FP) == 0);
	assert(strcmp(comb("OPERLOG", OPLOG USER FP, HELD_ALL, 2, false), OPLOG USER) == 0);
	assert(*comb("OPERLOG", OPLOG "NONSENSE A=1\n", bio, 0, false) == '\0');
	assert(*comb("IDCARD", "PIN=1\tName=a\n", bio, 0, false) == '\0');
	assert(*comb("OPERLOG", "", bio, 0, false) == '\0');
	assert(strcmp(comb("USERINFO", "PIN=1\nPIN=2", bio, 2, false), "PIN=1\nPIN=2") == 0);
	assert(strcmp(comb("FINGERTMP", "PIN=1\tTMP=AA\n" OPLOG, bio, 1, true),
		       "PIN=1\tTMP=AA\n") == 0);
	assert(*comb("FINGERTMP", "PIN=1\tTMP=AA\nAAAA\n", 0, 0, false) == '\0');
}

/* A value that goes on in the next line goes with its record. */
static void test_lines_that_say_nothing(void)
{
	const unsigned bio = HELD_BIOMETRICS;
	assert(strcmp(comb("OPERLOG", "AAAA\n" FP "BBBB\nCC==\n" OPLOG "DDDD\n", bio, 3, true),
		       FP "BBBB\nCC==\n") == 0);
	assert(strcmp(comb("OPERLOG", USER FP "BBBB\n" LOWER, 0, 2, false), USER LOWER) == 0);
	assert(strcmp(comb("OPERLOG", "AAAA\n" FP "BBBB\n" OPLOG "C\n", HELD_ALL, 3, false),
		       "AAAA\n" OPLOG "C\n") == 0);
}

int main(void)
{
	test_kinds();
	test_lines_that_say_nothing();
	return 0;
}
