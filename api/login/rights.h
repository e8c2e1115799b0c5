/*
 * Permissions: app.action_subject, as Django's auth and so ZKBio Time names them
 * ("personnel.view_employee"). Any of the three words may be *, but subjects that guard what most
 * must not see are only granted by name.
 */
#ifndef RIGHTS_H
#define RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

enum { MAY_VIEW = 1, MAY_ADD = 2, MAY_CHANGE = 4, MAY_DELETE = 8 };

enum subject {
	SUBJECT_NONE, /* routes without a subject are for superusers */
	SUBJECT_EMPLOYEE,
	SUBJECT_DEPARTMENT,
	SUBJECT_AREA,
	SUBJECT_POSITION,
	SUBJECT_RESIGN,
	SUBJECT_CUSTOM_ATTRIBUTE,
	SUBJECT_COMPANY,
	SUBJECT_PHOTO,
	SUBJECT_SELF_PASSWORD, /* of an employee */
	SUBJECT_CREDENTIAL, /* cards, device passwords, templates: whether they are shown */
	SUBJECT_PERSONAL_DATA, /* all that is held of a person, as one file */
	SUBJECT_ERASURE,
	SUBJECT_TERMINAL,
	SUBJECT_TRANSACTION,
	SUBJECT_TRANSACTION_SHIFT, /* their times, of a clock that was wrong */
	SUBJECT_TERMINAL_COMMAND,
	SUBJECT_TERMINAL_SYSTEM, /* shell, files and firmware of terminals */
	SUBJECT_COMMAND_RESULT, /* what those brought */
	SUBJECT_TERMINAL_PERSON,
	SUBJECT_ALERT,
	SUBJECT_ODD_TIME,
	SUBJECT_RECONCILIATION,
	SUBJECT_REJECT,
	SUBJECT_TERMINAL_LOG,
	SUBJECT_UPLOAD_LOG,
	SUBJECT_ATT_PHOTO,
	SUBJECT_ERROR_LOG,
	SUBJECT_TERMINAL_WORK_CODE,
	SUBJECT_RAW_UPLOAD,
	SUBJECT_WORK_CODE,
	SUBJECT_PUBLIC_MESSAGE,
	SUBJECT_PRIVATE_MESSAGE,
	SUBJECT_BIODATA,
	SUBJECT_BIO_PHOTO,
	SUBJECT_REPORT,
	SUBJECT_MANUAL_LOG,
	SUBJECT_LEAVE,
	SUBJECT_PAY_CODE,
	SUBJECT_HOLIDAY,
	SUBJECT_USER,
	SUBJECT_GROUP,
	SUBJECT_AUDIT_LOG,
	SUBJECTS
};

/* What somebody may do, by subject: bits MAY_... */
struct rights {
	unsigned char may[SUBJECTS];
};

struct subject_spec {
	const char *app, *name;
	int actions; /* that there are */
	const char *table; /* whose rows :id of its routes are; NULL: rows have no area */
	bool named; /* no * grants it */
	bool whole; /* nothing of it is for an account that is limited to areas or departments */
	bool everybodys; /* such an account may read it, and write none of it */
};

/* Of SUBJECT_NONE: NULL. */
const struct subject_spec *rights_subject(enum subject);

/* Adds what the words, apart by blanks, grant. Words that mean nothing grant nothing. */
void rights_add(struct rights *, const char *words);

/* One word grants anything at all. */
bool rights_known(const char *word);

struct rights rights_all(void);

/* Leaves what both grant. */
void rights_limit(struct rights *, const struct rights *by);

/* a has all that b has. */
bool rights_cover(const struct rights *a, const struct rights *b);

/* "personnel.view_employee", at most size - 1 bytes; action is one bit. */
void rights_name(enum subject, int action, char *out, size_t size);

#endif
