#!/usr/bin/python3
"""The read side against its yardsticks: run by hand, prints one table.

Ten million punches of 20,000 people at 500 terminals in one year, made by SQL. The page's own SQL
is the plain join that anybody would write for the rows of a page, prepared, over libpq, without a
count; \\copy reads the same joined and formatted rows that the export writes. Measure and yardstick
run in turn; the figure is the median of the rounds' ratios, with its spread.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import machine, report, stage, tiny  # noqa: E402
from punchd_test.sealed import Sealed  # noqa: E402

PATH = "/iclock/api/transactions/"

LOAD = """
insert into department (code, name) select 'D' || g, 'Department ' || g from generate_series(2, 50) g;
insert into position (code, name) select 'P' || g, 'Position ' || g from generate_series(2, 30) g;
insert into area (code, name) select 'A' || g, 'Area ' || g from generate_series(3, 40) g;
insert into pin (code) select (100000 + g)::text from generate_series(1, 20000) g;
insert into employee (emp_code, first_name, last_name, department_id, position_id, row_key, sealed)
	select code, 'First' || id, case when id %% 5 = 0 then '' else 'Last' || id end,
		1 + id %% 50, 1 + id %% 30, decode('%(row_key)s', 'hex'), decode('%(sealed)s', 'hex') from pin;
insert into terminal (sn, alias, area_id)
	select 'SN' || lpad(g::text, 10, '0'), 'Gate ' || g, 2 + g %% 39 from generate_series(1, 500) g;
drop index punch_key, punch_time, punch_origin_time, punch_upload;
insert into punch (id, upload_time, punch_time, pin_id, origin_id, tz_offset, punch_state,
	verify_type, work_code)
select g, timestamptz '2024-01-01 00:00:10+00' + g * interval '%(gap)s seconds' + interval '1 hour',
	date_trunc('second', timestamp '2024-01-01' + g * interval '%(gap)s seconds'
		+ (hashint8(g) & 4095) * interval '0.87 second'),
	p.pin, t.origin_id, 0, g & 1, 1 + 14 * (g >> 1 & 1), '0'
from generate_series(1, %(rows)d) g, lateral (select 1 + (g::bigint * 7919 %% 20000)::int as pin) p
join terminal t on t.id = 1 + p.pin %% 500;
%(indexes)s
update punch_counter set last_id = %(rows)d, total = %(rows)d,
	last_upload = (select max(upload_time) from punch);
insert into punch_block select id >> 13, count(*) from punch group by 1;
"""

ROW = """
	p.id, n.code, e.first_name, e.last_name, d.name, j.name,
	to_char(p.punch_time, 'YYYY-MM-DD HH24:MI:SS'), p.punch_state,
	case p.punch_state when 0 then 'Check In' when 1 then 'Check Out' else 'Unknown' end,
	p.verify_type,
	case p.verify_type when 1 then 'Fingerprint' when 15 then 'Face' else 'Unknown' end,
	p.work_code, '' as gps, o.area_alias, o.sn, coalesce(p.temperature, 0.0), o.alias,
	to_char(p.upload_time, 'YYYY-MM-DD HH24:MI:SS')"""
JOIN = """
	join pin n on n.id = p.pin_id
	left join employee e on e.pin_id = p.pin_id and p.id > n.unlinked_up_to
	left join department d on d.id = e.department_id
	left join position j on j.id = e.position_id
	join punch_origin o on o.id = p.origin_id"""
PAGE_SQL = """select p.*, n.code, e.id, e.first_name, e.last_name, d.name, j.name, o.area_alias, o.sn,
	o.alias from (select * from punch order by id limit 100) p %s order by p.id""" % JOIN
COPY_SQL = "\\copy (select %s from punch p %s where %%s order by p.id) to '/dev/null' csv header" % (
	ROW.replace("\n", " "), JOIN.replace("\n", " "))


class Reader:
	"""The C program beside this file."""

	def __init__(self, db, server):
		self.program = os.path.join(tempfile.mkdtemp(prefix="punchd-reader-"), "reader")
		source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reader.c")
		flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libpq"], text=True,
			capture_output=True, check=True).stdout.split()
		subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", self.program, source, *flags], check=True)
		self.db = db
		server.api.get(PATH)  # logs in
		self.web = [server.address[0], str(server.address[1]), server.api.authorization]

	def _run(self, *args, stdin=""):
		out = subprocess.run([self.program, *map(str, args)], input=stdin, text=True,
			capture_output=True, check=False)
		assert out.returncode == 0, out.stderr
		return [int(n) for n in out.stdout.split()]

	def sql(self, statement, runs=200):
		return statistics.median(self._run("sql", self.db.conninfo, runs, stdin=statement))

	def page(self, query, runs=200):
		return statistics.median(self._run("get", *self.web, runs, PATH + "?" + query))

	def file(self, path):
		return self._run("file", *self.web, path)

	def walk(self, query):
		return self._run("walk", *self.web, PATH + "?" + query + "&page=")


def fill(db, rows, load=LOAD):
	"""The table and everything around it, a year of it; indexes as the schema has them, made afterwards. Its
	server must have run once, so that there are keys: the people have one sealed record, which opens."""
	row_key = os.urandom(16)
	record = Sealed(db).close("employee.sealed", row_key, b'{"mobile":"+49 170 1234567","address":"1 Long Street, Springfield"}')
	indexes = [r[0] for r in db.sql("select pg_get_indexdef(indexrelid) from pg_index"
		" where indrelid = 'punch'::regclass and not indisprimary")]
	start = time.time()
	for statement in (load % {"rows": rows, "gap": 31500000 / rows,
			"row_key": row_key.hex(), "sealed": record.hex(), "indexes": ";\n".join(indexes) + ";"}).split(";\n"):
		if statement.strip():
			db.sql(statement)
	db.sql("vacuum analyze")
	print("%d rows loaded in %.0f s" % (rows, time.time() - start), flush=True)


def bench_page(reader, out, rounds, rows):
	"""Page 1, and a jump to the last page, against the page's own SQL."""
	last = rows // 100
	for _ in range(rounds):
		own = reader.sql(PAGE_SQL)
		first = reader.page("page_size=100")
		jump = reader.page("page_size=100&page=%d" % last, 50)
		middle = reader.page("page_size=100&page=%d" % (last * 2 // 3), 50)
		out.add("page's own SQL", own / 1000, unit="ms")
		out.add("page 1 with count", first / 1000, unit="ms")
		out.add("page 1 / its own SQL", first / own, need=3, wish=1.5, better="less")
		out.add("jump to page %d / page 1" % last, jump / first, need=3, wish=1.5, better="less")
		out.add("jump to page %d / page 1" % (last * 2 // 3), middle / first, need=3, wish=1.5,
			better="less")


def bench_filter(reader, out, rounds, rows):
	"""First pages with a count of their own, told only."""
	for i in range(rounds):
		for name, query in (
				("a day", "start_time=2024-02-%02d&end_time=2024-02-%02d" % (i + 1, i + 2)),
				("a month", "start_time=2024-0%d-01&end_time=2024-0%d-01" % (i % 8 + 1, i % 8 + 2)),
				("a person", "emp_code=10%04d" % (i + 1)),
				("a terminal", "terminal_sn=SN%010d" % (i + 1)),
				("a terminal's day", "terminal_sn=SN%010d&start_time=2024-02-%02d&end_time=2024-02-%02d"
					% (i + 1, i + 1, i + 2)),
				("a department", "departments=%d" % (i + 1))):
			out.add("page 1 of %s, first time" % name, reader.page(query + "&page_size=100", 1) / 1000,
				unit="ms")
			out.add("page 1 of %s, again" % name, reader.page(query + "&page_size=100", 20) / 1000,
				unit="ms")


def ends(times):
	"""Medians of the first and the last full pages of a walk."""
	n = max(1, min(50, len(times) // 10))
	return statistics.median(times[:n]), statistics.median(times[-n - 1:-1])


def bench_walk(reader, out, rounds, rows, when):
	for name, query in (("all", "page_size=1000"), ("a quarter by time",
			"page_size=1000&start_time=2024-01-20&end_time=2024-04-20"),
			("a day", "page_size=100&start_time=2024-02-03&end_time=2024-02-04")):
		for _ in range(rounds if name == "a day" else 1):
			times = reader.walk(query)
			first, last = ends(times)
			out.add("walk over %s%s: last / first page" % (name, when), last / first, need=1.5,
				wish=1.1, better="less", note="%d pages, %.2f ms" % (len(times), last / 1000))


def bench_export(reader, out, rounds, db, server):
	million = "page_size=1000000"
	span = "start_time=2024-02-01&end_time=2024-03-08%2011:00:00"
	rows = db.value("select count(*) from punch where punch_time between '2024-02-01'"
		" and '2024-03-08 11:00:00'")
	idle = machine.rss_anon(server.process.pid)
	for _ in range(rounds):
		for name, query, where in (("a million rows", million, "p.id <= 1000000"),
				("%d rows by time" % rows, span,
					"p.punch_time between '2024-02-01' and '2024-03-08 11:00:00'")):
			start = time.monotonic()
			stage.psql(db, COPY_SQL % where)
			copy = time.monotonic() - start
			with machine.RssPeak(server.process.pid) as memory:
				first, whole, _ = reader.file(PATH + "export/?export_type=csv&" + query)
			out.add("\\copy of %s" % name, copy, unit="s")
			out.add("CSV of %s / \\copy" % name, 100 * copy / (whole / 1e6), unit="%", need=100,
				wish=150)
			out.add("CSV of %s, first byte" % name, first / 1000, unit="ms", need=50, better="less")
			out.add("CSV of %s, memory above idle" % name, (memory.peak - idle) / 1048576, unit="MiB",
				need=32, better="less")


def main():
	p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	p.add_argument("--rows", type=int, default=10000000)
	p.add_argument("--rounds", type=int, default=5)
	options = tiny.parse(p, rows=60000, rounds=1)
	pg = stage.cluster()
	try:
		db = stage.database(pg)
		stage.server(db).stop()
		fill(db, options.rows)
		server = stage.server(db)
		try:
			reader, out = Reader(db, server), report.Report()
			bench_page(reader, out, options.rounds, options.rows)
			bench_export(reader, out, options.rounds, db, server)
			bench_filter(reader, out, options.rounds, options.rows)
			bench_walk(reader, out, options.rounds, options.rows, "")
			db.sql("select punch_delete(array(select id from punch where random() < 0.01))")
			bench_walk(reader, out, options.rounds, options.rows, ", 1 % deleted")
			out.print()
		finally:
			server.stop()
	finally:
		pg.destroy()
	return tiny.status(options, out)


if __name__ == "__main__":
	sys.exit(main())
