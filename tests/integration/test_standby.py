"""A database that moves: a synchronous standby that stops, is promoted, or is all there is."""

import threading
import time

import pytest

from punchd_test.terminal import Terminal
from punchd_test.wait import stays, wait_until

D = "/personnel/api/departments/"
LINE = "%d\t2026-04-01 08:00:00\t0\t1"


@pytest.fixture
def pair(own_pg, clone, own_standby, make_server):
	"""A server whose database_url names the standby first."""
	database = clone(own_pg)
	server = make_server(database, database_url=both(own_standby, own_pg, database), log_level="info")
	yield server, own_pg, own_standby
	own_standby.sigcont()


def both(first, second, database):
	return "host=%s,%s port=5432 user=punchd dbname=%s" % (first.dir, second.dir, database.name)


def in_background(function, *args):
	"""The thread, and a list that will hold its result."""
	results = []
	thread = threading.Thread(target=lambda: results.append(function(*args)))
	thread.start()
	return thread, results


def push(t, *lines):
	"""Stamp=0 is what an answer to a query has: nothing of it but the punches is written."""
	try:
		return t.push("ATTLOG", *lines, stamp="0")
	except OSError as e:
		return "no answer: %s" % e


def waiting(pg):
	"""How many commits wait for the standby."""
	return pg.sql("select count(*) from pg_stat_activity where wait_event = 'SyncRep'")[0][0]


def cut_short(pg, write):
	"""What an administrator can do, and a client's cancel request does: a write that waits for the
	standby is committed here, and only here. Returns what was answered."""
	thread, answers = in_background(write)

	def answered():
		pg.sql("select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'")
		return not thread.is_alive()
	wait_until(answered, 20, "an answer")
	return answers[0]


def test_what_is_known_is_not_acknowledged_before_the_standby_has_it(pair):
	server, pg, standby = pair
	t = Terminal(server, "STBY0001")
	t.register()
	stranger = Terminal(server, "STBY0002", approve=False)
	stranger.register()
	department = server.api.post(D, {"dept_code": "A", "dept_name": "x"})["id"]
	assert push(t, LINE % 1) == "OK: 1"
	standby.sigstop()

	def patch():
		return server.new_api().raw("PATCH", D + "%d/" % department, {"dept_name": "y"}).status

	def operlog():
		return t.push("OPERLOG", "OPLOG 4\t14\t2026-04-01 08:00:00\t0\t0\t0\t0", stamp="0")
	writes = [lambda: push(t, "1\t2026-04-01 09:00:00\t0\t1"), lambda: push(stranger, LINE % 2), operlog]
	for write in writes:
		assert cut_short(pg, write).startswith("ERROR:")
	assert cut_short(pg, patch) == 503

	# all of it is committed here, and nowhere else: nobody is told that it is stored
	assert server.value("select count(*) from punch") == 2
	again = [in_background(write) for write in [*writes, patch]]
	wait_until(lambda: waiting(pg) >= 4, what="all of them wait")
	stays(lambda: not any(answers for _, answers in again), 1)
	assert server.api.get(D)["count"] == 2, "reads go on"
	standby.sigcont()
	for thread, answers in again:
		thread.join(30)
	assert [answers[0] for _, answers in again] == ["OK: 1", "OK: 1", "OK: 1", 200]


def test_a_standby_that_stops_and_is_promoted(pair):
	server, pg, standby = pair
	terminals = [Terminal(server, "STBY01%02d" % i) for i in range(4)]
	for t in terminals:
		t.register()
	assert push(terminals[0], LINE % 1) == "OK: 1"
	token = server.command("token", "create", "admin", "--name", "reads").stdout.split()[-1]
	reader = server.new_api(authorization="Token " + token, timeout=10)
	login = server.api.authorization
	standby.sigstop()

	began = time.monotonic()
	uploads = [in_background(push, t, LINE % (10 + i)) for i, t in enumerate(terminals)]
	departments = [in_background(lambda n=n: server.new_api(authorization=login).raw(
		"POST", D, {"dept_code": "B%d" % n, "dept_name": "x"}).status) for n in range(8)]
	# half of the requests' connections wait with them; reads have the others
	wait_until(lambda: waiting(pg) >= 4, 20)
	while any(thread.is_alive() for thread, _ in [*uploads, *departments]):
		before = time.monotonic()
		assert reader.get(D)["count"] == 1
		assert time.monotonic() - before < 5
		assert time.monotonic() - began < 50
		time.sleep(0.5)
	assert [answers[0] for _, answers in uploads] == ["ERROR: not stored"] * 4
	assert [answers[0] for _, answers in departments] == [503] * 8
	# nothing was cancelled: it still waits, and what comes now is refused at once
	assert waiting(pg) >= 4
	before = time.monotonic()
	assert server.api.raw("PATCH", D + "1/", {"dept_name": "z"}).status == 503
	assert time.monotonic() - before < 10
	assert not push(terminals[1], LINE % 11).startswith("OK")
	assert server.log().count(" punches_not_stored ") == 1, "one line for all"

	pg.kill9()
	standby.sigcont()
	standby.promote()
	wait_until(lambda: server.probe("/readyz") == 200, 30, "ready again without a restart")
	assert standby.sql("select count(*) from punch", database=server.database.name) == [(1,)]
	for i, t in enumerate(terminals):
		wait_until(lambda t=t, i=i: push(t, LINE % (10 + i)) == "OK: 1", 30)
	assert standby.sql("select count(*), max(id) from punch", database=server.database.name) == [(5, 5)]
	assert server.api.raw("POST", D, {"dept_code": "C", "dept_name": "x"}).status == 201


def test_start_while_only_a_standby_answers(own_pg, own_standby, clone, make_server):
	database = clone(own_pg)
	wait_until(lambda: own_standby.sql("select oid from pg_database where datname = %s", database.name))
	own_pg.stop()
	server = make_server(database, wait=False, log_level="info",
		database_url=both(own_pg, own_standby, database))
	wait_until(lambda: server.probe("/healthz") == 200, 30, "it runs")
	assert server.probe("/readyz") == 503
	assert server.probe(D) == 503
	t = Terminal(server, "STBY0201")
	assert t.raw("POST", t.push_target("ATTLOG"), LINE % 1 + "\n").text == "ERROR: database"
	stays(lambda: server.probe("/readyz") == 503 and server.probe("/healthz") == 200, 2)
	assert " database_not_writable " in server.log()
	own_standby.promote()
	server.wait_ready(30)
	t.register()
	assert push(t, LINE % 1) == "OK: 1"


def test_a_start_that_waits_can_be_ended(own_pg, own_standby, clone, make_server):
	"""Also while the server of the database does not take anybody in: it starts, or stops."""
	database = clone(own_pg)
	own_standby.stop()
	own_standby.set("hot_standby", "off")
	own_standby.start()
	server = make_server(database, wait=False, database_url=own_standby.conninfo(database.name))
	wait_until(lambda: server.probe("/healthz") == 200, 30, "it runs")
	assert server.probe("/readyz") == 503
	server.stop()


def test_a_server_that_takes_no_writes(own_pg, clone, make_server):
	server = make_server(clone(own_pg))
	t = Terminal(server, "STBY0301")
	t.register()

	def read_only(value):
		own_pg.sql("alter system set default_transaction_read_only = %s" % value)
		own_pg.sql("select pg_reload_conf()")
	read_only("on")
	try:
		wait_until(lambda: server.probe("/readyz") == 503, 10, "/readyz tells")
		assert push(t, LINE % 1).startswith("ERROR:")
		assert server.api.raw("POST", D, {"dept_code": "A", "dept_name": "x"}).status == 503
	finally:
		own_pg.sql("alter system reset default_transaction_read_only")
		own_pg.sql("select pg_reload_conf()")
	wait_until(lambda: server.probe("/readyz") == 200, 10, "ready again by itself")
	wait_until(lambda: push(t, LINE % 1) == "OK: 1", 10)
