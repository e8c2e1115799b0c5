#include "tgz.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAX (1 << 20)

static unsigned char tar[4 << 20];
static size_t tar_n;

static void tar_file(const char *name, char type, const char *text, size_t n, size_t said)
{
	unsigned char *head = tar + tar_n;
	unsigned sum = 0;
	memset(head, 0, 512);
	snprintf((char *)head, 100, "%s", name);
	snprintf((char *)head + 124, 12, "%011zo", said);
	memset(head + 148, ' ', 8);
	head[156] = (unsigned char)type;
	for (int i = 0; i < 512; i++)
		sum += head[i];
	snprintf((char *)head + 148, 8, "%06o", sum);
	memset(head + 512, 0, (n + 511) / 512 * 512);
	memcpy(head + 512, text, n);
	tar_n += 512 + (n + 511) / 512 * 512;
}

static void tar_end(void)
{
	memset(tar + tar_n, 0, 1024);
	tar_n += 1024;
}

static unsigned char packed[4 << 20];

static size_t gzip(void)
{
	z_stream z = { .next_in = tar,
		.avail_in = (unsigned)tar_n,
		.next_out = packed,
		.avail_out = sizeof(packed) };
	assert(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	assert(deflate(&z, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&z);
	tar_n = 0;
	return z.total_out;
}

static void holds(const char *want)
{
	char *text;
	size_t n, size = gzip();
	assert(!tgz_unpack(packed, size, MAX, &text, &n));
	assert(n == strlen(want) && memcmp(text, want, n) == 0);
	free(text);
}

static void fails(size_t size, const char *reason)
{
	char *text;
	size_t n;
	const char *said = tgz_unpack(packed, size, MAX, &text, &n);
	assert(said && !text && strcmp(said, reason) == 0);
}

static void test_files(void)
{
	tar_file("a.txt", '0', "OPLOG 1\nOPLOG 2", 15, 15);
	tar_file("dir/", '5', "", 0, 0);
	tar_file("link", '2', "", 0, 0);
	tar_file("b.txt", 0, "OPLOG 3\n", 8, 8);
	tar_end();
	holds("OPLOG 1\nOPLOG 2\nOPLOG 3\n\n");
	tar_end();
	holds("\n"); /* nothing in it */
	tar_file("a", '0', "x", 1, 1); /* the blocks of zeros are missing */
	holds("x\n");
}

static void test_hostile(void)
{
	static char big[2 << 20];
	memset(big, 'x', sizeof(big));
	memcpy(packed, "rubbish", 7);
	fails(7, "no gzip");
	fails(0, "no gzip");
	tar_file("a", '0', "x", 1, 1);
	tar[0] ^= 1; /* the sum does not fit */
	fails(gzip(), "no tar");
	tar_file("a", '0', "x", 1, 7777);
	fails(gzip(), "cut off");
	tar_file("a", '0', "x", 1, (size_t)1 << 32);
	fails(gzip(), "too large");
	tar_file("a", '0', big, sizeof(big), sizeof(big));
	fails(gzip(), "too large");
	tar_file("a", '5', big, sizeof(big), sizeof(big)); /* nothing of it is kept, and yet */
	fails(gzip(), "too large");
	for (int i = 0; i < 1001; i++)
		tar_file("a", '0', "", 0, 0);
	fails(gzip(), "too many files");
	tar_file("a", '0', big, 100000, 100000);
	fails(gzip() / 2, "cut off");
}

int main(void)
{
	test_files();
	test_hostile();
	return 0;
}
