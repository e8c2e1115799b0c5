"""The views with ZKBio Time's names, read as integrations read its database."""

import itertools

import psycopg2
import pytest

ROLES = itertools.count(1)
AT = "2024-05-02 08:59:58"


@pytest.fixture
def reader(server):
	"""A connection as the README tells an operator to make one: it may select, nothing else."""
	role = "erp%d" % next(ROLES)
	server.sql("create role %s login" % role)
	server.sql("grant usage on schema biotime to %s" % role)
	server.sql("grant select on all tables in schema biotime to %s" % role)
	connection = server.database.cluster.connect(server.database.name, role)
	connection.autocommit = True
	yield connection
	connection.close()
	server.sql("drop owned by %s" % role)
	server.sql("drop role %s" % role)


def read(connection, statement, *args):
	with connection.cursor() as cursor:
		cursor.execute(statement, args or None)
		return cursor.fetchall()


def person(server, code, **more):
	return server.api.post("/personnel/api/employees/", {"emp_code": code, "department": 1,
		"area": [2], **more})["id"]


def test_punches_as_integrations_read_them(server, terminal, reader):
	terminal.register()
	emp = person(server, "1001", first_name="Ann", position=1)
	terminal.push("ATTLOG", "1001\t%s\t1\t15\t7" % AT)
	terminal.push("ATTLOG", "2002\t2024-05-02 09:00:00\t0\t1")
	[(code, time, state, verify, name, sn, alias, area)] = read(reader,
		"select ic.emp_code, ic.punch_time, ic.punch_state, ic.verify_type, pr.first_name,"
		" ic.terminal_sn, ic.terminal_alias, ic.area_alias from biotime.iclock_transaction as ic"
		" join biotime.personnel_employee as pr on pr.id = ic.emp_id"
		" where ic.terminal_sn = %s and ic.punch_time between %s and %s order by ic.emp_code",
		terminal.sn, "2024-05-02", "2024-05-03")
	assert (code, str(time), state, verify, name) == ("1001", AT, "1", 15, "Ann")
	row = server.api.get("/iclock/api/transactions/", emp_code="1001")["data"][0]
	assert (sn, alias, area) == (terminal.sn, row["terminal_alias"], row["area_alias"])
	# a cursor over ids, with search_path in place of the schema's name
	read(reader, "set search_path to biotime; select 1")
	assert read(reader, "select id, emp_code, emp_id, work_code from iclock_transaction where id > %s"
		" order by id", 0) == [(1, "1001", emp, "7"), (2, "2002", None, "")]
	assert read(reader, "select emp_code, emp_id from iclock_transaction where id > 1") == [
		("2002", None)]
	server.api.delete("/personnel/api/employees/%d/" % emp)
	assert read(reader, "select emp_id from iclock_transaction where id = 1") == [(None,)]


def test_people_with_their_names_and_nothing_sealed(server, reader):
	person(server, "7", first_name="Ann", last_name="Lee", card_no="4711", device_password="1234",
		mobile="+1 555", birthday="1990-01-02", email="a@example.com", national="X", position=1)
	[(name, dept, position, areas)] = read(reader,
		"select pe.first_name, pd.dept_name, pp.position_name, string_agg(pa.area_name, ',')"
		" from biotime.personnel_employee pe"
		" left join biotime.personnel_department pd on pd.id = pe.department_id"
		" left join biotime.personnel_position pp on pp.id = pe.position_id"
		" left join biotime.personnel_employee_area pea on pea.employee_id = pe.id"
		" left join biotime.personnel_area pa on pa.id = pea.area_id"
		" where pe.status = 0 and pe.enable_att group by 1, 2, 3")
	assert (name, dept, position, areas) == ("Ann", "Department", "Position", "Head Office")
	assert read(reader, "select card_no, device_password, mobile, birthday, email, national,"
		" self_password, ssn, address from biotime.personnel_employee") == [(None,) * 9]


def test_templates_are_listed_but_not_shown(server, terminal, reader):
	terminal.register()
	emp = person(server, "7")
	terminal.push("OPERLOG", "FP PIN=7\tFID=6\tSize=8\tValid=1\tTMP=AAAABBBB")
	assert read(reader, "select employee_id, bio_type, bio_no, valid, sn, bio_tmp"
		" from biotime.iclock_biodata") == [(emp, 1, 6, 1, terminal.sn, None)]


def test_terminals_and_those_who_left(server, terminal, reader):
	terminal.register()
	emp = person(server, "7")
	server.api.post("/personnel/api/resigns/", {"employee": emp, "resign_date": "2024-06-01"})
	assert read(reader, "select status, is_active from biotime.personnel_employee") == [(100, False)]
	assert read(reader, "select employee_id, resign_date::text from biotime.personnel_resign") == [
		(emp, "2024-06-01")]
	[(sn, state, area)] = read(reader, "select t.sn, t.state, a.area_name from biotime.iclock_terminal t"
		" join biotime.personnel_area a on a.id = t.area_id")
	assert (sn, state, area) == (terminal.sn, 1, "Head Office")


VIEWS = ("personnel_company", "personnel_department", "personnel_position", "personnel_area",
	"personnel_employee", "personnel_employee_area", "personnel_resign", "att_attemployee",
	"iclock_terminal", "iclock_transaction", "iclock_biodata", "iclock_biophoto")


def test_every_view_is_listed_here(server):
	assert {r[0] for r in server.sql("select viewname from pg_views where schemaname = 'biotime'")} \
		== set(VIEWS)


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_written_through_a_view(reader, view):
	for statement in ("delete from biotime.%s", "update biotime.%s set id = id",
			"insert into biotime.%s (id) values (99)"):
		with pytest.raises((psycopg2.errors.InsufficientPrivilege,
				psycopg2.errors.ObjectNotInPrerequisiteState,
				psycopg2.errors.FeatureNotSupported)):
			read(reader, statement % view)


def test_the_tables_behind_the_views_stay_closed(reader):
	for table in ("employee", "template", "punch", "secret", "data_key"):
		with pytest.raises(psycopg2.errors.InsufficientPrivilege):
			read(reader, "select * from public.%s" % table)
