"""Parameters left out, null, empty, repeated, of another kind: never more than was meant, never a 500
(the original's employees' rights were got around by leaving one out)."""

import itertools
import urllib.parse

import pytest

from punchd_test.openapi import Document

STRANGE = [None, "", [], {}, [None], [[]], {"id": None}, 0, -1, True, 1.5, 10 ** 30, "\0", "x" * 70000, [1, 1, 1], "1,1", {"$ne": 1}]


def totals(server):
	return {t: server.value("select count(*) from " + t) for t in ("account", "token", "terminal", "employee", "department", "area", "punch")}


def test_query_parameters_empty_and_repeated(server):
	document = Document(server.api)
	ids = document.fill()
	assert ids
	for o in document.operations():
		if o.method != "GET" or "{" in o.path or o.path.startswith(("/staff/", "/docs/", "/api/docs")):
			continue
		for p in o.spec.get("parameters", []):
			if p["in"] != "query":
				continue
			name = p["name"]
			for query in (name, name + "=", "%s=&%s=1" % (name, name), "%s=1&%s=" % (name, name), "%s[]=1" % name,
					"%s=1&%s=2" % (name, name), "%s=null" % name, "%s=%%00" % name, "&&&%s=&" % name, "%s=undefined" % name):
				r = server.api.request("GET", o.path + "?" + query)
				assert r.status in (200, 400, 404 if name == "page" else 400), (o, query, r)


@pytest.mark.slow
def test_members_of_bodies(server):
	document = Document(server.api)
	document.fill()
	tried = 0
	for o in document.operations():
		if o.method not in ("POST", "PUT", "PATCH") or o.body is None or o.path.startswith("/staff/") or "auth" in o.path:
			continue
		names = list(o.example)
		for name, value in itertools.product(names, STRANGE):
			body = {**o.example, name: value}
			path = o.path.replace("{id}", "1")
			r = server.api.request(o.method, path, body)
			assert r.status < 500, (o, name, value, r)
			tried += 1
		for name in names:
			r = server.api.request(o.method, o.path.replace("{id}", "1"), {k: v for k, v in o.example.items() if k != name})
			assert r.status < 500, (o, name, r)
		for body in ({}, None, [], "", 5, [o.example]):
			r = server.api.request(o.method, o.path.replace("{id}", "1"), body if isinstance(body, dict) else "null" if body is None
				else repr(body).replace("'", '"'), headers={"Content-Type": "application/json"})
			assert r.status < 500, (o, body, r)
	assert tried > 500, tried


def test_an_id_list_left_out_is_not_everybody(server, make_terminal):
	"""No ids: nothing is done, to nobody."""
	t = make_terminal()
	t.register()
	t.obey()
	document = Document(server.api)
	server.api.post("/personnel/api/employees/", {"emp_code": "5", "first_name": "x", "department": 1, "area": [2]})
	t.obey()
	for o in document.operations():
		if o.method != "POST" or "{" in o.path or o.body is None or not o.path.startswith(("/iclock/api/terminals/", "/personnel/api/employees/")):
			continue
		lists = [n for n in o.example if n in ("terminals", "employees")]
		for name in lists:
			for value in (None, [], "", "all", "*", "-1", [-1], [0], {}):
				r = server.api.request("POST", o.path, {**o.example, name: value})
				assert r.status in (200, 400, 403, 404), (o, value, r)
			r = server.api.request("POST", o.path, {k: v for k, v in o.example.items() if k != name})
			assert r.status in (400, 403, 415), (o, r)
	assert t.poll() == [] and server.value("select count(*) from employee") == 1


def test_more_members_than_there_are_change_nothing(server):
	"""Mass assignment: what is not of the table is ignored."""
	r = server.api.post("/personnel/api/employees/", {"emp_code": "5", "first_name": "x", "department": 1, "area": [2], "id": 999,
		"superuser": True, "is_superuser": True, "password_hash": "x", "row_key": "00", "sealed": "00", "pin_id": 1, "approved": True})
	assert r["id"] != 999 or server.value("select count(*) from employee where id = 999") == 0
	assert server.sql("select name, superuser from account") == [("admin", True)]
	t = server.api.post("/iclock/api/terminals/", {"sn": "M1", "alias": "x", "ip_address": "10.0.0.1", "area": 1, "approved": True,
		"held_lines": 5, "key_pinned": True, "comm_key": "00"})
	assert server.sql("select approved, held_lines, key_pinned from terminal where id = %s", t["id"]) == [(False, 0, False)]


def test_login_parameters_repeated(server):
	"""The first and the last reading must not differ between who checks and who acts."""
	form = urllib.parse.urlencode([("username", "nobody"), ("username", "admin"), ("password", "correct horse battery staple")])
	r = server.new_api().request("POST", "/api-token-auth/", form, headers={"Content-Type": "application/x-www-form-urlencoded"}, authorization="")
	assert r.status == 400, r
	r = server.new_api().request("POST", "/api-token-auth/", '{"username": "nobody", "username": "admin", "password": "x"}',
		headers={"Content-Type": "application/json"}, authorization="")
	assert r.status == 400


def test_serial_numbers_repeated(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
	r = a.raw("POST", "/iclock/cdata?SN=%s&SN=%s&table=ATTLOG&Stamp=1" % (a.sn, b.sn), b"7\t2026-05-01 08:00:00\t0\t1\n")
	assert r.text == "OK: 1"
	assert server.api.get("/iclock/api/transactions/")["data"][0]["terminal_sn"] == a.sn
	for query in ("SN=", "SN", "sn=%00", "SN[]=" + a.sn, "SN=%s%%20" % a.sn, "x=1"):
		assert a.raw("GET", "/iclock/getrequest?" + query).status == 400, query
