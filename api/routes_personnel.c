/* Routes below /personnel/api/. The 9.x web pages' singular names are the same resources. */
#include "attributes.h"
#include "company.h"
#include "employees.h"
#include "organisation.h"
#include "people_actions.h"
#include "person_claims.h"
#include "resigns.h"

#include "erase.h"
#include "import.h"
#include "photos.h"
#include "routes.h"
#include "staff.h"

#define PHOTO_ROUTES(path)                                                                         \
	{ GET, path, photo_read, NULL, API_RIGHT(SUBJECT_PHOTO) },                                 \
		{ PUT | POST, path, photo_write, NULL,                                             \
			API_RIGHT(SUBJECT_PHOTO) | API_DOES(MAY_CHANGE) },                         \
	{                                                                                          \
		DELETE, path, photo_delete, NULL, API_RIGHT(SUBJECT_PHOTO)                         \
	}

const struct route personnel_routes[] = {
	{ POST, "/personnel/api/employees/adjust_area/", people_action, &adjust_area,
		API_RIGHT(SUBJECT_EMPLOYEE) | API_DOES(MAY_CHANGE) },
	{ POST, "/personnel/api/employees/adjust_department/", people_action, &adjust_department,
		API_RIGHT(SUBJECT_EMPLOYEE) | API_DOES(MAY_CHANGE) },
	{ POST, "/personnel/api/employees/adjust_position/", people_action, &adjust_position,
		API_RIGHT(SUBJECT_EMPLOYEE) | API_DOES(MAY_CHANGE) },
	{ POST, "/personnel/api/employees/adjust_regsin/", people_action, &adjust_resign,
		API_RIGHT(SUBJECT_RESIGN) | API_DOES(MAY_ADD) },
	{ POST, "/personnel/api/employees/adjust_resign/", people_action, &adjust_resign,
		API_RIGHT(SUBJECT_RESIGN) | API_DOES(MAY_ADD) },
	{ POST, "/personnel/api/employees/del_bio_template/", people_action, &delete_templates,
		API_RIGHT(SUBJECT_BIODATA) | API_DOES(MAY_DELETE) },
	{ POST, "/personnel/api/employees/resync_to_device/", people_action, &resync_to_device,
		API_RIGHT(SUBJECT_EMPLOYEE) | API_DOES(MAY_CHANGE) },
	{ POST, "/personnel/api/employees/take_claims/", people_action, &take_claims,
		API_RIGHT(SUBJECT_EMPLOYEE) | API_DOES(MAY_CHANGE) },
	{ POST, "/personnel/api/employees/drop_claims/", people_action, &drop_claims,
		API_RIGHT(SUBJECT_EMPLOYEE) | API_DOES(MAY_CHANGE) },
	LIST_ROUTES("/personnel/api/claims/", claims, API_RIGHT(SUBJECT_EMPLOYEE)),
	{ POST, "/personnel/api/employee/adjust_area/", people_action, &adjust_area,
		API_RIGHT(SUBJECT_EMPLOYEE) | API_DOES(MAY_CHANGE) },
	{ POST, "/personnel/api/employee/adjust_department/", people_action, &adjust_department,
		API_RIGHT(SUBJECT_EMPLOYEE) | API_DOES(MAY_CHANGE) },
	{ POST, "/personnel/api/employee/adjust_position/", people_action, &adjust_position,
		API_RIGHT(SUBJECT_EMPLOYEE) | API_DOES(MAY_CHANGE) },
	{ POST, "/personnel/api/employee/adjust_regsin/", people_action, &adjust_resign,
		API_RIGHT(SUBJECT_RESIGN) | API_DOES(MAY_ADD) },
	{ POST, "/personnel/api/employee/adjust_resign/", people_action, &adjust_resign,
		API_RIGHT(SUBJECT_RESIGN) | API_DOES(MAY_ADD) },
	{ POST, "/personnel/api/employee/del_bio_template/", people_action, &delete_templates,
		API_RIGHT(SUBJECT_BIODATA) | API_DOES(MAY_DELETE) },
	{ POST, "/personnel/api/employee/resync_to_device/", people_action, &resync_to_device,
		API_RIGHT(SUBJECT_EMPLOYEE) | API_DOES(MAY_CHANGE) },

	{ POST, "/personnel/api/employees/import/", import_rows, &import_employees,
		API_RIGHT(SUBJECT_EMPLOYEE) | API_DOES(MAY_ADD | MAY_CHANGE) },
	{ POST, "/personnel/api/employees/import_cards/", import_rows, &import_cards,
		API_RIGHT(SUBJECT_EMPLOYEE) | API_DOES(MAY_CHANGE) },
	{ POST, "/personnel/api/employees/import_photos/", import_photos, NULL,
		API_RIGHT(SUBJECT_PHOTO) | API_DOES(MAY_CHANGE) },
	{ POST, "/personnel/api/departments/import/", import_rows, &import_departments,
		API_RIGHT(SUBJECT_DEPARTMENT) | API_DOES(MAY_ADD | MAY_CHANGE) },
	{ POST, "/personnel/api/positions/import/", import_rows, &import_positions,
		API_RIGHT(SUBJECT_POSITION) | API_DOES(MAY_ADD | MAY_CHANGE) },
	{ POST, "/personnel/api/areas/import/", import_rows, &import_areas,
		API_RIGHT(SUBJECT_AREA) | API_DOES(MAY_ADD | MAY_CHANGE) },

	RESOURCE_ROUTES("/personnel/api/employees/", employees, SUBJECT_EMPLOYEE),
	RESOURCE_ROUTES("/personnel/api/employee/", employees, SUBJECT_EMPLOYEE),

	{ POST | PUT, "/personnel/api/employees/:id/self_password/", staff_password_set, NULL,
		API_RIGHT(SUBJECT_SELF_PASSWORD) | API_DOES(MAY_CHANGE) },
	{ DELETE, "/personnel/api/employees/:id/self_password/", staff_password_set, NULL,
		API_RIGHT(SUBJECT_SELF_PASSWORD) },
	{ POST | PUT, "/personnel/api/employee/:id/self_password/", staff_password_set, NULL,
		API_RIGHT(SUBJECT_SELF_PASSWORD) | API_DOES(MAY_CHANGE) },
	{ DELETE, "/personnel/api/employee/:id/self_password/", staff_password_set, NULL,
		API_RIGHT(SUBJECT_SELF_PASSWORD) },
	{ POST, "/personnel/api/employees/:id/erase/", erase_person, NULL,
		API_RIGHT(SUBJECT_ERASURE) },
	{ GET, "/personnel/api/employees/:id/export/", person_export, NULL,
		API_RIGHT(SUBJECT_PERSONAL_DATA) | API_NOTED },
	LIST_ROUTES("/personnel/api/erasures/", erasures, API_RIGHT(SUBJECT_ERASURE)),
	{ GET, "/personnel/api/erasures/:id/", resource_read, &erasures,
		API_RIGHT(SUBJECT_ERASURE) },
	PHOTO_ROUTES("/personnel/api/employees/:id/photo/"),
	PHOTO_ROUTES("/personnel/api/employee/:id/photo/"),
	/* where the original has a static folder */
	{ GET, "/auth_files/photo/:name/", photo_read_named, NULL, API_RIGHT(SUBJECT_PHOTO) },

	RESOURCE_ROUTES("/personnel/api/departments/", departments, SUBJECT_DEPARTMENT),
	RESOURCE_ROUTES("/personnel/api/department/", departments, SUBJECT_DEPARTMENT),

	RESOURCE_ROUTES("/personnel/api/areas/", areas, SUBJECT_AREA),
	RESOURCE_ROUTES("/personnel/api/area/", areas, SUBJECT_AREA),

	RESOURCE_ROUTES("/personnel/api/positions/", positions, SUBJECT_POSITION),
	RESOURCE_ROUTES("/personnel/api/position/", positions, SUBJECT_POSITION),

	RESOURCE_ROUTES(
		"/personnel/api/customattributes/", custom_attributes, SUBJECT_CUSTOM_ATTRIBUTE),

	/* the one that there is; and areas under the cloud's name */
	LIST_ROUTES("/personnel/api/company/", company, API_RIGHT(SUBJECT_COMPANY)),
	{ GET, "/personnel/api/company/:id/", resource_read, &company, API_RIGHT(SUBJECT_COMPANY) },
	{ PUT | PATCH, "/personnel/api/company/:id/", resource_update, &company,
		API_RIGHT(SUBJECT_COMPANY) },
	LIST_ROUTES("/personnel/api/locations/", areas, API_RIGHT(SUBJECT_AREA)),
	{ GET, "/personnel/api/locations/:id/", resource_read, &areas, API_RIGHT(SUBJECT_AREA) },

	{ POST, "/personnel/api/resigns/reinstatement/", reinstate, NULL,
		API_RIGHT(SUBJECT_RESIGN) | API_DOES(MAY_CHANGE) },
	{ POST, "/personnel/api/resign/reinstatement/", reinstate, NULL,
		API_RIGHT(SUBJECT_RESIGN) | API_DOES(MAY_CHANGE) },
	RESOURCE_ROUTES("/personnel/api/resigns/", resigns, SUBJECT_RESIGN),
	RESOURCE_ROUTES("/personnel/api/resign/", resigns, SUBJECT_RESIGN),
	{ 0 },
};
