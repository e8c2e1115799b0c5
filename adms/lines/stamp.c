#include "stamp.h"

bool stamp_ok(struct span stamp)
{
	if (!stamp.len || stamp.len > 20)
		return false;
	for (size_t i = 0; i < stamp.len; i++)
		if (stamp.text[i] < '0' || stamp.text[i] > '9')
			return false;
	return true;
}
