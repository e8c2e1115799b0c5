"""/att/api/: manual logs and their approval, leaves, pay codes, holidays."""

import pytest

from punchd_test.punches import make_employee, make_terminal, store
from punchd_test.rest import ApiError

A = "/att/api/"
T = "/iclock/api/transactions/"
OK = {"code": 0, "msg": "", "data": []}
REQUIRED = ["This field is required."]
SPELLINGS = [A + "manuallogs/", A + "manualLogs/"]


@pytest.fixture
def api(server):
	server.emp = make_employee(server, "1001", first="Asha", last="Rao", position=1)
	return server.api


@pytest.fixture
def asking(make_server, database):
	"""A server that wants approval."""
	server = make_server(database, attendance_approval="on")
	server.emp = make_employee(server, "1001", first="Asha", last="Rao")
	return server


def log(server, time="2026-05-04 08:00:00", **more):
	return {"employee": server.emp, "punch_time": time, "punch_state": 0, **more}


def leave(server, **more):
	return {"employee": server.emp, "pay_code": 1, "start_time": "2026-05-04 00:00:00",
		"end_time": "2026-05-06 00:00:00", **more}


def fails(call, *args):
	with pytest.raises(ApiError) as e:
		call(*args)
	assert e.value.status == 400, e.value
	return e.value.json


def same(found, expected):
	assert found == expected and list(found) == list(expected)


EMPLOYEE = {"employee": {"id": 1, "emp_code": "1001", "first_name": "Asha", "last_name": "Rao"},
	"emp_code": "1001", "first_name": "Asha", "last_name": "Rao", "department": "Department",
	"position": "Position"}


# ---------------------------------------------------------------- shapes, typed in by hand

def test_manual_log_shape(server, api):
	made = api.post(SPELLINGS[0], log(server, work_code="7", apply_reason="forgot", emp_code="ignored"))
	now = server.value("select to_char(apply_time at time zone 'Asia/Kolkata',"
		" 'YYYY-MM-DD HH24:MI:SS') from manual_log")
	same(made, {"id": 1, **EMPLOYEE, "punch_time": "2026-05-04 08:00:00", "punch_state": "0",
		"punch_state_display": "Check In", "work_code": "7", "apply_reason": "forgot",
		"apply_time": now, "audit_status": 2, "audit_status_display": "Approved",
		"audit_reason": "", "audit_time": now, "audit_user": "admin", "transaction": 1})
	assert api.get(SPELLINGS[1])["data"] == [made]


def test_leave_shape(server, api):
	made = api.post(A + "leaves/", leave(server, employee=str(server.emp), apply_reason="sea"))
	now = made["apply_time"]
	same(made, {"id": 1, **EMPLOYEE, "pay_code": {"id": 1, "code": "AL", "name": "Annual Leave"},
		"start_time": "2026-05-04 00:00:00", "end_time": "2026-05-06 00:00:00",
		"apply_reason": "sea", "apply_time": now, "audit_status": 2,
		"audit_status_display": "Approved", "audit_reason": "", "audit_time": now,
		"audit_user": "admin"})


def test_pay_code_and_holiday_shapes(api):
	same(api.post(A + "payCodes/", {"code": "BT", "name": "Business Trip"}),
		{"id": 4, "code": "BT", "name": "Business Trip"})
	same(api.post(A + "holidays/", {"alias": "May Day", "start_date": "2026-05-01", "att_group": None}),
		{"id": 1, "alias": "May Day", "start_date": "2026-05-01", "duration_day": 1,
			"department": None, "att_group": None})
	assert api.patch(A + "holidays/1/", {"department": 1, "duration_day": "2"})["department"] == {
		"id": 1, "dept_code": "1", "dept_name": "Department"}


# ---------------------------------------------------------------- manual logs

@pytest.mark.parametrize("path", SPELLINGS)
def test_a_manual_log_is_a_punch_without_terminal(server, api, path):
	"""ionic-manuallog: posts, tests for 201 and reads id."""
	r = api.raw("POST", path, {"employee": server.emp, "emp_code": "1001",
		"punch_time": "2026-05-04 08:00:00", "punch_state": "1", "work_code": "",
		"apply_reason": "late bus"})
	assert r.status == 201 and isinstance(r.json()["id"], int)
	t = api.get(T)["data"][0]
	assert (t["emp"], t["emp_code"], t["punch_time"], t["punch_state_display"], t["terminal_sn"],
		t["terminal_alias"], t["work_code"]) == (server.emp, "1001", "2026-05-04 08:00:00",
		"Check Out", "", None, "")
	assert r.json()["transaction"] == t["id"]
	assert server.value("select tz_offset from punch") == 330
	assert api.get(A + "transactionReport/", start_date="2026-05-04")["count"] == 1


def test_forms_and_both_spellings_are_one_list(server, api):
	r = api.raw("POST", SPELLINGS[0], "employee=%d&punch_time=2026-05-04+08:00&punch_state=255" %
		server.emp, {"Content-Type": "application/x-www-form-urlencoded"})
	assert r.status == 201 and r.json()["punch_state_display"] == "Unknown"
	for path in SPELLINGS:
		assert api.get(path)["count"] == api.get(path, employee=server.emp)["count"] == 1
		assert api.get(path, employees=-1, start_time="2026-05-04", end_time="2026-05-05")["count"] == 1
		assert api.get(path, start_time="2026-05-05")["count"] == 0
		assert api.get(path, emp_code="1002")["count"] == api.get(path, audit_status=1)["count"] == 0


def test_a_punch_that_is_there_stands(server, api):
	make_terminal(server, "GATE1", "Main gate")
	store(server, [("1001", "2026-05-04 08:00:00", "GATE1")])
	made = api.post(SPELLINGS[0], log(server, punch_state=1))
	assert made["audit_status"] == 2 and made["transaction"] is None
	assert [(t["terminal_sn"], t["punch_state"]) for t in api.get(T)["data"]] == [("GATE1", "0")]
	api.delete("%s%d/" % (SPELLINGS[0], made["id"]))
	assert api.get(T)["count"] == 1


def test_the_same_second_twice(server, api):
	made = api.post(SPELLINGS[0], log(server))
	assert fails(api.post, SPELLINGS[0], log(server, punch_state=1)) == {"non_field_errors": [
		"The fields employee, punch_time must make a unique set."]}
	assert api.get(T)["count"] == 1
	api.delete("%s%d/" % (SPELLINGS[0], made["id"]))
	assert api.get(T)["count"] == 0 and server.value("select count(*) from punch_tombstone") == 1
	# what was deleted comes back when a person asks for it
	api.post(SPELLINGS[0], log(server))
	assert [t["id"] for t in api.get(T)["data"]] == [2]
	assert api.raw("DELETE", SPELLINGS[0] + "99/").status == 404


def test_an_approved_log_stays_as_it_is(server, api):
	made = api.post(SPELLINGS[0], log(server))
	item = "%s%d/" % (SPELLINGS[0], made["id"])
	assert fails(api.patch, item, {"punch_state": 1}) == {"non_field_errors": [
		"This manual log is approved and cannot be changed."]}
	assert api.post(item + "reject/") == OK and api.get(item) == made


# ---------------------------------------------------------------- approval

def test_manual_logs_wait_for_approval(asking):
	api = asking.api
	ids = [api.post(SPELLINGS[0], log(asking, "2026-05-04 0%d:00:00" % h))["id"] for h in range(4)]
	assert api.get(T)["count"] == 0
	waiting = api.get(SPELLINGS[0], audit_status=1)["data"]
	assert [m["id"] for m in waiting] == ids
	assert (waiting[0]["audit_status_display"], waiting[0]["audit_time"], waiting[0]["audit_user"],
		waiting[0]["transaction"]) == ("Waiting", None, None, None)
	assert api.patch("%s%d/" % (SPELLINGS[0], ids[0]), {"punch_state": 4})["audit_status"] == 1
	assert api.post(SPELLINGS[1] + "approve/", {"manuallogs": "%d,%d" % (ids[1], ids[0]),
		"audit_reason": "seen"}) == OK
	assert [(t["punch_time"], t["punch_state"]) for t in api.get(T, ordering="punch_time")["data"]] == [
		("2026-05-04 00:00:00", "4"), ("2026-05-04 01:00:00", "0")]
	assert api.post("%s%d/reject/" % (SPELLINGS[0], ids[2]), {"audit_reason": "no"}) == OK
	assert api.post(SPELLINGS[0] + "approve/", {"manuallogs": ids[:1]}) == OK  # again: nothing
	assert [(m["audit_status"], m["audit_reason"], m["audit_user"]) for m in
		api.get(SPELLINGS[0])["data"]] == [(2, "seen", "admin"), (2, "seen", "admin"),
		(3, "no", "admin"), (1, "", None)]
	# what was rejected keeps nobody from asking again
	again = api.post(SPELLINGS[0], log(asking, "2026-05-04 02:00:00"))
	assert again["audit_status"] == 1 and api.get(T)["count"] == 2


def test_leaves_wait_for_approval(asking):
	api = asking.api
	asking.sql("update employee set hire_date = '2026-05-01'")
	made = api.post(A + "leaves/", leave(asking))

	def absent():
		return api.get(A + "dailyAbsentReport/", start_date="2026-05-04", end_date="2026-05-05")["count"]

	assert made["audit_status"] == 1 and absent() == 2
	assert api.post(A + "leaves/approve/", {"leaves": [made["id"]]}) == OK and absent() == 0
	item = "%sleaves/%d/" % (A, made["id"])
	assert api.patch(item, {"apply_reason": "changed"})["audit_status"] == 1 and absent() == 2
	assert api.post(item + "approve/") == OK and absent() == 0
	assert api.post(item + "reject/") == OK and absent() == 2
	api.delete(item)
	assert api.get(A + "leaves/")["count"] == 0


@pytest.mark.parametrize("path,member", [(SPELLINGS[0], "manuallogs"), (A + "leaves/", "leaves")])
def test_bad_audits(api, path, member):
	for verb in ("approve/", "reject/"):
		assert fails(api.post, path + verb, {}) == {member: REQUIRED}
		assert fails(api.post, path + verb, {member: []}) == {member: ["This list may not be empty."]}
		assert fails(api.post, path + verb, {member: [99]}) == {
			member: ['Invalid pk "99" - object does not exist.']}
		assert fails(api.post, path + verb, {member: [1], "audit_reason": "x" * 900})["audit_reason"]
		for item in ("99/", "x/"):
			r = api.raw("POST", path + item + verb, {})
			assert (r.status, r.json()) == (404, {"detail": "Not found."})
		r = api.raw("POST", path + verb, "[1", {"Content-Type": "application/json"})
		assert r.status == 400 and r.json()["detail"].startswith("JSON parse error - ")


# ---------------------------------------------------------------- times that say their zone

SAME = ["2026-11-02T02:39:00Z", "2026-11-02T08:09:00+05:30", "2026-11-02 08:09:00 +0530", "2026-11-02T02:39Z",
	"2026-11-02t02:39:00.999z", "2026-11-01T23:39:00-03", "2026-11-02T07:39:00.000+05", "2026-11-02 08:09"]
NO_ZONE = ["2026-11-02T02:39:00+5", "2026-11-02T02:39:00+25:00", "2026-11-02T02:39:00 PST", "2026-11-02T02:39:00Europe/Berlin",
	"2026-11-02T02:39:00+05:61", "2026-11-02T02:39:00ZZ", "2026-11-02Z", "2026-11-02+05:30"]
DATETIME = ["Datetime has wrong format. Use one of these formats instead: YYYY-MM-DD hh:mm:ss."]


def test_a_time_with_a_zone_becomes_our_wall_clock(server, api):
	"""timezone=Asia/Kolkata. The same moment, however it is told, is one punch."""
	for time in SAME:
		r = api.raw("POST", A + "manuallogs/", log(server, time, punch_state=str(SAME.index(time) % 2)))
		assert r.status == (201 if time == SAME[0] else 400), (time, r)
	assert [x["punch_time"] for x in api.get(A + "manuallogs/")["data"]] == ["2026-11-02 08:09:00"]
	assert [x["punch_time"] for x in api.get("/iclock/api/transactions/")["data"]] == ["2026-11-02 08:09:00"]
	for time in NO_ZONE:
		assert fails(api.post, A + "manuallogs/", log(server, time)) == {"punch_time": DATETIME}, time
	form = "employee=%d&punch_state=1&punch_time=2026-11-02T17:00:00+05:30" % server.emp
	r = api.raw("POST", A + "manuallogs/", form, {"Content-Type": "application/x-www-form-urlencoded"})
	assert r.json()["punch_time"] == "2026-11-02 17:00:00"
	made = api.post(A + "leaves/", leave(server, start_time="2026-11-02T18:30:00Z", end_time="2026-11-03T18:30:00.000Z"))
	assert (made["start_time"], made["end_time"]) == ("2026-11-03 00:00:00", "2026-11-04 00:00:00")
	assert fails(api.post, A + "leaves/", leave(server, start_time="2026-11-03T09:00:00Z",
		end_time="2026-11-03T10:00:00+05:30")) == {"end_time": ["The end must be later than the start."]}
	assert fails(api.patch, A + "leaves/%d/" % made["id"], {"end_time": "2026-11-05T00:00:00+99:00"}) == {"end_time": DATETIME}
	token = api.post("/base/api/tokens/", {"name": "x", "expires": "2099-01-01T00:00:00Z"})
	assert token["expires"] == "2099-01-01 05:30:00"
	message = api.post("/iclock/api/publicmessages/", {"content": "x", "duration": 1, "start_time": "2099-01-01T00:00:00-01:00"})
	assert message["start_time"] == "2099-01-01 06:30:00"
	for path, params, n in (
			(A + "manuallogs/", "start_time=2026-11-02T02:39:00Z&end_time=2026-11-02T02:39:00Z", 1),
			(A + "manuallogs/", "start_time=2026-11-02T08:09:01+05:30", 1),
			(A + "manuallogs/", "punch_time=2026-11-02T08:09:00%2B05:30", 1),
			(A + "manuallogs/", "punch_time=2026-11-02T08:09:00+05:30", 1),
			(A + "manuallogs/", "punch_time=2026-11-02T08:09:00+0631", 0),
			(A + "leaves/", "start_time=2026-11-03T18:29:59Z", 1), (A + "leaves/", "start_time=2026-11-03T18:30:00Z", 0),
			# of the day that it is here
			(A + "firstLastReport/", "start_date=2026-11-01T18:30:00.000Z&end_date=2026-11-01T18:30:00.000Z", 1),
			(A + "firstLastReport/", "start_date=2026-11-02T18:30:00.000Z&end_date=2026-11-03T18:29:59.000Z", 0)):
		assert api.raw("GET", path + "?" + params).json()["count"] == n, (path, params)


@pytest.mark.settings(timezone="Europe/Berlin")
def test_moments_about_the_change_of_the_clock(server, api):
	"""02:00 to 03:00 does not exist on March 29th, and comes twice on October 25th 2026: both are one wall clock."""
	shown = []
	for time in ("2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:01Z",
			"2026-10-25T02:00:00Z"):
		shown.append(api.post(A + "manuallogs/", log(server, time))["punch_time"])
	assert shown == ["2026-03-29 01:59:59", "2026-03-29 03:00:00", "2026-10-25 02:30:00", "2026-10-25 02:30:01",
		"2026-10-25 03:00:00"]
	assert fails(api.post, A + "manuallogs/", log(server, "2026-10-25T01:30:00Z"))
	assert api.raw("GET", "/iclock/api/transactions/?start_time=2026-10-25T01:30:00Z").json()["count"] == 3
	for wall in ("2026-03-29 02:30:00", "2026-10-25 02:15:00"):
		assert api.post(A + "manuallogs/", log(server, wall))["punch_time"] == wall, "without a zone as it is told"


# ---------------------------------------------------------------- leaves

def test_leave_client(server, api):
	"""Posts employee as text, reads the echo; lists by employee, and start_time, end_time of rows."""
	r = api.raw("POST", A + "leaves/", {"employee": str(server.emp), "pay_code": 2,
		"start_time": "2026-05-04 09:00:00", "end_time": "2026-05-04 13:00:00", "apply_reason": "doctor"})
	assert r.status == 201
	assert {k: r.json()[k] for k in ("start_time", "end_time", "apply_reason")} == {
		"start_time": "2026-05-04 09:00:00", "end_time": "2026-05-04 13:00:00", "apply_reason": "doctor"}
	body = api.get(A + "leaves/", employee=server.emp, page=1, page_size=50)
	assert (body["count"], body["code"], body["data"][0]["id"]) == (1, 0, r.json()["id"])
	assert api.get(A + "leave/") == {**api.get(A + "leaves/")}
	for params, n in (({"start_date": "2026-05-04", "end_date": "2026-05-04"}, 1),
			({"end_date": "2026-05-03"}, 0), ({"start_date": "2026-05-05"}, 0),
			({"start_time": "2026-05-04 13:00:00"}, 0), ({"pay_code": 2}, 1), ({"pay_code": 1}, 0),
			({"employee": 99}, 0), ({"emp_code": "1001"}, 1), ({"search": "doctor"}, 1)):
		assert api.get(A + "leaves/", **params)["count"] == n, params


def test_leave_times(server, api):
	late = {"end_time": ["The end must be later than the start."]}
	assert fails(api.post, A + "leaves/", leave(server, end_time="2026-05-04")) == late
	item = "%sleaves/%d/" % (A, api.post(A + "leaves/", leave(server))["id"])
	assert fails(api.patch, item, {"end_time": "2026-05-01 00:00:00"}) == late
	assert fails(api.patch, item, {"start_time": "2026-05-07"}) == late
	assert api.patch(item, {"end_time": "2026-05-09T12:00"})["end_time"] == "2026-05-09 12:00:00"


def test_what_is_used_stays(server, api):
	api.post(A + "leaves/", leave(server))
	r = api.raw("DELETE", A + "payCodes/1/")
	assert (r.status, r.json()) == (400, {"detail": "Cannot be deleted: it is still in use."})
	assert api.raw("DELETE", A + "payCodes/3/").status == 204
	api.delete("/personnel/api/employees/%d/" % server.emp)
	assert api.get(A + "leaves/")["count"] == 0
	assert api.raw("DELETE", A + "payCodes/1/").status == 204


# ---------------------------------------------------------------- errors, in the words of DRF

WRONG_TIME = "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DD hh:mm:ss."
WRONG_DATE = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."
NOT_NULL = "This field may not be null."
ERRORS = [
	("manuallogs/", "employee", None, NOT_NULL),
	("manuallogs/", "employee", 99, 'Invalid pk "99" - object does not exist.'),
	("manuallogs/", "employee", "x", "Incorrect type. Expected pk value, received str."),
	("manuallogs/", "punch_time", None, NOT_NULL),
	("manuallogs/", "punch_time", "", NOT_NULL),
	("manuallogs/", "punch_time", "yesterday", WRONG_TIME),
	("manuallogs/", "punch_time", 5, WRONG_TIME),
	("manuallogs/", "punch_time", "2026-02-30 08:00:00", WRONG_TIME),
	("manuallogs/", "punch_state", None, NOT_NULL),
	("manuallogs/", "punch_state", "", "This field may not be blank."),
	("manuallogs/", "punch_state", 9, '"9" is not a valid choice.'),
	("manuallogs/", "punch_state", [0], "Not a valid string."),
	("manuallogs/", "work_code", "x" * 21, "Ensure this field has no more than 20 characters."),
	("manuallogs/", "apply_reason", "x" * 201, "Ensure this field has no more than 200 characters."),
	("leaves/", "pay_code", 99, 'Invalid pk "99" - object does not exist.'),
	("leaves/", "pay_code", None, NOT_NULL),
	("leaves/", "start_time", "x", WRONG_TIME),
	("leaves/", "end_time", None, NOT_NULL),
	("payCodes/", "code", "", "This field may not be blank."),
	("payCodes/", "code", "AL", "pay code with this code already exists."),
	("payCodes/", "code", "x" * 21, "Ensure this field has no more than 20 characters."),
	("payCodes/", "name", None, NOT_NULL),
	("holidays/", "alias", "x" * 51, "Ensure this field has no more than 50 characters."),
	("holidays/", "start_date", "01-05-2026", WRONG_DATE),
	("holidays/", "duration_day", 0, "Ensure this value is greater than or equal to 1."),
	("holidays/", "duration_day", "x", "A valid integer is required."),
	("holidays/", "department", 99, 'Invalid pk "99" - object does not exist.'),
]


def good(server, path):
	return {"manuallogs/": log(server), "leaves/": leave(server),
		"payCodes/": {"code": "X", "name": "X"},
		"holidays/": {"alias": "X", "start_date": "2026-05-01"}}[path]


def test_messages(server, api):
	for path, member, value, message in ERRORS:
		assert fails(api.post, A + path, {**good(server, path), member: value}) == {
			member: [message]}, (path, member, value)


@pytest.mark.parametrize("path,required", [
	("manuallogs/", ["employee", "punch_time", "punch_state"]),
	("manualLogs/", ["employee", "punch_time", "punch_state"]),
	("leaves/", ["employee", "pay_code", "start_time", "end_time"]),
	("payCodes/", ["code", "name"]), ("holidays/", ["alias", "start_date"])])
def test_bodies_that_are_none(api, path, required):
	assert fails(api.post, A + path, {}) == {member: REQUIRED for member in required}
	r = api.raw("POST", A + path, "[]", {"Content-Type": "application/json"})
	assert (r.status, r.json()) == (400, {"non_field_errors": [
		"Invalid data. Expected a dictionary, but got list."]})
	assert api.raw("POST", A + path, "x", {"Content-Type": "text/plain"}).status == 415
	for method, item in (("PUT", ""), ("POST", "1/")):
		r = api.raw(method, A + path + item, {})
		assert (r.status, r.json()) == (405, {"detail": 'Method "%s" not allowed.' % method})
	for method in ("GET", "PATCH", "DELETE"):
		r = api.raw(method, A + path + "99/", None if method == "GET" else {})
		assert (r.status, r.json()) == (404, {"detail": "Not found."})


def test_readers_write_nothing(server, api):
	server.command("user", "add", "reader", "--password-file", "/dev/stdin", stdin="long enough pw")
	reader = server.new_api("reader", "long enough pw")
	for path in ("manuallogs/", "leaves/", "payCodes/", "holidays/"):
		assert reader.get(A + path)["code"] == 0
		assert reader.raw("POST", A + path, good(server, path)).status == 403
	assert reader.raw("POST", A + "manuallogs/approve/", {"manuallogs": [1]}).status == 403
