/* Routes below /personnel/api/. The 9.x web pages' singular names are the same resources. */
#include "personnel.h"

#include "erase.h"
#include "import.h"
#include "photos.h"
#include "routes.h"
#include "staff.h"

#define PHOTO_ROUTES(path)                                                                         \
	{ GET, path, photo_read }, { PUT | POST, path, photo_write },                              \
	{                                                                                          \
		DELETE, path, photo_delete                                                         \
	}

const struct route personnel_routes[] = {
	{ POST, "/personnel/api/employees/adjust_area/", people_action, &adjust_area },
	{ POST, "/personnel/api/employees/adjust_department/", people_action, &adjust_department },
	{ POST, "/personnel/api/employees/adjust_position/", people_action, &adjust_position },
	{ POST, "/personnel/api/employees/adjust_regsin/", people_action, &adjust_resign },
	{ POST, "/personnel/api/employees/adjust_resign/", people_action, &adjust_resign },
	{ POST, "/personnel/api/employees/del_bio_template/", people_action, &delete_templates },
	{ POST, "/personnel/api/employees/resync_to_device/", people_action, &resync_to_device },
	{ POST, "/personnel/api/employee/adjust_area/", people_action, &adjust_area },
	{ POST, "/personnel/api/employee/adjust_department/", people_action, &adjust_department },
	{ POST, "/personnel/api/employee/adjust_position/", people_action, &adjust_position },
	{ POST, "/personnel/api/employee/adjust_regsin/", people_action, &adjust_resign },
	{ POST, "/personnel/api/employee/adjust_resign/", people_action, &adjust_resign },
	{ POST, "/personnel/api/employee/del_bio_template/", people_action, &delete_templates },
	{ POST, "/personnel/api/employee/resync_to_device/", people_action, &resync_to_device },

	{ POST, "/personnel/api/employees/import/", import_rows, &import_employees },
	{ POST, "/personnel/api/employees/import_cards/", import_rows, &import_cards },
	{ POST, "/personnel/api/employees/import_photos/", import_photos },
	{ POST, "/personnel/api/departments/import/", import_rows, &import_departments },
	{ POST, "/personnel/api/positions/import/", import_rows, &import_positions },
	{ POST, "/personnel/api/areas/import/", import_rows, &import_areas },

	RESOURCE_ROUTES("/personnel/api/employees/", employees),
	RESOURCE_ROUTES("/personnel/api/employee/", employees),

	{ POST | PUT, "/personnel/api/employees/:id/self_password/", staff_password_set },
	{ DELETE, "/personnel/api/employees/:id/self_password/", staff_password_set },
	{ POST | PUT, "/personnel/api/employee/:id/self_password/", staff_password_set },
	{ DELETE, "/personnel/api/employee/:id/self_password/", staff_password_set },
	{ POST, "/personnel/api/employees/:id/erase/", erase_person },
	{ GET, "/personnel/api/employees/:id/export/", person_export },
	{ GET, "/personnel/api/erasures/", resource_list, &erasures },
	{ GET, "/personnel/api/erasures/:id/", resource_read, &erasures },
	PHOTO_ROUTES("/personnel/api/employees/:id/photo/"),
	PHOTO_ROUTES("/personnel/api/employee/:id/photo/"),
	/* where the original has a static folder */
	{ GET, "/auth_files/photo/:name/", photo_read_named },

	RESOURCE_ROUTES("/personnel/api/departments/", departments),
	RESOURCE_ROUTES("/personnel/api/department/", departments),

	RESOURCE_ROUTES("/personnel/api/areas/", areas),
	RESOURCE_ROUTES("/personnel/api/area/", areas),

	RESOURCE_ROUTES("/personnel/api/positions/", positions),
	RESOURCE_ROUTES("/personnel/api/position/", positions),

	RESOURCE_ROUTES("/personnel/api/customattributes/", custom_attributes),

	/* the one that there is; and areas under the cloud's name */
	{ GET, "/personnel/api/company/", resource_list, &company },
	{ GET, "/personnel/api/company/:id/", resource_read, &company },
	{ PUT | PATCH, "/personnel/api/company/:id/", resource_update, &company },
	{ GET, "/personnel/api/locations/", resource_list, &areas },
	{ GET, "/personnel/api/locations/:id/", resource_read, &areas },

	{ POST, "/personnel/api/resigns/reinstatement/", reinstate },
	{ POST, "/personnel/api/resign/reinstatement/", reinstate },
	RESOURCE_ROUTES("/personnel/api/resigns/", resigns),
	RESOURCE_ROUTES("/personnel/api/resign/", resigns),
	{ 0 },
};
