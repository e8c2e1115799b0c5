"""Uploads stored as what they are: photos, images, ID cards, errors, packages, positions; the log of
uploads and the other lists; what terminals ask about people (adms-push 2, 5, 6, 8)."""

import base64
import gzip
import io
import tarfile

import pytest

from punchd_test.dump import found_in
from punchd_test.rest import ApiError
from punchd_test.wait import stays, wait_until

SECRET = "PlantedSecret"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF" + SECRET.encode() + b"\0\n\xff\xd9"
WHEN = "2026-05-01 08:00:00"


def ready(make_terminal, **more):
	t = make_terminal(**more)
	t.register()
	t.obey()
	return t


def listed(server, name, **params):
	return server.api.get("/iclock/api/%s/" % name, **params)["data"]


def b64(data):
	return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


# ---------------------------------------------------------------- punch photos

def head(t, name="20260501080000-123.jpg", command="uploadphoto"):
	return ("PIN=%s\nSN=%s\nsize=7\nCMD=%s" % (name, t.sn, command)).encode()


def photo(t, body, target=None):
	return t.raw("POST", target or t.push_target("ATTPHOTO"), body).text


def picture(server, row):
	return server.api.request("GET", row["photo"])


@pytest.mark.parametrize("form", ["nul", "base64", "bare"])
def test_a_punch_photo_in_each_form(server, make_terminal, form):
	t = ready(make_terminal)
	body = {"nul": head(t) + b"\0" + JPEG, "base64": head(t) + b"\npicture=" + b64(JPEG).encode() + b"\n",
		"bare": head(t) + b"\n" + JPEG}[form]
	for n in (1, 2):
		assert photo(t, body) == "OK"
		row, = listed(server, "attphotos")
		assert (row["terminal"], row["terminal_sn"], row["emp_code"], row["punch_time"], row["kind"], row["size"],
			row["count"], row["transaction"]) == (t.id, t.sn, "123", WHEN, "attendance", len(JPEG), n, None)
		assert "Planted" not in str(row)
	got = picture(server, row)
	assert got.status == 200 and got.body == JPEG and got.headers["content-type"] == "image/jpeg"
	assert server.value("select count(*) from raw_upload") == 0
	assert not found_in(server, SECRET)


def test_a_photo_through_fdata_and_the_name_in_the_request(server, make_terminal):
	t = ready(make_terminal)
	target = "/iclock/fdata?SN=%s&PIN=20260501080000-982.jpg&PhotoStamp=285528079" % t.sn
	body = ("PIN=20260501080000-982\nSN=%s\nsize=59\nCMD=realupload\0" % t.sn).encode() + JPEG
	assert photo(t, body, target) == "OK"
	assert photo(t, JPEG, target.replace("982", "983")) == "OK"
	assert photo(t, b"PIN=984\nCMD=realupload\0" + JPEG, target.replace("982", "984")) == "OK"
	assert sorted((r["emp_code"], r["punch_time"]) for r in listed(server, "attphotos")) == [
		(pin, WHEN) for pin in ("982", "983", "984")]
	assert t.options()["PhotoStamp"] == "285528079"


def test_attempts_that_failed_and_person_id_terminals(server, make_terminal):
	t = ready(make_terminal)
	assert photo(t, head(t, "20260501080001.jpg") + b"\0" + JPEG) == "OK"
	assert photo(t, head(t, "20260501080002-2-55-110101198001010011.jpg") + b"\0" + JPEG) == "OK"
	assert photo(t, head(t, "/mnt/x/../20260501080003-../7.jpg") + b"\0" + JPEG) == "OK"
	assert [(r["emp_code"], r["punch_time"][-2:], r["kind"]) for r in listed(server, "attphotos")
		if r["punch_time"]] == [(None, "01", "failed"), ("55", "02", "blacklist")]
	assert server.api.get("/iclock/api/attphotos/", kind="blacklist")["count"] == 1
	assert not found_in(server, "110101198001010011"), "a national id in a file name"


def test_photo_and_punch_find_each_other(server, make_terminal):
	"""Whichever comes first."""
	t = ready(make_terminal)
	t.push("ATTLOG", "1\t%s\t0\t15" % WHEN)
	photo(t, head(t, "20260501080000-1.jpg") + b"\0" + JPEG)
	photo(t, head(t, "20260501080000-2.jpg") + b"\0" + JPEG)
	assert [bool(r["transaction"]) for r in listed(server, "attphotos", ordering="emp_code")] == [True, False]
	t.push("ATTLOG", "2\t%s\t0\t15" % WHEN)
	for r in listed(server, "attphotos"):
		punch = server.api.get("/iclock/api/transactions/%d/" % r["transaction"])
		assert (punch["emp_code"], punch["punch_time"]) == (r["emp_code"], r["punch_time"])
		assert listed(server, "attphotos", transaction=r["transaction"]) == [r]


def test_photos_are_for_those_who_are_logged_in(server, make_terminal):
	t = ready(make_terminal)
	photo(t, head(t) + b"\0" + JPEG)
	row, = listed(server, "attphotos")
	assert server.api.request("GET", row["photo"], authorization="").status == 401
	assert server.api.request("GET", "/iclock/api/attphotos/", authorization="").status == 401
	assert server.api.request("GET", "/iclock/api/attphotos/999/photo/").status == 404
	assert server.api.request("GET", "/iclock/api/attphotos/99999999999999999999/photo/").status == 404
	assert server.api.get("/iclock/api/attphotos/%d/" % row["id"]) == row


@pytest.mark.parametrize("body", [b"", b"\0", b"PIN=1\nCMD=uploadphoto", b"PIN=1\npicture=%%%", b"PIN=1\0"])
def test_what_is_no_photo_is_kept_raw(server, make_terminal, body):
	t = ready(make_terminal)
	assert photo(t, body) == "OK"
	assert server.value("select count(*) from punch_photo") == 0
	assert [r["table"] for r in listed(server, "rawuploads")] == (["ATTPHOTO"] if body else [])


# ---------------------------------------------------------------- images of fingers

def test_images_of_fingers(server, make_terminal):
	t = ready(make_terminal)
	target = "/iclock/cdata?SN=%s&FPImage=/tmp/enroll_fp_1.bmp&PIN=982&FID=%d"
	for n in (1, 2):
		for finger in (0, 7):
			assert t.raw("POST", target % (t.sn, finger), b"BM" + SECRET.encode()).text == "OK"
	assert server.sql("""select p.code, finger, seen_count from fp_image join pin p on p.id = pin_id
		order by finger""") == [("982", 0, 2), ("982", 7, 2)]
	assert t.raw("POST", "/iclock/cdata?SN=%s&FPImage=x" % t.sn, b"BM2").text == "OK"
	assert server.sql("select finger from fp_image where pin_id is null") == [(-1,)]
	assert not found_in(server, SECRET)
	server.api.post("/personnel/api/employees/", {"emp_code": "982", "first_name": "x", "department": 1, "area": [2]})
	emp = server.api.get("/personnel/api/employees/", emp_code="982")["data"][0]["id"]
	server.api.post("/personnel/api/employees/del_bio_template/", {"employees": [emp], "finger_print": True})
	assert server.value("select count(*) from fp_image where pin_id is not null") == 0


# ---------------------------------------------------------------- ID cards, errors, work codes, messages

def test_id_cards_are_sealed_records(server, make_terminal):
	t = ready(make_terminal)
	line = "PIN=55\tSNNum=1\tIDNum=110101198001010010\tName=%s\tPhoto=AAAA\tNotice=" % SECRET
	assert t.push("IDCARD", "IDCARD " + line, line) == "OK: 2"
	assert t.push("IDCARD", "IDCARD " + line) == "OK: 1"
	assert server.sql("select p.code, c.sn, seen_count from id_card c join pin p on p.id = pin_id order by 3") == [
		("55", t.sn, 1), ("55", t.sn, 2)]
	assert not found_in(server, SECRET) and not found_in(server, "110101198001010010")


def test_an_error_explains_its_command(server, make_terminal):
	t, other = ready(make_terminal), ready(make_terminal)
	cid = server.value("select command_add(%s, 'DATA UPDATE BIOPHOTO PIN=1', interval '1 day', null)", t.id)
	t.poll_until("BIOPHOTO")
	t.ack((cid, 0))
	for sender in (other, t):
		assert sender.push("ERRORLOG", "ERRORLOG ErrCode=D01E0001\tErrMsg=\tDataOrigin=cmd\tCmdId=%d\tAdditional=%s"
			% (cid, SECRET)) == "OK"
	assert t.push("ERRORLOG", "ErrCode=X9\tErrMsg=worn out\tDataOrigin=dev\tCmdId=%d" % cid) == "OK"
	command = server.api.get("/iclock/api/terminalcommands/%d/" % cid)
	assert (command["state"], command["return_text"]) == ("done", "no face found")
	assert {(r["terminal_sn"], r["error_code"], r["meaning"], r["cmd"]) for r in listed(server, "errorlogs")} == {
		(t.sn, "D01E0001", "no face found", cid), (other.sn, "D01E0001", "no face found", None),
		(t.sn, "X9", None, None)}
	assert not found_in(server, SECRET)
	assert t.push("ERRORLOG", "ErrMsg=x") == "OK"
	assert [r["table"] for r in listed(server, "rawuploads")] == ["ERRORLOG"]


def test_work_codes_and_messages_of_a_terminal(server, make_terminal):
	t = ready(make_terminal)
	assert t.push("WORKCODE", "WORKCODE PIN=1\tCODE=7\tNAME=Welding", "CODE=8\tNAME=", "Name=x") == "OK: 3"
	assert t.push("WORKCODE", "Code=7\tName=Painting") == "OK: 1"
	assert [(r["terminal_sn"], r["code"], r["alias"]) for r in listed(server, "terminalworkcodes")] == [
		(t.sn, "7", "Painting"), (t.sn, "8", "")]
	line = "SMS MSG=%s\tTAG=253\tUID=5\tMIN=60\tStartTime=%s" % (SECRET, WHEN)
	assert t.push("SMS", line, line) == "OK: 2"
	assert server.sql("select uid, tag, minutes, start_time::text from terminal_message") == [("5", 253, 60, WHEN)]
	assert [r["table"] for r in listed(server, "rawuploads")] == ["WORKCODE"]
	assert not found_in(server, SECRET)


def test_what_has_no_place_is_listed(server, make_terminal):
	t = ready(make_terminal)
	t.push("SOMETHINGNEW", "A=1", "B=" + SECRET)
	t.raw("POST", "/iclock/cdata?SN=%s&type=PostVerifyData" % t.sn, SECRET)
	t.raw("POST", "/iclock/edata?SN=%s&table=ATTLOG" % t.sn, "1\t%s\t0\t1\n" % WHEN)
	assert sorted((r["table"], r["lines"], r["count"]) for r in listed(server, "rawuploads", terminal_sn=t.sn)) == [
		("POSTVERIFYDATA", 1, 1), ("SOMETHINGNEW", 2, 1)]
	assert server.api.get("/iclock/api/rawuploads/", table="SOMETHINGNEW", terminal=t.id)["count"] == 1
	assert server.value("select count(*) from punch") == 1
	assert not found_in(server, SECRET)


# ---------------------------------------------------------------- answers to queries

PANEL_USER = "user uid=%d\tcardno=%s\tpin=%d\tpassword=%s\tgroup=1\tstarttime=0\tendtime=0\tname=%s\tprivilege=0\tdisable=0"


def ask(server, t, command):
	server.api.post("/iclock/api/terminalcommands/", {"terminal": t.id, "command": command})
	return t.poll_until(command)[0]


def answer(t, cid, table, *lines, pack=1, packs=1):
	return t.raw("POST", "/iclock/querydata?SN=%s&type=tabledata&cmdid=%s&tablename=%s&count=%d&packcnt=%d&packidx=%d"
		% (t.sn, cid, table, len(lines), packs, pack), "\r\n".join(lines)).text


def command(server, cid):
	return server.sql("select state, return_value from terminal_command where id = %s", cid)[0]


def test_users_come_as_the_answer_to_their_query(server, make_terminal):
	"""As SenseFace terminals in attendance mode answer (adms-push 2.11): in access control's words."""
	t, other = ready(make_terminal), ready(make_terminal)
	cid = ask(server, t, "DATA QUERY USERINFO")
	# nobody else's answer, none to another question, and none without a question
	for who, number, table in ((other, cid, "user"), (t, int(cid) + 100, "user"), (t, 0, "user"), (t, "x", "user")):
		assert answer(who, number, table, PANEL_USER % (1, "77", 1, "99", "Al")) == "user=1"
	assert answer(t, cid, "templatev10", "templatev10 size=4\tuid=1\tpin=1\tfingerid=6\tvalid=1\ttemplate=AAAA") == "templatev10=1"
	assert server.value("select count(*) from employee") == 0 and command(server, cid) == ("sent", None)
	assert answer(t, cid, "user", PANEL_USER % (1, "77", 1, "99", "Al"), PANEL_USER % (2, "", 2, "", "Bo"), packs=2) == "user=2"
	assert command(server, cid) == ("sent", None), "another pack follows"
	assert answer(t, cid, "user", "USER PIN=3\tName=Cy", pack=2, packs=2) == "user=1"
	assert command(server, cid)[0] == "done"
	got = [(p["emp_code"], p["first_name"], p["card_no"], p["device_password"]) for p in
		server.api.get("/personnel/api/employees/", ordering="emp_code")["data"]]
	assert [tuple(x or "" for x in p) for p in got] == [("1", "Al", "77", "99"), ("2", "Bo", "", ""), ("3", "Cy", "", "")]
	assert t.ack((cid, 3, "DATA QUERY")) == "OK", "its result comes behind"
	assert command(server, cid)[0] == "done"
	# it is over: what comes under its number now is a panel's own
	assert answer(t, cid, "user", PANEL_USER % (9, "", 9, "", "Late")) == "user=1"
	assert server.value("select count(*) from employee") == 3
	assert server.sql("select distinct table_name from raw_upload") == [("QUERYDATA",)]


def test_templates_and_punches_likewise(server, make_terminal):
	t = ready(make_terminal)
	person(server, "1")
	t.obey()
	cid = ask(server, t, "DATA QUERY FINGERTMP PIN=1")
	assert answer(t, cid, "templatev10", "templatev10 size=4\tuid=1\tpin=1\tfingerid=22\tvalid=1\ttemplate=AAAA") == "templatev10=1"
	assert server.sql("select bio_no, duress from template") == [(6, 1)] and command(server, cid)[0] == "done"
	cid = ask(server, t, "DATA QUERY ATTLOG StartTime=2026-05-01 00:00:00\tEndTime=2026-05-02 00:00:00")
	assert answer(t, cid, "attlog", "1\t%s\t0\t1" % WHEN) == "attlog=1"
	assert server.value("select count(*) from punch") == 1 and command(server, cid) == ("done", 1)
	cid = ask(server, t, "DATA QUERY USERINFO PIN=5")
	assert answer(t, cid, "user") == "user=0"
	assert command(server, cid) == ("done", 0), "there is nobody"


def test_odd_answers_harm_nobody(server, make_terminal):
	t = ready(make_terminal)
	stranger = make_terminal(approve=False)
	stranger.register()
	cid = ask(server, t, "DATA QUERY USERINFO")
	for query in ("", "&cmdid=" + cid, "&tablename=user", "&cmdid=%s&tablename=%s" % (cid, "x" * 99),
			"&cmdid=99999999999999999999&tablename=user&count=-1", "&cmdid=%s&tablename=a%%0Ab&packcnt=x" % cid,
			"&type=options&cmdid=1", "&type=count&cmdid=1&tablename=user&count=5"):
		for body in ("", "user=5", "\0" * 100, "user " * 1000, "A=1,B=2"):
			reply = t.raw("POST", "/iclock/querydata?SN=%s%s" % (t.sn, query), body).text
			assert reply.startswith(("OK", "user=")) and "\n" not in reply, (query, reply)
	assert answer(stranger, cid, "user", PANEL_USER % (1, "", 1, "", "x")) == "user=1"
	assert command(server, cid) == ("sent", None)
	assert server.value("select count(*) from employee") == 0
	assert server.value("select options from terminal where id = %s", t.id)["B"] == "2"


# ---------------------------------------------------------------- packages

def tgz(*files):
	out = io.BytesIO()
	with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.USTAR_FORMAT) as tar:
		for n, text in enumerate(files):
			info = tarfile.TarInfo("operlog%d.txt" % n)
			info.size = len(text)
			tar.addfile(info, io.BytesIO(text))
	return out.getvalue()


def push_package(t, body):
	return t.raw("POST", "/iclock/cdata?SN=%s&table=OPERLOG&ContentType=tgz&OpStamp=77" % t.sn, body).text


def test_a_packed_operation_log(server, make_terminal):
	t = ready(make_terminal)
	lines = ["OPLOG 4\t%d\t%s\t3\t0\t0\t0" % (n, WHEN) for n in range(2000)]
	package = tgz(("\n".join(lines)).encode(), b"\xef\xbb\xbfUSER PIN=4\tName=Ann\nRUBBISH\n\n")
	for n in (1, 2):
		assert push_package(t, package) == "OK: 2002"
		assert server.sql("select count(*), max(seen_count) from operation_log") == [(2000, n)]
	assert server.sql("select emp_code, first_name from employee") == [("4", "Ann")]
	assert server.value("select count(*) from reject") == 1
	assert server.value("select count(*) from raw_upload") == 0
	assert t.options()["OpStamp"] == "77"


def test_hostile_packages_are_kept_raw(server, make_terminal):
	t = ready(make_terminal)
	good = tgz(b"OPLOG 4\t1\t%s\n" % WHEN.encode())
	bomb = gzip.compress(b"\0" * (80 << 20))
	tar = gzip.decompress(tgz(b"x" * (70 << 20)))
	for body in (b"no gzip", good[:40], gzip.compress(b"USER PIN=1\tName=x"), gzip.compress(tar), b"\x1f\x8b" + b"\xff" * 99):
		assert push_package(t, body).startswith("OK: "), body[:20]
	assert push_package(t, bomb).startswith("OK: ")
	assert server.value("select count(*) from operation_log") == 0
	assert server.value("select count(*) from raw_upload where table_name = 'OPERLOG'") == 5, "zeros are an empty tar"
	assert server.memory() < 600 << 20
	assert push_package(t, good) == "OK: 1"


# ---------------------------------------------------------------- ATTLOG extras

def test_position_mask_and_temperature_of_a_punch(server, make_terminal):
	t = ready(make_terminal)
	gps = b64('{"GPSInfo":"22.6,113.9"}')
	assert t.push("ATTLOG", "1\t2026-05-01 08:00:01\t0\t15\t0\t0\t0\t1\t36.5\t97.7\t+28800\t" + gps,
		"2\t2026-05-01 08:00:02\t0\t15\t0\t0\t0\t0\t255\t0\t+28800\t" + b64('{"GPSInfo":-1}'),
		"3\t2026-05-01 08:00:03\tx\t15\t0\t0\t0\t0\t0\t0\t\t" + gps, "4\t2026-05-01 08:00:04\t0\t1") == "OK: 4"
	rows = listed(server, "transactions", ordering="id")
	assert [(r["gps_location"], r.get("latitude"), r.get("longitude"), r["is_mask"], r["temperature"]) for r in rows] == [
		("22.6,113.9", 22.6, 113.9, "Yes", 36.5), ("", None, None, "No", 0.0), ("22.6,113.9", 22.6, 113.9, "No", 0.0),
		("", None, None, None, 0.0)]
	assert server.api.get("/iclock/api/transactions/%d/" % rows[0]["id"]) == rows[0]
	csv = server.api.request("GET", "/iclock/api/transactions/export/?export_headers=id,gps_location&export_type=csv")
	assert csv.status == 200 and "22.6" in csv.text
	big = server.api.get("/iclock/api/transactions/", page_size=100000, ordering="id")
	assert big["data"] == rows


# ---------------------------------------------------------------- operations that changed somebody

def asked(t, pin):
	return t.server.value("select count(*) from terminal_command where terminal_id = %s and content = %s", t.id,
		"DATA QUERY USERINFO PIN=" + pin)


def test_after_a_change_at_the_terminal_its_user_is_asked_for(server, make_terminal):
	t = ready(make_terminal)
	lines = ["OPLOG %d\t0\t%s\t%s\t0\t0\t0" % (code, WHEN, pin) for code, pin in
		((6, "11"), (103, "10000"), (30, "12"), (70, "0"), (4, "13"), (108, "KeyPadBeep"), (71, ""), (36, "a b"))]
	user = "USER PIN=12\tName=x"
	assert t.push("OPERLOG", *(lines + [user] + lines[:1])) == "OK: 10"
	assert [asked(t, pin) for pin in ("11", "10000", "12", "0", "13", "a b")] == [1, 1, 0, 0, 0, 0]
	assert t.push("OPERLOG", "OPLOG 10\t0\t2026-05-01 09:00:00\t11\t6\t0\t0") == "OK: 1"
	assert asked(t, "11") == 1, "it is queued already"
	cid, _ = t.poll_until("PIN=11")
	t.push("OPERLOG", "OPLOG 9\t0\t2026-05-01 09:30:00\t11\t0\t0\t0")
	assert asked(t, "11") == 1, "it is on its way"
	t.ack((cid, 0))
	t.obey()
	t.push("OPERLOG", *lines)
	assert asked(t, "11") == 1, "the same line again says nothing new"
	t.push("OPERLOG", "OPLOG 7\t0\t2026-05-01 10:00:00\t11\t0\t0\t0")
	assert asked(t, "11") == 2


def test_who_is_not_asked(server, make_terminal):
	old = make_terminal()
	old.handshake("options=all")  # generation 1 knows no such verb
	old.approve()
	old.handshake("options=all")
	waiting = make_terminal(approve=False)
	waiting.register()
	for t in (old, waiting):
		t.push("OPERLOG", "OPLOG 6\t0\t%s\t11\t0\t0\t0" % WHEN)
		assert asked(t, "11") == 0


def test_a_user_line_far_behind_its_operation(server, make_terminal):
	"""In one body, which is written in pieces."""
	t = ready(make_terminal)
	lines = ["OPLOG 30\t0\t%s\t%d\t0\t0\t0" % (WHEN, n) for n in range(1, 1201)]
	users = ["USER PIN=%d\tName=N" % n for n in range(1, 1200)]
	assert t.push("OPERLOG", *(lines + users)) == "OK: 2399"
	assert server.sql("select content from terminal_command where content like '%%USERINFO PIN=%%'") == [
		("DATA QUERY USERINFO PIN=1200",)]


def test_an_old_log_asks_for_all_at_once(server, make_terminal):
	t = ready(make_terminal)
	t.push("OPERLOG", *["OPLOG 6\t0\t%s\t%d\t0\t0\t0" % (WHEN, n) for n in range(1, 400)])
	t.push("OPERLOG", "OPLOG 6\t0\t%s\t9999\t0\t0\t0" % WHEN)
	assert server.sql("select content from terminal_command where state = 'queued'") == [("DATA QUERY USERINFO",)]


def test_the_answer_cannot_bring_back_what_is_deleted(server, make_terminal):
	t = ready(make_terminal)
	emp = person(server, "11")
	t.obey()
	t.push("OPERLOG", "OPLOG 6\t0\t%s\t11\t0\t0\t0" % WHEN, "FP PIN=11\tFID=1\tSize=3\tValid=1\tTMP=AAAA")
	server.api.post("/personnel/api/employees/del_bio_template/", {"employees": [emp], "finger_print": True})
	texts = t.obey()
	assert texts.index("DATA QUERY USERINFO PIN=11") > texts.index("DATA DELETE FINGERTMP PIN=11"), texts


# ---------------------------------------------------------------- lists

def test_the_operation_log_in_words(server, make_terminal):
	t, other = ready(make_terminal), ready(make_terminal)
	t.push("OPERLOG", "OPLOG 4\t3\t2026-06-25 16:27:43\t3\t0\t0\t0", "OPLOG 3\t0\t2026-06-25 16:28:10\t54",
		"OPLOG 999\t0\tnonsense")
	other.push("OPERLOG", "OPLOG 0\t0\t2026-06-26 00:00:00")
	rows = listed(server, "terminallogs", terminal_sn=t.sn)
	assert [(r["terminal"], r["code"], r["event"], r["operator"], r["log_time"], r["objects"], r["count"]) for r in rows] == [
		(t.id, 4, "Enter menu", "3", "2026-06-25 16:27:43", ["3", "0", "0", "0"], 1),
		(t.id, 3, "Alarm: door forced", "0", "2026-06-25 16:28:10", ["54"], 1),
		(t.id, 999, "Operation 999", "0", None, [], 1)]
	count = lambda **p: server.api.get("/iclock/api/terminallogs/", **p)["count"]
	assert count() == 4 and count(terminal=other.id) == 1 and count(terminal="%d,%d" % (t.id, other.id)) == 4
	assert count(code=4) == 1 and count(code="3,4") == 2 and count(object="54") == 1 and count(event_icontains="alarm") == 1
	assert count(start_time="2026-06-25 16:28:00", end_time="2026-06-25 16:28:10") == 1
	assert server.api.get("/iclock/api/terminallogs/%d/" % rows[0]["id"]) == rows[0]
	page = server.api.get("/iclock/api/terminallogs/", page_size=2, ordering="-log_time")
	assert page["count"] == 4 and len(page["data"]) == 2 and page["next"] and page["code"] == 0
	with pytest.raises(ApiError):
		server.api.post("/iclock/api/terminallogs/", {})


def log_of(server, t, table):
	rows = listed(server, "uploadlogs", terminal_sn=t.sn, table=table, page_size=100)
	return tuple(sum(r[k] for r in rows) for k in ("upload_count", "error_count", "lines", "stored", "duplicate", "rejected"))


def test_every_upload_is_counted(server, make_terminal):
	t, other = ready(make_terminal), ready(make_terminal)
	lines = ["%d\t%s\t0\t1" % (n, WHEN) for n in range(10)]
	t.push("ATTLOG", *lines)
	t.push("ATTLOG", *(lines[:5] + ["11\t%s\t0\t1" % WHEN, "11\t%s\t1\t1" % WHEN, "bad line", ""]))
	other.push("ATTLOG", *lines)
	wait_until(lambda: log_of(server, t, "ATTLOG") == (2, 0, 18, 11, 6, 1), 15, "punches are counted")
	assert log_of(server, other, "ATTLOG") == (1, 0, 10, 0, 10, 0), "they were another terminal's"
	oplog = ["OPLOG 4\t%d\t%s\t3" % (n, WHEN) for n in range(4)]
	t.push("OPERLOG", *(oplog + ["USER PIN=5\tName=x", "RUBBISH"]))
	t.push("OPERLOG", *(oplog + oplog[:1]))
	t.push("NEWTHING", "a", "b")
	t.push("NEWTHING", "a", "b")
	t.push("options", "UserCount=9")
	photo(t, head(t) + b"\0" + JPEG)
	wait_until(lambda: log_of(server, t, "ATTPHOTO") == (1, 0, 1, 1, 0, 0), 15)
	assert log_of(server, t, "OPERLOG") == (2, 0, 11, 5, 5, 1)
	# what is only put aside is not stored
	assert log_of(server, t, "NEWTHING") == (2, 0, 4, 0, 0, 0)
	assert [r["raw"] for r in listed(server, "uploadlogs", table="NEWTHING")] == [4]
	t.push("NEWTHING", "USER PIN=5\tName=x", "a", "USER PIN=5 x=1\tName=x")
	wait_until(lambda: log_of(server, t, "NEWTHING") == (3, 0, 7, 1, 0, 1), 15)
	assert [r["raw"] for r in listed(server, "uploadlogs", table="NEWTHING")] == [5]
	assert log_of(server, t, "OPTIONS") == (1, 0, 1, 1, 0, 0)
	row = listed(server, "uploadlogs", terminal=t.id, table="ATTLOG")[0]
	assert row["hour"] <= row["first_upload"][:13] + ":59" and row["first_upload"] <= row["upload_time"]
	assert listed(server, "uploadlogs", start_time="2999-01-01") == []


def test_a_terminal_that_was_deleted_and_came_back_is_counted_on(server, make_terminal):
	"""Before the counts were written: two terminals in turn, one serial number."""
	t = make_terminal()
	t.register()
	t.push("NEWTHING", "a")
	server.api.delete("/iclock/api/terminals/%d/" % t.id)
	wait_until(lambda: not server.value("select count(*) from terminal"))
	wait_until(lambda: t.handshake() and server.value("select count(*) from terminal"))
	t.approve()
	t.push("NEWTHING", "b")
	wait_until(lambda: server.sql("select uploads, terminal_id from upload_log where table_name = 'NEWTHING'")
		== [(2, server.value("select id from terminal"))], 15)
	assert "upload_log_not_written" not in server.log()


def test_punches_of_many_terminals_in_one_write_are_counted_apart(server, make_terminal):
	"""Half of the lines of each are there already."""
	from concurrent.futures import ThreadPoolExecutor
	ts = [ready(make_terminal) for _ in range(8)]
	line = lambda i, n: "%d\t2026-05-01 08:%02d:00\t0\t1" % (i * 100 + n, n)
	for i, t in enumerate(ts):
		t.push("ATTLOG", *[line(i, n) for n in range(0, 40, 2)])
	with ThreadPoolExecutor(8) as pool:
		assert set(pool.map(lambda it: it[1].push("ATTLOG", *[line(it[0], n) for n in range(40 - it[0])]),
			enumerate(ts))) == {"OK: %d" % n for n in range(33, 41)}
	for i, t in enumerate(ts):
		old, new = 20 - i // 2, (40 - i) // 2
		wait_until(lambda t=t, i=i, old=old, new=new: log_of(server, t, "ATTLOG") == (
			2, 0, 20 + 40 - i, 20 + new, 40 - i - new, 0), 15, "terminal %d" % i)


def test_uploads_that_failed_and_counts_over_an_outage(own_pg, clone, make_server):
	from punchd_test.terminal import Terminal
	server = make_server(clone(own_pg), admission="auto")
	t = Terminal(server, "OUTAGE01", approve=False)
	t.register()
	t.push("ATTLOG", "1\t%s\t0\t1" % WHEN)
	own_pg.stop()
	assert t.push("ATTLOG", "2\t%s\t0\t1" % WHEN).startswith("ERROR")
	own_pg.start()
	wait_until(lambda: t.push("ATTLOG", "2\t%s\t0\t1" % WHEN) == "OK: 1", 30)
	wait_until(lambda: server.probe("/readyz") == 200, 30)
	wait_until(lambda: log_of(server, t, "ATTLOG")[2:] == (2, 2, 0, 0), 30)
	assert log_of(server, t, "ATTLOG")[1] >= 1


def test_what_waited_is_counted_when_it_is_released(server, make_terminal):
	t = make_terminal(approve=False)
	t.register()
	assert t.push("ATTLOG", "1\t%s\t0\t1" % WHEN, "bad line") == "OK: 2"
	t.approve()
	wait_until(lambda: log_of(server, t, "ATTLOG") == (1, 0, 2, 1, 0, 1), 20)


def test_old_rows_of_the_log_go(server, make_terminal):
	t = ready(make_terminal)
	server.sql("""insert into upload_log (sn, table_name, hour, uploads, failed, lines, stored, duplicate, rejected,
		first_upload, last_upload) select 'X', 'ATTLOG', now() - d * interval '1 day', 1, 0, 1, 1, 0, 0, now(), now()
		from generate_series(1, 20) d""")
	server.sql("select upload_log_prune()")
	assert server.value("select count(*) from upload_log where sn = 'X'") == 13


def test_filters_of_rejects(server, make_terminal):
	t, other = ready(make_terminal), ready(make_terminal)
	t.push("ATTLOG", "rubbish", "1\tnever\t0")
	other.push("OPERLOG", "RUBBISH x")
	server.sql("update reject set first_seen = '2026-01-01 00:00+00', last_seen = '2026-02-01 00:00+00' where sn = %s",
		other.sn)
	count = lambda **p: server.api.get("/iclock/api/rejects/", **p)["count"]
	assert count() == 3 and count(terminal_sn=t.sn) == 2 and count(table="OPERLOG") == 1
	assert count(reason_icontains="TIME") == 2 and count(reason_icontains="bad") == 1
	assert count(first_seen_end="2026-01-02") == 1 and count(first_seen_start="2026-01-02") == 2
	assert count(last_seen_start="2026-01-31", last_seen_end="2026-02-02") == 1


# ---------------------------------------------------------------- questions about people

def person(server, code, area=2, **more):
	server.api.post("/personnel/api/employees/",
		{"emp_code": code, "first_name": "Ann", "last_name": "Lee", "department": 1, "area": [area], **more})
	return server.api.get("/personnel/api/employees/", emp_code=code)["data"][0]["id"]


def remote(t, pin, query="&table=RemoteAtt"):
	return t.raw("GET", "/iclock/cdata?SN=%s%s&PIN=%s" % (t.sn, query, pin)).text


def test_remote_attendance(server, make_terminal):
	t = ready(make_terminal)
	t.poll(info="Ver%208,1,1,1,10.0.0.1,10,7,12,1,111")
	person(server, "147", card_no="123456789", device_password="12")
	t.obey()
	t.push("OPERLOG", "FP PIN=147\tFID=3\tSize=6\tValid=1\tTMP=" + b64("finger"))
	t.push("BIODATA", "Pin=147\tNo=4\tIndex=0\tValid=1\tType=1\tMajorVer=13\tMinorVer=0\tTmp=" + b64("other"))
	lines = remote(t, "147").split("\n")
	assert lines[0] == "DATA UPDATE USERINFO PIN=147\tName=Ann Lee\tPri=0\tPasswd=12\tCard=123456789"
	assert lines[1:] == ["DATA UPDATE FINGERTMP PIN=147\tFID=3\tSize=6\tValid=1\tTMP=" + b64("finger"), ""]
	assert remote(t, "147", "") == "\n".join(lines), "as generation 2 asks"
	assert remote(t, "148") == "OK" and remote(t, "") == "OK" and remote(t, "9" * 21) == "OK"


def test_people_are_told_of_only_where_they_belong(server, make_terminal):
	t = ready(make_terminal)
	waiting = make_terminal(approve=False)
	waiting.register()
	area = server.api.post("/personnel/api/areas/", {"area_code": "9", "area_name": "Nine"})["id"]
	person(server, "1", card_no="77")
	person(server, "2", area, card_no="78")
	gone = person(server, "3", card_no="79")
	server.api.post("/personnel/api/resigns/", {"employee": gone, "resign_date": "2026-01-01", "resign_type": 1,
		"reason": "x", "disableatt": False})
	assert remote(t, "1").startswith("DATA UPDATE USERINFO PIN=1\t")
	assert [remote(t, pin) for pin in ("2", "3")] == ["OK", "OK"]
	assert remote(waiting, "1") == "OK"
	assert verify(t, "4D00000000").startswith("AUTH=Success\tPIN=1\t")
	assert [verify(t, card) for card in ("4E00000000", "4F00000000")] == ["AUTH=Failed\n"] * 2
	assert verify(waiting, "4D00000000") == "AUTH=Failed\n"


def verify(t, tmp, kind="CARD"):
	return t.raw("POST", "/iclock/cdata?SN=%s&AuthType=%s" % (t.sn, kind), "PIN=0\tSize=10\tTMP=" + tmp).text


def test_background_verification(server, make_terminal):
	t = ready(make_terminal)
	person(server, "982", card_no="123456789", dev_privilege=2)
	person(server, "983", card_no="1122334455")
	person(server, "5", card_no="5")
	server.sql("update card_holder set employee_id = null where employee_id = (select id from employee where emp_code = '5')")
	answer = "AUTH=Success\tPIN=982\tName=Ann Lee\tPri=2\tGrp=1\tTZ=0000000000000000\n"
	assert verify(t, "15CD5B0700") == verify(t, "15cd5b07") == verify(t, "[15CD5B0700]") == answer
	assert verify(t, "0123456789") == answer, "some write the number"
	assert verify(t, "1122334455").startswith("AUTH=Success\tPIN=983\t")
	for tmp in ("", "0000000000", "FFFFFFFFFF", "x" * 300, "0500000000", "[]", "%s"):
		assert verify(t, tmp) == "AUTH=Failed\n", tmp
	assert verify(t, "15CD5B0700", "FP") == verify(t, "15CD5B0700", "") == "AUTH=Failed\n"
	assert t.raw("POST", "/iclock/cdata?SN=%s&AuthType=CARD" % t.sn, b"").text == "AUTH=Failed\n"


# ---------------------------------------------------------------- any name

CHINESE = "张伟"
LONG = "欧阳娜娜司马相如诸葛亮上官婉儿"


def test_names_of_chinese_terminals_both_ways(server, make_terminal):
	"""Language 83: GB18030 comes in, and old firmware gets GBK."""
	t = make_terminal()
	hello = "options=all&pushver=2.1.1&language=83"
	t.handshake(hello)
	t.approve()
	t.handshake(hello)
	t.obey()
	body = b"".join(b"USER PIN=%d\tName=%s\n" % (n, name) for n, name in (
		(1, CHINESE.encode("gb2312")), (2, "𠮷".encode("gb18030")), (3, b"\xff\xfe"), (4, CHINESE.encode()), (5, b"Ann")))
	assert t.push("OPERLOG", body) == "OK: 5"
	assert dict(server.sql("select emp_code, first_name from employee")) == {
		"1": CHINESE, "2": "𠮷", "4": CHINESE, "5": "Ann"}
	assert [r["reason"] for r in listed(server, "rejects")] == ["name cannot be decoded"], "one name, not its batch"
	person(server, "9")
	server.sql("update employee set first_name = %s, last_name = '' where emp_code = '9'", LONG)
	server.sql("select person_mark(array(select pin_id from employee where emp_code = '9'))")
	wait_until(lambda: b"PIN=9\t" in raw_poll(t, seen := getattr(t, "seen", b"")), 10)
	line = t.seen[t.seen.index(b"PIN=9\t"):].split(b"\n")[0]
	name = line.split(b"Name=")[1].split(b"\t")[0]
	assert name.decode("gbk") == LONG[:12] and len(name) == 24


def raw_poll(t, seen):
	with t.connect() as c:
		c.send(t.request_bytes("GET", "/iclock/getrequest?SN=" + t.sn))
		t.seen = seen + c.read_reply().body
	return t.seen


@pytest.mark.parametrize("page, name, most", [("CP1251", "Александра Константинопольская", 24), ("CP874", "สมชาย", 24),
	("CP1256", "محمد", 24), ("CP1254", "Çağlar Şükrü", 24)])
def test_names_by_code_page_both_ways(server, make_terminal, page, name, most):
	t = ready(make_terminal)
	server.api.patch("/iclock/api/terminals/%d/" % t.id, {"code_page": page})
	wait_until(lambda: server.value("select decoded_as from terminal") == page, 20)
	assert t.push("OPERLOG", b"USER PIN=1\tName=" + name[:20].encode(page) + b"\nUSER PIN=2\tName=x\n") == "OK: 2"
	assert server.sql("select first_name from employee where emp_code = '1'") == [(name[:20],)]
	assert remote_bytes(t, "1").split(b"Name=")[1].split(b"\t")[0].decode(page) == name[:20]
	server.sql("update employee set first_name = %s where emp_code = '2'", name + " 張")
	got = remote_bytes(t, "2").split(b"Name=")[1].split(b"\t")[0]
	assert got == (name + " ?").encode(page)[:most]


def test_code_pages_that_cannot_be(server, make_terminal):
	t = ready(make_terminal)
	path = "/iclock/api/terminals/%d/" % t.id
	for page in ("NO-SUCH", "UTF-16", "ISO-2022-JP", "../x", "UTF-7", "x" * 40, "CP1251//IGNORE"):
		with pytest.raises(ApiError) as error:
			server.api.patch(path, {"code_page": page})
		assert error.value.status == 400 and list(error.value.json) == ["code_page"], page
	server.api.patch(path, {"code_page": "KOI8-R"})
	assert server.value("select code_page from terminal") == "KOI8-R"
	server.api.patch(path, {"alias": "x"})
	assert server.value("select code_page from terminal") == "KOI8-R"
	server.api.patch(path, {"code_page": ""})
	assert server.value("select code_page from terminal") is None


def said_by(make_terminal, query):
	t = make_terminal()
	t.handshake(query)
	t.approve()
	t.handshake(query)
	t.obey()
	return t


@pytest.mark.parametrize("query, page, kept", [("options=all", "utf-8", 2), ("options=all&language=83", "gbk", 3),
	("options=all&pushver=2.1.1", "utf-8", 7), ("options=all&pushver=2.1.1&language=83", "gbk", 11),
	("options=all&pushver=2.4.1", "utf-8", 7), ("options=all&pushver=2.4.1&PushOptionsFlag=1", "aspx", 23),
	("options=all&pushver=3.0.1", "utf-8", 23)])
def test_names_are_cut_between_characters_at_the_models_limit(server, make_terminal, query, page, kept):
	"""8 bytes, 24 bytes, 24 characters; in the encoding that the terminal reads (adms-push 4.3, 6)."""
	t = said_by(make_terminal, query)
	if page == "aspx":  # INFO of a visible-light terminal
		page = "utf-8"
		t.poll(info="ZAM180-NF50VA-Ver3.4.10,1,0,0,10.0.0.1,10,39,12,1,01110,0,0,0")
		wait_until(lambda: server.value("select generation from terminal where id = %s", t.id) == 4, 15)
	person(server, "1")
	server.sql("update employee set first_name = %s, last_name = %s where emp_code = '1'", "x" + LONG[:12], LONG[12:] + LONG)
	full = "x" + LONG[:12] + " " + LONG[12:] + LONG
	name = remote_bytes(t, "1").split(b"Name=")[1].split(b"\t")[0].decode(page)
	assert name == full[:kept + 1]
	# and by card, the same
	server.api.patch("/personnel/api/employees/%d/" % server.value("select id from employee"), {"card_no": "77"})
	with t.connect() as c:
		c.send(t.request_bytes("POST", "/iclock/cdata?SN=%s&AuthType=CARD" % t.sn, "TMP=4D00000000"))
		assert c.read_reply().body.split(b"Name=")[1].split(b"\t")[0].decode(page) == name


def test_a_pin_that_the_terminal_cannot_write_is_not_sent_as_another(server, make_terminal):
	t = ready(make_terminal)
	server.api.patch("/iclock/api/terminals/%d/" % t.id, {"code_page": "CP1251"})
	for pin in ("张", "Ж", "a?", "7"):
		person(server, pin)
	wait_until(lambda: b"PIN=7\t" in raw_poll(t, getattr(t, "seen", b"")), 10)
	wait_until(lambda: b"PIN=\xc6\t" in raw_poll(t, t.seen) and b"PIN=a?\t" in t.seen, 10)
	assert t.seen.count(b"DATA UPDATE USERINFO") == 3, t.seen


def remote_bytes(t, pin):
	with t.connect() as c:
		c.send(t.request_bytes("GET", "/iclock/cdata?SN=%s&table=RemoteAtt&PIN=%s" % (t.sn, pin)))
		return c.read_reply().body


# ---------------------------------------------------------------- the simulator

def test_the_simulator_has_these_uploads(server, make_sim):
	from punchd_test.terminal import Terminal
	profiles = ("g1", "g3", "g4", "g5")
	for profile in profiles:
		sn = "SIMUP%s" % profile.upper()
		sim = make_sim(server, "--profile", profile, "--sn", sn)
		sim("handshake")
		Terminal(server, sn).approve()
		for verb in ("photo 7 2026-05-01 08:00:00", "photo -", "idcard 7", "error D01E0001", "workcode 7 Welding"):
			assert sim(verb)["status"] == 200, verb
	assert {(r["terminal_sn"][-2:].lower(), r["emp_code"], r["kind"]) for r in listed(server, "attphotos", page_size=50)} == {
		(p, pin, kind) for p in profiles for pin, kind in (("7", "attendance"), (None, "failed"))}
	assert server.value("select count(*) from id_card") == server.value("select count(*) from error_log") == 4
	assert server.value("select count(*) from terminal_work_code where name = 'Welding'") == 4
