"""What the watch over the terminals notices (adms-push 6 and 2.2): /iclock/api/alerts/."""

import datetime

import pytest

from punchd_test.alerts import PATH, alert, alerts, from_address, oplog
from punchd_test.wait import stays, wait_until


@pytest.fixture
def ready(make_terminal):
	t = make_terminal()
	t.register()
	t.obey()
	return t


# ---------------------------------------------------------------- online, late, offline

def heard(server, t):
	return server.value("select last_activity is not null from terminal_state where terminal_id = %s", t.id)


def silence(server, t, seconds, watched="-infinity"):
	"""As if nothing had been heard for so long, and somebody looks now."""
	wait_until(lambda: heard(server, t))
	server.sql("update terminal_state set last_activity = now() - %s * interval '1 second'"
		" where terminal_id = %s", seconds, t.id)
	return server.sql("select state from watch_states(%s)", watched)


def test_late_offline_online_by_its_own_interval(server, ready):
	wait_until(lambda: heard(server, ready))
	server.sql("select watch_states('-infinity')")
	assert alerts(server) == [], "somebody who is there is no news"
	assert silence(server, ready, 20) == []
	assert silence(server, ready, 34) == []
	assert silence(server, ready, 36) == [("late",)]
	assert silence(server, ready, 124) == []
	assert silence(server, ready, 126) == [("offline",)]
	assert silence(server, ready, 5000) == []
	assert silence(server, ready, 1) == [("online",)]
	assert [(a["kind"], a["terminal_sn"], a["count"]) for a in alerts(server)] == [
		(kind, ready.sn, 1) for kind in ("late", "offline", "online")]
	server.sql("update terminal set heartbeat = 600 where id = %s", ready.id)
	assert silence(server, ready, 1700) == [], "it has ten minutes time three times over"
	assert silence(server, ready, 1900) == [("offline",)]
	assert alert(server, "offline")["count"] == 2, "the open one counts on"


def test_nobody_is_missing_before_the_server_could_hear(server, ready):
	assert silence(server, ready, 1) == [("online",)]
	assert silence(server, ready, 5000, "now") == []
	assert alerts(server) == []


def test_the_process_clock_tells(server, ready):
	server.sql("update terminal set heartbeat = 1 where id = %s", ready.id)
	ready.poll()
	wait_until(lambda: ready.poll() == [] and server.value("select state = 'online' from terminal_watch"), 30, every=0.5)
	a = alert(server, "late", 60)
	assert a["terminal"] == ready.id and a["text"].startswith("not heard of since ")
	assert server.log_contains("terminal_state sn=%s state=late" % ready.sn)
	wait_until(lambda: ready.poll() == [] and alerts(server, "online"), 30, every=0.5)


# ---------------------------------------------------------------- a gap in contact

def queries(server, t):
	return [row[0] for row in server.sql("select content from terminal_command where terminal_id = %s"
		" and content like 'DATA QUERY ATTLOG%%' order by id", t.id)]


def gap(server, t, seconds):
	"""Comes back after a silence, at a process that has not heard it before."""
	server.stop()
	server.sql("update terminal_state set last_activity = now() - %s * interval '1 second'", seconds)
	server.start()
	t.poll()
	# written: the state row is new again
	wait_until(lambda: server.value("select last_activity > now() - interval '30 seconds' from terminal_state"), 10)


def test_after_a_gap_its_punches_are_asked_for_once(server, ready):
	server.sql("delete from terminal_command")
	gap(server, ready, 100)
	assert queries(server, ready) == []
	gap(server, ready, 600)
	lines = wait_until(lambda: queries(server, ready))
	text, asked = lines[0], server.value("select gap_asked at time zone 'Asia/Kolkata' from terminal_watch")
	minutes = [(datetime.datetime.fromisoformat(x.split("=")[1]) - asked).total_seconds() / 60
		for x in text[len("DATA QUERY ATTLOG "):].split("\t")]
	# the silence, and five minutes more at both ends
	assert -16 < minutes[0] < -14.5 and 4.5 < minutes[1] < 5.5, text
	assert wait_until(ready.poll)[0][1] == text
	gap(server, ready, 300)
	assert len(queries(server, ready)) == 1, "at most once an hour"
	server.sql("update terminal_watch set gap_asked = now() - interval '61 minutes'")
	server.sql("select watch_states('now')")
	assert len(queries(server, ready)) == 2, "what was put off is asked for then"


def test_old_terminals_upload_by_themselves(server, make_terminal):
	t = make_terminal()
	t.handshake("options=all")
	t.approve()
	t.handshake("options=all")
	t.obey()
	gap(server, t, 600)
	assert queries(server, t) == []


# ---------------------------------------------------------------- twins

def test_one_serial_number_at_two_addresses(server, ready):
	target = "/iclock/getrequest?SN=" + ready.sn
	from_address(ready, "127.0.0.1", target)
	stays(lambda: not alerts(server, "duplicate_sn"), 0.5)
	from_address(ready, "127.0.0.9", target)
	a = alert(server, "duplicate_sn")
	assert a["text"] == "seen from 127.0.0.1 and from 127.0.0.9 within 300 s"
	for _ in range(3):
		from_address(ready, "127.0.0.1", target)
		from_address(ready, "127.0.0.9", target)
	stays(lambda: alert(server, "duplicate_sn")["count"] == 1, 4, every=0.5)


def test_twins_that_come_to_two_processes(server, make_server, ready):
	other = make_server(server.database)
	target = "/iclock/getrequest?SN=" + ready.sn
	from_address(ready, "127.0.0.1", target)
	wait_until(lambda: server.value("select address = '127.0.0.1' from terminal_state"))
	twin = type(ready)(other, ready.sn)
	from_address(twin, "127.0.0.9", target)
	assert "127.0.0.9" in alert(server, "duplicate_sn")["text"]


def test_simulated_twins(server, make_sim, make_terminal):
	make_sim(server, "--sn", "TWIN01", "--duplicate-sn", "1", "--delay", "0.2", manual=False)
	t = make_terminal("TWIN01")
	server.api.patch("/iclock/api/terminals/%d/" % t.id, {"area": 2})
	assert alert(server, "duplicate_sn", 20)["terminal_sn"] == "TWIN01"


# ---------------------------------------------------------------- changes of what it is

def test_changed_mac_firmware_and_model(server, ready):
	first = "~DeviceName=MB360/ID,MAC=00:17:61:aa:bb:01,FWVersion=Ver 8.0.4.2,UserCount=1"
	ready.push("options", first)
	ready.push("options", first.replace("UserCount=1", "UserCount=2").replace("aa:bb", "AA:BB"))
	assert alerts(server) == []
	ready.push("options", "~DeviceName=uFace800,MAC=00:17:61:aa:bb:02,FWVersion=Ver 8.0.4.6")
	assert [(a["kind"], a["text"]) for a in alerts(server)] == [
		("mac_changed", "was 00:17:61:AA:BB:01, is 00:17:61:aa:bb:02"),
		("firmware_changed", "was Ver 8.0.4.2, is Ver 8.0.4.6"), ("model_changed", "was MB360/ID, is uFace800")]


def test_firmware_by_info_alone(server, ready):
	ready.poll(info="Ver%206.39,1,0,0,10.0.0.1")
	wait_until(lambda: server.value("select fw_ver = 'Ver 6.39' from terminal_state"))
	ready.poll(info="Ver%206.40,1,0,0,10.0.0.1")
	assert alert(server, "firmware_changed")["text"] == "was Ver 6.39, is Ver 6.40"


# ---------------------------------------------------------------- the wrong protocol

ACC, ATT = "options=all&pushver=3.1.2&DeviceType=acc&PushOptionsFlag=1", "options=all&pushver=2.4.1&language=69"
USER = "user uid=1\tcardno=\tpin=1\tpassword=\tgroup=1\tstarttime=0\tendtime=0\tname=\tprivilege=14\tdisable=0\tverify=0"
RTLOG = "time=2026-02-23 14:13:48\tpin=2\tcardno=0\teventaddr=1\tevent=3\tinoutstatus=0\tverifytype=15\tindex=140"


def speaks(server, t):
	"""As `punchd device list` says."""
	row, = [line for line in server.command("device", "list").stdout.splitlines() if line.startswith(t.sn + " ")]
	return "access control" if row.rstrip().endswith("access control") else "attendance"


SIGNS = {
	"handshake": lambda t: t.handshake(ACC),
	"registry": lambda t: t.raw("POST", "/iclock/registry?SN=" + t.sn, "DeviceType=acc,~DeviceName=F20/M"),
	"push": lambda t: t.raw("GET", "/iclock/push?SN=" + t.sn),
	"rtdata": lambda t: t.raw("GET", "/iclock/rtdata?SN=%s&type=time" % t.sn),
	"querydata": lambda t: t.raw("POST", "/iclock/querydata?SN=%s&type=tabledata&cmdid=1&tablename=user&count=1" % t.sn, USER),
	"rtlog": lambda t: t.push("rtlog", RTLOG),
	"rtstate": lambda t: t.push("RTSTATE", "time=2026-02-23 14:13:48\tsensor=01\trelay=00\talarm=0000000000000000\tdoor=01"),
	"tabledata": lambda t: t.push("tabledata", USER, query="&tablename=user&count=1"),
}


def test_a_terminal_that_speaks_access_control(server, make_terminal):
	t = make_terminal(push_version="2.4.1")
	t.handshake(ATT)
	t.approve()
	for n, (sign, send) in enumerate(SIGNS.items()):
		assert speaks(server, t) == "attendance"
		send(t)
		a = wait_until(lambda: alerts(server, "access_control", acknowledged="false"), 10, sign)
		assert len(a) == 1 and a[0]["text"].startswith("speaks access control: switch it to T&A PUSH"), sign
		assert a[0]["count"] == n + 1, "it comes and goes: one alert"
		assert speaks(server, t) == "access control"
		send(t)
		refused = server.api.raw("POST", "/iclock/api/terminals/info/", {"terminals": [t.id]})
		assert refused.status == 400 and "does not know this" in refused.text
		server.sql("select command_add(%s, 'INFO', interval '1 day', null)", t.id)
		stays(lambda: t.poll() == [], 0.3, "no word of ours is for it")
		# and what does not say that this has ended
		t.push("options", "~DeviceName=X,LockCount=1")
		t.raw("GET", "/iclock/ping?SN=" + t.sn)
		assert alerts(server, "access_control", acknowledged="false")
		if n % 2:
			t.push("ATTLOG", "7\t2026-05-01 08:00:%02d\t0\t1" % n)
		else:
			t.handshake(ATT)
		wait_until(lambda: not alerts(server, "access_control", acknowledged="false"), 10, "ended: " + sign)
		t.handshake(ATT)
		assert "INFO" in wait_until(t.obey), "ours again"
	assert len(alerts(server, "access_control")) == 1


def test_what_is_not_yet_attendance(server, make_terminal):
	"""One of access control that is not registered greets as if it were of ours (pushver 3, no type)."""
	t = make_terminal()
	hello = "pushver=3.0.1&options=all"
	for _ in range(3):
		t.handshake(hello)
		t.raw("POST", "/iclock/registry?SN=" + t.sn, "DeviceType=acc,~DeviceName=F20/M")
	assert wait_until(lambda: speaks(server, t) == "access control")
	assert alerts(server) == [], "it waits for approval"
	server.api.patch("/iclock/api/terminals/%d/" % t.id, {"area": 2})
	assert alert(server, "access_control")["count"] == 1
	t.handshake(hello)
	assert not alert(server, "access_control")["acknowledged"]
	server.restart()
	assert t.poll() == [] and not alert(server, "access_control")["acknowledged"]
	# one that somebody has acknowledged is a new one when it comes again
	t.handshake(hello + "&DeviceType=att")
	assert alert(server, "access_control")["acknowledged"] and wait_until(t.poll)
	t.handshake(ACC)
	server.api.post(PATH + "%d/acknowledge/" % alert(server, "access_control")["id"])
	t.handshake(hello)
	assert speaks(server, t) == "attendance", "it said acc before, and does not any more"
	t.handshake(ACC)
	assert [a["acknowledged"] for a in alerts(server, "access_control")] == [True, False]


def test_attendance_that_answers_in_words_of_access_control(server, ready):
	"""As a SenseFace answers questions about its users."""
	ready.push("tabledata", USER, query="&tablename=user&count=1")
	ready.push("tabledata", "BIODATA Pin=7\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=1\tMajorVer=10\tTmp=QUJD", query="&tablename=BIODATA")
	for kind in ("", "&type=tabledata"):
		ready.raw("POST", "/iclock/querydata?SN=%s%s&cmdid=1&tablename=user&count=1&packcnt=1&packidx=1" % (ready.sn, kind), USER)
	assert speaks(server, ready) == "attendance" and alerts(server) == []


def test_an_answer_to_our_question_is_no_sign(server, make_terminal):
	"""Nor when it comes once more; of a terminal that does not say that it is set to attendance."""
	t = make_terminal(push_version="2.4.1")
	t.handshake(ATT)
	t.approve()
	server.api.post("/iclock/api/terminals/query_users/", {"terminals": [t.id]})
	(id, _), = wait_until(t.poll)
	for pin in ("1", "2"):
		answer = "&type=tabledata&cmdid=%s&tablename=user&count=1&packcnt=1&packidx=1" % id
		assert t.raw("POST", "/iclock/querydata?SN=" + t.sn + answer, USER.replace("pin=1", "pin=" + pin)).text == "user=1"
	assert speaks(server, t) == "attendance" and alerts(server, "access_control") == []
	server.api.post("/iclock/api/terminals/query_users/", {"terminals": [t.id]})


# ---------------------------------------------------------------- what happened at the menu

@pytest.mark.parametrize("code,kind,words", [(30, "user_created", "a user was enrolled, user 4, by 9"),
	(71, "privilege_changed", "a privilege was changed, user 4, by 9"), (24, "privilege_changed", "administrators were cleared"),
	(76, "network_changed", "IP address changed"), (80, "network_changed", "connection password changed"),
	(82, "server_address_changed", "server address changed"), (83, "server_address_changed", "server port changed")])
def test_operation_log(server, ready, code, kind, words):
	oplog(server, ready, code, "4", operator="9")
	a = alert(server, kind)
	assert a["text"].startswith(words) and a["terminal_sn"] == ready.sn
	oplog(server, ready, code, "5", operator="9")
	assert alert(server, kind)["count"] == 2


def test_harmless_and_old_entries_are_no_alerts(server, ready):
	oplog(server, ready, 4)
	oplog(server, ready, 30, "4", when="2019-01-01 00:00:00")
	line = "OPLOG 82\t0\t%s\t0\t0\t0\t0" % server.value(
		"select to_char(now() at time zone 'Asia/Kolkata', 'YYYY-MM-DD HH24:MI:SS')")
	for _ in range(3):
		ready.push("OPERLOG", line)
	assert [(a["kind"], a["count"]) for a in alerts(server)] == [("server_address_changed", 1)], "once per entry"


def test_an_administrator_typed_in_at_the_terminal(server, ready):
	ready.push("OPERLOG", "USER PIN=77\tName=Boss\tPri=14\tPasswd=secretpass\tCard=\tGrp=1")
	a = alert(server, "admin_created")
	assert (a["subject"], a["text"]) == ("77", "PIN 77 has privilege 14 at this terminal, which nobody gave it here")
	ready.push("OPERLOG", "USER PIN=78\tName=Clerk\tPri=0\tPasswd=\tCard=\tGrp=1")
	stays(lambda: len(alerts(server, "admin_created")) == 1, 0.5)


# ---------------------------------------------------------------- the list

def test_acknowledged_and_again(server, ready, make_terminal):
	oplog(server, ready, 82)
	a = alert(server, "server_address_changed")
	assert list(a) == ["id", "kind", "terminal", "terminal_sn", "terminal_alias", "subject", "text", "first_seen",
		"last_seen", "count", "acknowledged", "acknowledged_time", "acknowledged_by"]
	assert not a["acknowledged"] and a["acknowledged_by"] is None
	seen = server.api.post(PATH + "%d/acknowledge/" % a["id"])
	assert seen["acknowledged"] and seen["acknowledged_by"] == "admin" and seen["acknowledged_time"]
	assert server.api.post(PATH + "%d/acknowledge/" % a["id"]) == seen
	assert server.api.raw("POST", PATH + "999999/acknowledge/", {}).status == 404
	oplog(server, ready, 83)
	count = lambda **params: server.api.get(PATH, **params)["count"]
	assert (count(), count(acknowledged="true"), count(acknowledged="false")) == (2, 1, 1)
	assert (count(kind="server_address_changed"), count(kind="late")) == (2, 0)
	assert (count(terminal=ready.id), count(terminal=99999), count(terminal_sn=ready.sn)) == (2, 0, 2)
	assert (count(start_time="2099-01-01"), count(end_time="2099-01-01"), count(search="port")) == (0, 2, 1)
	server.api.delete("/iclock/api/terminals/%d/" % ready.id)
	assert count(terminal_sn=ready.sn) == 2, "they outlive the terminal"


def test_readers_may_look_but_not_acknowledge(server, ready):
	oplog(server, ready, 82)
	server.command("user", "add", "reader", "--password-file", "/dev/stdin", stdin="secret word 1\n")
	reader = server.new_api("reader", "secret word 1")
	a = reader.get(PATH)["data"][0]
	assert reader.raw("POST", PATH + "%d/acknowledge/" % a["id"], {}).status == 403


# ---------------------------------------------------------------- summer time

def test_a_change_of_the_offset_brings_a_handshake(server, ready):
	"""PROTOCOL.md 2: TimeZone holds no summer-time rule, so the handshake is repeated."""
	assert ready.options()["TimeZone"] == "330"
	server.sql("update terminal_command set created = created - interval '2 hours'")
	# the zone's offset is another one from now on
	server.sql("update terminal set zone = 'Asia/Kathmandu' where id = %s", ready.id)
	server.sql("select command_check_offsets()")
	assert [c for _, c in wait_until(ready.poll)] == ["CHECK"]
	server.sql("select command_check_offsets()")
	assert ready.poll() == [], "once an hour"
	assert ready.options()["TimeZone"] == "345"
	server.sql("update terminal_command set created = created - interval '2 hours'")
	server.sql("select command_check_offsets()")
	assert server.value("select count(*) from terminal_command where content = 'CHECK' and state = 'queued'") == 0
