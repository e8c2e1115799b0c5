/* What the failure of a statement says about its values. */
#ifndef VERDICT_H
#define VERDICT_H

#include "db.h"

enum verdict {
	VERDICT_FAIL, /* nobody's fault: the terminal keeps what it has and sends again */
	VERDICT_AGAIN, /* deadlock, serialization: at once */
	VERDICT_HALVE /* taken for a value that the database refuses: it must be found */
};

enum verdict verdict_of(const struct db_error *);

#endif
