#include "punch_gps.h"

#include <assert.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

static struct punch_gps rest(const char *json, bool line)
{
	char base64[4000], text[5000];
	struct punch_gps gps;
	EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)json, (int)strlen(json));
	int n = snprintf(text, sizeof(text), "%s0\t0\t0\t36.5\t97.7\t+28800\t%s",
		line ? "1\t2026-07-01 08:00:00\t0\t1\t0\t" : "", base64);
	punch_gps_read(text, (size_t)n, &gps);
	return gps;
}

static void position_is(const char *json, double latitude, double longitude, const char *text)
{
	for (int line = 0; line < 2; line++) {
		struct punch_gps gps = rest(json, line);
		assert(gps.known && fabs(gps.latitude - latitude) < 1e-9);
		assert(fabs(gps.longitude - longitude) < 1e-9 && strcmp(gps.text, text) == 0);
	}
}

static void text_is(const char *json, const char *text)
{
	struct punch_gps gps = rest(json, false);
	assert(!gps.known && strcmp(gps.text, text) == 0);
}

static void test_positions(void)
{
	position_is("{\"GPSInfo\":\"22.6,113.9\"}", 22.6, 113.9, "22.6,113.9");
	position_is("{\"gpsinfo\":\"113.9, 22.6\"}", 22.6, 113.9, "113.9, 22.6");
	position_is("{\"GPSInfo\":{\"Longitude\":\"113.9\",\"latitude\":-22.6}}", -22.6, 113.9,
		"-22.6,113.9");
}

static void test_none(void)
{
	struct punch_gps gps;
	text_is("{\"GPSInfo\":\"-1\"}", "");
	text_is("{\"GPSInfo\":-1}", "");
	text_is("{\"GPSInfo\":null}", "");
	text_is("{\"GPSInfo\":\"Main street 1\"}", "Main street 1");
	text_is("{\"GPSInfo\":\"500,500\"}", "500,500");
	text_is("{\"GPSInfo\":{\"lat\":91,\"lng\":0}}", "");
	text_is("[1]", "");
	text_is("no json", "");
	text_is("", "");
	punch_gps_read(NULL, 0, &gps);
	assert(!gps.known && !gps.text[0]);
	punch_gps_read("0\t0\t0\t0\t0\t0\t%%%%", 16, &gps);
	assert(!gps.known && !gps.text[0]);
}

/* Cut at a character's border. */
static void test_long(void)
{
	char json[200] = "{\"GPSInfo\":\"", *p = json + strlen(json);
	for (int i = 0; i < 40; i++, p += 2)
		memcpy(p, "\xc3\xa4", 2);
	strcpy(p, "\"}");
	struct punch_gps gps = rest(json, false);
	assert(strlen(gps.text) == 62 && !gps.known);
}

int main(void)
{
	test_positions();
	test_none();
	test_long();
	return 0;
}
