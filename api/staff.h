/* Employees who log in themselves: their passwords, and what they may see. */
#ifndef STAFF_H
#define STAFF_H

#include "req.h"

/* POST employees/{id}/self_password/ {"self_password":...} gives an employee a login; null, or
 * DELETE, takes it away. Either ends the tokens of before. */
req_step staff_password_set;

/* Under which failures of an employee's login are counted. */
const char *staff_guard_name(struct arena *, const char *emp_code);

#endif
