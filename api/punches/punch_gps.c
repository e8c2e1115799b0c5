#include "punch_gps.h"

#include <jansson.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "str.h"

enum { EXTRA = 6, /* of the columns from the sixth on */ FIRST_OF_REST = 5, MAX_BASE64 = 2000 };

/* ---- the column ---- */

/* The nth column from 0; NULL: there are fewer. */
static const char *column_at(const char *p, size_t n, int nth, size_t *len)
{
	const char *end = p + n;
	for (; nth > 0; nth--) {
		p = memchr(p, '\t', (size_t)(end - p));
		if (!p)
			return NULL;
		p++;
	}
	const char *tab = memchr(p, '\t', (size_t)(end - p));
	*len = (size_t)((tab ? tab : end) - p);
	return p;
}

/* A whole line has a time where the others have a reserved column. */
static bool is_line(const char *rest, size_t n)
{
	size_t len;
	const char *time = column_at(rest, n, 1, &len);
	return time && len == 19 && time[4] == '-' && time[7] == '-' && time[13] == ':';
}

/* The JSON of the column; NULL when it is none. The caller's. */
static json_t *column_json(const char *text, size_t n)
{
	char base64[MAX_BASE64 + 1], plain[MAX_BASE64];
	while (n > 0 && text[n - 1] == ' ')
		n--;
	if (n == 0 || n > MAX_BASE64 || n % 4)
		return NULL;
	memcpy(base64, text, n);
	base64[n] = '\0';
	int len = EVP_DecodeBlock((unsigned char *)plain, (const unsigned char *)base64, (int)n);
	if (len < 0)
		return NULL;
	for (size_t i = n; len > 0 && i > 0 && base64[i - 1] == '='; i--)
		len--;
	return json_loadb(plain, (size_t)len, 0, NULL);
}

/* ---- the position ---- */

static json_t *member(const json_t *object, const char *const *names)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)object, key,
		value) for (const char *const *name = names; *name;
			    name++) if (strcasecmp(*name, key) == 0) return value;
	return NULL;
}

/* A number, also one written as text. */
static bool number_of(const json_t *value, double *out)
{
	char *end;
	const char *text = json_string_value(value);
	if (json_is_number(value)) {
		*out = json_number_value(value);
		return isfinite(*out);
	}
	if (!text || !*text)
		return false;
	*out = strtod(text, &end);
	return *end == '\0' && isfinite(*out);
}

static void position_set(struct punch_gps *gps, double latitude, double longitude)
{
	if (fabs(latitude) > 90 && fabs(longitude) <= 90) { /* the other way round */
		double other = latitude;
		latitude = longitude;
		longitude = other;
	}
	gps->known = fabs(latitude) <= 90 && fabs(longitude) <= 180;
	gps->latitude = latitude;
	gps->longitude = longitude;
}

/* "22.6,113.9" or any other text; "-1": the terminal has no position. */
static void text_read(struct punch_gps *gps, const char *text)
{
	double latitude, longitude;
	char more;
	size_t n = strlen(text);
	if (strcmp(text, "-1") == 0)
		return;
	while (n >= sizeof(gps->text) || (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80))
		n--;
	memcpy(gps->text, text, n);
	if (sscanf(text, " %15lf , %15lf %c", &latitude, &longitude, &more) == 2 &&
		isfinite(latitude) && isfinite(longitude))
		position_set(gps, latitude, longitude);
}

static void object_read(struct punch_gps *gps, const json_t *object)
{
	static const char *const latitudes[] = { "latitude", "lat", NULL };
	static const char *const longitudes[] = { "longitude", "lng", "lon", "long", NULL };
	double latitude, longitude;
	if (!number_of(member(object, latitudes), &latitude) ||
		!number_of(member(object, longitudes), &longitude) || fabs(latitude) > 90 ||
		fabs(longitude) > 180)
		return;
	gps->known = true;
	gps->latitude = latitude;
	gps->longitude = longitude;
	snprintf(gps->text, sizeof(gps->text), "%.10g,%.10g", latitude, longitude);
}

void punch_gps_read(const void *rest, size_t n, struct punch_gps *gps)
{
	static const char *const names[] = { "GPSInfo", NULL };
	size_t len;
	*gps = (struct punch_gps){ 0 };
	if (n == 0)
		return;
	const char *column =
		column_at(rest, n, is_line(rest, n) ? EXTRA + FIRST_OF_REST : EXTRA, &len);
	json_t *said = column ? column_json(column, len) : NULL;
	const json_t *info = member(said, names);
	if (json_is_string(info))
		text_read(gps, json_string_value(info));
	else if (json_is_object(info))
		object_read(gps, info);
	json_decref(said);
}
