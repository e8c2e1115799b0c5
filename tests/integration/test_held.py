"""What waiting and suspended terminals upload beside punches (contract 6): users, templates and pictures are
held sealed within the same caps, and taken in order when the terminal is approved."""

import base64
import io
import tarfile
import threading

import pytest

from punchd_test.dump import found_in
from punchd_test.terminal import Terminal
from punchd_test.wait import stays, wait_until

E = "/personnel/api/employees/"
WHEN = "2026-05-01 08:00:00"
SECRET = "PlantedHeld"
OFF = pytest.mark.settings(store_biometrics="off")
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF" + SECRET.encode() + b"\0\n\xff\xd9"


def b64(value):
	return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()


def fp(pin, value=SECRET, finger=1):
	return "FP PIN=%s\tFID=%d\tSize=%d\tValid=1\tTMP=%s" % (pin, finger, len(b64(value)), b64(value))


def user(pin, name="Ada", more=""):
	return "USER PIN=%s\tName=%s%s" % (pin, name, more)


def punch(pin, second=0):
	return "%s\t2026-05-01 08:%02d:%02d\t0\t1" % (pin, second // 60, second % 60)


def photo(pin, when="20260501080000", picture=JPEG):
	return ("PIN=%s-%s.jpg\nSN=x\nsize=%d\nCMD=uploadphoto\0" % (when, pin, len(picture))).encode() + picture


def packed(*files):
	out = io.BytesIO()
	with tarfile.open(fileobj=out, mode="w:gz") as tar:
		for n, text in enumerate(files):
			member = tarfile.TarInfo("%d.txt" % n)
			member.size = len(text)
			tar.addfile(member, io.BytesIO(text))
	return out.getvalue()


INFO = "V,0,0,0,10.0.0.1,10,7,12,0,11111"


def newcomer(server, make_terminal):
	"""Another terminal of the area, which takes fingerprints of version 10; what templates it is given."""
	t = make_terminal()
	t.handshake()
	t.poll(INFO)
	wait_until(lambda: server.value("select fp_version from terminal_state where terminal_id = %s", t.id) == 10, 20)
	given = t.approve()
	return wait_until(lambda: given.extend(t.obey()) or [c.split("TMP=")[1] for c in given if "TMP=" in c])


def waits(make_terminal, **more):
	t = make_terminal(approve=False, **more)
	t.handshake()
	return t


def held(server, t):
	return server.sql("select held_lines, held_bytes from terminal where sn = %s", t.sn)[0]


def released(server, t, timeout=20):
	wait_until(lambda: held(server, t) == (0, 0) and not server.value("select count(*) from held_upload h"
		" join terminal t on t.id = h.terminal_id where t.sn = %s", t.sn), timeout, "all that was held is released")


def approve(server, *terminals, area=2):
	for t in terminals:
		server.api.patch("/iclock/api/terminals/%d/" % t.id, {"area": area})
	for t in terminals:
		released(server, t)


def codes(server):
	return sorted(r["emp_code"] for r in server.api.get(E, page_size=1000)["data"])


def count(server, table):
	return server.value("select count(*) from " + table)


# ---------------------------------------------------------------- taken when it is approved

@pytest.mark.parametrize("push_version", ["", "2.0.1", "2.4.1", "3.1.2"])
def test_users_and_fingers_are_there_although_the_terminal_says_nothing_more(server, make_terminal, push_version):
	t = make_terminal(approve=False, push_version=push_version)
	t.handshake(None if push_version else "options=all")
	assert t.push("OPERLOG", user("501", "Ada", "\tPasswd=4711\tCard=918273645"), fp("501")) == "OK: 2"
	assert codes(server) == [] and count(server, "template") == 0 and count(server, "pin") == 0
	assert not found_in(server, SECRET) and not found_in(server, "918273645")
	asked = t.approve()  # and answered without rows
	assert asked[:2] == ["CHECK", "DATA QUERY USERINFO"][:1 if push_version == "" else 2]
	released(server, t)
	ada, = server.api.get(E)["data"]
	assert (ada["emp_code"], ada["first_name"], ada["card_no"], ada["device_password"]) == ("501", "Ada", "918273645", "4711")
	assert ada["department"]["id"] == 1 and [a["id"] for a in ada["area"]] == [2] and ada["enroll_sn"] == t.sn
	assert server.sql("select bio_type, bio_no, sn from template") == [(1, 1, t.sn)]
	stays(lambda: not [c for c in t.obey() if "USERINFO" in c and "PIN=" in c], 0.5, "it has them, and is sent nothing")
	log = wait_until(lambda: server.api.get("/iclock/api/uploadlogs/", terminal_sn=t.sn, table="OPERLOG")["data"], 20)
	assert (log[0]["lines"], log[0]["stored"], log[0]["rejected"]) == (2, 2, 0)


UPLOADS = [
	("OPERLOG", "user pin=1\tname=a"), ("USERINFO", "PIN=2\tName=b"), ("userinfo", "USER PIN=3\tName=c"),
	("OPERLOG", fp("1")), ("FINGERTMP", fp("2")[3:]), ("fingertmp", fp("3").lower()[:3] + fp("3")[3:]),
	("OPERLOG", "FACE PIN=1\tFID=0\tSIZE=16\tVALID=1\tTMP=" + b64(SECRET)),
	("FACE", "PIN=2\tFID=0\tSIZE=16\tVALID=1\tTMP=" + b64(SECRET)),
	("OPERLOG", "FVEIN Pin=1\tFID=1\tIndex=0\tSize=16\tValid=1\tTmp=" + b64(SECRET)),
	("BIODATA", "BIODATA Pin=1\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=58\tMinorVer=0\tFormat=0\tTmp=" + b64(SECRET)),
	("OPERLOG", "BIODATA Pin=2\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=58\tMinorVer=0\tFormat=0\tTmp=" + b64(SECRET)),
	("OPERLOG", "USERPIC PIN=1\tFileName=1.jpg\tSize=%d\tContent=%s" % (len(b64(JPEG)), b64(JPEG))),
	("USERPIC", "PIN=2\tFileName=2.jpg\tSize=%d\tContent=%s" % (len(b64(JPEG)), b64(JPEG))),
	("BIOPHOTO", "PIN=1\tFileName=1.jpg\tType=9\tSize=%d\tContent=%s" % (len(b64(JPEG)), b64(JPEG))),
	("OPERLOG", "BIOPHOTO PIN=2\tFileName=2.jpg\tType=9\tSize=%d\tContent=%s" % (len(b64(JPEG)), b64(JPEG)))]
NOT_HELD = [
	("OPERLOG", "OPLOG 30\t0\t%s\t1" % WHEN), ("IDCARD", "PIN=1\tIDNum=1\tName=x"), ("ERRORLOG", "ErrCode=D01E0001\tErrMsg="),
	("WORKCODE", "PIN=1\tCODE=1\tNAME=x"), ("SMS", "MSG=x\tTAG=253\tUID=3\tMIN=60"), ("SOMETHINGNEW", "A=1"),
	("OPERLOG", "NONSENSE A=1"), ("options", "UserCount=3"), ("rtlog", "time=%s\tpin=1" % WHEN)]


def test_every_kind_in_every_table(server, make_terminal):
	t = waits(make_terminal)
	for table, line in UPLOADS:
		for _ in range(2):
			assert t.push(table, line) == "OK: 1", (table, line)
	assert held(server, t) == (len(UPLOADS), sum(len(line) + 1 for _, line in UPLOADS)), "twice the same is held once"
	assert t.raw("POST", t.push_target("ATTPHOTO"), photo("1")).text == "OK"
	assert t.raw("POST", "/iclock/fdata?SN=%s&PIN=20260501090000-2.jpg" % t.sn, JPEG).text == "OK"
	assert t.raw("POST", t.push_target("ATTPHOTO"),
		b"PIN=20260501100000-3.jpg\nCMD=uploadphoto\npicture=" + b64(JPEG).encode()).text == "OK"
	assert held(server, t)[0] == len(UPLOADS) + 3
	for table, line in NOT_HELD:
		assert t.push(table, line) in ("OK: 1", "OK"), table
	assert t.raw("POST", "/iclock/cdata?SN=%s&FPImage=x&PIN=1&FID=1" % t.sn, JPEG).text == "OK"
	assert held(server, t)[0] == len(UPLOADS) + 3
	assert server.value("select ignored_uploads from terminal") == len(NOT_HELD) + 1
	assert not found_in(server, SECRET)
	approve(server, t)
	assert codes(server) == ["1", "2", "3"]
	assert sorted(server.sql("select code, form from template join pin on pin.id = pin_id")) == [("1", "BIODATA"), ("1", "FACE"),
		("1", "FP"), ("1", "FVEIN"), ("2", "BIODATA"), ("2", "FACE"), ("2", "FP"), ("3", "FP")]
	assert sorted(server.sql("select code, form from photo join pin on pin.id = pin_id")) == [
		("1", "BIOPHOTO"), ("1", "USERPIC"), ("2", "BIOPHOTO"), ("2", "USERPIC")]
	assert sorted((p["emp_code"], p["punch_time"]) for p in server.api.get("/iclock/api/attphotos/")["data"]) == [
		("1", WHEN), ("2", "2026-05-01 09:00:00"), ("3", "2026-05-01 10:00:00")]
	for table in ("operation_log", "id_card", "error_log", "terminal_message", "raw_upload", "reject", "fp_image"):
		assert count(server, table) == 0, table


def test_of_a_mixed_body_only_people_are_held_and_each_line_is_judged(server, make_terminal):
	t = waits(make_terminal)
	lines = ["OPLOG 30\t0\t%s\t7" % WHEN, user("7"), "", fp("7"), "OPLOG 6\t0\t%s\t7" % WHEN, "USER PIN=\tName=nobody",
		"FP PIN=7\tFID=1", user("8", "Bert")]
	assert t.push("OPERLOG", *lines) == "OK: 7"
	assert held(server, t)[0] == 5 and server.value("select ignored_uploads from terminal") == 1
	approve(server, t)
	assert codes(server) == ["7", "8"] and count(server, "template") == 1 and count(server, "operation_log") == 0
	assert sorted(r["reason"] for r in server.api.get("/iclock/api/rejects/")["data"]) == ["empty PIN", "no template"]


def test_records_of_several_lines_are_held_whole(server, make_terminal):
	t = waits(make_terminal)
	value = b64(SECRET * 20)
	head = "FP PIN=7\tFID=1\tSize=%d\tValid=1\tTMP=" % len(value)
	wrapped = [head + value[:76], *[value[n:n + 76] for n in range(76, len(value), 76)]]
	body = ["OPLOG 6\t0\t%s\t7" % WHEN, *wrapped, user("7"), "USERPIC PIN=7\tFileName=7.jpg\tSize=%d" % len(b64(JPEG)), "Content=" + b64(JPEG)]
	assert t.push("OPERLOG", *body) == "OK: %d" % len(body)
	assert held(server, t)[0] == len(body) - 1
	approve(server, t)
	assert codes(server) == ["7"] and count(server, "reject") == 0
	assert server.sql("select size from template") == [(str(len(value)),)] and count(server, "photo") == 1
	version = server.sql("select id, version from template")
	assert t.push("OPERLOG", head + value) == "OK: 1"
	assert server.sql("select id, version from template") == version, "it is the same"


def test_in_the_order_they_came_together_with_punches(server, make_terminal):
	"""Of each thing the last one counts; punches have dense ids in their order."""
	t = waits(make_terminal)
	t.poll(INFO)
	for n in range(60):
		assert t.push("ATTLOG", punch("7", n)) == "OK: 1"
		assert t.push("OPERLOG", fp("7", "version %02d" % n), user("7", "Ada")) == "OK: 2"
		if n % 3 == 0:
			assert t.push("ATTLOG", punch("8", n), punch("9", n)) == "OK: 2"
	approve(server, t)
	assert server.sql("select punch.id, extract(minute from punch_time)::int * 60 + extract(second from punch_time)::int from punch"
		" join pin p on p.id = pin_id where p.code = '7' order by 1") == [
		(1 + n + 2 * ((n + 2) // 3), n) for n in range(60)]
	assert server.sql("select count(*), max(id) from punch") == [(100, 100)]
	assert newcomer(server, make_terminal) == [b64("version 59")]


def test_what_an_approved_one_uploads_comes_after_what_is_still_held(server, make_terminal):
	t = waits(make_terminal)
	t.poll(INFO)
	assert t.push("ATTLOG", punch("7")) == "OK: 1"
	assert t.push("OPERLOG", user("7", "Ada"), fp("7", "old")) == "OK: 2"
	with server.database.connect() as other, other.cursor() as cursor:
		cursor.execute("lock table punch in exclusive mode")
		server.api.patch("/iclock/api/terminals/%d/" % t.id, {"area": 2})
		wait_until(lambda: server.log_contains("held_released"))
		wait_until(lambda: server.value("select count(*) from pg_locks where not granted"))
		assert t.push("OPERLOG", fp("7", "new"), "OPLOG 6\t0\t%s\t7" % WHEN, stamp="0") == "OK: 2"
		assert count(server, "template") == 0
	released(server, t)
	assert count(server, "template") == 1 and count(server, "operation_log") == 1
	assert newcomer(server, make_terminal) == [b64("new")]
	assert t.push("OPERLOG", user("9", "Cid")) == "OK: 1"
	assert "9" in codes(server), "and then at once"


def test_rules_of_people_hold_at_the_release(server, make_terminal):
	"""Somebody else's members are not overwritten, people of other areas wait for a confirmation, the dead stay so."""
	area = server.api.post("/personnel/api/areas/", {"area_code": "9", "area_name": "Far"})["id"]
	for code, home in (("1", 2), ("2", area)):
		server.api.post(E, {"emp_code": code, "first_name": "Rest" if code == "1" else "", "department": 1, "area": [home]})
	t = waits(make_terminal)
	assert t.push("OPERLOG", user("1", "Other", "\tPri=14"), user("2", "Claimed"), fp("2"), user("3", "New")) == "OK: 4"
	approve(server, t)
	rows = {r["emp_code"]: r for r in server.api.get(E)["data"]}
	assert (rows["1"]["first_name"], rows["2"]["first_name"], rows["3"]["first_name"]) == ("Rest", "", "New")
	assert rows["1"]["dev_privilege"] == 0
	assert count(server, "template") == 0 and count(server, "person_claim") >= 2
	assert server.api.get("/iclock/api/alerts/", kind="claim_waits")["count"] == 1


def test_a_suspended_terminal(server, make_terminal):
	t = make_terminal()
	t.register()
	assert t.push("OPERLOG", user("1", "Ada"), fp("1")) == "OK: 2"
	assert (codes(server), count(server, "template")) == (["1"], 1)
	t.suspend()
	assert t.push("OPERLOG", user("1", "Eve", "\tPasswd=1"), user("2", "Bert"), fp("2")) == "OK: 3"
	assert t.push("ATTLOG", punch("2")) == "OK: 1"
	assert (codes(server), count(server, "template"), count(server, "punch")) == (["1"], 1, 0), "what it published stays"
	approve(server, t)
	assert codes(server) == ["1", "2"] and count(server, "template") == 2 and count(server, "punch") == 1
	ada = server.api.get(E, emp_code="1")["data"][0]
	assert (ada["first_name"], ada["device_password"]) == ("Ada", "1"), "empty members are filled"


def test_packages_are_held_as_the_lines_they_hold(server, make_terminal):
	t = waits(make_terminal)

	def push(table, *files):
		return t.raw("POST", "/iclock/cdata?SN=%s&table=%s&ContentType=tgz" % (t.sn, table), packed(*files)).text
	lines = [(user("7") + "\n" + fp("7")).encode(), ("OPLOG 6\t0\t%s\t7" % WHEN).encode()]
	assert push("OPERLOG", *lines) == push("OPERLOG", *lines) == "OK: 3"
	assert push("ATTLOG", punch("7").encode(), punch("8").encode()) == "OK: 2"
	assert held(server, t)[0] == 4
	assert t.raw("POST", "/iclock/cdata?SN=%s&table=OPERLOG&ContentType=tgz" % t.sn, JPEG).text.startswith("OK")
	assert push("OPERLOG", b"USER PIN=9\tName=" + b"x" * (17 << 20)) == "ERROR: not authorised", "a bomb"
	assert held(server, t)[0] == 4 and not server.log_contains("package_not_opened")
	approve(server, t)
	assert codes(server) == ["7"] and count(server, "template") == 1 and count(server, "punch") == 2
	assert count(server, "raw_upload") == 0


# ---------------------------------------------------------------- caps

def test_lines_and_bytes_of_all_kinds_are_under_one_cap(server, make_terminal):
	a, b, c = (waits(make_terminal) for _ in range(3))
	users = lambda n, mark: "".join("USER PIN=%d\tName=%s\n" % (i, mark) for i in range(n)).encode()
	punches = lambda n, mark: (punch(mark) + "\n").encode() * n
	push = lambda t, table, body: t.raw("POST", t.push_target(table), body).text
	assert push(a, "ATTLOG", punches(40000, "1")) == "OK: 40000"
	assert push(a, "OPERLOG", users(40000, "one")) == "OK: 40000"
	assert push(a, "OPERLOG", users(20001, "two")) == "ERROR: not authorised"
	assert push(a, "OPERLOG", users(20000, "three")) == "OK: 20000"
	assert push(a, "ATTLOG", punches(1, "2")) == push(a, "OPERLOG", users(1, "four")) == "ERROR: not authorised"
	assert push(a, "OPERLOG", users(40000, "one")) == "OK: 40000", "what is held is acknowledged still"
	assert push(a, "OPERLOG", b"OPLOG 6\t0\t%s\t7\n" % WHEN.encode()) == "OK: 1", "what is not held takes no room"
	# and 16 MiB
	template = lambda n, mark: ("FP PIN=%d\tFID=1\tTMP=%s\n" % (n, mark * 900000)).encode()
	assert push(b, "OPERLOG", b"".join(template(n, "A") for n in range(8))) == "OK: 8"
	assert push(b, "FINGERTMP", b"".join(template(n, "B") for n in range(8))) == "OK: 8"
	assert push(b, "BIODATA", b"".join(template(n, "C") for n in range(3))) == "ERROR: not authorised"
	assert push(b, "ATTPHOTO", photo("7", picture=JPEG + b"x" * (3 << 20))) == "ERROR: not authorised"
	assert push(b, "ATTLOG", punches(1, "1")) == "OK: 1"
	assert server.sql("select held_lines, held_bytes < 16 << 20 from terminal where sn = %s", b.sn) == [(17, True)]
	# beyond a MiB they share: what is full for others is not for one that holds little
	server.sql("insert into terminal (sn, area_id, ip_address, held_lines, held_bytes) values ('HOARD1', 1, '', 1, %s)",
		(1 << 30) + (1 << 20))
	assert push(b, "OPERLOG", users(1, "five")) == "ERROR: not authorised"
	assert push(c, "OPERLOG", users(1000, "six")) == "OK: 1000" and push(c, "ATTPHOTO", photo("7")) == "OK"
	row, = [r for r in server.command("device", "list").stdout.splitlines() if c.sn in r]
	assert " ".join(str(x) for x in held(server, c)) in " ".join(row.split())


@pytest.mark.slow
def test_a_terminal_that_waits_cannot_make_punchd_grow(server, make_terminal):
	"""16 MiB of lines that make no sense, of one line, and of the shortest ones; released into rejects."""
	terminals = [waits(make_terminal) for _ in range(3)]
	bodies = [b"FP \xff\xfePIN=\n" * 99000, b"USERPIC PIN=7\tContent=" + b"\xff" * (15 << 20) + b"\n",
		(b"USER " + b"=\t" * 80 + b"\n") * 90000]
	for t, body in zip(terminals, bodies):
		assert t.raw("POST", t.push_target("OPERLOG"), body, timeout=90).text == "OK: %d" % body.count(b"\n")
	first = server.memory()
	for t in terminals:
		server.api.patch("/iclock/api/terminals/%d/" % t.id, {"area": 2})
	u = make_terminal()
	u.register()
	assert u.push("ATTLOG", punch("7")) == "OK: 1", "others are taken meanwhile"
	for t in terminals:
		released(server, t, 120)
	assert count(server, "employee") == 0 and count(server, "reject") >= 2
	assert server.memory() < first + (200 << 20)


# ---------------------------------------------------------------- without biometrics

@OFF
def test_nothing_of_anybodys_body_is_held_while_that_is_off(server, make_terminal):
	t = waits(make_terminal)
	assert t.push("OPERLOG", user("7"), *[line for table, line in UPLOADS if table == "OPERLOG"]) == "OK: 8"
	for table, line in UPLOADS:
		assert t.push(table, line) == "OK: 1"
	for path in (t.push_target("ATTPHOTO"), "/iclock/fdata?SN=%s&PhotoStamp=7" % t.sn):
		assert t.raw("POST", path, photo("7")).text == "OK"
	assert held(server, t)[0] == 2 + 3, "USER lines alone"
	server.restart()
	approve(server, t)
	assert codes(server) == ["1", "2", "3", "7"]
	for table in ("template", "photo", "punch_photo", "raw_upload", "reject"):
		assert count(server, table) == 0, table
	assert not found_in(server, SECRET)


def test_what_was_held_before_it_was_switched_off_goes(server, make_terminal):
	t = waits(make_terminal)
	assert t.push("OPERLOG", user("7"), fp("7")) == "OK: 2" and t.push("USERINFO", "PIN=8\tName=Bert") == "OK: 1"
	assert t.raw("POST", t.push_target("ATTPHOTO"), photo("7")).text == "OK"
	server.stop()
	started = server.command("serve", store_biometrics="off")
	assert started.returncode == 1 and "punchd biometrics remove" in started.stderr
	hidden = server.sql("update held_upload set biometric = false where table_name = 'OPERLOG' returning id")
	removed = server.command("biometrics", "remove", store_biometrics="off")
	assert removed.returncode == 0 and removed.stdout.startswith("1 templates"), removed
	assert held(server, t)[0] == 3 and server.value("select count(*) from held_upload") == 2
	server.settings["store_biometrics"] = "off"
	server.start()
	approve(server, t)
	assert hidden and codes(server) == ["7", "8"] and count(server, "template") == 0, "also when it is released"


# ---------------------------------------------------------------- crashes, failures, several processes

def test_a_crash_between_leaves_it_held_and_nothing_comes_twice(server, make_terminal):
	t = waits(make_terminal)
	for n in range(40):
		assert t.push("OPERLOG", user(n, "P%d" % n), fp(n, "finger %d" % n)) == "OK: 2"
		assert t.push("ATTLOG", punch(n, n)) == "OK: 1"
	assert t.push("OPERLOG", *[user(n, "M%d" % n) for n in range(100, 1700)]) == "OK: 1600"
	server.sql("""create function test_slow() returns trigger language plpgsql as $$ begin
		perform pg_sleep(0.05); return null; end $$;
		create trigger test_slow after insert on employee for each statement execute function test_slow()""")
	for before in (5, 25, 600):
		server.api.patch("/iclock/api/terminals/%d/" % t.id, {"area": 2})
		wait_until(lambda before=before: count(server, "employee") >= before, 40)
		server.kill9()
		server.start()
		server.sql("delete from held_release")  # else it is believed to be at work for a while
	released(server, t, 60)
	assert count(server, "employee") == 1640 and count(server, "template") == 40
	assert server.sql("select count(*), max(id) from punch") == [(40, 40)]
	assert count(server, "reject") == 0


def test_one_of_two_processes_releases(database, make_server):
	a, b = make_server(database, log_level="info"), make_server(database, log_level="info")
	t, u = Terminal(a, "TWICE001", approve=False), Terminal(b, "TWICE001", approve=False)
	t.handshake()
	u.handshake()
	for n in range(30):
		assert (t, u)[n % 2].push("OPERLOG", user(n), fp(n)) == "OK: 2"
		assert (t, u)[n % 2].push("ATTLOG", punch(n, n)) == "OK: 1"
	a.sql("""create table said (pid int, n int); grant all on said to public; create function test_slow() returns trigger language plpgsql as $$ begin
		insert into said values (pg_backend_pid(), (select count(*) from newer)); perform pg_sleep(0.05); return null; end $$;
		create trigger test_slow after insert on template referencing new table as newer for each statement
			execute function test_slow()""")
	a.api.patch("/iclock/api/terminals/%d/" % t.id, {"area": 2})
	released(a, t)
	logs = [s.log().count("held_released sn=TWICE001") for s in (a, b)]
	assert sorted(x > 0 for x in logs) == [False, True], logs
	assert a.value("select sum(n) from said") == 30, "nothing was done twice"
	assert count(a, "employee") == 30 and a.sql("select count(*), max(id) from punch") == [(30, 30)]
	assert count(a, "held_release") == 0
	# one that died is followed by the other
	for n in range(30, 60):
		t.server.sql("update terminal set area_id = 1 where approved")
		t.suspend() if n == 30 else None
		assert t.push("OPERLOG", user(n), fp(n)) == "OK: 2"
	a.sql("insert into held_release values (%s, 1, clock_timestamp() + interval '3 seconds')", t.id)
	a.api.patch("/iclock/api/terminals/%d/" % t.id, {"area": 2})
	stays(lambda: count(a, "employee") == 30, 1)
	released(a, t)
	assert count(a, "employee") == 60


def test_who_was_overtaken_writes_no_more(server, make_terminal):
	"""Held up for long, it would else write what is old over what came since."""
	t = waits(make_terminal)
	assert t.push("OPERLOG", user(5, "Old")) == "OK: 1"
	connection = server.database.connect()
	with connection, connection.cursor() as cursor:
		cursor.execute("lock table employee in share mode")
		server.api.patch("/iclock/api/terminals/%d/" % t.id, {"area": 2})
		wait_until(lambda: server.value("select count(*) from pg_locks where not granted and relation = 'employee'::regclass"), 20)
		# another process was faster, and is done
		server.sql("delete from held_release")
		server.sql("delete from held_upload")
	connection.close()
	stays(lambda: count(server, "employee") == 0, 2)
	assert t.push("OPERLOG", user(5, "New")) == "OK: 1"
	wait_until(lambda: server.sql("select first_name from employee") == [("New",)], 20)


def test_a_record_that_the_database_refuses_stops_no_other(server, make_terminal):
	t = waits(make_terminal)
	assert t.push("OPERLOG", *[user(n) for n in range(20)], *[fp(n) for n in range(20)]) == "OK: 40"
	assert t.raw("POST", t.push_target("ATTPHOTO"), photo("13")).text == "OK"
	assert t.push("ATTLOG", punch("13")) == "OK: 1"
	server.sql("""create function test_no() returns trigger language plpgsql as $$ begin
		if new.pin_id = (select id from pin where code = '13') then
			raise exception 'poison' using errcode = '22P02'; end if;
		return new; end $$;
		create trigger test_no before insert on template for each row execute function test_no();
		create trigger test_no before insert on punch_photo for each row execute function test_no()""")
	approve(server, t)
	assert count(server, "employee") == 20 and count(server, "template") == 19 and count(server, "punch") == 1
	rejects = server.api.get("/iclock/api/rejects/")["data"]
	assert sorted((r["table"], r["reason"]) for r in rejects) == [
		("ATTPHOTO", "refused by the database"), ("OPERLOG", "refused by the database")]
	assert not server.log_contains("held_set_aside")


@pytest.mark.slow
def test_a_fault_of_ours_delays_one_upload_and_it_is_set_aside(server, make_terminal):
	t, other = waits(make_terminal, sn="FAULT001"), make_terminal()
	other.register()
	assert t.push("OPERLOG", user("1"), user("13")) == "OK: 2" and t.push("OPERLOG", user("2")) == "OK: 1"
	server.sql("""create function test_no() returns trigger language plpgsql as $$ begin
		if new.emp_code = '13' then raise exception 'a fault of ours' using errcode = 'XX000'; end if;
		return new; end $$; create trigger test_no before insert on employee for each row execute function test_no()""")
	t.approve()
	wait_until(lambda: server.log_contains("held_refused sn=FAULT001"))
	assert other.push("ATTLOG", punch("7")) == "OK: 1"
	wait_until(lambda: server.log().count("held_released sn=FAULT001") > 1)
	assert other.push("ATTLOG", punch("8")) == "OK: 1"
	released(server, t, 120)
	assert codes(server) == ["2"]
	assert [r["reason"] for r in server.api.get("/iclock/api/rejects/")["data"]] == ["refused by the database"]


# ---------------------------------------------------------------- erased meanwhile

@pytest.mark.parametrize("punches", ["keep", "anonymise"])
def test_what_was_held_brings_nobody_back_who_was_erased(server, make_terminal, punches):
	t = waits(make_terminal)
	emp = server.api.post(E, {"emp_code": "7", "department": 1, "area": [2]})["id"]
	assert t.push("OPERLOG", user("7", "Zebulon"), fp("7"), user("8", "Bert"), fp("8")) == "OK: 4"
	for pin in ("7", "8"):
		assert t.raw("POST", t.push_target("ATTPHOTO"), photo(pin)).text == "OK"
	server.api.post(E + "%d/erase/" % emp, {"punches": punches})
	approve(server, t)
	assert codes(server) == ["8"]
	assert server.sql("select code from template join pin on pin.id = pin_id") == [("8",)]
	assert server.sql("select code from punch_photo join pin on pin.id = pin_id") == [("8",)]
	assert t.push("OPERLOG", user("7", "Somebody")) == "OK: 1"
	wait_until(lambda: codes(server) == ["7", "8"], 10, "the terminal may say so later")


# ---------------------------------------------------------------- asked for again

def asked(server, t):
	server.api.patch("/iclock/api/terminals/%d/" % t.id, {"area": 2})
	return [c for _, c in wait_until(t.poll)]


FIRST = ["CHECK", "DATA QUERY USERINFO"]
TYPE = "DATA QUERY BIODATA Type=%d"


@pytest.mark.parametrize("version, facts, types", [
	("2.2.14", None, []), ("3.1.2", None, [1, 9, 8, 10]), ("3.1.2", "V,5,0,5,10.0.0.1,13,58,12,2,11111", [9, 8, 10]),
	("3.1.2", "V,5,2,5,10.0.0.1,13,58,12,0,11111", [1, 8, 10])])
def test_templates_are_asked_for_where_the_generation_has_the_words(server, make_terminal, version, facts, types):
	t = waits(make_terminal, push_version=version)
	if facts:
		t.poll(facts)
		wait_until(lambda: server.value("select face_count is not null from terminal_state"), 20, "INFO is written")
	assert asked(server, t) == FIRST + [TYPE % n for n in types]
	t.obey()
	stays(lambda: t.poll() == [], 1, "once")


def test_types_as_the_terminal_says_it_has_them_and_no_question_twice(server, make_terminal):
	t = make_terminal(push_version="3.1.2")
	t.register()
	t.obey()
	assert t.push("options", "MultiBioDataSupport=0:0:1:0:0:0:0:1:0:1:0") == "OK"
	t.suspend()
	expected = FIRST + [TYPE % n for n in (9, 7, 2)]
	server.api.patch("/iclock/api/terminals/%d/" % t.id, {"area": 2})
	server.api.patch("/iclock/api/terminals/%d/" % t.id, {"area": 1})
	assert asked(server, t) == expected


@OFF
def test_no_templates_are_asked_for_without_biometrics(server, make_terminal):
	assert asked(server, waits(make_terminal, push_version="3.1.2")) == FIRST
