"""The views with ZKBio Time's names, read as integrations read its database."""

import itertools
import os
import re

import psycopg2
import pytest

from punchd_test.server import ROOT

ROLES = itertools.count(1)
AT = "2024-05-02 08:59:58"


def role_as_told(server):
	"""Runs what an operator is told to; the role's name."""
	role = "erp%d" % next(ROLES)
	with open(os.path.join(ROOT, "docs", "move-in.md"), encoding="utf-8") as f:
		told = re.search(r"\n((?:    [^\n]*\n)*    create role erp (?:.*\n)(?:    .*\n)+)", f.read())
	for statement in told.group(1).replace("'...'", "'x'").split(";"):
		if statement.strip():
			server.sql(re.sub(r"\berp\b", role, statement))
	return role


def connect(server, role):
	connection = server.database.cluster.connect(server.database.name, role)
	connection.autocommit = True
	return connection


@pytest.fixture
def reader(server):
	"""A connection as an operator is told to make one: it may select, nothing else."""
	role = role_as_told(server)
	connection = connect(server, role)
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
	# a cursor over ids, without the schema's name
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


def leave(server, emp, day):
	return server.api.post("/att/api/leaves/", {"employee": emp, "pay_code": 1, "start_time":
		day + " 00:00:00", "end_time": day + " 18:00:00", "apply_reason": "rest"})["id"]


def filled(server, terminal):
	"""A row in each of the views."""
	terminal.register()
	emp = person(server, "7", first_name="Ann", position=1)
	terminal.push("ATTLOG", "7\t%s\t1\t15\t7" % AT)
	terminal.push("OPERLOG", "FP PIN=7\tFID=6\tSize=8\tValid=1\tTMP=AAAABBBB")
	terminal.push("BIOPHOTO", "BIOPHOTO PIN=7\tNo=0\tIndex=0\tFileName=7.jpg\tType=9\tSize=8"
		"\tContent=/9j/4AAQ")
	leave(server, emp, "2024-05-03")
	server.api.post("/att/api/manuallogs/", {"employee": emp, "punch_time": "2024-05-02 17:00:00",
		"punch_state": "1"})
	server.api.post("/att/api/holidays/", {"alias": "May", "start_date": "2024-05-01"})
	server.api.post("/personnel/api/resigns/", {"employee": emp, "resign_date": "2024-06-01"})
	return emp


def test_every_view_can_be_read_by_the_role_of_the_readme(server, terminal, reader):
	filled(server, terminal)
	for (view,) in server.sql("select viewname from pg_views where schemaname = 'biotime'"):
		rows = read(reader, "select * from %s" % view)
		assert rows, view
		assert rows == read(reader, "select * from biotime.%s" % view)
	# also with nothing in the path, as drivers that are careful set it
	read(reader, "set search_path = ''; select 1")
	for (view,) in server.sql("select viewname from pg_views where schemaname = 'biotime'"):
		assert read(reader, "select * from biotime.%s" % view), view


def test_readers_see_the_clock_of_the_server(server, terminal, reader):
	"""The server's zone is Asia/Kolkata."""
	terminal.register()
	terminal.push("ATTLOG", "7\t2024-05-02 08:12:00\t0\t1")
	terminal.push("ATTLOG", "7\t2024-05-01 23:59:59\t0\t1")
	day = "from iclock_transaction where punch_time %s order by punch_time"
	for condition in ("between '2024-05-02 00:00:00' and '2024-05-02 23:59:59'",
			"::date = '2024-05-02'", "at time zone 'Asia/Kolkata' >= '2024-05-02 00:00:00+05:30'",
			">= '2024-05-02 00:00:00+05:30'::timestamptz", ">= '2024-05-01 18:30:00Z'::timestamptz"):
		assert read(reader, "select to_char(punch_time, 'HH24:MI:SS'), to_char(punch_time at time zone"
			" 'Asia/Kolkata', 'YYYY-MM-DD HH24:MI:SS'), extract(hour from punch_time)::int " +
			day % condition) == [("08:12:00", "2024-05-02 08:12:00", 8)], condition
	row = server.api.get("/iclock/api/transactions/", ordering="-id", page_size=1)["data"][0]
	assert read(reader, "select to_char(upload_time, 'YYYY-MM-DD HH24:MI:SS') from"
		" iclock_transaction where id = %s", row["id"]) == [(row["upload_time"],)]


def test_the_clock_of_readers_follows_the_setting(server):
	role = role_as_told(server)
	server.settings["timezone"] = "America/Lima"
	server.restart()
	connection = connect(server, role)
	assert read(connection, "show timezone") == [("America/Lima",)]
	connection.close()
	server.restart()  # nothing to do; a role with a zone of its own keeps it
	server.sql("alter role %s set timezone = 'Europe/Berlin'" % role)
	connection = connect(server, role)
	assert read(connection, "show timezone") == [("Europe/Berlin",)]
	connection.close()
	assert "readers_zone_not_set" not in server.log()
	server.sql("drop owned by %s" % role)
	server.sql("drop role %s" % role)


@pytest.mark.parametrize("since", ["'2024-05-02 00:00:00'", "'2024-05-02 00:00:00+05:30'::timestamptz"])
def test_ranges_of_times_go_by_index(reader, since):
	read(reader, "set enable_seqscan = off; set enable_bitmapscan = off; select 1")
	plan = "\n".join(r[0] for r in read(reader, "explain select id from iclock_transaction"
		" where punch_time >= %s and punch_time < %s + interval '1 day'" % (since, since
		if "::" in since else "timestamp " + since)))
	assert re.search(r"Index Cond: \(\(?p?\.?punch_time >= ", plan), plan


def test_columns_that_readers_of_full_rows_name(server, terminal, reader):
	filled(server, terminal)
	assert read(reader, "select emp_code, punch_state, sync_status, emp_id is not null,"
		" terminal_id is not null, company_id, mask_flag, temperature, company_code"
		" from iclock_transaction where terminal_sn = %s", terminal.sn) == [
			("7", "1", None, True, True, 1, None, None, "1")]
	assert read(reader, "select emp_code_digit, leave_group, superior_id, company_id"
		" from personnel_employee") == [(7, None, None, 1)]
	assert read(reader, "select device_count, employee_count from personnel_area where id = 2") == [
		(1, 1)]


def test_leaves_as_integrations_read_them(server, reader):
	emp = person(server, "7")
	leave(server, emp, "2024-05-03")
	server.api.post("/att/api/manuallogs/", {"employee": emp, "punch_time": "2024-05-02 17:00:00",
		"punch_state": "1"})
	# 9.x
	assert read(reader, "select e.emp_code, l.start_time::text, p.code, wi.approval_status"
		" from workflow_workflowinstance wi"
		" join att_leave l on l.workflowinstance_ptr_id = wi.id"
		" left join att_paycode p on p.id = l.pay_code_id"
		" join personnel_employee e on e.id = wi.employee_id"
		" where l.start_time < timestamp '2024-05-04' and l.end_time > timestamp '2024-05-03'") == [
			("7", "2024-05-03 00:00:00", "AL", 2)]
	# 8.x
	assert read(reader, "select e.emp_code, c.category_name, a.audit_status from att_leave l"
		" join personnel_employee e on l.employee_id = e.id"
		" join att_leavecategory c on l.category_id = c.id"
		" join workflow_abstractexception a on a.id = l.abstractexception_ptr_id") == [
			("7", "Annual Leave", 2)]
	assert read(reader, "select m.punch_state, w.employee_id from att_manuallog m"
		" join workflow_workflowinstance w on w.id = m.workflowinstance_ptr_id") == [("1", emp)]


VIEWS = ("personnel_company", "personnel_department", "personnel_position", "personnel_area",
	"personnel_employee", "personnel_employee_area", "personnel_resign", "att_attemployee",
	"iclock_terminal", "iclock_transaction", "iclock_biodata", "iclock_biophoto", "att_paycode",
	"att_leavecategory", "att_leave", "att_manuallog", "att_holiday", "workflow_workflowinstance",
	"workflow_abstractexception")


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
