/* Which permissions there are, and what words grant. */
#include "rights.h"

#include <stdio.h>
#include <string.h>

#include "fatal.h"

#define MAY_ALL (MAY_VIEW | MAY_ADD | MAY_CHANGE | MAY_DELETE)

static const struct subject_spec subjects[SUBJECTS] = {
	[SUBJECT_EMPLOYEE] = { "personnel", "employee", MAY_ALL, "employee" },
	[SUBJECT_DEPARTMENT] = { "personnel", "department", MAY_ALL, "department" },
	[SUBJECT_AREA] = { "personnel", "area", MAY_ALL, "area" },
	[SUBJECT_POSITION] = { "personnel", "position", MAY_ALL, .everybodys = true },
	[SUBJECT_RESIGN] = { "personnel", "resign", MAY_ALL, "resign" },
	[SUBJECT_CUSTOM_ATTRIBUTE] = { "personnel", "customattribute", MAY_ALL,
		.everybodys = true },
	[SUBJECT_COMPANY] = { "personnel", "company", MAY_VIEW | MAY_CHANGE, .everybodys = true },
	[SUBJECT_PHOTO] = { "personnel", "photo", MAY_VIEW | MAY_CHANGE | MAY_DELETE, "employee" },
	[SUBJECT_SELF_PASSWORD] = { "personnel", "selfpassword", MAY_CHANGE | MAY_DELETE,
		"employee", .named = true },
	[SUBJECT_CREDENTIAL] = { "personnel", "credential", MAY_VIEW, .named = true },
	[SUBJECT_PERSONAL_DATA] = { "personnel", "personaldata", MAY_VIEW, .named = true,
		.whole = true },
	[SUBJECT_ERASURE] = { "personnel", "erasure", MAY_VIEW | MAY_ADD, .named = true,
		.whole = true },
	[SUBJECT_TERMINAL] = { "iclock", "terminal", MAY_ALL, "terminal" },
	[SUBJECT_TRANSACTION] = { "iclock", "transaction", MAY_VIEW | MAY_ADD | MAY_DELETE,
		"punch" },
	[SUBJECT_TRANSACTION_SHIFT] = { "iclock", "transactionshift", MAY_VIEW | MAY_ADD,
		.named = true, .whole = true },
	[SUBJECT_TERMINAL_COMMAND] = { "iclock", "terminalcommand", MAY_VIEW | MAY_ADD | MAY_DELETE,
		"terminal_command" },
	[SUBJECT_TERMINAL_SYSTEM] = { "iclock", "terminalsystem", MAY_ADD, .named = true },
	[SUBJECT_COMMAND_RESULT] = { "iclock", "commandresult", MAY_VIEW, "terminal_command",
		.named = true },
	[SUBJECT_TERMINAL_PERSON] = { "iclock", "terminalperson", MAY_VIEW, "terminal_people" },
	[SUBJECT_ALERT] = { "iclock", "alert", MAY_VIEW | MAY_CHANGE, "alert" },
	[SUBJECT_ODD_TIME] = { "iclock", "oddtime", MAY_VIEW, "punch_odd_time" },
	[SUBJECT_RECONCILIATION] = { "iclock", "reconciliation", MAY_VIEW, "reconciliation" },
	[SUBJECT_REJECT] = { "iclock", "reject", MAY_VIEW, "reject" },
	[SUBJECT_TERMINAL_LOG] = { "iclock", "terminallog", MAY_VIEW, "operation_log" },
	[SUBJECT_UPLOAD_LOG] = { "iclock", "uploadlog", MAY_VIEW, "upload_log" },
	[SUBJECT_ATT_PHOTO] = { "iclock", "attphoto", MAY_VIEW, "punch_photo" },
	[SUBJECT_ERROR_LOG] = { "iclock", "errorlog", MAY_VIEW, "error_log" },
	[SUBJECT_TERMINAL_WORK_CODE] = { "iclock", "terminalworkcode", MAY_VIEW,
		"terminal_work_code" },
	[SUBJECT_RAW_UPLOAD] = { "iclock", "rawupload", MAY_VIEW, "raw_upload" },
	[SUBJECT_WORK_CODE] = { "iclock", "workcode", MAY_ALL, .everybodys = true },
	[SUBJECT_PUBLIC_MESSAGE] = { "iclock", "publicmessage", MAY_ALL, "public_message" },
	[SUBJECT_PRIVATE_MESSAGE] = { "iclock", "privatemessage", MAY_ALL, "private_message" },
	[SUBJECT_BIODATA] = { "iclock", "biodata", MAY_VIEW | MAY_DELETE, "template" },
	[SUBJECT_BIO_PHOTO] = { "iclock", "biophoto", MAY_ALL, "bio_photo" },
	[SUBJECT_REPORT] = { "att", "report", MAY_VIEW },
	[SUBJECT_MANUAL_LOG] = { "att", "manuallog", MAY_ALL, "manual_log" },
	[SUBJECT_LEAVE] = { "att", "leave", MAY_ALL, "att_leave" },
	[SUBJECT_PAY_CODE] = { "att", "paycode", MAY_ALL, .everybodys = true },
	[SUBJECT_HOLIDAY] = { "att", "holiday", MAY_ALL, "att_holiday" },
	[SUBJECT_USER] = { "base", "user", MAY_VIEW, .named = true, .whole = true },
	[SUBJECT_GROUP] = { "base", "group", MAY_VIEW, .named = true, .whole = true },
	[SUBJECT_AUDIT_LOG] = { "base", "auditlog", MAY_VIEW, .named = true, .whole = true },
};

static const char *const action_names[] = { "view", "add", "change", "delete" };

const struct subject_spec *rights_subject(enum subject subject)
{
	return subjects[subject].name ? &subjects[subject] : NULL;
}

/* One word of a permission, n bytes; * is any. */
static bool word_is(const char *word, size_t n, const char *name, bool any)
{
	if (n == 1 && *word == '*')
		return any;
	return n == strlen(name) && memcmp(word, name, n) == 0;
}

/* The bits that the permission, n bytes, grants of the subject. */
static int granted(const char *text, size_t n, const struct subject_spec *s)
{
	const char *dot = memchr(text, '.', n);
	int bits = 0;

	if (!dot || !word_is(text, (size_t)(dot - text), s->app, !s->named))
		return 0;
	const char *rest = dot + 1, *end = text + n;
	if (end - rest == 1 && *rest == '*')
		return s->named ? 0 : s->actions;
	const char *line = memchr(rest, '_', (size_t)(end - rest));
	if (!line || !word_is(line + 1, (size_t)(end - line - 1), s->name, !s->named))
		return 0;
	for (size_t i = 0; i < LEN(action_names); i++)
		if (word_is(rest, (size_t)(line - rest), action_names[i], !s->named))
			bits |= 1 << i;
	return bits & s->actions;
}

static bool word_add(struct rights *rights, const char *text, size_t n)
{
	bool any = false;

	for (int i = SUBJECT_NONE + 1; i < SUBJECTS; i++) {
		int bits = granted(text, n, &subjects[i]);
		rights->may[i] |= (unsigned char)bits;
		any |= bits != 0;
	}
	return any;
}

void rights_add(struct rights *rights, const char *words)
{
	for (;;) {
		words += strspn(words, " ");
		size_t n = strcspn(words, " ");
		if (n == 0)
			return;
		word_add(rights, words, n);
		words += n;
	}
}

bool rights_known(const char *word)
{
	struct rights rights = { { 0 } };

	return word_add(&rights, word, strlen(word));
}

struct rights rights_all(void)
{
	struct rights rights = { { 0 } };

	for (int i = 0; i < SUBJECTS; i++)
		rights.may[i] = (unsigned char)subjects[i].actions;
	return rights;
}

void rights_limit(struct rights *rights, const struct rights *by)
{
	for (int i = 0; i < SUBJECTS; i++)
		rights->may[i] &= by->may[i];
}

bool rights_cover(const struct rights *a, const struct rights *b)
{
	for (int i = 0; i < SUBJECTS; i++)
		if (b->may[i] & ~a->may[i])
			return false;
	return true;
}

void rights_name(enum subject subject, int action, char *out, size_t size)
{
	int i = 0;

	while (!(action >> i & 1))
		i++;
	snprintf(out, size, "%s.%s_%s", subjects[subject].app, action_names[i],
		subjects[subject].name);
}
