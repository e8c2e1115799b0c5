"""Moving in from ZKBio Time: `punchd import-biotime`, from its database and from dumps."""

import base64
import os
import signal
import subprocess

import pytest

from punchd_test.biotime import BioTime, misfits
from punchd_test.server import MASTER_KEY, environment, punchd_bin, run_punchd
from punchd_test.terminal import Terminal
from punchd_test.wait import wait_until

ZONE = "Asia/Kolkata"
TEMPLATE = base64.b64encode(b"a finger" * 20).decode()
JPEG = b"\xff\xd8\xff\xe0 a face"


@pytest.fixture
def source(pg):
	db = pg.empty()
	yield BioTime(db)
	db.drop()


def company(bt):
	"""A small company: departments that nest, people, terminals, templates, punches."""
	bt.sql("set timezone to 'Asia/Kolkata'")
	bt.add("personnel_company", id=1, company_code="1", company_name="Acme", is_default=True)
	bt.add("personnel_department", id=4, dept_code="OPS", dept_name="Operations",
		is_default=False, parent_dept_id=9)
	bt.add("personnel_department", id=9, dept_code="1", dept_name="Acme", is_default=True)
	bt.add("personnel_position", id=3, position_code="TECH", position_name="Technician",
		is_default=False)
	bt.add("personnel_area", id=1, area_code="1", area_name="Head Office", is_default=True)
	bt.add("personnel_area", id=5, area_code="5", area_name="Not Authorized", is_default=False)
	bt.add("personnel_area", id=7, area_code="GATE", area_name="Gate", is_default=False)
	bt.add("personnel_employee", id=41, emp_code="1001", first_name="Ann", last_name="Lee",
		device_password="43219876", card_no="99887766", birthday="1990-01-02", mobile="+91 12",
		email="Ann@Example.com", gender="F", hire_date="2020-03-01", verify_mode=-1,
		dev_privilege=14, department_id=4, position_id=3, photo="photo/1001.jpg",
		update_time="2024-01-02 03:04:05+05:30")
	bt.add("personnel_employee", id=42, emp_code="1002", first_name="Bo", department_id=9)
	bt.add("personnel_employee", id=43, emp_code="1003", first_name="Cy", department_id=9)
	bt.add("att_attemployee", id=1, emp_id=41, enable_attendance=True, enable_schedule=True,
		enable_overtime=False, enable_holiday=True)
	for n, (emp, area) in enumerate([(41, 7), (41, 1), (42, 7), (43, 7)], 1):
		bt.add("personnel_employee_area", id=n, employee_id=emp, area_id=area)
	bt.add("personnel_resign", id=6, employee_id=43, resign_date="2024-02-01", resign_type=1,
		disableatt=True, reason="moved")
	bt.add("iclock_terminal", id=11, sn="GATE01", alias="Gate", ip_address="10.0.0.9",
		terminal_tz=4, area_id=7, fw_ver="Ver 8.0", fp_alg_ver="10")
	bt.add("iclock_terminal", id=12, sn="NEW01", alias="New", ip_address="10.0.0.10",
		terminal_tz=5, area_id=5)
	bt.add("iclock_biodata", id=1, employee_id=41, bio_tmp=TEMPLATE, bio_type=1, bio_no=6,
		bio_index=0, major_ver="10", minor_ver="0", bio_format=0, sn="GATE01")
	bt.add("iclock_biodata", id=2, employee_id=42, bio_type=9, bio_no=0, bio_index=0,
		bio_tmp='{"0": "AAAA"}', major_ver="39", minor_ver="3", bio_format=0, sn="SPEED1")
	bt.add("iclock_biophoto", id=1, employee_id=41, register_photo="/files/bio/1001.jpg",
		approval_state=1, enroll_sn="GATE01")
	for row in (
			dict(id=501, emp_code="1001", punch_time="2024-05-02 08:59:58+05:30", punch_state="0",
				verify_type=1, terminal_sn="GATE01", terminal_alias="Old gate",
				area_alias="Gate", upload_time="2024-05-02 09:00:01.5+05:30", emp_id=41,
				terminal_id=11, work_code="7", temperature=36.5, is_mask=1),
			dict(id=502, emp_code="1002", punch_time="2024-05-02 09:00:00+05:30", punch_state="1",
				verify_type=15, terminal_sn="GONE99", terminal_alias="Gone", area_alias="Attic",
				upload_time="2024-05-02 09:00:00+05:30"),
			dict(id=503, emp_code="77", punch_time="2024-05-02 09:00:00+05:30", punch_state="255",
				verify_type=4, upload_time="2024-05-02 09:00:02+05:30"),
			dict(id=900, emp_code="1002", punch_time="2024-05-03 09:00:00+05:30",
				punch_state="0", verify_type=15, terminal_sn="GATE01", terminal_alias="Gate",
				area_alias="Gate", upload_time="2024-05-03 09:00:02+05:30", emp_id=42,
				terminal_id=11, longitude=77.5, latitude=12.25)):
		bt.add("iclock_transaction", **row)
	bt.sql("select setval('iclock_transaction_id_seq', 910)")


@pytest.fixture
def files(tmp_path):
	"""What ZKBio Time keeps pictures in."""
	directory = tmp_path / "files"
	for path in ("photo/1001.jpg", "bio/1001.jpg"):
		file = directory / path
		file.parent.mkdir(parents=True, exist_ok=True)
		file.write_bytes(JPEG)
	return directory


def move_in(database, where, *args, **more):
	return run_punchd("import-biotime", str(where), *args, database_url=database.conninfo,
		timezone=ZONE, **more)


def ok(result):
	assert result.returncode == 0, result.stdout + result.stderr
	return result.stdout


def one_line(result):
	assert result.returncode == 1, (result.returncode, result.stdout)
	lines = result.stderr.strip().splitlines()
	assert len(lines) == 1, result.stderr
	return lines[0]


def check_counters(database):
	"""What lists count by is what is there."""
	assert database.value("select total from punch_counter") == database.value(
		"select count(*) from punch")
	assert database.sql("select block, n from punch_block where n > 0 order by 1") == database.sql(
		"select id >> 13, count(*) from punch group by 1 order by 1")
	assert database.value("select bool_and(b) from (select upload_time > lag(upload_time)"
		" over (order by id) as b from punch) o") in (True, None)


def check_company(server):
	"""All of company(), over REST."""
	api = server.api
	assert api.get("/personnel/api/company/")["data"] == [
		{"id": 1, "company_code": "1", "company_name": "Acme"}]
	[ann] = api.get("/personnel/api/employees/", emp_code="1001")["data"]
	assert (ann["id"], ann["full_name"], ann["device_password"], ann["card_no"], ann["birthday"],
		ann["mobile"], ann["email"], ann["gender"], ann["hire_date"], ann["dev_privilege"]) == (
		41, "Ann Lee", "43219876", "99887766", "1990-01-02", "+91 12", "Ann@Example.com", "F",
		"2020-03-01", 14)
	assert ann["department"] == {"id": 4, "dept_code": "OPS", "dept_name": "Operations"}
	assert ann["position"]["id"] == 3 and [a["id"] for a in ann["area"]] == [1, 7]
	assert ann["attemployee"]["enable_schedule"] and not ann["attemployee"]["enable_overtime"]
	assert ann["fingerprint"] == "Ver 10:1"
	assert api.get("/personnel/api/employees/", card_no="99887766")["count"] == 1
	assert api.get("/personnel/api/employees/", email="ann@example.com")["count"] == 1
	assert api.get("/personnel/api/departments/4/")["parent_dept"] is not None
	[resign] = api.get("/personnel/api/resigns/")["data"]
	assert (resign["id"], resign["resign_date"]) == (6, "2024-02-01")
	gate = api.get("/iclock/api/terminals/11/")
	assert (gate["sn"], gate["alias"], gate["area"]["id"], gate["terminal_tz"]) == (
		"GATE01", "Gate", 7, 4)
	assert dict(server.sql("select sn, approved from terminal")) == {"GATE01": True, "NEW01": False}
	assert server.sql("select id from area where not_authorised") == [(5,)]


def check_punches(server):
	page = server.api.get("/iclock/api/transactions/")
	assert page["count"] == 4 and [r["id"] for r in page["data"]] == [501, 502, 503, 900]
	first, second, third, last = page["data"]
	assert (first["punch_time"], first["upload_time"], first["terminal_alias"], first["area_alias"],
		first["emp"], first["work_code"], first["temperature"], first["is_mask"]) == (
		"2024-05-02 08:59:58", "2024-05-02 09:00:01", "Old gate", "Gate", 41, "7", 36.5, "Yes")
	# of a former 1002, at a terminal that is not there any more
	assert (second["emp"], second["emp_code"], second["terminal_sn"], second["area_alias"]) == (
		None, "1002", "GONE99", "Attic")
	assert (third["emp"], third["punch_state"], third["terminal_sn"]) == (None, "255", "")
	assert (last["emp"], last["gps_location"]) == (42, "12.25,77.5")
	assert [r["id"] for r in server.api.get("/iclock/api/transactions/", id_more_than=502)["data"]] \
		== [503, 900]
	for filters, n in (({"terminal_sn": "GATE01"}, 2), ({"emp_code": "1002"}, 2),
			({"start_time": "2024-05-03 00:00:00"}, 1), ({"id_more_than": 900}, 0),
			({"upload_time_more_than": "2024-05-02 09:00:02"}, 1)):
		assert server.api.get("/iclock/api/transactions/", **filters)["count"] == n, filters


def test_a_whole_company_moves_in(database, source, make_server, files, tmp_path):
	company(source)
	report = tmp_path / "report.csv"
	out = ok(move_in(database, source.conninfo, "--files", str(files), "--report", str(report)))
	assert "iclock_transaction: 4 rows, 4 taken" in out and "punches published: 4" in out
	assert misfits(report) == []
	check_counters(database)
	server = make_server(database, timezone=ZONE)
	check_company(server)
	check_punches(server)
	assert server.sql("select form, count(*) from photo group by 1 order by 1") == [
		("BIOPHOTO", 1), ("USERPIC", 1)]


def test_what_terminals_send_next_gets_the_next_id(database, source, make_server):
	company(source)
	ok(move_in(database, source.conninfo))
	server = make_server(database, timezone=ZONE)
	terminal = Terminal(server, "GATE01")
	terminal.handshake()
	# what was imported is not stored again; 910 was given there to a row deleted since
	assert terminal.push("ATTLOG", "1001\t2024-05-02 08:59:58\t0\t1\t7",
		"1001\t2024-05-04 08:00:00\t0\t1") == "OK: 2"
	rows = server.api.get("/iclock/api/transactions/", id_more_than=900)["data"]
	assert [(r["id"], r["emp"], r["terminal_alias"]) for r in rows] == [(911, 41, "Gate")]
	assert server.api.get("/iclock/api/transactions/")["count"] == 5
	assert server.api.get("/iclock/api/transactions/", page=2, page_size=4)["data"][0]["id"] == 911
	check_counters(database)
	made = [server.api.post(path, body)["id"] for path, body in (
		("/personnel/api/departments/", {"dept_code": "X", "dept_name": "X"}),
		("/personnel/api/areas/", {"area_code": "X", "area_name": "X"}),
		("/personnel/api/employees/", {"emp_code": "5", "department": 4, "area": [7]}))]
	assert made[0] > 9 and made[1] > 7 and made[2] > 43
	# a later 77 gets none of the punches that had somebody, or nobody, there
	server.api.post("/personnel/api/employees/", {"emp_code": "77", "department": 4, "area": [7]})
	assert server.api.get("/iclock/api/transactions/", emp_code="77")["data"][0]["emp"] is None


def test_people_and_templates_go_to_the_terminals(database, source, make_server):
	company(source)
	ok(move_in(database, source.conninfo))
	server = make_server(database, timezone=ZONE)
	terminal = Terminal(server, "GATE01")
	terminal.handshake()
	sent = terminal.obey(30)
	assert any("TMP=" + TEMPLATE in s for s in sent), "Ann's fingerprint is sent"
	users = [s for s in sent if "USERINFO" in s]
	assert any("PIN=1001\t" in s and "Passwd=43219876" in s for s in users)
	assert any("PIN=1002\t" in s for s in users)
	assert not any("PIN=1003" in s for s in sent), "who resigned is not sent"


def test_nothing_personal_is_readable_in_the_database(database, source, files):
	company(source)
	ok(move_in(database, source.conninfo, "--files", str(files)))
	for (table,) in database.sql("select tablename from pg_tables where schemaname = 'public'"):
		text = database.value("select string_agg(t::text, ' ') from %s t" % table) or ""
		for secret in ("99887766", "43219876", "1990-01-02", "Ann@Example.com", TEMPLATE[:40]):
			assert secret not in text, (table, secret)
	sealed = bytes(database.value("select sealed from template where bio_type = 1"))
	assert TEMPLATE.encode() not in sealed


def everything(database):
	return {t: database.value("select md5(coalesce(string_agg(x::text, '|' order by x::text), ''))"
		" from %s x" % t) for (t,) in database.sql(
		"select tablename from pg_tables where schemaname = 'public'")
		if t not in ("secret", "data_key")  # made when the database is first opened
		and not t.startswith("audit_")}


def test_a_dry_run_changes_nothing_and_tells_the_same(database, source, files, tmp_path):
	company(source)
	source.add("personnel_employee_area", id=99, employee_id=4711, area_id=7)
	before = everything(database)
	dry = tmp_path / "dry.csv"
	out = ok(move_in(database, source.conninfo, "--dry-run", "--files", str(files), "--report", str(dry)))
	assert "dry run" in out and everything(database) == before
	real = tmp_path / "real.csv"
	ok(move_in(database, source.conninfo, "--files", str(files), "--report", str(real)))
	assert everything(database) != before
	assert misfits(dry) == misfits(real)
	assert ("personnel_employee_area", "id 99, employee_id 4711, area_id 7",
		"its employee was not imported") in misfits(real)


def test_what_does_not_fit_is_told_row_by_row(database, source, make_server, tmp_path):
	company(source)
	source.sql("alter table personnel_employee drop constraint personnel_employee_emp_code_key")
	source.add("personnel_employee", id=50, emp_code="1001", first_name="Twin")
	source.add("personnel_employee", id=51, emp_code="1005", department_id=88, position_id=88,
		mobile="1" * 30, self_password="pbkdf2_sha256$1$x$y", nickname="n" * 30)
	source.add("personnel_employee", id=52, emp_code="1006", deleted=True)
	source.add("personnel_company", id=3, company_code="3", company_name="Third", is_default=False)
	source.add("personnel_department", id=20, dept_code="OPS", dept_name="Other", is_default=False)
	source.add("iclock_biodata", id=9, employee_id=41, bio_tmp="<xml>", bio_type=1, major_ver="10")
	for n, (text, more) in enumerate([("AAAABBBBC", {}), ("AAAABBBB", {"bio_no": 12}), ("AAAA\nBB-_\n", {"bio_no": 2}),
			('{"0": "AAAA", "1": "BBB"}', {"bio_type": 2}), ("AAAA", {"bio_type": 11})]):
		source.add("iclock_biodata", id=90 + n, employee_id=41, bio_tmp=text, major_ver="10", **{"bio_type": 1, **more})
	source.add("iclock_terminal", id=13, sn="OFF01", alias="Off", terminal_tz=5, area_id=7, status=1)
	source.add("iclock_transaction", id=600, emp_code="", punch_time="2024-05-02 08:00:00+05:30",
		punch_state="0", verify_type=1)
	source.add("iclock_transaction", id=601, emp_code="1001", punch_state="5", verify_type=1,
		punch_time="2024-05-02 08:59:58+05:30", terminal_sn="OTHER")
	source.add("iclock_transaction", id=602, emp_code="1001", punch_state="x", verify_type=1,
		punch_time="2024-05-02 18:00:00+05:30", terminal_sn="OTHER")
	report = tmp_path / "report.csv"
	ok(move_in(database, source.conninfo, "--report", str(report)))
	told = misfits(report)
	for table, row, reason in (
			("iclock_transaction", "id 600", "emp_code is empty"),
			("iclock_transaction", "id 602", "punch_state is not a whole number"),
			("iclock_transaction", "id 601", "the same person and time as 501"),
			("personnel_company", "id 3, company_code 3", "all are one company here"),
			("personnel_department", "id 20", "it is OPS~20 now"),
			("personnel_employee", "id 50", "another person has this code"),
			("personnel_employee", "id 51", "its department is not there"),
			("personnel_employee", "id 51", "its position is not there"),
			("personnel_employee", "id 51", "mobile has more than 20 characters: left out"),
			("personnel_employee", "id 51", "nickname has more than 25 characters: cut"),
			("personnel_employee", "id 51", "self-service password left out"),
			("personnel_employee", "id 52", "marked as deleted"),
			("iclock_biodata", "id 9,", "the template is no base64"),
			("iclock_biodata", "id 90,", "the template is no base64"),
			("iclock_biodata", "id 91,", "no such finger"),
			("iclock_biodata", "id 93,", "the template is no base64"),
			("iclock_biodata", "id 94,", "no such type of template"),
			("iclock_terminal", "id 13, sn OFF01", "it waits for approval")):
		assert any(t == table and r.startswith(row) and reason in why for t, r, why in told), (
			row, reason, told)
	assert "1" * 30 not in report.read_text()
	check_counters(database)
	assert database.sql("select punch_state from punch_variant") == [(5,)]
	assert database.sql("select id, punch_state from punch where id between 600 and 700") == [(602, 255)]
	assert database.value("select last_id from punch_counter") == 910
	server = make_server(database, timezone=ZONE)
	assert server.api.get("/personnel/api/employees/51/")["nickname"] == "n" * 25
	rows = server.api.get("/iclock/api/biodatas/", employee=41, templates="true")["data"]
	assert {(r["bio_type"], r["bio_no"], r["bio_index"]): r["bio_tmp"] for r in rows} == {
		(1, 6, 0): TEMPLATE, (1, 2, 0): "AAAABB+/", (2, 0, 0): "AAAA"}, "in the alphabet that terminals know"


def test_cards_have_one_form_and_one_person_each(database, source, make_server, tmp_path):
	company(source)
	for n, card in enumerate(("0000123", "1.23457E+11", "123", "00200", "0", "200"), 60):
		source.add("personnel_employee", id=n, emp_code="C%d" % n, first_name="Cee", card_no=card, department_id=9)
	source.add("personnel_resign", id=9, employee_id=65, resign_date="2024-02-01", resign_type=1, disableatt=True)
	source.sql("update personnel_employee set card_no = '99887766' where id = 43")  # left; the card is 1001's now
	report = tmp_path / "report.csv"
	ok(move_in(database, source.conninfo, "--report", str(report)))
	told = [(r, why) for _, r, why in misfits(report) if "card" in why]
	both = "its card is also somebody else's: it is given to no terminal and verifies nobody"
	assert told == [("id 61, emp_code C61", "card_no is no card number (decimal digits): left out"),
		("id 60, emp_code C60", both), ("id 62, emp_code C62", both)]
	server = make_server(database, timezone=ZONE)
	people = {e["emp_code"]: e["card_no"] for e in server.api.get("/personnel/api/employees/", page_size=100)["data"]}
	assert people == {"1001": "99887766", "1002": None, "1003": "99887766", "C60": "123", "C61": None, "C62": "123",
		"C63": "200", "C64": None, "C65": "200"}
	assert sorted(a["subject"] for a in server.api.get("/iclock/api/alerts/", kind="card_unclear")["data"]) == ["C60", "C62"]
	t = Terminal(server, "GATE01", approve=False)
	t.register()
	server.sql("insert into employee_area select id, 7 from employee where emp_code like 'C6%%' on conflict do nothing")
	assert [t.raw("POST", "/iclock/cdata?SN=GATE01&AuthType=CARD", "PIN=0\tSize=10\tTMP=" + card).text.split("\t")[:2]
		for card in ("99887766", "200", "123")] == [["AUTH=Success", "PIN=1001"], ["AUTH=Success", "PIN=C63"],
		["AUTH=Failed\n"]]


def test_the_screen_shows_some_the_file_all(database, source, tmp_path):
	company(source)
	source.sql("insert into personnel_employee_area select n, 5000 + n, 7 from generate_series(100, 149) n")
	report = tmp_path / "report.csv"
	out = ok(move_in(database, source.conninfo, "--report", str(report)))
	assert len([line for line in out.splitlines() if line.startswith("  personnel")]) == 20
	assert "and 30 more" in out and len(misfits(report)) == 50
	assert oct(os.stat(report).st_mode & 0o777) == "0o600"


def test_it_is_done_once_and_only_into_an_empty_server(pg, clone, database, source, make_server):
	company(source)
	ok(move_in(database, source.conninfo))
	assert "moved in" in one_line(move_in(database, source.conninfo))
	used = clone(pg)
	server = make_server(used)
	server.api.post("/personnel/api/employees/", {"emp_code": "1", "department": 1, "area": [2]})
	before = everything(used)
	assert "import into a new one" in one_line(move_in(used, source.conninfo))
	assert everything(used) == before


@pytest.mark.parametrize("where, words", [
	("/nowhere/at/all", "there is no directory"),
	("host=/nowhere dbname=x", "cannot open the database"),
	("/etc/hostname", "is no directory"),
])
def test_a_wrong_source_is_said_in_one_line(database, where, words):
	assert words in one_line(move_in(database, where))


def test_a_database_that_is_something_else(database, pg):
	other = pg.empty()
	line = one_line(move_in(database, pg.conninfo(other.name, "postgres")))
	assert "no table iclock_transaction" in line
	other.sql("create table iclock_transaction (id int, pin text)")
	assert "no column emp_code" in one_line(move_in(database, pg.conninfo(other.name, "postgres")))
	other.drop()


def test_upload_times_rise_and_are_kept_where_they_do(database, source):
	source.sql("insert into iclock_transaction (id, emp_code, punch_time, punch_state, verify_type,"
		" upload_time) select n, '7', timestamptz '2024-05-02 08:00+05:30' + n * interval '1 minute',"
		" '0', 1, case n when 3 then timestamptz '2024-01-01' when 5 then null"
		" else timestamptz '2024-06-01' + n * interval '1 hour' end from generate_series(1, 9) n")
	company(source)
	ok(move_in(database, source.conninfo))
	check_counters(database)
	assert database.sql("select id from punch where id < 10 and upload_time <>"
		" timestamptz '2024-06-01' + id * interval '1 hour'") == [(3,), (5,)]


def test_killed_and_started_again_it_goes_on(database, source, make_server):
	company(source)
	# at each place: while staging, among people, while publishing
	source.sql("insert into iclock_transaction (id, emp_code, punch_time, punch_state, verify_type,"
		" upload_time, terminal_sn, terminal_alias) select 1000 + n, (n % 300)::text,"
		" timestamptz '2023-01-01' + n * interval '1 minute', '0', 1,"
		" timestamptz '2024-06-01' + n * interval '1 second', 'GATE01', 'Gate'"
		" from generate_series(1, 60000) n")
	source.sql("insert into personnel_employee (id, emp_code, first_name, department_id)"
		" select 2000 + n, (case when n <= 900 then n - 1"
		" else n + 5000 end)::text, 'P' || n, 9 from generate_series(1, 3000) n")
	reached = (
		"select coalesce(max(position), 0) >= 20000 from import_table where name = 'iclock_transaction'",
		"select coalesce(max(position), 0) >= 2500 from import_table where name = 'personnel_employee'",
		"select count(*) > 0 from punch")
	env = environment(database_url=database.conninfo, master_key=MASTER_KEY, timezone=ZONE)
	killed = 0
	for question in reached:
		process = subprocess.Popen([punchd_bin(), "import-biotime", source.conninfo], env=env,
			stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
		wait_until(lambda: database.value(question) or process.poll() is not None, 60,  # noqa: B023
			question)
		process.send_signal(signal.SIGKILL)
		killed += process.wait() == -signal.SIGKILL
	assert killed == 3
	wait_until(lambda: not database.value("select exists (select from pg_locks where"
		" locktype = 'advisory' and database = (select oid from pg_database"
		" where datname = current_database()))"), 20, "the database ended its session")
	assert "under way" in one_line(move_in(database, os.path.dirname(__file__)))
	ok(move_in(database, source.conninfo))
	assert database.value("select count(*) from punch") == 60004
	assert database.value("select count(*) from employee") == 3003
	assert database.value("select count(*) from import_punch") == 0
	assert database.value("select count(*) from punch p join pin n on n.id = p.pin_id"
		" where p.id > 1000 and n.code <> ((p.id - 1000) % 300)::text") == 0
	assert not database.sql("select table_name, row, reason from import_misfit"
		" where table_name <> 'personnel_company'")
	check_counters(database)
	server = make_server(database, timezone=ZONE)
	assert server.api.get("/iclock/api/transactions/")["count"] == 60004
	last = server.api.get("/iclock/api/transactions/", page=601, page_size=100)["data"]
	assert [r["id"] for r in last] == [60997, 60998, 60999, 61000]


def test_from_dumps(database, source, make_server, files, tmp_path):
	company(source)
	dumps = tmp_path / "dumps"
	dumps.mkdir()
	source.dump(dumps)
	# rows in no order, as other databases write them
	path = dumps / "iclock_transaction.csv"
	head, *rows = path.read_text().splitlines()
	path.write_text("\ufeff" + "\r\n".join([head.upper()] + rows[::-1]) + "\r\n", encoding="utf-8")
	ok(move_in(database, dumps, "--files", str(files)))
	check_counters(database)
	server = make_server(database, timezone=ZONE)
	check_company(server)
	check_punches(server)


def test_dumps_whose_moments_are_in_utc(database, source, tmp_path):
	company(source)
	source.dump(tmp_path, timezone="UTC")
	assert "03:29:58+00" in (tmp_path / "iclock_transaction.csv").read_text()
	ok(move_in(database, tmp_path))
	assert str(database.value("select punch_time from punch where id = 501")) == "2024-05-02 08:59:58"
	assert database.value("select tz_offset from punch where id = 502") == 330


def test_dumps_as_other_databases_write_them(database, tmp_path):
	(tmp_path / "personnel_department.csv").write_text("id;dept_code;dept_name\n1;1;\"A;B\"\n")
	(tmp_path / "personnel_area.csv").write_text("id\tarea_code\tarea_name\n3\t3\tGate\n")
	(tmp_path / "personnel_employee.csv").write_text(
		"id,emp_code,first_name,last_name,department_id,deleted\n"
		"1,7,\"O\"\"Neil\",NULL,1,False\n2,8,\"NULL\",\\N,1,0\n3,9,\"two\nlines\",,1,1\n")
	(tmp_path / "personnel_employee_area.csv").write_text("id,employee_id,area_id\n1,1,3\n2,2,3\n")
	(tmp_path / "iclock_terminal.csv").write_text("id,sn,alias,area_id\n1,SN1,One,3\n")
	(tmp_path / "iclock_transaction.csv").write_text(
		"id,emp_code,punch_time,punch_state,verify_type,terminal_sn,upload_time\n"
		"9,7,2024-05-02T08:00:00.0000000,0,1,SN1,2024-05-02 08:00:01\n"
		"3,7,2024-05-01 08:00,0,1,SN1,\n"
		"4,7,5/1/2024 8:00,0,1,SN1,\n")
	out = ok(move_in(database, tmp_path))
	assert "iclock_transaction id 4, emp_code 7, punch_time 5/1/2024 8:00: punch_time is not a time" in out
	assert [(i, str(t)) for i, t in database.sql("select id, punch_time from punch order by id")] == [
		(3, "2024-05-01 08:00:00"), (9, "2024-05-02 08:00:00")]
	assert database.sql("select first_name, last_name from employee order by id") == [
		("O\"Neil", ""), ("NULL", "")]
	# no area there plays "not authorised": a new one does
	[(flagged, name)] = database.sql("select id, name from area where not_authorised")
	assert flagged == 4 and name == "Not Authorized"


def test_a_broken_dump_names_file_and_line_and_can_be_mended(database, source, tmp_path):
	company(source)
	source.dump(tmp_path)
	path = tmp_path / "personnel_employee.csv"
	good = path.read_text()
	path.write_text(good + "44,\"open\n")
	line = one_line(move_in(database, tmp_path))
	assert "personnel_employee.csv, line 5: a quote is not closed" in line
	path.write_text(good)
	ok(move_in(database, tmp_path))
	assert database.value("select count(*) from employee") == 3
	os.unlink(tmp_path / "iclock_terminal.csv")


def test_the_area_that_plays_not_authorised_can_be_named(database, source):
	company(source)
	assert "no area with code NONE" in one_line(
		move_in(database, source.conninfo, "--dry-run", "--not-authorised", "NONE"))
	ok(move_in(database, source.conninfo, "--not-authorised", "GATE"))
	assert database.sql("select id from area where not_authorised") == [(7,)]
	assert dict(database.sql("select sn, approved from terminal")) == {"GATE01": False, "NEW01": True}
