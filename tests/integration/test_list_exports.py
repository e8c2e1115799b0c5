"""<list>/export/: every list as a file, by one piece of code."""

import csv
import io
import shutil

import openpyxl
import pytest

from punchd_test.openapi import Document
from punchd_test.rest import Api
from punchd_test.server import Server

P = "/personnel/api/"
PEOPLE = P + "employees/"
WITHOUT = ("/staff/", "/att/api/transactionReport", "/att/api/first", "/att/api/total", "/att/api/daily", "/att/api/monthly",
	"/base/api/dailyAbsent", "/base/api/permissions")
READER = "Long-Pass-4711"


@pytest.fixture(scope="module")
def server(pg, clone):
	"""One for all of these tests, which only read; what one adds the next one may see."""
	database = clone(pg)
	server = Server(database)
	try:
		api = server.api
		api.post(P + "areas/", {"area_code": "N", "area_name": "North", "parent_area": 2})
		api.post(P + "departments/", {"dept_code": "OPS", "dept_name": "Operations", "parent_dept": 1})
		api.post(P + "customattributes/", {"attr_name": "Locker", "attr_type": "number"})
		api.post(PEOPLE, {"emp_code": "0007", "first_name": "Nguy\u1ec5n", "last_name": "=1+1", "department": 2, "position": 1,
			"area": [2, 3], "card_no": "7654321", "device_password": "0815", "mobile": "+49 171", "birthday": "1990-02-01",
			"gender": "F", "hire_date": "2024-05-02", "email": "a@b.example", "Locker": 12, "dev_privilege": 14})
		api.post(PEOPLE, {"emp_code": "8", "department": 1, "area": [2]})
		api.post("/base/api/users/", {"username": "reader", "password": READER})
		yield server
	finally:
		server.stop()
		shutil.rmtree(server.dir, ignore_errors=True)
		database.drop()


def rows_of(response, delimiter=","):
	assert response.status == 200, response
	return list(csv.DictReader(io.StringIO(response.body.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def export(api, path, **params):
	return rows_of(api.raw("GET", path + "export/", **{"export_type": "csv", **params}))


def test_every_list_is_a_file(server):
	document = Document(server.api)
	lists = [p for p in document.collections() if not p.startswith(WITHOUT)]
	paths = set(document.json["paths"])
	assert not [p for p in lists if p + "export/" not in paths]
	document.fill()
	filled = 0
	for path in lists:
		r = server.api.raw("GET", path + "export/", export_type="csv")
		assert r.headers["content-disposition"] == 'attachment; filename="%s.csv"' % path.split("/")[-2]
		rows, shown = rows_of(r), server.api.walk(path, page_size=200)
		assert r.text.split(",")[0].strip() == "id", path
		if path.startswith("/base/api/auditlogs"):  # the file goes forward, and reading makes no rows
			shown.reverse()
		assert [row["id"] for row in rows] == [str(row["id"]) for row in shown], path
		for row, member in zip(rows, shown):
			for name, value in member.items():
				if isinstance(value, (str, int)) and not isinstance(value, bool) and path != "/iclock/api/transactions/":
					assert row[name].lstrip("'") == str(value).lstrip("'"), (path, name)
		filled += bool(rows)
	assert filled > 25


def test_people(server):
	[row, _] = export(server.api, PEOPLE, ordering="emp_code")[:2]
	assert {name: row[name] for name in ("emp_code", "first_name", "last_name", "department", "dept_code", "dept_name", "position",
		"position_code", "area", "area_code", "area_name", "card_no", "device_password", "mobile", "birthday", "gender", "hire_date",
		"email", "Locker", "dev_privilege", "enable_att", "enable_attendance")} == {
			"emp_code": "0007", "first_name": "Nguy\u1ec5n", "last_name": "'=1+1", "department": "2", "dept_code": "OPS",
			"dept_name": "Operations", "position": "1", "position_code": "1", "area": "2;3", "area_code": "2;N",
			"area_name": "Head Office;North", "card_no": "7654321", "device_password": "0815", "mobile": "'+49 171",
			"birthday": "1990-02-01", "gender": "F", "hire_date": "2024-05-02", "email": "a@b.example", "Locker": "12",
			"dev_privilege": "14", "enable_att": "true", "enable_attendance": "true"}
	names = list(row)
	assert len(names) == len(set(names)) and names[0] == "id" and "self_password" not in names
	parents = export(server.api, P + "departments/")[1]
	assert (parents["parent_dept"], parents["parent_dept_code"], parents["parent_dept_name"]) == ("1", "1", "Department")


def test_files_of_all_kinds(server):
	get = server.api.raw
	chosen = {"export_headers": "last_name, emp_code,nonsense", "emp_code": "0007"}
	r = get("GET", PEOPLE + "export/", export_type="txt", **chosen)
	assert (r.headers["content-type"], r.text) == ("text/plain", "last_name\temp_code\r\n'=1+1\t0007\r\n")
	for name in ("xls", "xlsx"):
		book = openpyxl.load_workbook(io.BytesIO(get("GET", PEOPLE + "export/", export_type=name, **chosen).body))
		cells = list(book.active.iter_rows())
		assert [[c.value for c in row] for row in cells] == [["last_name", "emp_code"], ["=1+1", "0007"]]
		assert {c.data_type for c in cells[1]} == {"s"}
	assert get("GET", PEOPLE + "export/").json() == {"export_type": ["This field is required."]}
	assert get("GET", PEOPLE + "export/", export_type="pdf").status == 400
	assert server.api.request("HEAD", PEOPLE + "export/?export_type=csv").status == 200


def test_the_mark_of_the_byte_order(server):
	paths = [PEOPLE, "/iclock/api/transactions/", "/base/api/auditlogs/", "/iclock/api/rejects/", "/att/api/firstLastReport/",
		"/att/api/transactionReport/"]
	for path in paths:
		plain = server.api.raw("GET", path + "export/", export_type="csv", emp_code="0007").body
		marked = server.api.raw("GET", path + "export/", export_type="csv", emp_code="0007", bom=1).body
		assert marked.startswith(b"\xef\xbb\xbf") and not plain.startswith(b"\xef\xbb\xbf"), path
		assert marked[3:].splitlines()[0] == plain.splitlines()[0], path
		assert server.api.raw("GET", path + "export/", export_type="xlsx", bom="true").body[:2] == b"PK"
		assert server.api.raw("GET", path + "export/", export_type="csv", bom="perhaps").json() == {
			"bom": ["Must be a valid boolean."]}


def test_credentials_are_for_who_may_see_them(server):
	reader = Api(server.address, "reader", READER)
	[row] = export(reader, PEOPLE, emp_code="0007")
	assert (row["card_no"], row["device_password"], row["mobile"]) == ("", "", "'+49 171")
	assert reader.raw("GET", "/base/api/users/export/", export_type="csv").status == 403


@pytest.fixture(scope="module")
def codes(server):
	server.sql("insert into work_code (code, alias) select n::text, 'w' || n % 7 from generate_series(1, 1300) n")
	return "/iclock/api/workcodes/"


@pytest.mark.parametrize("params", [{}, {"ordering": "-id"}, {"ordering": "-alias"}, {"ordering": "alias,-id"}, {"alias": "w3"},
	{"alias": "w3", "ordering": "-id"}, {"code_icontains": "99", "ordering": "code"}, {"page": 2, "page_size": 600},
	{"page": "last", "page_size": 500, "ordering": "alias"}, {"search": "nothing"}, {"id": "x"}])
def test_filters_orders_and_pages(server, codes, params):
	rows = export(server.api, codes, **params)
	if "page" in params:
		shown = server.api.get(codes, **params)["data"]
	else:
		shown = server.api.walk(codes, page_size=2000, **params)
	assert [r["id"] for r in rows] == [str(r["id"]) for r in shown]
	assert (not rows) == (params.get("search") == "nothing" or params.get("id") == "x")


def test_memory_is_flat(server):
	logs = "/iclock/api/terminallogs/"
	server.sql("insert into operation_log (sn, code, operator, raw, content_hash) select 'X', 4, repeat('x', 100), '',"
		" sha256(n::text::bytea) from generate_series(1, 100000) n")
	export(server.api, logs, terminal_sn="nobody")
	before = server.memory()
	r = server.api.raw("GET", logs + "export/", export_type="csv")
	grown = server.memory() - before
	assert len(rows_of(r)) >= 100000
	assert grown < 24 << 20, grown


def test_what_was_exported_changes_nothing_when_it_is_imported(server):
	for name in ("areas", "departments", "positions", "employees"):
		path = P + name + "/"
		before = [{**row, "update_time": ""} for row in server.api.walk(path)]
		versions = server.sql("select pin_id, version from terminal_person order by 1, 2")
		for kind in ("csv", "txt", "xlsx"):
			file = server.api.raw("GET", path + "export/", export_type=kind, bom=1).body
			r = server.api.request("POST", path + "import/", file, {"existing": "update"}, {"Content-Type": "text/csv"})
			data = r.json()["data"]
			assert (r.status, data["failed"], data["created"], data["rows"]) == (200, 0, 0, len(before)), data
			assert [{**row, "update_time": ""} for row in server.api.walk(path)] == before
		assert server.sql("select pin_id, version from terminal_person order by 1, 2") == versions


def test_a_company_moves_by_its_files(server, pg, clone):
	"""Ids are others there; codes say what belongs to what."""
	database = clone(pg)
	other = Server(database)
	try:
		other.api.post(P + "areas/", {"area_code": "zzz", "area_name": "First here"})
		other.api.post(P + "departments/", {"dept_code": "zzz", "dept_name": "First here"})
		for name in ("areas", "departments", "positions", "employees"):
			path = P + name + "/"
			file = server.api.raw("GET", path + "export/", export_type="csv").body
			r = other.api.request("POST", path + "import/", file, {"existing": "update"}, {"Content-Type": "text/csv"})
			assert r.status == 200, r
		here, there = [{e["emp_code"]: e for e in s.api.walk(PEOPLE)}["0007"] for s in (server, other)]
		assert there["department"]["dept_code"] == "OPS" and there["department"]["id"] != here["department"]["id"]
		assert sorted(a["area_code"] for a in there["area"]) == ["2", "N"]
		assert (there["last_name"], there["mobile"], there["card_no"]) == ("=1+1", "+49 171", "7654321")
		[ops] = [d for d in other.api.walk(P + "departments/") if d["dept_code"] == "OPS"]
		assert ops["parent_dept"]["dept_code"] == "1"
	finally:
		other.stop()
		shutil.rmtree(other.dir, ignore_errors=True)
		database.drop()
