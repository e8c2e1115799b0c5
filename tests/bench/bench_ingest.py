#!/usr/bin/python3
"""The write side against its yardsticks: run by hand, prints one table.

Each round runs measure and yardstick in turn, so that what else the machine does hits both; the
figure is the median of the rounds' ratios, with its spread.

COPY writes the very rows that punchd has just written into the same table punch with its indexes,
while a process takes as much of the machine as the load generator took in the measured run.
"""

import argparse
import os
import statistics
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import machine, nginx, report, stage, tiny  # noqa: E402
from punchd_test.server import punchd_bin  # noqa: E402
from punchd_test.sim import punchsim_bin  # noqa: E402

PEOPLE = 20000
STEP = 600  # seconds between two punches of a person, as punchsim makes them


class Punches:
	"""The table punch of one database: filled, checked, copied, emptied."""

	def __init__(self, db):
		self.db = db
		self.files = tempfile.mkdtemp(prefix="punchd-copy-")
		os.chmod(self.files, 0o777)
		self.kept = 0  # rows that were there before the rounds

	def path(self, part):
		return os.path.join(self.files, "rows%d" % part)

	def check(self, acked=None):
		"""Every row once, ids dense, upload_time rising with id, counters right. Returns the
		number of rows since the preload."""
		rows, last, rising, total, last_id, blocks, twice, bad_block = self.db.sql("""
			select count(*), coalesce(max(id), 0),
				count(*) filter (where upload_time <= before), c.total, c.last_id,
				(select coalesce(sum(n), 0) from punch_block),
				count(*) filter (where id = before_id),
				(select count(*) from punch_block b where n <> case
					when b.block < c.last_id >> 13 then 8192 - (b.block = 0)::int
					else (c.last_id & 8191) + 1 - (b.block = 0)::int end)
			from punch_counter c left join (select id, upload_time,
				lag(upload_time) over (order by id) as before,
				lag(id) over (order by id) as before_id from punch where id > %s) p on true
			group by c.total, c.last_id""", self.kept)[0]
		assert total == last_id == blocks == last == rows + self.kept, (
			rows, last, total, last_id, blocks)
		assert not rising and not twice and not bad_block, (rising, twice, bad_block)
		if acked is not None:
			assert rows == acked, "%d rows, %d acknowledged" % (rows, acked)
		return rows

	def adopt(self):
		"""The counters as the table is, after rows came by COPY or were deleted."""
		self.db.sql("""
			delete from punch_block where block >= %s >> 13;
			insert into punch_block select id >> 13, count(*) from punch
				where id >= (%s >> 13) << 13 group by 1;
			update punch_counter set last_id = coalesce((select max(id) from punch), 0),
				total = (select sum(n) from punch_block)""" % (self.kept, self.kept))

	def preload(self, rows):
		"""Rows of PEOPLE people whose PINs punchsim will use, older than all it will send."""
		self.db.sql("select pin_ids(array(select (1000 + n)::text from generate_series(0, %d) n))"
			% (PEOPLE - 1))
		saved = [r[0] for r in self.db.sql("""select indexdef from pg_indexes
			where tablename = 'punch' and indexname <> 'punch_pkey'""")]
		for name, in self.db.sql("""select indexname from pg_indexes where tablename = 'punch'
				and indexname <> 'punch_pkey'"""):
			self.db.sql("drop index " + name)
		self.db.sql("""insert into punch (id, upload_time, punch_time, pin_id, origin_id, tz_offset,
				punch_state, verify_type, work_code, rest)
			select g, now() - interval '1 day' + g * interval '1 microsecond',
				timestamp '2020-01-01' + (g / %d) * interval '600 s'
					+ hashint8(g %% %d) %% 300 * interval '1 s',
				p.id, 1 + g %% 500, 330, g / %d %% 2, 1, '0', '\\x300930'
			from generate_series(1, %d) g join pin p on p.code = (1000 + g %% %d)::text
			order by g""" % (PEOPLE, PEOPLE, PEOPLE, rows, PEOPLE))
		for definition in saved:
			self.db.sql(definition)
		self.db.sql("vacuum analyze punch")
		self.kept = 0
		self.adopt()
		self.db.sql("update punch_counter set last_upload = (select max(upload_time) from punch)")
		self.kept = rows

	def clear(self):
		"""Back to the rows of the preload; a table of millions keeps what was added and goes on
		from there."""
		if self.kept == 0:
			self.db.sql("truncate punch, punch_block, punch_variant")
			self.db.sql("update punch_counter set last_id = 0, total = 0")
		else:
			self.kept = self.db.value("select max(id) from punch")
		self.db.cluster.sql("checkpoint")

	def dump(self, parts):
		"""The rows since the preload into files, blocks of 1000 dealt out in turn."""
		for part in range(parts):
			stage.psql(self.db, "\\copy (select id, upload_time, punch_time, pin_id, origin_id, "
				"tz_offset, punch_state, verify_type, is_mask, temperature, work_code, rest from "
				"punch where id > %d and id / 1000 %% %d = %d order by id) to '%s'" % (
				self.kept, parts, part, self.path(part)))

	def move(self, parts):
		"""Makes the dumped rows new ones, so that they can be copied beside the first: later ids
		and punch times."""
		last = self.db.value("select max(id) from punch")
		self.db.sql("create unlogged table if not exists moved (like punch)")
		for part in range(parts):
			self.db.sql("truncate moved")
			stage.psql(self.db, "\\copy moved from '%s'" % self.path(part))
			stage.psql(self.db, "\\copy (select id + %d, upload_time, punch_time + interval "
				"'7 days', pin_id, origin_id, tz_offset, punch_state, verify_type, is_mask, "
				"temperature, work_code, rest from moved order by id) to '%s'" % (
				last - self.kept, self.path(part)))
		self.db.sql("drop table moved")

	def copy(self, parts, share):
		"""Rows per second of COPY with so many connections."""
		before = self.db.value("select max(id) from punch") or 0
		self.db.cluster.sql("checkpoint")
		with machine.Burner(share):
			start = machine.time.monotonic()
			stage.psql(self.db, *("\\copy punch from '%s'" % self.path(p) for p in range(parts)))
			seconds = machine.time.monotonic() - start
		rows = self.db.value("select count(*) from punch where id > %s", before)
		return rows / seconds

	def copies(self, share):
		"""The ceiling for the rows written last: with one connection and with two."""
		rates = []
		for parts in (1, 2):
			self.dump(parts)
			if self.kept:
				self.move(parts)
			self.clear()
			rates.append(self.copy(parts, share))
			if self.kept:
				self.adopt()
		return rates


class Stage:
	"""One cluster, one punchd on a fresh database, for one row of the table."""

	def __init__(self, pg, **settings):
		self.db = stage.database(pg)
		self.punches = Punches(self.db)
		self.settings = settings
		self.server = None

	def __enter__(self):
		self.server = stage.server(self.db, **self.settings)
		return self

	def __exit__(self, *exc):
		self.server.stop()
		self.db.drop()

	def load(self, mode, *options):
		"""A run of punchsim on punches later than all that are there, as in life."""
		start = self.db.value("""select to_char(greatest('2025-01-01',
			date_trunc('day', max(punch_time)) + interval '7 days'), 'YYYY-MM-DD HH24:MI:SS')
			from punch""")
		return stage.load(self.server, mode, "--people", PEOPLE, "--step", STEP,
			"--start-time", start, *options)

	def cpu(self):
		return machine.cpu_seconds(self.server.process.pid)


def share_of(figures):
	return figures["cpu_seconds"] / figures["seconds"]


def say(text, *args):
	print("  " + text % args, flush=True)


# ---------------------------------------------------------------- the rows of the table


def bench_ingest(r, pg, a, preload=0):
	name = "into {:,}".format(preload) if preload else "into empty"
	with Stage(pg) as s:
		if preload:
			s.punches.preload(preload)
		s.load("ingest", "--terminals", 50, "--seconds", 1)
		for _ in range(a.rounds):
			if preload:
				s.punches.adopt()
			s.punches.clear()
			cpu = s.cpu()
			f = s.load("ingest", "--terminals", 50, "--lines", 100, "--seconds", a.seconds)
			cpu = (s.cpu() - cpu) / f["lines_acked"] * 1e6
			assert not f["errors"], f
			s.punches.check(f["lines_acked"])
			one, two = s.punches.copies(share_of(f))
			rate = f["lines_per_s"]
			say("ingest %s: %d lines/s, COPY %d and %d rows/s, p99 %.0f ms, punchd %.2f us/line",
				name, rate, one, two, f["latency_ms"]["p99"], cpu)
			r.add("ingest " + name + ", lines/s", rate)
			r.add("ingest " + name + " : COPY with 1", rate / one, need=0.6)
			r.add("ingest " + name + " : COPY with 2", rate / two, wish=0.6)
			r.add("COPY with 2 : COPY with 1, " + name, two / one)


LIVE_SCRIPT = """
\\set pin random(1, %d)
\\set slot random(0, 2000000000)
insert into punch (id, upload_time, punch_time, pin_id, origin_id, tz_offset, punch_state,
	verify_type, work_code, rest) values (nextval('bench_id'), clock_timestamp(),
	timestamp '2030-01-01' + :slot * interval '1 s', :pin, 1, 330, 0, 1, '0', '\\\\x3009')
	on conflict do nothing;
""" % PEOPLE


def bench_live(r, pg, a):
	with Stage(pg) as s, tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
		script.write(LIVE_SCRIPT)
		script.flush()
		os.chmod(script.name, 0o644)
		s.load("live", "--terminals", 50, "--seconds", 1)
		for _ in range(a.rounds):
			s.punches.clear()
			f = s.load("live", "--terminals", 50, "--seconds", a.seconds)
			assert not f["errors"], f
			s.punches.check(f["lines_acked"])
			commits = s.db.value("select count(distinct xmin::text) from punch")
			s.punches.clear()
			s.db.sql("create sequence if not exists bench_id cache 100")
			tps, _ = stage.pgbench(s.db, script.name, 16, a.seconds)
			s.punches.clear()
			say("live: %d/s, p99 %.1f ms, %.1f rows a commit; single commits: %d/s",
				f["lines_per_s"], f["latency_ms"]["p99"], f["lines_acked"] / commits, tps)
			r.add("live punches/s", f["lines_per_s"])
			r.add("live : one row, one commit, 16 connections", f["lines_per_s"] / tps, need=2,
				wish=4)
			r.add("live p99", f["latency_ms"]["p99"], unit="ms", need=25, better="less")


def bench_twice(r, pg, a):
	with Stage(pg) as s:
		s.load("ingest", "--terminals", 50, "--seconds", 1)
		for _ in range(a.rounds):
			rates = []
			for options in ((), ("--duplicate", 20)):
				s.punches.clear()
				f = s.load("ingest", "--terminals", 50, "--seconds", a.seconds, *options)
				assert not f["errors"], f
				s.punches.check(f["distinct_acked"])
				rates.append(f["distinct_acked"] / f["seconds"])
			say("unique rows/s: %d, with 20 %% sent twice %d", *rates)
			r.add("unique rows/s, 20 % twice : without", rates[1] / rates[0], need=0.8, wish=0.95)


def bench_heartbeat(r, pg, a):
	ng = None if a.tiny else nginx.Nginx()
	try:
		with Stage(pg) as s:
			for name, options, need in (("keep-alive", (), 0.75), ("a connection each", ("--close",), 0.9)):
				for _ in range(a.rounds):
					figures = []
					ours = s.server, s.server.process.pid
					for target, pid in ((ng, ng.worker) if ng else ours, ours):
						cpu = machine.cpu_seconds(pid)
						f = stage.load(target, "heartbeat", "--terminals", 64, "--seconds",
							a.seconds, *options)
						assert not f["errors"], f
						cpu = (machine.cpu_seconds(pid) - cpu) / f["requests"] * 1e6
						figures.append((f["requests_per_s"], cpu, f["latency_ms"]["p99"]))
					(theirs, their_cpu, _), (ours, our_cpu, p99) = figures
					say("heartbeats, %s: %d/s at %.1f us, p99 %.1f ms; nginx %d/s at %.1f us",
						name, ours, our_cpu, p99, theirs, their_cpu)
					r.add("heartbeat, %s : nginx" % name, ours / theirs, need=need, wish=1)
					r.add("heartbeat, %s, CPU : nginx" % name, our_cpu / their_cpu,
						need=None if options else 1.4, better="less")
	finally:
		if ng:
			ng.stop()


def bench_storm(r, pg, a, lines):
	terminals, punches = a.storm
	for _ in range(a.storm_rounds):
		with Stage(pg) as s:
			with machine.RssPeak(s.server.process.pid) as rss:
				f = s.load("storm", "--terminals", terminals, "--punches", punches, "--lines", lines,
					"--heartbeats", 500, "--heartbeat-every", 1)
			assert f["complete"] and not f["errors"] and not f["heartbeat_errors"], f
			s.punches.check(terminals * punches)
			one, two = s.punches.copies(share_of(f))
			say("storm, %d lines a POST: %d lines/s, p99 %.0f ms; COPY %d and %d rows/s", lines,
				f["lines_per_s"], f["latency_ms"]["p99"], one, two)
			name = "storm, %d lines a POST" % lines
			need = lines == 20
			r.add(name + ", lines/s", f["lines_per_s"])
			r.add(name + " : COPY with 1", f["lines_per_s"] / one, need=0.45 if need else None,
				wish=0.6 if need else None)
			r.add(name + ", heartbeats' p99", f["heartbeat_latency_ms"]["p99"], unit="ms",
				need=100, better="less")
			r.add(name + ", RssAnon at most", rss.peak / 2**20, unit="MiB", need=128, wish=64,
				better="less")


def bench_memory(r, pg, a):
	with Stage(pg) as s:
		pid = s.server.process.pid
		r.add("memory idle", machine.rss_anon(pid) / 2**20, unit="MiB", need=12, wish=6,
			better="less")
		with machine.RssPeak(pid) as rss:
			f = stage.load(s.server, "idle", "--terminals", a.idle[0], "--delay", 10, "--seconds", a.idle[1])
		assert not f["errors"], f
		r.add("memory, {:,} idle connections".format(a.idle[0]), rss.peak / 2**20, unit="MiB", need=60, wish=25,
			better="less")


BENCHES = {
	"ingest": bench_ingest,
	"million": lambda r, pg, a: bench_ingest(r, pg, a, a.million),
	"live": bench_live,
	"twice": bench_twice,
	"heartbeat": bench_heartbeat,
	"storm": lambda r, pg, a: bench_storm(r, pg, a, 20),
	"storm100": lambda r, pg, a: bench_storm(r, pg, a, 100),
	"memory": bench_memory,
}


def main():
	p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	p.add_argument("--rounds", type=int, default=5)
	p.add_argument("--seconds", type=float, default=5, help="of each measured run")
	p.add_argument("--storm-rounds", type=int, default=1)
	p.add_argument("--quick", action="store_true", help="storm of 100 punches each, 1 million rows")
	p.add_argument("only", nargs="*", help="of: " + " ".join(BENCHES))
	a = tiny.parse(p, rounds=1, seconds=1)
	a.storm = (100, 20) if a.tiny else (5000, 100) if a.quick else (5000, 2000)
	a.million = 20000 if a.tiny else 1000000 if a.quick else 10000000
	a.idle = (100, 2) if a.tiny else (5000, 15)
	for program in (punchd_bin(), punchsim_bin()):
		if not os.path.exists(program):
			sys.exit("no %s; build the release preset" % program)
	for name in a.only:
		if name not in BENCHES:
			p.error("no bench %r" % name)
	machine.raise_file_limit()
	r = report.Report()
	pg = stage.cluster()
	try:
		for name in a.only or BENCHES:
			print(name, flush=True)
			BENCHES[name](r, pg, a)
	finally:
		pg.destroy()
	print()
	r.print()
	sys.exit(tiny.status(a, r))


if __name__ == "__main__":
	main()
