"""/iclock/api/terminalcommands/: queueing single commands, cancelling them, finding them again."""

import pytest

from punchd_test.wait import wait_until

PATH = "/iclock/api/terminalcommands/"


@pytest.fixture
def ready(make_terminal):
	t = make_terminal()
	t.register()
	t.obey()
	return t


def create(server, terminal, command, **more):
	return server.api.raw("POST", PATH, {"terminal": terminal, "command": command, **more})


def test_created_sent_and_answered(server, ready):
	r = create(server, ready.id, "DATA QUERY USERINFO PIN=7")
	assert r.status == 201
	row = r.json()
	assert (row["terminal_sn"], row["content"], row["state"], row["retries"]) == (
		ready.sn, "DATA QUERY USERINFO PIN=7", "queued", 0)
	assert row["expires"] and row["return_text"] is None
	assert wait_until(ready.poll) == [(str(row["id"]), "DATA QUERY USERINFO PIN=7")]
	ready.ack((row["id"], -1))
	row = server.api.get(PATH + "%d/" % row["id"])
	assert (row["state"], row["return_value"], row["return_text"]) == (
		"failed", -1, "parameter error, unsupported or no such data")


@pytest.mark.parametrize("command,value,text", [("ENROLL_FP PIN=7\tFID=1", 4, "failed (quality)"),
	("ENROLL_MF PIN=7", 4, "retries used up"), ("ENROLL_BIO TYPE=9\tPIN=7", 5, "duplicate in database"),
	("AC_UNLOCK", -1005, "device busy"), ("INFO", 0, "done"), ("DATA DELETE SMS UID=1", -1002, "not supported")])
def test_return_codes_in_words(server, ready, command, value, text):
	cid = create(server, ready.id, command).json()["id"]
	wait_until(ready.poll)
	ready.ack((cid, value))
	assert server.api.get(PATH + "%d/" % cid)["return_text"] == text


@pytest.mark.parametrize("command,message", [("", "This field may not be blank."), ("DANCE", "No verb of attendance terminals."),
	("INFO\nREBOOT", "Control characters are not allowed."), ("REBOOT 1", "Nothing may follow this verb."),
	("DATA DELETE user uid=1", "No verb of attendance terminals."),
	("SET OPTION a=1\tb=2", "Control characters are not allowed."),
	("DATA UPDATE USERINFO PIN=1\tPasswd=1", "People and their templates are sent by the server itself."),
	("ENROLL_FP 7", "Key=Value is wanted, one or several separated by tabs.")])
def test_refused(server, ready, command, message):
	r = create(server, ready.id, command)
	assert (r.status, r.json()) == (400, {"command": [message]})
	assert server.value("select count(*) from terminal_command where state = 'queued'") == 0


def test_refused_otherwise(server, ready):
	assert create(server, 999, "INFO").json() == {"terminal": ['Invalid pk "999" - object does not exist.']}
	r = server.api.raw("POST", PATH, {})
	assert (r.status, r.json()) == (400, {"terminal": ["This field is required."], "command": ["This field is required."]})
	confirm = {"confirm": ['This can cut the terminal off; send "confirm": true.']}
	assert create(server, ready.id, "SET OPTION WebServerIP=1.2.3.4").json() == confirm
	assert create(server, ready.id, "SET OPTION WebServerIP=1.2.3.4", confirm=True).status == 201
	assert create(server, ready.id, "SHELL ls").status == 403
	server.command("user", "add", "reader", "--password-file", "/dev/stdin", stdin="secret word 1\n")
	reader = server.new_api("reader", "secret word 1")
	assert reader.raw("POST", PATH, {"terminal": ready.id, "command": "INFO"}).status == 403
	assert reader.get(PATH)["count"] >= 1


@pytest.mark.settings(dangerous_commands="on")
def test_dangerous_ones_by_their_setting(server, ready):
	assert create(server, ready.id, "SHELL secret-word").status == 201
	audit = [x for x in server.log().splitlines() if " audit " in x]
	assert len(audit) == 1 and "command=SHELL" in audit[0] and "secret-word" not in audit[0]
	assert ready.sn in audit[0] and "account=admin" in audit[0]


@pytest.mark.settings(dangerous_commands="on")
def test_what_they_bring_is_sealed(server, ready):
	from punchd_test.dump import found_in
	for command, verb in (("GetFile /mnt/options.cfg", "GetFile"), ("SHELL cat options.cfg", "Shell")):
		cid = create(server, ready.id, command).json()["id"]
		wait_until(ready.poll)
		body = "ID=%d\nSN=%s\nReturn=0\nCMD=%s\nContent=Password=hunter2hunter2 of %s" % (cid, ready.sn, verb, verb)
		assert ready.raw("POST", "/iclock/devicecmd?SN=" + ready.sn, body).text == "OK"
		assert server.value("select state from terminal_command where id = %s", cid) == "done"
	assert server.sql("select table_name, sn from raw_upload order by id") == [("GETFILE", ready.sn), ("SHELL", ready.sn)]
	assert found_in(server, "hunter2hunter2") == []


@pytest.mark.settings(dangerous_commands="on")
def test_superusers_read_what_they_brought(server, make_sim, make_terminal):
	sim = make_sim(server, "--sn", "FILES001", "--profile", "g3", "--open-shell")
	sim("handshake")
	t = make_terminal("FILES001")
	t.approve()
	sim("handshake")
	ids = [create(server, t.id, c).json()["id"] for c in ("SHELL cat /etc/hidden-thing", "GetFile /mnt/options.cfg", "INFO")]
	wait_until(lambda: sim("poll") and server.api.get(PATH + "%d/" % ids[2])["state"] == "done", 20, every=0.2)
	rows = [server.api.get(PATH + "%d/" % i) for i in ids]
	assert [r["return_text"] for r in rows] == ["done"] * 3
	shell, file = [server.api.request("GET", PATH + "%d/result/" % i) for i in ids[:2]]
	assert (shell.status, shell.text) == (200, "FILES001: cat /etc/hidden-thing\n")
	assert file.body.endswith(b"~SerialNumber=FILES001\0\x01\xff\n"), "byte for byte"
	assert file.headers["content-type"] == "application/octet-stream"
	assert file.headers["x-content-type-options"] == "nosniff" and "no-store" in file.headers["cache-control"]
	audit = [x for x in server.log().splitlines() if " audit " in x and "result_read=" in x]
	assert ["account=admin" in x and "terminals=FILES001" in x for x in audit] == [True, True]
	assert ["command=SHELL" in audit[0], "command=GetFile" in audit[1]] == [True, True]
	assert "hidden-thing" not in "".join(audit)
	# nobody else, and nothing else
	server.command("user", "add", "reader", "--password-file", "/dev/stdin", stdin="secret word 1\n")
	reader = server.new_api("reader", "secret word 1")
	assert reader.request("GET", PATH + "%d/result/" % ids[0]).status == 403
	assert server.api.request("GET", PATH + "%d/result/" % ids[0], authorization="").status == 401
	for other in (ids[2], 999999, "x", "9" * 25):
		assert server.api.request("GET", PATH + "%s/result/" % other).status == 404
	server.command("key", "rotate")
	assert server.api.request("GET", PATH + "%d/result/" % ids[0]).text == shell.text, "under the new key"


@pytest.mark.settings(dangerous_commands="on")
def test_results_without_a_verb_are_sealed_too(server, ready):
	"""Some builds leave CMD out; and no terminal can name another's upload as its result."""
	from punchd_test.dump import found_in
	ready.push("SOMETHINGNEW", "A=1")
	mark = server.value("select 'sealed ' || encode(content_hash, 'hex') from raw_upload")
	for n, form in enumerate(("ID=%d\nReturn=0\nContent=hunter3hunter3", "ID=%d&Return=0&CMD=DATA\nhunter3hunter3",
			"ID=%d&Return=0&CMD=DATA\n" + mark, "ID=%d\nReturn=15\nFILENAME=/x\nContent=hunter3hunter3")):
		cid = create(server, ready.id, "GetFile /mnt/%d" % n).json()["id"]
		wait_until(ready.poll)
		assert ready.raw("POST", "/iclock/devicecmd?SN=" + ready.sn, form % cid).text == "OK"
		assert server.api.get(PATH + "%d/" % cid)["state"] == "done"
		assert server.api.request("GET", PATH + "%d/result/" % cid).status == (200 if n in (0, 3) else 404), form
	assert found_in(server, "hunter3hunter3") == []


def test_cancelled(server, ready):
	a, b, c = [create(server, ready.id, "AC_UNLOCK").json()["id"] for _ in range(3)]
	assert server.api.raw("DELETE", PATH + "%d/" % a).status == 204
	assert server.api.post(PATH + "%d/cancel/" % b)["code"] == 0
	assert wait_until(ready.poll) == [(str(c), "AC_UNLOCK")]
	r = server.api.raw("DELETE", PATH + "%d/" % c)
	assert (r.status, r.json()) == (400, {"detail": "Only a queued command can be cancelled."})
	assert server.api.raw("DELETE", PATH + "999999999/").status == 404
	assert [server.api.get(PATH + "%d/" % x)["state"] for x in (a, b, c)] == ["cancelled", "cancelled", "sent"]


def test_a_cancelled_clearing_has_not_happened(server, ready):
	for command in ("CLEAR DATA", "CLEAR ALL USERINFO"):
		cid = create(server, ready.id, command).json()["id"]
		assert server.value("select people_held from terminal where id = %s", ready.id)
		server.api.delete(PATH + "%d/" % cid)
		assert not server.value("select people_held from terminal where id = %s", ready.id)


def test_filters(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	server.sql("delete from terminal_command")
	for t, command in ((a, "INFO"), (a, "AC_UNLOCK"), (b, "INFO")):
		create(server, t.id, command)
	server.sql("update terminal_command set state = 'expired', created = '2020-01-01' where content = 'AC_UNLOCK'")
	count = lambda **params: server.api.get(PATH, **params)["count"]
	assert (count(terminal=a.id), count(terminal="%d,%d" % (a.id, b.id)), count(terminal_sn=b.sn)) == (2, 3, 1)
	assert (count(state="queued"), count(state="expired"), count(state="x")) == (2, 1, 0)
	assert (count(start_time="2021-01-01"), count(end_time="2021-01-01"), count(content_icontains="unl")) == (2, 1, 1)


def test_what_is_never_sent_twice(server, ready):
	for command in ("REBOOT", "CLEAR LOG", "AC_UNLOCK", "ENROLL_BIO TYPE=9\tPIN=1", "SET OPTION Delay=10"):
		create(server, ready.id, command)
	assert server.sql("select bool_or(resend) from terminal_command where state = 'queued'") == [(False,)]
	for command in ("DATA QUERY USERINFO", "INFO", "CHECK", "LOG", "VERIFY SUM ATTLOG StartTime=a\tEndTime=b"):
		assert create(server, ready.id, command).status == 201
		assert server.value("select resend from terminal_command order by id desc limit 1"), command
