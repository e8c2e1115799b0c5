"""The real clients of the specification's §9: what each sends, as it sends it, and what it reads."""

import datetime
import json
import urllib.parse

import pytest

from punchd_test.client import Client
from punchd_test.server import PASSWORD

E, D, A, P = ("/personnel/api/%s/" % name for name in ("employees", "departments", "areas", "positions"))
R, T, TX = "/personnel/api/resigns/", "/iclock/api/terminals/", "/iclock/api/transactions/"
LOGIN, JWT = "/api-token-auth/", "/jwt-api-token-auth/"
PUNCHES = 25

TX_MEMBERS = ["id", "emp", "emp_code", "first_name", "last_name", "department", "position", "punch_time",
	"punch_state", "punch_state_display", "verify_type", "verify_type_display", "work_code", "gps_location",
	"area_alias", "terminal_sn", "temperature", "is_mask", "terminal_alias", "upload_time"]
DONE = {"code": 0, "msg": "", "data": []}


@pytest.fixture
def site(server, make_terminal):
	"""A terminal that is online, two people, 25 punches of three PINs."""
	server.api.post(P, {"position_code": "TECH", "position_name": "Technician"})
	for code, first in (("1001", "Ann"), ("1002", "Bob")):
		server.api.post(E, {"emp_code": code, "first_name": first, "last_name": "Lee", "department": 1,
			"position": 2, "area": [2], "gender": "F", "emp_type": 1, "birthday": "1990-02-03",
			"mobile": "0123", "address": "Road 1", "email": "a@example.com"})
	terminal = make_terminal("GATE00000001")
	terminal.register()
	start = datetime.datetime(2026, 5, 4, 8, 0)
	lines = ["%s\t%s\t%d\t1" % (("1001", "1002", "77")[i % 3], start + datetime.timedelta(minutes=i), i % 2)
		for i in range(PUNCHES)]
	assert terminal.push("ATTLOG", *lines) == "OK: %d" % PUNCHES
	return server


def person(client, code):
	return client.get(E, emp_code=code)["data"][0]


def crud(client, path, body, change):
	"""Create, read, PATCH, delete; 201, 200, 200, 204, 404."""
	answer = client.json("POST", path, body)
	assert answer.status == 201, answer
	row = answer.json()
	at = "%s%d/" % (path, row["id"])
	assert client.get(at) == row
	answer = client.json("PATCH", at, change)
	assert answer.status == 200, answer
	assert {k: client.get(at)[k] for k in change} == change
	answer = client.send("DELETE", at)
	assert (answer.status, answer.body) == (204, b"")
	answer = client.send("GET", at)
	assert (answer.status, answer.json()) == (404, {"detail": "Not found."})


def all_crud(client):
	crud(client, D, {"dept_code": "OPS", "dept_name": "Operations", "parent_dept": 1}, {"dept_name": "Ops"})
	crud(client, A, {"area_code": "WH", "area_name": "Warehouse", "parent_area": None}, {"area_name": "Store"})
	crud(client, P, {"position_code": "P9", "position_name": "Pilot"}, {"position_name": "Captain"})
	crud(client, E, {"emp_code": "9001", "department": 1, "area": [2], "first_name": "New"},
		{"first_name": "Newer"})


# ---------------------------------------------------------------- SDKs


def test_pybiotime(site):
	c = Client(site, Accept="application/json", User_Agent="python-requests/2.31")
	answer = c.json("POST", LOGIN, {"username": "admin", "password": "wrong"})
	assert answer.status == 400 and "non_field_errors" in answer.json()
	title = c.send("GET", "/api/docs/")
	assert b"<title>BioTime 9.5 API DOCS</title>" in title.body
	for client in (c.token(), Client(site).jwt(), Client(site).basic()):
		page = client.get(TX, page_size=10, limit=10, ordering="-punch_time")
		assert (page["code"], page["count"], len(page["data"])) == (0, PUNCHES, 10)
		query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page["next"]).query))
		assert query == {"page": "2", "page_size": "10", "limit": "10", "ordering": "-punch_time"}
		assert client.get(TX, **query)["data"] != page["data"], "a repeated page is an error"
	all_crud(c)
	assert [e["emp_code"] for e in c.get(E, first_name="Ann", last_name="Lee", department=1, app_status=0)["data"]] == ["1001"]
	assert c.get(D, parent_dept=1)["count"] == c.get(A, parent_area=2)["count"] == c.get(P, parent_position=1)["count"] == 0
	times = {"start_time": "2026-05-04 08:03:00", "end_time": "2026-05-04 08:06:00"}
	for order in ("punch_time", "-punch_time", "upload_time", "-upload_time"):
		rows = c.get(TX, ordering=order, **times)["data"]
		got = [r["punch_time"][-5:] for r in rows]
		assert got == sorted(got, reverse=order[0] == "-") and len(got) == 4
	emp = person(c, "1001")["id"]
	assert c.json("PATCH", E + "%d/" % emp, {"emp_code": "other", "nickname": "A"}).status == 200
	assert c.get(E + "%d/" % emp)["emp_code"] == "1001"
	resign = c.json("POST", R, {"employee": emp, "resign_date": "2026-06-01", "resign_type": 1, "disableatt": True}).json()
	assert c.get(R, employee=emp, resign_type=1)["data"] == [resign]
	assert c.json("POST", R + "reinstatement/", {"resigns": [resign["id"]]}).json() == DONE
	assert c.get(R)["count"] == 0 and c.get(T)["data"][0]["sn"] == "GATE00000001"


def test_s0x90(site):
	c = Client(site, Accept="application/json", Accept_Language="en", User_Agent="Go-http-client/1.1")
	c.headers["Authorization"] = "JWT stale.token.value"
	assert c.send("GET", E).status == 401
	c.jwt()
	for size in ({"page_size": 7}, {"limit": 7}):
		rows, page = [], 1
		while True:
			reply = c.get(TX, ordering="punch_time,id", page=page, **size)
			rows += reply["data"]
			if not reply["next"]:
				break
			page += 1
		assert len({r["id"] for r in rows}) == PUNCHES
	for r in rows:
		assert r["is_mask"] is None and isinstance(r["temperature"], (int, float))
	assert [e["emp_code"] for e in c.get(E, search="Bob")["data"]] == ["1002"]
	assert isinstance(c.get(E)["data"][0]["gender"], str)
	all_crud(c)
	terminal = c.get(T)["data"][0]
	assert c.get(T + "%d/" % terminal["id"])["sn"] == terminal["sn"]


def test_zkbiotime_go(site):
	c = Client(site, Content_Type="application/json", User_Agent="Go-http-client/1.1").basic()
	rows = c.count_up(E, page_size=100)
	ids = ",".join(str(e["id"]) for e in rows)
	terminal = str(c.get(T)["data"][0]["id"])
	for path, body in ((E + "adjust_area/", {"employees": ids, "areas": "1,2"}),
			(E + "adjust_department/", {"employees": ids, "department": 1}),
			(E + "adjust_position/", {"employees": ids, "position": 2}),
			(E + "resync_to_device/", {"employees": ids}),
			(E + "del_bio_template/", {"employees": ids, "finger_print": True, "face": False,
				"finger_vein": False, "palm": False}),
			(E + "adjust_resign/", {"employees": ids, "resign_date": "2026-06-01", "resign_type": 1,
				"reason": "", "disableatt": False}),
			(T + "reboot/", {"terminals": terminal}), (T + "upload_all/", {"terminals": terminal}),
			(T + "clear_command/", {"terminals": terminal})):
		answer = c.json("POST", path, body)
		assert (answer.status, answer.json()) == (200, DONE), (path, answer)
	assert {len(e["area"]) for e in c.get(E)["data"]} == {2} and c.get(R)["count"] == 2
	page = c.get(TX, page=1, page_size=100)
	assert type(page["count"]) is int and page["next"] is None
	types = {"id": int, "emp": (int, type(None)), "verify_type": int, "temperature": (int, float),
		"is_mask": (str, type(None)), "punch_state": str, "emp_code": str, "terminal_sn": str, "upload_time": str}
	for r in page["data"]:
		assert all(isinstance(r[name], t) for name, t in types.items()), r
	assert all(isinstance(e[n], str) for e in rows for n in ("photo", "format_name", "full_name", "fingerprint", "vl_face_photo"))
	one = page["data"][0]["id"]
	assert c.get(TX + "%d/" % one) == page["data"][0]
	assert c.send("DELETE", TX + "%d/" % one).status == 204
	all_crud(c)
	report = c.get("/att/api/firstLastReport/", page=1, page_size=100, start_date="2026-05-04", end_date="2026-05-04", employees="-1")
	assert report["count"] == 2


# ---------------------------------------------------------------- ERPNext, Frappe


def test_axentor(site):
	c = Client(site, Content_Type="application/json").jwt()
	for t in c.get(T, page=1, page_size=100)["data"]:
		detail = c.get(T + "%d/" % t["id"])
		for row in (t, detail):
			row["id"], row["terminal_name"], row["alias"], row["ip_address"], row["last_activity"]
			assert (row["area"]["area_name"], row["area"]["area_code"]) == ("Head Office", "2")
	page = c.get(TX, page=1, page_size=10, start_time="2026-05-04 00:00:00", end_time="2026-05-05 00:00:00",
		emp_code="1001", terminal_sn="GATE00000001", terminal_alias=t["alias"])
	for r in page["data"]:
		for name in ("id", "emp_code", "first_name", "last_name", "department", "position", "terminal_sn",
				"terminal_alias", "punch_state_display", "punch_time"):
			r[name]
		assert (r["punch_state_display"] == "Check In") == (r["punch_state"] == "0")
	ids = [r["id"] for r in c.get(TX, page=2, page_size=10)["data"]]
	assert ids == sorted(ids), "searched by halves"
	nextpage = urllib.parse.parse_qs(urllib.parse.urlsplit(c.get(TX, page_size=10)["next"]).query)["page"]
	assert nextpage == ["2"]
	assert c.send("GET", TX + "?page=99&page_size=10").status == 404, "a page that is remembered from before"
	c.headers["Authorization"] = "JWT nonsense"
	assert c.send("GET", T).status == 401


def test_erpgulf_and_ravi854(site):
	c = Client(site).token()
	people = c.follow(E)
	for e in people:
		assert e["gender"] in ("M", "F") and e["emp_type"] in (1, 2, 3)
		assert e["attemployee"].get("enable_attendance") is True
		assert e["department"]["dept_name"] == "Department" and e["position"]["position_name"] == "Technician"
		assert e["birthday"] == "1990-02-03" and datetime.date.fromisoformat(e["hire_date"])
		assert (e["mobile"], e["address"], e["email"]) == ("0123", "Road 1", "a@example.com")
		datetime.datetime.strptime(e["update_time"], "%Y-%m-%d %H:%M:%S")
	rows = c.count_up(TX, start_time="2026-05-04 00:00:00", end_time="2026-05-04 23:59:59")
	assert len(rows) == PUNCHES and {r["area_alias"] for r in rows} == {"Head Office"}
	assert {r["punch_state_display"] for r in rows} == {"Check In", "Check Out"}


def test_accurate_systems(site):
	c = Client(site)
	answer = c.json("POST", LOGIN, {"username": "admin", "password": "no", "email": "a@b.co", "company": "x"})
	assert answer.json()["non_field_errors"][0] == "Unable to log in with provided credentials."
	last, stored = 0, []
	while True:
		c.headers = {}
		c.token(email="a@b.co", company="x")
		page = c.get(TX + "?page=%d&&page_size=10" % (last // 10 + 1))
		assert all(list(r) == TX_MEMBERS for r in page["data"])
		fresh = [r for r in page["data"] if r["id"] > last]
		if not fresh:
			break
		stored += fresh
		last = fresh[-1]["id"]
		if not page["next"]:
			break
	assert [r["id"] for r in stored] == list(range(1, PUNCHES + 1)) and page["count"] == PUNCHES


def test_navariltd(site):
	c = Client(site, Content_Type="application/json").jwt()
	rows = c.follow(TX, start_time="2026-05-04 08:00:00", end_time="2026-05-04 08:11:00")
	assert len(rows) == 12
	assert all(r["emp_code"] and r["punch_time"] and r["punch_state_display"] for r in rows)


def test_zkteco_frappe_2(site):
	c = Client(site)
	reply = c.json("POST", JWT, {"username": "admin", "password": PASSWORD}).json()
	assert reply["access"] == reply["token"] and reply["refresh"]
	c.headers["Authorization"] = "JWT " + reply["access"]
	assert len(c.follow(TX, page_size=1000, terminal_sn="GATE00000001")) == PUNCHES
	again = c.json("POST", "/jwt-api-token-refresh/", {"refresh": reply["refresh"]}).json()
	c.headers["Authorization"] = "JWT " + again["access"]
	assert c.get(TX)["count"] == PUNCHES


def test_aliraxa29(site):
	for client in (Client(site).jwt(), Client(site).token()):
		page = client.get(T, page=1, page_size=100)
		assert page["data"][0]["state"] == 1 and page["next"] is None and page["count"] == 1
		all_crud(client)
		assert len(client.count_up(TX, page_size=100)) == PUNCHES
	client.headers["Authorization"] = "Token old"
	assert client.send("GET", T).status == 401


# ---------------------------------------------------------------- Odoo


def test_conscior(site):
	c = Client(site)
	answer = c.form("POST", JWT, {"username": "admin", "password": PASSWORD})
	assert answer.status == 200
	c.headers["Authorization"] = "JWT " + answer.json()["token"]
	assert len(c.follow(E)) == 2
	answer = c.form("POST", E, [("emp_code", "2001"), ("first_name", "Zoe"), ("department", "1"), ("area", "1"), ("area", "2")])
	assert answer.status == 201 and [a["id"] for a in answer.json()["area"]] == [1, 2]
	rows = c.follow(TX, start_time="2026-05-04 08:00:00", end_time="2026-05-04 08:09:00.123456")
	assert rows == sorted(rows, key=lambda r: r["punch_time"])
	assert {(r["punch_state"], r["verify_type"]) for r in rows} == {("0", 1), ("1", 1)}


def test_shayanfh(site):
	for c in (Client(site).jwt(), Client(site).token()):
		for path, size in ((T, 100), (E, 100), (D, 100), (TX, 1000)):
			page = c.get(path, page=1, page_size=size)
			assert list(page) == ["count", "next", "previous", "msg", "code", "data"]
			assert len(page["data"]) == page["count"]
		c.headers["Authorization"] = "JWT expired"
		assert c.send("GET", E).status in (401, 403)


def test_sabuuuu(site):
	c = Client(site, Accept="application/json").token()
	page = c.get(TX, page_size=500)
	for r in page["data"]:
		datetime.datetime.strptime(r["punch_time"], "%Y-%m-%d %H:%M:%S")
		assert r["id"] and r["emp_code"] and r["terminal_sn"] == "GATE00000001"
	assert page["next"] is None and page["count"] == PUNCHES and c.get(T, page_size=500)["count"] == 1


def test_hamza_elhinani(site):
	for c in (Client(site).token(), Client(site).jwt(), Client(site).basic()):
		for e in c.follow(E):
			assert e["id"] and e["emp_code"] and e["first_name"] and e["last_name"]
		assert len(c.follow(TX, start_time="2026-05-04 00:00:00", end_time="2026-05-05 00:00:00")) == PUNCHES


def test_odoo_biotime_service(site):
	c = Client(site, Accept="*/*").basic()
	url, seen, rows = TX + "?ordering=+-id", set(), []
	while url and url not in seen:
		seen.add(url)
		page = c.get(url)
		rows += page["data"]
		url = page["next"] and page["next"].split(":%d" % site.port)[1]
	assert [r["id"] for r in rows] == list(range(PUNCHES, 0, -1))
	assert all(r["emp_code"] and r["punch_time"] and r["terminal_sn"] and r["terminal_alias"] for r in rows)
	assert c.follow(T + "?ordering=+-id")[0]["sn"] == "GATE00000001"


def test_akm_odoo(site):
	c = Client(site).jwt()
	del c.headers["Authorization"]
	token = c.json("POST", JWT, {"username": "admin", "password": PASSWORD}).json()["token"]
	head = {"Authorization": "JWT " + token}
	first = c.send("GET", E + "?page=0", b"", **head).json()
	assert first["count"] == 2 and first["data"] == c.send("GET", E + "?page=1", b"", **head).json()["data"]
	e = first["data"][0]
	body = [("emp_code", e["emp_code"]), ("department", "1"), ("area", "1"), ("area", "2")]
	answer = c.send("PUT", E + "%d/" % e["id"], urllib.parse.urlencode(body).encode(), **head)
	assert answer.status == 200 and [a["id"] for a in answer.json()["area"]] == [1, 2], "no Content-Type"
	answer = c.send("POST", E + "resync_to_device/", urllib.parse.urlencode([("employees", e["id"])]).encode(), **head)
	assert (answer.status, answer.json()) == (200, DONE)


# ---------------------------------------------------------------- PHP


def test_alifzidanr(site):
	c = Client(site, Accept="application/json", Content_Type="application/json").jwt()
	page = c.get(E + "?page_size=1200&emp_code=&first_name=&department=&areas=")
	for e in page["data"]:
		e["emp_code"], e["first_name"], e["last_name"], e["department"]["dept_name"], e["hire_date"]
	rows = c.get(TX + "?page_size=3000&emp_code=&terminal_sn=&start_time=&end_time=")["data"]
	assert page["count"] == 2 and len(rows) == PUNCHES
	for r in rows:
		for name in ("emp_code", "first_name", "last_name", "department", "position", "punch_time", "punch_state_display",
				"verify_type_display", "area_alias", "terminal_sn", "terminal_alias", "upload_time"):
			r[name]


def test_rt_group_tech(site):
	c = Client(site, User_Agent="GuzzleHttp/7").token()
	fields = {"emp_code": "3001", "department": "1", "area[0]": "1", "area[1]": "2", "first_name": "Guz",
		"fingerprint": "", "enroll_sn": ""}
	row = c.form("POST", E, fields)
	assert row.status == 201 and [a["id"] for a in row.json()["area"]] == [1, 2]
	row = c.json("POST", E, {"emp_code": "3002", "department": 1, "area": 2, "fingerprint": "", "enroll_sn": ""})
	assert row.status == 201 and [a["id"] for a in row.json()["area"]] == [2]
	for path, fields in ((D, {"dept_code": "F", "dept_name": "Forms"}), (A, {"area_code": "F", "area_name": "Forms"}),
			(P, {"position_code": "F", "position_name": "Forms"})):
		assert c.form("POST", path, fields).status == 201
	terminal = c.get(T)["data"][0]["id"]
	for action in ("upload_all", "upload_transaction"):
		assert c.form("POST", T + action + "/", {"terminals[0]": terminal}).json() == DONE


def test_biotimehrm_and_nkukehenry(site):
	c = Client(site, Content_Type="application/json", Accept="application/json").jwt()
	for body in (b"", b"[]", b"{}"):
		answer = c.send("GET", E, body)
		assert answer.status == 200 and answer.json()["count"] == 2
	assert len(c.get(TX)["data"]) == 10, "pages = ceil(count / 10)"
	for path in (A, "/personnel/api/position/", "/personnel/api/department/"):
		assert c.get(path, page_size=5000000)["count"] >= 1
	t = c.get(T, page_size=5000000)["data"][0]
	assert t["area"]["area_code"] == "2" and t["area_name"] == "Head Office"
	for name in ("sn", "ip_address", "user_count", "face_count", "palm_count", "last_activity"):
		t[name]
	answer = c.json("POST", E, {"emp_code": "4001", "first_name": "New", "last_name": "One", "area": ["2"],
		"department": "1", "position": "2"})
	assert answer.status == 201
	e = answer.json()
	assert e["area"][0]["area_code"] == "2" and e["enroll_sn"] == "" and e["enable_att"] is True
	answer = c.json("PUT", E + "%d/" % e["id"], {"emp_code": "4001", "area": ["2"], "department": "1", "first_name": "Old"})
	assert answer.status == 200 and answer.json()["first_name"] == "Old"
	assert c.send("GET", E, Authorization="JWT no").json()["detail"]


# ---------------------------------------------------------------- Python, Go, Node


def test_damlatkgz(site):
	c = Client(site, Content_Type="application/json").jwt()
	page = c.get(E + "?emp_code=1001")
	assert page["count"] == 1 and page["next"] is None
	for i in range(1, 3):
		got = c.send("GET", A + "?page=%d" % i)
		assert (got.status == 200) == (i == 1)
	answer = c.json("PATCH", E + "%d/" % page["data"][0]["id"], {"area": [1, 2]})
	assert answer.status == 200
	assert [(a["id"], a["area_code"], a["area_name"]) for a in answer.json()["area"]] == [
		(1, "1", "Not Authorized"), (2, "2", "Head Office")]


def test_rozievich(site):
	c = Client(site, Content_Type="application/json").jwt()
	old = c.headers["Authorization"] + "x"
	answer = c.json("POST", JWT, {"username": "admin", "password": PASSWORD}, Authorization=old)
	assert answer.status == 200, "an old token is sent along when logging in again"
	all_crud(c)
	nulls = dict.fromkeys(["hire_date", "gender", "birthday", "verify_mode", "emp_type", "contact_tel", "office_tel",
		"mobile", "national", "city", "address", "postcode", "email", "ssn", "religion", "position", "card_no",
		"device_password", "nickname", "dev_privilege", "app_status", "app_role", "enroll_sn"])
	body = {"emp_code": "5001", "department": 1, "area": [2], **nulls}
	answer = c.json("POST", E, body)
	assert answer.status == 201 and answer.json()["hire_date"]
	answer = c.json("PUT", E + "%d/" % answer.json()["id"], {**body, "first_name": "Nil"})
	assert answer.status == 200 and answer.json()["first_name"] == "Nil"
	rows = c.get("/att/api/firstLastReport/", page=1, page_size=100, start_date="2026-05-04", end_date="2026-05-04",
		departments="-1", areas="-1", groups="-1", employees="-1")["data"]
	assert [(r["emp_code"], r["first_punch"], r["last_punch"]) for r in rows] == [
		("1001", "08:00", "08:24"), ("1002", "08:01", "08:22")]


def test_goruiz(site):
	c = Client(site).jwt()
	e = c.json("POST", E, {"emp_code": "6001", "department": 1, "area": [2]}).json()
	assert c.json("PUT", E + "%d/" % e["id"], {"first_name": "Put"}).status == 200
	assert len(c.count_up(TX, page_size=50)) == PUNCHES
	terminal = c.get(T, page_size=50)["data"][0]["id"]
	for probe in ("sync/", "sync_user/"):
		answer = c.json("POST", "%s%d/%s" % (T, terminal, probe), {})
		if answer.status == 200:
			break
	assert answer.json() == DONE
	answer = c.send("GET", "/iclock/api/nothing/")
	assert (answer.status, answer.json()) == (404, {"detail": "Not found."}), "no HTML here"


def test_br_bridge(site):
	c = Client(site).jwt()
	reply = c.json("POST", JWT, {"username": "admin", "password": PASSWORD, "company": "gym"}).json()
	assert reply.get("token") or reply.get("access") or reply.get("key")
	c.token(company="gym")
	e = c.json("POST", E, {"emp_code": "7001", "department": 1, "area": [2], "company": 1}).json()
	for path, body in (("adjust_area/", {"employees": [e["id"]], "areas": [1]}), ("resync_to_device/", {"employees": [e["id"]]})):
		assert c.json("POST", E + path, body).status in (200, 201)
	assert [a["id"] for a in person(c, "7001")["area"]] == [1]
	answer = c.json("POST", E + "adjust_area/", {"employees": [e["id"]], "areas": []})
	assert (answer.status, answer.json()) == (400, {"areas": ["This list may not be empty."]})
	page, rows = 1, []
	while True:
		answer = c.send("GET", TX + "?page=%d&page_size=5" % page)
		if answer.status == 404:
			break
		rows += answer.json()["data"]
		page += 1
	assert len(rows) == PUNCHES and answer.json() == {"detail": "Invalid page."}


def test_maestrobeye(site):
	c = Client(site, X_API_Key="gateway", Accept="application/json")
	answer = c.json("POST", "/api-token-auth", {"username": "admin", "password": PASSWORD})
	c.headers["Authorization"] = "Token " + answer.json()["token"]
	page = c.get("/att/api/totalTimeCardReportV2/", format="json", page=1, page_size=100, start_date="2026-05-04",
		end_date="2026-05-04", departments="-1", areas="-1", groups="-1", employees="-1")
	row = page["data"][0]
	for name in ("emp_code", "first_name", "last_name", "att_date", "clock_in", "clock_out", "worked_hrs", "total_ot", "full_attendance"):
		row[name]
	assert row["clock_in"] == "08:00"
	terminal = c.get(T)["data"][0]["id"]
	for path, body in ((T + "reboot/", {"terminals": [terminal]}), (T + "upload_all/", {"terminals": [terminal]}),
			(E + "resync_to_device/", {"employees": [person(c, "1001")["id"]]})):
		answer = c.json("POST", path, body)
		assert answer.status in (200, 201, 202) and answer.json() == DONE


def test_plamatix_agent(site):
	c = Client(site, Content_Type="application/json").basic()
	assert c.get(E, emp_code="100")["data"] == [], "exact, or the first row would be taken for it"
	row = c.json("POST", E, {"emp_code": "8001", "first_name": "Go", "department": 1, "area": [2]}).json()
	assert c.json("PUT", E + "%d/" % row["id"], {"first_name": "Gone"}).json()["last_name"] == ""
	answer = c.json("POST", R, {"employee": row["id"], "resign_date": "2026-05-31", "resign_type": 1})
	assert answer.status == 201 and answer.json()["disableatt"] in (True, 1)
	assert c.json("POST", R + "reinstatement/", {"employees": [row["id"]]}).json() == DONE
	assert c.json("POST", E + "resync_to_device/", {"emp_code": ["8001", "1001"]}).json() == DONE
	for path in (D, A, P, T, TX):
		page = c.get(path, page=1, page_size=500)
		assert page["next"] is None or isinstance(page["next"], str)
	page = c.get("/att/api/transactionReport/", page=1, page_size=1000, start_date="2026-05-04", end_date="2026-05-04")
	assert page["count"] == PUNCHES


def test_cloudlive(site):
	c = Client(site)
	answer = c.json("POST", JWT, {"company": "acme", "email": "admin", "password": PASSWORD})
	assert answer.status == 200, answer
	c.headers["Authorization"] = "JWT " + answer.json()["token"]
	assert len(c.follow(TX, page_size=500)) == PUNCHES
	for report in ("transactionReport", "firstLastReport"):
		rows = c.follow("/att/api/%s/" % report, page_size=500, start_date="2026-05-04", end_date="2026-05-04", employees="-1")
		for r in rows:
			r["emp_code"], r["first_name"], r["last_name"], r["dept_name"], r["att_date"]
	assert c.send("GET", JWT).status == 405
	assert c.send("GET", TX, Authorization=None).status == 401


def test_leave_client(site):
	c = Client(site).jwt(scheme="Token")
	emp = person(c, "1001")["id"]
	code = c.get("/att/api/payCodes/")["data"]
	pay_code = code[0]["id"] if code else c.json("POST", "/att/api/payCodes/", {"code": "AL", "name": "Annual"}).json()["id"]
	answer = c.json("POST", "/att/api/leaves/", {"employee": str(emp), "pay_code": pay_code, "start_time": "2026-05-06 09:00:00",
		"end_time": "2026-05-06 18:00:00", "apply_reason": "family"})
	assert answer.status == 201, answer
	rows = c.get("/att/api/leaves/", employee=emp, page=1, page_size=10)["data"]
	assert [(r["start_time"], r["end_time"]) for r in rows] == [("2026-05-06 09:00:00", "2026-05-06 18:00:00")] and rows[0]["id"]
	answer = c.json("POST", "/att/api/manuallogs/", {"employee": emp, "emp_code": "1001", "punch_time": "2026-05-05 08:00:00",
		"punch_state": 0, "work_code": "", "apply_reason": "forgot"})
	assert answer.status == 201 and answer.json()["id"]
	assert c.get("/att/api/manualLogs/")["count"] == 1
	assert c.get(TX, start_time="2026-05-05 00:00:00")["data"][0]["terminal_sn"] == ""
	assert c.get(TX)["code"] == 0 and c.get(TX)["msg"] == ""


def test_spec_utils(site):
	c = Client(site, Content_Type="application/json;charset=UTF-8").jwt()
	reply = c.json("PUT", A + "2/", {"area_name": "HQ"}, Content_Type="application/json;charset=UTF-8")
	assert reply.status == 200 and reply.json()["area_name"] == "HQ"
	assert [r["id"] for r in c.get(TX, id_more_than=20, page_size=100)["data"]] == [21, 22, 23, 24, 25]
	last = c.get(TX, id_more_than=24)["data"][0]["upload_time"]
	# shown without fractions: what came in the same second comes again, rather than being missed
	assert {r["upload_time"] for r in c.get(TX, upload_time_more_than=last, page_size=100)["data"]} <= {last}
	after = datetime.datetime.fromisoformat(last) + datetime.timedelta(seconds=1)
	assert c.get(TX, upload_time_more_than=str(after))["count"] == 0
	assert c.get(TX, upload_time_more_than="2020-01-01 00:00:00")["count"] == PUNCHES
	for path, params in ((T, {"sn": "GATE00000001"}), (T, {"sn_icontains": "gate"}), (T, {"state": 1}), (T, {"area": 2}),
			(E, {"departments": "1,2", "emp_code": "1001"}), (E, {"status": 0, "emp_code_icontains": "002"}),
			(E, {"multiple_employee": str(person(c, "1001")["id"])}), (D, {"dept_code": "1"}), (A, {"area_code_icontains": "2"}),
			(P, {"position_name_icontains": "tech"})):
		assert c.get(path, **params)["count"] == 1, (path, params)


def test_xorora(site):
	c = Client(site).token()
	rows, since = [], "2000-01-01 00:00:00"
	page = c.get(TX, upload_time_more_than=since, ordering="upload_time", page_size=500)
	rows += page["data"]
	assert page["next"] is None and [r["id"] for r in rows] == list(range(1, PUNCHES + 1))
	assert [r["upload_time"] for r in rows] == sorted(r["upload_time"] for r in rows)
	assert c.get(E, page_size=500)["count"] == 2 and c.get(T, page_size=500)["count"] == 1
	assert c.send("GET", TX, Authorization="Token gone").status == 401


def test_sabbirrahman8_and_the_connector(site):
	c = Client(site).jwt(scheme="jwt")
	assert len(c.get(E, page_size=100)["data"]) == 2 and len(c.get(TX, page_size=100)["data"]) == PUNCHES


def test_alifaaz(site):
	c = Client(site, Accept="application/json").jwt()
	page = c.get("/att/api/dailyAbsentReport/", page=1, page_size=100, departments=1, area="-1",
		start_date="2026-05-05", end_date="2026-05-05")
	folded = {k.lower(): v for k, v in page.items()}
	assert folded["count"] == len(folded["data"]) and folded["next"] is None
	for row in folded["data"]:
		for name in ("emp_code", "first_name", "last_name", "nickname", "dept_name", "position_code", "position_name",
				"att_date", "weekday", "check_in", "check_out", "total_hrs"):
			assert row[name] is None or isinstance(row[name], str), (name, row)
	assert c.get("/base/api/dailyAbsent/", start_date="2026-05-05", end_date="2026-05-05")["code"] == 0


def test_biotime_sdk_and_others(site):
	c = Client(site).token()
	for path in (E, T, D, P, A, R, TX):
		page = c.get(path)
		assert isinstance(page["data"], list) and json.dumps(page)
	assert c.get(E, emp_code="1002")["data"][0]["emp_code"] == "1002"
	assert c.send("GET", E, Authorization="Token no").status == 401


# ---------------------------------------------------------------- §9.1, §9.2


def test_worked_exchanges(site):
	c = Client(site)
	answer = c.form("POST", "/jwt-api-token-auth", {"username": "admin", "password": PASSWORD}, Authorization="JWT expired.token.value")
	assert answer.status == 200 and answer.headers["allow"] == "POST, OPTIONS"
	assert answer.json()["token"].startswith("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.")
	assert c.json("POST", JWT, {}).json() == {"username": ["This field is required."], "password": ["This field is required."]}
	answer = c.send("GET", TX)
	assert answer.status == 401 and answer.headers["www-authenticate"] == 'JWT realm="api"'
	assert answer.json() == {"detail": "Authentication credentials were not provided."}
	c.token()
	host = "%s:%d" % site.address
	page = c.get(TX + "?start_time=2026-05-04%2008:22:00&page_size=2&page=2")
	assert (page["count"], page["next"], len(page["data"])) == (3, None, 1)
	assert page["previous"] == "http://%s%s?page_size=2&start_time=2026-05-04+08%%3A22%%3A00" % (host, TX)
	assert c.json("POST", A, {"area_code": "WH", "area_name": "Warehouse", "parent_area": 2}).json() == {
		"id": 3, "area_code": "WH", "area_name": "Warehouse", "parent_area": {"id": 2, "area_code": "2",
		"area_name": "Head Office", "parent_area": None}, "parent_area_name": "Head Office"}
	assert c.json("POST", A, {"area_code": "WH"}).json() == {"area_code": ["area with this area_code already exists."],
		"area_name": ["This field is required."]}
	assert c.send("DELETE", A + "3/").status == 204 and c.send("GET", A + "3/").json() == {"detail": "Not found."}
	answer = c.json("PATCH", A, {})
	assert (answer.status, answer.json()) == (405, {"detail": 'Method "PATCH" not allowed.'})
	terminal = c.get(T)["data"][0]["id"]
	for send, body in ((c.json, {"terminals": [terminal]}), (c.json, {"terminals": str(terminal)}), (c.form, {"terminals": terminal})):
		assert send("POST", T + "reboot/", body).json() == DONE


def test_almas_rak(site):
	c = Client(site).token()
	assert c.get("/personnel/api/employee/?employee_icontains=an&page_size=100")["data"][0]["emp_code"] == "1001"
	page = c.get("/att/api/monthlyPunchReport/", page_size=100, start_date="2026-05-01", end_date="2026-05-31", employees="-1")
	assert page["count"] == 2 and c.get("/att/api/holidays/")["count"] == 0
	page = c.get("/att/api/monthlyStatusReport/", page_size=100, start_date="2026-05-01", end_date="2026-05-31", employees="-1")
	assert page["count"] >= 2 and {"emp_code", "att_month", "0504"} <= set(page["data"][0])


def test_forefold(site):
	c = Client(site)
	reply = c.json("POST", JWT, {"email": "admin", "company": "acme", "password": PASSWORD}).json()
	c.headers["Authorization"] = "JWT " + (reply.get("token") or reply.get("access") or reply.get("jwt"))
	for path in (E, D, A, P, TX):
		rows = c.follow(path, page_size=2, ordering="id")
		assert len({r["id"] for r in rows}) == len(rows)
	assert c.get("/personnel/api/locations/", page_size=200)["data"] == c.get(A, page_size=200)["data"]
