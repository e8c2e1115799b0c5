/* What a terminal keeps of its users. */
#include "check.h"
#include "people.h"

#include <stdio.h>
#include <string.h>

static void test_absent_and_empty(void)
{
	struct people p;
	people_init(&p);
	struct user *u = people_add(&p, slice_text("007"));

	user_update(u, slice_text("PIN=007\tName=Ann\tCard=12\tUnknown=1"));
	user_update(u, slice_text("PIN=007\tCARD="));
	assert(strcmp(u->value[U_NAME], "Ann") == 0 && strcmp(u->value[U_CARD], "") == 0);
	assert(!u->value[U_PRI]);
	assert(!people_find(&p, slice_text("7"))); /* a PIN is text */
	people_clear(&p);
}

static void test_templates_go_with_user(void)
{
	struct people p;
	people_init(&p);
	struct user *u = people_add(&p, slice_text("1"));

	template_put(&p, u, T_FP, 0, 6, 0, slice_text("TMP=a"));
	template_put(&p, u, T_FP, 0, 6, 0, slice_text("TMP=b"));
	template_put(&p, u, T_BIODATA, 9, 0, 0, slice_text("Tmp=c"));
	template_put(&p, u, T_BIODATA, 1, 3, 0, slice_text("Tmp=d"));
	assert(p.templates[T_FP] == 1 && p.templates[T_BIODATA] == 2);
	assert(strcmp(template_find(u, T_FP, 0, 6, 0)->fields, "TMP=b") == 0);
	assert(templates_delete(&p, u, T_BIODATA, 9, -1) == 1);
	assert(templates_delete(&p, u, T_BIODATA, 9, -1) == 0);
	people_delete(&p, u);
	assert(p.users == 0 && p.templates[T_FP] == 0 && p.templates[T_BIODATA] == 0);
	people_clear(&p);
}

static void test_many(void)
{
	struct people p;
	char pin[16];
	people_init(&p);

	for (int i = 0; i < 5000; i++) {
		snprintf(pin, sizeof(pin), "%d", i);
		people_add(&p, slice_text(pin));
	}
	for (int i = 0; i < 5000; i += 2) {
		snprintf(pin, sizeof(pin), "%d", i);
		people_delete(&p, people_find(&p, slice_text(pin)));
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(pin, sizeof(pin), "%d", i);
		assert((people_find(&p, slice_text(pin)) != NULL) == (i % 2));
	}
	assert(p.users == 2500);
	people_clear(&p);
}

int main(void)
{
	test_absent_and_empty();
	test_templates_go_with_user();
	test_many();
	return 0;
}
