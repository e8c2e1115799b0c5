"""Issue section 4: durable ingest (its speed is measured by tests/bench)."""

import threading

import pytest

from punchd_test.wait import wait_until

PATH = "/iclock/api/transactions/"


def test_the_same_upload_any_number_of_times_leaves_one_row(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
	for t in (a, a, b):
		assert t.push("ATTLOG", "7\t2026-05-01 08:00:00\t0\t1") == "OK: 1"
	assert server.api.get(PATH)["count"] == 1
	row = server.api.get(PATH)["data"][0]
	assert row["terminal_sn"] == a.sn and row["id"] == 1
	assert server.value("select count(*) from punch_variant") == 1  # from the other terminal
	b.push("ATTLOG", "7\t2026-05-01 08:00:00\t0\t1", "8\t2026-05-01 08:00:00\t0\t1")
	b.push("ATTLOG", "9\t2026-05-01 08:00:00\t0\t1")
	assert [r["id"] for r in server.api.get(PATH)["data"]] == [1, 2, 3], "duplicates burn no id"


def test_a_losing_punch_that_differs_is_kept_once_aside(server, terminal):
	terminal.register()
	for line in ("7\t2026-05-01 08:00:00\t0\t1", "7\t2026-05-01 08:00:00\t1\t1",
			"7\t2026-05-01 08:00:00\t1\t1", "7\t2026-05-01 08:00:00\t0\t15",
			"7\t2026-05-01 08:00:00\t0\t1\tW"):
		assert terminal.push("ATTLOG", line) == "OK: 1"
	assert server.api.get(PATH)["count"] == 1
	assert server.value("select count(*) from punch_variant") == 3


def test_a_deleted_punch_stays_deleted(server, terminal):
	terminal.register()
	terminal.push("ATTLOG", "7\t2026-05-01 08:00:00\t0\t1", "7\t2026-05-01 08:01:00\t0\t1")
	server.api.delete(PATH + "1/")
	assert terminal.push("ATTLOG", "7\t2026-05-01 08:00:00\t0\t1") == "OK: 1"
	assert [r["id"] for r in server.api.get(PATH)["data"]] == [2]
	assert server.api.get(PATH)["count"] == 1


def test_rejects_are_kept_once_with_a_counter(server, terminal):
	terminal.register()
	for _ in range(3):
		assert terminal.push("ATTLOG", "not a punch") == "OK: 1"
	rows = server.api.get("/iclock/api/rejects/")
	assert rows["count"] == 1
	assert 3 in rows["data"][0].values()
	assert "not a punch" in str(rows["data"][0])
	sealed = server.value("select sealed from reject")
	assert b"not a punch" not in bytes(sealed)


@pytest.mark.parametrize("pin", ["7", "007", "wctpl070", "Jürgen", "a" * 20])
def test_a_pin_is_text(server, terminal, pin):
	terminal.register()
	assert terminal.push("ATTLOG", pin + "\t2026-05-01 08:00:00\t0\t1") == "OK: 1"
	assert server.api.get(PATH, emp_code=pin)["data"][0]["emp_code"] == pin


@pytest.mark.parametrize("line", ["a" * 21 + "\t2026-05-01 08:00:00\t0\t1",
	"\t2026-05-01 08:00:00\t0\t1", "a\x01\t2026-05-01 08:00:00\t0\t1", "7\tyesterday\t0\t1",
	"7\t2026-02-30 08:00:00\t0\t1"])
def test_lines_that_are_no_punch_are_rejects(server, terminal, line):
	terminal.register()
	assert terminal.push("ATTLOG", line) == "OK: 1"
	assert server.value("select count(*) from punch") == 0
	assert server.api.get("/iclock/api/rejects/")["count"] == 1


def test_columns_are_kept_as_sent(server, terminal):
	terminal.register()
	terminal.push("ATTLOG", "7\t2026-05-01 08:00:00\t5\t25\tW1\tx\ty\t1\t36.6\t97.9\t+28800\te30=")
	row = server.api.get(PATH)["data"][0]
	assert (row["punch_state"], row["verify_type"], row["work_code"]) == ("5", 25, "W1")
	assert row["is_mask"] == "Yes" and row["temperature"] == 36.6
	assert bytes(server.value("select rest from punch")) == b"x\ty\t1\t36.6\t97.9\t+28800\te30="
	assert server.value("select tz_offset from punch") == 330


NAME = "\u738b\u5c0f\u660e"
OLD = "options=all&pushver=2.2.14&language=83"


def first_name(server, code):
	return wait_until(lambda: server.api.get("/personnel/api/employees/", emp_code=code)["data"],
		what="PIN %s is known" % code)[0]["first_name"]


def test_names_of_old_chinese_firmware(server, make_terminal):
	t = make_terminal("OLDGB001")
	t.handshake(OLD)
	t.approve()
	t.raw("POST", t.push_target("OPERLOG"), b"USER PIN=6\tName=" + NAME.encode("gb18030"))
	assert first_name(server, "6") == NAME


def test_foreign_bytes_stay_bytes_until_the_code_page_is_known(server, make_terminal):
	t = make_terminal("OLDGB002")
	t.register()
	t.raw("POST", t.push_target("OPERLOG"), b"USER PIN=5\tName=" + NAME.encode("gb18030"))
	assert server.api.get("/personnel/api/employees/", emp_code="5")["count"] == 0
	t.handshake(OLD)
	t.raw("POST", t.push_target("OPERLOG"), b"USER PIN=6\tName=" + NAME.encode("gb18030"))
	assert first_name(server, "6") == NAME
	assert first_name(server, "5") == NAME, "what came before is decoded again"


def test_uploads_are_gathered_into_few_commits(server, make_terminal):
	terminals = [make_terminal() for _ in range(40)]
	for t in terminals:
		t.register()
	server.sql("""create table test_commits (xid xid8 default pg_current_xact_id());
		grant all on test_commits to public""")
	server.sql("""create function test_note() returns trigger language plpgsql as
		$$ begin insert into test_commits default values; perform pg_sleep(0.1); return null; end $$""")
	server.sql("""create trigger test_note after insert on punch
		for each statement execute function test_note()""")
	threads = [threading.Thread(target=t.push, args=("ATTLOG", "%d\t2026-05-01 08:00:00\t0\t1" % i))
		for i, t in enumerate(terminals, 1)]
	for t in threads:
		t.start()
	for t in threads:
		t.join()
	assert server.value("select count(*) from punch") == 40
	assert server.value("select count(distinct xid) from test_commits") <= 20


@pytest.mark.settings(ingest_memory="1M")
def test_memory_is_bounded_when_the_database_is_slow(own_pg, clone, make_server):
	from punchd_test.terminal import Terminal
	server = make_server(clone(own_pg), ingest_memory="1M", admission="auto")
	terminals = [Terminal(server, "BOUND%03d" % i) for i in range(40)]
	for t in terminals:
		t.handshake()
	before = server.memory()
	own_pg.sigstop()
	body = b"".join(b"%d\t2026-05-01 08:00:00\t0\t1\n" % n for n in range(1, 20000))
	connections = []
	for t in terminals:
		c = t.connect()
		c.sock.setblocking(False)
		try:
			c.sock.send(t.request_bytes("POST", t.push_target("ATTLOG"), body))
		except BlockingIOError:
			pass
		connections.append(c)
	wait_until(lambda: server.probe("/healthz") == 200)
	assert server.memory() - before < 40 << 20, "terminals are not read from"
	for c in connections:
		c.close()
	own_pg.sigcont()
	wait_until(lambda: server.probe("/readyz") == 200, 60)
	t = terminals[0]
	wait_until(lambda: t.push("ATTLOG", "1\t2026-05-02 08:00:00\t0\t1") == "OK: 1", 30)


def test_uploads_of_terminals_that_went_away_are_dropped(own_pg, clone, make_server):
	from punchd_test.terminal import Terminal
	server = make_server(clone(own_pg), admission="auto")
	t = Terminal(server, "GONE0001")
	t.handshake()
	t.push("ATTLOG", "1\t2026-05-01 07:00:00\t0\t1")
	own_pg.sigstop()
	first = t.connect()  # occupies the writer
	first.send(t.request_bytes("POST", t.push_target("ATTLOG"), "1\t2026-05-01 08:00:00\t0\t1\n"))
	for n in range(20):
		c = t.connect()
		c.send(t.request_bytes("POST", t.push_target("ATTLOG"), "2\t2026-05-01 08:00:%02d\t0\t1\n" % n))
		c.reset()
	wait_until(lambda: server.probe("/healthz") == 200)
	own_pg.sigcont()
	assert first.read_reply().text.startswith(("OK", "ERROR"))
	wait_until(lambda: t.push("ATTLOG", "3\t2026-05-01 08:00:00\t0\t1") == "OK: 1", 30)
	# nothing was promised for them; at most what had been sent already is there, once
	assert server.value("select count(*) from (select 1 from punch group by pin_id, punch_time having count(*) > 1) d") == 0
