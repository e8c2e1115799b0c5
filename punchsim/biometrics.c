/* Made-up biometrics: what is enrolled at a terminal, and what it says that it can take. */
#include "terminal_private.h"

#include <stdlib.h>
#include <string.h>

int bio_version(const struct terminal *t, long type)
{
	if (type == 9 && t->profile->face_version >= 30)
		return face_version(t);
	return type >= 0 && type < BIO_TYPES ? t->profile->bio[type] : 0;
}

/* Lists by type, as visible-light terminals have them; older ones say less. */
void bio_options_write(const struct terminal *t, struct buf *out, char sep)
{
	static const char *const lists[] = { "MultiBioDataSupport", "MultiBioPhotoSupport",
		"MultiBioVersion" };

	if (t->profile->bit == G3)
		buf_printf(out, "FvFunOn=1%cFvVersion=%d%cPhotoFunOn=1%c", sep, bio_version(t, 7),
			sep, sep);
	if (t->profile->bit != G4 && t->profile->bit != G5)
		return;
	for (size_t i = 0; i < LEN(lists); i++) {
		buf_printf(out, "%s=", lists[i]);
		for (int type = 0; type < BIO_TYPES; type++) {
			int version = bio_version(t, type);
			if (i == 0)
				version = version > 0;
			else if (i == 1)
				version = type == 9 && !t->set->no_photos;
			buf_printf(out, "%s%d", type ? ":" : "", version);
		}
		buf_printf(out, "%c", sep);
	}
}

/* Base64 that looks like a template: right magic, the rest made from PIN and terminal. */
static void template_text(const struct terminal *t, struct buf *out, const char *magic,
	const char *pin, long no, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint64_t x = 88172645463325252u + (uint64_t)no * 7919;

	for (const char *p = pin; *p; p++)
		x = x * 1099511628211u + (unsigned char)*p;
	for (const char *p = t->sn; *p; p++)
		x = x * 1099511628211u + (unsigned char)*p;
	buf_text(out, magic);
	for (size_t i = strlen(magic); i < len - 1; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		buf_add(out, &digits[x >> 40 & 63], 1);
	}
	out->data[out->len - 1] = 'A'; /* no bits that the padding leaves over */
	buf_text(out, "=");
}

static void biodata_make(struct terminal *t, struct user *u, long type, long no, int major,
	const char *magic, struct buf *out)
{
	struct buf f = { 0 };

	buf_printf(&f,
		"No=%ld\tIndex=0\tValid=1\tDuress=0\tType=%ld\tMajorVer=%d\tMinorVer=%d"
		"\tFormat=0\tTmp=",
		no, type, major, type == 9 ? 3 : 0);
	template_text(t, &f, magic, u->pin, type * 16 + no, 1024);
	template_put(&t->people, u, T_BIODATA, type, no, 0, slice_text(f.data));
	buf_free(&f);
	template_line(u, template_find(u, T_BIODATA, type, no, 0), out);
}

void fp_make(struct terminal *t, struct user *u, long finger, struct buf *out)
{
	struct buf f = { 0 };

	if (t->profile->fp_unified) {
		biodata_make(t, u, 1, finger, t->profile->fp_version, "apUBEFAB", out);
		return;
	}
	buf_printf(&f, "FID=%ld\tSize=%d\tValid=1\tTMP=", finger,
		t->profile->size_decoded ? 767 : 1024);
	template_text(t, &f, "TcdTUzIx", u->pin, finger, 1024);
	template_put(&t->people, u, T_FP, 0, finger, 0, slice_text(f.data));
	buf_free(&f);
	template_line(u, template_find(u, T_FP, 0, finger, 0), out);
}

void face_make(struct terminal *t, struct user *u, struct buf *out)
{
	if (t->profile->face_version >= 30) {
		biodata_make(t, u, 9, 0, face_version(t), "apUBEBAB", out);
		return;
	}
	for (long piece = 0; piece < 12; piece++) {
		struct buf f = { 0 };
		buf_printf(&f, "FID=%ld\tSIZE=512\tVALID=1\tTMP=", piece);
		template_text(t, &f, "AAAAAAAA", u->pin, 100 + piece, 512);
		template_put(&t->people, u, T_FACE, 0, piece, 0, slice_text(f.data));
		buf_free(&f);
		template_line(u, template_find(u, T_FACE, 0, piece, 0), out);
	}
}

void vein_make(struct terminal *t, struct user *u, struct buf *out)
{
	for (long sample = 0; sample < 3; sample++) {
		struct buf f = { 0 };
		buf_printf(&f,
			t->profile->bit == G3 ? "FID=2\tIndex=%ld\tSize=512\tValid=1\tTmp="
					      : "No=2\tIndex=%ld\tValid=1\tDuress=0\tType=7"
						"\tMajorVer=3\tMinorVer=0\tFormat=0\tTmp=",
			sample);
		template_text(t, &f, "VVVVVVVV", u->pin, 200 + sample, 512);
		enum kind kind = t->profile->bit == G3 ? T_FVEIN : T_BIODATA;
		long type = kind == T_BIODATA ? 7 : 0;
		template_put(&t->people, u, kind, type, 2, sample, slice_text(f.data));
		buf_free(&f);
		template_line(u, template_find(u, kind, type, 2, sample), out);
	}
}

bool palm_make(struct terminal *t, struct user *u, struct buf *out)
{
	long type = bio_version(t, 10) ? 10 : 8;

	if (!bio_version(t, type))
		return false;
	biodata_make(t, u, type, 0, bio_version(t, type), "PPPPPPPP", out);
	return true;
}

void photo_make(struct terminal *t, struct user *u, enum kind kind, struct buf *out)
{
	struct buf f = { 0 };
	long type = kind == T_BIOPHOTO ? 9 : 0;

	buf_printf(&f, "FileName=%s.jpg", u->pin);
	if (type)
		buf_printf(&f, "\tType=%ld", type);
	buf_text(&f, "\tSize=4096\tContent=");
	template_text(t, &f, "/9j/4AAQ", u->pin, 300 + type, 4096);
	template_put(&t->people, u, kind, type, 0, 0, slice_text(f.data));
	buf_free(&f);
	template_line(u, template_find(u, kind, type, 0, 0), out);
}

void base64_write(struct buf *out, struct slice s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		unsigned n = (unsigned)(unsigned char)s.p[i] << 16;
		n |= left > 1 ? (unsigned)(unsigned char)s.p[i + 1] << 8 : 0;
		n |= left > 2 ? (unsigned)(unsigned char)s.p[i + 2] : 0;
		char four[4] = { digits[n >> 18], digits[n >> 12 & 63],
			left > 1 ? digits[n >> 6 & 63] : '=', left > 2 ? digits[n & 63] : '=' };
		buf_add(out, four, sizeof(four));
	}
}
