"""A ZKBio Time database, as far as integrations have published its tables."""

import csv
import os

TABLES = {
	"personnel_company": "id int primary key, company_code varchar(50) not null,"
		" company_name varchar(100) not null, is_default boolean not null",
	"personnel_department": "id int primary key, dept_code varchar(50) not null,"
		" dept_name varchar(200) not null, is_default boolean not null, parent_dept_id int,"
		" dept_manager_id int, company_id int",
	"personnel_position": "id int primary key, position_code varchar(50) not null,"
		" position_name varchar(100) not null, is_default boolean not null,"
		" parent_position_id int, company_id int",
	"personnel_area": "id int primary key, area_code varchar(30) not null,"
		" area_name varchar(100) not null, is_default boolean not null, parent_area_id int,"
		" company_id int",
	"personnel_employee": "id int primary key, create_time timestamptz, change_time timestamptz,"
		" status smallint not null default 0, emp_code varchar(20) not null unique,"
		" first_name varchar(100), last_name varchar(100), nickname varchar(100),"
		" photo varchar(200), self_password varchar(128), device_password varchar(100),"
		" dev_privilege int, card_no varchar(100), gender varchar(1), birthday date,"
		" address varchar(200), postcode varchar(100), office_tel varchar(100),"
		" contact_tel varchar(100), mobile varchar(100), national varchar(50),"
		" religion varchar(20), enroll_sn varchar(20), ssn varchar(20), update_time timestamptz,"
		" hire_date date, verify_mode int, city varchar(20), emp_type smallint,"
		" deleted boolean not null default false, app_status smallint, app_role smallint,"
		" email varchar(50), is_active boolean not null default true, department_id int,"
		" position_id int",
	"personnel_employee_area": "id int primary key, employee_id int not null, area_id int not null",
	"personnel_resign": "id int primary key, resign_date date not null, resign_type int,"
		" disableatt boolean not null, reason varchar(200), employee_id int not null",
	"att_attemployee": "id int primary key, enable_attendance boolean not null,"
		" enable_schedule boolean not null, enable_overtime boolean not null,"
		" enable_holiday boolean not null, emp_id int not null",
	"iclock_terminal": "id int primary key, status smallint not null default 0,"
		" sn varchar(50) not null unique, alias varchar(50) not null, ip_address inet,"
		" state int not null default 1, terminal_tz smallint not null,"
		" heartbeat int not null default 10, transfer_interval int not null default 1,"
		" transfer_time varchar(100) not null default '00:00;14:05',"
		" is_attendance smallint not null default 1, fw_ver varchar(100), push_ver varchar(50),"
		" terminal_name varchar(100), fp_alg_ver varchar(10), face_alg_ver varchar(10),"
		" last_activity timestamptz, area_id int",
	"iclock_biodata": "id int primary key, bio_tmp text not null, bio_no int, bio_index int,"
		" bio_type int not null, major_ver varchar(30) not null, minor_ver varchar(30),"
		" bio_format int, valid int not null default 1, duress int not null default 0,"
		" update_time timestamptz, sn varchar(50), employee_id int not null",
	"iclock_biophoto": "id int primary key, register_photo varchar(100) not null,"
		" approval_photo varchar(100), approval_state smallint not null, enroll_sn varchar(50),"
		" employee_id int not null",
	"iclock_transaction": "id serial primary key, emp_code varchar(20) not null,"
		" punch_time timestamptz not null, punch_state varchar(5) not null,"
		" verify_type int not null, work_code varchar(20), terminal_sn varchar(50),"
		" terminal_alias varchar(50), area_alias varchar(100), longitude float8, latitude float8,"
		" gps_location text, upload_time timestamptz, is_mask smallint,"
		" temperature numeric(4,1), emp_id int, terminal_id int",
}


class BioTime:
	"""The tables in a database of the tests' cluster; rows by keyword."""

	def __init__(self, database):
		self.database = database
		self.sql = database.sql
		for name, columns in TABLES.items():
			self.sql("create table %s (%s)" % (name, columns))

	@property
	def conninfo(self):
		return self.database.cluster.conninfo(self.database.name, "postgres")

	def add(self, table, **row):
		self.sql("insert into %s (%s) values (%s)" % (table, ", ".join(row),
			", ".join(["%s"] * len(row))), *row.values())

	def dump(self, directory, timezone="Asia/Kolkata", tables=TABLES):
		"""What `\\copy ... csv header` of a session in that zone writes."""
		connection = self.database.connect()
		with connection, connection.cursor() as cursor:
			cursor.execute("set timezone to '%s'" % timezone)
			for table in tables:
				with open(os.path.join(directory, table + ".csv"), "w", encoding="utf-8") as f:
					cursor.copy_expert("copy %s to stdout (format csv, header)" % table, f)
		connection.close()


def misfits(path):
	"""The report file: (table, row, reason)."""
	with open(path, encoding="utf-8", newline="") as f:
		rows = list(csv.reader(f))
	assert rows[0] == ["table", "row", "reason"]
	return [tuple(r) for r in rows[1:]]
