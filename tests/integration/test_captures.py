"""Every recorded exchange of the attendance dialect, replayed as it was recorded.

The recordings are no part of the project: $PUNCHD_CAPTURES, or ../shared/captures beside it.
"""

import base64
import datetime
import glob
import json
import os
import re

import pytest

from punchd_test import reading
from punchd_test.server import ROOT
from punchd_test.terminal import Terminal
from punchd_test.wait import wait_until

DIRECTORY = os.environ.get("PUNCHD_CAPTURES", os.path.join(ROOT, "..", "shared", "captures"))


def captures():
	for path in sorted(glob.glob(os.path.join(DIRECTORY, "*.jsonl"))):
		with open(path, encoding="utf-8") as f:
			for line in f:
				capture = json.loads(line)
				if capture["generation"] != "ACC":
					yield capture


CAPTURES = list(captures())
# what a bare `OK` answers; everything else that is uploaded line by line hears `OK: n`
PLAIN = ("OPTIONS", "ATTPHOTO", "ERRORLOG", "FPIMAGE", "FDATA")


def body_of(capture):
	if capture.get("req_body_b64"):
		return base64.b64decode(capture["req_body_b64"])
	return (capture.get("req_body") or "").encode("utf-8")


def query_of(capture):
	query = capture["target"].partition("?")[2]
	return {k.lower(): v for k, _, v in (p.partition("=") for p in query.split("&"))}


def table_of(capture):
	"""The upload's table in upper case, None for what is no upload."""
	query, path = query_of(capture), capture["target"].partition("?")[0].lower()
	if capture["method"] != "POST":
		return None
	if "fdata" in path:
		return "FDATA"
	if "cdata" not in path or "authtype" in query:
		return None
	if "fpimage" in query:
		return "FPIMAGE"
	if "table" in query:
		return query["table"].upper()
	return "OPERLOG" if "opstamp" in query else "ATTLOG"


@pytest.fixture(scope="module")
def replay_server(pg, clone):
	from punchd_test.server import Server
	server = Server(clone(pg), admission="auto")
	yield server
	server.stop()


def hello(terminal, query="options=all&language=69&pushver=2.4.1&DeviceType=att&PushOptionsFlag=1"):
	"""A handshake with the key that it says in its recorded one: with another its uploads would be held."""
	keys = [query_of(c)["pushcommkey"] for c in CAPTURES
		if query_of(c).get("sn") == terminal.sn and "pushcommkey" in query_of(c)]
	return terminal.handshake(query + "".join("&pushcommkey=" + k for k in keys[:1]))


def send(server, capture, answer=None):
	terminal = Terminal(server, query_of(capture).get("sn", "NONE"))
	headers = capture.get("req_headers")
	head = None
	if headers:
		head = "".join(h + "\r\n" for h in headers)
		if "connection:" not in head.lower():
			head += "Connection: close\r\n"
	return terminal.raw(capture["method"], capture["target"].encode("utf-8"), body_of(capture), head)


def empty(server):
	"""Forgets what earlier recordings left, so that each is read alone."""
	server.database.sql("""
		delete from punch; delete from punch_variant; delete from punch_tombstone;
		delete from punch_block; delete from reject; delete from operation_log;
		delete from raw_upload; delete from held_upload; delete from template; delete from photo; delete from person_claim;
		delete from punch_photo; delete from fp_image; delete from id_card; delete from error_log;
		delete from terminal_command; delete from terminal_person; delete from employee;
		update punch_counter set total = 0, deleted = deleted + 1""")


def stored(server):
	"""What is there now, decoded."""
	db = server.database
	return {
		"punches": db.sql("""select p.code, punch_time, punch_state, verify_type,
			case when rest is null then work_code else coalesce(work_code, '') end, o.sn
			from punch join pin p on p.id = pin_id join punch_origin o on o.id = origin_id
			order by punch.id"""),
		"variants": db.value("select count(*) from punch_variant"),
		"rejects": db.sql("select sn, table_name, reason, seen_count from reject order by id"),
		"oplog": db.sql("""select code, operator, happened, objects, seen_count
			from operation_log order by id"""),
		"raw": db.sql("select sn, upper(table_name), lines from raw_upload order by id"),
		"pictures": db.sql("""select 'ATTPHOTO', code, punch_time::text, kind, size, seen_count
			from punch_photo left join pin p on p.id = pin_id
			union all select 'FPIMAGE', code, null, finger::text, octet_length(sealed) - 33, seen_count
			from fp_image left join pin p on p.id = pin_id"""),
		# those of PINs that are no employee's wait for who becomes one
		"templates": db.sql("""select p.code, form, bio_type, bio_no, bio_index, major_ver
			from template t join pin p on p.id = t.pin_id
			union all select p.code, d->>'form', (d->>'type')::int, (d->>'no')::int, (d->>'index')::int, (d->>'major')::int
			from (select pin_id, details as d from person_claim where place = 'template.sealed') c join pin p on p.id = pin_id order by 1, 2, 3, 4, 5, 6"""),
		"photos": db.sql("""select code, form from (select id, pin_id, form from photo
			union all select id, pin_id, details->>'form' from person_claim where place = 'photo.sealed') x
			join pin p on p.id = pin_id order by x.id"""),
		"people": [r[0] for r in db.sql("select emp_code from employee order by id")],
	}


def test_recordings_are_there():
	if not CAPTURES and not os.environ.get("CI"):
		pytest.skip("no recordings in %s; set PUNCHD_CAPTURES" % DIRECTORY)
	assert len(CAPTURES) > 80, "recordings missing in %s (PUNCHD_CAPTURES)" % DIRECTORY


def photo_of(capture):
	"""The recorded photos have the NUL form, and <time>-<PIN> as their name."""
	head, _, picture = body_of(capture).partition(b"\0")
	name = dict(line.split("=", 1) for line in head.decode().splitlines())["PIN"]
	when, _, pin = name.removesuffix(".jpg").partition("-")
	return ("ATTPHOTO", pin, str(datetime.datetime.strptime(when, "%Y%m%d%H%M%S")), "attendance",
		len(picture))


def check_handshake(capture, text):
	sn = query_of(capture)["sn"]
	lines = text.split("\n")
	assert lines[0] == "GET OPTION FROM: " + sn
	options = dict(line.split("=", 1) for line in lines[1:] if line)
	assert options["Stamp"] and options["OpStamp"] and options["PhotoStamp"]
	assert options["Realtime"] == "1" and options["Encrypt"] == "0"
	assert options["TransFlag"] and int(options["Delay"]) >= 2
	assert options["TimeZone"] == "330"  # the fixture's zone is Asia/Kolkata: minutes
	if "pushver" in query_of(capture):
		assert options["ATTLOGStamp"] == options["Stamp"]
		assert options["PushProtVer"] and options["ServerVer"]
	else:
		assert "ATTLOGStamp" not in options and "PushProtVer" not in options


def check_upload(capture, reply, now):
	table, body = table_of(capture), body_of(capture)
	lines = reading.lines_of(body)
	sn = query_of(capture)["sn"]
	if table in PLAIN:
		assert reply.text.startswith("OK"), reply
	else:
		assert reply.text == "OK: %d" % len(lines), reply
	expected = {k: [] for k in ("punches", "rejects", "oplog", "raw", "templates", "photos",
		"pictures")}
	people, variants = set(), 0
	if table == "ATTLOG":
		seen = {}
		for line in lines:
			punch = reading.punch_of(line)
			if punch is None:
				expected["rejects"].append(line)
			elif punch[:2] not in seen:
				seen[punch[:2]] = punch
				expected["punches"].append(punch + (sn,))
				if reading.national_id_of(line):  # the line as sent holds what must be sealed
					expected["raw"].append("ATTLOG")
			elif seen[punch[:2]] != punch:
				variants += 1
	elif table in ("OPERLOG", "USERINFO", "BIODATA"):
		for line in lines:
			word, pairs = reading.pairs_of(line)
			if word == "OPLOG":
				expected["oplog"].append(reading.oplog_of(line))
			elif word in ("FP", "FACE", "FVEIN", "BIODATA"):
				expected["templates"].append(reading.template_of(word, pairs))
			elif capture["id"] == "vd-biophoto":  # a stub in a document: of another size than it says
				expected["rejects"].append(line)
			elif word in ("USERPIC", "BIOPHOTO"):
				expected["photos"].append((pairs["pin"], word))
			else:
				people.add(pairs["pin"])
	elif table in ("ATTPHOTO", "FDATA"):
		expected["pictures"].append(photo_of(capture))
	elif table == "FPIMAGE":
		query = query_of(capture)
		expected["pictures"].append(("FPIMAGE", query["pin"], None, query["fid"], len(body)))
	elif table != "OPTIONS":
		expected["raw"].append(table)
	assert now["punches"] == expected["punches"]
	assert now["variants"] == variants
	assert len(now["rejects"]) == len(expected["rejects"]), now["rejects"]
	assert all(r[0] == sn and r[2] for r in now["rejects"])
	counted = [r[:4] for r in now["oplog"] for _ in range(r[4])]
	assert sorted(counted, key=str) == sorted(
		[(c, o, t, x) for c, o, t, x in expected["oplog"]], key=str)
	# FP, FACE and FVEIN lines name no version: the terminal's is as good as 0
	major = lambda t: t if t[1] == "BIODATA" else t[:5] + (0,)
	assert sorted(map(major, now["templates"])) == sorted(set(expected["templates"]))
	assert now["photos"] == expected["photos"]
	assert set(now["people"]) == people
	assert [r[1] for r in now["raw"]] == expected["raw"], now["raw"]
	assert [r[:5] for r in now["pictures"]] == expected["pictures"]


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda c: c["id"])
def test_capture(replay_server, capture):
	server, query = replay_server, query_of(capture)
	path = capture["target"].partition("?")[0].lower()
	empty(server)
	if query.get("sn") and "options" not in query:
		hello(Terminal(server, query["sn"]))
		empty(server)
	reply = send(server, capture)
	now = stored(server)
	table = table_of(capture)
	if table is not None:
		check_upload(capture, reply, now)
		again = send(server, capture)  # the same upload once more: the same answer, no row more
		assert again.text == reply.text
		after = stored(server)
		for name in ("punches", "variants", "templates", "photos", "people"):
			assert after[name] == now[name], name
		assert len(after["rejects"]) == len(now["rejects"])
		assert all(r[3] == 2 * b[3] for r, b in zip(after["rejects"], now["rejects"]))
		assert len(after["oplog"]) == len(now["oplog"]) and len(after["raw"]) == len(now["raw"])
		assert after["pictures"] == [r[:5] + (2,) for r in now["pictures"]]
		return
	assert not now["punches"] and not now["rejects"] and not now["raw"], now
	if "options" in query:
		check_handshake(capture, reply.text)
	elif "getrequest" in path:
		# what that server had queued is not queued here: nothing, or what we ask of our own
		assert reply.text == "OK" or reply.text.startswith("C:"), reply
	elif "devicecmd" in path or "ping" in path:
		assert (reply.status, reply.text) == (200, "OK")
	elif "authtype" in query:
		assert reply.text.startswith(("AUTH=", "OK", "ERROR")), reply
	elif query.get("table") == "RemoteAtt":
		assert reply.text.startswith(("OK", "DATA UPDATE USERINFO PIN=147"))
	else:  # file fetches: no such file here
		assert reply.status in (200, 400, 404), reply


@pytest.mark.parametrize("capture", [c for c in CAPTURES if "INFO=" in c["target"]],
	ids=lambda c: c["id"])
def test_info_of_the_heartbeat_is_kept(replay_server, capture):
	terminal = Terminal(replay_server, query_of(capture)["sn"])
	hello(terminal)
	send(replay_server, capture)
	info = query_of(capture)["info"].replace("%20", " ").split(",")
	wait_until(lambda: (terminal.row["fw_ver"], terminal.row["user_count"]) == (
		info[0], int(info[1])), what="REST shows firmware and user count")
	row = terminal.row
	assert row["fp_count"] == int(info[2]) and row["transaction_count"] == int(info[3])
	if len(info) > 8:
		assert row["face_count"] == int(info[8])


# ---------------------------------------------------------------- what answers leave behind

SECRET = re.compile("passw|pwd|key|secret|token", re.I)


def options_of(text, separator):
	"""Pairs as adms-push 2.9 says: a comma ends a value only before a further key."""
	pairs = re.split(r",(?=~?\w+=|\s*$)" if separator == "," else r"\r?\n", text)
	found = dict(p.split("=", 1) for p in pairs if "=" in p)
	return {k.lstrip("~"): v.strip() for k, v in found.items() if not SECRET.search(k)}


def options_kept(server, sn):
	return server.database.value("select options from terminal where sn = %s", sn) or {}


@pytest.mark.parametrize("capture", [c for c in CAPTURES if table_of(c) == "OPTIONS"], ids=lambda c: c["id"])
def test_options_are_kept(replay_server, capture):
	sn, expected = query_of(capture)["sn"], options_of(body_of(capture).decode(), ",")
	hello(Terminal(replay_server, sn))
	send(replay_server, capture)
	kept = options_kept(replay_server, sn)
	assert {k: kept.get(k) for k in expected} == expected
	assert not [k for k in kept if SECRET.search(k)]


@pytest.mark.parametrize("capture", [c for c in CAPTURES if "devicecmd" in c["target"].lower()], ids=lambda c: c["id"])
def test_results_are_kept(replay_server, capture):
	"""As recorded, but for the ids, which are those of commands that this terminal was given."""
	server, body = replay_server, body_of(capture)
	sn = query_of(capture).get("sn") or re.search(rb"SN=(\w+)", body).group(1).decode()
	t = Terminal(server, sn)
	hello(t, "options=all&pushver=2.4.1")
	# keys of a result, in either of its forms
	results = [(m.start(1), m.end(1)) for m in re.finditer(rb"(?m)^ID=([^&\s]+)", body)]
	assert results
	empty(server)
	server.sql("select command_add(%s, 'AC_UNLOCK', interval '1 day', null) from generate_series(1, %s)", t.id, len(results))
	given = []
	wait_until(lambda: given.extend(c for c in t.poll() if c[1] == "AC_UNLOCK") or len(given) == len(results), 10)
	expected = []
	for (start, end), (cid, _) in reversed(list(zip(results, given))):
		expected.insert(0, int(re.search(rb"Return=(-?\d+)", body[start:]).group(1)))
		body = body[:start] + cid.encode() + body[end:]
	reply = t.raw(capture["method"], capture["target"].encode(), body)
	assert (reply.status, reply.text) == (200, "OK")
	assert server.sql("select return_value, state from terminal_command where content = 'AC_UNLOCK' order by id") == [
		(value, "done" if value >= 0 else "failed") for value in expected]
	if b"CMD=INFO\n" in body:
		kept, expected = options_kept(server, sn), options_of(body.decode("utf-8", "replace").split("\n", 1)[1], "\n")
		assert {k: kept.get(k) for k in expected} == expected


def test_questions_about_people_that_we_know(replay_server):
	"""The recorded ones, with the people in question in the database: the recorded answers."""
	server = replay_server
	empty(server)
	for capture in [c for c in CAPTURES if c["id"] in ("vd-remote-att-reply", "v22-auth")]:
		t = Terminal(server, query_of(capture)["sn"])
		hello(t)
		t.poll(info="Ver 8,1,1,1,10.0.0.1,10")
		recorded = dict(p.split("=", 1) for p in re.split("[\t\n ]", capture["resp_body"]) if "=" in p)
		card = str(int.from_bytes(bytes.fromhex("09E4812202"), "little"))
		server.api.post("/personnel/api/employees/", {"emp_code": recorded["PIN"], "first_name": recorded["Name"],
			"department": 1, "area": [2], **({"card_no": card} if "AUTH" in recorded else {"device_password": recorded["Passwd"]})})
		if "TMP" in recorded:
			t.push("OPERLOG", "FP PIN=%(PIN)s\tFID=%(FID)s\tSize=%(Size)s\tValid=%(Valid)s\tTMP=%(TMP)s" % recorded)
			wait_until(lambda: server.value("select count(*) from terminal_state where fp_version = 10"), 15)
		answer = send(server, capture).text
		if "AUTH" in recorded:
			assert answer == capture["resp_body"]
			continue
		lines, theirs = answer.splitlines(), capture["resp_body"].splitlines()
		fields = lambda line: {k: v for k, v in (p.split("=", 1) for p in re.split("[\t ]", line) if "=" in p)}
		assert [x.rpartition("PIN=")[0] for x in lines] == [x.rpartition("PIN=")[0] for x in theirs]
		for line, other in zip(lines, theirs):
			assert fields(line) == {k: v for k, v in fields(other).items() if k in fields(line)}
