#!/usr/bin/python3
"""Attendance reports against their yardsticks: run by hand, prints one table.

Ten million punches of 50,000 people in one year. Each report of a month, as a file and as one list of
all rows, beside \\copy of the statement that anybody would write for the same rows; and a page of 100,
first and in the middle of a walk, beside the same statement with its limit, over libpq.
"""

import argparse
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import machine, report, stage  # noqa: E402
from bench_read import LOAD, Reader, fill  # noqa: E402

A = "/att/api/"
FROM, TO = "2024-02-01", "2024-02-29"
PERIOD = "start_date=%s&end_date=%s&employees=-1" % (FROM, TO)

NAMES = """e.id, e.emp_code, e.first_name, e.last_name, e.nickname, e.gender, d.code, d.name, j.code,
	j.name, x.day"""
JOIN = """ join employee e on e.pin_id = x.pin_id join department d on d.id = e.department_id
	left join position j on j.id = e.position_id order by e.id, x.day"""
RANGE = "p.punch_time >= '%s' and p.punch_time < '%s'::date + 1" % (FROM, TO)
DAYS = """(select p.pin_id, p.punch_time::date as day, min(p.punch_time) as first,
	max(p.punch_time) as last, count(*) as n from punch p where %s group by 1, 2) x""" % RANGE
PAIRS = """(select pin_id, day, min(t) as first, max(t) as last, count(*) as n,
	sum(gap) filter (where nr %% 2 = 1) as worked from (select pin_id, punch_time::date as day,
	punch_time as t, lead(punch_time) over w - punch_time as gap, row_number() over w as nr, punch_state
	from punch p where %s window w as (partition by pin_id, punch_time::date order by punch_time)) q
	group by 1, 2) x""" % RANGE
TIMES = """(select p.pin_id, p.punch_time::date as day, min(p.punch_time) as first,
	max(p.punch_time) as last, count(*) as n,
	string_agg(to_char(p.punch_time, 'HH24:MI'), ',' order by p.punch_time) as times
	from punch p where %s group by 1, 2) x""" % RANGE
CARD = """(with x as materialized (select * from %s)
	select e.pin_id, g::date as day, first, last, n, worked from employee e
	cross join generate_series('%s'::date, '%s'::date, '1 day') g
	left join x on x.pin_id = e.pin_id and x.day = g::date) x""" % (PAIRS, FROM, TO)
ABSENT = """(select e.pin_id, g::date as day from employee e
	cross join generate_series('%s'::date, '%s'::date, '1 day') g
	where extract(isodow from g) < 6 and not exists (select from punch p where p.pin_id = e.pin_id
	and p.punch_time >= g and p.punch_time < g + interval '1 day')) x""" % (FROM, TO)
CLOCK = "to_char(x.first, 'HH24:MI'), to_char(x.last, 'HH24:MI'), to_char(x.last - x.first, 'HH24:MI')"

SQL = {
	"firstLastReport": "select %s, %s, x.n from %s %s" % (NAMES, CLOCK, DAYS, JOIN),
	"firstInLastOutReport": "select %s, %s, x.n from %s %s" % (NAMES, CLOCK, PAIRS, JOIN),
	"totalTimeCardReportV2": "select %s, %s, x.worked, x.n from %s %s" % (NAMES, CLOCK, CARD, JOIN),
	"dailyAbsentReport": "select %s from %s %s" % (NAMES, ABSENT, JOIN),
	"dailyActivityReport": "select %s, %s, x.n, x.times from %s %s" % (NAMES, CLOCK, TIMES, JOIN),
	"monthlyPunchReport": """select %s, x.times from (select pin_id, '%s'::date as day,
		string_agg(day || ' ' || times, E'\\n' order by day) as times from %s group by 1) x %s""" % (
		NAMES, FROM, TIMES, JOIN),
	"transactionReport": """select p.id, n.code, e.first_name, e.last_name, e.nickname, d.name, j.name,
		to_char(p.punch_time, 'YYYY-MM-DD'), to_char(p.punch_time, 'Day'),
		to_char(p.punch_time, 'HH24:MI:SS'), p.punch_state, p.verify_type, p.work_code, o.area_alias,
		o.sn, o.alias, to_char(p.upload_time, 'YYYY-MM-DD HH24:MI:SS') from punch p
		join pin n on n.id = p.pin_id
		left join employee e on e.pin_id = p.pin_id and p.id > n.unlinked_up_to
		left join department d on d.id = e.department_id left join position j on j.id = e.position_id
		join punch_origin o on o.id = p.origin_id where %s order by p.id""" % RANGE,
}


def bench_report(name, reader, out, rounds, db, server):
	"""The whole month: file and list."""
	idle = machine.rss_anon(server.process.pid)
	for _ in range(rounds):
		start = time.monotonic()
		stage.psql(db, "\\copy (%s) to '/dev/null' csv header" % " ".join(SQL[name].split()))
		copy = time.monotonic() - start
		with machine.RssPeak(server.process.pid) as memory:
			first, whole, size = reader.file(A + name + "/export/?export_type=csv&" + PERIOD)
			_, listed, _ = reader.file(A + name + "/?page_size=10000000&" + PERIOD)
		out.add("%s: \\copy" % name, copy, unit="s", note="%.0f MB" % (size / 1e6))
		out.add("%s: CSV / \\copy" % name, whole / 1e6 / copy, need=1.5, wish=1, better="less")
		out.add("%s: list / \\copy" % name, listed / 1e6 / copy, need=1.5, wish=1, better="less")
		out.add("%s: CSV, first byte" % name, first / 1000, unit="ms")
		out.add("%s: memory above idle" % name, (memory.peak - idle) / 1048576, unit="MiB", need=32,
			better="less")


def bench_pages(name, reader, out, rounds):
	"""A page of 100: with its count, which looks at everybody, and behind another one."""
	query = A + name + "/?page_size=100&" + PERIOD
	for _ in range(rounds):
		# the count is what makes a first page look at everybody
		counted = "select * from (select count(*) over (), * from (%s) all_rows) c limit 100" % SQL[name]
		own = statistics.median(reader._run("sql", reader.db.conninfo, 1, stdin=counted))
		out.add("%s: a page's SQL with count" % name, own / 1000, unit="ms")
		first = statistics.median(reader._run("get", *reader.web, 3, query))
		out.add("%s: page 1 / its SQL with count" % name, first / own, need=3, wish=1.5, better="less")
		nexts = [reader._run("get", *reader.web, 1, query + "&page=%d" % n)[0] for n in range(1, 22)]
		out.add("%s: a page that follows" % name, statistics.median(nexts[1:]) / 1000, unit="ms")


def main():
	p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	p.add_argument("--rows", type=int, default=10000000)
	p.add_argument("--rounds", type=int, default=3)
	p.add_argument("--only", help="one report")
	options = p.parse_args()
	pg = stage.cluster()
	try:
		db = stage.database(pg)
		fill(db, options.rows, LOAD.replace("generate_series(1, 20000)", "generate_series(1, 50000)")
			.replace("%% 20000)", "%% 50000)").replace("(100000 + g)", "(1000000 + g)"))
		db.sql("update employee set hire_date = '2023-01-01'")
		db.sql("vacuum analyze")
		server = stage.server(db)
		try:
			reader, out = Reader(db, server), report.Report()
			for name in SQL:
				if options.only in (None, name):
					print(name, flush=True)
					bench_report(name, reader, out, options.rounds, db, server)
					bench_pages(name, reader, out, options.rounds)
			out.print()
		finally:
			server.stop()
	finally:
		pg.destroy()
	return 1 if out.short else 0


if __name__ == "__main__":
	sys.exit(main())
