"""Every route and who may use it: routes.txt says it by hand, the server must do it, and a route that is not there fails."""

import glob
import hashlib
import os
import re
import secrets
import shutil

import pytest

from punchd_test.openapi import Document
from punchd_test.server import Server
from punchd_test.terminal import Terminal

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
NO_ID = "2147483647"
LIMITED_NEVER = ("base.view_auditlog", "personnel.view_personaldata", "personnel.view_erasure", "personnel.add_erasure", "base.view_user", "base.view_group",
	"iclock.view_transactionshift", "iclock.add_transactionshift")
# what has neither an area nor a person
EVERYBODYS = ("/personnel/api/position", "/personnel/api/department", "/personnel/api/customattributes/", "/personnel/api/company/",
	"/iclock/api/workcodes/", "/att/api/payCodes/", "/att/api/holidays/")
# routes whose :id is no row's
NO_ROWS = ("/auth_files/photo/",)


def read_table():
	with open(os.path.join(HERE, "routes.txt"), encoding="utf-8") as f:
		lines = [line.split() for line in f if line.strip() and not line.startswith("#")]
	table = {(method, path): " ".join(need) for method, path, *need in lines}
	assert len(table) == len(lines), "a route is twice in routes.txt"
	return table


TABLE = read_table()


def source(name):
	with open(os.path.join(ROOT, name), encoding="utf-8") as f:
		return f.read()


def patterns_of_the_code():
	"""Of the C tables, whatever is documented."""
	found, below = set(), {"RESOURCE_ROUTES": ("", "export/", ":id/"), "LIST_ROUTES": ("", "export/"),
		"REPORT": ("", "export/"), "PHOTO_ROUTES": ("",), "OWN": ("", ":id/"),
		"AUDITS": ("approve/", "reject/", ":id/approve/", ":id/reject/")}
	for name in glob.glob("api/**/*.c", root_dir=ROOT, recursive=True):
		text = source(name)
		for path in re.findall(r'\{\s*(?:GET|POST|PUT|PATCH|DELETE|[\s|])+,\s*"(/[^"]*)"', text):
			found.add(path)
		for action in re.findall(r'\bACTION\("(\w+)"', text):
			found |= {"/iclock/api/terminals/%s%s/" % (one, action) for one in ("", ":id/")}
		for macro, path in re.findall(r'\b([A-Z_]+)\(\s*"(/[^"]*)"', text):
			assert macro in below, "what routes does %s make in %s?" % (macro, name)
			found |= {path + end for end in below[macro]}
	return {re.sub(r":(\w+)", r"{\1}", path) for path in found}


class World:
	def __init__(self, server):
		self.server = server
		self.document = Document(server.api)
		self.ids = self.document.fill()
		self.operations = self.document.operations()
		server.api.post("/personnel/api/areas/", {"area_code": "else", "area_name": "Elsewhere"})
		everything = sorted({w for need in TABLE.values() for w in need.split() if "." in w})
		server.sql("insert into account_group (name, permissions) values ('all', %s)", everything)
		server.sql("insert into account_group (name) values ('none')")
		self.user("here", "all", "(select array_agg(id) from area where code <> 'else')")
		self.user("elsewhere", "all", "(select array_agg(id) from area where code = 'else')")
		self.user("powerless", "none", "null")
		self.user("reader", "Readers", "null")
		self.everything = everything
		employee = server.api.post("/personnel/api/employees/", {"emp_code": "7007", "department": 1, "area": [2]})["id"]
		server.api.post("/personnel/api/employees/%d/self_password/" % employee, {"self_password": "Owned-by-7007"})
		reply = server.api.request("POST", "/staff-api-token-auth/", {"username": "7007", "password": "Owned-by-7007"}, authorization="")
		self.staff = "Token " + reply.json()["token"]

	def user(self, name, group, areas):
		self.server.sql("insert into account (name, password_hash, groups, areas) select %s, '', array[id], {} from account_group"
			" where name = %s".format(areas), name, group)

	def token(self, user, scope=None):
		text = secrets.token_hex(32)
		self.server.sql("insert into token (account_id, hash, scope) select id, %s, %s from account where name = %s",
			hashlib.sha256(text.encode()).digest(), scope, user)
		return "Token " + text

	def ask(self, operation, who, ids=True, body=None):
		path = operation.at(self.ids) if ids else None
		path = path or re.sub(r"{\w+}", NO_ID, operation.path)
		if body is None and operation.method != "GET":
			body = {}
		return self.server.api.request(operation.method, path, body, authorization=who)

	def need(self, operation):
		return TABLE[operation.method, operation.path]


@pytest.fixture(scope="module")
def world(pg, clone):
	database = clone(pg)
	server = Server(database, dangerous_commands="on")
	try:
		yield World(server)
	finally:
		server.stop()
		shutil.rmtree(server.dir, ignore_errors=True)
		database.drop()


def denied(r):
	return r.status == 403 and r.json() == {"detail": "You do not have permission to perform this action."}


def test_every_route_is_in_the_table(world):
	have = {(o.method, o.path) for o in world.operations}
	assert not have - set(TABLE), "add to routes.txt, with what it takes: %s" % sorted(have - set(TABLE))
	assert not set(TABLE) - have, "gone: %s" % sorted(set(TABLE) - have)
	paths = {path for _, path in have}
	code = {re.sub(r"{\w+}", "{}", p) for p in patterns_of_the_code()}
	undocumented = code - {re.sub(r"{\w+}", "{}", p) for p in paths} - {"/api/docs/openapi.json", "/api/docs/start.js",
		"/api/docs/swagger-ui.css", "/api/docs/swagger-ui-bundle.js", "/docs/api-docs/", "/docs/drf-docs/", "/api/docs/"}
	assert not undocumented, "not in the document: %s" % sorted(undocumented)
	assert len(code) > 100


def test_the_document_says_what_it_takes(world):
	for o in world.operations:
		need = world.need(o)
		assert o.spec.get("x-permission", "") == (need if "." in need or need == "superuser" else ""), o


def test_nobody(world):
	for o in world.operations:
		r = world.ask(o, "")
		assert (r.status == 401) == (world.need(o) != "open"), (o, r)
		r = world.ask(o, "Token " + "0" * 40)
		assert (r.status == 401) == (world.need(o) != "open"), (o, r)


def test_an_employee(world):
	for o in world.operations:
		need = world.need(o)
		if need == "staff":
			r = world.ask(o, world.staff)
			assert r.status not in (401, 403), (o, r)
		elif need != "open":
			assert denied(world.ask(o, world.staff)), o


def test_a_user_without_any_permission(world):
	who = world.token("powerless")
	for o in world.operations:
		need = world.need(o)
		if need == "any":
			assert world.ask(o, who, ids=False).status not in (401, 403), o
		elif need != "open":
			assert denied(world.ask(o, who)), o


def test_exactly_what_the_table_says(world):
	"""The permission alone opens the route; all others together do not."""
	tokens = {}
	for o in world.operations:
		need = world.need(o)
		if need in ("open", "any", "staff"):
			continue
		words = [] if need == "superuser" else need.split()
		if need not in tokens:
			tokens[need] = (world.token("admin", words), world.token("admin", [w for w in world.everything if w not in words[:1]]))
		only, others = tokens[need]
		assert denied(world.ask(o, others)), o
		r = world.ask(o, only, ids=o.method == "GET")
		if words:
			assert r.status not in (401, 403), (o, r)
		else:
			assert denied(r), o


def test_a_reader(world):
	who = world.token("reader")
	for o in world.operations:
		need = world.need(o)
		if "." not in need:
			continue
		named = need in ("personnel.view_credential", "personnel.view_personaldata", "iclock.view_commandresult") + LIMITED_NEVER
		if ".view_" in need and not named:
			assert world.ask(o, who).status not in (401, 403), o
		else:
			assert denied(world.ask(o, who)), o


def test_a_user_of_the_same_areas(world):
	who = world.token("here")
	for o in world.operations:
		need = world.need(o)
		if "." not in need or o.method != "GET":
			continue
		r = world.ask(o, who)
		if need in LIMITED_NEVER:
			assert denied(r), o
		elif o.shape and o.at(world.ids) and need.startswith(("personnel", "att")):
			assert r.status == 200, (o, r)
		else:  # exports want more parameters; there may be no picture
			assert r.status in (200, 400, 404), (o, r)


def test_a_user_of_other_areas(world):
	"""Lists are empty, and no id of a row is one: not to be read, not to be changed, not to be acted on."""
	who = world.token("elsewhere")
	before = world.server.sql("select (select count(*) from employee), (select count(*) from terminal), (select count(*) from punch),"
		" (select count(*) from terminal_command), (select count(*) from resign), (select count(*) from manual_log)")
	seen = 0
	for o in world.operations:
		need = world.need(o)
		if "." not in need or o.path.startswith(EVERYBODYS):
			continue
		if need in LIMITED_NEVER or need == "iclock.add_transaction" or o.path.endswith("/remove_waiting/"):
			assert denied(world.ask(o, who)), o
		elif "{" in o.path:
			r = world.ask(o, who)
			assert r.status == 404, (o, r)
			seen += 1
		elif o.path in world.document.collections() and o.method == "GET":
			r = world.ask(o, who)
			rows = r.json().get("data", [])
			if o.path.startswith(("/personnel/api/area", "/personnel/api/locations")):
				assert [row["area_code"] for row in rows] == ["else"], (o, r)
			else:
				assert rows == [] and r.json()["count"] == 0, (o, r)
	assert seen > 80
	assert before == world.server.sql("select (select count(*) from employee), (select count(*) from terminal),"
		" (select count(*) from punch), (select count(*) from terminal_command), (select count(*) from resign),"
		" (select count(*) from manual_log)")


def test_a_superuser(world):
	for o in world.operations:
		need = world.need(o)
		if o.method == "GET" and need not in ("open", "staff"):
			r = world.ask(o, world.server.api.authorization)
			assert r.status not in (401, 403) and r.status < 500, (o, r)
		elif need == "staff":
			assert denied(world.ask(o, world.server.api.authorization)), o


def test_terminals_and_probes(world):
	"""What is no REST: its routes by name, and that a login neither is asked for nor opens anything."""
	names = set(re.findall(r'\{ (?:GET|POST|HEAD|[ |])+, "([^"]*)"', source("adms/adms.c")))
	assert names == {"cdata", "getrequest", "ping", "", "file", "photo/", "devicecmd", "exchange", "service/control", "registry", "push",
		"rtdata", "querydata", "edata", "fdata"}, "a route of terminals came or went: say here what strangers get from it"
	stranger = Terminal(world.server, sn="STRANGER001")
	for name in sorted(names):
		for method in ("GET", "POST"):
			r = world.server.api.request(method, "/iclock/" + name + "?SN=STRANGER001", None if method == "GET" else b"",
				authorization=world.server.api.authorization)
			assert r.status in (200, 404, 405, 406), (name, method, r)
			assert "UPDATE" not in r.text and "C:" not in r.text, (name, r)
	assert stranger
	probes = set(re.findall(r'\{ GET, "(/[^"]*)"', source("server/ops.c")))
	assert probes == {"/healthz", "/readyz", "/metrics"}
	for path, status in (("/healthz", 200), ("/readyz", 200), ("/metrics", 401)):
		assert world.server.api.request("GET", path, authorization="").status == status
	assert world.server.api.request("GET", "/metrics", authorization=world.token("here")).status == 403
	assert world.server.api.request("GET", "/metrics", authorization=world.token("powerless")).status == 200
