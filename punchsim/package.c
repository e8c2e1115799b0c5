/* A gzip'd tar of one file, as some firmware packs its operation log. Stored, not compressed. */
#include "terminal_private.h"

#include <stdio.h>
#include <string.h>

#define BLOCK 512
#define STORED_MAX 65535

static uint32_t crc_of(const char *p, size_t n)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < n; i++) {
		crc ^= (unsigned char)p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void number_put(struct buf *out, uint32_t n, int bytes)
{
	for (int i = 0; i < bytes; i++, n >>= 8)
		buf_add(out, &(char){ (char)(n & 255) }, 1);
}

static void tar_write(struct buf *out, const char *name, struct slice text)
{
	static const char zeros[BLOCK];
	char head[BLOCK] = { 0 };
	unsigned sum = 0;

	snprintf(head, 100, "%s", name);
	memcpy(head + 100, "0000644", 7);
	memcpy(head + 108, "0000000", 7);
	memcpy(head + 116, "0000000", 7);
	snprintf(head + 124, 12, "%011zo", text.n);
	memcpy(head + 136, "00000000000", 11);
	memset(head + 148, ' ', 8);
	head[156] = '0';
	memcpy(head + 257, "ustar\00000", 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)head[i];
	snprintf(head + 148, 8, "%06o", sum);
	buf_add(out, head, BLOCK);
	buf_slice(out, text);
	buf_add(out, zeros, (BLOCK - text.n % BLOCK) % BLOCK);
	buf_add(out, zeros, BLOCK);
	buf_add(out, zeros, BLOCK);
}

void package_write(struct buf *out, const char *name, struct slice text)
{
	static const char head[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03";
	struct buf tar = { 0 };

	tar_write(&tar, name, text);
	buf_add(out, head, sizeof(head) - 1);
	for (size_t at = 0; at < tar.len;) {
		size_t n = tar.len - at < STORED_MAX ? tar.len - at : STORED_MAX;
		number_put(out, at + n == tar.len, 1);
		number_put(out, (uint32_t)n, 2);
		number_put(out, (uint32_t)~n, 2);
		buf_add(out, tar.data + at, n);
		at += n;
	}
	number_put(out, crc_of(tar.data, tar.len), 4);
	number_put(out, (uint32_t)tar.len, 4);
	buf_free(&tar);
}
