"""/api/docs/: the page, and the OpenAPI document that is made from the tables of the code."""

import json
import os
import re

import jsonschema
import pytest

from punchd_test.openapi import Document
from punchd_test.terminal import Terminal

HERE = os.path.dirname(os.path.abspath(__file__))

# of the specification's index (§8)
KNOWN = """
POST /api-token-auth/
POST /jwt-api-token-auth/
POST /jwt-api-token-refresh/
CRUD /personnel/api/employees/
POST /personnel/api/employees/adjust_area/
POST /personnel/api/employees/adjust_department/
POST /personnel/api/employees/adjust_position/
POST /personnel/api/employees/adjust_regsin/
POST /personnel/api/employees/adjust_resign/
POST /personnel/api/employees/del_bio_template/
POST /personnel/api/employees/resync_to_device/
CRUD /personnel/api/departments/
CRUD /personnel/api/areas/
CRUD /personnel/api/positions/
CRUD /personnel/api/resigns/
POST /personnel/api/resigns/reinstatement/
CRUD /iclock/api/terminals/
POST /iclock/api/terminals/clear_command/
POST /iclock/api/terminals/clear_capture/
POST /iclock/api/terminals/clear_all/
POST /iclock/api/terminals/upload_all/
POST /iclock/api/terminals/upload_transaction/
POST /iclock/api/terminals/reboot/
POST /iclock/api/terminals/{id}/sync/
GET /iclock/api/transactions/
GET /iclock/api/transactions/{id}/
DELETE /iclock/api/transactions/{id}/
GET /iclock/api/transactions/export/
GET /api/docs/
GET /att/api/transactionReport/
GET /att/api/firstLastReport/
GET /att/api/totalTimeCardReportV2/
GET /att/api/dailyAbsentReport/
GET /att/api/manuallogs/
POST /att/api/manuallogs/
GET /att/api/leaves/
POST /att/api/leaves/
GET /personnel/api/employee/
GET /personnel/api/department/
GET /personnel/api/position/
GET /personnel/api/area/
"""


@pytest.fixture
def document(server):
	return Document(server.api)


def walk(value):
	yield value
	for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
		yield from walk(child)


def conforms(document, schema, value, what):
	errors = list(jsonschema.Draft202012Validator(document.schema(schema)).iter_errors(value))
	assert not errors, (what, [(list(e.path), e.message) for e in errors[:5]])


# ---------------------------------------------------------------- the document


def test_it_is_openapi_3_1(document):
	with open(os.path.join(HERE, "..", "openapi", "schema-3.1.json"), encoding="utf-8") as f:
		schema = json.load(f)
	errors = list(jsonschema.Draft202012Validator(schema).iter_errors(document.json))
	assert not errors, [(list(e.path), e.message) for e in errors[:5]]


def test_what_its_schema_cannot_say(document):
	"""References lead somewhere, names are unique, schemas are schemas, examples fit them."""
	for value in walk(document.json):
		if isinstance(value, dict) and isinstance(value.get("$ref"), str):
			target = document.json
			for part in value["$ref"].split("/")[1:]:
				target = target[part]
	operations = document.operations()
	ids = [o.spec["operationId"] for o in operations]
	assert len(ids) == len(set(ids)) > 100
	for component in document.json["components"]["schemas"].values():
		jsonschema.Draft202012Validator.check_schema(component)
	for o in operations:
		params = [(p["name"], p["in"]) for p in o.spec["parameters"]]
		assert len(params) == len(set(params)), o
		assert {n for n, where in params if where == "path"} == set(re.findall(r"{(\w+)}", o.path))
		if o.body is not None:
			jsonschema.Draft202012Validator.check_schema(o.body)
			conforms(document, o.body, o.example, o)


def test_everything_of_the_index_is_in_it(document):
	have = {repr(o) for o in document.operations()}
	for line in KNOWN.split("\n"):
		method, _, path = line.partition(" ")
		if method == "CRUD":
			wanted = ["GET " + path, "POST " + path]
			wanted += [m + " " + path + "{id}/" for m in ("GET", "PUT", "PATCH", "DELETE")]
		else:
			wanted = [line] if line else []
		for operation in wanted:
			assert operation in have


def test_what_it_says_of_employees(document):
	"""One resource by hand: the tables are read as they are meant."""
	create = next(o for o in document.operations() if repr(o) == "POST /personnel/api/employees/")
	assert create.body["required"] == ["emp_code", "department", "area"]
	p = create.body["properties"]
	assert p["emp_code"] == {"type": "string", "maxLength": 20, "minLength": 1, "x-unique": True}
	assert p["department"] == {"type": "integer", "x-references": "department"}
	assert p["gender"] == {"type": ["string", "null"], "enum": ["M", "F", "S", None]}
	assert p["birthday"] == {"type": ["string", "null"], "format": "date"}
	assert "id" not in p and "update_time" not in p
	change = next(o for o in document.operations() if repr(o) == "PATCH /personnel/api/employees/{id}/")
	assert "required" not in change.body and "emp_code" not in change.body["properties"]
	rows = next(o for o in document.operations() if repr(o) == "GET /personnel/api/employees/")
	for name in ("page", "page_size", "limit", "ordering", "search", "emp_code", "emp_code_icontains",
			"department", "departments", "areas", "status"):
		assert rows.param(name), name


# ---------------------------------------------------------------- against the server


@pytest.mark.settings(attendance_approval=True, dangerous_commands=True)
def test_its_examples_are_taken(server, document):
	ids = document.fill()
	assert len(ids) >= 10
	sn = server.value("select sn from terminal")
	terminal = Terminal(server, sn, approve=False)
	terminal.handshake("options=all&language=69&pushver=2.4.0&DeviceType=att")
	later = [o for o in document.operations() if o.body is not None and o.status != 201 and
		"-token-" not in o.path and o.path not in ("/base/api/session/", "/base/api/users/me/password/") and not o.path.startswith("/staff/")]
	# what takes rows away comes last
	resigns = "/personnel/api/resigns/"
	for o in sorted(later, key=lambda o: (o.path.endswith("/erase/"), "reinstatement" in o.path, o.method == "POST",
			o.path.endswith("/approve/"))):
		if "reinstatement" in o.path and server.api.get(resigns)["count"] == 0:
			server.api.post(resigns, {"employee": 1, "resign_date": "2026-05-04"})
			server.sql("update resign set id = 1")
		path = o.at(ids)
		assert path, o
		r = server.api.request(o.method, path, o.example)
		if r.status == 400 and "/terminals/" in path:
			# not every generation knows every command
			assert r.json() == {"terminals": ["Terminal %s does not know this." % sn]}, (o, r)
			continue
		assert r.status == o.status, (o, o.example, r)
		conforms(document, o.reply, r.json(), o)


@pytest.mark.settings(attendance_approval=True)
def test_what_it_serves_is_as_it_says(server, document, terminal):
	"""Every list, with every parameter's example; every row by itself; every file."""
	ids = document.fill()
	terminal.register()
	terminal.push("ATTLOG", "A1\t2026-05-04 08:30:00\t0\t1", "7\t2026-05-04 08:31:00\t0\t15\t\t0\t0\t0\t36.6", "rubbish")
	terminal.push("OPERLOG", "OPLOG 4\t0\t2026-05-04 08:30:00\t4\t0\t0\t0")
	seen = 0
	for o in document.operations():
		path = o.at(ids)
		if o.method != "GET" or path is None or path.startswith("/staff/"):  # for staff alone
			continue
		params = {"page_size": 100} if o.param("page_size") else {}
		if o.param("start_date"):
			params.update(start_date="2026-05-01", end_date="2026-05-31", employees="-1")
		if o.param("export_type"):
			params["export_type"] = "csv"
		r = server.api.request("GET", path, params=params)
		if o.reply is None:
			assert r.status in (200, 302) or "{" in o.path and r.status == 404, (o, r)
			continue
		assert r.status == 200, (o, r)
		conforms(document, o.reply, r.json(), o)
		seen += len(r.json().get("data", [1]))
		for p in o.spec["parameters"]:
			if p["in"] == "query" and "example" in p:
				r = server.api.request("GET", path, params={**params, p["name"]: p["example"]})
				assert r.status == 200, (o, p, r)
				conforms(document, o.reply, r.json(), (o, p))
	assert seen > 40


# ---------------------------------------------------------------- the page


def get(server, path):
	return server.api.request("GET", path, authorization="")


def test_page(server):
	for path, base in (("/api/docs/", ""), ("/api/docs", "docs/")):
		r = get(server, path)
		assert r.status == 200 and r.headers["content-type"].startswith("text/html")
		assert "<title>BioTime 9.5 API DOCS</title>" in r.text
		loaded = re.findall(r'(?:src|href)="([^"]+)"', r.text)
		assert loaded == [base + f for f in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js")]
	policy = r.headers["content-security-policy"]
	assert policy.startswith("default-src 'none'; script-src 'self';")
	assert "unsafe" not in policy and "http" not in policy and "*" not in policy
	assert "<script>" not in r.text and "style=" not in r.text


def test_files_of_the_page(server):
	viewer = os.path.join(HERE, "..", "..", "third_party", "swagger-ui")
	for name, kind in (("swagger-ui.css", "text/css"), ("swagger-ui-bundle.js", "text/javascript")):
		r = get(server, "/api/docs/" + name)
		assert r.status == 200 and r.headers["content-type"].startswith(kind)
		assert r.headers["x-content-type-options"] == "nosniff"
		with open(os.path.join(viewer, name), "rb") as f:
			assert r.body == f.read()
	assert "openapi.json" in get(server, "/api/docs/start.js").text
	assert get(server, "/api/docs/nothing.js").status == 404
	r = get(server, "/api/docs/openapi.json")
	assert r.headers["content-type"] == "application/json" and "password" in r.text


@pytest.mark.parametrize("path", ["/docs/api-docs/", "/docs/api-docs", "/docs/drf-docs/"])
def test_other_pages_lead_there(server, path):
	r = get(server, path)
	assert r.status == 302 and "API DOCS</title>" in r.text
	assert r.headers["location"] == ("../../api/docs/" if path.endswith("/") else "../api/docs/")
