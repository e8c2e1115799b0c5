"""Requests of §9's clients for self-service logins, biodatas, messages, work codes, company and /base/api/."""

import pytest

from punchd_test.client import Client

E, T = "/personnel/api/employees/", "/iclock/api/terminals/"
MANY = {"page": 1, "page_size": 100}
ENVELOPE = ["count", "next", "previous", "msg", "code", "data"]


@pytest.fixture
def site(server, make_terminal):
	ann = server.api.post(E, {"emp_code": "1001", "first_name": "Ann", "department": 1, "area": [2]})
	server.api.post(E + "%d/self_password/" % ann["id"], {"self_password": "s3lf-pass-word"})
	server.api.post(E, {"emp_code": "1002", "first_name": "Bob", "department": 1, "area": [2]})
	terminal = make_terminal("GATE00000001")
	terminal.register()
	assert terminal.push("ATTLOG", "1001\t2026-05-04 08:00:00\t0\t1", "1002\t2026-05-04 08:01:00\t0\t1") == "OK: 2"
	assert terminal.push("OPERLOG", "FP PIN=1001\tFID=6\tSize=4\tValid=1\tTMP=AAAA") == "OK: 1"
	return server


@pytest.mark.parametrize("path,scheme", [("/staff-api-token-auth/", "Token"), ("/staff-jwt-api-token-auth/", "JWT")])
def test_pybiotime_and_forefold_staff_logins(site, path, scheme):
	c = Client(site, Content_Type="application/json")
	for body in ({"username": "1001", "password": "wrong"}, {"username": "1002", "password": ""}):
		assert c.json("POST", path, body).status == 400, "wrong, or never set"
	c.token(path, scheme, user="1001", password="s3lf-pass-word", company="acme")
	assert c.send("POST", E, b"{}").status in (401, 403)
	answer = c.send("GET", "/iclock/api/transactions/?page_size=200&ordering=id")
	assert answer.status in (200, 403)
	if answer.status == 200:
		assert {r["emp_code"] for r in answer.json()["data"]} == {"1001"}, "their own data only"


def test_odoo_biotime_service_biodatas(site):
	c = Client(site).basic()
	rows = c.follow("/iclock/api/biodatas/?ordering=-update_time")
	assert len(rows) == 1
	for row in rows:
		assert isinstance(row["employee"], str) and row["employee"].split(" ")[0] == "1001"
		for name in ("id", "bio_type", "bio_no", "bio_index", "bio_tmp", "major_ver", "update_time"):
			row[name]
		assert not row["bio_tmp"], "withheld unless asked for"
	emp = c.get(E, emp_code="1001")["data"][0]["id"]
	assert c.get("/iclock/api/biodatas/", employee=emp, bio_type=1, **MANY)["count"] == 1


def test_spec_utils_messages_work_codes_company(site):
	c = Client(site, Content_Type="application/json;charset=UTF-8").jwt()
	for path in ("/iclock/api/publicmessages/", "/iclock/api/privatemessages/", "/iclock/api/workcodes/"):
		assert list(c.get(path, **MANY)) == ENVELOPE
	answer = c.json("POST", "/iclock/api/workcodes/", {"code": "7", "alias": "Travel"})
	assert answer.status == 201
	row = answer.json()
	assert (row["code"], row["alias"]) == ("7", "Travel")
	assert c.json("PUT", "/iclock/api/workcodes/%d/" % row["id"], {"alias": "Tour"}).json()["alias"] == "Tour"
	company = c.get("/personnel/api/company/")["data"]
	assert len(company) == 1 and company[0]["company_code"] and company[0]["company_name"]


def test_almas_rak(site):
	c = Client(site).token()
	assert c.get("/base/api/user_notifications/total/?status=0") == {"code": 0, "msg": "", "data": {"total": 0}}
	c.headers["Authorization"] = "Token gone"
	assert c.send("GET", "/base/api/user_notifications/total/?status=0").status == 401


def test_dashboards_device_status(site):
	c = Client(site).token()
	assert c.get("/base/api/deviceStatus/")["code"] == 0
