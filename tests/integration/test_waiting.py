"""Strangers: the places and the disk that terminals share which nobody has approved, how they make
room, how they are dropped; and that what is removed is let go of, whoever is at work with it."""

import threading

import pytest

from punchd_test.wait import stays, wait_until

WHEN = "2026-05-01 08:00:00"
LINE = "7\t%s\t0\t1" % WHEN
REMOVE = "/iclock/api/terminals/remove_waiting/"
MIB, GIB = 1 << 20, 1 << 30


def strangers(server, n, name="WAIT", address="''", **more):
	"""Rows as n hellos leave them, WAIT1 first; every value is SQL and may use n."""
	columns = {"created": "now() - interval '1 hour' + make_interval(secs => n)", **more}
	server.sql("insert into terminal (sn, area_id, ip_address, %s) select '%s' || n, 1, %s, %s from generate_series(1, %d) n" % (
		", ".join(columns), name, address, ", ".join(columns.values()), n))


def is_there(server, sn):
	return server.value("select count(*) from terminal where sn = %s", sn) == 1


def has_place(reply):
	assert reply.startswith("GET OPTION") or reply == "ERROR: not authorised", reply
	return reply.startswith("GET OPTION")


def hello_from(t, address):
	return t.raw("GET", "/iclock/cdata?SN=%s&options=all&pushver=2.4.1" % t.sn,
		headers="Host: h\r\nConnection: close\r\nX-Forwarded-For: %s\r\n" % address).text


def at_once(calls):
	"""All of them on threads; their results in order."""
	results = [None] * len(calls)

	def run(i, call):
		results[i] = call()
	threads = [threading.Thread(target=run, args=x) for x in enumerate(calls)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join(60)
	return results


# ---------------------------------------------------------------- places

SPREAD = "'10.' || n % 3 || '.0.1'"


def test_invented_ones_make_room_for_who_is_there(server, make_terminal):
	strangers(server, 988, address=SPREAD)
	invented = [make_terminal("HELLO%03d" % n, approve=False) for n in range(12)]
	assert all(has_place(reply) for reply in at_once([t.handshake for t in invented]))
	t = make_terminal(approve=False)
	assert has_place(t.handshake()) and t.push("ATTLOG", LINE) == "OK: 1"
	assert not is_there(server, "WAIT1") and is_there(server, "WAIT2"), "the oldest, and no other"
	assert server.value("select count(*) from terminal") == 1000
	assert server.value("select count(*) from punch_origin where sn = 'WAIT1'") == 0, "nothing of it is left"
	again = make_terminal("WAIT1", approve=False)
	assert has_place(again.handshake()), "who is there after all comes again"


def test_who_holds_something_or_shows_life_stays(server, make_terminal):
	keeps, seldom, ahead, named, suspended = (make_terminal(approve=False) for _ in range(5))
	for t in (keeps, named, suspended, seldom):
		t.handshake()
	assert keeps.push("ATTLOG", LINE) == "OK: 1"
	server.api.post("/iclock/api/terminals/", {"sn": ahead.sn, "alias": "Gate", "ip_address": "10.0.0.1"})
	server.api.patch("/iclock/api/terminals/%d/" % named.id, {"alias": "Door"})
	suspended.approve()
	assert suspended.push("ATTLOG", LINE) == "OK: 1"
	suspended.suspend()
	strangers(server, 300, "HELD", "'10.1.0.1'", held_lines="1", held_bytes="30")
	strangers(server, 697, "LIVE", "'10.2.0.1'")
	server.sql("update terminal set created = now() - interval '2 days'")
	server.sql("update terminal_state set last_activity = now() - interval '2 days'")
	server.sql("update terminal_state set last_activity = now() - interval '1 minute' where terminal_id in"
		" (select id from terminal where sn like 'LIVE%%' or sn = '" + seldom.sn + "')")
	assert server.value("select count(*) from terminal where stranger is not null") == 1000
	new = [make_terminal(approve=False) for _ in range(3)]
	before = set(server.sql("select sn from terminal"))
	assert not has_place(new[0].handshake())
	assert set(server.sql("select sn from terminal")) == before
	server.sql("update terminal_state set last_activity = now() - interval '3 minutes' where terminal_id ="
		" (select id from terminal where sn = 'LIVE7')")
	assert has_place(new[1].handshake())
	assert before - set(server.sql("select sn from terminal")) == {("LIVE7",)}, "silent for long, and holds nothing"
	server.sql("update terminal set created = now() - interval '1 minute' where sn = %s", new[1].sn)
	assert not has_place(new[2].handshake()), "the newcomer was heard of again"
	for age, heard, leaves in ((8, 5, False), (12, 1, False), (20, 11, False), (20, 1, True)):
		server.sql("update terminal set created = now() - make_interval(secs => %s) where sn = %s", age, new[1].sn)
		server.sql("update terminal_state set last_activity = now() - make_interval(secs => %s) where terminal_id ="
			" (select id from terminal where sn = %s)", age - heard, new[1].sn)
		assert has_place(new[2].handshake()) == leaves, (age, heard)
	assert not is_there(server, new[1].sn)
	assert keeps.push("ATTLOG", LINE.replace("7", "8", 1)) == "OK: 1"


def test_room_is_made_for_so_many_a_second(server):
	"""Of which one address, whose places are taken, has half; and time that went back stops nobody."""
	strangers(server, 750, "ONE", "'192.0.2.1'")
	strangers(server, 250, "MORE", "'192.0.2.' || n % 100 + 2", created="now() - interval '2 hours'")

	def joined(sn, address, looked, ago=0.0):
		return server.value("""delete from stranger_pace;
			insert into stranger_pace (since, n) values (clock_timestamp() - make_interval(secs => %s), %s);
			select terminal_join(%s, 'approve', %s, 'UTC')""", ago, looked, sn, address) is not None
	assert joined("PACE1", "198.51.100.1", 19) and not joined("PACE2", "198.51.100.2", 20)
	assert joined("PACE3", "192.0.2.1", 9) and not joined("PACE4", "192.0.2.1", 10)
	assert joined("PACE5", "198.51.100.5", 20, 1.5) and joined("PACE6", "198.51.100.6", 20, -3600)
	assert server.value("select n from stranger_pace") == 1
	flood = "select count(terminal_join('FLOOD' || n, 'approve', '198.51.100.' || n, 'UTC')) from generate_series(1, 45) n"
	ids = "select last_value from terminal_id_seq"
	before, n = server.value(ids), server.value(flood)
	assert 19 <= n < 45 and server.value(ids) == before + n, "who is refused takes no id"


@pytest.mark.settings(trusted_proxies="127.0.0.1")
def test_one_address_has_three_quarters_of_the_places(server, make_terminal):
	"""Of IPv6 a /64 is one address."""
	held = {"held_lines": "1", "held_bytes": "30"}
	strangers(server, 500, "SIX", "'2001:db8:1:2::' || to_hex(n)", **held)
	strangers(server, 250, "SIXES", "'2001:db8:1:2:ffff:1::' || to_hex(n)", **held)
	t, u = make_terminal(approve=False), make_terminal(approve=False)
	assert not has_place(hello_from(t, "2001:db8:1:2:abcd::1"))
	assert has_place(hello_from(t, "2001:db8:1:3::1"))
	strangers(server, 1, "STALE", "'192.0.2.1'")
	assert not has_place(hello_from(u, "2001:db8:1:2::9")), "others make no room for this address"
	server.sql("update terminal set held_lines = 0, held_bytes = 0 where sn in ('SIX400', 'SIX399')")
	assert has_place(hello_from(u, "2001:db8:1:2::9"))
	assert is_there(server, "STALE1") and is_there(server, "SIX400") and not is_there(server, "SIX399")
	server.sql("delete from terminal where sn like 'SIX%%'")
	strangers(server, 750, "FOUR", "case when n % 2 = 0 then '198.51.100.7' else '::ffff:198.51.100.7' end", **held)
	v = make_terminal(approve=False)
	assert not has_place(hello_from(v, "198.51.100.7")) and has_place(hello_from(v, "198.51.100.8"))


def test_who_was_approved_needs_no_place(server, make_terminal):
	strangers(server, 749, address="'127.0.0.1'", held_lines="1", held_bytes="30")
	t, u = make_terminal(), make_terminal(approve=False)
	t.handshake()
	assert t.push("ATTLOG", LINE) == "OK: 1"
	assert not has_place(u.handshake())
	t.approve()
	assert has_place(u.handshake()) and u.push("ATTLOG", LINE) == "OK: 1"
	t.suspend()
	assert t.push("ATTLOG", LINE) == "OK: 1"
	assert not has_place(make_terminal(approve=False).handshake())


# ---------------------------------------------------------------- disk

def test_what_all_of_them_hold_has_a_bound(server, make_terminal):
	"""Each has 1 MiB for certain; beyond that there is 1 GiB for all, also when many come at once."""
	terminals = [make_terminal(approve=False) for _ in range(8)]
	small = make_terminal(approve=False)
	body = [("%d\t%s\t0\t1\t" % (n, WHEN) + "x" * 900 + "\n").encode() * 70 for n in range(9)]
	each = len(body[0]) + 256
	for t in (*terminals, small):
		t.handshake()
	server.sql("update terminal set held_bytes = %s where sn <> %s", MIB, small.sn)
	strangers(server, 1, "HOARD", held_lines="1", held_bytes=str(GIB + MIB - 3 * each - each // 2))
	push = lambda n, t: t.raw("POST", t.push_target("ATTLOG"), body[n]).text
	replies = at_once([lambda n=n, t=t: push(n, t) for n, t in enumerate(terminals)])
	assert sorted(replies) == ["ERROR: not authorised"] * 5 + ["OK: 70"] * 3
	refused = [(n, t) for n, t in enumerate(terminals) if not replies[n].startswith("OK")]
	assert server.value("select count(*) from held_upload") == 3
	assert server.value("select held_bytes from terminal where sn = %s", refused[0][1].sn) == MIB, "a refusal costs nothing"
	assert [push(8, small), push(0, small)] == ["OK: 70"] * 2, "its own"
	server.sql("delete from terminal where sn = 'HOARD1'")
	assert push(*refused[0]) == "OK: 70"


def test_a_row_costs_something_however_short_it_is(server, make_terminal):
	t = make_terminal(approve=False)
	t.handshake()
	for n in range(3):
		assert t.push("ATTLOG", "%d\t%s" % (n, WHEN)) == "OK: 1"
	bytes, disk = server.sql("select held_bytes, held_disk from terminal")[0]
	assert disk >= bytes + 3 * 200
	strangers(server, 1, "HOARD", held_lines="1", held_bytes=str(GIB + MIB))
	server.sql("update terminal set held_uploads = 4096 where sn = %s", t.sn)
	assert t.push("ATTLOG", LINE) == "ERROR: not authorised"
	t.approve()
	wait_until(lambda: server.sql("select held_lines, held_bytes, held_disk from terminal where sn = %s", t.sn) == [(0, 0, 0)])


# ---------------------------------------------------------------- dropping them

def four(server, make_terminal):
	"""An approved one, one made over REST, one that holds something, and 130 from three nets."""
	approved, ahead, holds = make_terminal(), make_terminal(approve=False), make_terminal(approve=False)
	approved.register()
	server.api.post("/iclock/api/terminals/", {"sn": ahead.sn, "alias": "Gate", "ip_address": "10.1.0.9"})
	holds.handshake()
	assert holds.push("ATTLOG", LINE) == "OK: 1"
	strangers(server, 130, address="(array['10.1.0.' || n, '2001:db8::' || to_hex(n), 'unknown'])[n % 3 + 1]",
		created="timestamptz '2026-05-01 00:00:00+05:30' + make_interval(mins => n)")
	return {(approved.sn,), (ahead.sn,)}, holds


@pytest.mark.parametrize("filters, left", [
	({}, "false"),
	({"address": "10.1.0.0/16"}, "n % 3 <> 0"),
	({"address": "2001:db8::/32"}, "n % 3 <> 1"),
	({"address": "10.1.0.30"}, "n <> 30"),
	({"before": "2026-05-01 01:00:00"}, "n >= 60"),
	({"address": "10.1.0.0/24", "before": "2026-04-30T19:30:00Z"}, "n % 3 <> 0 or n >= 60")])
@pytest.mark.parametrize("way", ["command", "rest"])
def test_waiting_ones_are_dropped_with_what_they_hold(server, make_terminal, way, filters, left):
	others, holds = four(server, make_terminal)
	there = set(server.sql("select 'WAIT' || n from generate_series(1, 130) n where " + left))
	expected = others | there | ({(holds.sn,)} if filters else set())
	gone = 130 - len(there) + (0 if filters else 1)
	if way == "rest":
		assert server.api.post(REMOVE, filters) == {"removed": gone}
	else:
		r = server.command("device", "remove", "--waiting", *["--%s=%s" % x for x in filters.items()])
		assert (r.returncode, r.stdout) == (0, "removed %d waiting terminals\n" % gone), r
	assert set(server.sql("select sn from terminal")) == expected
	assert server.value("select count(*) from held_upload") == (1 if filters else 0)
	deleted = lambda: server.sql("select distinct actor_name from audit_log where resource = 'terminal' and action = 'delete'")
	if way == "rest":
		wait_until(lambda: deleted() == [("admin",)])
		assert has_place(holds.handshake()) and holds.push("ATTLOG", LINE) == "OK: 1", "it comes again"


def test_filters_that_make_no_sense(server, make_terminal):
	strangers(server, 3)
	for body in ({"address": "ten"}, {"address": "10.0.0.0/40"}, {"before": "soon"}, {"before": "2026-04-30 19:30 CET"},
			{"address": "10.0.0.1,10.0.0.2"}):
		r = server.api.raw("POST", REMOVE, body)
		assert r.status == 400 and list(r.json()) == list(body), r
	for words in (["--waiting", "--address=ten"], ["--waiting", "--before=soon"], ["--waiting", "--before=2026-04-30 19:30 CET"], ["--waiting", "WAIT1"], ["WAIT1", "--address=10.0.0.1"], []):
		r = server.command("device", "remove", *words)
		assert r.returncode == 1 and len(r.stderr.splitlines()) == 1, r
	assert server.value("select count(*) from terminal") == 3


def test_the_list_says_what_they_hold(server, make_terminal):
	t = make_terminal(approve=False)
	t.handshake()
	t.push("ATTLOG", LINE, LINE)
	title, row = server.command("device", "list").stdout.splitlines()
	assert "waiting bytes" in title and "127.0.0.1" in row and " 2 " in row and str(2 * len(LINE) + 2) in row.split()


# ---------------------------------------------------------------- letting go

def known(server):
	text = server.api.raw("GET", "/metrics").text
	return int([x for x in text.splitlines() if x.startswith("punchd_terminals ")][0].split()[1])


def removed(server, *terminals):
	"""Deletes them behind the server's back, and waits until it knows."""
	before = known(server)
	server.sql("delete from terminal where sn = any(%s)", [t.sn for t in terminals])
	wait_until(lambda: known(server) == before - len(terminals))


def test_removal_while_its_punches_are_being_written(server, make_terminal):
	t, released = make_terminal(), make_terminal(approve=False)
	t.register()
	released.handshake()
	assert released.push("ATTLOG", LINE) == "OK: 1"
	answers = []
	with server.database.connect() as other, other.cursor() as cursor:
		cursor.execute("lock table punch in exclusive mode")
		upload = threading.Thread(target=lambda: answers.append(t.push("ATTLOG", LINE.replace("7", "9", 1), stamp="0")))
		upload.start()
		server.sql("update terminal set area_id = 2 where sn = %s", released.sn)
		wait_until(lambda: server.log_contains("held_released"))
		wait_until(lambda: server.value("select count(*) from pg_locks where not granted"))
		removed(server, t, released)
	upload.join(30)
	assert answers == ["OK: 1"]
	wait_until(lambda: server.value("select count(*) from punch") == 2)
	assert has_place(t.handshake())


def test_removal_while_its_lines_are_decoded_again(server, make_terminal):
	t = make_terminal()
	t.register()
	assert t.push("ATTLOG", "Пётр\t{0}\t0\t1\nИван\t{0}\t0\t1\n".format(WHEN).encode("cp1251"), stamp="0") == "OK: 2"
	with server.database.connect() as other, other.cursor() as cursor:
		cursor.execute("lock table punch in exclusive mode")
		server.sql("update terminal set code_page = 'CP1251'")
		wait_until(lambda: server.value("select count(*) from pg_locks where not granted"))
		removed(server, t)
	wait_until(lambda: server.value("select count(*) from punch") == 2)
	wait_until(lambda: server.value("select count(*) from reject") == 0)


def test_removal_while_its_contact_is_being_written(server, make_terminal):
	terminals = [make_terminal() for _ in range(3)]
	with server.database.connect() as other, other.cursor() as cursor:
		cursor.execute("select pg_advisory_xact_lock(7263010)") # watch_contact() waits
		for t in terminals:
			t.handshake()
		waits = "select count(*) from pg_locks where not granted and locktype = 'advisory'"
		wait_until(lambda: server.value(waits))
		removed(server, *terminals)
	wait_until(lambda: not server.value(waits))
	stays(lambda: server.probe("/healthz") == 200, 0.2)


def test_removal_of_many_at_work(server, make_terminal):
	"""Uploads that wait, heartbeats that take commands and go away, releases: of terminals that are dropped all the time."""
	end, errors = threading.Event(), []

	def talk(n):
		t = make_terminal("BUSY%04d" % n, approve=False)
		while not end.is_set():
			try:
				t.handshake()
				t.push("ATTLOG", "%d\t%s" % (n, WHEN))
				t.push("OPERLOG", "USER PIN=%d\tName=x" % n)
				with t.connect() as c: # gone before the answer
					c.send(t.request_bytes("GET", "/iclock/getrequest?SN=" + t.sn))
				t.raw("GET", "/iclock/getrequest?SN=%s&INFO=V,1,2,3,10.0.0.1,10" % t.sn)
			except (AssertionError, OSError) as e:
				errors.append(e)
	threads = [threading.Thread(target=talk, args=(n,)) for n in range(6)]
	for thread in threads:
		thread.start()
	try:
		for n in range(25):
			wait_until(lambda: server.value("select count(*) from terminal") >= 4, 20)
			if n % 2:
				server.sql("update terminal set area_id = 2 where id % 2 = 0")
				for id, in server.sql("select id from terminal where approved"):
					server.api.delete("/iclock/api/terminals/%d/" % id)
			else:
				server.api.post(REMOVE, {})
	finally:
		end.set()
		for thread in threads:
			thread.join(60)
	assert not errors, errors[:3]


def test_removed_terminals_take_no_memory(server):
	def becomes(statement):
		server.sql("set session_replication_role = replica; " + statement # what triggers do takes long
			+ "; select pg_notify('punchd', 't' || n) from generate_series(1, 1001) n")

	def round():
		becomes("insert into terminal (sn, area_id) select 'MANY' || n, 1 from generate_series(1, 3000) n")
		wait_until(lambda: known(server) == 3000, 30)
		becomes("delete from terminal")
		wait_until(lambda: known(server) == 0, 30)
		return server.memory()
	first = [round() for _ in range(3)]
	last = [round() for _ in range(4)]
	assert last[-1] < first[-1] + 8 * MIB, (first, last) # what is kept would be 5 MB a round


# ---------------------------------------------------------------- what is never answered

def test_a_work_code_that_is_never_answered_is_given_up_for_a_day(server, make_terminal):
	t = make_terminal()
	t.register()
	t.obey()
	server.api.post("/iclock/api/workcodes/", {"code": "31", "alias": "Repair"})
	(number, line), = wait_until(t.poll)
	alerts = lambda: server.api.get("/iclock/api/alerts/", kind="not_answered")["data"]

	def sent(times, ago):
		server.sql("update terminal_command set sent_count = %s, sent = now() - %s::interval where id = %s", times, ago, number)
		server.sql("select terminal_items_watch()")
		server.sql("select terminal_wake(array[%s])", t.id)
	sent(11, "11 minutes")
	assert wait_until(t.poll) == [(number, line)] and alerts() == []
	assert server.value("select sent_count from terminal_command where id = %s", number) == 12
	sent(12, "11 minutes")
	stays(lambda: t.poll() == [], 1)
	assert [(a["terminal_sn"], a["text"]) for a in alerts()] == [
		(t.sn, "1 work codes or messages were sent 12 times and never answered; from now on once a day")]
	server.api.post("/iclock/api/alerts/%d/acknowledge/" % alerts()[0]["id"], {})
	sent(12, "23 hours")
	assert len(alerts()) == 1, "and is not told all the time"
	stays(lambda: t.poll() == [], 0.5)
	sent(12, "25 hours")
	assert wait_until(t.poll) == [(number, line)]
	t.ack((number, 0, "DATA"))
	wait_until(lambda: server.value("select state from terminal_command where id = %s", number) == "done")
