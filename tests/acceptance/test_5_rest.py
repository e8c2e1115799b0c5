"""Issue section 5: REST."""

import base64
import hashlib
import hmac
import json

import pytest

from punchd_test.rest import ApiError
from punchd_test.server import PASSWORD
from punchd_test.wait import wait_until

P = "/personnel/api/"
TX = "/iclock/api/transactions/"
OK = {"code": 0, "msg": "", "data": []}


def make_employee(server, code="1001", **more):
	return server.api.post(P + "employees/", {"emp_code": code, "department": 1, "area": [2], **more})


def error(call, *args):
	with pytest.raises(ApiError) as e:
		call(*args)
	return e.value.status, e.value.json


# ---------------------------------------------------------------- logins

def test_general_token(server):
	tokens = [server.new_api().login().authorization for _ in range(2)]
	assert tokens[0] == tokens[1], "the same at every login"
	assert len(tokens[0].split()[1]) == 40
	hashes = server.value("select login_hash from account where name = 'admin'")
	assert bytes(hashes) == hashlib.sha256(tokens[0].split()[1].encode()).digest()


@pytest.mark.parametrize("path", ["/api-token-auth/", "/api-token-auth", "/jwt-api-token-auth/",
	"/jwt-api-token-auth"])
def test_logins_take_json_and_forms_and_ignore_old_credentials(server, path):
	api = server.new_api()
	old = {"Authorization": "JWT expired.token.value"}
	r = api.request("POST", path, {"username": "admin", "password": PASSWORD, "company": "x"},
		headers=old, authorization="")
	assert r.status == 200 and r.json()["token"]
	form = "username=admin&password=" + PASSWORD.replace(" ", "+")
	r = api.request("POST", path, form, authorization="",
		headers={"Content-Type": "application/x-www-form-urlencoded", **old})
	assert r.status == 200 and r.json()["token"]
	assert api.request("GET", path, authorization="").status == 405


def test_jwt(server):
	r = server.new_api().request("POST", "/jwt-api-token-auth/",
		{"username": "admin", "password": PASSWORD}, authorization="").json()
	assert r["access"] == r["token"] and r["refresh"]
	head, claims, signature = r["token"].split(".")
	decode = lambda x: json.loads(base64.urlsafe_b64decode(x + "=="))
	assert decode(head) == {"typ": "JWT", "alg": "HS256"}
	c = decode(claims)
	assert list(c) and c["username"] == "admin" and c["exp"] - c["orig_iat"] == 7 * 86400
	again = server.new_api().request("POST", "/jwt-api-token-refresh/", {"token": r["token"]},
		authorization="").json()
	assert server.new_api(authorization="JWT " + again["token"]).get(P + "areas/")["count"] == 2
	# the algorithm is pinned
	none = base64.urlsafe_b64encode(b'{"typ":"JWT","alg":"none"}').rstrip(b"=").decode()
	for forged in ("%s.%s." % (none, claims), "%s.%s.%s" % (head, claims, signature[:-4] + "AAAA")):
		r = server.new_api().request("GET", P + "areas/", authorization="JWT " + forged)
		assert r.status == 401, forged
	key = hmac.new(b"", ("%s.%s" % (head, claims)).encode(), "sha256").digest()
	forged = "%s.%s.%s" % (head, claims, base64.urlsafe_b64encode(key).rstrip(b"=").decode())
	assert server.new_api().request("GET", P + "areas/", authorization="JWT " + forged).status == 401


@pytest.mark.parametrize("scheme", ["Token", "token", "TOKEN", "JWT", "jwt"])
def test_schemes_in_any_case_and_exchanged(server, scheme):
	token = server.new_api().login().authorization.split()[1]
	assert server.new_api(authorization="%s %s" % (scheme, token)).get(P + "areas/")["count"] == 2
	jwt = server.new_api().login("/jwt-api-token-auth/").authorization.split()[1]
	assert server.new_api(authorization="%s %s" % (scheme, jwt)).get(P + "areas/")["count"] == 2


def test_basic(server):
	assert server.new_api().basic().get(P + "areas/")["count"] == 2
	r = server.new_api(password="no").basic().raw("GET", P + "areas/")
	assert r.status == 401 and r.json() == {"detail": "Invalid username/password."}
	assert "WWW-Authenticate".lower() in r.headers


@pytest.mark.parametrize("header, detail", [
	(None, "Authentication credentials were not provided."),
	("Bearer x", "Authentication credentials were not provided."),
	("Token", "Invalid token header. No credentials provided."),
	("Token a b", "Invalid token header. Token string should not contain spaces."),
	("Token " + "0" * 40, "Invalid token."),
	("JWT a.b.c", "Error decoding signature."),
])
def test_401(server, header, detail):
	r = server.new_api(user=None).request("GET", TX, authorization=header)
	assert (r.status, r.json()) == (401, {"detail": detail})
	assert r.headers["www-authenticate"]


def test_wrong_name_and_wrong_password_are_told_alike_and_slowed(server):
	bodies = set()
	for user, password in (("admin", "wrong"), ("nobody", "wrong")):
		r = server.new_api().request("POST", "/api-token-auth/",
			{"username": user, "password": password}, authorization="")
		assert r.status == 400
		bodies.add(r.text)
	assert bodies == {'{"non_field_errors":["Unable to log in with provided credentials."]}'}
	r = server.new_api().request("POST", "/api-token-auth/", {}, authorization="")
	assert r.json() == {"username": ["This field is required."],
		"password": ["This field is required."]}
	import time
	start = time.monotonic()
	for _ in range(8):
		server.new_api().request("POST", "/api-token-auth/",
			{"username": "admin", "password": "wrong"}, authorization="")
	assert time.monotonic() - start > 2, "failed logins are slowed"


def test_no_redirects_and_json_404(server):
	api = server.api
	assert api.raw("GET", "/personnel/api/areas").status == 200
	for path in (P + "nothing/", "/iclock/api/nothing/", "/att/api/x/", "/base/api/x/",
			"/staff/api/nothing/"):
		r = api.raw("GET", path)
		assert r.status == 404 and r.json() == {"detail": "Not found."}, path
	r = api.raw("PUT", P + "areas/")
	assert (r.status, r.json()) == (405, {"detail": 'Method "PUT" not allowed.'})
	assert "GET" in r.headers["allow"]


# ---------------------------------------------------------------- personnel

@pytest.mark.parametrize("name, prefix, parent", [("departments", "dept", "parent_dept"),
	("areas", "area", "parent_area"), ("positions", "position", "parent_position")])
@pytest.mark.parametrize("singular", [False, True])
def test_organisation_resources(server, name, prefix, parent, singular):
	path = P + (name[:-1] if singular else name) + "/"
	api = server.api
	first = api.post(path, {prefix + "_code": "A", prefix + "_name": "Alpha"})
	assert first[prefix + "_code"] == "A" and first[parent] is None
	second = api.post(path, {prefix + "_code": "B", prefix + "_name": "Beta", parent: first["id"]})
	assert second[parent]["id"] == first["id"]
	assert api.get("%s%d/" % (path, second["id"])) == second
	assert api.patch("%s%d/" % (path, second["id"]), {prefix + "_name": "New"})[prefix + "_name"] == "New"
	assert api.put("%s%d/" % (path, second["id"]), {prefix + "_name": "Beta"})[prefix + "_code"] == "B"
	assert api.get(path, **{prefix + "_code": "B"})["count"] == 1
	assert api.get(path, **{prefix + "_name_icontains": "ALP"})["count"] == 1
	rows = api.get(path, ordering="-" + prefix + "_code")["data"]
	assert [r["id"] for r in rows][:2] == [second["id"], first["id"]]
	assert error(api.post, path, {})[0] == 400
	status, body = error(api.post, path, {prefix + "_code": "A", prefix + "_name": "x"})
	assert status == 400 and prefix + "_code" in body
	assert error(api.post, path, {prefix + "_code": "x" * 101, prefix + "_name": "x"})[0] == 400
	status, body = error(api.delete, "%s%d/" % (path, first["id"]))  # it has a child
	assert status == 400 and "detail" in body
	assert api.delete("%s%d/" % (path, second["id"])) is None
	assert error(api.get, "%s%d/" % (path, second["id"])) == (404, {"detail": "Not found."})
	assert error(api.delete, path + "1/")[0] == 400, "the seeded one cannot be deleted"
	assert api.patch(path + "1/", {prefix + "_name": "Renamed"})[prefix + "_name"] == "Renamed"


EMPLOYEE = ("id emp_code first_name last_name nickname format_name photo full_name device_password "
	"card_no department position hire_date gender birthday verify_mode emp_type contact_tel "
	"office_tel mobile national city address postcode email enroll_sn ssn religion enable_att "
	"enable_overtime enable_holiday attemployee dev_privilege area app_status app_role update_time "
	"fingerprint face palm vl_face vl_palm vl_face_photo").split()


def test_employee_crud(server):
	api = server.api
	e = make_employee(server, first_name="Test", last_name="User", card_no="99887766",
		device_password="4321", gender="F", birthday="1990-01-02", email="t@example.com")
	assert sorted(e) == sorted(EMPLOYEE)
	assert e["full_name"] == "Test User" and e["format_name"] == "1001 Test"
	assert e["department"] == {"id": 1, "dept_code": "1", "dept_name": "Department"}
	assert e["area"] == [{"id": 2, "area_code": "2", "area_name": "Head Office"}]
	assert e["attemployee"] == {"id": e["id"], "enable_attendance": True, "enable_overtime": True,
		"enable_holiday": True, "enable_schedule": e["attemployee"]["enable_schedule"]}
	assert (e["card_no"], e["device_password"], e["birthday"]) == ("99887766", "4321", "1990-01-02")
	path = "%semployees/%d/" % (P, e["id"])
	assert api.get(path) == e
	assert api.patch(path, {"area": [1, 2]})["area"] == [
		{"id": 1, "area_code": "1", "area_name": "Not Authorized"},
		{"id": 2, "area_code": "2", "area_name": "Head Office"}]
	assert api.put(path, {"first_name": "New"})["card_no"] == "99887766", "absent members stay"
	assert api.patch(path, {"emp_code": "2"})["emp_code"] == "1001", "the code never changes"
	assert api.get(P + "employees/", emp_code="1001")["count"] == 1
	assert api.get(P + "employees/", emp_code="100")["count"] == 0
	assert api.delete(path) is None
	assert api.get(P + "employees/")["count"] == 0
	sealed = server.sql("select sealed from employee")
	assert not sealed


def test_employee_lenient_inputs(server):
	e = make_employee(server, "7", department="1", area="2,1", position=None, hire_date=None,
		gender=None, mobile=None, birthday=None, email=None, fingerprint="", unknown=1)
	assert sorted(a["id"] for a in e["area"]) == [1, 2]
	form = "emp_code=8&department=1&area%5B0%5D=2&area%5B1%5D=1&first_name=F%C3%BC"
	r = server.api.raw("POST", P + "employees/", form,
		{"Content-Type": "application/x-www-form-urlencoded"})
	assert r.status == 201 and r.json()["first_name"] == "F\u00fc", r


@pytest.mark.parametrize("body, expected", [
	({}, {"emp_code": ["This field is required."], "department": ["This field is required."],
		"area": ["This field is required."]}),
	({"emp_code": "1", "department": 99, "area": [2]},
		{"department": ['Invalid pk "99" - object does not exist.']}),
	({"emp_code": "1", "department": 1, "area": []}, {"area": ["This list may not be empty."]}),
	({"emp_code": "x" * 21, "department": 1, "area": [2]},
		{"emp_code": ["Ensure this field has no more than 20 characters."]}),
	({"emp_code": "1", "department": 1, "area": [2], "gender": "X"},
		{"gender": ['"X" is not a valid choice.']}),
	({"emp_code": "1", "department": 1, "area": [2], "email": "nope"},
		{"email": ["Enter a valid email address."]}),
	({"emp_code": "", "department": 1, "area": [2]},
		{"emp_code": ["This field may not be blank."]}),
])
def test_employee_errors(server, body, expected):
	assert error(server.api.post, P + "employees/", body) == (400, expected)


def test_malformed_bodies(server):
	r = server.api.raw("POST", P + "employees/", "{", {"Content-Type": "application/json"})
	assert r.status == 400 and r.json()["detail"].startswith("JSON parse error - ")
	r = server.api.raw("POST", P + "employees/", "[1]", {"Content-Type": "application/json"})
	assert r.json() == {"non_field_errors": [
		"Invalid data. Expected a dictionary, but got list."]}
	r = server.api.raw("POST", P + "employees/", "x", {"Content-Type": "text/plain"})
	assert r.status == 415
	r = server.api.raw("GET", P + "employees/", "[]", {"Content-Type": "application/json"})
	assert r.status == 200, "bodies of GET are ignored"


def test_employee_actions(server):
	api = server.api
	a, b = make_employee(server, "1"), make_employee(server, "2")
	department = api.post(P + "departments/", {"dept_code": "D", "dept_name": "D"})["id"]
	position = api.post(P + "positions/", {"position_code": "P", "position_name": "P"})["id"]
	ids = [a["id"], b["id"]]
	call = lambda name, body: api.post(P + "employees/%s/" % name, body)
	assert call("adjust_area", {"employees": ids, "areas": [1]}) == OK
	assert call("adjust_department", {"employees": [str(i) for i in ids], "department": department}) == OK
	assert call("adjust_position", {"employees": ",".join(map(str, ids)), "position": position}) == OK
	e = api.get("%semployees/%d/" % (P, a["id"]))
	assert [x["id"] for x in e["area"]] == [1]
	assert (e["department"]["id"], e["position"]["id"]) == (department, position)
	assert call("resync_to_device", {"employees": ids}) == OK
	assert call("resync_to_device", {"emp_code": ["1", "2"]}) == OK
	assert call("del_bio_template", {"employees": ids, "finger_print": True, "face": False}) == OK
	assert call("adjust_regsin", {"employees": [a["id"]], "resign_date": "2026-05-01",
		"resign_type": 1, "reason": "", "disableatt": True}) == OK
	assert call("adjust_resign", {"employees": [b["id"]], "resign_date": "2026-05-01",
		"resign_type": 1, "disableatt": 1}) == OK
	assert api.get(P + "resigns/")["count"] == 2
	assert error(call, "adjust_area", {})[1]["employees"] == ["This field is required."]
	assert error(call, "resync_to_device", {"employees": [999]}) == (
		400, {"employees": ['Invalid pk "999" - object does not exist.']})


@pytest.mark.parametrize("flag", [True, False, 1, 0])
def test_resigns(server, flag):
	api = server.api
	e = make_employee(server, first_name="R")
	r = api.post(P + "resigns/", {"employee": e["id"], "resign_date": "2026-05-01",
		"resign_type": 2, "disableatt": flag, "reason": "why"})
	assert r["disableatt"] in (0, 1) and not isinstance(r["disableatt"], bool)
	assert r["disableatt"] == int(flag)
	assert r["employee"]["emp_code"] == "1001" and r["first_name"] == "R" and r["reason"] == "why"
	assert error(api.post, P + "resigns/", {"employee": e["id"], "resign_date": "2026-05-01",
		"resign_type": 2, "disableatt": True})[0] == 400
	assert api.get(P + "employees/", status=0)["count"] == 0
	assert api.get(P + "employees/")["count"] == 1
	assert api.patch("%sresigns/%d/" % (P, r["id"]), {"reason": "other"})["reason"] == "other"
	assert api.post(P + "resigns/reinstatement/", {"resigns": [r["id"]]}) == OK
	assert api.get(P + "resigns/")["count"] == 0
	r = api.post(P + "resigns/", {"employee": e["id"], "resign_date": "2026-05-01",
		"resign_type": 2, "disableatt": True})
	assert api.post(P + "resigns/reinstatement/", {"employees": [e["id"]]}) == OK
	assert error(api.post, P + "resigns/reinstatement/", {}) == (
		400, {"resigns": ["This field is required."]})


def test_sealed_members_are_unreadable_in_the_database(server):
	make_employee(server, card_no="99887766", mobile="+49 170 555", address="Secret Street 1",
		email="hidden@example.com", device_password="43219876", national="IN")
	row = server.sql("select employee::text from employee")[0][0]
	for text in ("99887766", "+49 170 555", "Secret Street", "hidden@", "43219876"):
		assert text not in row
		assert text.encode().hex() not in row


def test_non_superusers_read_but_do_not_write_nor_see_credentials(server, tmp_path):
	make_employee(server, card_no="99887766", device_password="4321", mobile="1")
	file = tmp_path / "pw"
	file.write_text("a long password")
	assert server.command("user", "add", "eve", "--password-file", str(file)).returncode == 0
	eve = server.new_api("eve", "a long password").login()
	e = eve.get(P + "employees/")["data"][0]
	assert (e["card_no"], e["device_password"], e["mobile"]) == (None, None, "1")
	for method, path, body in (("POST", P + "areas/", {"area_code": "x", "area_name": "x"}),
			("DELETE", "%semployees/%d/" % (P, e["id"]), None),
			("POST", "/iclock/api/terminals/reboot/", {"terminals": [1]})):
		r = eve.raw(method, path, body)
		assert (r.status, r.json()) == (403, {
			"detail": "You do not have permission to perform this action."})


@pytest.mark.settings(hide_credentials=True)
def test_hide_credentials(server):
	e = make_employee(server, card_no="99887766", device_password="4321")
	assert (e["card_no"], e["device_password"]) == (None, None)


# ---------------------------------------------------------------- terminals and transactions

TERMINAL = ("id sn ip_address alias terminal_name fw_ver push_ver state terminal_tz area "
	"last_activity user_count fp_count face_count palm_count transaction_count push_time "
	"transfer_time transfer_interval is_attendance area_name").split()


def test_terminal_crud(server, terminal):
	api = server.api
	terminal.register()
	assert list(terminal.row) == TERMINAL
	assert terminal.row["alias"] == "Auto add" and terminal.row["state"] == 1
	t = api.post("/iclock/api/terminals/", {"sn": "111111111", "alias": "test device",
		"ip_address": "127.0.0.1", "terminal_tz": 8, "heartbeat": 10, "area": 1})
	assert t["terminal_tz"] == 8 and t["area"]["id"] == 1 and t["state"] == 3
	path = "/iclock/api/terminals/%d/" % t["id"]
	assert api.patch(path, {"alias": "New"})["alias"] == "New"
	assert api.put(path, {"transfer_interval": 5})["alias"] == "New"
	assert api.get("/iclock/api/terminals/", sn_icontains="1111")["count"] == 1
	assert api.get("/iclock/api/terminals/", sn="1111")["count"] == 0
	assert api.get("/iclock/api/terminals/", state=1)["count"] == 1
	assert "sn" in error(api.post, "/iclock/api/terminals/", {"sn": "111111111", "alias": "x",
		"ip_address": "1.1.1.1"})[1]
	assert set(error(api.post, "/iclock/api/terminals/", {})[1]) == {"sn", "alias", "ip_address"}
	assert api.delete(path) is None


@pytest.mark.parametrize("action, command", [("reboot", "REBOOT"), ("clear_capture", "CLEAR PHOTO"),
	("clear_all", "CLEAR DATA"), ("upload_all", "CHECK"), ("upload_transaction", "CHECK")])
def test_terminal_actions(server, terminal, action, command):
	terminal.register()
	terminal.obey()
	path = "/iclock/api/terminals/%s/" % action
	assert server.api.post(path, {"terminals": str(terminal.id)}) == OK
	cid, text = terminal.poll_until(command)
	assert text.startswith(command)
	terminal.ack((cid, 0))
	rows = server.api.get("/iclock/api/terminalcommands/", page_size=100)
	assert rows["code"] == 0 and any(command in str(r) for r in rows["data"])
	assert error(server.api.post, path, {}) == (400, {"terminals": ["This field is required."]})


def test_clear_command_cancels_what_was_not_sent(server, terminal):
	terminal.register()
	terminal.obey()
	server.api.post("/iclock/api/terminals/reboot/", {"terminals": [terminal.id]})
	assert server.api.post("/iclock/api/terminals/clear_command/", {"terminals": [terminal.id]}) == OK
	assert "REBOOT" not in terminal.obey()


def test_after_clear_all_a_terminal_stays_empty_until_sync(server, terminal):
	terminal.register()
	make_employee(server)
	assert any("PIN=1001" in c for c in terminal.obey())
	server.api.post("/iclock/api/terminals/clear_all/", {"terminals": [terminal.id]})
	assert any(c.startswith("CLEAR DATA") for c in terminal.obey())
	server.api.post(P + "employees/resync_to_device/", {"emp_code": ["1001"]})
	assert not [c for c in terminal.obey() if "PIN=1001" in c]
	assert server.api.post("/iclock/api/terminals/%d/sync/" % terminal.id) == OK
	assert any("PIN=1001" in c for c in terminal.obey())


TRANSACTION = ("id emp emp_code first_name last_name department position punch_time punch_state "
	"punch_state_display verify_type verify_type_display work_code gps_location area_alias "
	"terminal_sn temperature is_mask terminal_alias upload_time").split()


def test_transactions(server, terminal):
	terminal.register()
	e = make_employee(server, "7", first_name="A")
	terminal.push("ATTLOG", "7\t2026-05-01 08:00:00\t0\t1", "8\t2026-05-01 09:00:00\t255\t15\t0")
	a, b = server.api.get(TX)["data"]
	assert list(a) == TRANSACTION
	assert (a["emp"], a["first_name"], a["department"]) == (e["id"], "A", "Department")
	assert (a["punch_state"], a["punch_state_display"]) == ("0", "Check In")
	assert (a["verify_type"], a["verify_type_display"]) == (1, "Fingerprint")
	assert (b["emp"], b["first_name"], b["punch_state_display"]) == (None, None, "Unknown")
	assert (b["verify_type_display"], b["work_code"]) == ("Face", "0")
	assert a["is_mask"] is None and a["temperature"] == 0.0 and a["gps_location"] == ""
	assert a["area_alias"] == "Head Office" and a["terminal_alias"] == "Auto add"
	assert server.api.get(TX + "1/") == a
	get = lambda **q: [r["id"] for r in server.api.get(TX, **q)["data"]]
	assert get(start_time="2026-05-01 08:00:00", end_time="2026-05-01 08:59:59") == [1]
	assert get(start_time="2026-05-02") == [] and get(start_time="garbage") == []
	assert get(id_more_than=1) == [2] and get(ordering="-id") == [2, 1]
	assert get(upload_time_more_than="2020-01-01 00:00:00", ordering="upload_time") == [1, 2]
	assert get(terminal_sn=terminal.sn, emp_code="8") == [2] and get(emp_code="") == [1, 2]
	assert server.api.delete(TX + "1/") is None
	assert error(server.api.get, TX + "1/") == (404, {"detail": "Not found."})
	assert server.api.raw("POST", TX, {}).status == 405


def test_the_person_of_a_punch_is_who_held_the_pin_then(server, terminal):
	terminal.register()
	first = make_employee(server, "7", first_name="First")
	terminal.push("ATTLOG", "7\t2026-05-01 08:00:00\t0\t1")
	server.api.delete("%semployees/%d/" % (P, first["id"]))
	row = server.api.get(TX)["data"][0]
	assert (row["emp"], row["first_name"], row["emp_code"]) == (None, None, "7")
	second = make_employee(server, "7", first_name="Second")
	terminal.push("ATTLOG", "7\t2026-05-01 09:00:00\t0\t1")
	rows = server.api.get(TX)["data"]
	assert [r["emp"] for r in rows] == [None, second["id"]]


def test_csv_export(server, terminal):
	terminal.register()
	make_employee(server, "7", first_name='Quote " and, comma')
	terminal.push("ATTLOG", *["7\t2026-05-01 08:00:%02d\t0\t1" % n for n in range(25)])
	r = server.api.raw("GET", TX + "export/", export_type="csv")
	assert r.status == 200 and r.headers["content-type"].startswith("text/csv")
	assert "transactions.csv" in r.headers["content-disposition"]
	import csv
	import io
	assert r.text.endswith("\r\n")
	rows = list(csv.reader(io.StringIO(r.text)))
	assert rows[0] == ("id,emp_code,first_name,last_name,department,position,punch_time,punch_state,"
		"punch_state_display,verify_type,verify_type_display,work_code,gps_location,area_alias,"
		"terminal_sn,temperature,terminal_alias,upload_time").split(",")
	assert len(rows) == 26 and rows[1][2] == 'Quote " and, comma'
	r = server.api.raw("GET", TX + "export/", export_type="csv", emp_code="none")
	assert len(r.text.splitlines()) == 1
	r = server.api.raw("GET", TX + "export/")
	assert r.status == 400 and "export_type" in r.json()


def test_docs_page(server):
	r = server.new_api(user=None).request("GET", "/api/docs/", authorization=None)
	assert r.status == 200 and r.headers["content-type"].startswith("text/html")
	assert "API DOCS" in r.text.split("<title>")[1].split("</title>")[0]


# ---------------------------------------------------------------- paging

@pytest.fixture
def thirty(server, terminal):
	terminal.register()
	terminal.push("ATTLOG", *["7\t2026-05-01 08:00:%02d\t0\t1" % n for n in range(27)])
	return server.api


def test_paging(thirty, server):
	get = thirty.get
	first = get(TX)
	assert list(first) == ["count", "next", "previous", "msg", "code", "data"]
	assert first["count"] == 27 and len(first["data"]) == 10 and first["previous"] is None
	assert first["next"] == server.url + TX + "?page=2"
	second = get(TX, page=2)
	assert second["previous"] == server.url + TX and second["next"].endswith("?page=3")
	assert get(TX, page=3)["next"] is None
	assert error(lambda: get(TX, page=4)) == (404, {"detail": "Invalid page."})
	assert get(TX, page=0) == first
	assert get(TX, page="last") == get(TX, page=3)
	assert len(get(TX, limit=20)["data"]) == 20 and len(get(TX, page_size=5, limit=20)["data"]) == 5
	assert len(get(TX, page_size=9999999)["data"]) == 27
	assert len(get(TX, page_size="x")["data"]) == 10
	assert get(TX + "?page=1&&page_size=10")["count"] == 27
	page = get(TX, start_time="2026-05-01 00:00:00", page_size=2, x="")
	assert page["next"] == (server.url + TX
		+ "?page=2&page_size=2&start_time=2026-05-01+00%3A00%3A00&x=")
	r = thirty.raw("GET", TX, headers={"Host": "bio.example:81"})
	assert r.json()["next"] == "http://bio.example:81" + TX + "?page=2"
	assert get(TX, emp_code="none") == {"count": 0, "next": None, "previous": None, "msg": "",
		"code": 0, "data": []}


def test_walks_survive_deletions(thirty):
	for n in (3, 11, 12, 20):
		thirty.delete(TX + "%d/" % n)
	ids = [r["id"] for r in thirty.walk(TX, page_size=4)]
	assert ids == [n for n in range(1, 28) if n not in (3, 11, 12, 20)]
	assert [r["id"] for r in thirty.walk(TX, page_size=4, start_time="2026-05-01")] == ids
	assert [r["id"] for r in thirty.walk(TX, page_size=4, ordering="-id")] == ids[::-1]


def test_unfiltered_counts_come_from_a_counter(thirty, server):
	plan = server.value("select total from punch_counter")
	assert plan == 27 == thirty.get(TX)["count"]
	server.sql("update punch_counter set total = 1234")
	assert thirty.get(TX)["count"] == 1234, "no count(*) over the table"
	server.sql("update punch_counter set total = 27")


def test_an_interrupted_stream_has_no_closing_chunk(server, terminal):
	terminal.register()
	for day in range(1, 21):
		terminal.push("ATTLOG", *["%d\t2026-05-%02d 08:%02d:%02d\t0\t1" % (n, day, n // 60 % 60, n % 60)
			for n in range(1, 2001)])
	from punchd_test.net import Closed, Connection
	authorization = server.api.login().authorization
	with Connection(server.address, rcvbuf=4096) as c:
		c.send(("GET %sexport/?export_type=csv HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n" % (
			TX, authorization)).encode())
		c.read_head()
		server.sql("alter table punch rename to punch_gone")
		try:
			with pytest.raises(Closed):
				c.read_chunked()
		finally:
			server.sql("alter table punch_gone rename to punch")
	wait_until(lambda: server.api.get(TX)["count"] == 40000)
