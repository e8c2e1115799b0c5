/* How a terminal words its requests: targets and upload lines per generation. */
#include "terminal_private.h"
#include "wallclock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *target_make(const struct terminal *t, const char *endpoint)
{
	struct buf b = { 0 };
	buf_printf(&b, "/iclock/%s%s?SN=%s", endpoint, t->set->aspx ? ".aspx" : "", t->sn);
	return b.data;
}

char *target_table(const struct terminal *t, const char *table)
{
	struct buf b = { 0 };
	char *start = target_make(t, "cdata");
	bool operlog = strcmp(table, "OPERLOG") == 0;
	uint32_t stamp = wallclock_stamp(terminal_wall(t));

	buf_text(&b, start);
	free(start);
	if (t->profile->old && (operlog || strcmp(table, "ATTLOG") == 0))
		buf_printf(&b, "&%s=%u", operlog ? "OpStamp" : "Stamp", stamp);
	else if (strcmp(table, "options") == 0)
		buf_text(&b, "&table=options");
	else if (t->profile->old_stamps)
		buf_printf(&b, "&table=%s&%s=%u", table, operlog ? "OpStamp" : "Stamp", stamp);
	else if (operlog || (t->profile->fp_unified && strcmp(table, "BIODATA") == 0))
		buf_printf(&b, "&table=%s&OpStamp=9999", table);
	else
		buf_printf(&b, "&table=%s&Stamp=9999", table);
	return b.data;
}

char *target_answer(const struct terminal *t, const char *table)
{
	struct buf b = { 0 };
	char *start = target_make(t, "cdata");

	buf_printf(&b, "%s&table=%s&Stamp=0", start, table);
	free(start);
	return b.data;
}

static size_t faces_count(const struct terminal *t)
{
	const struct user *u;
	size_t n = 0;

	if (t->profile->face_version < 0)
		return 0;
	if (t->profile->face_version < 30)
		return t->people.templates[T_FACE] / 12;
	for (u = TAILQ_FIRST(&t->people.all); u; u = TAILQ_NEXT(u, next))
		n += template_find(u, T_BIODATA, 9, 0, 0) != NULL;
	return n;
}

char *target_handshake(const struct terminal *t, const char *start)
{
	const char *query = t->profile->handshake, *said = strstr(query, "&language=");
	struct buf b = { 0 };

	buf_text(&b, start);
	if (!t->set->language) {
		buf_text(&b, query);
		return b.data;
	}
	const char *rest = said ? said + 1 + strcspn(said + 1, "&") : "";
	buf_add(&b, query, said ? (size_t)(said - query) : strlen(query));
	buf_printf(&b, "&language=%ld%s", t->set->language, rest);
	return b.data;
}

size_t punches_counted(const struct terminal *t)
{
	return t->punch_count + (size_t)t->set->phantoms;
}

/* Old firmware leaves the spaces of its name raw in the request line. */
char *target_poll(const struct terminal *t)
{
	const struct profile *p = t->profile;
	struct buf b = { 0 };
	char *start = target_make(t, "getrequest");

	buf_text(&b, start);
	free(start);
	if (!t->info_due)
		return b.data;
	buf_text(&b, "&INFO=");
	for (const char *f = p->firmware; *f; f++)
		buf_text(&b, *f == ' ' && !p->old_stamps ? "%20" : (char[]){ *f, '\0' });
	buf_printf(&b, ",%zu,%zu,%zu,192.168.1.%u,%d", t->people.users, t->people.templates[T_FP],
		punches_counted(t), 10 + t->index % 200, p->fp_version);
	if (p->info_fields >= 10)
		buf_printf(&b, ",%d,12,%zu,%s", face_version(t), faces_count(t),
			p->info_fields > 10 ? "11111" : "111");
	if (p->info_fields >= 13)
		buf_text(&b, ",0,0,0");
	return b.data;
}

struct job *upload_queue(struct terminal *t, const char *table)
{
	return terminal_queue(t, J_UPLOAD, true, target_table(t, table));
}

struct job *upload_punches(struct terminal *t)
{
	while (t->punch_sent < t->punch_count && t->punches[t->punch_sent].forgotten)
		t->punch_sent++;
	size_t left = t->punch_count - t->punch_sent;

	if (!left)
		return NULL;
	struct job *j = xalloc(sizeof(*j));
	j->kind = J_PUNCHES;
	j->post = true;
	j->target = target_table(t, "ATTLOG");
	j->lines = left < (size_t)t->set->batch ? left : (size_t)t->set->batch;
	for (size_t i = 0; i < j->lines; i++) {
		const struct punch *p = &t->punches[t->punch_sent + i];
		if (p->forgotten)
			continue;
		buf_text(&j->body, p->line);
		buf_text(&j->body, "\n");
		j->written++;
	}
	return j;
}

void user_line(const struct terminal *t, const struct user *u, struct buf *out)
{
	static const char *const usual[U_KEYS] = {
		[U_PRI] = "0", [U_GRP] = "1", [U_START] = "0", [U_END] = "0", [U_EXPIRES] = "0"
	};

	buf_printf(out, "USER PIN=%s", u->pin);
	for (unsigned i = 0; i < t->profile->user_keys; i++) {
		const char *v = u->value[i] ? u->value[i] : usual[i];
		if (!v && i == U_TZ)
			v = t->profile->timezones;
		if (!v && i == U_CARD && t->profile->old_stamps)
			v = "[0000000000]";
		buf_printf(out, "\t%s=%s", user_key[i], v ? v : "");
	}
	buf_text(out, "\n");
}

static void pairs_write(struct buf *out, struct slice fields, const char *const *keys)
{
	struct slice v;
	for (; *keys; keys++) {
		buf_printf(out, "\t%s=", *keys);
		if (pair_find(fields, *keys, &v))
			buf_slice(out, v);
	}
}

void template_line(const struct user *u, const struct templ *x, struct buf *out)
{
	static const char *const keys[T_KINDS][12] = {
		[T_FP] = { "FID", "Size", "Valid", "TMP" },
		[T_FACE] = { "FID", "SIZE", "VALID", "TMP" },
		[T_FVEIN] = { "FID", "Index", "Size", "Valid", "Tmp" },
		[T_BIODATA] = { "No", "Index", "Valid", "Duress", "Type", "MajorVer", "MinorVer",
			"Format", "Tmp" },
		[T_BIOPHOTO] = { "FileName", "Type", "Size", "Content" },
		[T_USERPIC] = { "FileName", "Size", "Content" },
	};
	bool mixed = x->kind == T_FVEIN || x->kind == T_BIODATA;

	buf_printf(out, "%s %s=%s", kind_word[x->kind], mixed ? "Pin" : "PIN", u->pin);
	pairs_write(out, slice_text(x->fields), keys[x->kind]);
	buf_text(out, "\n");
}

static bool kind_in_operlog(enum kind k)
{
	return k == T_FP || k == T_FACE || k == T_FVEIN || k == T_USERPIC;
}

static void person_write(struct terminal *t, const struct user *u, struct buf *operlog,
	struct buf *biodata, struct buf *biophoto)
{
	struct templ *x;

	if (operlog)
		user_line(t, u, operlog);
	for (x = TAILQ_FIRST(&u->templates); x; x = TAILQ_NEXT(x, next)) {
		if (kind_in_operlog(x->kind) && operlog)
			template_line(u, x, operlog);
		else if (x->kind == T_BIODATA && biodata)
			template_line(u, x, biodata);
		else if (x->kind == T_BIOPHOTO && biophoto)
			template_line(u, x, biophoto);
	}
}

static void table_send(struct terminal *t, const char *table, struct buf *lines)
{
	if (lines->len) {
		struct job *j = upload_queue(t, table);
		j->body = *lines;
		*lines = (struct buf){ 0 };
	}
	buf_free(lines);
}

void upload_person(struct terminal *t, const struct user *u)
{
	struct buf operlog = { 0 }, biodata = { 0 }, biophoto = { 0 };

	person_write(t, u, &operlog, &biodata, &biophoto);
	table_send(t, "OPERLOG", &operlog);
	table_send(t, "BIODATA", &biodata);
	table_send(t, "BIOPHOTO", &biophoto);
}

#define UPLOAD_BYTES 500000 /* a body of theirs is about 1 MB at most */

void upload_everybody(struct terminal *t, bool users, bool biodata)
{
	struct buf lines = { 0 }, bio = { 0 };
	struct user *u;

	for (u = TAILQ_FIRST(&t->people.all); u; u = TAILQ_NEXT(u, next)) {
		person_write(t, u, users ? &lines : NULL, biodata ? &bio : NULL, NULL);
		if (lines.len > UPLOAD_BYTES)
			table_send(t, "OPERLOG", &lines);
		if (bio.len > UPLOAD_BYTES)
			table_send(t, "BIODATA", &bio);
	}
	table_send(t, "OPERLOG", &lines);
	table_send(t, "BIODATA", &bio);
}

void options_write(const struct terminal *t, struct buf *out, char sep)
{
	const struct profile *p = t->profile;

	buf_printf(out, "~DeviceName=%s%cMAC=00:17:61:13:%02x:%02x%c", p->device, sep,
		t->index >> 8 & 255, t->index & 255, sep);
	buf_printf(out, "TransactionCount=%zu%c~MaxAttLogCount=20%cUserCount=%zu%c",
		punches_counted(t), sep, sep, t->people.users, sep);
	buf_printf(out, "~MaxUserCount=100%cFingerFunOn=1%cFPVersion=%d%c~MaxFingerCount=60%c", sep,
		sep, p->fp_version, sep, sep);
	buf_printf(out, "FPCount=%zu%cFaceFunOn=%d%cFaceVersion=%d%c~MaxFaceCount=6000%c",
		t->people.templates[T_FP], sep, p->face_version >= 0, sep, face_version(t), sep,
		sep);
	buf_printf(out, "FaceCount=%zu%cIPAddress=192.168.1.%u%c~Platform=%s%c", faces_count(t),
		sep, 10 + t->index % 200, sep, p->platform, sep);
	bio_options_write(t, out, sep);
	buf_printf(out, "~OEMVendor=ZKTECO CO., LTD.%cFWVersion=%s%c~SerialNumber=%s", sep,
		p->firmware, sep, t->sn);
}

/* Firmware before 2.4 never does; others when the server names options and wants to be told. */
void upload_options(struct terminal *t)
{
	if (t->profile->old_stamps || !t->option_block.data ||
		!strstr(t->option_block.data, "\nPushOptionsFlag=1"))
		return;
	struct job *j = upload_queue(t, "options");
	options_write(t, &j->body, ',');
}

void oplog_line(const struct terminal *t, struct buf *out, int code, const char *pin)
{
	char text[20];

	wallclock_format(terminal_wall(t), text);
	if (t->profile->old)
		snprintf(text, sizeof(text), "%u", wallclock_stamp(terminal_wall(t)));
	buf_printf(out, "OPLOG %d\t0\t%s\t%s\t0\t0\t0\n", code, text, pin);
}

int face_version(const struct terminal *t)
{
	bool own = t->set->face_version && t->profile->face_version >= 30;
	return own ? (int)t->set->face_version : t->profile->face_version;
}
