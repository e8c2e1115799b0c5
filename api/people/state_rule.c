#include "state_rule.h"

#include <regex.h>

#include "errors.h"
#include "fatal.h"

#define ENTRY "([01][0-9]|2[0-3]):[0-5][0-9] (in|out)"

bool state_rule_is_good(const char *text)
{
	static const char pattern[] =
		"^(|raw|in|out|first_last|alternate|schedule " ENTRY "(, ?" ENTRY ")*)$";
	regex_t regex;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		fatal("state_rule: the pattern");
	bool good = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return good;
}

void state_rule_check(struct write *w, const struct rows *current, int first_column)
{
	const char *rule = write_text(w, "state_rule");

	(void)current, (void)first_column;
	if (rule && !state_rule_is_good(rule))
		errors_add(w->errors, "state_rule", "\"%s\" is not a valid choice.", rule);
}
