"""retention_...: what is too old goes at night, in small pieces; what was deleted does not come back, and
nothing is taken for missing."""

import datetime

import pytest

from punchd_test.wait import wait_until

E = "/personnel/api/employees/"
NOW = datetime.datetime.now()
OLD, NEW = NOW - datetime.timedelta(days=100), NOW - datetime.timedelta(days=5)
ALL = {"retention_" + k: 30 for k in ("punches", "photos", "templates", "raw", "logs")}
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF picture \xff\xd9"


def zone_at_noon():
	"""A zone in which it is neither the first hour of a day nor the last."""
	return "Etc/GMT%+d" % (datetime.datetime.now(datetime.timezone.utc).hour - 12)


def line(pin, when):
	return "%s\t%s\t0\t1" % (pin, when.strftime("%Y-%m-%d %H:%M:%S"))


def ready(make_terminal):
	t = make_terminal()
	t.register()
	t.obey()
	return t


def age(server, *tables):
	"""What these hold came long ago."""
	for table, column in tables:
		server.sql("update %s set %s = %s - interval '100 days'" % (table, column, column))


def run(server, **settings):
	r = server.command("retention", "run", **settings)
	assert r.returncode == 0, r.stderr
	return dict(x.replace(" removed", "").split(": ") for x in r.stdout.splitlines())


def delivered(server, sn):
	return server.sql("select punch_delivered(%s, '2000-01-01', 'infinity'), punch_delivered_ever(%s)", sn, sn)[0]


def test_without_a_setting_nothing_goes(server):
	r = server.command("retention", "run")
	assert r.returncode == 1 and len(r.stderr.splitlines()) == 1


def test_old_punches_go_and_do_not_come_back(server, make_terminal):
	t, other = ready(make_terminal), ready(make_terminal)
	lines = [line(n % 50, OLD + datetime.timedelta(seconds=n)) for n in range(2500)]
	assert t.push("ATTLOG", *lines) == "OK: 2500"
	assert other.push("ATTLOG", lines[0]) == "OK: 1", "loses against the first"
	t.push("ATTLOG", line(1, NEW), line(2, OLD.replace(year=2001)))
	assert server.value("select count(*) from punch_variant") == 1
	counts = [delivered(server, x.sn) for x in (t, other)]
	age(server, ("punch", "upload_time"), ("punch_variant", "received"))
	server.sql("update punch set upload_time = now() where punch_time < '2002-01-01'")
	assert run(server, retention_punches=30) == {"punches": "2501"}
	assert server.value("select count(*) from punch") == 2, "the new one, and the one whose clock was wrong"
	assert server.value("select total from punch_counter") == 2
	assert server.api.get("/iclock/api/transactions/")["count"] == 2
	assert t.push("ATTLOG", *lines[:100]) == "OK: 100"
	assert other.push("ATTLOG", lines[0]) == "OK: 1"
	assert server.value("select count(*) from punch") == 2
	assert [delivered(server, x.sn) for x in (t, other)] == counts, "nothing is missing"
	assert run(server, retention_punches=30) == {}


def test_photos(server, make_terminal):
	t = ready(make_terminal)
	for n in range(3):
		assert t.raw("POST", t.push_target("ATTPHOTO"), b"PIN=2026050108000%d-7.jpg\nCMD=uploadphoto\0" % n + JPEG).text == "OK"
	t.raw("POST", "/iclock/cdata?SN=%s&FPImage=x&PIN=7&FID=1" % t.sn, JPEG)
	server.sql("update punch_photo set first_seen = first_seen - interval '100 days' where id < 3")
	age(server, ("fp_image", "first_seen"))
	assert run(server, retention_photos=30) == {"photos": "3"}
	assert server.value("select count(*) from punch_photo") == 1


def test_templates_of_leavers(server, make_terminal):
	t = ready(make_terminal)
	ids = {}
	for code in ("1", "2", "3"):
		ids[code] = server.api.post(E, {"emp_code": code, "department": 1, "area": [2]})["id"]
		assert t.push("OPERLOG", "FP PIN=%s\tFID=1\tSize=8\tValid=1\tTMP=QUJD%s" % (code, code * 4)) == "OK: 1"
	assert t.push("OPERLOG", "FP PIN=4\tFID=1\tSize=4\tValid=1\tTMP=QUJDRA==") == "OK: 1"
	for code, days in (("1", 100), ("2", 5)):
		server.api.post("/personnel/api/resigns/", {"employee": ids[code], "resign_date": str(
			(NOW - datetime.timedelta(days=days)).date()), "resign_type": 1})
	assert run(server, retention_templates=30) == {"templates": "1"}
	age(server, ("template", "update_time"), ("person_claim", "received"))
	assert run(server, retention_templates=30) == {"templates": "1"}
	assert server.value("select count(*) from person_claim") == 0, "of nobody's PIN"
	assert server.sql("select p.code from template join pin p on p.id = pin_id order by 1") == [("2",), ("3",)]


def test_raw_uploads_and_rejects(server, make_terminal):
	t = ready(make_terminal)
	t.push("SOMETHINGNEW", "A=1")
	t.push("IDCARD", "PIN=55\tIDNum=110101198001010010\tName=x")
	t.push("ATTLOG", line(1, NEW), "no time", "x" * 30 + "\t" + line("", NEW)[1:])
	before = delivered(server, t.sn)
	assert before == (2, 3) and server.value("select count(*) from reject") == 2
	assert run(server, **ALL) == {}
	age(server, ("raw_upload", "first_seen"), ("id_card", "first_seen"), ("reject", "first_seen"))
	assert run(server, retention_raw=30) == {"raw": "4"}
	assert [server.value("select count(*) from " + x) for x in ("raw_upload", "id_card", "reject")] == [0, 0, 0]
	assert delivered(server, t.sn) == before
	t.push("ATTLOG", "no time")
	assert delivered(server, t.sn) == before, "what comes again is not counted twice"


def test_logs(server, make_terminal):
	t = ready(make_terminal)
	t.push("OPERLOG", "OPLOG 4\t1\t2026-05-01 08:00:00\t3\t0\t0\t0")
	t.push("ERRORLOG", "ErrCode=X9\tErrMsg=worn out\tDataOrigin=dev\tCmdId=1")
	server.api.post("/iclock/api/terminals/reboot/", {"terminals": [t.id]})
	t.obey()
	server.api.post("/iclock/api/terminals/reboot/", {"terminals": [t.id]})
	open_before = server.value("select count(*) from terminal_command where state in ('queued', 'sent')")
	assert open_before
	age(server, ("operation_log", "first_seen"), ("error_log", "first_seen"), ("terminal_command", "created"))
	server.sql("insert into alert (kind, sn, text, last_seen) values ('offline', 'S', 'x', now() - interval '100 days')")
	assert int(run(server, retention_logs=30)["logs"]) >= 4
	for table in ("operation_log", "error_log", "alert"):
		assert server.value("select count(*) from " + table + " where true") == 0, table
	assert server.value("select count(*) from terminal_command") == open_before, "what is still to be sent stays"


def test_it_goes_by_itself_at_night_and_once(server, database, make_server):
	server.stop()
	database.sql("insert into raw_upload (sn, table_name, lines, row_key, sealed, content_hash, first_seen)"
		" select 'S', 'X', 1, '', decode('0100000001' || repeat('00', 28), 'hex'), int4send(g), now() - interval '9 days'"
		" from generate_series(1, 450) g")
	servers = [make_server(database, timezone=zone_at_noon(), retention_raw=7) for _ in range(2)]
	wait_until(lambda: database.value("select night is not null from retention_run"), 150, "the night is done")
	assert database.value("select count(*) from raw_upload") == 0
	wait_until(lambda: sum(int(x.split("removed=")[1].split()[0]) for s in servers
		for x in s.log().splitlines() if "kind=raw" in x) == 450, 150, "it is told")


def test_uploads_do_not_wait_for_it(server, make_terminal):
	"""A batch that another transaction holds up does not hold up ingest behind it."""
	t = ready(make_terminal)
	assert t.push("ATTLOG", *[line(n % 50, OLD + datetime.timedelta(seconds=n)) for n in range(3000)]) == "OK: 3000"
	age(server, ("punch", "upload_time"))
	held = server.database.connect()
	with held.cursor() as cursor:
		cursor.execute("select pg_advisory_xact_lock(7263041)")
		assert run(server, retention_punches=30) == {}, "another process is at it"
		assert t.push("ATTLOG", line(7, NEW)) == "OK: 1"
	held.rollback()
	held.close()
	assert run(server, retention_punches=30) == {"punches": "3000"}
