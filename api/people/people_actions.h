/* What is done to many people at once. */
#ifndef PEOPLE_ACTIONS_H
#define PEOPLE_ACTIONS_H

#include "about.h"
#include "req.h"

/* POST /personnel/api/employees/<action>/; route->spec is one of these. */
struct people_action;
extern const struct people_action adjust_area, adjust_department, adjust_position, adjust_resign,
	delete_templates, resync_to_device, take_claims, drop_claims;
req_step people_action;

/* POST /personnel/api/resigns/reinstatement/ */
req_step reinstate;

about_teller people_action_about, reinstate_about;

#endif
