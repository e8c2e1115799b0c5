"""/iclock/api/terminals/ with its actions, terminalcommands/ and rejects/."""

import datetime

import pytest

from punchd_test.punches import make_employee
from punchd_test.wait import wait_until

PATH = "/iclock/api/terminals/"
DONE = '{"code":0,"msg":"","data":[]}'
MEMBERS = ["id", "sn", "ip_address", "alias", "terminal_name", "fw_ver", "push_ver", "state",
	"terminal_tz", "area", "last_activity", "user_count", "fp_count", "face_count", "palm_count",
	"transaction_count", "push_time", "transfer_time", "transfer_interval", "is_attendance",
	"area_name"]
NEW = {"sn": "111111111", "alias": "test device", "ip_address": "127.0.0.1", "terminal_tz": 8,
	"heartbeat": 10, "area": 2}


@pytest.fixture
def new(server):
	return server.api.post(PATH, NEW)


def column(server, name, key=1):
	return server.value("select %s from terminal where id = %%s" % name, key)


# ------------------------------------------------------------------ shape


def test_created_row(server):
	r = server.api.raw("POST", PATH, NEW)
	assert r.status == 201
	assert r.text == ('{"id":1,"sn":"111111111","ip_address":"127.0.0.1","alias":"test device",'
		'"terminal_name":null,"fw_ver":null,"push_ver":null,"state":3,"terminal_tz":8,'
		'"area":{"id":2,"area_code":"2","area_name":"Head Office"},"last_activity":null,'
		'"user_count":null,"fp_count":null,"face_count":null,"palm_count":null,'
		'"transaction_count":null,"push_time":null,"transfer_time":"00:00;14:05",'
		'"transfer_interval":1,"is_attendance":1,"area_name":"Head Office"}')
	assert server.api.raw("GET", PATH + "1/").text == r.text
	assert server.api.get(PATH)["data"] == [r.json()]


def test_state_and_counts(server, new):
	server.sql("update terminal_state set last_activity = '2024-06-02 15:04:38+05:30', fw_ver = 'V1',"
		" user_count = 3, transaction_count = 9, address = '10.0.0.9'")
	row = server.api.get(PATH + "1/")
	assert list(row) == MEMBERS
	assert (row["last_activity"], row["state"]) == ("2024-06-02 15:04:38", 3)
	assert (row["fw_ver"], row["user_count"], row["ip_address"]) == ("V1", 3, "10.0.0.9")
	for heartbeat, age, state in ((10, 100, 1), (10, 130, 3), (60, 170, 1), (60, 190, 3)):
		server.sql("update terminal set heartbeat = %s", heartbeat)
		server.sql("update terminal_state set last_activity = now() - %s * interval '1 second'", age)
		assert server.api.get(PATH + "1/")["state"] == state, (heartbeat, age)
		assert server.api.get(PATH, state=state)["count"] == 1
		assert server.api.get(PATH, state=4 - state)["count"] == 0


def test_the_first_contact_is_seen_at_once(server, make_terminal):
	"""Not after some seconds: who has just connected a terminal looks."""
	for n, contact in enumerate(("getrequest?SN=%s", "ping?SN=%s", "cdata?SN=%s&options=all")):
		server.api.post(PATH, {"sn": "FIRST%d" % n, "alias": "x", "ip_address": "10.0.0.1", "area": 2})
		t = make_terminal("FIRST%d" % n)
		wait_until(lambda t=t: server.api.get(PATH, sn=t.sn)["count"])
		assert (t.row["state"], t.row["last_activity"]) == (3, None)
		t.raw("GET", "/iclock/" + contact % t.sn)
		wait_until(lambda t=t: t.row["state"] == 1 and t.row["last_activity"], 1, every=0.01)


@pytest.mark.settings(admission="auto")
def test_so_is_that_of_one_that_joins(server, make_terminal):
	t = make_terminal("JOINS001")
	t.poll()
	assert t.row["state"] == 1 and t.row["last_activity"]


def test_what_is_in_use_is_no_warning(server):
	"""An ordinary 400: the log of requests has it."""
	department = server.api.post("/personnel/api/departments/", {"dept_code": "9", "dept_name": "Nine"})["id"]
	server.api.post("/personnel/api/employees/", {"emp_code": "1", "department": department, "area": [2]})
	r = server.api.raw("DELETE", "/personnel/api/departments/%d/" % department)
	assert (r.status, r.json()) == (400, {"detail": "Cannot be deleted: it is still in use."})
	assert server.api.raw("POST", "/personnel/api/departments/", {"dept_code": "9", "dept_name": "Nine"}).status == 400
	failed = [line for line in server.log().splitlines() if "query_failed" in line]
	assert all(" debug " in line and 'message=""' not in line for line in failed), failed
	assert [line for line in server.log().splitlines() if " info request " in line and "status=400" in line]


def test_filters(server):
	for i in range(1, 6):
		server.api.post(PATH, {**NEW, "sn": "SN%d" % i, "alias": "Door %d" % i, "area": 1 + i % 2})
	count = lambda **params: server.api.get(PATH, **params)["count"]
	assert count(sn="SN3") == 1 and count(sn="SN") == 0 and count(sn_icontains="sn") == 5
	assert count(alias="Door 2") == 1 and count(alias_icontains="DOOR") == 5
	assert count(area=1) == 2 and count(area="1,2") == 5 and count(area=99) == 0
	assert count(search="door 4") == 1 and count(ip_address="127.0.0.1") == 5
	rows = server.api.get(PATH, ordering="-sn", page_size=2)["data"]
	assert [r["sn"] for r in rows] == ["SN5", "SN4"]


# ------------------------------------------------------------------ writing


@pytest.mark.parametrize("change,field,message", [
	({"sn": None}, "sn", "This field may not be null."),
	({"sn": ""}, "sn", "This field may not be blank."),
	({"sn": "a b"}, "sn", "Enter a valid value."),
	({"sn": "x" * 51}, "sn", "Ensure this field has no more than 50 characters."),
	({"alias": "y" * 51}, "alias", "Ensure this field has no more than 50 characters."),
	({"ip_address": "300.1.1.1"}, "ip_address", "Enter a valid IPv4 or IPv6 address."),
	({"area": 99}, "area", 'Invalid pk "99" - object does not exist.'),
	({"terminal_tz": "x"}, "terminal_tz", "A valid integer is required."),
	({"terminal_tz": 841}, "terminal_tz", "Ensure this value is less than or equal to 840."),
	({"transfer_time": "00:00\nx"}, "transfer_time", "Enter a valid value."),
])
def test_refused(server, change, field, message):
	r = server.api.raw("POST", PATH, {**NEW, **change})
	assert (r.status, r.json()) == (400, {field: [message]})
	assert server.api.get(PATH)["count"] == 0


def test_required(server, new):
	required = ["This field is required."]
	r = server.api.raw("POST", PATH, {})
	assert (r.status, r.json()) == (400, {"sn": required, "ip_address": required, "alias": required})
	r = server.api.raw("POST", PATH, NEW)
	assert (r.status, r.json()) == (400, {"sn": ["terminal with this sn already exists."]})


def test_update(server, new):
	row = server.api.patch(PATH + "1/", {"alias": " Gate ", "heartbeat": 30, "is_attendance": False,
		"transfer_interval": 5, "transfer_time": "01:00;02:00", "sn": "other"})
	assert (row["alias"], row["is_attendance"], row["transfer_interval"], row["transfer_time"],
		row["sn"]) == ("Gate", 0, 5, "01:00;02:00", "111111111")
	assert column(server, "heartbeat") == 30
	assert server.api.put(PATH + "1/", {"ip_address": "::1"})["ip_address"] == "::1"
	assert server.api.raw("PATCH", PATH + "9/", {}).status == 404
	assert server.api.raw("DELETE", PATH + "1/").status == 204
	assert server.api.raw("GET", PATH + "1/").status == 404


def test_area_is_approval(server):
	row = server.api.post(PATH, {k: v for k, v in NEW.items() if k != "area"})
	assert row["area"]["id"] == 1 and not column(server, "approved")
	server.api.patch(PATH + "1/", {"area": 2})
	assert column(server, "approved")
	server.api.patch(PATH + "1/", {"area": {"id": 1}})
	assert not column(server, "approved")
	assert server.api.raw("PATCH", PATH + "1/", {"area": None}).json() == {
		"area": ["This field may not be null."]}


# ------------------------------------------------------------------ zone


@pytest.mark.settings(timezone="Europe/Berlin")
def test_zone_of_the_server(server):
	now = server.value("select extract(epoch from (now() at time zone 'Europe/Berlin')"
		" - (now() at time zone 'UTC'))::int / 3600")
	row = server.api.post(PATH, {k: v for k, v in NEW.items() if k != "terminal_tz"})
	assert row["terminal_tz"] == now
	assert (column(server, "zone"), column(server, "fixed_offset")) == ("Europe/Berlin", None)
	for same in (1, 2, 60, 120, now):
		server.api.patch(PATH + "1/", {"terminal_tz": same})
		assert column(server, "fixed_offset") is None, same
	for value, fixed, shown in ((8, 480, 8), (8, 480, 8), (240, 240, 4), (750, 750, 750), (-3, -180, -3),
			(0, 0, 0), ("-210", -210, -210)):
		assert server.api.patch(PATH + "1/", {"terminal_tz": value})["terminal_tz"] == shown
		assert column(server, "fixed_offset") == fixed
	server.api.patch(PATH + "1/", {"alias": "same zone"})
	assert column(server, "fixed_offset") == -210
	assert server.api.patch(PATH + "1/", {"terminal_tz": 1})["terminal_tz"] == now
	assert column(server, "fixed_offset") is None  # follows its zone again


@pytest.mark.settings(timezone="Asia/Kolkata")
def test_a_zone_of_its_own_by_name(server, make_terminal):
	"""`time_zone` is punchd's own member: a name follows summer time, which no number can."""
	assert server.api.post(PATH, {**NEW, "time_zone": "america/St_Johns", "terminal_tz": None})["terminal_tz"] in (-210, -150)
	zone = lambda key=1: (column(server, "zone", key), column(server, "fixed_offset", key))
	assert zone() == ("America/St_Johns", None)
	server.api.patch(PATH + "1/", {"terminal_tz": 8})
	assert zone() == ("America/St_Johns", 480)
	server.api.patch(PATH + "1/", {"time_zone": "Europe/Berlin"})
	assert zone() == ("Europe/Berlin", None), "the terminal follows the zone again"
	server.api.patch(PATH + "1/", {"time_zone": "Asia/Kathmandu", "terminal_tz": 345})
	assert zone() == ("Asia/Kathmandu", None), "what it says is the zone's own"
	server.api.patch(PATH + "1/", {"alias": "another"})
	assert zone() == ("Asia/Kathmandu", None)
	for bad in ("Middle/Earth", "CEST", "AAA-5:30", "posix/Europe/Berlin", "../etc/passwd", "+02:00", "Europe", "'"):
		r = server.api.raw("PATCH", PATH + "1/", {"time_zone": bad})
		assert (r.status, r.json()) == (400, {"time_zone": ["Enter a valid value."]}), bad
	assert zone() == ("Asia/Kathmandu", None)
	for empty in (None, ""):
		server.api.patch(PATH + "1/", {"time_zone": "Asia/Tokyo"})
		server.api.patch(PATH + "1/", {"time_zone": empty})
		assert zone() == ("Asia/Kolkata", None)
	t = make_terminal()
	t.register()
	assert t.options()["TimeZone"] == "330"
	server.api.patch(PATH + "%d/" % t.id, {"time_zone": "Asia/Tokyo"})
	wait_until(lambda: t.options()["TimeZone"] == "9")
	seconds = iter(range(60))

	def offset():
		assert t.push("ATTLOG", "1\t2026-05-01 08:00:%02d\t0\t1" % next(seconds)) == "OK: 1"
		return server.value("select tz_offset from punch order by id desc limit 1")
	wait_until(lambda: offset() == 540, 10, "known where punches are stored", 0.25)


def test_half_hours_are_minutes(server):
	row = server.api.post(PATH, {k: v for k, v in NEW.items() if k != "terminal_tz"})
	assert row["terminal_tz"] == 330
	assert server.api.patch(PATH + "1/", {"terminal_tz": 330})["terminal_tz"] == 330
	assert column(server, "fixed_offset") is None


# ------------------------------------------------------------------ actions


@pytest.mark.parametrize("action,content", [("reboot", "REBOOT"), ("clear_capture", "CLEAR PHOTO"),
	("clear_all", "CLEAR DATA"), ("upload_all", "CHECK"), ("upload_transaction", "CHECK")])
def test_action_queues(server, new, action, content):
	r = server.api.raw("POST", PATH + action + "/", {"terminals": [1]})
	assert (r.status, r.text) == (200, DONE)
	rows = server.sql("select content, state, expires - created, created_by from terminal_command")
	assert rows[0][:2] == (content, "queued")
	assert rows[0][2] == datetime.timedelta(days=7) and rows[0][3] is not None


@pytest.mark.parametrize("body,headers", [({"terminals": [1, 2]}, None), ({"terminals": "1,2"}, None),
	({"terminals": ["1", "2"]}, None),
	("terminals=1&terminals=2", {"Content-Type": "application/x-www-form-urlencoded"})])
def test_loose_lists(server, new, body, headers):
	server.api.post(PATH, {**NEW, "sn": "2"})
	assert server.api.raw("POST", PATH + "reboot", body, headers).text == DONE
	assert server.sql("select terminal_id from terminal_command order by 1") == [(1,), (2,)]


@pytest.mark.parametrize("body,message", [({}, "This field is required."),
	({"terminals": []}, "This list may not be empty."),
	({"terminals": [1, 9]}, 'Invalid pk "9" - object does not exist.')])
def test_action_refused(server, new, body, message):
	r = server.api.raw("POST", PATH + "reboot/", body)
	assert (r.status, r.json()) == (400, {"terminals": [message]})
	assert server.value("select count(*) from terminal_command") == 0


def test_clear_command_and_its_list(server, new):
	server.api.post(PATH + "reboot/", {"terminals": [1]})
	server.sql("update terminal_command set state = 'failed', return_value = -1005, sent = now(),"
		" finished = now()")
	server.api.post(PATH + "clear_capture/", {"terminals": [1]})
	server.api.post(PATH + "clear_command/", {"terminals": [1]})
	page = server.api.get("/iclock/api/terminalcommands/")
	assert page["count"] == 2
	first, last = page["data"]
	assert list(first) == ["id", "terminal", "terminal_sn", "terminal_alias", "content", "state",
		"commit_time", "transfer_time", "return_time", "return_value", "return_text", "expires", "retries"]
	assert (first["content"], first["state"], first["return_value"], first["return_text"]) == (
		"REBOOT", "failed", -1005, "device busy")
	assert (last["state"], last["transfer_time"], last["return_text"]) == ("cancelled", None, None)
	count = lambda **params: server.api.get("/iclock/api/terminalcommands/", **params)["count"]
	assert count(state="failed") == 1 and count(terminal=1) == 2 and count(terminal="2,3") == 0
	assert count(terminal_sn="111111111") == 2 and count(start_time="2099-01-01") == 0
	assert count(end_time=first["commit_time"]) >= 1
	assert server.api.get("/iclock/api/terminalcommands/%d/" % first["id"]) == first
	assert server.api.raw("PUT", "/iclock/api/terminalcommands/", {}).status == 405


def test_many_commands_with_high_ids(server, new):
	server.sql("insert into terminal_command (id, terminal_id, content, resend)"
		" select 5000000000 + g, 1, 'CHECK', true from generate_series(1, 1300) g")
	page = server.api.get("/iclock/api/terminalcommands/", page_size=100000, ordering="-id")
	assert [r["id"] for r in page["data"]] == [5000000000 + i for i in range(1300, 0, -1)]
	assert server.api.get("/iclock/api/terminalcommands/5000000007/")["content"] == "CHECK"


def test_sync(server, new):
	employee = make_employee(server, "7")
	server.sql("insert into employee_area values (%s, 2)", employee)
	server.sql("update terminal_person set sent_version = version, confirmed_version = version")
	server.sql("update terminal set people_held = true")
	r = server.api.raw("POST", PATH + "1/sync/", {})
	assert (r.status, r.text) == (200, DONE)
	assert server.sql("select version > confirmed_version, people_held from terminal_person, terminal"
		) == [(True, False)]
	assert server.api.raw("POST", PATH + "9/sync/", {}).status == 404


def test_readers_may_not_write(server, new):
	server.command("user", "add", "reader", "--password-file", "/dev/stdin", stdin="secret word 1\n")
	reader = server.new_api("reader", "secret word 1")
	assert reader.get(PATH)["count"] == 1
	for path in (PATH, PATH + "reboot/", PATH + "1/sync/"):
		assert reader.raw("POST", path, {"terminals": [1]}).status == 403
	assert reader.raw("DELETE", PATH + "1/").status == 403


# ------------------------------------------------------------------ rejects


def test_rejects(server, terminal):
	terminal.register()
	assert terminal.push("ATTLOG", "no time here\n7\t2024-05-02 08:59:58\t0\t1") == "OK: 2"
	page = server.api.get("/iclock/api/rejects/")
	assert page["count"] == 1
	row = page["data"][0]
	assert list(row) == ["id", "terminal", "terminal_sn", "table", "reason", "raw", "raw_base64",
		"first_seen", "last_seen", "count"]
	assert (row["terminal_sn"], row["table"], row["raw"], row["raw_base64"], row["count"]) == (
		terminal.sn, "ATTLOG", "no time here", None, 1)
	assert row["reason"] and row["first_seen"] == row["last_seen"]
	terminal.push("ATTLOG", b"\xff\xfe\t\xfd")
	page = server.api.get("/iclock/api/rejects/", ordering="-id")
	assert (page["data"][0]["raw"], page["data"][0]["raw_base64"]) == (None, "//4J/Q==")
	count = lambda **params: server.api.get("/iclock/api/rejects/", **params)["count"]
	assert count(terminal_sn=terminal.sn) == 2 and count(terminal_sn="x") == 0
	assert count(table="ATTLOG") == 2 and count(end_time="2001-01-01") == 0
	assert server.api.get("/iclock/api/rejects/%d/" % row["id"]) == row
	assert server.api.raw("GET", "/iclock/api/rejects/999/").status == 404
	assert server.api.raw("DELETE", "/iclock/api/rejects/%d/" % row["id"]).status == 405


def test_many_rejects(server):
	server.sql("insert into reject (sn, table_name, reason, row_key, sealed, content_hash)"
		" select 'S', 'ATTLOG', 'test', '\\x00',"
		" decode('0100000001' || repeat('00', 28), 'hex'), int4send(g) from generate_series(1, 1700) g")
	page = server.api.get("/iclock/api/rejects/", page_size=100000)
	assert page["count"] == 1700 and [r["id"] for r in page["data"]] == list(range(1, 1701))
	page = server.api.get("/iclock/api/rejects/", page_size=600, page=3)
	assert len(page["data"]) == 500 and page["next"] is None


# ------------------------------------------------------------------ docs


def test_docs_need_no_login(server):
	r = server.api.request("GET", "/api/docs/", authorization="")
	assert r.status == 200 and r.headers["content-type"].startswith("text/html")
	assert "<title>BioTime 9.5 API DOCS</title>" in r.text
	for path in ("/iclock/api/transactions/", "/personnel/api/employees/", "/api-token-auth/"):
		assert path in r.text
