#!/usr/bin/python3
"""Very many people at once: 20,000 to one new terminal, then all of theirs sent again, on several
terminals, by resync_to_device. Run by hand.

Told are punchd's memory meanwhile (the people must not all be in it), how long other terminals'
heartbeats and uploads take, and whether a single change reaches another terminal with the first
poll that begins a second after it.
"""

import argparse
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from bench_fleet import blob, heartbeats  # noqa: E402
from lib import machine, report, stage, tiny  # noqa: E402
from punchd_test.sim import Sim, punchsim_bin  # noqa: E402
from punchd_test.server import punchd_bin  # noqa: E402
from punchd_test.terminal import Terminal  # noqa: E402
from punchd_test.wait import wait_until  # noqa: E402

BODY = 200  # people enrolled in one upload
SLICE = 5  # seconds of one look at the heartbeats

LEFT = """
	select (select count(*) from terminal_person p join terminal t on t.id = p.terminal_id
		where t.sn like 'BIG%%' and (p.version <> p.confirmed_version
			or (p.wanted and p.user_there and p.bio_sent < p.bio_version)))
		+ (select count(*) from terminal_template q join terminal t on t.id = q.terminal_id
		where t.sn like 'BIG%%' and q.due is not null)"""


def area_make(api, code):
	return api.post("/personnel/api/areas/", {"area_code": code, "area_name": "Area " + code})["id"]


def terminal_make(api, sn, area):
	"""Approved in advance."""
	api.post("/iclock/api/terminals/", {"sn": sn, "alias": sn, "ip_address": "127.0.0.1", "area": area})


def enrol(server, area, n):
	"""n people with a fingerprint, as one terminal of the area has them."""
	terminal_make(server.api, "ENROL", area)
	t = Terminal(server, "ENROL")
	t.handshake()
	t.raw("GET", "/iclock/getrequest?SN=ENROL&INFO=Ver 8.0.4.2,0,0,0,127.0.0.1,10,39,12,0,11111")
	for i in range(0, n, BODY):
		lines = []
		for pin in range(100000 + i, 100000 + min(i + BODY, n)):
			lines.append("USER PIN=%d\tName=Person %d\tPri=0\tPasswd=\tCard=%d\tGrp=1" % (pin, pin, pin))
			lines.append("FP PIN=%d\tFID=6\tSize=1200\tValid=1\tTMP=%s" % (pin, blob(1200)))
		assert t.push("OPERLOG", *lines) == "OK: %d" % len(lines)


class Other(threading.Thread):
	"""A terminal elsewhere: a person of its area is changed, and a second later it polls; it uploads
	a punch every time, too."""

	def __init__(self, server, area):
		super().__init__(daemon=True)
		self.api = server.new_api()
		terminal_make(self.api, "OTHER", area)
		self.terminal = Terminal(server, "OTHER")
		self.terminal.handshake()
		self.id = self.api.post("/personnel/api/employees/", {"emp_code": "7", "first_name": "First",
			"department": 1, "area": [area]})["id"]
		wait_until(lambda: any("USERINFO PIN=7" in c for c in self.terminal.obey()), 30)
		self.changes = self.missed = 0
		self.slowest = {"change over REST": 0.0, "poll": 0.0, "upload": 0.0}
		self.over = threading.Event()

	def timed(self, what, call):
		start = time.monotonic()
		result = call()
		self.slowest[what] = max(self.slowest[what], time.monotonic() - start)
		return result

	def round(self, n):
		t = self.terminal
		self.timed("change over REST", lambda: self.api.patch("/personnel/api/employees/%d/" % self.id,
			{"first_name": "Name%d" % n}))
		line = "7\t%s\t0\t1" % time.strftime("%Y-%m-%d %H:%M:%S")
		assert self.timed("upload", lambda: t.push("ATTLOG", line)) == "OK: 1"
		time.sleep(1)  # within that time everybody knows of the change (contract 5.6)
		commands = self.timed("poll", t.poll)
		self.changes += 1
		self.missed += not any("Name=Name%d" % n in text for _, text in commands)
		if commands:
			t.ack(*[(cid, 0) for cid, _ in commands])

	def run(self):
		n = 0
		while not self.over.is_set():
			n += 1
			self.round(n)

	def __enter__(self):
		self.start()
		return self

	def __exit__(self, *exc):
		self.over.set()
		self.join()


class Resync(threading.Thread):
	"""Sends the same people again, and once more while the terminals are in the middle of it."""

	def __init__(self, server, ids, out):
		super().__init__(daemon=True)
		self.api = server.new_api(timeout=300)
		self.ids = ids
		self.out = out

	def run(self):
		for _ in range(2):
			start = time.monotonic()
			r = self.api.raw("POST", "/personnel/api/employees/resync_to_device/", {"employees": self.ids})
			assert r.status == 200, r
			self.out.add("resync_to_device answered", time.monotonic() - start, unit="s", need=20, better="less")
			time.sleep(4)


def settle(server, db, other, out, what, begin):
	"""Does begin() and waits until nothing is left to send to the BIG ones."""
	before, missed = machine.rss_anon(server.process.pid), other.missed
	start, beats, rss = time.monotonic(), [], []
	other.slowest = dict.fromkeys(other.slowest, 0.0)
	with machine.RssPeak(server.process.pid) as peak:
		done = begin()
		while True:
			beats.append(heartbeats(server, SLICE, "--no-handshake"))
			rss.append(machine.rss_anon(server.process.pid))
			left = db.value(LEFT)
			print("  %4.0f s: %d left, heartbeats' p99 %.1f ms, RssAnon %.1f MiB" % (
				time.monotonic() - start, left, beats[-1], rss[-1] / 2**20), flush=True)
			if left == 0 and done():
				break
	seconds = time.monotonic() - start
	out.add(what + ": seconds to all in sync", seconds, unit="s")
	out.add(what + ": RssAnon grew by at most", (peak.peak - before) / 2**20, unit="MiB", need=24, better="less")
	out.add(what + ": heartbeats' p99, worst %d s" % SLICE, max(beats), unit="ms")
	for name, worst in other.slowest.items():
		out.add(what + ": slowest " + name, worst * 1000, unit="ms", need=4000, better="less")
	out.add(what + ": changes not within one poll", other.missed - missed, need=0, better="less")


def main():
	global SLICE
	p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	p.add_argument("--people", type=int, default=20000)
	p.add_argument("--resync", type=int, default=10000)
	p.add_argument("--terminals", type=int, default=6, help="that hold those who are sent again")
	a = tiny.parse(p, people=200, resync=100, terminals=2)
	if a.tiny:
		SLICE = 1
	for program in (punchd_bin(), punchsim_bin()):
		if not os.path.exists(program):
			sys.exit("no %s; build the release preset" % program)
	machine.raise_file_limit()
	random.seed(1)
	out = report.Report()
	pg = stage.cluster()
	db = stage.database(pg)
	server = stage.server(db)
	sims = []
	try:
		big, small = area_make(server.api, "90"), area_make(server.api, "91")
		enrol(server, big, a.people)
		heartbeats(server, 2)
		db.sql("update terminal_command set state = 'cancelled', finished = now() where terminal_id in"
			" (select id from terminal where sn like 'PROBE%')")
		rest = heartbeats(server, SLICE, "--no-handshake")
		out.add("heartbeats' p99 at rest", rest, unit="ms")
		print("%d people enrolled" % a.people, flush=True)
		with Other(server, small) as other:
			def first():
				terminal_make(server.api, "BIG0000001", big)
				sims.append(Sim(server, "--sn", "BIG0000001", "--profile", "g4", "--delay", "1", manual=False))
				return lambda: True
			settle(server, db, other, out, "%d people to one" % a.people, first)
			state = sims[0].state()
			assert len(state["users"]) == a.people and len(state["templates"]) == a.people, (
				len(state["users"]), len(state["templates"]))
			most = db.value("select max(n) from (select count(*) as n from terminal_person p join terminal t"
				" on t.id = p.terminal_id where sn = 'BIG0000001' group by take) x")
			out.add("users in one reply", most, need=200, better="less")

			def others():
				for n in range(2, a.terminals + 1):
					terminal_make(server.api, "BIG%07d" % n, big)
				sims.append(Sim(server, "--sn", ",".join("BIG%07d" % n for n in range(2, a.terminals + 1)),
					"--profile", "g4", "--delay", "1", manual=False))
				return lambda: True
			settle(server, db, other, out, "%d people to %d" % (a.people, a.terminals - 1), others)

			ids = [row[0] for row in db.sql("select id from employee where emp_code <> '7' order by id limit %s",
				a.resync)]

			def again():
				calls = Resync(server, ids, out)
				calls.start()
				return lambda: not calls.is_alive()
			settle(server, db, other, out, "%d again to %d" % (a.resync, a.terminals), again)
		log = server.log()
		out.add("given up on: warnings and errors in the log", sum(
			" level=warn" in x or " level=error" in x for x in log.splitlines()), need=0, better="less")
		print("\n".join(x for x in log.splitlines() if "level=warn" in x or "level=error" in x)[:3000])
		print("deadlocks that PostgreSQL saw: %d" % db.value(
			"select deadlocks from pg_stat_database where datname = current_database()"))
	finally:
		for sim in sims:
			sim.stop()
		server.stop()
		pg.destroy()
	print()
	out.print()
	return tiny.status(a, out)


if __name__ == "__main__":
	sys.exit(main())
