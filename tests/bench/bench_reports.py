#!/usr/bin/python3
"""Lists and attendance reports against their yardsticks: run by hand, prints one table.

Ten million punches of 50,000 people in one year. A page of 100 of each list beside the statement that
fetches the same rows, prepared, over libpq. Each report of a month, as a file and as one list of all
rows, beside \\copy of the statement that anybody would write for the same rows; and a page of 100,
first and in the middle of a walk, beside the same statement with its count and limit, over libpq.
"""

import argparse
import csv
import io
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import machine, report, stage, tiny  # noqa: E402
from bench_read import PAGE_SQL, LOAD, Reader, fill  # noqa: E402

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
TIMES = PAIRS.replace("punch_state", "punch_state, to_char(punch_time, 'HH24:MI') as clock").replace(
	"as worked", "as worked, string_agg(clock, ',' order by t) as times")
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
	"dailyActivityReport": "select %s, %s, x.worked, x.n, x.times from %s %s" % (NAMES, CLOCK, TIMES, JOIN),
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


P = "/personnel/api/"
LOGS = """insert into manual_log (employee_id, punch_time, punch_state, apply_reason)
	select id, timestamp '2024-03-01 08:00' + id * interval '1 second', 0, 'forgot' from employee;
insert into att_leave (employee_id, pay_code_id, start_time, end_time, apply_reason)
	select id, 1, timestamp '2024-07-01 08:00', timestamp '2024-07-05 17:00', 'sea' from employee;
"""
LISTS = {
	P + "employees/": """select e.*, d.code, d.name, j.code, j.name, (select json_agg(json_build_object(
		'id', a.id, 'area_code', a.code, 'area_name', a.name)) from employee_area m join area a
		on a.id = m.area_id where m.employee_id = e.id), b.*, (select json_agg(form) from photo
		where photo.pin_id = e.pin_id) from employee e join department d on d.id = e.department_id
		left join position j on j.id = e.position_id left join lateral (select
		json_agg(json_build_array(bio_type, major_ver, n)) from (select bio_type, max(major_ver) as
		major_ver, count(distinct bio_no) as n from template where template.pin_id = e.pin_id
		group by bio_type) k) b on true order by e.id limit 100""",
	P + "departments/": """select t.*, u.code, u.name from department t
		left join department u on u.id = t.parent_id order by t.id limit 100""",
	P + "areas/": """select t.*, u.code, u.name from area t
		left join area u on u.id = t.parent_id order by t.id limit 100""",
	P + "positions/": """select t.*, u.code, u.name from position t
		left join position u on u.id = t.parent_id order by t.id limit 100""",
	"/iclock/api/terminals/": """select t.*, s.*, a.code, a.name from terminal t
		left join terminal_state s on s.terminal_id = t.id join area a on a.id = t.area_id
		order by t.id limit 100""",
	"/iclock/api/transactions/": PAGE_SQL,
	A + "manuallogs/": """select t.*, e.emp_code, e.first_name, e.last_name, d.name, j.name
		from (select * from manual_log order by id limit 100) t join employee e on e.id = t.employee_id
		join department d on d.id = e.department_id left join position j on j.id = e.position_id
		order by t.id""",
	A + "leaves/": """select t.*, e.emp_code, e.first_name, e.last_name, d.name, j.name, c.name
		from (select * from att_leave order by id limit 100) t join employee e on e.id = t.employee_id
		join pay_code c on c.id = t.pay_code_id join department d on d.id = e.department_id
		left join position j on j.id = e.position_id order by t.id""",
}


def people(server, n_people):
	"""All of them, sealed as the server seals, and the punches' pins with them."""
	def load(path, *rows):
		out = io.StringIO()
		csv.writer(out).writerows(rows)
		r = server.api.request("POST", P + path + "/import/", out.getvalue().encode(),
			headers={"Content-Type": "text/csv"})
		assert r.status == 200, r
	load("departments", ["dept_code", "dept_name"], *[["D%d" % n, "Department %d" % n] for n in range(2, 51)])
	load("positions", ["position_code", "position_name"],
		*[["P%d" % n, "Position %d" % n] for n in range(2, 31)])
	load("areas", ["area_code", "area_name"], *[["A%d" % n, "Area %d" % n] for n in range(3, 41)])
	for first in range(1, n_people + 1, 10000):
		load("employees", ["emp_code", "first_name", "last_name", "dept_code", "position_code", "area_code",
			"hire_date", "birthday", "card_no", "mobile", "email", "address"],
			*[[1000000 + n, "First%d" % n, "Last%d" % n, "D%d" % (2 + n % 49), "P%d" % (2 + n % 29),
				"A%d" % (3 + n % 38), "2023-01-01", "1990-01-02", 5000000 + n, "+49 170 %d" % n,
				"p%d@example.com" % n, "%d Long Street, Springfield" % n]
			for n in range(first, min(first + 10000, n_people + 1))])


def bench_list(path, reader, out, rounds):
	name = path.split("/")[-2]
	for _ in range(rounds):
		own = reader.sql(LISTS[path])
		page = statistics.median(reader._run("get", *reader.web, 200, path + "?page_size=100"))
		out.add("page of %s, its SQL" % name, own / 1000, unit="ms")
		out.add("page of %s / its SQL" % name, page / own, need=3, wish=1.5, better="less")


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


def bench_pages(name, reader, out, rounds, pages):
	"""A page of 100: with its count, which looks at everybody, and behind another one."""
	query = A + name + "/?page_size=100&" + PERIOD
	for _ in range(rounds):
		# the count is what makes a first page look at everybody
		counted = "with rows as materialized (%s) select (select count(*) from rows), * from rows" \
			" limit 100" % SQL[name]
		own = statistics.median(reader._run("sql", reader.db.conninfo, 1, stdin=counted))
		out.add("%s: a page's SQL with count" % name, own / 1000, unit="ms")
		first = statistics.median(reader._run("get", *reader.web, 3, query))
		out.add("%s: page 1 / its SQL with count" % name, first / own, need=3, wish=1.5, better="less")
		nexts = [reader._run("get", *reader.web, 1, query + "&page=%d" % n)[0] for n in range(1, pages + 1)]
		out.add("%s: a page that follows" % name, statistics.median(nexts[1:]) / 1000, unit="ms")


def main():
	p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	p.add_argument("--rows", type=int, default=10000000)
	p.add_argument("--rounds", type=int, default=3)
	p.add_argument("--people", type=int, default=50000)
	p.add_argument("--only", help="one report, or lists")
	options = tiny.parse(p, rows=30000, rounds=1, people=400)
	pg = stage.cluster()
	try:
		db = stage.database(pg)
		server = stage.server(db)
		try:
			people(server, options.people)
		finally:
			server.stop()
		# what LOAD has besides people and their organisation
		punches = LOAD[LOAD.index("insert into terminal"):].replace("%% 20000)", "%%%% %d)" % options.people)
		fill(db, options.rows, LOGS + punches + "select tally_fold();\n")
		server = stage.server(db)
		try:
			reader, out = Reader(db, server), report.Report()
			for path in LISTS:
				if options.only in (None, "lists"):
					bench_list(path, reader, out, options.rounds)
			for name in SQL:
				if options.only in (None, name):
					print(name, flush=True)
					bench_report(name, reader, out, options.rounds, db, server)
					bench_pages(name, reader, out, options.rounds, 3 if options.tiny else 21)
			out.print()
		finally:
			server.stop()
	finally:
		pg.destroy()
	return tiny.status(options, out)


if __name__ == "__main__":
	sys.exit(main())
