/* The resources below /personnel/api/ and their actions. */
#ifndef PERSONNEL_H
#define PERSONNEL_H

#include "resource.h"

extern const struct resource departments, positions, areas, employees, resigns, company,
	custom_attributes, claims;

/* POST /personnel/api/employees/<action>/; route->spec is one of these. */
struct people_action;
extern const struct people_action adjust_area, adjust_department, adjust_position, adjust_resign,
	delete_templates, resync_to_device, take_claims, drop_claims;
req_step people_action;

/* POST /personnel/api/resigns/reinstatement/ */
req_step reinstate;

#endif
