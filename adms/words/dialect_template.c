/* Templates and photos as commands: one table of columns per form. */
#include "dialect_template.h"

#include <string.h>

#include "content.h"
#include "dialect_command.h"
#include "fatal.h"

#define COLUMNS 10

enum value {
	V_END,
	V_NO,
	V_INDEX,
	V_TYPE,
	V_MAJOR,
	V_MINOR,
	V_FORMAT,
	V_VALID, /* 3 is duress, as fingerprint records say it */
	V_VALID_ONLY, /* 0 or 1, where duress has a key of its own */
	V_DURESS,
	V_SIZE,
	V_CONTENT,
	V_URL,
	V_ZERO,
	V_ONE,
	V_FILE
};

static const struct form {
	const char *name, *verb; /* the verb ends with the key of the PIN */
	bool url;
	struct {
		const char *key;
		enum value value;
	} columns[COLUMNS];
} forms[] = {
	{ "FP", "DATA FP PIN=", false,
		{ { "FID", V_NO }, { "Size", V_SIZE }, { "Valid", V_VALID },
			{ "TMP", V_CONTENT } } },
	{ "FINGERTMP", "DATA UPDATE FINGERTMP PIN=", false,
		{ { "FID", V_NO }, { "Size", V_SIZE }, { "Valid", V_VALID },
			{ "TMP", V_CONTENT } } },
	{ "FACE", "DATA UPDATE FACE PIN=", false,
		{ { "FID", V_INDEX }, { "Valid", V_VALID_ONLY }, { "Size", V_SIZE },
			{ "TMP", V_CONTENT } } },
	{ "FVEIN", "DATA UPDATE FVEIN Pin=", false,
		{ { "FID", V_NO }, { "Index", V_INDEX }, { "Valid", V_VALID_ONLY },
			{ "Size", V_SIZE }, { "Tmp", V_CONTENT } } },
	{ "BIODATA", "DATA UPDATE BIODATA Pin=", false,
		{ { "No", V_NO }, { "Index", V_INDEX }, { "Valid", V_VALID_ONLY },
			{ "Duress", V_DURESS }, { "Type", V_TYPE }, { "MajorVer", V_MAJOR },
			{ "MinorVer", V_MINOR }, { "Format", V_FORMAT }, { "Tmp", V_CONTENT } } },
	{ "BIOPHOTO", "DATA UPDATE BIOPHOTO PIN=", true,
		{ { "Type", V_TYPE }, { "Format", V_ONE }, { "Url", V_URL } } },
	{ "BIOPHOTO", "DATA UPDATE BIOPHOTO PIN=", false,
		{ { "FileName", V_FILE }, { "Type", V_TYPE }, { "No", V_ZERO }, { "Index", V_ZERO },
			{ "Size", V_SIZE }, { "Content", V_CONTENT }, { "Format", V_ZERO } } },
	{ "USERPIC", "DATA UPDATE USERPIC PIN=", true, { { "Format", V_ONE }, { "Url", V_URL } } },
	{ "USERPIC", "DATA UPDATE USERPIC PIN=", false,
		{ { "Size", V_SIZE }, { "Content", V_CONTENT } } },
};

static void number_add(struct str *s, const char *key, int64_t n)
{
	str_addf(s, "\t%s=%lld", key, (long long)n);
}

static void size_add(struct str *s, const char *key, const struct dialect_template *t)
{
	int64_t given;
	if (t->variant == TEMPLATE_BYTES)
		number_add(s, key, (int64_t)content_bytes(t->content.text, t->content.len));
	else if (t->variant == TEMPLATE_AS_GIVEN && str_to_int(t->size, 0, INT32_MAX, &given))
		number_add(s, key, given);
	else
		number_add(s, key, (int64_t)t->content.len);
}

/* Only where the PIN can be a file's name anywhere. */
static void file_add(struct str *s, const char *key, const char *pin)
{
	size_t n = strspn(pin, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
	if (n > 0 && !pin[n])
		str_addf(s, "\t%s=%s.jpg", key, pin);
}

/* Base64, or what was sent for it: printable ASCII in any case. */
static void content_add(struct str *s, const char *key, struct span content)
{
	dialect_pair(s, key, content.text, content.len);
	for (size_t i = s->len - content.len; i < s->len; i++)
		if ((unsigned char)s->text[i] > 0x7e)
			s->text[i] = ' ';
}

static void column_add(
	struct str *s, const char *key, enum value value, const struct dialect_template *t)
{
	const bool duress = t->duress || t->valid == 3;
	switch (value) {
	case V_CONTENT:
		content_add(s, key, t->content);
		return;
	case V_URL:
		dialect_pair(s, key, t->url, strlen(t->url));
		return;
	case V_SIZE:
		size_add(s, key, t);
		return;
	case V_FILE:
		file_add(s, key, t->pin);
		return;
	default:
		break;
	}
	const int numbers[] = { [V_NO] = t->no,
		[V_INDEX] = t->index,
		[V_TYPE] = t->type,
		[V_MAJOR] = t->major,
		[V_MINOR] = t->minor,
		[V_FORMAT] = t->format,
		[V_VALID] = duress ? 3 : t->valid,
		[V_VALID_ONLY] = t->valid != 0,
		[V_DURESS] = duress,
		[V_ONE] = 1,
		[V_FILE] = 0 };
	number_add(s, key, numbers[value]);
}

bool dialect_template_write(struct str *s, const struct dialect_template *t)
{
	bool url = t->variant == TEMPLATE_URL;
	const struct form *f = forms;
	while (f < forms + LEN(forms) && (strcmp(f->name, t->form) != 0 || f->url != url))
		f++;
	if (f == forms + LEN(forms))
		return false;
	str_add(s, f->verb);
	dialect_value(s, t->pin, strlen(t->pin));
	for (int i = 0; i < COLUMNS && f->columns[i].value; i++)
		column_add(s, f->columns[i].key, f->columns[i].value, t);
	return true;
}
