"""Two punchd on one database, commits in random order: pollers see every row exactly once."""

import itertools
import os
import threading
import time

import pytest

from punchd_test.sim import Load
from punchd_test.terminal import Terminal
from punchd_test.wait import wait_until

SECONDS = float(os.environ.get("PUNCHD_SOAK", "12"))

RANDOM_COMMIT = """
	create function test_random_commit() returns trigger language plpgsql as
		$$ begin
			if random() < 0.02 then perform pg_sleep(random() * 0.08); end if;
			return null;
		end $$;
	create constraint trigger test_random_commit after insert on punch
		deferrable initially deferred for each row execute function test_random_commit()"""


class Poller(threading.Thread):
	"""Walks the transactions again and again and notes what it saw."""

	def __init__(self, server, walk):
		super().__init__(daemon=True)
		self.api = server.new_api()
		self.walk = walk
		self.seen = []
		self.error = None
		self.end = threading.Event()

	def run(self):
		try:
			state = None
			while not self.end.is_set():
				state = self.walk(self, state)
			self.walk(self, state)
			self.walk(self, state)
		except BaseException as e:  # told by the test
			self.error = e

	def finish(self):
		self.end.set()
		self.join(120)
		assert not self.is_alive(), "poller hangs"
		if self.error:
			raise self.error


def by_id(poller, last):
	last = last or 0
	rows = poller.api.get("/iclock/api/transactions/", id_more_than=last, page_size=500)["data"]
	poller.seen += [r["id"] for r in rows]
	return rows[-1]["id"] if rows else last


def by_upload_time(poller, state):
	"""As WDMS bridges do. upload_time is shown in whole seconds, so rows of the last second come
	again; they are known by id."""
	last, known = state or ("2000-01-01 00:00:00", set())
	rows = poller.api.get("/iclock/api/transactions/", upload_time_more_than=last,
		ordering="upload_time", page_size=100000)["data"]
	times = [r["upload_time"] for r in rows]
	assert times == sorted(times)
	new = [r["id"] for r in rows if r["id"] not in known]
	poller.seen += new
	known.update(new)
	return (times[-1] if times else last, known)


def by_page(poller, page):
	"""As accurate-systems' connector: full pages are never read again."""
	page = page or 1
	r = poller.api.raw("GET", "/iclock/api/transactions/", page=page, page_size=100)
	if r.status == 404:
		return page
	rows = r.json()["data"]
	if len(rows) < 100 and not poller.end.is_set():
		return page
	poller.seen += [x["id"] for x in rows if x["id"] not in poller.seen[-100:]]
	return page + 1 if len(rows) == 100 else page


@pytest.mark.timeout(int(SECONDS) + 240)
def test_pollers_see_every_row_once(database, make_server):
	one = make_server(database, admission="auto", log_level="info")
	two = make_server(database, admission="auto", log_level="warn")
	held = []
	# ten terminals wait with punches; they are released while the others upload
	for i in range(10):
		t = Terminal(one, "HELD%04d" % i)
		t.handshake()
		t.suspend()
		held.append(t)
	for i, t in enumerate(held):
		lines = ["%d\t2026-02-01 08:%02d:%02d\t0\t1" % (90000 + i, n // 60, n % 60) for n in range(100)]
		assert t.push("ATTLOG", *lines) == "OK: 100"
	assert database.value("select count(*) from punch") == 0, "held punches are not published"
	database.sql(RANDOM_COMMIT)

	pollers = [Poller(server, walk) for server, walk in itertools.product(
		(one, two), (by_id, by_upload_time, by_page))]
	for p in pollers:
		p.start()
	loads = [Load(server, "ingest", "--terminals", "25", "--lines", "5", "--people", "400",
		"--seconds", str(SECONDS), "--sn-prefix", prefix, "--pin-base", base, "--duplicate", "10",
		"--timeout", "60")
		for server, prefix, base in ((one, "ONE", "1000"), (two, "TWO", "1200"))]
	# the PINs of both overlap: the same key comes to both processes
	for t in held:
		time.sleep(SECONDS / 20)
		t.server = two if t.sn[-1] in "02468" else one
		t.approve()
	for load in loads:
		load.figures(timeout=SECONDS + 120)
	wait_until(lambda: database.value("select count(*) from held_upload") == 0, 60,
		"all held punches are released")
	for p in pollers:
		p.finish()

	ids = [r[0] for r in database.sql("select id from punch order by id")]
	assert ids == list(range(1, len(ids) + 1)), "ids are dense"
	assert len(ids) > 1000
	released = database.value("""select count(*) from punch join punch_origin o on o.id = origin_id
		where o.sn like 'HELD%%'""")
	assert released == 1000
	assert database.value("""select count(*) from (select upload_time,
		lag(upload_time) over (order by id) as before from punch) w where upload_time <= before""") == 0
	for load in loads:
		keys = {tuple(line.split("\t")[:2]) for _, line in load.acked()}
		stored = {tuple(r) for r in database.sql("""select p.code,
			to_char(punch_time, 'YYYY-MM-DD HH24:MI:SS') from punch join pin p on p.id = pin_id""")}
		assert keys <= stored
		load.cleanup()
	for p in pollers:
		assert len(p.seen) == len(set(p.seen)), "%s saw rows twice" % p.walk.__name__
		missing = set(ids) - set(p.seen)
		assert not missing, "%s missed %d of %d rows, the first %r" % (
			p.walk.__name__, len(missing), len(ids), sorted(missing)[:5])
		if p.walk is by_id:
			assert p.seen == ids


def test_approval_by_one_process_is_known_to_the_other(database, make_server):
	one, two = make_server(database), make_server(database)
	t = Terminal(one, "MOVES001")
	t.handshake()
	other = Terminal(two, "MOVES001")
	other.handshake()
	assert other.push("ATTLOG", "1\t2026-02-01 08:00:00\t0\t1") == "OK: 1"
	assert two.api.get("/iclock/api/transactions/")["count"] == 0
	t.approve()
	wait_until(lambda: two.api.get("/iclock/api/transactions/")["count"] == 1,
		what="the held punch is published")
	def published():
		other.push("ATTLOG", "2\t2026-02-01 08:00:00\t0\t1")
		return one.api.get("/iclock/api/transactions/", emp_code="2")["count"] == 1
	wait_until(published, what="the other process takes it as approved")


def test_command_queued_by_one_process_leaves_through_the_other(database, make_server):
	one, two = make_server(database), make_server(database)
	t = Terminal(one, "MOVES002")
	t.register()
	t.obey()
	other = Terminal(two, "MOVES002")
	other.handshake()
	other.obey()
	one.api.post("/iclock/api/terminals/reboot/", {"terminals": [t.id]})
	cid, _ = other.poll_until("REBOOT", timeout=5)
	assert t.ack((cid, 0, "REBOOT")) == "OK"
	wait_until(lambda: database.value("""select count(*) from terminal_command
		where content = 'REBOOT' and state = 'done'""") == 1)
