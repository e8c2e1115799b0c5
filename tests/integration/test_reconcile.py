"""No punch missing, proved: the server's count beside the terminal's, and what is short asked for
(adms-push 3.3 and 4.8); /iclock/api/reconciliations/."""

import datetime

import pytest

from punchd_test.wait import stays, wait_until

TERMINALS = "/iclock/api/terminals/"
PATH = "/iclock/api/reconciliations/"


def approve(server, sn):
	row = wait_until(lambda: server.api.get(TERMINALS, sn=sn)["data"])[0]
	server.api.patch(TERMINALS + "%d/" % row["id"], {"area": 2})
	return row["id"]


def reconcile(server, tid, **more):
	r = server.api.raw("POST", TERMINALS + "reconcile/", {"terminals": [tid], **more})
	assert r.status == 200, r


def finished(server, tid, timeout=60):
	"""The newest comparison of a terminal, when it has ended."""
	def done():
		rows = server.api.get(PATH, terminal=tid)["data"]
		return rows[0] if rows and rows[0]["finished"] else None
	return wait_until(done, timeout, "the comparison has ended", every=0.2)


def alerts(server, kind="punches_missing"):
	return server.api.get("/iclock/api/alerts/", kind=kind)["data"]


def punches(sim, n, days=3, sn=None):
	"""n punches over some days up to yesterday, kept until the handshake."""
	today = datetime.date.today()
	for i in range(n):
		day = today - datetime.timedelta(days=1 + i % days)
		sim("punch %d %s %02d:%02d:%02d" % (100 + i % 40, day, 6 + i // 600 % 12, i // 10 % 60, i % 60), sn)


GENERATIONS = ["g1", "g3", "g4", "g5"]


def stored(server):
	return server.value("select count(*) from punch")


def lossy(server, make_sim, profile):
	"""A terminal that has forgotten one of a hundred of its punches, yet holds them; its id."""
	sim = make_sim(server, "--sn", "LOSE01", "--profile", profile, "--delay", "0.2", "--lose-uploads", "1", manual=False)
	tid = approve(server, "LOSE01")
	# what approval asked for is over, and the terminal has a stamp
	wait_until(lambda: server.value("select count(*) filter (where state in ('queued', 'sent')) = 0 and count(*) > 0"
		" from terminal_command"), 30)
	sim("punch 99 2026-05-01 08:00:00")
	wait_until(lambda: server.value("select count(*) from terminal_stamp where name = 'ATTLOG'"), 30)
	sim("offline")
	punches(sim, 600)
	sim("online")
	wait_until(lambda: stored(server) == 595, 30, "all but six of six hundred and one are there")
	return tid


@pytest.mark.parametrize("profile", GENERATIONS)
def test_a_terminal_that_silently_loses_uploads_ends_with_none_missing(server, make_sim, profile):
	tid = lossy(server, make_sim, profile)
	reconcile(server, tid)
	row = finished(server, tid)
	assert stored(server) == 601
	assert (row["ours"], row["theirs"], row["missing"]) == (601, 601, 0)
	assert row["method"] == ("verify_sum" if profile in ("g3", "g4") else "transaction_count")
	assert (row["outcome"], row["gained"]) == ("repaired", 6)
	if profile in ("g3", "g4"):
		assert row["pulled"] == 3, "only the days that differ"
		assert all(w["ours"] == w["theirs"] for w in row["windows"] if w["kind"] == "pull")
	reconcile(server, tid)
	wait_until(lambda: server.api.get(PATH, terminal=tid)["count"] == 2)
	row = finished(server, tid)
	assert (row["outcome"], row["pulled"], row["ours"]) == ("equal", 0, 601)
	assert alerts(server) == []
	known = server.value("select verify_sum from terminal_watch where terminal_id = %s", tid)
	assert known == {"g1": None, "g3": True, "g4": True, "g5": False}[profile]


@pytest.mark.parametrize("profile", ["g4", "g5"])
def test_a_shortfall_that_never_shrinks_is_told_once(server, make_sim, profile):
	sim = make_sim(server, "--sn", "SHORT01", "--profile", profile, "--delay", "0.2", "--phantoms", "7", manual=False)
	sim("offline")
	punches(sim, 20, days=2)
	sim("online")
	tid = approve(server, "SHORT01")
	wait_until(lambda: stored(server) == 20, 30)
	reconcile(server, tid)
	row = finished(server, tid)
	assert (row["outcome"], row["missing"], row["gained"]) == ("shortfall", 7, 0)
	assert row["pulled"] >= 1
	told = alerts(server)
	assert len(told) == 1 and told[0]["count"] == 1 and " 7 punches more" in told[0]["text"]
	asked = server.value("select count(*) from terminal_command where content like 'DATA QUERY ATTLOG%%'")
	for n in (2, 3):
		reconcile(server, tid)
		wait_until(lambda: server.api.get(PATH, terminal=tid)["count"] == n)
		row = finished(server, tid)
		assert (row["outcome"], row["pulled"], row["missing"]) == ("known_shortfall", 0, 7)
	assert server.value("select count(*) from terminal_command where content like 'DATA QUERY ATTLOG%%'") == asked
	assert alerts(server) == told


# ---------------------------------------------------------------- what counts as delivered

@pytest.fixture
def ready(make_terminal):
	t = make_terminal()
	t.register()
	t.obey()
	return t


def delivered(server, t, day="2026-05-01"):
	return server.value("select punch_delivered(%s, %s::timestamp, %s::timestamp)", t.sn, day, day + " 23:59:59")


def ever(server, t):
	return server.value("select punch_delivered_ever(%s)", t.sn)


def test_stored_merged_rejected_and_tombstoned_count(server, ready, make_terminal):
	other = make_terminal()
	other.register()
	ready.push("ATTLOG", "1\t2026-05-01 08:00:00\t0\t1", "1\t2026-05-01 08:00:00\t1\t1", "2\t2026-05-01 09:00:00\t0\t1")
	assert (delivered(server, ready), ever(server, ready)) == (3, 3)
	# the other one's punch is merged with it
	other.push("ATTLOG", "1\t2026-05-01 08:00:00\t0\t1", "3\t2026-05-02 08:00:00\t0\t1")
	assert (delivered(server, other), ever(server, other)) == (1, 2)
	# rejected: with a time it counts on its day, without one only in all
	ready.push("ATTLOG", "x" * 30 + "\t2026-05-01 10:00:00\t0\t1", "4\t1971--10--29 -23:-27:-54\t0\t1")
	ready.push("ATTLOG", "x" * 30 + "\t2026-05-01 10:00:00\t0\t1")
	assert (delivered(server, ready), ever(server, ready)) == (4, 5)
	# deleted, and sent again by both
	server.api.delete("/iclock/api/transactions/%d/" % server.value(
		"select punch.id from punch join pin on pin.id = pin_id where code = '2'"))
	assert (delivered(server, ready), ever(server, ready)) == (4, 5)
	for t in (ready, other, other):
		t.push("ATTLOG", "2\t2026-05-01 09:00:00\t0\t1")
	assert server.value("select count(*) from punch where punch_time = '2026-05-01 09:00:00'") == 0
	assert (delivered(server, ready), ever(server, ready)) == (4, 5)
	assert (delivered(server, other), ever(server, other)) == (2, 3)
	# another name of the terminal is another origin, and the same terminal
	server.api.patch(TERMINALS + "%d/" % ready.id, {"alias": "renamed"})
	ready.push("ATTLOG", "5\t2026-05-01 11:00:00\t0\t1")
	assert delivered(server, ready) == 5


def test_counting_never_walks_the_table(server, ready):
	ready.push("ATTLOG", "1\t2026-05-01 08:00:00\t0\t1")
	server.sql("analyze punch")
	for table in ("punch", "punch_variant", "punch_aside"):
		server.sql("select pg_stat_reset_single_table_counters(%s::regclass)", table)
	for _ in range(3):
		delivered(server, ready)
	wait_until(lambda: server.value("select idx_scan >= 3 from pg_stat_user_tables where relname = 'punch'"), 20, every=0.5)
	assert server.sql("select sum(seq_scan) from pg_stat_user_tables where relname in"
		" ('punch', 'punch_variant', 'punch_aside')") == [(0,)]


# ---------------------------------------------------------------- the conversation

def answer(t, commands, sums=None, code=0):
	"""VERIFY SUM as a function of its window; everything else is done."""
	for cid, text in commands:
		if text.startswith("VERIFY SUM ATTLOG "):
			window = dict(x.split("=") for x in text[len("VERIFY SUM ATTLOG "):].split("\t"))
			body = "ID=%s&Return=%d&CMD=VERIFY SUM" % (cid, code)
			if sums is not None:
				body += "&StartTime=%s&EndTime=%s&AttlogSum=%d" % (window["StartTime"], window["EndTime"],
					sums(window["StartTime"], window["EndTime"]))
			t.raw("POST", "/iclock/devicecmd?SN=" + t.sn, body)
		else:
			t.ack((cid, 0, text.split(" ")[0]))


def test_only_short_days_are_asked_for(server, ready):
	days = [(datetime.date.today() - datetime.timedelta(days=n)).isoformat() for n in (2, 4, 500)]
	held = ["%d\t%s 08:00:%02d\t0\t1" % (n, day, n) for day in days for n in range(5)]
	uploaded = [x for x in held if not x.startswith(("3\t" + days[0], "4\t" + days[2]))]
	ready.push("ATTLOG", *uploaded)
	reconcile(server, ready.id, whole=False)
	pulled = []

	def sums(a, b):
		return sum(a <= x.split("\t")[1] <= b for x in held)

	def talk():
		commands = ready.poll()
		for _, text in commands:
			if text.startswith("DATA QUERY ATTLOG"):
				a, b = [x.split("=")[1] for x in text[len("DATA QUERY ATTLOG "):].split("\t")]
				pulled.append((a, b))
				ready.push("ATTLOG", *[x for x in held if a <= x.split("\t")[1] <= b], stamp="0")
		answer(ready, commands, sums)
		rows = server.api.get(PATH, terminal=ready.id)["data"]
		return rows[0]["finished"] and rows[0]
	row = wait_until(talk, 90, every=0.2)
	assert sorted(pulled) == [(d + " 00:00:00", d + " 23:59:59") for d in sorted([days[0], days[2]])]
	assert (row["outcome"], row["ours"], row["theirs"], row["gained"], row["pulled"]) == ("repaired", 15, 15, 2, 2)
	assert stored(server) == 15


@pytest.mark.parametrize("code", [-1, -1002, -1003, -1004, 0])
def test_verify_sum_not_known_is_remembered(server, ready, code):
	ready.push("ATTLOG", "1\t2026-05-01 08:00:00\t0\t1")
	reconcile(server, ready.id)
	seen = []

	def talk():
		commands = ready.poll()
		seen.extend(c for _, c in commands)
		for cid, text in commands:
			if text == "INFO":
				ready.raw("POST", "/iclock/devicecmd?SN=" + ready.sn,
					"ID=%s&Return=0&CMD=INFO\n~DeviceName=x\nTransactionCount=1\n" % cid)
		answer(ready, [c for c in commands if c[1] != "INFO"], None, code)
		return server.api.get(PATH, terminal=ready.id, outcome="equal")["data"]
	row = wait_until(talk, 60, every=0.2)[0]
	assert (row["method"], row["ours"], row["theirs"]) == ("transaction_count", 1, 1)
	assert server.value("select verify_sum from terminal_watch where terminal_id = %s", ready.id) is False
	assert any(c.startswith("VERIFY") for c in seen) and "INFO" in seen
	reconcile(server, ready.id)
	assert [c for _, c in wait_until(ready.poll)] == ["INFO"], "not asked a second time"
	server.sql("update terminal set options = '{\"FWVersion\": \"1\"}' where id = %s", ready.id)
	server.sql("update terminal set options = '{\"FWVersion\": \"2\"}' where id = %s", ready.id)
	assert server.value("select verify_sum from terminal_watch where terminal_id = %s", ready.id) is None


def test_without_an_answer_nothing_is_concluded(server, ready):
	reconcile(server, ready.id)
	reconcile(server, ready.id)
	assert server.api.get(PATH)["count"] == 1, "the one under way goes on"
	assert server.api.get(PATH)["data"][0]["outcome"] == "running"
	server.sql("update terminal_command set expires = now() - interval '1 second' where content like 'VERIFY%%'")
	server.sql("select command_expire()")
	row = finished(server, ready.id)
	assert (row["outcome"], row["pulled"]) == ("unanswered", 0)
	assert alerts(server) == []


def test_old_terminals_upload_everything_again(server, make_terminal):
	t = make_terminal()
	t.handshake("options=all")
	t.approve()
	t.handshake("options=all")
	t.obey()
	t.raw("POST", "/iclock/cdata?SN=%s&Stamp=289503453" % t.sn, "1\t2026-05-01 08:00:00\t0\t1\n")
	assert t.options(t.handshake("options=all"))["Stamp"] == "289503453"
	reconcile(server, t.id)
	cid = t.poll_until("INFO")[0]
	t.raw("POST", "/iclock/devicecmd?SN=" + t.sn, "ID=%s&Return=0&CMD=INFO\nTransactionCount=2\n" % cid)
	t.poll_until("CHECK", 20)
	assert t.options(t.handshake("options=all"))["Stamp"] in ("0", "None")
	t.raw("POST", "/iclock/cdata?SN=%s&Stamp=289503454" % t.sn,
		"1\t2026-05-01 08:00:00\t0\t1\n2\t2026-05-01 08:00:00\t0\t1\n")
	row = finished(server, t.id)
	assert (row["outcome"], row["ours"], row["gained"]) == ("repaired", 2, 1)


# ---------------------------------------------------------------- at night

def night(server, minutes_ago):
	"""The sweep, as if reconcile_time were so many minutes ago on the terminals' clocks."""
	return server.value("select reconcile_nightly(floor(extract(epoch from (now() at time zone 'Asia/Kolkata')::time)"
		" / 60)::int - %s)", minutes_ago)


@pytest.mark.settings(reconcile_time="off")
def test_every_night_once_spread_over_an_hour(server, make_terminal):
	terminals = [make_terminal() for _ in range(4)]
	for t in terminals:
		t.register()
	wait_until(lambda: server.value("select count(*) = 4 from terminal_state where last_activity is not null"))
	spread = [t.id * 37 % 60 for t in terminals]
	first = sorted(spread)[1]
	started = night(server, first)
	assert started == sum(s <= first for s in spread) == server.value("select count(*) from reconciliation")
	assert night(server, first) == 0, "once a night"
	server.sql("update terminal_state set last_activity = now() - interval '1 day' where terminal_id = %s",
		terminals[spread.index(max(spread))].id)
	assert night(server, 70) == 4 - started - 1, "one is not there"
	server.sql("update terminal_state set last_activity = now()")
	assert night(server, 5 * 60) == 0, "it is day again"


@pytest.mark.settings(reconcile_time="off")
@pytest.mark.parametrize("profile", GENERATIONS)
def test_the_night_finds_what_was_silently_lost(server, make_sim, profile):
	tid = lossy(server, make_sim, profile)
	wait_until(lambda: night(server, 65) == 1, 20, "it was heard of, so its night begins")
	row = finished(server, tid)
	assert (row["outcome"], row["gained"], row["ours"], row["theirs"], row["missing"]) == ("repaired", 6, 601, 601, 0)
	assert stored(server) == 601 and alerts(server) == []
	# the next night there is nothing to do
	server.sql("update terminal_watch set night = night - 1")
	assert night(server, 65) == 1
	wait_until(lambda: server.api.get(PATH, terminal=tid)["count"] == 2)
	assert (finished(server, tid)["outcome"], finished(server, tid)["pulled"]) == ("equal", 0)


# an hour and more ago in Kolkata, the zone of the tests: due for all, wherever they are in the hour
DUE = (datetime.datetime.utcnow() + datetime.timedelta(hours=5, minutes=30 - 65)).strftime("%H:%M")


@pytest.mark.settings(reconcile_time=DUE)
def test_the_process_clock_begins_it(server, ready):
	wait_until(lambda: server.value("select count(*) from reconciliation"), 100, every=1)
	assert server.api.get(PATH)["data"][0]["outcome"] == "running"
	assert sorted(c.split(" ")[0] for _, c in wait_until(ready.poll)) == ["VERIFY", "VERIFY"]


@pytest.mark.settings(reconcile_time="off")
def test_only_approved_terminals(server, make_terminal):
	t = make_terminal(approve=False)
	t.register()
	wait_until(lambda: server.value("select last_activity is not null from terminal_state"))
	assert night(server, 90) == 0
	r = server.api.raw("POST", TERMINALS + "reconcile/", {"terminals": [t.id]})
	assert (r.status, r.json()) == (400, {"terminals": ["Terminal %s does not know this." % t.sn]})


def test_two_processes_do_it_once(server, make_server, ready):
	make_server(server.database)
	ready.push("ATTLOG", "1\t2026-05-01 08:00:00\t0\t1")
	reconcile(server, ready.id)
	seen = []

	def talk():
		commands = ready.poll()
		seen.extend(c for _, c in commands)
		answer(ready, commands, lambda a, b: int(a <= "2026-05-01 08:00:00" <= b))
		return server.api.get(PATH, terminal=ready.id, outcome="equal")["count"]
	wait_until(talk, 60, every=0.2)
	assert len(seen) == len(set(seen)) == 13, "twelve months and what was before, each asked once"
	stays(lambda: ready.poll() == [], 6, every=0.5)
