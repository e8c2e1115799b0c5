/* Whom uploaded lines are about. */
#include "erase.h"

#include <assert.h>
#include <string.h>

static bool names(const char *text, const char *pin)
{
	return erase_names(text, strlen(text), pin);
}

int main(void)
{
	assert(names("7\t2026-05-04 08:00:00", "7"));
	assert(!names("77\t2026-05-04 08:00:00", "7"));
	assert(!names("8\t7\t7", "7"));
	assert(names("USER PIN=7\tName=x", "7"));
	assert(names("8\tx\nFP Pin=7\r\n", "7"));
	assert(names("/iclock/cdata?SN=1&PIN=7&x=1\n", "7"));
	assert(!names("USER PIN=77\tName=7", "7"));
	assert(!names("USER PIN=8\tName=PIN7", "7"));
	assert(!names("OPIN=", "7"));
	assert(names("PIN=20260504083000-7.jpg", "7"));
	assert(!names("PIN=20260504083000-77.jpg", "7"));
	assert(names("A b\tc", "A b"));
	assert(names("   7 \tbad time", "7") && names("\xef\xbb\xbf"
						      "7\t1",
							"7"));
	assert(names("  7 2026-05-04 25:00:00", "7") && !names("  77 2026", "7"));
	assert(names("USER PIN = 7 \tName=x", "7") && names("PIN=20260504083000 - 7 .jpg", "7"));
	assert(!names("PIN=  77\t", "7") && !names("USER PIN= 8\tName= 7", "7"));
	assert(!erase_names("1-7", 3, "7") && !erase_names("1- 7 ", 5, "7"));
	assert(!names("", "7"));
	assert(!names("7", "7")); /* no columns: a line of numbers */
	assert(!names("7\t", ""));
	assert(erase_names("\0PIN=7", 6, "7"));
	return 0;
}
