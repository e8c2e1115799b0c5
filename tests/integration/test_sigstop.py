"""PostgreSQL stopped (SIGSTOP): heartbeats go on, uploads wait or hear ERROR:, nothing is lost."""

import threading

import pytest

from punchd_test.terminal import Terminal
from punchd_test.wait import wait_until


@pytest.fixture
def frozen(own_pg, clone, make_server):
	server = make_server(clone(own_pg), log_level="warn")
	yield server, own_pg
	own_pg.sigcont()


def test_heartbeats_go_on_and_nothing_is_lost(frozen):
	server, pg = frozen
	terminals = [Terminal(server, "STOP%04d" % i) for i in range(20)]
	for t in terminals:
		t.register()
		t.obey(quiet=1)
	pg.sigstop()
	for _ in range(5):
		for t in terminals:
			# not one of them waits for the database
			assert t.raw("GET", "/iclock/getrequest?SN=" + t.sn, timeout=2).text == "OK"
	assert server.probe("/healthz") == 200

	answers = {}

	def upload(t):
		try:
			answers[t.sn] = t.push("ATTLOG", "1\t2026-04-01 08:%02d:00\t0\t1" % terminals.index(t))
		except OSError as e:
			answers[t.sn] = "no answer: %s" % e
	uploads = [threading.Thread(target=upload, args=(t,)) for t in terminals]
	for u in uploads:
		u.start()
	# heartbeats are not behind the uploads either
	for t in terminals:
		assert t.raw("GET", "/iclock/getrequest?SN=" + t.sn, timeout=2).text == "OK"
	assert not [a for a in answers.values() if a.startswith("OK")], "OK without a database"
	pg.sigcont()
	for u in uploads:
		u.join(90)
		assert not u.is_alive()
	for t in terminals:
		if not answers[t.sn].startswith("OK"):
			assert answers[t.sn].startswith(("ERROR:", "no answer")), answers[t.sn]
			wait_until(lambda t=t: t.push("ATTLOG",
				"1\t2026-04-01 08:%02d:00\t0\t1" % terminals.index(t)) == "OK: 1", 60)
	assert server.value("select count(*) from punch") == len(terminals)
	assert server.api.get("/iclock/api/transactions/")["count"] == len(terminals)


def test_an_acknowledged_upload_survives_the_stop(frozen):
	server, pg = frozen
	t = Terminal(server, "STOP1000")
	t.register()
	assert t.push("ATTLOG", "1\t2026-04-01 08:00:00\t0\t1") == "OK: 1"
	pg.sigstop()
	pg.sigcont()
	assert server.value("select count(*) from punch") == 1


def test_rest_answers_503_and_recovers(frozen):
	server, pg = frozen
	api = server.new_api(timeout=120)
	api.login()
	pg.sigstop()
	r = api.raw("GET", "/personnel/api/areas/")
	assert r.status == 503, r
	assert "detail" in r.json()
	pg.sigcont()
	wait_until(lambda: api.raw("GET", "/personnel/api/areas/").status == 200, 60)
	wait_until(lambda: server.probe("/readyz") == 200, 60)
