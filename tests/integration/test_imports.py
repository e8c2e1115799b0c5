"""POST .../import/: files of people, of the organisation, cards, punches, and pictures."""

import csv
import datetime
import io
import itertools
import os
import zipfile

import openpyxl
import pytest

from punchd_test.punches import PATH, make_terminal
from punchd_test.rest import Api
from punchd_test.wait import wait_until

P = "/personnel/api/"
PEOPLE = P + "employees/import/"
PUNCHES = PATH + "import/"
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 200 + b"\xff\xd9"


def send(server, path, file, kind="text/csv", **params):
	return server.api.request("POST", path, file, params, {"Content-Type": kind})


def good(response):
	assert response.status == 200, response
	reply = response.json()
	assert (reply["code"], reply["msg"]) == (0, "")
	return reply["data"]


def refused(response):
	assert response.status == 400, response
	return response.json()["data"]


def counts(data):
	return [data[name] for name in ("rows", "created", "updated", "unchanged", "failed")]


def csv_file(*rows):
	out = io.StringIO()
	csv.writer(out).writerows(rows)
	return out.getvalue().encode()


def book_file(*rows):
	book = openpyxl.Workbook()
	for row in rows:
		book.active.append(row)
	out = io.BytesIO()
	book.save(out)
	return out.getvalue()


def zip_file(entries, kind=zipfile.ZIP_DEFLATED):
	out = io.BytesIO()
	with zipfile.ZipFile(out, "w", kind) as z:
		for name, content in entries:
			z.writestr(name, content)
	return out.getvalue()


def make_employee(server, code, **members):
	server.api.post(P + "employees/", dict({"emp_code": code, "department": 1, "area": [2]}, **members))


def employees(server):
	return {e["emp_code"]: e for e in server.api.walk(P + "employees/")}


# ------------------------------------------------------------------ people


@pytest.mark.parametrize("make", [csv_file, book_file])
def test_people(server, make):
	server.api.post(P + "departments/", {"dept_code": "OPS", "dept_name": "Operations"})
	file = make(["Emp Code", "first_name", "dept_code", "area_code", "card_no", "hire_date", "Shoe size"],
		["0001", "Ann", "OPS", "2", "12345678", "2024-05-02", "41"],
		["0002", "Bob", "1", "1;2", "", "", ""])
	data = good(send(server, PEOPLE, file))
	assert counts(data) == [2, 2, 0, 0, 0]
	assert (data["ignored_columns"], data["errors"], data["dry_run"]) == (["Shoe size"], [], False)
	people = employees(server)
	assert people["0001"]["department"]["dept_code"] == "OPS"
	assert (people["0001"]["card_no"], people["0001"]["hire_date"]) == ("12345678", "2024-05-02")
	assert [a["id"] for a in people["0002"]["area"]] == [1, 2]
	sealed = server.value("select sealed from employee where emp_code = '0001'")
	assert b"12345678" not in bytes(sealed)


def test_dates_and_numbers_of_a_workbook(server):
	file = book_file(["emp_code", "department", "area", "hire_date", "card_no", "enable_att"],
		[1001, 1, 2, datetime.date(2024, 5, 2), 4294967295, False])
	assert counts(good(send(server, PEOPLE, file))) == [1, 1, 0, 0, 0]
	e = employees(server)["1001"]
	assert (e["hire_date"], e["card_no"], e["enable_att"]) == ("2024-05-02", "4294967295", False)


BAD = csv_file(["emp_code", "dept_code", "area", "gender", "email"],
	["1", "1", "2", "F", "a@b.example"], ["2", "nope", "2", "X", "rubbish"], ["", "1", "2", "", ""],
	["1", "1", "2", "", ""], ["5", "1", "77", "", ""])


def test_all_rows_or_none_with_a_list_of_errors(server):
	data = refused(send(server, PEOPLE, BAD))
	assert counts(data) == [5, 0, 0, 0, 4]
	assert [e["row"] for e in data["errors"]] == [3, 4, 5, 6]
	assert data["errors"][0] == {"row": 3, "emp_code": "2", "errors": {
		"gender": ['"X" is not a valid choice.'], "email": ["Enter a valid email address."],
		"dept_code": ['Invalid code "nope" - object does not exist.']}}
	assert data["errors"][1]["errors"] == {"emp_code": ["This field is required."]}
	assert data["errors"][2]["errors"] == {"emp_code": ["A row above has the same emp_code."]}
	assert data["errors"][3]["errors"] == {"area": ['Invalid pk "77" - object does not exist.']}
	assert employees(server) == {}


def test_the_good_rows(server):
	assert counts(good(send(server, PEOPLE, BAD, mode="good"))) == [5, 1, 0, 0, 4]
	assert list(employees(server)) == ["1"]


@pytest.mark.parametrize("mode", ["all", "good"])
def test_a_dry_run_writes_nothing(server, mode):
	file = csv_file(["emp_code", "department", "area"], ["1", "1", "2"], ["2", "1", "2"])
	data = good(send(server, PEOPLE, file, dry_run="1", mode=mode))
	assert (data["dry_run"], counts(data)) == (True, [2, 2, 0, 0, 0])
	assert employees(server) == {}


def test_what_exists_is_an_error_or_changed(server):
	make_employee(server, "1", first_name="Old", last_name="Name")
	file = csv_file(["emp_code", "first_name", "last_name", "department", "area"], ["1", "New", "", "1", "2"],
		["2", "Bob", "", "1", "2"])
	data = refused(send(server, PEOPLE, file))
	assert data["errors"][0]["errors"] == {"emp_code": ["employee with this emp_code already exists."]}
	assert counts(good(send(server, PEOPLE, file, existing="update"))) == [2, 1, 1, 0, 0]
	e = employees(server)["1"]
	assert (e["first_name"], e["last_name"]) == ("New", "Name")  # an empty cell erases nothing


def test_cards(server):
	make_employee(server, "1")
	make_employee(server, "2")
	file = csv_file(["emp_code", "card_no", "first_name"], ["1", "111", "x"], ["2", "222", "y"])
	data = good(send(server, P + "employees/import_cards/", file))
	assert (counts(data), data["ignored_columns"]) == ([2, 0, 2, 0, 0], ["first_name"])
	assert {c: e["card_no"] for c, e in employees(server).items()} == {"1": "111", "2": "222"}
	assert employees(server)["1"]["first_name"] == ""
	assert server.api.get(P + "employees/", card_no="222")["count"] == 1
	data = refused(send(server, P + "employees/import_cards/", csv_file(["emp_code", "card_no"], ["9", "1"])))
	assert data["errors"][0]["errors"] == {"emp_code": ["There is no such employee."]}


def test_terminals_get_who_was_imported(server):
	make_terminal(server, "GATE1", "Main gate")
	good(send(server, PEOPLE, csv_file(["emp_code", "department", "area"], ["1", "1", "2"])))
	assert server.value("select count(*) from terminal_person where wanted") == 1


@pytest.mark.parametrize("mode", ["all", "good"])
@pytest.mark.parametrize("name,code,parent", [("departments", "dept", "parent_dept"),
	("positions", "position", "parent_position"), ("areas", "area", "parent_area")])
def test_the_organisation_with_parents_of_the_same_file(server, name, code, parent, mode):
	path = P + name + "/import/"
	file = csv_file([code + "_code", code + "_name", parent + "_code"], ["A", "Top", ""], ["B", "Below", "A"],
		["C", "Deep", "B"])
	assert counts(good(send(server, path, file, mode=mode))) == [3, 3, 0, 0, 0]
	rows = {r[code + "_code"]: r for r in server.api.walk(P + name + "/")}
	assert rows["C"][parent][code + "_code"] == "B" and rows["A"][parent] is None
	file = csv_file([code + "_code", code + "_name", parent + "_code"], ["E", "No", "F"], ["F", "Later", ""])
	data = refused(send(server, path, file))
	assert data["errors"][0]["errors"] == {
		parent + "_code": ['Invalid code "F" - object does not exist.']}


def test_a_form_with_a_file(server):
	file = csv_file(["emp_code", "department", "area"], ["1", "1", "2"])
	form = (b'--b\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n'
		b"Content-Type: text/csv\r\n\r\n" + file + b"\r\n--b--\r\n")
	assert counts(good(send(server, PEOPLE, form, "multipart/form-data; boundary=b"))) == [1, 1, 0, 0, 0]


def test_many_rows_and_others_are_served_meanwhile(server):
	rows = [["emp_code", "department", "area", "mobile"]] + [[str(i), "1", "2", "0%d" % i] for i in range(2000)]
	assert counts(good(send(server, PEOPLE, csv_file(*rows)))) == [2000, 2000, 0, 0, 0]
	assert employees(server)["1999"]["mobile"] == "01999"


@pytest.mark.parametrize("file,message", [(b"", "No file was submitted."), (b"\n", "The file has no header."),
	(b"name\nx\n", "The file has no column emp_code."),
	(b"emp_code,emp_code\n1,2\n", "The file has two columns emp_code."),
	(b"\xff\xfe", "The file is neither a workbook (.xlsx) nor text in UTF-8."),
	(b"PK\3\4rubbish", "The archive is damaged."), (b'emp_code\n"1', "Line 2: a quote is not closed.")])
def test_what_is_no_file(server, file, message):
	r = send(server, PEOPLE, file)
	assert (r.status, r.json()) == (400, {"file": [message]})


@pytest.mark.parametrize("params", [{"mode": "some"}, {"existing": "delete"}, {"dry_run": "perhaps"}])
def test_options(server, params):
	r = send(server, PEOPLE, csv_file(["emp_code"]), **params)
	assert r.status == 400 and list(r.json()) == list(params)


def test_bombs(server):
	sheet = "<worksheet>" + " " * (8 << 20) + "</worksheet>"
	workbook = "<workbook xmlns:r='r'><sheets><sheet r:id='a'/></sheets></workbook>"
	rels = "<Relationships><Relationship Id='a' Target='s.xml'/></Relationships>"
	parts = [("xl/workbook.xml", workbook), ("xl/_rels/workbook.xml.rels", rels)]
	r = send(server, PEOPLE, zip_file(parts + [("xl/s.xml", sheet)]))
	assert r.json() == {"file": ["The archive unpacks to too much."]}
	laughs = '<!DOCTYPE a [<!ENTITY b "lol">]><worksheet>&b;</worksheet>'
	r = send(server, PEOPLE, zip_file(parts + [("xl/s.xml", laughs)]))
	assert r.json() == {"file": ["The workbook declares a document type."]}
	r = send(server, PEOPLE, zip_file([("%d" % i, "") for i in range(20001)], zipfile.ZIP_STORED))
	assert r.json() == {"file": ["The archive has too many entries."]}


FOREIGN = (
	(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "(.xls): save it as .xlsx."),
	(b"\r\n<html><table><tr><td>Employee ID</td></tr></table></html>", "save it as .xlsx."),
	(b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "save it as .xlsx."),
	("Employee ID\nM\u00fcller\n".encode("cp1252"), "text in UTF-8."))


def test_files_of_other_kinds_are_named(server):
	for path, (file, message) in itertools.product((PEOPLE, PUNCHES), FOREIGN):
		r = send(server, path, file)
		assert r.status == 400 and r.json()["file"][0].endswith(message), r


# ------------------------------------------------------------------ as ZKBio Time and Excel write them

STAFF = (["Employee ID", "First Name", "Last Name", "Department", "Position", "Area", "Card No.", "Hire Date",
	"Gender", "Mobile", "Device Privilege"],
	["Ann", "L\u00ea", "Operations", "Smith", "Head Office", "7654321", "02/11/2025", "Female", "0171", "Employee"],
	["Bob", "Roe", "OPS", "Smith", "Head Office|North", "", "3.1.2026", "Male", "", "Super Administrator"])


def excel(rows, separator=";", encoding="utf-8-sig", before=""):
	return (before + "".join(separator.join(r) + "\r\n" for r in rows)).encode(encoding)


FORMS = (excel, lambda rows: excel(rows, "\t", "utf-16"), lambda rows: excel(rows, "\t", "utf-16-be", "\ufeff"),
	lambda rows: excel(rows, ";", "utf-8", "sep=;\r\n"), lambda rows: excel(rows, ",", "utf-8"),
	lambda rows: book_file(["Employees"], ["2026-11-30"], [], *rows))


def test_people_with_the_words_of_zkbio_time(server):
	server.api.post(P + "departments/", {"dept_code": "OPS", "dept_name": "Operations"})
	server.api.post(P + "positions/", {"position_code": "S", "position_name": "Smith"})
	server.api.post(P + "areas/", {"area_code": "N", "area_name": "North"})
	for i, form in enumerate(FORMS):
		codes = ["%d1" % i, "%d2" % i]
		data = good(send(server, PEOPLE, form([STAFF[0]] + [[c] + row for c, row in zip(codes, STAFF[1:])]), date_format="dmy"))
		assert (counts(data), data["ignored_columns"]) == ([2, 2, 0, 0, 0], []), i
		ann, bob = [employees(server)[c] for c in codes]
		assert [e["department"]["dept_code"] for e in (ann, bob)] == ["OPS", "OPS"]
		assert (ann["last_name"], ann["position"]["position_code"], ann["card_no"], ann["hire_date"], ann["gender"],
			ann["mobile"], ann["dev_privilege"]) == ("L\u00ea", "S", "7654321", "2025-11-02", "F", "0171", 0)
		assert (bob["hire_date"], bob["gender"], bob["dev_privilege"]) == ("2026-01-03", "M", 14)
		assert sorted(a["area_name"] for a in bob["area"]) == ["Head Office", "North"]
		server.api.request("DELETE", P + "employees/%d/" % ann["id"])  # a card is one person's


def test_names_that_are_nobodys_or_two(server):
	for code in ("A", "B"):
		server.api.post(P + "departments/", {"dept_code": code, "dept_name": "Twins"})
	for name in ("Twins", "Nowhere"):
		data = refused(send(server, PEOPLE, csv_file(["Employee ID", "Department", "area"], ["1", name, "2"])))
		assert data["errors"][0]["errors"] == {
			"dept_name": ['"%s" is the code or name of none, or of several.' % name]}
	# the code goes before the name, whatever the order
	file = csv_file(["Department Name", "Dept Code", "department", "emp_code", "area"], ["Nowhere", "B", "99", "1", "2"])
	assert good(send(server, PEOPLE, file))["ignored_columns"] == ["Department Name", "department"]
	assert employees(server)["1"]["department"]["dept_code"] == "B"


def test_cards_with_other_words(server):
	make_employee(server, "7")
	good(send(server, P + "employees/import_cards/", csv_file(["Employee ID", "Card Number"], ["7", "12345"])))
	assert employees(server)["7"]["card_no"] == "12345"


@pytest.mark.parametrize("path", [PEOPLE, P + "employees/import_cards/", P + "employees/import_photos/",
	P + "departments/import/", P + "positions/import/", P + "areas/import/", PUNCHES])
def test_only_who_may_write(server, path):
	server.command("user", "add", "reader", "--password-file", "/dev/stdin", stdin="long enough pw")
	reader = Api(server.address, "reader", "long enough pw")
	assert reader.request("POST", path, b"emp_code\n1\n").status == 403
	assert reader.request("POST", path, b"emp_code\n1\n", authorization="").status == 401
	assert server.api.request("GET", path).status in (404, 405)


# ------------------------------------------------------------------ punches


def test_punches(server):
	make_terminal(server, "GATE1", "Main gate")
	make_employee(server, "7", first_name="Ann")
	file = csv_file(["emp_code", "punch_time", "punch_state", "verify_type", "work_code", "terminal_sn"],
		["7", "2024-05-02 08:59:58", "0", "15", "W1", "GATE1"], ["7", "2024-05-02 17:00:00", "1", "", "", ""],
		["008", "2024-05-01 17:00:00", "", "", "", "OLDBOX"], ["7", "2024-05-02 17:00:00", "0", "", "", ""])
	assert counts(good(send(server, PUNCHES, file))) == [4, 3, 0, 1, 0]
	rows = server.api.walk(PATH)
	assert [r["id"] for r in rows] == [1, 2, 3]
	assert [(r["emp_code"], r["punch_time"], r["punch_state"], r["terminal_sn"]) for r in rows] == [
		("008", "2024-05-01 17:00:00", "255", "OLDBOX"), ("7", "2024-05-02 08:59:58", "0", "GATE1"),
		("7", "2024-05-02 17:00:00", "1", "")]
	assert (rows[1]["terminal_alias"], rows[1]["first_name"], rows[1]["work_code"]) == ("Main gate", "Ann", "W1")
	assert counts(good(send(server, PUNCHES, file))) == [4, 0, 0, 4, 0]
	assert server.api.get(PATH)["count"] == 3


@pytest.mark.parametrize("make", [csv_file, book_file])
def test_punches_with_zones(server, make):
	"""As manual logs: each a wall clock in timezone, Asia/Kolkata, and of one moment one punch."""
	file = make(["emp_code", "punch_time"], ["1", "2026-11-02T03:00:00Z"], ["1", "2026-11-02 03:30:00+00"],
		["1", "2026-11-02 09:00:00+05:30"], ["1", "2026-11-02 08:30"], ["1", "2026-11-01T23:59:59.999-0300"],
		["1", "2026-11-02 09:00:00 +16:00"], ["1", "2026-11-02 09:00:00 IST"], ["1", "2026-11-02Z"])
	r = good(send(server, PUNCHES, file, mode="good"))
	assert counts(r) == [8, 3, 0, 2, 3] and [list(e["errors"]) for e in r["errors"]] == [["punch_time"]] * 3
	assert [e["row"] for e in r["errors"]] == [7, 8, 9]
	assert sorted(x["punch_time"] for x in server.api.walk(PATH)) == ["2026-11-02 08:29:59", "2026-11-02 08:30:00",
		"2026-11-02 09:00:00"]


def test_a_deleted_punch_does_not_come_back(server):
	file = csv_file(["emp_code", "punch_time"], ["7", "2024-05-02 08:59:58"])
	good(send(server, PUNCHES, file))
	server.api.request("DELETE", PATH + "1/")
	assert counts(good(send(server, PUNCHES, file))) == [1, 0, 0, 1, 0]
	assert server.api.get(PATH)["count"] == 0


def test_what_was_exported_can_be_imported(server):
	make_terminal(server, "GATE1", "Main gate")
	rows = [["emp_code", "punch_time", "terminal_sn"]] + [
		["%d" % (i % 7), "2024-01-%02d 08:%02d:%02d" % (i // 3600 + 1, i // 60 % 60, i % 60), "GATE1"]
		for i in range(7000)]
	assert counts(good(send(server, PUNCHES, csv_file(*rows), mode="good"))) == [7000, 7000, 0, 0, 0]
	for kind in ("csv", "xls"):
		file = server.api.raw("GET", PATH + "export/", export_type=kind).body
		assert counts(good(send(server, PUNCHES, file))) == [7000, 0, 0, 7000, 0]
	ids = [r["id"] for r in server.api.walk(PATH, page_size=100000)]
	assert ids == list(range(1, 7001))
	assert server.value("select count(*) from punch_variant") == 0


@pytest.mark.parametrize("mode,stored", [("all", 0), ("good", 1)])
def test_punches_with_errors(server, mode, stored):
	file = book_file(["emp_code", "punch_time", "punch_state"], [7, datetime.datetime(2024, 5, 2, 8, 59, 58), 0],
		["", "2024-05-02", 0], ["1" * 21, "yesterday", 999])
	r = send(server, PUNCHES, file, mode=mode)
	data = r.json()["data"]
	assert (r.status, counts(data)) == (200 if stored else 400, [3, stored, 0, 0, 2])
	assert sorted(data["errors"][1]["errors"]) == ["emp_code", "punch_state", "punch_time"]
	assert [p["punch_time"] for p in server.api.walk(PATH)] == ["2024-05-02 08:59:58"] * stored


def punches(server):
	return [(p["emp_code"], p["punch_time"], p["punch_state"], p["verify_type"]) for p in server.api.walk(PATH)]


LISTS = (
	("Emp Code,Punch Time,Punch State", "7,2026-11-02 08:12:00,Check Out", {}),
	("EMP_CODE,punch-time,PunchState", "7,2026/11/02 8:12,1", {}),
	("Employee ID,First Name,Department,Date,Time,Punch State,Verify Type", "7,Ann,Ops,2026-11-02,08:12,Check Out,Any", {}),
	("Employee ID,Date,Time,Punch State", "7,02/11/2026,8:12:00 AM,C/Out", {"date_format": "dmy"}),
	("Employee ID,Date,Time,Punch State", "7,11/02/2026,8:12 a. m.,Clock Out", {"date_format": "MDY"}),
	("Personnel No,Date/Time,State", "7,2-Nov-26 08:12:00,O", {}),
	("emp_code,att_date,punch_time,punch_state,punch_state_display", "7,2026-11-02,08:12:00,1,Check Out", {}),
	("emp_code,att_date,punch_time,punch_state", "7,2026-11-02,2026-11-02 08:12:00,1", {}),
	("AC-No.;Time;Status", "7;02.11.2026 08:12;out", {"date_format": "dmy"}),
	("Transactions\n2026-11-01 to 2026-11-30\nEmployee ID,Time,State", "7,2026-11-02 08:12:00,1", {}))


def test_punches_as_others_write_them(server):
	for i, (header, row, params) in enumerate(LISTS):
		data = good(send(server, PUNCHES, (header + "\n" + str(i) + row + "\n").encode(), **params))
		assert counts(data) == [1, 1, 0, 0, 0], header
		assert punches(server)[-1] == ("%d7" % i, "2026-11-02 08:12:00", "1", 0), header


def test_dates_and_times_of_a_workbook_in_two_columns(server):
	file = book_file(["Employee ID", "Date", "Time", "Punch State"],
		[7, datetime.date(2026, 11, 2), datetime.time(8, 12), "Break Out"],
		[7, "2026-11-02", datetime.time(17, 0, 1), "Overtime Out"], [7, datetime.datetime(2026, 11, 3), "0:05", 0])
	assert counts(good(send(server, PUNCHES, file))) == [3, 3, 0, 0, 0]
	assert punches(server) == [("7", "2026-11-02 08:12:00", "2", 0), ("7", "2026-11-02 17:00:01", "5", 0),
		("7", "2026-11-03 00:05:00", "0", 0)]


UNCLEAR = (("7,02/11/2026 08:12:00", {}), ("7,31/02/2026 08:12", {"date_format": "dmy"}),
	("7,13/11/2026 08:12", {"date_format": "mdy"}), ("7,2026-11-02 8:12 XM", {}), ("7,2026-11-02 13:12 PM", {}),
	("7,2026-11-02 08:12:00,maybe", {}))


def test_times_that_nobody_can_tell(server):
	for row, params in UNCLEAR:
		data = refused(send(server, PUNCHES, ("emp_code,punch_time,punch_state\n" + row + "\n").encode(), **params))
		assert counts(data) == [1, 0, 0, 0, 1], row
	r = send(server, PUNCHES, b"emp_code,punch_time\n", date_format="dym")
	assert r.status == 400 and list(r.json()) == ["date_format"]


def test_a_stick_of_a_terminal(server):
	"""1_attlog.dat: PIN, time, device, state, verify, work code; no header."""
	make_terminal(server, "GATE1", "Main gate")
	stick = (b"        7\t2026-11-02 08:12:00\t1\t0\t15\t0\t0\r\n       12\t2026-11-02 17:00:00\t1\t1\t1\t3\t0\r\n"
		b"        7\t2026-11-02 17:05:00\t1\t255\t4\t\r\n")
	tried = good(send(server, PUNCHES, stick, dry_run=1))
	assert (counts(tried), tried["ignored_columns"]) == ([3, 3, 0, 0, 0], [])
	assert counts(good(send(server, PUNCHES, stick, terminal_sn="GATE1"))) == [3, 3, 0, 0, 0]
	assert punches(server) == [("7", "2026-11-02 08:12:00", "0", 15), ("12", "2026-11-02 17:00:00", "1", 1),
		("7", "2026-11-02 17:05:00", "255", 4)]
	assert {(p["terminal_sn"], p["terminal_alias"]) for p in server.api.walk(PATH)} == {("GATE1", "Main gate")}
	assert counts(good(send(server, PUNCHES, stick))) == [3, 0, 0, 3, 0]


@pytest.mark.parametrize("mode", ["all", "good"])
def test_a_dry_run_of_punches_counts(server, mode):
	good(send(server, PUNCHES, csv_file(["emp_code", "punch_time"], ["7", "2024-05-02 08:00:00"],
		["7", "2024-05-02 09:00:00"])))
	server.api.request("DELETE", PATH + "1/")
	rows = [["7", "2024-05-02 0%d:00:00" % h] for h in (8, 9, 7, 7)] + [["8", "2024-05-02 08:00:00"]]
	file = csv_file(["emp_code", "punch_time"], *rows)
	tried = good(send(server, PUNCHES, file, dry_run=1, mode=mode))
	assert (counts(tried), tried["dry_run"]) == ([5, 2, 0, 3, 0], True)
	assert server.api.get(PATH)["count"] == 1
	assert server.value("select count(*) from pin where code = '8'") == 0
	assert counts(good(send(server, PUNCHES, file, mode=mode))) == counts(tried)
	bad = csv_file(["emp_code", "punch_time"], ["9", "2024-05-02 08:00:00"], ["9", "soon"])
	r = send(server, PUNCHES, bad, dry_run=1, mode=mode)
	assert counts(r.json()["data"]) == ([2, 1, 0, 0, 1] if mode == "good" else [2, 0, 0, 0, 1])


# ------------------------------------------------------------------ pictures

PHOTOS = P + "employees/import_photos/"


def test_photos(server):
	make_employee(server, "7")
	make_employee(server, "8")
	file = zip_file([("7.jpg", JPEG), ("8.JPEG", JPEG)])
	assert counts(good(send(server, PHOTOS, file, "application/zip"))) == [2, 2, 0, 0, 0]
	rows = server.sql("select p.code, f.form, f.file_name, f.sealed from photo f join pin p on p.id = f.pin_id order by 1")
	assert [(r[0], r[1], r[2]) for r in rows] == [("7", "USERPIC", "7.jpg"), ("8", "USERPIC", "8.jpg")]
	assert all(JPEG not in bytes(r[3]) and b"/9j/" not in bytes(r[3]) for r in rows)
	data = refused(send(server, PHOTOS, file))
	assert data["errors"][0]["errors"] == {"file": ["The employee has a picture already."]}
	assert counts(good(send(server, PHOTOS, file, existing="update"))) == [2, 0, 2, 0, 0]


def test_photos_with_errors(server):
	make_employee(server, "7")
	file = zip_file([("7.jpg", JPEG), ("dir/7.jpg", JPEG), ("../7.jpg", JPEG), ("9.jpg", JPEG), ("7.jpeg", b"GIF89a"),
		("readme.txt", b"x"), ("8.jpg", JPEG + b"\0" * (1 << 20))])
	data = refused(send(server, PHOTOS, file))
	assert counts(data) == [7, 0, 0, 0, 6]
	name = ["The name must be <emp_code>.jpg, without a directory."]
	assert [e["errors"]["file"] for e in data["errors"]] == [name, name, ["There is no such employee."],
		["The file is no JPEG picture."], name, ["The archive unpacks to too much."]]
	assert server.value("select count(*) from photo") == 0
	assert counts(good(send(server, PHOTOS, file, mode="good"))) == [7, 1, 0, 0, 6]
	assert server.value("select count(*) from photo") == 1


def test_what_systems_put_into_archives_is_no_row(server):
	make_employee(server, "7")
	file = zip_file([("Thumbs.db", b"x"), ("7.jpg", JPEG), (".DS_Store", b"x"), ("__MACOSX/", b""), ("__MACOSX/._7.jpg", b"x"),
		("Desktop.ini", b"x"), ("._7.jpg", b"x"), ("pictures/", b""), ("pictures/thumbs.db", b"x")])
	assert counts(good(send(server, PHOTOS, file))) == [1, 1, 0, 0, 0]
	assert counts(refused(send(server, PHOTOS, zip_file([("../7.jpg", JPEG), ("7.db", JPEG)])))) == [2, 0, 0, 0, 2]


def test_pictures_that_unpack_to_much_take_little_memory(server):
	"""Two hundred of a megabyte each in 200 kB: the archive may unpack to a few times what it is."""
	file = zip_file([("%d.jpg" % n, JPEG + b"\0" * ((1 << 20) - 1000)) for n in range(200)])
	assert len(file) < 1 << 18
	server.api.get(P + "employees/")
	before = server.memory()
	for mode in ("all", "good", "all", "good"):
		r = send(server, PHOTOS, file, mode=mode)
		errors = r.json()["data"]["errors"]
		assert sum(e["errors"]["file"] == ["The archive unpacks to too much."] for e in errors) > 180, errors[:3]
	wait_until(lambda: server.memory() < before + (60 << 20), 10, "the memory has come back")


def test_pictures_come_back_to_the_system(server):
	"""Real ones, which do not pack: all are stored, and what reading them took is given back."""
	for n in range(20):
		make_employee(server, str(n))
	file = zip_file([("%d.jpg" % n, JPEG + os.urandom(500000)) for n in range(20)])
	before = server.memory()
	assert counts(good(send(server, PHOTOS, file))) == [20, 20, 0, 0, 0]
	assert counts(good(send(server, PHOTOS, file, existing="update", mode="good")))[:3] == [20, 0, 20]
	assert server.value("select count(*) from photo") == 20
	wait_until(lambda: server.memory() < before + (60 << 20), 10, "the memory has come back")
