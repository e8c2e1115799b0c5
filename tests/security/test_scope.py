"""Accounts that are limited to areas or departments: what is outside does not exist for them, whatever they send."""

import hashlib
import io
import itertools
import json
import re
import secrets
import shutil

import openpyxl
import pytest

from punchd_test.openapi import Document
from punchd_test.server import Server
from punchd_test.terminal import Terminal
from punchd_test.wait import wait_until

P = "/personnel/api/"
# in no name, code, number or text of the North
SOUTH = ("Suedwind", "SUED", "s9009", "9009", "SOUTHSN01")
CARRIED = ("/base/api/auditlogs/", "/personnel/api/erasures/", "/base/api/users/", "/base/api/groups/")


class World:
	"""North with a part below it, and South: a terminal, a person, punches and papers in each."""

	def __init__(self, server):
		self.server, self.api = server, server.api
		a = self.api
		self.north = a.post(P + "areas/", {"area_code": "NORD", "area_name": "Nordlicht"})["id"]
		self.below = a.post(P + "areas/", {"area_code": "NORD1", "area_name": "Nordhang", "parent_area": self.north})["id"]
		self.south = a.post(P + "areas/", {"area_code": "SUED", "area_name": "Suedwind"})["id"]
		self.alpha = a.post(P + "departments/", {"dept_code": "ALPHA", "dept_name": "Alpha"})["id"]
		self.beta = a.post(P + "departments/", {"dept_code": "BETA", "dept_name": "Beta"})["id"]
		self.ids = {}
		for where, code, name, area, dept, sn in (("north", "1001", "Nora", self.north, self.alpha, "NORTHSN01"),
				("below", "1002", "Nils", self.below, self.alpha, "NORTHSN02"),
				("south", "9009", "Suedwind", self.south, self.beta, "SOUTHSN01")):
			self.ids[where] = self.fill(code, name, area, dept, sn)

	def fill(self, code, name, area, dept, sn):
		a, ids = self.api, {"area": area, "department": dept, "sn": sn, "code": code}
		ids["employee"] = a.post(P + "employees/", {"emp_code": code, "first_name": name, "department": dept, "area": [area]})["id"]
		terminal = Terminal(self.server, sn)
		terminal.handshake()
		terminal.approve(area)
		ids["terminal"] = terminal.id
		a.patch("/iclock/api/terminals/%d/" % terminal.id, {"alias": name})
		terminal.push("ATTLOG", *["%s\t2026-11-02 %02d:00:00\t0\t1\t0\t0\t0\t0\t0\t0" % (code, hour) for hour in (8, 12, 17)])
		terminal.push("OPERLOG", "FP PIN=%s\tFID=1\tSize=8\tValid=1\tTMP=QUFBQUFB" % code)
		terminal.push("ATTLOG", "broken s%s %s" % (code, name))
		ids["transaction"] = self.server.value("select min(p.id) from punch p join pin n on n.id = p.pin_id where n.code = %s", code)
		ids["command"] = a.post("/iclock/api/terminalcommands/", {"terminal": ids["terminal"], "command": "CHECK"})["id"]
		pay = a.get("/att/api/payCodes/")["data"][0]["id"]
		ids["manual"] = a.post("/att/api/manuallogs/", {"employee": ids["employee"], "punch_time": "2026-11-03 08:00:00",
			"punch_state": "0", "apply_reason": name})["id"]
		ids["leave"] = a.post("/att/api/leaves/", {"employee": ids["employee"], "start_time": "2026-11-04 08:00:00",
			"end_time": "2026-11-04 17:00:00", "pay_code": pay, "apply_reason": name})["id"]
		ids["private"] = a.post("/iclock/api/privatemessages/", {"employee": ids["employee"], "content": name, "duration": 60})["id"]
		ids["public"] = a.post("/iclock/api/publicmessages/", {"area": area, "content": name, "duration": 60})["id"]
		return ids

	def login(self, areas="null", departments="null"):
		"""An Api of a user who may do everything, within these limits (SQL)."""
		name = "user" + secrets.token_hex(4)
		text = secrets.token_hex(32)
		self.server.sql("insert into account_group (name, permissions) values ('all', %s) on conflict do nothing",
			["*.*", "personnel.view_credential", "personnel.view_personaldata", "personnel.change_selfpassword",
				"personnel.delete_selfpassword", "iclock.view_commandresult"])
		self.server.sql("insert into account (name, password_hash, groups, areas, departments)"
			" select %s, '', array[id], {}, {} from account_group where name = 'all'".format(areas, departments), name)
		self.server.sql("insert into token (account_id, hash) select id, %s from account where name = %s",
			hashlib.sha256(text.encode()).digest(), name)
		api = self.server.new_api()
		api.authorization = "Token " + text
		api.name = name
		return api


@pytest.fixture(scope="module")
def world(pg, clone):
	database = clone(pg)
	server = Server(database)
	try:
		yield World(server)
	finally:
		server.stop()
		shutil.rmtree(server.dir, ignore_errors=True)
		database.drop()


@pytest.fixture(scope="module")
def north(world):
	return world.login(areas="array[%d]" % world.north)


def text_of(r):
	"""Of an answer, books unpacked."""
	if r.body[:2] != b"PK":
		return r.text
	sheets = openpyxl.load_workbook(io.BytesIO(r.body)).worksheets
	return "\n".join(str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row)


def clean(r):
	return not [word for word in SOUTH if word in text_of(r)]


REPORT = {"start_date": "2026-11-01", "end_date": "2026-11-30"}


def is_by_name(operation):
	"""Rights that nobody with limits has: refused before anything is looked for."""
	return operation.spec.get("x-permission", "").endswith(("_terminalsystem", "_transactionshift"))


def lists(world):
	for o in Document(world.api).operations():
		if o.method == "GET" and not is_by_name(o) and "{" not in o.path and not o.path.startswith(("/staff", "/docs", "/api/docs") + CARRIED):
			yield o.path


def test_no_list_and_no_export_shows_the_south(world, north):
	seen = 0
	for path in lists(world):
		for more in ({}, {"export_type": "xlsx"}, {"page_size": 2, "page": 1}):
			params = {**(REPORT if "/att/api/" in path and "Report" in path or "dailyAbsent" in path else {}), **more}
			if more.get("export_type") and "export" not in path:
				continue
			r = north.request("GET", path, params=params)
			assert r.status in (200, 400), (path, r)
			assert clean(r), (path, params, r, [w for w in SOUTH if w in text_of(r)])
			everything = world.api.request("GET", path, params=params)
			seen += not clean(everything)
	assert seen > 25, "there is nothing of the South to be hidden"


def test_what_is_below_an_area_belongs_to_it(world, north):
	codes = [e["emp_code"] for e in north.get(P + "employees/")["data"]]
	assert codes == ["1001", "1002"]
	assert north.get(P + "employees/")["count"] == 2
	assert [t["sn"] for t in north.get("/iclock/api/terminals/")["data"]] == ["NORTHSN01", "NORTHSN02"]
	r = north.get("/iclock/api/transactions/")
	assert r["count"] == 8 and {t["emp_code"] for t in r["data"]} == {"1001", "1002"}
	assert sorted(a["area_code"] for a in north.get(P + "areas/")["data"]) == ["NORD", "NORD1"]


ROWS = {P + "employees/": "employee", P + "areas/": "area", P + "locations/": "area", "/iclock/api/terminals/": "terminal",
	"/iclock/api/transactions/": "transaction", "/iclock/api/terminalcommands/": "command", "/att/api/manuallogs/": "manual",
	"/att/api/leaves/": "leave", "/iclock/api/privatemessages/": "private", "/iclock/api/publicmessages/": "public"}


def snapshot(world):
	return [world.server.sql("select * from %s order by 1" % t) for t in ("employee", "area", "employee_area", "terminal", "manual_log",
		"att_leave", "private_message", "public_message", "resign", "terminal_command", "department")]


def test_ids_of_the_south_are_none(world, north):
	tried, before = 0, snapshot(world)
	for o in Document(world.api).operations():
		start = o.path.split("{")[0]
		if "{" not in o.path or start not in ROWS or o.path.endswith(("/erase/", "}/export/")):
			continue
		if is_by_name(o):
			continue
		path = re.sub(r"{\w+}", str(world.ids["south"][ROWS[start]]), o.path)
		body = None if o.method == "GET" else o.example if o.body is not None else {}
		r = north.request(o.method, path, body)
		assert r.status == 404 and clean(r), (o, r)
		tried += 1
	assert tried > 40
	assert snapshot(world) == before
	assert north.request("GET", "/auth_files/photo/9009.jpg/").status == 404


def test_bodies_cannot_name_the_south(world, north):
	"""Every member that is an id, or a list of them, with one of the South."""
	n, s = world.ids["north"], world.ids["south"]
	before, missing = snapshot(world), 'object does not exist.'
	employee = {"emp_code": "1003", "department": n["department"], "area": [n["area"]]}
	pay = world.api.get("/att/api/payCodes/")["data"][0]["id"]
	leave = {"employee": s["employee"], "start_time": "2026-11-05 08:00:00", "end_time": "2026-11-05 17:00:00", "pay_code": pay, "apply_reason": "x"}
	for method, path, body in [
			("POST", P + "employees/", {**employee, "area": [s["area"]]}),
			("POST", P + "employees/", {**employee, "area": [n["area"], s["area"]]}),
			("PATCH", P + "employees/%d/" % n["employee"], {"area": [s["area"]]}),
			("POST", P + "areas/", {"area_code": "x", "area_name": "x", "parent_area": s["area"]}),
			("PATCH", P + "areas/%d/" % world.below, {"parent_area": s["area"]}),
			("POST", "/iclock/api/terminals/", {"sn": "NEW1", "alias": "x", "ip_address": "10.0.0.1", "area": s["area"]}),
			("PATCH", "/iclock/api/terminals/%d/" % n["terminal"], {"area": s["area"]}),
			("POST", P + "employees/adjust_area/", {"employees": [s["employee"]], "areas": [n["area"]]}),
			("POST", P + "employees/adjust_area/", {"employees": [n["employee"]], "areas": [s["area"]]}),
			("POST", P + "employees/adjust_department/", {"employees": [n["employee"], s["employee"]], "department": n["department"]}),
			("POST", P + "employees/resync_to_device/", {"employees": [s["employee"]]}),
			("POST", P + "employees/resync_to_device/", {"emp_code": ["9009"]}),
			("POST", P + "employees/del_bio_template/", {"employees": [s["employee"]], "finger_print": True}),
			("POST", P + "employees/adjust_resign/", {"employees": [s["employee"]], "resign_date": "2026-11-30", "resign_type": 1}),
			("POST", P + "resigns/", {"employee": s["employee"], "resign_date": "2026-11-30", "resign_type": 1}),
			("POST", "/iclock/api/terminals/reboot/", {"terminals": [s["terminal"]]}),
			("POST", "/iclock/api/terminals/reboot/", {"terminals": [n["terminal"], s["terminal"]]}),
			("POST", "/iclock/api/terminals/clear_all/", {"terminals": [s["terminal"]]}),
			("POST", "/iclock/api/terminals/info/", {"terminals": [s["terminal"]]}),
			("POST", "/iclock/api/terminals/unlock/", {"terminals": [s["terminal"]]}),
			("POST", "/iclock/api/terminalcommands/", {"terminal": s["terminal"], "command": "CHECK"}),
			("POST", "/att/api/manuallogs/", {"employee": s["employee"], "punch_time": "2026-11-05 08:00:00", "punch_state": "0"}),
			("POST", "/att/api/manuallogs/approve/", {"manuallogs": [s["manual"]]}),
			("POST", "/att/api/leaves/", leave),
			("POST", "/att/api/leaves/reject/", {"leaves": [s["leave"]]}),
			("POST", "/iclock/api/privatemessages/", {"employee": s["employee"], "content": "x", "duration": 1}),
			("POST", "/iclock/api/publicmessages/", {"area": s["area"], "content": "x", "duration": 1}),
			("POST", "/iclock/api/publicmessages/", {"terminal": s["terminal"], "content": "x", "duration": 1})]:
		r = north.request(method, path, body)
		assert r.status == 400 and ("does not exist" in r.text or missing in r.text), (method, path, body, r)
		assert "Suedwind" not in r.text
	# what would be for everybody, or for nobody
	for path, body in ((P + "areas/", {"area_code": "x", "area_name": "x"}), ("/iclock/api/terminals/", {"sn": "NEW1", "alias": "x",
			"ip_address": "10.0.0.1"}), ("/iclock/api/publicmessages/", {"content": "x", "duration": 1})):
		assert north.request("POST", path, body).status == 400, path
	assert north.request("PATCH", P + "areas/%d/" % world.below, {"parent_area": None}).status == 400
	assert snapshot(world) == before


@pytest.mark.parametrize("limit", ["areas=array[%d]", "departments=array[%d]"])
def test_ones_own_terminal_tells_nothing_of_others_people(world, limit):
	"""What it logged, was told and reported about somebody outside of the limits; everything else stays."""
	who = world.login(**dict([(limit % (world.north if limit[0] == "a" else world.alpha)).split("=")]))
	a, n = world.api, world.ids["north"]
	terminal = Terminal(world.server, n["sn"])
	mine, theirs = "1001", "9009"
	for i, pin in enumerate((mine, theirs)):
		terminal.push("OPERLOG", "OPLOG 4\t%s\t2026-11-02 08:0%d:00\t0\t0\t0\t0" % (pin, i), "OPLOG 9\t0\t2026-11-02 08:1%d:00\t%s\t0\t0\t0" % (i, pin),
			"OPLOG 30\t1\t2026-12-02 09:0%d:00\t%s\t0\t0\t0" % (i, pin))
		terminal.push("ATTLOG", "broken %s" % pin)
		for command in ("DATA QUERY USERINFO PIN=%s", "DATA UPDATE USER_SMS UID=1\tpin=%s", "DATA DELETE USERINFO Pin=%s"):
			a.post("/iclock/api/terminalcommands/", {"terminal": terminal.id, "command": command % pin})
		world.server.sql("select alert_raise(%s, 'admin_created', %s, %s)", terminal.id, pin, "PIN %s has privilege 14" % pin)
		world.server.sql("insert into error_log (sn, terminal_id, error_code, message, origin, row_key, sealed, content_hash)"
			" select sn, terminal_id, 'D01E0001', %s, 'cmd', row_key, sealed, sha256(%s) from reject where sn = %s limit 1",
			"DATA UPDATE USERINFO PIN=%s failed" % pin, (pin + limit).encode(), n["sn"])
	# of a command that names nobody, somebody; within somebody's column, somebody else
	hides = a.post("/iclock/api/terminalcommands/", {"terminal": terminal.id, "command": "INFO"})["id"]
	world.server.sql("insert into error_log (sn, terminal_id, command_id, error_code, message, origin, row_key, sealed, content_hash)"
		" select sn, terminal_id, %s, 'D02E0001', %s, 'cmd', row_key, sealed, sha256(%s) from reject where sn = %s limit 1",
		hides, "PIN=1001 Pin=9009 failed", ("hides" + limit).encode(), n["sn"])
	for line in ("DATA DEL_USER PIN=1001 PIN=9009", "DATA DEL_USER PIN=1001,pin=9009;x", "DATA DEL_USER PIN=1001 USERID=9009 PIN=1001"):
		world.server.sql("insert into terminal_command (terminal_id, content, resend, state) values (%s, %s, false, 'done')", terminal.id, line)
	wait_until(lambda: any("user 9009" in row["text"] for row in a.get("/iclock/api/alerts/")["data"]))
	for path, texts in (("/iclock/api/terminallogs/", ("operator", "objects")), ("/iclock/api/terminalcommands/", ("content", "return_text")),
			("/iclock/api/alerts/", ("subject", "text")), ("/iclock/api/errorlogs/", ("error_msg",)), ("/iclock/api/rejects/", ("raw",))):
		everything, seen = a.get(path, page_size=1000)["data"], who.get(path, page_size=1000)
		about = {row["id"]: "|".join(str(row[t]) for t in texts) for row in everything}
		assert any(theirs in text for text in about.values()), "there is nothing to be hidden in " + path
		assert theirs not in json.dumps(seen), path
		assert len(seen["data"]) == seen["count"], path
		hidden = [id for id, text in about.items() if theirs in text]
		if path != "/iclock/api/rejects/":
			shown = {row["id"] for row in seen["data"]}
			assert not shown & set(hidden)
			assert any(mine in about[id] for id in shown), "one's own people are shown in " + path
			for id in hidden:
				assert who.request("GET", path + "%d/" % id).status == 404
			for search in ({"search": theirs}, {"operator": theirs}, {"object": theirs}, {"content_icontains": theirs}, {"text_icontains": theirs},
					{"subject": theirs}, {"error_msg_icontains": theirs}):
				assert not {row["id"] for row in who.get(path, page_size=1000, **search)["data"]} & set(hidden), (path, search)
		else:
			for id in hidden:
				assert theirs not in who.request("GET", path + "%d/" % id).text


def test_commands_about_others_people_are_refused(world, north):
	terminal, before = world.ids["north"]["terminal"], snapshot(world)
	for action, body in (("enroll_fp", {"pin": "9009", "finger": 1}), ("enroll_card", {"pin": "9009"}), ("query_users", {"pin": "9009"}),
			("message_send", {"id": 1, "text": "x", "start_time": "2026-12-01 00:00:00", "pin": "9009"})):
		r = north.request("POST", "/iclock/api/terminals/%s/" % action, {"terminals": [terminal], **body})
		assert r.status == 400 and "limited" in r.text, (action, r)
	for line in ("DATA DELETE USERINFO PIN=9009", "DATA QUERY USERINFO pin=9009", "DATA UPDATE USER_SMS UID=1\tPIN=9009",
			"DATA UPDATE SMS MSG=x PIN=1001 PIN=9009\tUID=1", "DATA DEL_USER PIN=1001,PIN=9009"):
		r = north.request("POST", "/iclock/api/terminalcommands/", {"terminal": terminal, "command": line})
		assert r.status == 400 and "limited" in r.text, (line, r)
	assert snapshot(world) == before
	for line in ("CHECK", "DATA QUERY USERINFO PIN=1001", "DATA QUERY USERINFO PIN=424242"):
		assert north.post("/iclock/api/terminalcommands/", {"terminal": terminal, "command": line})["content"] == line


def test_filters_and_orders_find_nothing(world, north):
	s = world.ids["south"]
	for path, params in [(P + "employees/", {"emp_code": "9009"}), (P + "employees/", {"first_name_icontains": "Sued"}),
			(P + "employees/", {"search": "Suedwind"}), (P + "employees/", {"areas": s["area"]}), (P + "employees/", {"departments": s["department"]}),
			("/iclock/api/transactions/", {"emp_code": "9009"}), ("/iclock/api/transactions/", {"terminal_sn": "SOUTHSN01"}),
			("/iclock/api/transactions/", {"areas": s["area"]}), ("/iclock/api/transactions/", {"search": "9009"}),
			("/iclock/api/terminals/", {"sn": "SOUTHSN01"}), ("/iclock/api/rejects/", {"terminal_sn": "SOUTHSN01"}),
			("/att/api/transactionReport/", {**REPORT, "employees": s["employee"]}), ("/att/api/firstLastReport/", {**REPORT, "areas": s["area"]})]:
		r = north.get(path, **params)
		assert r["count"] == 0 and r["data"] == [], (path, params, r)
	for order in ("emp_code", "-emp_code", "first_name", "-id"):
		assert north.get(P + "employees/", ordering=order)["count"] == 2
	for who in ("-1", "%d,%d" % (s["employee"], world.ids["north"]["employee"])):
		r = north.get("/att/api/firstLastReport/", employees=who, **REPORT)
		assert r["count"] and {row["emp_code"] for row in r["data"]} <= {"1001", "1002"}


# what may be created within the limits, and what would take it out of them again
SHARED = [(P + "positions/", {"position_code": "x", "position_name": "x"}), ("/iclock/api/workcodes/", {"code": "9", "alias": "x"}),
	("/att/api/payCodes/", {"code": "x", "name": "x"}), (P + "customattributes/", {"attr_name": "x"})]


def kept(world):
	return [world.server.sql("select * from %s order by 1" % t) for t in ("employee", "area", "employee_area", "terminal", "manual_log",
		"att_leave", "private_message", "public_message", "resign", "department", "att_holiday", "position", "pay_code", "work_code",
		"custom_attribute", "company")]


def writes(world):
	n, s = world.ids["north"], world.ids["south"]
	pay = world.api.get("/att/api/payCodes/")["data"][0]["id"]
	return {
		P + "employees/": ({"emp_code": "1700", "department": n["department"], "area": [n["area"]]},
			[{"area": [s["area"]]}, {"area": [n["area"], s["area"]]}, {"area": []}, {"area": None}]),
		P + "areas/": ({"area_code": "N2", "area_name": "N2", "parent_area": n["area"]}, [{"parent_area": s["area"]}, {"parent_area": None}]),
		"/iclock/api/terminals/": ({"sn": "NORTHNEW", "alias": "x", "ip_address": "10.0.0.1", "area": n["area"]},
			[{"area": s["area"]}, {"area": None}, {"area": 1}]),
		"/att/api/manuallogs/": ({"employee": n["employee"], "punch_time": "2026-11-06 08:00:00", "punch_state": "0"},
			[{"employee": s["employee"]}, {"employee": None}]),
		"/att/api/leaves/": ({"employee": n["employee"], "start_time": "2026-11-06 08:00:00", "end_time": "2026-11-06 17:00:00",
			"pay_code": pay, "apply_reason": "x"}, [{"employee": s["employee"]}, {"employee": None}]),
		P + "resigns/": ({"employee": world.ids["below"]["employee"], "resign_date": "2026-11-30"}, []),
		"/iclock/api/privatemessages/": ({"employee": n["employee"], "content": "x", "duration": 1}, []),
		"/iclock/api/publicmessages/": ({"area": n["area"], "content": "x", "duration": 1},
			[{"area": None}, {"area": s["area"]}, {"terminal": s["terminal"]}, {"area": None, "terminal": None}, {"area": None, "content": "TO EVERYBODY"},
				{"area": "", "terminal": ""}, {"area": None, "terminal": s["terminal"]}]),
		"/att/api/holidays/": ({"alias": "x", "start_date": "2026-12-01", "department": n["department"]}, [{"department": None}, {"department": ""}]),
	}


def test_nothing_leaves_the_limits_by_a_change(world, north):
	for path, (body, moves) in writes(world).items():
		made = north.request("POST", path, body)
		assert made.status == 201, (path, made)
		one = path + "%d/" % made.json()["id"]
		before = kept(world)
		for move in moves:
			for method, sent in (("PATCH", move), ("PUT", {**body, **move})):
				r = north.request(method, one, sent)
				assert r.status in (400, 403), (method, one, sent, r)
				assert kept(world) == before, (method, one, sent)
		assert north.request("DELETE", one).status == 204


def test_what_is_everybodys_is_read_and_not_touched(world, north):
	"""A limited user neither makes, changes nor deletes it, by whatever route."""
	a = world.api
	n, s = world.ids["north"], world.ids["south"]
	alpha = world.login(departments="array[%d]" % world.alpha)
	day = a.post("/att/api/holidays/", {"alias": "x", "start_date": "2026-12-24"})["id"]
	both = [a.post("/iclock/api/publicmessages/", {"content": "x", "duration": 60, **where})["id"]
		for where in ({}, {"area": s["area"], "terminal": n["terminal"]})]
	made = [a.post(path, body)["id"] for path, body in SHARED]
	before = kept(world)
	for who in (north, alpha):
		assert day in [row["id"] for row in who.get("/att/api/holidays/")["data"]]
		for body in ({"alias": "y"}, {"department": world.alpha}, {"department": None}):
			for method in ("PATCH", "PUT"):
				r = who.request(method, "/att/api/holidays/%d/" % day, {"alias": "y", "start_date": "2026-12-24", **body})
				assert r.status == 403 and "limited" in r.json()["detail"], (body, r)
		assert who.request("DELETE", "/att/api/holidays/%d/" % day).status == 403
		for body in ({}, {"department": None}, {"department": ""}):
			r = who.request("POST", "/att/api/holidays/", {"alias": "y", "start_date": "2026-12-24", **body})
			assert r.status == 400 and "limited" in r.json()["detail"], (body, r)
		for message in both if who is north else both[:1]:
			one = "/iclock/api/publicmessages/%d/" % message
			for method, body in (("PATCH", {"content": "y"}), ("PATCH", {"area": n["area"]}), ("DELETE", None)):
				assert who.request(method, one, body).status in (403, 404), (one, method, body)
		assert who.request("POST", "/iclock/api/publicmessages/", {"content": "y", "duration": 1}).status == 400
	for path, body in SHARED + [(P + "company/", None)]:
		one = path + "%d/" % north.get(path)["data"][-1]["id"]
		for method, url, sent in (("POST", path, body), ("PATCH", one, body or {"company_name": "x"}), ("PUT", one, body or {"company_name": "x"}),
				("DELETE", one, None)):
			r = north.request(method, url, sent)
			assert r.status in (403, 405), (method, url, r)
	assert upload(north, P + "positions/import/", "x.csv", "position_code,position_name\nNEW,x\n").status == 403
	assert kept(world) == before
	for path, id in [("/iclock/api/publicmessages/", m) for m in both] + [("/att/api/holidays/", day)] + [
			(path, id) for (path, _), id in zip(SHARED, made)]:
		a.delete(path + "%d/" % id)


def upload(api, path, name, content, **fields):
	mark = "xxBOUNDARYxx"
	parts = ["--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n" % (mark, k, v) for k, v in fields.items()]
	body = "".join(parts) + "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n\r\n%s\r\n--%s--\r\n" % (mark, name, content, mark)
	return api.request("POST", path, body.encode(), headers={"Content-Type": "multipart/form-data; boundary=" + mark})


def test_imports_cannot_reach_the_south(world, north):
	before = snapshot(world)
	for path, content in [(P + "employees/import/", "emp_code,dept_code,area_code\n1009,ALPHA,SUED\n"),
			(P + "employees/import/", "emp_code,dept_code,area_code\n1009,ALPHA,NORD;SUED\n"),
			(P + "employees/import/", "emp_code,first_name\n9009,Changed\n"),
			(P + "areas/import/", "area_code,area_name\nSUED,Changed\n"),
			(P + "areas/import/", "area_code,area_name\nNEWROOT,x\n"),
			(P + "areas/import/", "area_code,area_name,parent_area_code\nNEW,x,SUED\n"),
			(P + "areas/import/?mode=good", "area_code,area_name,parent_area_code\nSUED,x,NORD\nNEW,x,SUED\n"),
			(P + "employees/import_cards/", "emp_code,card_no\n9009,12345\n")]:
		for extra in ({}, {"update": "true"}):
			r = upload(north, path, "x.csv", content, **extra)
			told = (r.json_or_none() or {}).get("data", {})
			assert r.status == 400 or told.get("created", 0) == told.get("updated", 0) == 0, (path, content, r)
	assert north.request("POST", "/iclock/api/transactions/import/", {}).status == 403
	assert snapshot(world) == before
	# and do reach the North, row by row and all together
	for mode in ("good", "all"):
		r = upload(north, P + "employees/import/?mode=" + mode, "x.csv", "emp_code,dept_code,area_code\n1801,ALPHA,NORD\n1802,ALPHA,NORD1\n")
		assert r.status == 200 and '"created":2' in r.text, (mode, r)
		for e in north.get(P + "employees/", emp_code_icontains="180")["data"]:
			north.delete(P + "employees/%d/" % e["id"])


def test_membership_elsewhere_is_kept_and_not_shown(world, north):
	both = world.api.post(P + "employees/", {"emp_code": "1500", "department": world.alpha, "area": [world.north, world.south]})["id"]
	path = P + "employees/%d/" % both
	assert [a["id"] for a in north.get(path)["area"]] == [world.north]
	assert [a["id"] for a in north.patch(path, {"area": [world.below]})["area"]] == [world.below]
	assert [a["id"] for a in world.api.get(path)["area"]] == [world.below, world.south]
	north.post(P + "employees/adjust_area/", {"employees": [both], "areas": [world.north]})
	assert [a["id"] for a in world.api.get(path)["area"]] == [world.north, world.south]
	world.api.delete(path)


def test_limits_by_department_by_both_and_to_nothing(world):
	alpha = world.login(departments="array[%d]" % world.alpha)
	assert {e["emp_code"] for e in alpha.get(P + "employees/")["data"]} == {"1001", "1002"}
	assert [d["dept_code"] for d in alpha.get(P + "departments/")["data"]] == ["ALPHA"]
	assert alpha.get("/iclock/api/transactions/")["count"] == 8
	assert alpha.request("GET", P + "departments/%d/" % world.beta).status == 404
	assert alpha.request("POST", P + "departments/", {"dept_code": "y", "dept_name": "y"}).status == 400
	below = alpha.post(P + "departments/", {"dept_code": "y", "dept_name": "y", "parent_dept": world.alpha})["id"]
	assert alpha.get(P + "departments/")["count"] == 2
	alpha.delete(P + "departments/%d/" % below)
	both = world.login(areas="array[%d]" % world.below, departments="array[%d]" % world.alpha)
	assert [e["emp_code"] for e in both.get(P + "employees/")["data"]] == ["1002"]
	crossed = world.login(areas="array[%d]" % world.south, departments="array[%d]" % world.alpha)
	nothing = world.login(areas="'{}'")
	for path in (P + "employees/", "/iclock/api/transactions/", "/att/api/manuallogs/"):
		assert crossed.get(path)["count"] == 0 and nothing.get(path)["count"] == 0, path
	assert nothing.get("/iclock/api/terminals/")["count"] == nothing.get(P + "areas/")["count"] == 0


def test_a_parent_outside_is_not_shown(world):
	below = world.login(areas="array[%d]" % world.below)
	rows = below.get(P + "areas/")["data"]
	assert [a["area_code"] for a in rows] == ["NORD1"] and rows[0]["parent_area"] is None
	assert "Nordlicht" not in below.request("GET", P + "areas/").text


def test_changed_limits_act_at_once_and_a_deleted_area_widens_nothing(world):
	gone = world.api.post(P + "areas/", {"area_code": "gone", "area_name": "Gone"})["id"]
	who = world.login(areas="array[%d]" % gone)
	assert who.get(P + "employees/")["count"] == 0
	world.api.delete(P + "areas/%d/" % gone)
	assert who.get(P + "employees/")["count"] == who.get(P + "areas/")["count"] == 0
	world.server.sql("update account set areas = %s where name = %s", [world.south], who.name)
	wait_until(lambda: who.get(P + "employees/")["count"] == 1)
	assert [e["emp_code"] for e in who.get(P + "employees/")["data"]] == ["9009"]


def test_pages_add_up(world, north):
	"""Counters of whole tables are not the limited user's."""
	for path, size in itertools.product((P + "employees/", "/iclock/api/transactions/", "/iclock/api/terminals/"), (1, 2, 100)):
		rows, page = [], 1
		while True:
			r = north.request("GET", path, params={"page": page, "page_size": size})
			if r.status == 404:
				break
			rows += [row["id"] for row in r.json()["data"]]
			if not r.json()["next"]:
				break
			page += 1
		assert len(rows) == len(set(rows)) == north.get(path)["count"], (path, size)
