"""Work that nobody waits for any more, and work that takes long: neither keeps others waiting."""

import pytest

from punchd_test.net import Connection
from punchd_test.punches import make_employee
from punchd_test.wait import stays, wait_until

REPORT = "/att/api/%s/?start_date=2026-05-01&end_date=2026-05-31"
LIST = "/personnel/api/areas/"
PASSWORD = "long enough pw"


def account(server, name):
	server.command("user", "add", name, "--superuser", "--password-file", "/dev/stdin", stdin=PASSWORD)
	return server.new_api(name, PASSWORD, timeout=60).login()


@pytest.fixture
def office(server):
	"""Three accounts, and a person to report about."""
	make_employee(server, "1001")
	server.apis = [account(server, name) for name in ("asha", "ben", "chen")]
	for api in server.apis:
		assert api.get(LIST)["count"] == 2
	return server


def ask(server, api, path, method="GET", body=b"", behind=b""):
	c = Connection(server.address, timeout=60)
	c.send(("%s %s HTTP/1.1\r\nHost: h\r\nAuthorization: %s\r\nContent-Type: application/json\r\n"
		"Content-Length: %d\r\n\r\n" % (method, path, api.authorization, len(body))).encode()
		+ body + behind)
	return c


def locked(server, table, mode="access exclusive"):
	"""Nobody gets at the table until the connection is closed."""
	connection = server.database.connect()
	connection.cursor().execute("lock table %s in %s mode" % (table, mode))
	return connection


def running(server):
	"""Statements for requests that wait for a lock."""
	return server.value("select count(*) from pg_stat_activity where datname = current_database()"
		" and application_name like 'punchd%%' and wait_event_type = 'Lock' and state = 'active'")


def waiting(server):
	for line in server.api.raw("GET", "/metrics").text.splitlines():
		if line.startswith("punchd_database_waiting "):
			return int(line.split()[1])
	raise AssertionError("no such metric")


def test_long_ones_have_a_share_and_end_with_their_clients(office):
	"""Two of one account run, four together; others are served meanwhile, and nothing stays."""
	asha, ben, chen = office.apis
	with locked(office, "att_leave"):
		clients = [ask(office, asha, REPORT % "dailyAbsentReport") for _ in range(8)]
		wait_until(lambda: running(office) == 2 and waiting(office) == 6, 20, "two reports run")
		clients += [ask(office, api, REPORT % "dailyAbsentReport" + "&page_size=9999")
			for api in (ben, chen) for _ in range(3)]
		wait_until(lambda: running(office) == 4 and waiting(office) == 10, 20, "four reports run")
		for api in (asha, ben, chen):
			assert api.get(LIST)["count"] == 2
		for c in clients[1:]:
			c.close()
		wait_until(lambda: running(office) == 1 and waiting(office) == 0, 20, "one is left")
	assert clients[0].read_reply().status == 200
	clients[0].close()


def test_a_list_that_is_not_quick_runs_again(office):
	"""Lists of punches have their turn among the quick ones; what fails there goes to the long ones."""
	with locked(office, "punch"):
		c = ask(office, office.apis[0], "/iclock/api/transactions/?emp_code=1001")
		wait_until(lambda: running(office) == 1, 20, "it runs")
		[[first]] = office.sql("select query_start from pg_stat_activity, pg_cancel_backend(pid)"
			" where datname = current_database() and wait_event_type = 'Lock'")
		wait_until(lambda: office.value("select count(*) from pg_stat_activity where"
			" datname = current_database() and wait_event_type = 'Lock' and query_start > %s", first), 20)
	r = c.read_reply()
	assert r.status == 200 and b'"count":0' in r.body
	c.close()


@pytest.mark.parametrize("path", [REPORT % "dailyAbsentReport",
	"/att/api/dailyAbsentReport/export/?export_type=csv&start_date=2026-05-01"])
@pytest.mark.parametrize("leaves", ["close", "reset"])
def test_a_read_ends_with_its_client(office, path, leaves):
	with locked(office, "att_leave"):
		c = ask(office, office.apis[0], path)
		wait_until(lambda: running(office) == 1, 20, "it runs")
		getattr(c, leaves)()
		wait_until(lambda: running(office) == 0, 20, "it has ended")


def test_more_requests_behind_it_hide_no_leaving(office):
	"""What follows is not read while a request is at work, but the end of the connection is seen."""
	behind = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n" * 1500
	with locked(office, "att_leave"):
		c = ask(office, office.apis[0], REPORT % "dailyAbsentReport", behind=behind)
		wait_until(lambda: running(office) == 1, 20, "it runs")
		c.close()
		wait_until(lambda: running(office) == 0, 20, "it has ended")
	c = ask(office, office.apis[0], REPORT % "dailyAbsentReport", behind=behind)
	for _ in range(1501):
		assert c.read_reply().status == 200
	c.close()


def test_a_slow_pieces_statement_ends_with_its_client(office):
	"""The head is out; the statement under way is one of pieces."""
	office.sql("insert into punch_origin (sn) values ('x')")
	office.sql("insert into punch (id, upload_time, punch_time, pin_id, origin_id)"
		" select g, now(), timestamp '2024-01-01' + g * interval '1 second',"
		" (select pin_id from employee), (select max(id) from punch_origin)"
		" from generate_series(1, 60000) g")
	office.sql("update punch_counter set last_id = 60000, total = 60000, last_upload = now()")
	c = Connection(office.address, timeout=60, rcvbuf=4096)
	c.send(("GET /iclock/api/transactions/export/?export_type=csv HTTP/1.0\r\nAuthorization: %s\r\n\r\n"
		% office.apis[0].authorization).encode())
	assert b" 200 " in c.read_head()
	with locked(office, "punch"):
		while running(office) == 0:
			c.read_exactly(len(c.rest) + 1)
			c.rest = b""
		c.close()
		wait_until(lambda: running(office) == 0, 20, "it has ended")


@pytest.mark.parametrize("leaves", ["close", "reset"])
def test_a_write_is_not_cancelled(office, leaves):
	with locked(office, "area"):
		c = ask(office, office.apis[0], LIST, "POST", b'{"area_code": "77", "area_name": "Gone"}')
		wait_until(lambda: running(office) == 1, 20, "it runs")
		getattr(c, leaves)()
		stays(lambda: running(office) == 1, 4)
	wait_until(lambda: office.value("select count(*) from area where code = '77'") == 1, 20)


def test_a_read_that_is_noted_is_not_cancelled(office):
	"""Who takes all data of a person is in the trail, also when they hang up."""
	[[person]] = office.sql("select id from employee")
	with locked(office, "audit_pending"):
		c = ask(office, office.apis[0], "/personnel/api/employees/%d/export/" % person)
		wait_until(lambda: running(office) >= 1, 20, "it runs")
		c.reset()
		stays(lambda: running(office) >= 1, 4)
	wait_until(lambda: [e for e in office.api.get("/base/api/auditlogs/", action="export")["data"]],
		20, "it is in the trail")


# ---------------------------------------------------------------- how much a report may ask for

REPORTS = ["firstLastReport", "firstInLastOutReport", "totalTimeCardReport", "totalTimeCardReportV2",
	"dailyAbsentReport", "dailyActivityReport", "monthlyPunchReport", "monthlyStatusReport"]


def test_days(office):
	"""More than a hundred years are refused, twenty are not."""
	for path in ["/att/api/%s/%s" % (report, end) for report in REPORTS for end in ("", "export/")]:
		r = office.api.raw("GET", path, export_type="csv", start_date="0001-01-01", end_date="9999-12-31")
		assert (r.status, r.json()) == (400, {"end_date": [
			"From start_date to end_date are 3652059 days, more than 36525."]})
		r = office.api.raw("GET", path, export_type="csv", start_date="2004-01-01", end_date="2023-12-31")
		assert r.status == 200


def test_people_times_days(office):
	office.sql("alter table employee disable trigger user")
	office.sql("insert into employee (emp_code, department_id, pin_id, row_key, sealed)"
		" select code, 1, pin_id, '\\x00', (select sealed from employee limit 1)"
		" from (select g::text as code from generate_series(2001, 2700) g) g,"
		" lateral unnest(pin_ids(array[code])) pin_id")
	office.sql("alter table employee enable trigger user")
	office.sql("insert into tally (name, n) values ('employee', 700)")
	twenty = {"start_date": "2004-01-01", "end_date": "2023-12-31"}
	for path in ("/att/api/dailyAbsentReport/", "/att/api/dailyAbsentReport/export/"):
		r = office.api.raw("GET", path, export_type="csv", **twenty)
		assert (r.status, r.json()) == (400, {"end_date": ["From start_date to end_date are 7305 days:"
			" for so many, choose at most 684 people (employees, departments, areas), or less days."]})
		for few in ({**twenty, "emp_code": "2001"}, {**twenty, "end_date": "2020-12-31"}):
			assert office.api.raw("GET", path, export_type="csv", **few).status == 200
