"""/iclock/api/transactions/export/: files, and replies that are streamed."""

import csv
import io
import socket

import pytest

from punchd_test import wait_until
from punchd_test.punches import PATH, fill, make_employee, make_terminal, second, store

EXPORT = PATH + "export/"
COLUMNS = ["id", "emp_code", "first_name", "last_name", "department", "position", "punch_time",
	"punch_state", "punch_state_display", "verify_type", "verify_type_display", "work_code",
	"gps_location", "area_alias", "terminal_sn", "temperature", "terminal_alias", "upload_time"]


@pytest.fixture
def gate(server):
	make_terminal(server, "GATE1", "Main gate")
	return server


def cell(value):
	return "" if value is None else str(value)


def expected(server, **params):
	"""What the list says, as cells."""
	rows = server.api.walk(PATH, page_size=100000, **params)
	return [COLUMNS] + [[cell(row[c]) for c in COLUMNS] for row in rows]


def parsed(response, delimiter=","):
	assert response.status == 200, response
	text = response.text
	assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
	return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def test_csv_holds_what_the_list_shows(gate):
	for code in ("100", "101"):
		make_employee(gate, code, first='Ann "the, boss"', last="Ü" + code, position=1)
	fill(gate, 1200)
	r = gate.api.raw("GET", EXPORT, export_type="csv")
	assert r.headers["content-type"] == "text/csv"
	assert r.headers["content-disposition"] == 'attachment; filename="transactions.csv"'
	assert parsed(r) == expected(gate)
	r = gate.api.raw("GET", EXPORT, export_type="TXT")
	assert r.headers["content-type"] == "text/plain"
	assert parsed(r, "\t") == expected(gate)


@pytest.mark.parametrize("params", [{"emp_code": "103"}, {"terminal_sn": "GATE1"},
	{"terminal_alias": "nowhere"}, {"start_time": second(3000), "end_time": second(60000)},
	{"ordering": "-punch_time"}, {"ordering": "emp_code", "start_time": second(600)},
	{"id_more_than": 7000}, {"search": "gate", "ordering": "-id"}])
def test_filters_and_orders(gate, params):
	fill(gate, 7500)
	assert parsed(gate.api.raw("GET", EXPORT, export_type="csv", **params)) == expected(gate, **params)


def test_slices(gate):
	fill(gate, 1000)
	everything = expected(gate)
	for page, size in ((1, 10), (3, 300), (4, 300), (1, 100000)):
		got = parsed(gate.api.raw("GET", EXPORT, export_type="csv", page=page, page_size=size))
		assert got[1:] == everything[1 + (page - 1) * size:1 + page * size]
	r = gate.api.raw("GET", EXPORT, export_type="csv", page=5, page_size=300)
	assert (r.status, r.json()) == (404, {"detail": "Invalid page."})


def test_no_rows(gate):
	for params in ({}, {"emp_code": "nobody"}, {"start_time": "rubbish"}):
		assert parsed(gate.api.raw("GET", EXPORT, export_type="csv", **params)) == [COLUMNS]


@pytest.mark.parametrize("kind,message", [(None, "This field is required."),
	("", "This field is required."), ("ods", '"ods" is not a valid choice.'),
	("p\"df", '"p"df" is not a valid choice.')])
def test_export_type(gate, kind, message):
	params = {} if kind is None else {"export_type": kind}
	r = gate.api.raw("GET", EXPORT, **params)
	assert (r.status, r.json()) == (400, {"export_type": [message]})


def test_export_headers(gate):
	emp = make_employee(gate, "100")
	store(gate, [("100", second(0), "GATE1")], masks=[1])
	r = gate.api.raw("GET", EXPORT, export_type="csv",
		export_headers="punch_time, emp,is_mask,nonsense,emp_code")
	assert r.text == "punch_time,emp,is_mask,emp_code\r\n2024-01-01 00:00:00,%d,Yes,100\r\n" % emp
	r = gate.api.raw("GET", EXPORT, export_type="csv", export_headers="nonsense")
	assert parsed(r)[0] == COLUMNS


def test_cells_are_no_formulas(gate):
	make_employee(gate, "100", first="=HYPERLINK(\"http://x\")", last="+1")
	store(gate, [("100", second(0), "GATE1")], codes=["@SUM(A1)"])
	row = dict(zip(COLUMNS, parsed(gate.api.raw("GET", EXPORT, export_type="csv"))[1]))
	assert row["first_name"] == "'=HYPERLINK(\"http://x\")"
	assert (row["last_name"], row["work_code"]) == ("'+1", "'@SUM(A1)")
	make_employee(gate, "101", first="＝1+1", last="＠x")
	store(gate, [("101", second(1), "GATE1")])
	for kind in ("csv", "txt"):
		text = gate.api.raw("GET", EXPORT, export_type=kind).text
		assert "'＝1+1" in text and "'＠x" in text, kind


def test_head(gate):
	fill(gate, 1000)
	for path in (PATH + "?page_size=1000", EXPORT + "?export_type=csv"):
		r = gate.api.raw("HEAD", path)
		assert (r.status, r.body) == (200, b"")


def test_needs_a_login(gate):
	assert gate.api.request("GET", EXPORT + "?export_type=csv", authorization="").status == 401


# ------------------------------------------------------------------ streams


def many(server, n):
	server.sql("insert into punch (id, upload_time, punch_time, pin_id, origin_id)"
		" select g, timestamptz '2024-01-01' + g * interval '1 second',"
		" timestamp '2024-01-01' + g * interval '1 second', (select (pin_ids(array['1']))[1]),"
		" (select origin_id from terminal) from generate_series(1, %s) g", n)
	server.sql("insert into punch_block select id >> 13, count(*) from punch group by 1")
	server.sql("update punch_counter set last_id = %s, total = %s, last_upload = now()", n, n)


def open_slowly(server, path):
	"""A client that has sent its request and read the first kilobyte."""
	server.api.get(PATH)  # logs in
	s = socket.create_connection(server.address)
	s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
	s.sendall(("GET %s HTTP/1.1\r\nHost: h\r\nAuthorization: %s\r\n\r\n" % (
		path, server.api.authorization)).encode())
	s.settimeout(30)
	assert s.recv(1024).startswith(b"HTTP/1.1 200")
	return s


def busy_connections(server):
	return server.value("select count(*) from pg_stat_activity where datname = current_database()"
		" and application_name like 'punchd%%' and state <> 'idle'")


@pytest.mark.parametrize("path", [EXPORT + "?export_type=csv", PATH + "?page_size=10000000",
	EXPORT + "?export_type=csv&emp_code=1&start_time=2024-01-01"])
def test_a_client_that_does_not_read_holds_no_connection(gate, path):
	many(gate, 60000)
	before = gate.memory()
	clients = [open_slowly(gate, path) for _ in range(12)]  # more than the pool has
	wait_until(lambda: busy_connections(gate) == 0, 10, "no statement is under way")
	assert gate.api.get(PATH)["count"] == 60000
	for s in clients:
		s.close()
	wait_until(lambda: gate.open_files() < 60, 10, "the connections are gone")
	assert gate.memory() < before + 300e6  # under ASan; the bench measures


def read_to_end(s):
	"""The rest of a chunked reply; None when it was cut."""
	s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
	got = b""
	while not got.endswith(b"\r\n0\r\n\r\n"):
		try:
			chunk = s.recv(1 << 20)
		except ConnectionResetError:
			return None
		if not chunk:
			return None
		got += chunk
	return got


def test_rows_that_come_meanwhile_are_not_in_it(gate):
	many(gate, 100000)
	s = open_slowly(gate, EXPORT + "?export_type=csv")
	wait_until(lambda: busy_connections(gate) == 0, 10, "no statement is under way")
	store(gate, [("2", second(0), "GATE1")])
	gate.sql("select punch_delete(array(select id from punch where id between 80001 and 99999))")
	got = read_to_end(s)
	s.close()
	assert b"\n80000,1," in got and b"\n80001,1," not in got and b"\n100000,1," in got
	assert b"\n100001," not in got


def test_a_lost_database_cuts_the_reply(own_pg, clone, make_server):
	server = make_server(clone(own_pg))
	make_terminal(server, "GATE1", "Main gate")
	many(server, 200000)
	s = open_slowly(server, EXPORT + "?export_type=csv")
	wait_until(lambda: busy_connections(server) == 0, 10, "no statement is under way")
	own_pg.kill9()
	assert read_to_end(s) is None
	own_pg.start()
	wait_until(lambda: server.probe("/readyz") == 200, 30, "the database is back")
	assert server.api.get(PATH)["count"] == 200000
