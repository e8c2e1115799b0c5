#!/usr/bin/python3
"""A fleet's cold start: mixed simulated terminals that know nobody, people with fingerprints and
faces in many areas, until every terminal holds the people of its area. Run by hand.

Told are the commands per second until all are in sync, punchd's memory, and how long other
terminals' heartbeats take meanwhile, beside the same heartbeats when the fleet is at rest. These
terminals run before everything else where the system allows it: real ones have their own processor.
"""

import argparse
import base64
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import machine, report, stage, tiny  # noqa: E402
from punchd_test.sim import Sim, punchsim_bin  # noqa: E402
from punchd_test.server import punchd_bin  # noqa: E402
from punchd_test.terminal import Terminal  # noqa: E402

PREFIX = "FLEET"
BODY = 50  # people enrolled in one upload
SLICE = 10  # seconds of one look at the heartbeats

WAITING = """
	select count(*) from terminal_person p join terminal t on t.id = p.terminal_id
	where t.sn like %s and (p.version <> p.confirmed_version
		or (p.wanted and p.user_there and p.bio_sent < p.bio_version))"""
ON_THEIR_WAY = """
	select count(*) from terminal_template i join terminal t on t.id = i.terminal_id
	where t.sn like %s and i.due is not null"""


def areas_make(api, n):
	return [api.post("/personnel/api/areas/", {"area_code": "F%02d" % i, "area_name": "Floor %d" % i})["id"]
		for i in range(n)]


def people_make(api, areas, n):
	"""Their PINs by area."""
	pins = {area: [] for area in areas}
	for i in range(n):
		area, pin = areas[i % len(areas)], str(100000 + i)
		api.post("/personnel/api/employees/", {"emp_code": pin, "first_name": "First%d" % i,
			"department": 1, "area": [area], "card_no": str(5000000 + i)})
		pins[area].append(pin)
	return pins


def blob(size):
	return base64.b64encode(random.randbytes(size)).decode()


def enrol(server, areas, pins):
	"""A fingerprint of version 10 and a face of version 39 of everybody, from one terminal an area."""
	for area in areas:
		sn = "ENROL%d" % area
		server.api.post("/iclock/api/terminals/", {"sn": sn, "alias": sn, "ip_address": "127.0.0.1",
			"area": area})
		t = Terminal(server, sn)
		t.handshake()
		t.raw("GET", "/iclock/getrequest?SN=%s&INFO=Ver 8.0.4.2,0,0,0,127.0.0.1,10,39,12,0,11111" % sn)
		for i in range(0, len(pins[area]), BODY):
			lines = []
			for pin in pins[area][i:i + BODY]:
				lines.append("FP PIN=%s\tFID=6\tSize=1200\tValid=1\tTMP=%s" % (pin, blob(1200)))
				lines.append("BIODATA Pin=%s\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=39"
					"\tMinorVer=1\tFormat=0\tTmp=%s" % (pin, blob(1600)))
			assert t.push("OPERLOG", "\n".join(lines)) == "OK: %d" % len(lines)


def terminals_make(server, areas, n):
	"""Approved in advance, so that they are of their areas from the first contact on."""
	for i in range(n):
		server.api.post("/iclock/api/terminals/", {"sn": "%s%07d" % (PREFIX, i + 1),
			"alias": "Gate %d" % (i + 1), "ip_address": "127.0.0.1", "area": areas[i % len(areas)]})


def commands_sent(server):
	text = server.api.raw("GET", "/metrics").text
	return int(text.split("\npunchd_commands_sent_total ")[1].split()[0])


def heartbeats(server, seconds, *options):
	"""p99 in milliseconds of other terminals' polls."""
	f = stage.load(server, "idle", "--terminals", 200, "--delay", 1, "--seconds", seconds,
		"--sn-prefix", "PROBE", *options)
	assert not f["errors"], f
	return f["latency_ms"]["p99"]


def probes_make(server, db):
	"""Known, approved, and with nothing queued: their heartbeats ask for nothing."""
	heartbeats(server, 2)
	db.sql("update terminal_command set state = 'cancelled', finished = now() where terminal_id in"
		" (select id from terminal where sn like 'PROBE%')")


def own_processor():
	"""What is started from now on measures, and is not to wait for a processor itself."""
	try:
		os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(2))
	except PermissionError:
		print("the heartbeats' terminals wait for processors, too: run this as root", flush=True)


def sync(server, db, out):
	"""Until nothing is left to send; returns the worst slice's p99."""
	start, sent, slices = time.monotonic(), commands_sent(server), []
	wanted = db.value("select count(*) from terminal_person p join terminal t on t.id = p.terminal_id"
		" where t.sn like %s", PREFIX + "%")
	with machine.RssPeak(server.process.pid) as rss:
		while True:
			slices.append(heartbeats(server, SLICE, "--no-handshake"))
			left = db.value(WAITING, PREFIX + "%") + db.value(ON_THEIR_WAY, PREFIX + "%")
			print("  %4.0f s: %d of %d people and what is on its way left, heartbeats' p99 %.1f ms" % (
				time.monotonic() - start, left, wanted, slices[-1]), flush=True)
			if left == 0:
				break
	seconds = time.monotonic() - start
	out.add("people on terminals", wanted)
	out.add("seconds to all in sync", seconds, unit="s")
	out.add("commands/s", (commands_sent(server) - sent) / seconds)
	out.add("RssAnon at most", rss.peak / 2**20, unit="MiB")
	return max(slices)


def main():
	global SLICE
	p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	p.add_argument("--terminals", type=int, default=2000)
	p.add_argument("--people", type=int, default=5000)
	p.add_argument("--areas", type=int, default=20)
	a = tiny.parse(p, terminals=20, people=50, areas=3)
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
	sim = None
	try:
		areas = areas_make(server.api, a.areas)
		pins = people_make(server.api, areas, a.people)
		enrol(server, areas, pins)
		terminals_make(server, areas, a.terminals)
		probes_make(server, db)
		print("%d people with templates in %d areas" % (a.people, a.areas), flush=True)
		sim = Sim(server, "--terminals", str(a.terminals), "--sn-prefix", PREFIX, "--profile", "mixed",
			manual=False)
		if not a.tiny:
			own_processor()
		busy = sync(server, db, out)
		rest = heartbeats(server, 2 * SLICE, "--no-handshake")
		out.add("heartbeats' p99 at rest", rest, unit="ms")
		out.add("heartbeats' p99 meanwhile, worst %d s" % SLICE, busy, unit="ms")
		out.add("meanwhile : at rest", busy / rest, need=5, better="less")
		out.add("given up or waiting for another try", db.value("""select count(*) from
			terminal_template i join terminal t on t.id = i.terminal_id where t.sn like %s""",
			PREFIX + "%"))
	finally:
		if sim:
			sim.stop()
		server.stop()
		pg.destroy()
	print()
	out.print()
	return tiny.status(a, out)


if __name__ == "__main__":
	sys.exit(main())
