"""Staff logins: employees with a self-service password see what is theirs, and nothing else."""

import base64
import json

import pytest

from punchd_test.dump import found_in
from punchd_test.punches import make_employee, make_terminal, store
from punchd_test.rest import ApiError

E = "/personnel/api/employees/"
OK = {"code": 0, "msg": "", "data": []}
DENIED = {"detail": "You do not have permission to perform this action."}
WRONG = {"non_field_errors": ["Unable to log in with provided credentials."]}
PASSWORD = "correct horse"
LOGINS = [("/staff-api-token-auth/", "Token"), ("/staff-jwt-api-token-auth/", "JWT")]


def fails(call, *args, **more):
	with pytest.raises(ApiError) as e:
		call(*args, **more)
	return e.value.status, e.value.json


@pytest.fixture
def emp(server):
	server.emp = make_employee(server, "7", first="Ada", last="Byron")
	server.other = make_employee(server, "8", first="Eve")
	server.api.post(E + "%d/self_password/" % server.emp, {"self_password": PASSWORD})
	return server.emp


def staff(server, code="7", password=PASSWORD, path="/staff-api-token-auth/", scheme="Token"):
	return server.new_api(code, password).login(path, scheme)


def test_no_default_password(server):
	emp = make_employee(server, "7")
	for password in ("7", "123456", "", "7777"):
		for path, _ in LOGINS:
			assert server.api.raw("POST", path, {"username": "7", "password": password}).status == 400
	assert server.value("select count(*) from staff_login") == 0
	path = E + "%d/self_password/" % emp
	for value, message in ((None, "This field may not be null."), ("short", "Ensure this field has at least 8 characters."),
		("", "This field may not be blank."), (12345678, "Not a valid string."),
		("x" * 1025, "Ensure this field has no more than 1024 characters.")):
		r = server.api.raw("POST", path, {"self_password": value})
		assert (r.status, r.json()) == (400, {"self_password": [message]})
	assert fails(server.api.post, path, {}) == (400, {"self_password": ["This field is required."]})
	assert fails(server.api.post, E + "99/self_password/", {"self_password": PASSWORD})[0] == 404
	long = make_employee(server, "12345678")
	assert fails(server.api.post, E + "%d/self_password/" % long, {"self_password": "12345678"}) == (
		400, {"self_password": ["The password is too similar to the emp_code."]})


@pytest.mark.parametrize("path,scheme", LOGINS)
def test_login(server, emp, path, scheme):
	api = staff(server, path=path, scheme=scheme)
	row = api.get("/staff/api/employee/")
	assert (row["id"], row["emp_code"], row["device_password"], row["card_no"]) == (emp, "7", None, None)
	r = server.api.raw("POST", path, {"username": "7", "password": "wrong horse"})
	assert (r.status, r.json()) == (400, WRONG)
	assert fails(server.api.post, path, {}) == (400, {"username": ["This field is required."], "password": ["This field is required."]})
	# a user is no staff, staff are no users
	assert server.api.raw("POST", path, {"username": "admin", "password": server.api.password}).json() == WRONG
	for other in ("/api-token-auth/", "/jwt-api-token-auth/"):
		assert server.api.raw("POST", other, {"username": "7", "password": PASSWORD}).json() == WRONG
	basic = "Basic " + base64.b64encode(("7:" + PASSWORD).encode()).decode()
	assert api.request("GET", "/staff/api/employee/", authorization=basic).status == 401


def test_password_is_hashed(server, emp):
	assert found_in(server, PASSWORD) == []
	assert server.value("select password_hash from staff_login").startswith("$argon2id$")
	assert PASSWORD not in server.log()


ROUTES = ["/personnel/api/employees/", "/personnel/api/employees/%(emp)d/", "/personnel/api/employee/", "/personnel/api/departments/",
	"/personnel/api/areas/", "/personnel/api/positions/", "/personnel/api/resigns/", "/personnel/api/company/",
	"/personnel/api/customattributes/", "/iclock/api/transactions/", "/iclock/api/transactions/export/", "/iclock/api/terminals/",
	"/iclock/api/terminalcommands/", "/iclock/api/biodatas/", "/iclock/api/biophotos/", "/iclock/api/privatemessages/",
	"/iclock/api/publicmessages/", "/iclock/api/workcodes/", "/iclock/api/attphotos/", "/iclock/api/rejects/",
	"/iclock/api/alerts/", "/att/api/transactionReport/", "/att/api/firstLastReport/", "/att/api/firstLastReport/export/",
	"/att/api/manuallogs/", "/att/api/leaves/", "/att/api/payCodes/", "/base/api/deviceStatus/",
	"/base/api/user_notifications/total/", "/base/api/dailyAbsent/", "/auth_files/photo/7.jpg",
	"/personnel/api/employees/%(emp)d/photo/", "/metrics"]


@pytest.mark.parametrize("path,scheme", LOGINS)
def test_everything_else_is_closed(server, emp, path, scheme):
	api = staff(server, path=path, scheme=scheme)
	for route in ROUTES:
		r = api.request("GET", route % {"emp": emp})
		assert (r.status, r.json()) == (403, DENIED), route
	for method, route in (("POST", "/personnel/api/employees/"), ("PATCH", "/personnel/api/employees/%d/" % emp),
		("DELETE", "/personnel/api/employees/%d/" % emp), ("POST", "/iclock/api/terminals/reboot/"),
		("POST", "/att/api/manuallogs/"), ("POST", E + "%d/self_password/" % emp)):
		r = api.request(method, route, {})
		assert (r.status, r.json()) == (403, DENIED), route
	assert api.request("POST", "/staff/api/leaves/", {}).status == 405
	assert api.request("GET", "/staff/api/nothing/").status == 404


def test_users_have_no_business_there(server, emp):
	for route in ("/staff/api/employee/", "/staff/api/transactions/", "/staff/api/leaves/"):
		assert fails(server.api.get, route) == (403, DENIED)
	assert server.api.request("GET", "/staff/api/employee/", authorization="").status == 401


def test_own_rows_only(server, emp):
	make_terminal(server, "GATE1", "Gate")
	store(server, [("7", "2026-05-04 08:00:00", "GATE1"), ("8", "2026-05-04 08:01:00", "GATE1"), ("7", "2026-05-04 17:00:00", "GATE1")])
	start = {"start_time": "2026-05-04 00:00:00", "end_time": "2026-05-05 00:00:00"}
	for e in (emp, server.other):
		server.api.post("/att/api/leaves/", {"employee": e, "pay_code": 1, **start})
		server.api.post("/att/api/manuallogs/", {"employee": e, "punch_time": "2026-05-06 08:00:00", "punch_state": 0})
		server.api.post("/iclock/api/privatemessages/", {"employee": e, "content": "for %d" % e, "duration": 60})
	api = staff(server)
	rows = api.get("/staff/api/transactions/", ordering="punch_time")["data"]
	assert [(r["emp_code"], r["punch_time"]) for r in rows] == [("7", "2026-05-04 08:00:00"), ("7", "2026-05-04 17:00:00"),
		("7", "2026-05-06 08:00:00")]
	assert list(rows[0]) == ["id", "emp_code", "punch_time", "punch_state", "punch_state_display", "verify_type", "work_code",
		"terminal_sn", "terminal_alias", "area_alias", "upload_time"]
	assert api.get("/staff/api/transactions/", start_time="2026-05-05")["count"] == 1
	for name in ("leaves", "manuallogs", "privatemessages"):
		rows = api.get("/staff/api/%s/" % name)["data"]
		assert [r["employee"]["id"] for r in rows] == [emp], name
		assert api.get("/staff/api/%s/" % name, employee=server.other)["count"] == 0
		assert api.get("/staff/api/%s/%d/" % (name, rows[0]["id"])) == rows[0]
		theirs = server.api.get(("/iclock/api/" if name == "privatemessages" else "/att/api/") + name + "/", employee=server.other)["data"][0]["id"]
		assert fails(api.get, "/staff/api/%s/%d/" % (name, theirs)) == (404, {"detail": "Not found."})
	assert api.get("/staff/api/privatemessages/")["data"][0]["content"] == "for %d" % emp


def test_own_photo(server, emp):
	api = staff(server)
	assert api.request("GET", "/staff/api/photo/").status == 404
	jpeg = b"\xff\xd8\xff\xe0face"
	server.api.put(E + "%d/photo/" % emp, {"photo": base64.b64encode(jpeg).decode()})
	assert api.request("GET", "/staff/api/photo/").body == jpeg


def test_not_what_a_predecessor_left(server, emp):
	make_terminal(server, "GATE1", "Gate")
	store(server, [("7", "2026-05-04 08:00:00", "GATE1")])
	server.api.delete(E + "%d/" % emp)
	again = make_employee(server, "7")
	server.api.post(E + "%d/self_password/" % again, {"self_password": PASSWORD})
	assert staff(server).get("/staff/api/transactions/")["count"] == 0


def test_own_password(server, emp):
	tokens = [staff(server, path=p, scheme=s) for p, s in LOGINS]
	path = "/staff/api/password/"
	assert fails(tokens[0].post, path, {"old_password": "wrong horse", "password": "new password"}) == (
		400, {"old_password": ["Invalid password."]})
	assert fails(tokens[0].post, path, {"password": "new password"}) == (400, {"old_password": ["This field is required."]})
	assert fails(tokens[0].post, path, {"old_password": PASSWORD, "password": "new"}) == (
		400, {"password": ["Ensure this field has at least 8 characters."]})
	assert tokens[0].post(path, {"old_password": PASSWORD, "password": "new password"}) == OK
	assert server.api.raw("POST", LOGINS[0][0], {"username": "7", "password": PASSWORD}).json() == WRONG
	assert staff(server, password="new password").get("/staff/api/employee/")["id"] == emp


def gone(api):
	"""Refused within the two seconds that logins are remembered."""
	from punchd_test.wait import wait_until
	return wait_until(lambda: api.request("GET", "/staff/api/employee/").status == 401, 5)


@pytest.mark.parametrize("path,scheme", LOGINS)
@pytest.mark.parametrize("how", ["changed", "removed", "resigned", "deleted"])
def test_logins_end(server, emp, path, scheme, how):
	api = staff(server, path=path, scheme=scheme)
	assert api.get("/staff/api/employee/")["id"] == emp
	if how == "changed":
		server.api.post(E + "%d/self_password/" % emp, {"self_password": "another one"})
	elif how == "removed":
		server.api.delete(E + "%d/self_password/" % emp)
	elif how == "resigned":
		server.api.post("/personnel/api/resigns/", {"employee": emp, "resign_date": "2026-05-01", "resign_type": 1})
	else:
		server.api.delete(E + "%d/" % emp)
	assert gone(api)
	if how != "changed":
		assert server.api.raw("POST", path, {"username": "7", "password": PASSWORD}).json() == WRONG


def test_web_tokens_are_not_exchangeable(server, emp):
	"""Employee 1 and user 1: the same number, and not the same person."""
	assert emp == 1
	r = server.api.raw("POST", "/staff-jwt-api-token-auth/", {"username": "7", "password": PASSWORD}).json()
	claims = json.loads(base64.urlsafe_b64decode(r["token"].split(".")[1] + "=="))
	assert (claims["user_id"], claims["username"]) == (1, "7")
	assert server.api.request("GET", E, authorization="JWT " + r["token"]).status == 403
	fresh = server.api.raw("POST", "/jwt-api-token-refresh/", {"token": r["token"]}).json()["token"]
	assert server.api.request("GET", E, authorization="JWT " + fresh).status == 403
	assert server.api.request("GET", "/staff/api/employee/", authorization="JWT " + fresh).status == 200
	assert server.api.request("GET", E, authorization="JWT " + r["refresh"]).status == 401
