"""The database goes away and comes back: ERROR:, 503, back-off, and service by itself again."""

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


def test_unreachable_at_start_is_one_line(tmp_path):
	from punchd_test.server import run_punchd
	r = run_punchd("serve", "--listen=127.0.0.1:1", database_url="host=%s dbname=x" % tmp_path)
	assert r.returncode == 1
	lines = r.stderr.strip().splitlines()
	assert 1 <= len(lines) <= 2, r.stderr
