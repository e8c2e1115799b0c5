/* Routes below /personnel/api/. The 9.x web pages' singular names are the same resources. */
#include "personnel.h"

#include "import.h"
#include "photos.h"
#include "routes.h"
#include "staff.h"

enum { ITEM = PUT | PATCH };

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

	{ GET, "/personnel/api/employees/", resource_list, &employees },
	{ POST, "/personnel/api/employees/", resource_create, &employees },
	{ GET, "/personnel/api/employees/:id/", resource_read, &employees },
	{ ITEM, "/personnel/api/employees/:id/", resource_update, &employees },
	{ DELETE, "/personnel/api/employees/:id/", resource_delete, &employees },
	{ GET, "/personnel/api/employee/", resource_list, &employees },
	{ POST, "/personnel/api/employee/", resource_create, &employees },
	{ GET, "/personnel/api/employee/:id/", resource_read, &employees },
	{ ITEM, "/personnel/api/employee/:id/", resource_update, &employees },
	{ DELETE, "/personnel/api/employee/:id/", resource_delete, &employees },

	{ POST | PUT | DELETE, "/personnel/api/employees/:id/self_password/", staff_password_set },
	{ POST | PUT | DELETE, "/personnel/api/employee/:id/self_password/", staff_password_set },
	PHOTO_ROUTES("/personnel/api/employees/:id/photo/"),
	PHOTO_ROUTES("/personnel/api/employee/:id/photo/"),
	/* where the original has a static folder */
	{ GET, "/auth_files/photo/:name/", photo_read_named },

	{ GET, "/personnel/api/departments/", resource_list, &departments },
	{ POST, "/personnel/api/departments/", resource_create, &departments },
	{ GET, "/personnel/api/departments/:id/", resource_read, &departments },
	{ ITEM, "/personnel/api/departments/:id/", resource_update, &departments },
	{ DELETE, "/personnel/api/departments/:id/", resource_delete, &departments },
	{ GET, "/personnel/api/department/", resource_list, &departments },
	{ POST, "/personnel/api/department/", resource_create, &departments },
	{ GET, "/personnel/api/department/:id/", resource_read, &departments },
	{ ITEM, "/personnel/api/department/:id/", resource_update, &departments },
	{ DELETE, "/personnel/api/department/:id/", resource_delete, &departments },

	{ GET, "/personnel/api/areas/", resource_list, &areas },
	{ POST, "/personnel/api/areas/", resource_create, &areas },
	{ GET, "/personnel/api/areas/:id/", resource_read, &areas },
	{ ITEM, "/personnel/api/areas/:id/", resource_update, &areas },
	{ DELETE, "/personnel/api/areas/:id/", resource_delete, &areas },
	{ GET, "/personnel/api/area/", resource_list, &areas },
	{ POST, "/personnel/api/area/", resource_create, &areas },
	{ GET, "/personnel/api/area/:id/", resource_read, &areas },
	{ ITEM, "/personnel/api/area/:id/", resource_update, &areas },
	{ DELETE, "/personnel/api/area/:id/", resource_delete, &areas },

	{ GET, "/personnel/api/positions/", resource_list, &positions },
	{ POST, "/personnel/api/positions/", resource_create, &positions },
	{ GET, "/personnel/api/positions/:id/", resource_read, &positions },
	{ ITEM, "/personnel/api/positions/:id/", resource_update, &positions },
	{ DELETE, "/personnel/api/positions/:id/", resource_delete, &positions },
	{ GET, "/personnel/api/position/", resource_list, &positions },
	{ POST, "/personnel/api/position/", resource_create, &positions },
	{ GET, "/personnel/api/position/:id/", resource_read, &positions },
	{ ITEM, "/personnel/api/position/:id/", resource_update, &positions },
	{ DELETE, "/personnel/api/position/:id/", resource_delete, &positions },

	RESOURCE_ROUTES("/personnel/api/customattributes/", custom_attributes),

	/* the one that there is; and areas under the cloud's name */
	{ GET, "/personnel/api/company/", resource_list, &company },
	{ GET, "/personnel/api/company/:id/", resource_read, &company },
	{ ITEM, "/personnel/api/company/:id/", resource_update, &company },
	{ GET, "/personnel/api/locations/", resource_list, &areas },
	{ GET, "/personnel/api/locations/:id/", resource_read, &areas },

	{ POST, "/personnel/api/resigns/reinstatement/", reinstate },
	{ POST, "/personnel/api/resign/reinstatement/", reinstate },
	{ GET, "/personnel/api/resigns/", resource_list, &resigns },
	{ POST, "/personnel/api/resigns/", resource_create, &resigns },
	{ GET, "/personnel/api/resigns/:id/", resource_read, &resigns },
	{ ITEM, "/personnel/api/resigns/:id/", resource_update, &resigns },
	{ DELETE, "/personnel/api/resigns/:id/", resource_delete, &resigns },
	{ GET, "/personnel/api/resign/", resource_list, &resigns },
	{ POST, "/personnel/api/resign/", resource_create, &resigns },
	{ GET, "/personnel/api/resign/:id/", resource_read, &resigns },
	{ ITEM, "/personnel/api/resign/:id/", resource_update, &resigns },
	{ DELETE, "/personnel/api/resign/:id/", resource_delete, &resigns },
	{ 0 },
};
