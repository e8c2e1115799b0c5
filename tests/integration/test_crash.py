"""kill -9 of punchd and of PostgreSQL during ingest: what was acknowledged is there, once."""

import os
import random
import threading

import pytest

from punchd_test.sim import Load
from punchd_test.wait import wait_until

ROUNDS = int(os.environ.get("PUNCHD_ROUNDS", "20"))
LOAD = ("--terminals", "20", "--lines", "10", "--people", "500", "--seconds", "600",
	"--error-delay", "0.1", "--timeout", "5")


def check(database, acked):
	connection = database.connect()
	connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
	with connection, connection.cursor() as cursor:  # one view of everything: uploads go on
		cursor.execute("""select p.code, to_char(punch_time, 'YYYY-MM-DD HH24:MI:SS'), count(*)
			from punch join pin p on p.id = punch.pin_id group by 1, 2""")
		stored = {(r[0], r[1]): r[2] for r in cursor.fetchall()}
		cursor.execute("""select total, last_id, (select coalesce(sum(n), 0) from punch_block),
			(select coalesce(max(id), 0) from punch) from punch_counter""")
		total, last, blocks, newest = cursor.fetchone()
	connection.close()
	assert not [k for k, n in stored.items() if n != 1], "punches stored more than once"
	lost = {tuple(line.split("\t")[:2]) for _, line in acked} - set(stored)
	assert not lost, "%d acknowledged punches lost: %r" % (len(lost), sorted(lost)[:3])
	# the counter, the blocks and the ids agree with the rows: nothing burnt an id
	assert total == len(stored) == last == blocks == newest


class Ingest:
	"""Terminals that upload through all crashes, each round with new punches."""

	def __init__(self, server):
		self.server = server
		self.load = None
		self.acked = []
		self.round = 0

	def begin(self):
		self.round += 1
		# terminals that are known go on uploading; they do not begin anew
		known = ["--no-handshake"] if self.round > 1 else []
		self.load = Load(self.server, "ingest", *LOAD, *known, "--sn-prefix", "CR",
			"--seed", str(self.round), "--pin-base", str(1000 + self.round * 1000))

	def wait_for(self, n):
		wait_until(lambda: len(self.load.acked()) >= n or not self.load.running(), 30,
			"%d punches acknowledged" % n)
		assert self.load.running(), self.load.figures()

	def end(self):
		self.load.kill()
		self.acked += self.load.acked()
		self.load.cleanup()


@pytest.fixture
def ingest(request, own_pg, clone, make_server):
	server = make_server(clone(own_pg), admission="auto", log_level="warn")
	made = Ingest(server)
	yield made
	if made.load and made.load.running():
		made.load.cleanup()


@pytest.mark.timeout(60 + 20 * ROUNDS)
def test_kill_9_of_punchd(ingest, own_pg):
	server = ingest.server
	for _ in range(ROUNDS):
		ingest.begin()
		ingest.wait_for(random.randint(1, 600))
		server.kill9()
		server.start()
		already = len(ingest.load.acked())
		ingest.wait_for(already + 1)  # terminals go on by themselves
		ingest.end()
		check(server.database, ingest.acked)


@pytest.mark.timeout(60 + 30 * ROUNDS)
def test_kill_9_of_postgresql(ingest, own_pg):
	server = ingest.server
	for _ in range(ROUNDS):
		ingest.begin()
		ingest.wait_for(random.randint(1, 600))
		own_pg.kill9()
		own_pg.start()
		wait_until(lambda: server.probe("/readyz") == 200, 60, "punchd is ready again")
		already = len(ingest.load.acked())
		ingest.wait_for(already + 1)
		ingest.end()
		check(server.database, ingest.acked)


def test_kill_9_of_a_backend(ingest, own_pg):
	server = ingest.server
	ingest.begin()
	for _ in range(5):
		ingest.wait_for(len(ingest.load.acked()) + 50)
		own_pg.sql("""select pg_terminate_backend(pid) from pg_stat_activity
			where usename = 'punchd'""")
	ingest.wait_for(len(ingest.load.acked()) + 50)
	ingest.end()
	wait_until(lambda: server.probe("/readyz") == 200, 30, "punchd is ready again")
	check(server.database, ingest.acked)


SLOW_COMMIT = """
	create function test_slow_commit() returns trigger language plpgsql as
		$$ begin perform pg_sleep(%s); return null; end $$;
	create constraint trigger test_slow_commit after insert on punch
		deferrable initially deferred for each row execute function test_slow_commit()"""


def test_connection_cut_between_commit_and_ok(server, terminal):
	terminal.register()
	lines = ["%d\t2026-03-01 08:00:00\t0\t1" % pin for pin in range(1, 6)]
	server.sql(SLOW_COMMIT % 0.1)
	body = "".join(x + "\n" for x in lines)
	with terminal.connect() as c:
		c.send(terminal.request_bytes("POST", terminal.push_target("ATTLOG"), body))
		# the statement runs; the terminal goes away before it commits
		wait_until(lambda: server.value("""select count(*) from pg_stat_activity
			where wait_event = 'PgSleep' and datname = current_database()"""),
			what="the commit is under way")
		c.reset()
	wait_until(lambda: server.value("select count(*) from punch") == 5, what="all rows are there")
	assert terminal.push("ATTLOG", *lines) == "OK: 5"
	assert server.value("select count(*) from punch") == 5
	assert server.api.get("/iclock/api/transactions/")["count"] == 5


def test_ok_only_after_the_commit(server, terminal):
	terminal.register()
	server.sql(SLOW_COMMIT % 1.5)
	answers = []
	upload = threading.Thread(target=lambda: answers.append(
		terminal.push("ATTLOG", "7\t2026-03-01 08:00:00\t0\t1")))
	upload.start()
	wait_until(lambda: server.value("""select count(*) from pg_stat_activity
		where wait_event = 'PgSleep' and datname = current_database()"""),
		what="the commit is under way")
	assert not answers, "answered before the commit"
	assert server.value("select count(*) from punch") == 0
	upload.join()
	assert answers == ["OK: 1"]
	assert server.value("select count(*) from punch") == 1


def test_synchronous_commit_stays_on(server, terminal):
	"""The acknowledging transaction must wait for the disk: no session may turn that off."""
	terminal.register()
	server.sql("create table test_seen (setting text)")
	server.sql("grant all on test_seen to public")
	server.sql("""create function test_note() returns trigger language plpgsql as $$
		begin insert into test_seen values (current_setting('synchronous_commit')); return null; end $$""")
	server.sql("""create trigger test_note after insert on punch
		for each statement execute function test_note()""")
	assert terminal.push("ATTLOG", "7\t2026-03-01 08:00:00\t0\t1") == "OK: 1"
	assert server.sql("select distinct setting from test_seen") == [("on",)]


