"""Issue section 2: the event loop and the database."""

import os
import re
import threading
import time

from punchd_test.server import ROOT, run_punchd
from punchd_test.wait import wait_until


def test_one_process_one_loop(server):
	with open("/proc/%d/status" % server.process.pid, encoding="utf-8") as f:
		threads = int(re.search(r"Threads:\s+(\d+)", f.read()).group(1))
	assert threads <= 12, "a loop, and two workers each for passwords, files, uploads and look-ups of names"


def test_argon2_does_not_block_the_loop(server, terminal):
	terminal.register()
	end = threading.Event()

	def log_in():
		while not end.is_set():
			r = server.new_api("admin", "wrong").request("POST", "/api-token-auth/",
				{"username": "x%d" % id(end), "password": "wrong"}, authorization="")
			assert r.status in (400, 429), r
	workers = [threading.Thread(target=log_in, daemon=True) for _ in range(4)]
	for w in workers:
		w.start()
	slowest = 0
	for _ in range(30):
		start = time.monotonic()
		assert terminal.raw("GET", "/iclock/getrequest?SN=" + terminal.sn).status == 200
		slowest = max(slowest, time.monotonic() - start)
	end.set()
	for w in workers:
		w.join(60)
	assert slowest < 1


def test_migrations_are_in_the_binary_and_checked(server):
	names = sorted(n for n in os.listdir(os.path.join(ROOT, "migrations")) if n.endswith(".sql"))
	assert server.value("select count(*) from schema_migration") == len(names)


def test_two_migrate_at_once(pg):
	db = pg.empty()
	results = []
	threads = [threading.Thread(target=lambda: results.append(
		run_punchd("migrate", database_url=db.conninfo))) for _ in range(3)]
	for t in threads:
		t.start()
	for t in threads:
		t.join()
	assert [r.returncode for r in results] == [0, 0, 0], [r.stderr for r in results]
	db.drop()


def test_punches_are_one_table_with_at_most_five_indexes(server):
	assert server.value("select count(*) from pg_index where indrelid = 'punch'::regclass") <= 5


def test_filters_over_names_never_search_punches(server, terminal):
	terminal.register()
	server.api.post("/personnel/api/employees/", {"emp_code": "77", "first_name": "Zacharias",
		"department": 1, "area": [2]})
	terminal.push("ATTLOG", "77\t2026-05-01 08:00:00\t0\t1", "78\t2026-05-01 08:00:00\t0\t1")
	get = server.api.get
	path = "/iclock/api/transactions/"
	assert get(path, emp_code="77")["count"] == 1
	assert get(path, emp_code_icontains="7")["count"] == 2
	assert get(path, terminal_alias="Auto add")["count"] == 2
	assert get(path, areas="2")["count"] == 2
	assert get(path, departments="1")["count"] == 1
	assert get("/personnel/api/employees/", first_name_icontains="CHARI")["count"] == 1
	trigrams = server.sql("""select tablename from pg_indexes where indexdef like '%%gin_trgm_ops%%'""")
	assert trigrams and "punch" not in [r[0] for r in trigrams]


def test_readyz_and_healthz_say_no_more_than_they_must(server):
	import http.client
	for path in ("/healthz", "/readyz"):
		c = http.client.HTTPConnection(*server.address)
		c.request("GET", path)
		r = c.getresponse()
		assert r.status == 200 and len(r.read()) < 20
		c.close()


def test_stops_on_sigterm_and_finishes_what_is_in_flight(server, terminal):
	terminal.register()
	server.sql("""create function test_slow() returns trigger language plpgsql as
		$$ begin perform pg_sleep(1); return null; end $$""")
	server.sql("""create constraint trigger test_slow after insert on punch
		deferrable initially deferred for each row execute function test_slow()""")
	answers = []
	t = threading.Thread(target=lambda: answers.append(
		terminal.push("ATTLOG", "1\t2026-05-01 08:00:00\t0\t1")))
	t.start()
	wait_until(lambda: server.value("""select count(*) from pg_stat_activity
		where wait_event = 'PgSleep' and datname = current_database()"""))
	server.stop()
	t.join()
	assert answers == ["OK: 1"]
	assert server.value("select count(*) from punch") == 1
