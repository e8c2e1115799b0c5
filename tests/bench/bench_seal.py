#!/usr/bin/python3
"""What sealing costs: templates uploaded, and the list of employees, beside the same punchd with a library
before it that copies where AES-GCM would seal (nocipher.c), on a database without the guard of sealed
columns. Run by hand; prints one table.

Whatever else there is (JSON, SQL, the way to the database) is the same on both sides, so the ratio is that of
the cipher and the guard. It is told twice: of the time that passes, and of the processor time that punchd
and PostgreSQL use, which a busy machine changes less. The two take turns, in a different order each round.
"""

import argparse
import base64
import os
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import machine, report, stage, tiny  # noqa: E402
from punchd_test.server import Server, punchd_bin  # noqa: E402
from punchd_test.terminal import Terminal  # noqa: E402

BODY = 200  # templates in one upload
TABLES = ("secret", "employee", "reject", "raw_upload", "held_upload", "template", "photo")
E = "/personnel/api/employees/"


def library(directory):
	path = os.path.join(directory, "nocipher.so")
	source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nocipher.c")
	subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", path, source], check=True)
	linked = subprocess.run(["ldd", punchd_bin()], capture_output=True, text=True, check=True).stdout.split()
	sanitizer = [x for x in linked if x.startswith("/") and "/libasan" in x]  # wants to be the first
	return ":".join([*sanitizer, path])


def person(n):
	return {"emp_code": str(100000 + n), "first_name": "Person %d" % n, "department": 1, "area": [2],
		"device_password": "%04d" % (n % 10000), "card_no": str(10000000 + n), "birthday": "1980-05-04",
		"mobile": "+49 171 %07d" % n, "address": "Main Street %d" % n, "city": "Springfield", "postcode": "12345",
		"email": "person%d@example.com" % n, "national": "XY", "ssn": "123-45-%04d" % (n % 10000)}


class Side:
	"""One punchd on a database of its own."""

	def __init__(self, pg, people, preload):
		self.db = stage.database(pg)
		if preload:
			for table in TABLES:
				self.db.sql("alter table %s disable trigger seal_guard" % table)
		self.server = Server(self.db, admission="auto", log_level="warn", env={"LD_PRELOAD": preload} if preload else None)
		self.sent = 0
		self.pg = pg
		api = self.server.api
		for n in range(100):
			api.post(E, person(n))
		# the rest are copies: each row opens, because its row key comes with it
		self.db.sql("""with one as (select * from employee order by id limit 100)
			insert into employee (emp_code, first_name, department_id, row_key, sealed)
			select (200000 + g)::text, 'Person ' || g, 1, one.row_key, one.sealed
			from generate_series(1, %s) g join one on one.id = 1 + g %% 100""", people - 100)
		self.db.sql("vacuum analyze employee")
		self.terminal = Terminal(self.server, "BENCH0001")
		self.terminal.handshake()

	def timed(self, work):
		"""Seconds that pass, and seconds of the processor."""
		pids = [self.server.process.pid, *self.pg.processes()]
		start, cpu = time.monotonic(), machine.cpu_seconds(*pids)
		work()
		return time.monotonic() - start, machine.cpu_seconds(*pids) - cpu

	def upload(self, bodies, size):
		"""So many uploads of templates that are new."""
		texts = []
		for _ in range(bodies):
			first = self.sent
			self.sent += BODY
			texts.append(["FP PIN=%d\tFID=%d\tSize=%d\tValid=1\tTMP=%s" % (500000 + n // 10, n % 10, size,
				base64.b64encode(random.randbytes(size)).decode()) for n in range(first, self.sent)])

		def push():
			for lines in texts:
				assert self.terminal.push("OPERLOG", *lines) == "OK: %d" % BODY
		return self.timed(push)

	def list(self, people, page):
		"""All pages."""
		def read():
			for n in range(people // page):
				r = self.server.api.request("GET", E, params={"page_size": page, "page": n + 1})
				assert r.status == 200 and b"Springfield" in r.body
		return self.timed(read)


def main():
	p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	p.add_argument("--people", type=int, default=10000)
	p.add_argument("--uploads", type=int, default=10, help="of %d templates, a round" % BODY)
	p.add_argument("--size", type=int, default=1200, help="bytes of a template")
	p.add_argument("--page", type=int, default=1000)
	p.add_argument("--rounds", type=int, default=7)
	o = tiny.parse(p, people=200, uploads=1, page=100, rounds=1)
	pg = stage.cluster()
	sides = []
	try:
		with tempfile.TemporaryDirectory() as directory:
			sides = [Side(pg, o.people, None), Side(pg, o.people, library(directory))]
			out = report.Report()
			for n in range(o.rounds):
				order = sides if n % 2 else sides[::-1]
				uploads = {side: side.upload(o.uploads, o.size) for side in order}
				lists = {side: side.list(o.people, o.page) for side in order}
				sealed, plain = sides
				for name, n_rows, times in (("templates uploaded", o.uploads * BODY, uploads), ("employees listed", o.people, lists)):
					out.add(name, n_rows / times[sealed][0], unit="a second")
					out.add(name + ": sealed / unsealed, time", times[sealed][0] / times[plain][0], better="less")
					out.add(name + ": sealed / unsealed, processor", times[sealed][1] / times[plain][1], better="less",
						need=1.25, wish=1.1)
			out.print()
			return tiny.status(o, out)
	finally:
		for side in sides:
			side.server.stop()
		pg.destroy()


if __name__ == "__main__":
	sys.exit(main())
