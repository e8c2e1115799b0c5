"""The shape of each resource against the specification's own JSON (tests/golden): names, order, types."""

import json
import os
import re

import pytest

E, D, A, P = ("/personnel/api/%s/" % name for name in ("employees", "departments", "areas", "positions"))
R, T, TX = "/personnel/api/resigns/", "/iclock/api/terminals/", "/iclock/api/transactions/"
DATE, TIME = re.compile(r"\d{4}-\d\d-\d\d\Z"), re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\Z")


def golden(name):
	with open(os.path.join(os.path.dirname(__file__), "..", "golden", name + ".json"), encoding="utf-8") as f:
		return json.load(f)


def compare(want, got, where=""):
	"""A null of ours is compared with nothing but a text or null of theirs, which they use for the same."""
	if want is None:
		return  # the sample does not tell
	if got is None:
		assert isinstance(want, (str, dict)), (where, want, got)
	elif isinstance(want, dict):
		assert isinstance(got, dict) and list(got) == list(want), (where, got)
		for name, value in want.items():
			compare(value, got[name], where + "/" + name)
	elif isinstance(want, list):
		assert isinstance(got, list), (where, got)
		for row in got if want else ():
			compare(want[0], row, where + "[]")
	elif where == "resign/disableatt":
		assert got in (0, 1) and type(got) is int  # the one strictly typed client needs a number
	else:
		assert type(got) is type(want), (where, want, got)
		for form in (DATE, TIME):
			if isinstance(want, str) and form.match(want):
				assert form.match(got), (where, got)


@pytest.fixture
def company(server, terminal):
	"""One full row of everything."""
	api = server.api
	api.post(D, {"dept_code": "HQ", "dept_name": "Head office"})
	api.post(D, {"dept_code": "5190062", "dept_name": "shenzhen", "parent_dept": 2})
	api.post(A, {"area_code": "WH", "area_name": "Warehouse", "parent_area": 2})
	api.post(P, {"position_code": "TECH", "position_name": "Technician", "parent_position": 1})
	api.post(E, {"emp_code": "1001", "first_name": "Test", "last_name": "User", "department": 3, "position": 2,
		"area": [2], "gender": "F", "device_password": "4321", "card_no": "99887766", "birthday": "1990-01-02",
		"emp_type": 1, "email": "a@example.com", "mobile": "1"})
	api.post(R, {"employee": 1, "resign_date": "2020-06-04", "resign_type": 1, "disableatt": True, "reason": "x"})
	terminal.register()
	terminal.push("ATTLOG", "1001\t2025-09-12 09:36:32\t255\t1\t0")
	return server


SHAPES = [("employee", E), ("department", D), ("area", A), ("position", P), ("resign", R), ("terminal", T), ("transaction", TX)]


@pytest.mark.parametrize("name,path", SHAPES)
def test_rows(company, name, path):
	"""In the list, by itself, and under the singular name that the 9.x pages use."""
	want, page = golden(name), company.api.get(path)
	compare(golden("envelope"), {**page, "next": "", "previous": ""}, "envelope")
	assert page["data"]
	for row in page["data"]:
		compare(want, row, name)
		assert company.api.get(path + "%d/" % row["id"]) == row
	if path.startswith("/personnel/"):
		assert company.api.get(path[:-2] + "/") == page


@pytest.mark.parametrize("name,path", [s for s in SHAPES if s[0] not in ("transaction",)])
def test_writes_answer_with_the_whole_row(company, name, path):
	row = company.api.get(path)["data"][-1]
	for method in ("PUT", "PATCH"):
		r = company.api.request(method, path + "%d/" % row["id"], {})
		assert r.status == 200
		compare(golden(name), r.json(), name)


def test_a_full_person(company):
	"""Nothing is null that was given."""
	row = company.api.get(E)["data"][0]
	assert {k for k, v in row.items() if v is None} <= {"contact_tel", "office_tel", "national", "city", "address",
		"postcode", "ssn", "religion"}
	assert row["format_name"] == "1001 Test" and row["full_name"] == "Test User"


def test_actions_and_logins(company):
	assert company.api.post(E + "resync_to_device/", {"employees": [1]}) == golden("done")
	assert list(company.api.post("/api-token-auth/", {"username": company.api.user,
		"password": company.api.password})) == list(golden("token"))
	token = company.api.post("/api-token-auth/", {"username": company.api.user, "password": company.api.password})["token"]
	assert re.fullmatch("[0-9a-f]{%d}" % len(golden("token")["token"]), token)
