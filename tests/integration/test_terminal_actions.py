"""POST /iclock/api/terminals/{action}/ beyond ZKBio Time's own, as terminals of each generation hear it
(adms-push 4), and what is refused."""

import pytest

from punchd_test.wait import wait_until

PATH = "/iclock/api/terminals/"
DONE = '{"code":0,"msg":"","data":[]}'
QUERIES = {1: "options=all", 2: "options=all&pushver=2.1.1", 3: "options=all&pushver=2.4.1",
	5: "options=all&pushver=3.0.1"}
WINDOW = {"start_time": "2026-07-01", "end_time": "2026-07-31T23:59:59"}
SPAN = "StartTime=2026-07-01 00:00:00\tEndTime=2026-07-31 23:59:59"


def ready(make_terminal, generation=3, options=None):
	t = make_terminal()
	t.handshake(QUERIES[generation])
	t.approve()
	if options:
		t.push("options", options)
	t.handshake(QUERIES[generation])
	t.obey()
	return t


@pytest.fixture(scope="function")
def by_generation(make_terminal):
	return {g: ready(make_terminal, g) for g in QUERIES}


def order(server, t, action, **members):
	return server.api.raw("POST", PATH + action + "/", {"terminals": [t.id], **members})


def heard(server, t, action, **members):
	"""What the terminal is given after the action."""
	r = order(server, t, action, **members)
	assert (r.status, r.text) == (200, DONE), r
	return wait_until(t.obey, 10)


def queued(server, action, generation, **members):
	"""The lines of a generation, without a terminal that polls for them."""
	server.sql("delete from terminal_command")
	r = server.api.raw("POST", PATH + action + "/", {"terminals": [generation], **members})
	if r.status != 200:
		assert server.value("select count(*) from terminal_command") == 0
		return r.json()
	assert r.text == DONE
	return [row[0] for row in server.sql("select content from terminal_command order by id")]


@pytest.fixture
def fleet(server):
	"""Terminals whose id is their generation, from 1 to 5."""
	for g in range(1, 6):
		server.api.post(PATH, {"sn": "G%d" % g, "alias": "x", "ip_address": "10.0.0.1", "area": 2})
		server.sql("update terminal set generation = %s where id = %s", g, g)
	return server


MUTE = {g: {"terminals": ["Terminal G%d does not know this." % g]} for g in range(1, 6)}
ENROLL = "PIN=7\tFID=6\tRETRY=3\tOVERWRITE="
WEEK_OF = lambda mon: "\t".join("%sStart=%s\t%sEnd=%s" % (d, a, d, b) for d, a, b in (
	("Sun", "0000", "2359"), ("Mon", *mon), ("Tue", "0000", "2359"), ("Wed", "0000", "2359"),
	("Thu", "0000", "2359"), ("Fri", "0000", "2359"), ("Sat", "0000", "2359")))

# action, members, {generation: lines; None: refused}
WORDS = [
	("info", {}, dict.fromkeys(range(1, 6), ["INFO"])),
	("check", {}, dict.fromkeys(range(1, 6), ["CHECK"])),
	("set_time", {}, dict.fromkeys(range(1, 6), ["CHECK"])),
	("log", {}, dict.fromkeys(range(1, 6), ["LOG"])),
	("unlock", {}, dict.fromkeys(range(1, 6), ["AC_UNLOCK"])),
	("cancel_alarm", {}, dict.fromkeys(range(1, 6), ["AC_UNALARM"])),
	("reload_options", {}, dict.fromkeys(range(1, 6), ["RELOAD OPTIONS"])),
	("clear_transaction", {}, dict.fromkeys(range(1, 6), ["CLEAR LOG"])),
	("clear_template", {}, {1: None, 2: None, 3: ["CLEAR BIODATA"], 5: ["CLEAR BIODATA"]}),
	("clear_user", {}, {1: None, 3: None, 4: ["CLEAR ALL USERINFO"], 5: ["CLEAR ALL USERINFO"]}),
	("set_option", {"key": "AlarmReRec", "value": 5}, {g: ["SET OPTION AlarmReRec=5", "RELOAD OPTIONS"]
		for g in range(1, 6)}),
	("set_option", {"key": "~Empty"}, {3: ["SET OPTION ~Empty=", "RELOAD OPTIONS"]}),
	("set_option", {"key": "WebServerIP", "value": "10.0.0.2", "confirm": True},
		{3: ["SET OPTION WebServerIP=10.0.0.2", "RELOAD OPTIONS"]}),
	("enroll_fp", {"pin": "7", "finger": 6}, {g: ["ENROLL_FP " + ENROLL + "1"] for g in range(1, 6)}),
	("enroll_fp", {"pin": "7", "finger": 6, "retry": 1, "overwrite": False},
		{1: ["ENROLL_FP PIN=7\tFID=6\tRETRY=1\tOVERWRITE=2"], 3: ["ENROLL_FP PIN=7\tFID=6\tRETRY=1\tOVERWRITE=0"]}),
	("enroll_card", {"pin": "7"}, {1: None, 2: ["ENROLL_MF PIN=7\tRETRY=3"], 4: ["ENROLL_MF PIN=7\tRETRY=3"]}),
	("enroll_bio", {"pin": "A 7", "type": 9}, {1: None, 2: None,
		4: ["ENROLL_BIO TYPE=9\tPIN=A 7\tCardNo=\tRETRY=3\tOVERWRITE=1"]}),
	("message_send", {"id": 5, "text": "Hello, all", "start_time": "2026-05-01 08:00", "minutes": 60},
		{1: ["SMS MSG=Hello, all\tTAG=253\tUID=5\tMIN=60\tStartTime=2026-05-01 08:00:00"],
		3: ["DATA UPDATE SMS MSG=Hello, all\tTAG=253\tUID=5\tMIN=60\tStartTime=2026-05-01 08:00:00"]}),
	("message_send", {"id": 5, "text": "a=b", "start_time": "2026-05-01", "pin": "7"}, {1: None, 4: [
		"DATA UPDATE SMS MSG=a=b\tTAG=254\tUID=5\tMIN=1440\tStartTime=2026-05-01 00:00:00",
		"DATA UPDATE USER_SMS PIN=7\tUID=5"]}),
	("message_delete", {"id": 5}, {1: None, 3: ["DATA DELETE SMS UID=5"]}),
	("work_code_set", {"id": 1, "code": "10", "name": "Déjeuner"}, {1: None,
		3: ["DATA UPDATE WORKCODE PIN=1\tCODE=10\tNAME=Déjeuner"]}),
	("work_code_delete", {"code": "10"}, {3: ["DATA DELETE WORKCODE CODE=10"]}),
	("time_zone_set", {"id": 2, "mon": "08:00-17:30"}, {1: None,
		2: ["DATA UPDATE TIMEZONE TZID=2\tITIME=00002359" + "08001730" + "00002359" * 5 + "\tRESERVE="],
		3: ["DATA UPDATE AccTimeZone UID=2\t" + WEEK_OF(("0800", "1730"))]}),
	("time_zone_delete", {"id": 2}, {1: None, 2: ["DATA DELETE TIMEZONE TZID=2"], 3: None}),
	("group_set", {"id": 3, "verify": 1, "holidays": True, "time_zone1": 2}, {2: None,
		3: ["DATA UPDATE AccGroup ID=3\tVerify=1\tValidHoliday=1\tTZ=2;0;0"]}),
	("holiday_set", {"id": 1, "name": "May", "start": "05-01", "end": "05-02", "time_zone": 3}, {2: None,
		4: ["DATA UPDATE AccHoliday UID=1\tHolidayName=May\tStartDate=0501\tEndDate=0502\tTimeZone=3"]}),
	("unlock_combination_set", {"id": 1, "group1": 1, "group2": 1}, {1: None,
		2: ["DATA UPDATE GLOCK GLID=1\tGROUPIDS=1,1\tMEMBERCOUNT=2\tRESERVE="],
		5: ["DATA UPDATE AccUnLockComb UID=1\tGroup1=1\tGroup2=1\tGroup3=0\tGroup4=0\tGroup5=0"]}),
	("unlock_combination_delete", {"id": 1}, {2: ["DATA DELETE GLOCK GLID=1"], 4: None}),
	("query_users", {}, {1: None, 2: ["DATA QUERY USERINFO"], 4: ["DATA QUERY USERINFO"]}),
	("query_users", {"pin": "007"}, {3: ["DATA QUERY USERINFO PIN=007"]}),
	("query_templates", {"type": 1, "pin": "7", "number": 6}, {1: None,
		2: ["DATA QUERY FINGERTMP PIN=7\tFingerID=6"], 3: ["DATA QUERY FINGERTMP PIN=7\tFID=6"],
		5: ["DATA QUERY BIODATA Type=1\tPIN=7\tNo=6"]}),
	("query_templates", {"type": 9}, {3: None, 4: ["DATA QUERY BIODATA Type=9"]}),
	("query_transactions", WINDOW, {1: None, 2: ["DATA QUERY ATTLOG " + SPAN], 5: ["DATA QUERY ATTLOG " + SPAN]}),
	("query_transactions", {"start_time": "2026-06-30T18:30:00.000Z", "end_time": "2026-07-31T23:59:59+0530"},
		{2: ["DATA QUERY ATTLOG " + SPAN]}),
	("query_photos", WINDOW, {3: ["DATA QUERY ATTPHOTO " + SPAN]}),
	("verify_sum", WINDOW, {2: None, 3: ["VERIFY SUM ATTLOG " + SPAN]}),
]


def test_words_of_each_generation(fleet):
	for action, members, words in WORDS:
		for generation, lines in words.items():
			got = queued(fleet, action, generation, **members)
			assert got == (lines if lines is not None else MUTE[generation]), (action, generation)


def test_a_terminal_of_few_verbs(fleet):
	fleet.sql("update terminal set terminal_name = 'LX35' where id = 5")
	assert queued(fleet, "unlock", 5) == MUTE[5]
	assert queued(fleet, "enroll_fp", 5, pin="7", finger=1) == MUTE[5]
	assert queued(fleet, "set_option", 5, key="Delay", value="9") == MUTE[5]
	assert queued(fleet, "verify_sum", 5, **WINDOW) == MUTE[5]
	assert queued(fleet, "query_users", 5) == ["DATA QUERY USERINFO"]
	assert queued(fleet, "clear_transaction", 5) == ["CLEAR LOG"]


def test_nothing_is_queued_when_one_of_them_cannot(fleet):
	for ids, message in (([3, 1], "Terminal G1 does not know this."),
			([3, 99], 'Invalid pk "99" - object does not exist.')):
		r = fleet.api.raw("POST", PATH + "clear_template/", {"terminals": ids})
		assert (r.status, r.json()) == (400, {"terminals": [message]})
	assert fleet.value("select count(*) from terminal_command") == 0
	assert fleet.api.raw("POST", PATH + "info/", {"terminals": "1,2,5"}).text == DONE
	assert fleet.value("select count(*) from terminal_command") == 3


REFUSED = [
	("info", {"x": 1}, "x", 'Unknown field "x"; known are: terminals.'),
	("enroll_bio", {"pin": "7", "type": 1, "finger": 1}, "finger",
		'Unknown field "finger"; known are: terminals, pin, type, retry, overwrite.'),
	("enroll_fp", {"finger": 1}, "pin", "This field is required."),
	("enroll_fp", {"pin": "7"}, "finger", "This field is required."),
	("enroll_fp", {"pin": "7", "finger": 10}, "finger", "Ensure this value is less than or equal to 9."),
	("enroll_fp", {"pin": "7", "finger": "x"}, "finger", "A valid integer is required."),
	("enroll_fp", {"pin": "7\tFID=1", "finger": 1}, "pin", "Enter a valid value."),
	("enroll_fp", {"pin": "7\nC:1:REBOOT", "finger": 1}, "pin", "Enter a valid value."),
	("enroll_fp", {"pin": "é" * 11, "finger": 1}, "pin", "Enter a valid value."),
	("enroll_fp", {"pin": "7", "finger": 1, "retry": 4}, "retry", "Ensure this value is less than or equal to 3."),
	("enroll_fp", {"pin": "7", "finger": 1, "overwrite": "x"}, "overwrite", "Must be a valid boolean."),
	("set_option", {"key": "a b"}, "key", "Enter a valid value."),
	("set_option", {"key": "a", "value": "1\tb=2"}, "value", "Enter a valid value."),
	("set_option", {"key": "a", "value": "1,b=2"}, "key", "One option a command."),
	("set_option", {"key": "COMKey", "value": "1234"}, "key", "Commands hold no secrets: set it at the terminal."),
	("set_option", {"key": "DateTime", "value": "2026-01-01 00:00:00"}, "key",
		"The clock is set by the handshake: queue CHECK (set_time)."),
	("set_option", {"key": "IclockSvrURL", "value": "x"}, "confirm",
		'This can cut the terminal off; send "confirm": true.'),
	("set_option", {"key": "WebServerPort", "value": "1", "confirm": False}, "confirm",
		'This can cut the terminal off; send "confirm": true.'),
	("message_send", {"id": 1, "text": "x", "start_time": "soon"}, "start_time",
		"Datetime has wrong format. Use YYYY-MM-DD HH:MM:SS."),
	("message_send", {"id": 1, "text": "x" * 321, "start_time": "2026-01-01"}, "text",
		"Ensure this field has no more than 320 characters."),
	("time_zone_set", {"id": 1, "sun": "08:00"}, "sun", "HH:MM-HH:MM is wanted."),
	("time_zone_set", {"id": 1, "sun": "18:00-08:00"}, "sun", "HH:MM-HH:MM is wanted."),
	("time_zone_set", {"id": 1, "sun": "08:00-24:00"}, "sun", "HH:MM-HH:MM is wanted."),
	("holiday_set", {"id": 1, "start": "02-30", "end": "03-01"}, "start", "MM-DD is wanted."),
	("query_transactions", {"start_time": "2026-01-01"}, "end_time", "This field is required."),
]


def test_refused(fleet):
	for action, members, field, message in REFUSED:
		r = fleet.api.raw("POST", PATH + action + "/", {"terminals": [4], **members})
		assert (r.status, r.json()) == (400, {field: [message]}), (action, members)
	assert fleet.value("select count(*) from terminal_command") == 0
	assert fleet.api.raw("POST", PATH + "info/", {}).json() == {"terminals": ["This field is required."]}
	assert fleet.api.raw("POST", PATH + "dance/", {"terminals": [1]}).status == 404


def test_both_addresses(fleet):
	"""terminals/{action}/ with `terminals`, and terminals/{id}/{action}/ for one: the same, in words and rights."""
	fleet.sql("delete from terminal_command")
	one = lambda action, body=None, tid=3: fleet.api.raw("POST", PATH + "%s/%s/" % (tid, action), body if body is not None else {})
	for action, members in (("info", {}), ("reboot", {}), ("clear_transaction", {}), ("enroll_fp", {"pin": "7", "finger": 1})):
		assert fleet.api.raw("POST", PATH + action + "/", {"terminals": [3], **members}).text == DONE
		assert one(action, members).text == DONE
	lines = fleet.sql("select content from terminal_command where terminal_id = 3 order by id")
	assert len(lines) == 8 and lines[0::2] == lines[1::2], lines
	assert fleet.api.request("POST", PATH + "3/reboot/", b"").status == 200, "nothing need be said"
	fleet.sql("delete from terminal_command")
	for tid in (99, 0, 2 ** 31, "9" * 30):
		for action in ("info", "reboot", "sync"):
			r = one(action, tid=tid)
			assert (r.status, r.json()) == (404, {"detail": "Not found."}), (tid, action)
	assert one("dance").status == one("info", tid="x").status == 404
	assert one("enroll_fp", {"pin": "7", "finger": 1, "terminals": [4]}).json() == {
		"terminals": ['Unknown field "terminals"; known are: pin, finger, retry, overwrite.']}
	assert (one("clear_template", tid=1).status, one("clear_template", tid=1).json()) == (
		400, {"terminals": ["Terminal G1 does not know this."]})
	assert fleet.value("select count(*) from terminal_command") == 0
	# sync, of several
	r = fleet.api.raw("POST", PATH + "sync/", {"terminals": [3, 4]})
	assert (r.status, r.text) == (200, DONE)
	r = fleet.api.raw("POST", PATH + "sync/", {"terminals": [3, 99]})
	assert (r.status, r.json()) == (400, {"terminals": ['Invalid pk "99" - object does not exist.']})
	assert fleet.api.raw("POST", PATH + "sync/", {}).json() == {"terminals": ["This field is required."]}


def test_readers_may_not_order(fleet):
	fleet.command("user", "add", "reader", "--password-file", "/dev/stdin", stdin="secret word 1\n")
	reader = fleet.new_api("reader", "secret word 1")
	assert reader.raw("POST", PATH + "unlock/", {"terminals": [1]}).status == 403


# ---------------------------------------------------------------- any text in any field

TEXTS = ["plain", "a=b", "a\tb", "a\nb", "a\r\nC:1:REBOOT", "x\0y", "\x1b[2J", "a\x7fb", "&SN=1", "C:1:CHECK", "%s%n",
	"'; drop table punch; --", "Ünïcödé", "名字", "🙂", "a,b", "  inner  blanks  ", "\\t\\n", "PIN=9\tPri=14",
	"\u2028line", "\u0085next", "\ufefftext", "REBOOT", "\"quoted\"", "<b>", "a;b", "$$", "${x}", "1" * 19]
FIELDS = [
	("message_send", "text", {"id": 1, "start_time": "2026-01-01"}, "MSG"),
	("work_code_set", "name", {"id": 1, "code": "1"}, "NAME"),
	("work_code_set", "code", {"id": 1, "name": "x"}, "CODE"),
	("work_code_delete", "code", {}, "CODE"),
	("enroll_fp", "pin", {"finger": 1}, "PIN"),
	("enroll_card", "pin", {}, "PIN"),
	("enroll_bio", "pin", {"type": 9}, "PIN"),
	("query_users", "pin", {}, "PIN"),
	("query_templates", "pin", {"type": 9}, "PIN"),
	("holiday_set", "name", {"id": 1, "start": "01-01", "end": "01-02"}, "HolidayName"),
	("set_option", "value", {"key": "Mine"}, "Mine"),
]


def pairs_of(line):
	"""Verb, and the columns as (key, value) in order."""
	words = line.split("\t")
	verb, _, key = words[0][:words[0].index("=")].rpartition(" ")
	return verb, [(key, words[0].split("=", 1)[1])] + [tuple(w.split("=", 1)) for w in words[1:]]


def given(t, n):
	"""The next n commands but for RELOAD OPTIONS."""
	lines = []
	wait_until(lambda: lines.extend(c for c in t.obey(quiet=1) if c != "RELOAD OPTIONS") or len(lines) >= n, 20)
	return lines


def test_any_text_is_one_field_of_one_command(fleet, make_terminal):
	"""Whatever is accepted reaches the terminal as exactly that field, beside exactly the intended others;
	everything else is refused, and nothing is queued."""
	t = ready(make_terminal)
	fleet.sql("update terminal set generation = 4 where id = %s", t.id)
	for action, field, others, key in FIELDS:
		assert order(fleet, t, action, **{**others, field: "harmless"}).status == 200
		verb, pattern = pairs_of(given(t, 1)[0])
		assert dict(pattern)[key] == "harmless"
		accepted = []
		for text in TEXTS:
			before = fleet.value("select count(*) from terminal_command")
			r = order(fleet, t, action, **{**others, field: text})
			if r.status == 200:
				# blanks at the ends go, as in all texts; a C1 control is as good as a blank
				accepted.append(text.strip(" \t\r\n\v\f").replace("\u0085", " "))
				continue
			assert r.status == 400 and fleet.value("select count(*) from terminal_command") == before
		assert not any(ord(c) < 32 or ord(c) == 127 for text in accepted for c in text)
		assert len(accepted) >= 10, (action, field)
		expected = [(verb, [(k, text if k == key else v) for k, v in pattern]) for text in accepted]
		assert [pairs_of(c) for c in given(t, len(accepted))] == expected, (action, field)


# ---------------------------------------------------------------- dangerous ones

DANGEROUS = [("shell", {"command": "ls -l /"}, "SHELL ls -l /"), ("get_file", {"path": "/mnt/a b"}, "GetFile /mnt/a b"),
	("put_file", {"url": "http://h/a.tgz", "path": "/mnt/x"}, "PutFile http://h/a.tgz\t/mnt/x"),
	("upgrade", {"url": "http://h/emfw.cfg", "checksum": "0" * 32, "size": 17},
		"UPGRADE type=1,checksum=" + "0" * 32 + ",size=17,url=http://h/emfw.cfg")]


def test_dangerous_commands_are_off(fleet):
	for action, members, _ in DANGEROUS:
		r = fleet.api.raw("POST", PATH + action + "/", {"terminals": [4], **members})
		assert (r.status, r.json()) == (403, {"detail": "Not while the setting dangerous_commands is off."})
	assert fleet.value("select count(*) from terminal_command") == 0


@pytest.mark.settings(dangerous_commands="on")
def test_dangerous_commands_leave_a_line_in_the_log(fleet):
	for action, members, line in DANGEROUS:
		assert queued(fleet, action, 4, **members) == [line]
	audit = [x for x in fleet.log().splitlines() if " audit " in x]
	assert len(audit) == 4 and all("account=admin" in x and "terminals=G4" in x for x in audit)
	assert [x.split("command=")[1].split()[0] for x in audit] == ["SHELL", "GetFile", "PutFile", "UPGRADE"]
	assert "emfw" not in "".join(audit) and "ls -l" not in "".join(audit), "the content is not logged"
	for members in ({"url": "http://h/a b"}, {"url": "http://h/a,size=1"}, {"checksum": "x"}, {"size": 0}):
		full = {"url": "u", "checksum": "0" * 32, "size": 1, **members}
		assert fleet.api.raw("POST", PATH + "upgrade/", {"terminals": [4], **full}).status == 400


# ---------------------------------------------------------------- with the simulator

def test_simulated_terminals_obey(server, make_sim, make_terminal):
	for profile, sn in (("g1", "ACT1"), ("g2", "ACT2"), ("g3", "ACT3"), ("g4", "ACT4"), ("g5", "ACT5")):
		sim = make_sim(server, "--sn", sn, "--profile", profile, "--boot-time", "0.1")
		sim("handshake")
		t = make_terminal(sn)
		server.api.patch(PATH + "%d/" % t.id, {"area": 2})
		sim("handshake")
		sim("enrol 7 Ann")
		for action, members in (("unlock", {}), ("enroll_fp", {"pin": "7", "finger": 3}),
				("set_option", {"key": "AlarmReRec", "value": "2"}), ("info", {}),
				("message_send", {"id": 1, "text": "hi", "start_time": "2026-01-01"})):
			assert order(server, t, action, **members).status == 200
		if profile != "g1":
			assert order(server, t, "enroll_card", pin="7").status == 200
			assert order(server, t, "time_zone_set", id=1).status == 200

		def idle():
			sim("poll")
			return server.value("select not exists (select from terminal_command where terminal_id = %s"
				" and state in ('queued', 'sent')) and not exists (select from terminal_person"
				" where version <> confirmed_version and terminal_id = %s)", t.id, t.id)
		wait_until(idle, 20, every=0.2)
		state = sim.state()
		assert state["counts"]["unlocks"] == 1 and state["settings"] == {"AlarmReRec": "2"}
		assert [x["PIN"] for x in state["templates"]] == ["7"]
		assert ("Card" in state["users"]["7"] and state["users"]["7"]["Card"] != "") == (profile != "g1")
		failed = server.sql("select content, return_value from terminal_command"
			" where terminal_id = %s and state <> 'done'", t.id)
		# this firmware knows no messages, as it says itself
		assert all(profile == "g5" and "SMS" in row[0] for row in failed), failed


def test_clear_user_is_empty_until_sync(server, make_terminal):
	t = ready(make_terminal, 5)
	server.api.post("/personnel/api/employees/", {"emp_code": "5", "first_name": "x", "department": 1, "area": [2]})
	wait_until(lambda: [c for c in t.obey() if "PIN=5" in c])
	assert heard(server, t, "clear_user") == ["CLEAR ALL USERINFO"]
	assert server.sql("select people_held from terminal where id = %s", t.id) == [(True,)]
	server.api.post(PATH + "%d/sync/" % t.id, {})
	assert wait_until(t.obey)[0].startswith("DATA UPDATE USERINFO PIN=5")
