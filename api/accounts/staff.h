/* Employees who log in themselves: their passwords, and what they may see. */
#ifndef STAFF_H
#define STAFF_H

#include "about.h"
#include "req.h"

/* POST employees/{id}/self_password/ {"self_password":...} gives an employee a login, DELETE takes
 * it away. Either ends the tokens of before. */
req_step staff_password_set;

/* Of the employee who is logged in: GET /staff/api/employee/ and photo/, POST password/. */
req_step own_employee, own_photo, own_password;

about_teller staff_password_about, own_about;

extern const struct route staff_routes[];

#endif
