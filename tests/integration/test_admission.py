"""Who may publish (contract 6): waiting, approved, suspended, refused."""

import threading

import pytest

from punchd_test.dump import found_in
from punchd_test.terminal import Terminal
from punchd_test.wait import stays, wait_until

WHEN = "2026-05-01 08:00:00"


def punches(server):
	return server.api.get("/iclock/api/transactions/")["count"]


def held(server, t):
	return server.sql("select held_lines, held_bytes from terminal where sn = %s", t.sn)[0]


def patch_area(server, t, area):
	server.api.patch("/iclock/api/terminals/%d/" % t.id, {"area": area})


# ---------------------------------------------------------------- approve

def test_a_waiting_terminal(server, make_terminal):
	t = make_terminal(approve=False)
	assert set(t.options()) > {"Stamp", "PushProtVer"}, "a normal handshake"
	assert t.row["area"]["area_name"] == "Not Authorized"
	assert t.push("ATTLOG", "7\t%s\t0\t1" % WHEN, "rubbish", stamp="77") == "OK: 2"
	assert t.push("OPERLOG", "USER PIN=7\tName=Ghost", "OPLOG 0\t0\t" + WHEN, stamp="78") == "OK: 2"
	assert t.push("options", "UserCount=3") == "OK"
	assert t.raw("POST", "/iclock/fdata?SN=%s&PIN=x" % t.sn, b"x\0y").text == "OK"
	assert t.ack(("1", 0)) == "OK"
	server.sql("select command_add(%s, 'REBOOT', null, null)", t.id)
	stays(lambda: t.poll() == [], 1, "it gets no commands")
	assert punches(server) == 0
	for table in ("punch", "reject", "employee", "operation_log", "raw_upload", "pin", "terminal_person"):
		assert server.value("select count(*) from " + table) == 0, table
	assert server.sql("select held_lines, ignored_uploads from terminal") == [(3, 3)]
	assert set(v for k, v in t.options().items() if k.endswith("Stamp")) == {"0"}


def test_held_punches_are_sealed_and_released_in_order_with_new_ids(server, make_terminal):
	t, other = make_terminal(approve=False), make_terminal()
	other.register()
	t.register()
	for n in range(30):
		assert t.push("ATTLOG", "PlantedPin%d\t2026-05-01 08:00:%02d\t0\t1\tHeldCode" % (n % 3, n)) == "OK: 1"
	assert t.push("ATTLOG", "PlantedPin0\t2026-05-01 08:00:00\t0\t1\tHeldCode") == "OK: 1", "again: kept once"
	assert held(server, t)[0] == 30
	assert not found_in(server, "PlantedPin") and not found_in(server, "HeldCode")
	other.push("ATTLOG", "1\t2026-05-01 09:00:00\t0\t1")  # id 1, and later than the held ones
	patch_area(server, t, 2)
	wait_until(lambda: punches(server) == 31)
	rows = server.sql("""select punch.id, p.code, punch_time::text, upload_time > (select upload_time from punch
		where id = 1) from punch join pin p on p.id = pin_id where punch.id > 1 order by punch.id""")
	assert rows == [(2 + n, "PlantedPin%d" % (n % 3), "2026-05-01 08:00:%02d" % n, True) for n in range(30)]
	wait_until(lambda: held(server, t) == (0, 0) and not server.value("select count(*) from held_upload"))
	assert t.push("ATTLOG", "7\t%s" % WHEN) == "OK: 1"
	assert punches(server) == 32


def test_release_goes_on_after_a_restart_and_after_failures(server, make_terminal):
	t = make_terminal(approve=False)
	t.register()
	for n in range(40):
		t.push("ATTLOG", *["%d\t2026-05-01 08:00:%02d" % (n, s) for s in range(20)])
	server.sql("""create function test_fail() returns trigger language plpgsql as $$ begin
		if random() < 0.3 then raise exception 'full' using errcode = '53100'; end if; return null; end $$""")
	server.sql("create trigger test_fail after insert on punch for each statement execute function test_fail()")
	patch_area(server, t, 2)
	server.kill9()
	server.start()
	wait_until(lambda: punches(server) == 800 and held(server, t) == (0, 0), 60)
	assert server.sql("select count(*), max(id) from punch") == [(800, 800)]


def test_a_held_upload_that_is_refused_is_tried_later_and_later_and_then_set_aside(server, make_terminal):
	t = make_terminal("HELD0009", approve=False)
	t.register()
	assert t.push("ATTLOG", "13\t2026-05-01 08:00:00\t0\t1", "14\t2026-05-01 08:00:00\t0\t1") == "OK: 2"
	assert t.push("ATTLOG", "15\t2026-05-01 08:00:00\t0\t1") == "OK: 1"
	server.sql("""create function test_no() returns trigger language plpgsql as $$ begin
		if (select code from pin where id = new.pin_id) = '13' then
			raise exception 'a fault of ours' using errcode = 'XX000'; end if;
		return new; end $$; create trigger test_no before insert on punch for each row execute function test_no()""")
	t.approve()
	wait_until(lambda: server.log_contains("held_released sn=HELD0009"))
	other = make_terminal()
	other.register()
	wait_until(lambda: server.log().count("held_released sn=HELD0009") > 1)
	assert other.push("ATTLOG", "16\t%s" % WHEN) == "OK: 1", "others are taken"
	wait_until(lambda: server.value("select count(*) from reject where sn = 'HELD0009'") == 1, 120)
	assert server.log().count("held_released sn=HELD0009") < 10, "not each second"
	wait_until(lambda: held(server, t) == (0, 0), 20, "what came after it is released")
	assert server.sql("select code from punch join pin on pin.id = pin_id order by 1") == [("15",), ("16",)]
	reject = server.api.get("/iclock/api/rejects/")["data"][0]
	assert reject["reason"] == "refused by the database" and reject["raw"].startswith("13\t2026"), reject


@pytest.mark.slow
def test_held_uploads_wait_while_the_database_takes_no_punches(server, make_terminal):
	"""A right that is missing, a schema that is a newer one: nothing is wrong with what is held."""
	t = make_terminal("HELD0010", approve=False)
	t.register()
	assert t.push("ATTLOG", "13\t%s" % WHEN) == "OK: 1"
	server.sql("""create function test_no() returns trigger language plpgsql as $$ begin
		raise exception 'permission denied for table punch' using errcode = '42501'; end $$;
		create trigger test_no before insert on punch for each row execute function test_no()""")
	t.approve()
	wait_until(lambda: server.log().count("held_released sn=HELD0010") == 6, 120)
	stays(lambda: server.value("select held_lines from terminal") == 1 and server.value("select count(*) from reject") == 0, 1)
	assert not server.log_contains("held_set_aside")
	server.sql("drop trigger test_no on punch")
	server.restart()
	wait_until(lambda: punches(server) == 1 and held(server, t) == (0, 0))


def test_a_held_upload_that_cannot_be_opened_stops_no_other(server, make_terminal):
	t = make_terminal(approve=False)
	t.register()
	for n in range(5):
		t.push("ATTLOG", "%d\t%s" % (n, WHEN))
	server.sql("update held_upload set sealed = overlay(sealed placing '\\x00' from 20) where id = 2")
	patch_area(server, t, 2)
	wait_until(lambda: punches(server) == 4)
	wait_until(lambda: server.sql("select id from held_upload") == [(2,)], what="it stays; nothing is thrown away")
	assert server.log().count("held_not_opened") < 5


def test_an_upload_on_its_way_during_approval(server, make_terminal):
	"""Every punch is published, whichever side of the approval it falls on."""
	terminals = [make_terminal(approve=False) for _ in range(8)]
	for t in terminals:
		t.register()
	end, sent, wrong = threading.Event(), [0] * 8, []

	def upload(i, t):
		while not end.is_set() or sent[i] < 20:
			answer = t.push("ATTLOG", "%d\t2026-05-01 %02d:%02d:%02d" % (100 + i, sent[i] // 3600,
				sent[i] // 60 % 60, sent[i] % 60))
			if answer != "OK: 1":
				wrong.append(answer)
			sent[i] += 1
	threads = [threading.Thread(target=upload, args=x) for x in enumerate(terminals)]
	for thread in threads:
		thread.start()
	try:
		for area in (2, 1, 2, 1, 2):
			for t in terminals:
				patch_area(server, t, area)
	finally:
		end.set()
		for thread in threads:
			thread.join(60)
	assert not wrong
	wait_until(lambda: punches(server) == sum(sent), 30)


def test_what_was_uploaded_meanwhile_is_asked_for_again(server, make_terminal):
	t = make_terminal(approve=False)
	t.register()
	patch_area(server, t, 2)
	commands = wait_until(t.poll)
	assert [c for _, c in commands] == ["CHECK", "DATA QUERY USERINFO"]
	old = make_terminal(approve=False)
	old.handshake("options=all")
	patch_area(server, old, 2)
	assert [c for _, c in wait_until(old.poll)] == ["CHECK"], "the first generation knows no queries"


def test_a_suspended_terminal_waits_and_what_it_published_stays(server, make_terminal):
	t = make_terminal()
	t.register()
	t.obey()
	server.api.post("/personnel/api/employees/", {"emp_code": "5", "first_name": "x", "department": 1, "area": [2]})
	wait_until(lambda: [c for c in t.obey() if "PIN=5" in c])
	t.push("ATTLOG", "7\t%s" % WHEN)
	t.suspend()
	assert t.push("ATTLOG", "8\t%s" % WHEN) == "OK: 1"
	assert t.push("OPERLOG", "USER PIN=8\tName=Ghost") == "OK: 1"
	server.api.patch("/personnel/api/employees/%d/" % server.value("select id from employee"), {"first_name": "y"})
	server.api.post("/iclock/api/terminals/reboot/", {"terminals": [t.id]})
	stays(lambda: t.poll() == [], 1)
	assert punches(server) == 1 and server.value("select count(*) from employee") == 1
	patch_area(server, t, 2)
	wait_until(lambda: punches(server) == 2)
	seen = []
	wait_until(lambda: seen.extend(t.obey()) or any("PIN=5" in c for c in seen))
	assert "REBOOT" in seen and any("Name=y" in c for c in seen)


@pytest.mark.slow
def test_caps_of_a_waiting_terminal(server, make_terminal):
	a, b = make_terminal(approve=False), make_terminal(approve=False)
	for t in (a, b):
		t.register()
	line = "7\t2026-05-01 08:00:00\t0\t1\n"

	def many(t, n, mark):
		return t.raw("POST", t.push_target("ATTLOG"), (line * (n - 1) + mark + line).encode()).text
	assert many(a, 60000, "1") == "OK: 60000"
	assert many(a, 40001, "2") == "ERROR: not authorised"
	assert many(a, 40000, "3") == "OK: 40000"
	assert many(a, 1, "4") == "ERROR: not authorised"
	assert many(a, 40000, "3") == "OK: 40000", "what is held already is still acknowledged"
	# and 16 MiB
	wide = ("7\t2026-05-01 08:00:00\t0\t1\t" + "x" * 900 + "\n").encode()
	eight = wide * ((8 << 20) // len(wide))
	assert b.raw("POST", b.push_target("ATTLOG"), eight).text.startswith("OK")
	assert b.raw("POST", b.push_target("ATTLOG"), b"8" + eight[1:]).text.startswith("OK")
	assert b.raw("POST", b.push_target("ATTLOG"), b"9" + eight[1:]).text == "ERROR: not authorised"
	patch_area(server, a, 2)
	patch_area(server, b, 2)
	wait_until(lambda: held(server, a) == held(server, b) == (0, 0), 60)
	assert a.push("ATTLOG", "70\t%s" % WHEN) == "OK: 1"


def test_a_thousand_terminals_may_wait_and_no_more(server, make_terminal):
	server.sql("""insert into terminal (sn, area_id, ip_address, held_lines, held_bytes)
		select 'WAIT' || n, 1, '10.0.0.' || n % 200, 1, 30 from generate_series(1, 998) n""")
	known = make_terminal("AHEAD001", approve=False)
	server.api.post("/iclock/api/terminals/", {"sn": "AHEAD001", "alias": "x", "ip_address": "10.0.0.1", "area": 2})
	terminals = [make_terminal("NEW%05d" % n, approve=False) for n in range(6)]
	answers = {}
	threads = [threading.Thread(target=lambda t=t: answers.update({t.sn: t.handshake()})) for t in terminals]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join(30)
	assert sum(a.startswith("GET OPTION") for a in answers.values()) == 2, "exactly, also all at once"
	refused = [t for t in terminals if not answers[t.sn].startswith("GET OPTION")]
	for t in refused:
		assert answers[t.sn] == "ERROR: not authorised"
		assert t.push("ATTLOG", "7\t%s" % WHEN) == "ERROR: not authorised"
		assert t.raw("GET", "/iclock/getrequest?SN=" + t.sn).text == "ERROR: not authorised"
	assert known.register().startswith("GET OPTION")
	server.sql("delete from terminal where sn = 'WAIT1'")
	assert refused[0].handshake().startswith("GET OPTION")


# ---------------------------------------------------------------- auto and closed

@pytest.mark.settings(admission="auto")
def test_auto(server, make_terminal):
	t = make_terminal(approve=False)
	assert t.push("ATTLOG", "7\t%s" % WHEN) == "OK: 1", "also before its first handshake"
	t.register()
	assert punches(server) == 1 and t.row["area"]["id"] == 2


@pytest.mark.settings(admission="auto")
def test_who_joins_by_itself_is_a_stranger_until_it_was_answered(server, make_terminal):
	"""Of a serial number that was never heard of only the head may be there: it has what strangers have."""
	t, u = make_terminal(approve=False), make_terminal(approve=False)
	long = "".join("7\t2026-05-01 %02d:%02d:%02d\n" % (n // 3600, n // 60 % 60, n % 60) for n in range(4000)).encode()
	for _ in range(2):
		reply = t.raw("POST", t.push_target("ATTLOG"), long)
		assert reply.text.startswith("ERROR") and punches(server) == 0
	assert t.poll() == []
	assert t.push("ATTLOG", long) == "OK: 4000"
	assert u.push("ATTLOG", long[:2200]) == "OK: 100" and u.push("ATTLOG", long) == "OK: 4000"


@pytest.mark.settings(admission="closed")
def test_closed(server, make_terminal):
	t = make_terminal(approve=False)
	for _ in range(2):
		assert t.handshake() == "ERROR: not authorised"
		assert t.push("ATTLOG", "7\t%s" % WHEN) == "ERROR: not authorised"
		assert t.push("OPERLOG", "USER PIN=7") == "ERROR: not authorised"
		assert t.raw("GET", "/iclock/getrequest?SN=" + t.sn).text == "ERROR: not authorised"
	assert server.value("select count(*) from terminal") == 0
	server.api.post("/iclock/api/terminals/", {"sn": t.sn, "alias": "Gate", "ip_address": "10.0.0.1", "area": 2})
	wait_until(lambda: t.handshake().startswith("GET OPTION"))
	assert t.push("ATTLOG", "7\t%s" % WHEN) == "OK: 1"
	assert server.api.get("/iclock/api/transactions/")["data"][0]["terminal_alias"] == "Gate"


# ---------------------------------------------------------------- deletion and return

def test_a_deleted_terminal_comes_back_as_a_new_one(database, make_server):
	"""On both of two processes, whatever order they hear of it in."""
	a, b = make_server(database), make_server(database)
	t, u = Terminal(a, "AGAIN001"), Terminal(b, "AGAIN001")
	t.register()
	u.handshake()
	assert t.push("ATTLOG", "7\t%s\t0\t1" % WHEN) == "OK: 1"
	for n in range(3):
		before = t.id
		a.api.delete("/iclock/api/terminals/%d/" % before)
		for x in (t, u, t):
			wait_until(lambda x=x: x.handshake().startswith("GET OPTION"), 10)
			assert x.push("ATTLOG", "9\t2026-05-0%d 09:00:00" % (n + 2)) in ("OK: 1", "ERROR: not authorised")
		wait_until(lambda: t.id != before)
		wait_until(lambda: t.handshake() and u.handshake() and t.push("OPERLOG", "OPLOG 0\t0\t" + WHEN) == "OK: 1")
		patch_area(a, t, 2)
		for x in (t, u):
			wait_until(lambda x=x: "Stamp=" in x.handshake() and x.poll() is not None)
	wait_until(lambda: a.value("select count(*) from punch") >= 1)
	row = a.api.get("/iclock/api/transactions/", emp_code="7")["data"][0]
	assert row["terminal_sn"] == "AGAIN001", "its punches keep what it was called"


def test_what_loses_a_deadlock_is_done_again(server, make_terminal):
	"""The deletion holds the terminal and waits for its state, we the other way round."""
	t = make_terminal(approve=False)
	t.handshake()
	id = t.id
	with server.database.cluster.connect(server.database.name) as other, other.cursor() as cursor:
		cursor.execute("set deadlock_timeout = '30s'") # so that the deletion is the one that loses
		cursor.execute("select from terminal_state where terminal_id = %s for update", (id,))
		deletion = threading.Thread(target=lambda: server.api.delete("/iclock/api/terminals/%d/" % id))
		deletion.start()
		waiting = 0
		while not waiting: # at once: it looks for a deadlock after a second, and only then
			cursor.execute("select count(*) from pg_locks where not granted")
			waiting, = cursor.fetchone()
		cursor.execute("select from terminal where id = %s for key share", (id,))
	deletion.join(30)
	assert server.value("select count(*) from terminal") == 0
	wait_until(lambda: server.value("select deadlocks from pg_stat_database where datname = current_database()"))


def test_deletion_while_uploads_and_polls_are_on_their_way(server, make_terminal):
	t = make_terminal()
	t.register()
	end, errors = threading.Event(), []

	def talk(n):
		while not end.is_set():
			try:
				t.push("ATTLOG", "%d\t%s" % (n, WHEN))
				t.push("OPERLOG", "USER PIN=%d\tName=x" % n, "FP PIN=%d\tFID=1\tTMP=AAAA" % n)
				t.poll(info="V,1,2,3,10.0.0.1,10")
				t.handshake()
				t.ack((str(n), 0))
			except (AssertionError, OSError) as e:
				errors.append(e)
	threads = [threading.Thread(target=talk, args=(n,)) for n in range(6)]
	for thread in threads:
		thread.start()
	try:
		for _ in range(30):
			server.api.delete("/iclock/api/terminals/%d/" % server.value("select id from terminal"))
			wait_until(lambda: server.value("select count(*) from terminal"), 10)
			server.sql("update terminal set area_id = 2")
	finally:
		end.set()
		for thread in threads:
			thread.join(60)
	assert not errors, errors[:3]
	wait_until(lambda: t.handshake().startswith("GET OPTION"))
