"""Commands in their queues (contract 7, promise 5; adms-push 3 and 4), as a terminal sees them."""

import threading
import time

import pytest

from punchd_test.terminal import commands_of
from punchd_test.wait import stays, wait_until

WAITING = """select count(*) from pg_stat_activity where datname = current_database()
	and query ilike 'listen%%'"""


def ready(make_terminal, **more):
	t = make_terminal(**more)
	t.register()
	t.obey()
	return t


def queue(server, t, *lines):
	"""By SQL in another session, as another process would; returns the ids."""
	return [str(server.value("select command_add(%s, %s, interval '1 day', null)", t.id, line)) for line in lines]


def state(server, cid):
	return server.value("select state from terminal_command where id = %s", cid)


def polled(t):
	"""The first poll that brings something."""
	return wait_until(t.poll, 10, every=0.05)


def action(server, name, *terminals):
	server.api.post("/iclock/api/terminals/%s/" % name, {"terminals": [t.id for t in terminals]})


# ---------------------------------------------------------------- order and batches

def test_commands_leave_in_order_and_once(server, make_terminal):
	t = ready(make_terminal)
	lines = ["DATA QUERY USERINFO PIN=%d" % n for n in range(50)]
	ids = queue(server, t, *lines)
	got = polled(t)
	while len(got) < 50:
		got += polled(t)
	assert got == list(zip(ids, lines))
	assert t.poll() == []
	assert t.ack(*[(cid, 0) for cid in ids]) == "OK"
	assert server.sql("select distinct state, return_value from terminal_command where id >= %s", ids[0]) == [("done", 0)]


def test_ids_are_one_sequence_over_all_terminals(server, make_terminal):
	a, b = ready(make_terminal), ready(make_terminal)
	ids = [queue(server, t, "INFO")[0] for t in (a, b, a, b)]
	assert [int(x) for x in ids] == list(range(int(ids[0]), int(ids[0]) + 4))
	server.api.post("/personnel/api/employees/", {"emp_code": "5", "first_name": "x", "department": 1, "area": [2]})
	seen = []
	wait_until(lambda: seen.extend(a.poll()) or len(seen) >= 3)
	wait_until(lambda: seen.extend(b.poll()) or len(seen) >= 6)
	assert len({cid for cid, _ in seen}) == len(seen) == 6, "people take their ids from it, too"
	assert all(len(cid) <= 10 and cid.isdigit() for cid, _ in seen)


def test_at_most_200_commands_and_40_kilobytes(server, make_terminal):
	t = ready(make_terminal)
	server.sql("""insert into terminal_command (terminal_id, content, resend)
		select %s, 'DATA QUERY USERINFO PIN=' || n, true from generate_series(1, 450) n""", t.id)
	batches = []

	def all_there():
		text = t.raw("GET", "/iclock/getrequest?SN=" + t.sn).text
		if text != "OK":
			batches.append(text)
			t.ack(*[(cid, 0) for cid, _ in commands_of(text)])
		return sum(len(commands_of(b)) for b in batches) >= 450
	wait_until(all_there, 20)
	assert [len(commands_of(b)) for b in batches] == [200, 200, 50]

	server.sql("""insert into terminal_command (terminal_id, content, resend)
		select %s, 'DATA UPDATE USERPIC PIN=1' || chr(9) || 'Content=' || repeat('A', 15000), true
		from generate_series(1, 5)""", t.id)
	batches.clear()
	wait_until(lambda: all_there() or sum(len(commands_of(b)) for b in batches) >= 5, 20)
	assert [len(commands_of(b)) for b in batches] == [2, 2, 1]
	assert max(map(len, batches)) <= 40 << 10


def test_a_command_larger_than_a_batch_goes_alone(server, make_terminal):
	t = ready(make_terminal)
	photo = "DATA UPDATE BIOPHOTO PIN=1\tContent=" + "B" * 200000
	queue(server, t, "INFO", photo, "LOG")
	assert [c for _, c in polled(t)] == ["INFO"]
	assert [c for _, c in polled(t)] == [photo]
	assert [c for _, c in polled(t)] == ["LOG"]


def test_reboot_ends_its_batch(server, make_terminal):
	t = ready(make_terminal)
	queue(server, t, "INFO", "REBOOT", "LOG", "CHECK")
	first = polled(t)
	assert [c for _, c in first] == ["INFO", "REBOOT"]
	t.ack(*[(cid, 0) for cid, _ in first])
	assert [c for _, c in polled(t)] == ["LOG", "CHECK"]


def test_the_reply_is_plain_lines(server, make_terminal):
	t = ready(make_terminal)
	ids = queue(server, t, "INFO", "DATA DELETE FACE PIN=7")
	reply = wait_until(lambda: (lambda r: r if r.text != "OK" else None)(
		t.raw("GET", "/iclock/getrequest?SN=" + t.sn)))
	assert reply.text == "C:%s:INFO\nC:%s:DATA DELETE FACE PIN=7\n" % tuple(ids)
	assert reply.headers["content-type"] == "text/plain"


# ---------------------------------------------------------------- results

FORMS = ["ID=%s&Return=0&CMD=REBOOT", "ID=%s&Return=0&CMD=REBOOT\n", "ID=%s&Return=0&CMD=REBOOT\r\n",
	"ID=%s\nReturn=0\nCMD=REBOOT\n", "ID=%s\r\nReturn=0\r\nCMD=REBOOT\r\n", "ID=%s\nReturn=0\nCMD=Shell\nContent=x\ny\n",
	"ID=%s&SN=x&return=0&CMD=CHECK", "ID=%s&Return=0", "id=%s&return=0&cmd=DATA UPDATE",
	"ID=%s&Return=0&CMD=VERIFY SUM&StartTime=2026-01-01&EndTime=2026-02-01&AttlogSum=17",
	"ID=%s\nSN=x\nFILENAME=a\nCMD=GetFile\nReturn=0\nContent=\0\1\xff"]


def test_results_in_every_form(server, make_terminal):
	t = ready(make_terminal)
	for form in FORMS:
		cid = queue(server, t, "AC_UNLOCK")[0]
		assert polled(t) == [(cid, "AC_UNLOCK")]
		assert t.raw("POST", "/iclock/devicecmd?SN=" + t.sn, (form % cid).encode("latin-1")).text == "OK"
		assert state(server, cid) == "done", form
	cid = queue(server, t, "AC_UNLOCK")[0]
	polled(t)
	assert t.raw("POST", "/iclock/devicecmd?SN=%s&ID=%s&Return=-1003&CMD=LOG" % (t.sn, cid)).text == "OK"
	assert server.sql("select state, return_value from terminal_command where id = %s", cid) == [("failed", -1003)]


def test_several_results_and_rubbish_in_one_body(server, make_terminal):
	t = ready(make_terminal)
	ids = queue(server, t, "INFO", "LOG", "AC_UNLOCK", "CHECK")
	polled(t)
	body = ("ID=%s&Return=0&CMD=INFO\n~DeviceName=SpeedFace-V5L\nMAC=00:17\nUserCount=12\nIclockSvrURL=a&b=c\n"
		"ID=%s&Return=-1&CMD=LOG\nID=99999999&Return=0&CMD=x\nID=x&Return=0\nrubbish\nID=%s&Return=0&CMD=LOG\n"
		"ID=%s&Return=99999999999999999999\n" % tuple(ids))
	assert t.raw("POST", "/iclock/devicecmd?SN=" + t.sn, body).text == "OK"
	assert [state(server, c) for c in ids] == ["done", "failed", "done", "sent"]
	said = server.value("select options from terminal where id = %s", t.id)
	assert said["DeviceName"] == "SpeedFace-V5L" and said["MAC"] == "00:17"
	assert server.value("select user_count from terminal_state where terminal_id = %s", t.id) == 12


def test_a_result_counts_for_its_terminal_and_once(server, make_terminal):
	a, b = ready(make_terminal), ready(make_terminal)
	cid = queue(server, a, "AC_UNLOCK")[0]
	for t in (a, b):
		assert t.ack((cid, 0)) == "OK"
	assert state(server, cid) == "queued", "nobody was given it yet"
	polled(a)
	assert b.ack((cid, 0)) == "OK"
	assert state(server, cid) == "sent"
	assert a.ack((cid, -3)) == "OK"
	assert a.ack((cid, 0)) == "OK"
	assert server.sql("select state, return_value from terminal_command where id = %s", cid) == [("failed", -3)]
	for t in (a, b):
		assert t.ack(("4711", 0)) == "OK", "unknown ids are OK too"


# command, answer, what becomes of it, in words (adms-push 3.4)
ANSWERS = [
	# deleting what is not there has had its effect
	("DATA DELETE FINGERTMP PIN=7", -1, "done", "parameter error, unsupported or no such data"),
	("DATA DELETE USERPIC PIN=7", -2, "done", "size mismatch, no such user or picture absent"),
	("DATA DEL_FP PIN=7\tFID=0", -1, "done", "parameter error, unsupported or no such data"),
	("DATA DELETE BIODATA Pin=7\tType=9", -10, "done", "PIN not in device"),
	("DATA DELETE FACE PIN=7", -1003, "failed", "timeout"), ("DATA UPDATE USERPIC PIN=7", -2, "failed", None),
	("DATA QUERY USERINFO", -1, "failed", None), ("REBOOT", -1, "failed", None),
	# a count
	("DATA QUERY USERINFO", 25, "done", "done"), ("DATA QUERY ATTLOG StartTime=x", 1, "done", "done"),
	("VERIFY SUM ATTLOG StartTime=x", 120, "done", "done"), ("GetFile /x", 4096, "done", "done"),
	("PutFile http://x/y\t/z\tAction=SyncData\tTableName=USERINFO", 12, "done", "done"),
	# why not
	*[("ENROLL_FP PIN=7\tFID=1", n, "failed", words) for n, words in ((2, "finger exists"), (-2, "finger exists"),
		(4, "failed (quality)"), (5, "duplicate in database"), (6, "cancelled"), (7, "busy"))],
	("ENROLL_BIO TYPE=9\tPIN=7", 6, "failed", "cancelled"), ("ENROLL_FP PIN=7\tFID=1", 0, "done", "done"),
	*[("ENROLL_MF PIN=7", n, "failed", words) for n, words in ((4, "retries used up"), (5, "timeout"), (6, "cancelled by key"),
		(0x7fffffff, None))],
	# no number that anybody knows
	*[(command, n, "failed", "no answer that is known to this command") for command, n in (("ENROLL_FP PIN=7\tFID=1", 3),
		("ENROLL_MF PIN=7", 2), ("ENROLL_MF PIN=7", 7), ("DATA UPDATE SMS MSG=x", 1), ("DATA DELETE FINGERTMP PIN=7", 1),
		("DATA QUERYX", 3), ("REBOOT", 1), ("CLEAR LOG", 2), ("AC_UNLOCK", 1), ("SET OPTION Delay=3", 5), ("INFO", 70),
		("CHECK", 1), ("SHELL false", 1), ("LOG", 9))]]


def test_what_a_return_value_means(server, make_terminal):
	t = ready(make_terminal)
	for content, code, expected, words in ANSWERS:
		cid = queue(server, t, content)[0]
		assert polled(t) == [(cid, content)]
		t.ack((cid, code))
		row = server.api.get("/iclock/api/terminalcommands/%s/" % cid)
		assert (row["state"], row["return_value"]) == (expected, code), content
		assert words is None or row["return_text"] == words, (content, code)


# ---------------------------------------------------------------- what is sent again, and what never

def test_unanswered_questions_come_again_with_the_handshake(server, make_terminal):
	t = ready(make_terminal)
	lines = ["DATA QUERY ATTLOG StartTime=x", "AC_UNLOCK", "CLEAR LOG", "ENROLL_FP PIN=1\tFID=0", "UPGRADE checksum=x",
		"SET OPTION Delay=10", "INFO", "REBOOT"]
	ids = queue(server, t, *lines)
	assert [c for _, c in polled(t)] == lines
	assert t.poll() == []
	t.handshake()
	again = []
	stays(lambda: again.extend(t.poll()) or True, 1)
	assert again == [(ids[0], lines[0]), (ids[6], "INFO")], "acting commands are never repeated"
	assert state(server, ids[7]) == "done", "REBOOT is done when the terminal is back"
	assert server.value("select returned from terminal_command where id = %s", ids[7]) == "handshake"


def test_unanswered_questions_come_again_after_ten_minutes(server, make_terminal):
	t = ready(make_terminal)
	ids = queue(server, t, "INFO", "AC_UNLOCK", "REBOOT")
	polled(t)
	server.sql("update terminal_command set sent = now() - interval '11 minutes'")
	server.sql("select terminal_wake(array[%s])", t.id)
	assert polled(t) == [(ids[0], "INFO")]
	assert t.poll() == []
	server.sql("select command_expire()")
	assert [state(server, c) for c in ids] == ["sent", "failed", "failed"]


def test_expiry(server, make_terminal):
	t = ready(make_terminal)
	ids = queue(server, t, "AC_UNLOCK", "INFO")
	server.sql("update terminal_command set expires = now() - interval '1 second' where id = %s", ids[0])
	assert polled(t) == [(ids[1], "INFO")]
	server.sql("select command_expire()")
	assert state(server, ids[0]) == "expired"


def test_a_restart_loses_nothing(server, make_terminal):
	t = ready(make_terminal)
	ids = queue(server, t, "INFO", "AC_UNLOCK")
	server.restart()
	assert polled(t) == list(zip(ids, ["INFO", "AC_UNLOCK"]))
	server.kill9()
	server.start()
	assert t.poll() == [], "what was sent is not sent twice"
	t.ack(*[(c, 0) for c in ids])
	assert [state(server, c) for c in ids] == ["done", "done"]


def test_what_could_not_be_handed_over_is_still_queued(own_pg, clone, make_server):
	"""The database stands still while a heartbeat asks it: the reply says nothing, nothing is lost."""
	from punchd_test.terminal import Terminal
	server = make_server(clone(own_pg))
	t = Terminal(server, "FROZEN01")
	t.register()
	t.obey()
	cid = queue(server, t, "REBOOT")[0]
	time.sleep(1)
	own_pg.sigstop()
	try:
		start = time.monotonic()
		assert t.poll() == []
		assert time.monotonic() - start < 8, "a heartbeat is answered in time"
	finally:
		own_pg.sigcont()
	assert wait_until(t.poll, 30) == [(cid, "REBOOT")]
	assert server.value("select sent_count from terminal_command where id = %s", cid) == 1


def test_a_terminal_that_goes_before_the_reply_takes_nothing(server, make_terminal):
	t = ready(make_terminal)
	server.sql("create table test_gate (); grant select on test_gate to public")
	server.sql("""create function test_held() returns trigger language plpgsql as $$ begin
		while new.state = 'sent' and not exists (select from test_gate) loop
			perform pg_sleep(0.02);
		end loop; return new; end $$""")
	cid = queue(server, t, "REBOOT")[0]
	server.sql("create trigger a_test before update on terminal_command for each row execute function test_held()")
	waiting = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
	while not server.value(waiting):  # the first ones may come before it is known of
		with t.connect(timeout=1) as c:
			c.send(t.request_bytes("GET", "/iclock/getrequest?SN=" + t.sn))
			try:
				c.read_head()
			except TimeoutError:
				c.reset()
	assert server.probe("/healthz") == 200, "the loop has gone round, so it knows"
	server.sql("insert into test_gate default values")
	assert polled(t) == [(cid, "REBOOT")]


# ---------------------------------------------------------------- by REST

def test_reboot_and_template_deletion_reach_the_simulated_terminal(server, make_sim, make_terminal):
	sim = make_sim(server, "--sn", "SIMCMD01", "--boot-time", "0.2")
	sim("handshake")
	t = make_terminal("SIMCMD01")
	t.approve()
	sim("handshake")
	eid = server.api.post("/personnel/api/employees/", {"emp_code": "5", "first_name": "x", "department": 1,
		"area": [2]})["id"]
	time.sleep(1)
	sim("poll")
	sim("enrol-fp 5 3")
	sim("enrol-face 5")
	sim("wait-idle")
	assert sim.state()["templates"]
	assert server.value("select count(*) from template") > 0
	action(server, "reboot", t)
	server.api.post("/personnel/api/employees/del_bio_template/", {"employees": [eid], "finger_print": True,
		"face": True})
	time.sleep(1)
	for _ in range(4):
		sim("poll")
	wait_until(lambda: sim("wait-idle") and sim("poll") and not sim.state()["templates"], 20)
	assert sim.state()["counts"]["reboots"] == 1
	assert server.value("select count(*) from template") == 0
	wait_until(lambda: server.sql("""select distinct state from terminal_command
		where content = 'REBOOT' or content like 'DATA DELETE%%'""") == [("done",)])


DELETIONS = {
	"options=all": ["DATA DEL_FP PIN=5\tFID=%d" % f for f in range(10)],
	"options=all&pushver=2.1.1": ["DATA DELETE FINGERTMP PIN=5", "DATA DELETE FACE PIN=5", "DATA DELETE FVEIN Pin=5"],
	"options=all&pushver=2.4.1": ["DATA DELETE FINGERTMP PIN=5", "DATA DELETE FACE PIN=5", "DATA DELETE FVEIN Pin=5",
		"DATA DELETE BIODATA Pin=5\tType=8"],
	"options=all&pushver=3.0.1": ["DATA DELETE BIODATA Pin=5\tType=%d" % n for n in (1, 9, 7, 8, 10)]
		+ ["DATA DELETE BIOPHOTO PIN=5\tType=9", "DATA DELETE FINGERTMP PIN=5"],
}


@pytest.mark.parametrize("query", DELETIONS, ids=["G1", "G2", "G3", "G5"])
def test_template_deletion_in_the_words_of_the_generation(server, make_terminal, query):
	t = make_terminal()
	t.handshake(query)
	t.approve()
	t.handshake(query)
	t.obey()
	eid = server.api.post("/personnel/api/employees/", {"emp_code": "5", "first_name": "x", "department": 1,
		"area": [2]})["id"]
	user = wait_until(lambda: [c for c in t.obey() if "USER" in c])
	assert user[0].startswith("DATA USER PIN=5" if query == "options=all" else "DATA UPDATE USERINFO PIN=5")
	server.api.post("/personnel/api/employees/del_bio_template/", {"employees": [eid], "finger_print": True,
		"face": True, "finger_vein": True, "palm": True})
	seen = []
	wait_until(lambda: seen.extend(t.obey()) or seen)
	assert sorted(seen) == sorted(DELETIONS[query])


def test_clear_all_and_then_nothing_until_sync(server, make_terminal):
	t = ready(make_terminal)

	def create(code):
		server.api.post("/personnel/api/employees/", {"emp_code": code, "first_name": "x", "department": 1,
			"area": [2]})
	create("5")
	assert wait_until(lambda: [c for c in t.obey() if "PIN=5" in c])
	action(server, "clear_all", t)
	assert wait_until(t.obey) == ["CLEAR DATA"]
	create("6")
	server.api.patch("/personnel/api/employees/%d/" % server.value("select id from employee where emp_code = '5'"),
		{"first_name": "y"})
	server.restart()
	stays(lambda: t.poll() == [], 1.5)
	server.api.post("/iclock/api/terminals/%d/sync/" % t.id, {})
	seen = []
	wait_until(lambda: seen.extend(t.obey()) or len(seen) >= 2)
	assert sorted(c.split("\t")[0] for c in seen) == ["DATA UPDATE USERINFO PIN=5", "DATA UPDATE USERINFO PIN=6"]


def test_clear_command_cancels_what_was_not_sent(server, make_terminal):
	t = ready(make_terminal)
	sent = queue(server, t, "AC_UNLOCK")[0]
	polled(t)
	ids = queue(server, t, "INFO", "REBOOT")
	action(server, "clear_command", t)
	assert [state(server, c) for c in [sent] + ids] == ["sent", "cancelled", "cancelled"]
	stays(lambda: t.poll() == [], 1)
	action(server, "clear_all", t)
	action(server, "clear_command", t)
	assert server.value("select people_held from terminal where id = %s", t.id) is False


# ---------------------------------------------------------------- promise 6

def test_a_command_leaves_with_the_first_heartbeat_after_a_second(database, make_server):
	"""Queued by any process, on any process."""
	from punchd_test.terminal import Terminal
	a, b = make_server(database), make_server(database)
	terminals = [Terminal(s, "WAKE%04d" % i) for i, s in enumerate((a, b) * 5)]
	for t in terminals:
		t.register()
		t.obey()
	for _ in range(3):
		for t in terminals:
			queue(a, t, "INFO")
		time.sleep(1)
		for t in terminals:
			assert [c for _, c in t.poll()] == ["INFO"], t.sn
	a.api.post("/iclock/api/terminals/reboot/", {"terminals": [t.id for t in terminals]})
	time.sleep(1)
	for t in terminals:
		assert [c for _, c in t.poll()] == ["REBOOT"], t.sn


def test_without_listen_commands_come_when_it_is_back(server, make_terminal):
	t = ready(make_terminal)
	for _ in range(3):
		assert server.value(WAITING) == 1
		server.sql("""select pg_terminate_backend(pid) from pg_stat_activity
			where datname = current_database() and query ilike 'listen%%'""")
		cid = queue(server, t, "INFO")[0]  # nobody hears of it
		assert t.raw("GET", "/iclock/ping?SN=" + t.sn, timeout=2).text == "OK"
		got = wait_until(t.poll, 20)
		assert got == [(cid, "INFO")]
		t.ack((cid, 0))
		wait_until(lambda: server.value(WAITING) == 1, 20)


@pytest.mark.slow
def test_what_no_notification_told_is_found_within_a_minute(server, make_terminal):
	t = ready(make_terminal)
	server.sql("alter table terminal_command disable trigger command_added")
	cid = queue(server, t, "INFO")[0]
	assert wait_until(t.poll, 75, every=1) == [(cid, "INFO")]


def test_a_heartbeat_with_nothing_queued_touches_no_database(server, make_terminal):
	t = ready(make_terminal)
	count = "select xact_commit from pg_stat_database where datname = current_database()"

	def commits():
		return server.database.value("select sum(calls) from pg_stat_user_functions where funcname = 'command_take'") or 0
	server.sql("alter database %s set track_functions = 'all'" % server.database.name)
	server.restart()
	t.obey()
	time.sleep(1.5)  # statistics are late
	before = commits()
	for _ in range(50):
		assert t.poll() == []
	time.sleep(1.5)
	assert commits() == before
	assert server.value(count) is not None


def test_polls_of_one_terminal_at_once_take_everything_once(server, make_terminal):
	t = ready(make_terminal)
	ids = queue(server, t, *["DATA QUERY USERINFO PIN=%d" % n for n in range(300)])
	got, lock = [], threading.Lock()

	def poll():
		for _ in range(20):
			commands = t.poll()
			with lock:
				got.extend(commands)
	threads = [threading.Thread(target=poll) for _ in range(6)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join(60)
	assert sorted(cid for cid, _ in got) == sorted(ids)


# ---------------------------------------------------------------- other terminals meanwhile

def policy(server):
	"""How the kernel schedules the loop: 0 as everybody, 2 before others (sched(7))."""
	with open("/proc/%d/stat" % server.process.pid, encoding="utf-8") as f:
		return int(f.read().rsplit(")", 1)[1].split()[38])


def test_the_loop_goes_first_while_commands_leave(server, make_terminal):
	t = ready(make_terminal)
	wait_until(lambda: policy(server) == 0, 10)
	queue(server, t, "INFO")
	assert polled(t)
	if "loop_priority_refused" in server.log():
		pytest.skip("this system lets nobody go first")
	assert policy(server) == 2
	wait_until(lambda: policy(server) == 0, 10)
