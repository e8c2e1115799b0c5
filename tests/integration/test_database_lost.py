"""The database goes away and comes back: ERROR:, 503, back-off, and service by itself again."""

import os
import signal
import socket
import threading

from punchd_test.terminal import Terminal
from punchd_test.wait import stays, wait_until


def test_lost_and_found(own_pg, clone, make_server):
	server = make_server(clone(own_pg))
	t = Terminal(server, "LOST0001")
	t.register()
	t.obey()
	api = server.api
	api.get("/personnel/api/areas/")
	files = server.open_files()
	for round_ in range(3):
		own_pg.stop("immediate")
		wait_until(lambda: server.probe("/readyz") == 503, 30, "/readyz says 503")
		assert server.probe("/healthz") == 200
		answer = t.push("ATTLOG", "1\t2026-04-01 08:0%d:00\t0\t1" % round_)
		assert answer.startswith("ERROR:"), answer
		assert t.raw("GET", "/iclock/getrequest?SN=LOST0001").text == "OK", "heartbeats go on"
		r = api.raw("GET", "/iclock/api/transactions/")
		assert r.status == 503 and "detail" in r.json(), r
		own_pg.start()
		wait_until(lambda: server.probe("/readyz") == 200, 60, "ready again by itself")
		wait_until(lambda: t.push("ATTLOG", "1\t2026-04-01 08:0%d:00\t0\t1" % round_) == "OK: 1", 30)
		assert api.get("/iclock/api/transactions/")["count"] == round_ + 1
	# LISTEN is back as well: a command leaves at once
	api.post("/iclock/api/terminals/reboot/", {"terminals": [t.id]})
	t.poll_until("REBOOT", timeout=15)
	wait_until(lambda: server.open_files() <= files + 4, 30, "no connection leaks")


def test_reconnecting_is_not_a_busy_loop(own_pg, clone, make_server):
	server = make_server(clone(own_pg), log_level="info")
	own_pg.stop("immediate")
	wait_until(lambda: server.probe("/readyz") == 503, 30)
	before = len(server.log().splitlines())
	stays(lambda: server.probe("/healthz") == 200, 4)
	assert len(server.log().splitlines()) - before < 200, server.log()[-2000:]
	own_pg.start()
	wait_until(lambda: server.probe("/readyz") == 200, 60)


def test_an_outage_is_a_few_lines(own_pg, clone, make_server):
	server = make_server(clone(own_pg), log_level="info")
	t = Terminal(server, "LOST0002")
	t.register()
	own_pg.stop("immediate")
	before = len(server.log().splitlines())
	for i in range(30):
		assert t.push("ATTLOG", "1\t2026-04-01 08:00:%02d\t0\t1" % i).startswith("ERROR:")
		assert t.push("OPERLOG", "OPLOG 4\t14\t2026-04-01 08:00:%02d\t0\t0\t0\t0" % i).startswith("ERROR:")
	lines = [x for x in server.log().splitlines()[before:] if "/iclock/cdata" in x or "_stored" in x or "refused" in x]
	assert len(lines) <= 4, "\n".join(lines)
	own_pg.start()
	wait_until(lambda: t.push("ATTLOG", "1\t2026-04-01 08:00:00\t0\t1") == "OK: 1", 30)

	def over():
		t.push("ATTLOG", "1\t2026-04-01 08:00:00\t0\t1")
		return "outage_over event=punches_not_stored" in server.log()
	wait_until(over, 30, "the end is told", 0.5)


def test_silent_connections_are_found_when_another_is_lost(own_pg, clone, make_server):
	"""As after a power cut of the database: nothing says that they are dead."""
	server = make_server(clone(own_pg))
	t = Terminal(server, "LOST0003")
	t.register()

	def backends(name):
		return [pid for pid, in own_pg.sql(
			"select pid from pg_stat_activity where application_name = %s", name)]
	silent = backends("punchd listen") + backends("punchd polls") + backends("punchd terminals")
	for pid in silent:
		os.kill(pid, signal.SIGSTOP)
	try:
		own_pg.sql("select pg_terminate_backend(%s)", backends("punchd results")[0])
		for name in ("punchd listen", "punchd polls", "punchd terminals"):
			wait_until(lambda name=name: set(backends(name)) - set(silent), 15, name + " is back")
		wait_until(lambda: server.log().count("db_listening") == 2, 5, "it listens again")
	finally:
		for pid in silent:
			os.kill(pid, signal.SIGCONT)
	server.api.post("/iclock/api/terminals/reboot/", {"terminals": [t.id]})
	t.poll_until("REBOOT", timeout=15)


def test_a_dead_address_costs_its_time_once(own_pg, clone, make_server):
	database = clone(own_pg)
	with socket.create_server(("127.0.0.1", 0)) as dead:  # takes connections, and says nothing
		calls = []

		def accept():
			while True:
				try:
					calls.append(dead.accept())
				except OSError:
					return
		threading.Thread(target=accept, daemon=True).start()
		server = make_server(database, database_url=(
			"host=127.0.0.1,%s port=%d,5432 user=punchd dbname=%s connect_timeout=2"
			% (own_pg.dir, dead.getsockname()[1], database.name)))
		wait_until(lambda: own_pg.sql(
			"select count(*) from pg_stat_activity where usename = 'punchd'") == [(18,)],
			20, "all connections are there")
		before = len(calls)
		own_pg.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'punchd'")
		wait_until(lambda: server.probe("/readyz") == 503, 10)
		wait_until(lambda: server.probe("/readyz") == 200, 10)
		t = Terminal(server, "LOST0004")
		t.register()
		assert t.push("ATTLOG", "1\t2026-04-01 08:00:00\t0\t1") == "OK: 1"
		assert len(calls) == before
		dead.shutdown(socket.SHUT_RDWR)


def test_unreachable_at_start_is_one_line(tmp_path):
	from punchd_test.server import run_punchd
	r = run_punchd("serve", "--listen=127.0.0.1:1", database_url="host=%s dbname=x" % tmp_path)
	assert r.returncode == 1
	lines = r.stderr.strip().splitlines()
	assert 1 <= len(lines) <= 2, r.stderr
