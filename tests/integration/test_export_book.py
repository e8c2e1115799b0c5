"""Workbooks: the exports of punches and reports as .xlsx, read by openpyxl."""

import io
import socket
import zipfile

import openpyxl
import pytest

from punchd_test import wait_until
from punchd_test.punches import PATH, fill, make_employee, make_terminal, second, store

EXPORT = PATH + "export/"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def gate(server):
	make_terminal(server, "GATE1", "Main gate")
	return server


def book(response):
	assert response.status == 200, response
	assert response.headers["content-type"] == TYPE
	return openpyxl.load_workbook(io.BytesIO(response.body))


def cells(sheet):
	return [list(row) for row in sheet.iter_rows(values_only=True)]


def shown(server, columns, **params):
	rows = server.api.walk(PATH, page_size=100000, **params)
	return [columns] + [[value if value != "" else None for value in (row[c] for c in columns)] for row in rows]


@pytest.mark.parametrize("kind", ["xls", "xlsx", "XLS"])
def test_a_workbook_holds_what_the_list_shows(gate, kind):
	make_employee(gate, "100", first='Ann <"the"> & boss', last="Ü", position=1)
	fill(gate, 7000)  # more than one piece
	r = gate.api.raw("GET", EXPORT, export_type=kind)
	assert r.headers["content-disposition"] == 'attachment; filename="transactions.xlsx"'
	sheets = book(r)
	assert len(sheets.worksheets) == 1
	got = cells(sheets.worksheets[0])
	columns = got[0]
	want = shown(gate, columns)
	state = columns.index("punch_state")  # a number in a sheet, a text in JSON
	for row in want[1:]:
		row[state] = int(row[state])
	assert got == want


def test_pages_headers_and_nothing(gate):
	fill(gate, 1000)
	r = gate.api.raw("GET", EXPORT, export_type="xls", page=2, page_size=10, export_headers="id, emp_code")
	assert cells(book(r).active)[0] == ["id", "emp_code"]
	assert [row[0] for row in cells(book(r).active)[1:]] == list(range(11, 21))
	r = gate.api.raw("GET", EXPORT, export_type="xls", emp_code="nobody", export_headers="id")
	assert cells(book(r).active) == [["id"]]
	assert gate.api.raw("HEAD", EXPORT, export_type="xls").status == 200
	assert gate.api.raw("GET", EXPORT, export_type="xls", page=1000, page_size=100).status == 404


def test_cells_are_text_and_no_formulas(gate):
	make_employee(gate, "100", first='=HYPERLINK("http://x")', last="+1")
	store(gate, [("100", second(0), "GATE1")], codes=["@SUM(A1)"])
	sheet = book(gate.api.raw("GET", EXPORT, export_type="xls",
		export_headers="first_name,last_name,work_code,emp_code,id")).active
	row = list(sheet.iter_rows(min_row=2))[0]
	assert [c.value for c in row] == ['=HYPERLINK("http://x")', "+1", "@SUM(A1)", "100", 1]
	assert [c.data_type for c in row][1:] == ["s", "s", "s", "n"]
	assert b"<f>" not in sheet_xml(gate)


def sheet_xml(gate):
	r = gate.api.raw("GET", EXPORT, export_type="xls")
	return zipfile.ZipFile(io.BytesIO(r.body)).read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("report", ["firstLastReport", "transactionReport"])
def test_reports(gate, report):
	make_employee(gate, "100", first="=Ann")
	store(gate, [("100", second(0), "GATE1"), ("100", second(3600), "GATE1")])
	r = gate.api.raw("GET", "/att/api/%s/export/" % report, export_type="xls", start_date="2024-01-01",
		end_date="2024-01-01", export_headers="emp_code,first_name,att_date")
	assert r.headers["content-disposition"] == 'attachment; filename="%s.xlsx"' % report
	got = cells(book(r).active)
	assert got[0] == ["emp_code", "first_name", "att_date"]
	assert got[1] == ["100", "=Ann", "2024-01-01"]


def test_nothing_stays_behind(gate):
	fill(gate, 1000)
	files = gate.open_files()
	for _ in range(12):  # more than are made at once
		book(gate.api.raw("GET", EXPORT, export_type="xls"))
	wait_until(lambda: gate.open_files() <= files + 2, 10, "the temporary files are closed")


def begin(gate):
	"""A client that has asked for a workbook, which is being made."""
	gate.api.get(PATH)  # logs in
	files = gate.open_files()
	s = socket.create_connection(gate.address)
	s.sendall(("GET %s?export_type=xls HTTP/1.1\r\nHost: h\r\nAuthorization: %s\r\n\r\n" % (
		EXPORT, gate.api.authorization)).encode())
	wait_until(lambda: gate.open_files() > files + 1, 10, "a temporary file is open")
	return s, files


def test_a_client_that_leaves(gate):
	fill(gate, 40000)
	s, files = begin(gate)
	s.close()
	wait_until(lambda: gate.open_files() <= files, 20, "the temporary files are closed")
	assert gate.api.get(PATH)["count"] == 40000


def test_the_server_stops_meanwhile(gate):
	fill(gate, 40000)
	s, _ = begin(gate)
	gate.stop()
	s.close()


def ask(gate, api, n):
	"""Clients that ask for a workbook each, and read nothing of it but its head."""
	clients = []
	for _ in range(n):
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
		s.settimeout(60)
		s.connect(gate.address)
		s.sendall(("GET %s?export_type=xls HTTP/1.1\r\nHost: h\r\nAuthorization: %s\r\n\r\n" % (
			EXPORT, api.authorization)).encode())
		clients.append(s)
	return clients


def test_slow_readers_keep_nobody_out(gate):
	"""A workbook that is made needs no place any more, however long its client takes to read it."""
	fill(gate, 10000)
	gate.sql("update punch set work_code = (select string_agg(md5(random()::text || g || punch.id), '')"
		" from generate_series(1, 40) g)")  # which does not pack: megabytes
	other = gate.new_api()
	for api in (gate.api, other):
		api.get(PATH)
	slow = []
	for _ in range(5):
		asked = ask(gate, gate.api, 2)
		assert [s.recv(12) for s in asked] == [b"HTTP/1.1 200"] * 2
		slow += asked
	assert len(cells(book(other.raw("GET", EXPORT, export_type="xls")).active)) > 10000
	for s in slow:
		s.close()


def test_one_account_does_not_take_all_places(gate):
	gate.api.post("/base/api/users/", {"username": "anna", "password": "correct horse", "is_superuser": True})
	other = gate.new_api("anna", "correct horse")
	other.get(PATH)
	gate.api.get(PATH)
	fill(gate, 40000)
	asked = ask(gate, gate.api, 12)
	book(other.raw("GET", EXPORT, export_type="xls"))
	said = [s.recv(12) for s in asked]
	assert b"HTTP/1.1 503" in said and b"HTTP/1.1 200" in said
	for s in asked:
		s.close()
