"""Stored XSS: what people and terminals typed in is data, wherever it comes out again."""

import io
import re
import zipfile

import openpyxl

from punchd_test.net import Connection
from punchd_test.openapi import Document
from punchd_test.rest import Api

BAD = "<script>alert(1)</script>"
SHORT = "<b onclick=x>\"'&"
PAGES = ["/", "/api/docs/", "/docs/api-docs/", "/docs/drf-docs/", "/nothing", "/<script>alert(1)</script>", "/?q=<script>alert(1)</script>",
	"/api/docs/<script>alert(1)</script>", "/personnel/api/<script>/", "/iclock/api/<script>alert(1)</script>/"]


def fill(server, terminal):
	terminal.register()
	terminal.push("options", "~DeviceName=%s,DeviceName=%s,FWVersion=%s,MAC=%s" % ((BAD.replace("/", ""),) * 4))
	terminal.push("OPERLOG", "USER PIN=91\tName=%s" % BAD, "OPLOG 4\t%s\t2026-05-01 08:00:00\t%s\t0\t0\t0" % (SHORT, SHORT))
	terminal.push("ATTLOG", "7\t2026-05-01 08:00:00\t0\t1\t%s\t%s" % (SHORT, SHORT), "%s rubbish" % BAD, "=cmd|calc\t2026-05-01 08:00:01\t0\t1")
	terminal.push("ERRORLOG", "ErrCode=1\tErrMsg=%s" % BAD)
	terminal.push("IDCARD", "PIN=91\tIDNum=%s\tName=%s" % (SHORT, BAD))
	server.api.post("/personnel/api/departments/", {"dept_code": "=1+1", "dept_name": BAD})
	server.api.post("/personnel/api/positions/", {"position_code": "@x", "position_name": BAD})
	server.api.post("/personnel/api/employees/", {"emp_code": "55", "first_name": "=1+1", "last_name": "<img src=x>", "nickname": "@SUM(A1)",
		"department": server.value("select max(id) from department"), "area": [2], "address": BAD, "email": "a@example.com"})
	server.api.patch("/iclock/api/terminals/%d/" % terminal.id, {"alias": BAD})
	terminal.push("ATTLOG", "55\t2026-05-02 08:00:00\t0\t1")


def is_inert(r):
	kind = r.headers.get("content-type", "").split(";")[0]
	assert r.headers.get("x-content-type-options") == "nosniff", r.headers
	if kind == "text/html":
		policy = r.headers.get("content-security-policy", "")
		assert "default-src 'none'" in policy and "unsafe" not in policy, (r, policy)
		assert b"<script>alert" not in r.body and b"onclick" not in r.body
	return kind


def test_lists_and_objects_are_json_whatever_they_hold(server, terminal):
	fill(server, terminal)
	document = Document(server.api)
	seen = 0
	for o in document.operations():
		if o.method != "GET" or "{" in o.path or o.path.startswith(("/staff/", "/docs/", "/api/docs")):
			continue
		for accept in ("*/*", "text/html"):
			r = server.api.request("GET", o.path, headers={"Accept": accept})
			kind = is_inert(r)
			seen += BAD.encode() in r.body and kind == "application/json"
			assert kind != "text/html" or o.path.startswith("/api/docs"), (o, kind)
	assert seen >= 8, "the planted text does come out, as data"


def test_pages(server, terminal):
	fill(server, terminal)
	for method in ("GET", "POST", "PUT", "DELETE"):
		for path in PAGES:
			r = Api(server.address).request(method, path, headers={"Referer": BAD, "User-Agent": BAD, "X-Forwarded-Host": BAD}, authorization="")
			is_inert(r)
			assert BAD.encode() not in r.body, (path, r)


def test_nothing_of_anybody_stays_in_a_cache(server, terminal):
	"""Lists, objects, files, pictures, refusals and errors; the documentation alone may be kept, and is asked for again."""
	fill(server, terminal)
	document = Document(server.api)
	ids = document.fill()
	nobody = Api(server.address)
	for o in document.operations():
		if o.method != "GET" or o.path.startswith("/staff/"):
			continue
		path = o.at(ids) or re.sub(r"{\w+}", "1", o.path)
		for kind in ("csv", "txt", "xls") if o.path.endswith("/export/") else (None,):
			r = server.api.request("GET", path, params={"export_type": kind} if kind else {})
			docs = "docs" in o.path and r.status < 400
			assert r.headers["cache-control"] == ("no-cache" if docs else "no-store"), (o, kind, r.headers)
		assert nobody.request("GET", path, authorization="").headers["cache-control"] == ("no-cache" if docs else "no-store"), o
	for method, path, body in (("POST", "/api-token-auth/", b"{}"), ("POST", "/jwt-api-token-auth/", b"nonsense"), ("PUT", "/api-token-auth/", b""),
			("GET", "/nothing", b""), ("OPTIONS", "/personnel/api/employees/", b""), ("HEAD", "/personnel/api/employees/", b""),
			("POST", "/personnel/api/employees/", b"x" * 70000), ("GET", "/personnel/api/employees/?page_size=x", b""), ("GET", "/api/docs/none", b"")):
		assert nobody.request(method, path, body or None, authorization="").headers["cache-control"] == "no-store", (method, path)
	with Connection(server.address) as c:
		c.send(b"GET /personnel/api/employees/ HTTP/1.1\r\nbroken\r\n\r\n")
		assert c.read_reply().headers["cache-control"] == "no-store"


def test_files_are_attachments_and_cells_are_texts(server, terminal):
	"""A workbook holds texts, never formulas; CSV is for programs and holds what was typed."""
	fill(server, terminal)
	document = Document(server.api)
	books = 0
	for o in document.operations():
		if o.method != "GET" or not o.path.endswith("/export/") or o.path.startswith("/staff/"):
			continue
		for kind in ("csv", "txt", "xls"):
			r = server.api.request("GET", o.path, params={"export_type": kind})
			if r.status != 200:
				continue
			assert is_inert(r) != "text/html" and r.headers["content-disposition"].startswith("attachment"), (o, r.headers)
			assert "\n" not in r.headers["content-disposition"] and BAD not in r.headers["content-disposition"]
			if kind == "xls":
				books += 1
				book = openpyxl.load_workbook(io.BytesIO(r.body))
				assert all(c.data_type != "f" for row in book.active.iter_rows() for c in row), o
				names = zipfile.ZipFile(io.BytesIO(r.body)).namelist()
				assert not [n for n in names if "vba" in n.lower() or "external" in n.lower()], names
	assert books >= 3


def test_errors_say_words_back_as_json_only(server):
	for body in ({"dept_code": BAD, "dept_name": BAD, "parent_dept": BAD}, {BAD: BAD}, [BAD]):
		r = server.api.request("POST", "/personnel/api/departments/", body)
		assert is_inert(r) == "application/json"
	r = server.api.request("POST", "/personnel/api/departments/", "x", headers={"Content-Type": BAD})
	assert r.status == 415 and is_inert(r) == "application/json"
	r = Api(server.address).request("GET", "/personnel/api/areas/", authorization="Token " + BAD)
	assert r.status == 401 and is_inert(r) == "application/json"


def test_terminals_get_text(server, terminal):
	"""A browser that is led to a terminal's route does not take it for a page."""
	for path in ("/iclock/cdata?SN=<script>alert(1)</script>", "/iclock/<script>alert(1)</script>", "/iclock/getrequest?SN=T1&INFO=" + BAD):
		r = terminal.raw("GET", path)
		assert r.headers["content-type"] == "text/plain" and BAD not in r.text
