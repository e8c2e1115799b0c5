#include <assert.h>
#include <string.h>

#include "rights.h"

static struct rights rights_of(const char *words)
{
	struct rights rights = { { 0 } };

	rights_add(&rights, words);
	return rights;
}

static void test_words(void)
{
	struct rights r = rights_of("personnel.view_employee  iclock.add_terminalcommand nonsense");

	assert(r.may[SUBJECT_EMPLOYEE] == MAY_VIEW);
	assert(r.may[SUBJECT_TERMINAL_COMMAND] == MAY_ADD);
	assert(r.may[SUBJECT_DEPARTMENT] == 0);
	r = rights_of("personnel.change_* att.*");
	assert(r.may[SUBJECT_EMPLOYEE] == MAY_CHANGE && r.may[SUBJECT_LEAVE] == 15);
	assert(r.may[SUBJECT_REPORT] == MAY_VIEW && r.may[SUBJECT_TERMINAL] == 0);
}

static void test_some_are_granted_by_name_alone(void)
{
	struct rights r = rights_of("*.*_* *.* personnel.* personnel.*_credential *.view_credential"
				    " personnel.view_* base.*_auditlog");

	assert(r.may[SUBJECT_EMPLOYEE] == 15);
	assert(r.may[SUBJECT_CREDENTIAL] == 0 && r.may[SUBJECT_AUDIT_LOG] == 0);
	assert(rights_of("personnel.view_credential").may[SUBJECT_CREDENTIAL] == MAY_VIEW);
}

static void test_what_is_no_permission(void)
{
	static const char *const bad[] = { "", ".", "*", "_", "._", "*._", "personnel",
		"personnel.", "personnel.view", "personnel.view_", "personnel.view_employees",
		"personnel.see_employee", "Personnel.view_employee", ".view_employee",
		"personnel.view_*x", "att.add_report", "**.*_*" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert(!rights_known(bad[i]));
	assert(rights_known("*.*") && rights_known("iclock.*") && rights_known("*.view_*"));
}

static void test_sets(void)
{
	struct rights all = rights_all(), some = rights_of("att.*"), none = { { 0 } };

	assert(rights_cover(&all, &some) && !rights_cover(&some, &all));
	assert(rights_cover(&some, &none));
	rights_limit(&all, &some);
	assert(memcmp(&all, &some, sizeof(all)) == 0);
}

static void test_every_name_grants_itself_and_nothing_else(void)
{
	for (int i = SUBJECT_NONE + 1; i < SUBJECTS; i++)
		for (int bit = MAY_VIEW; bit <= MAY_DELETE; bit <<= 1) {
			char name[64];
			if (!(rights_subject((enum subject)i)->actions & bit))
				continue;
			rights_name((enum subject)i, bit, name, sizeof(name));
			struct rights r = rights_of(name), wanted = { { 0 } };
			wanted.may[i] = (unsigned char)bit;
			assert(memcmp(&r, &wanted, sizeof(r)) == 0);
		}
}

int main(void)
{
	test_words();
	test_some_are_granted_by_name_alone();
	test_what_is_no_permission();
	test_sets();
	test_every_name_grants_itself_and_nothing_else();
	return 0;
}
