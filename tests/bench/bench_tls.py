#!/usr/bin/python3
"""TLS handshakes and logins a second, and what terminals notice of them: run by hand, prints one table.

Handshakes are made by `openssl s_time` (one request each), full ones with the certificate's key at work.
Logins are of accounts that have not logged in before, so that each costs Argon2id; and of one that has.
Beside both, the p99 of other terminals' heartbeats, and the same at rest.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import machine, report, stage, tiny  # noqa: E402
from punchd_test.net import free_port  # noqa: E402
from punchd_test.server import PASSWORD, punchd_bin  # noqa: E402
from punchd_test.sim import punchsim_bin  # noqa: E402
from punchd_test.tls import Session, make_certificate  # noqa: E402
from punchd_test.wait import wait_until  # noqa: E402

ACCOUNTS = 5000
BODY = '{"username": "%s", "password": "%s"}'


def handshakes(server, seconds, *options):
	"""A second, by one client process."""
	run = subprocess.run(["openssl", "s_time", "-connect", "%s:%d" % server.address, "-www", "/healthz", "-time", str(seconds),
		*options], capture_output=True, text=True, timeout=seconds + 60, check=False)
	found = re.search(r"(\d+) connections in (\d+) real seconds", run.stdout)
	assert found, run.stdout + run.stderr
	return int(found.group(1)) / max(1, int(found.group(2)))


def log_in(server, names, counts, end):
	"""One client that keeps its connection."""
	with Session(server.address) as s:
		for name in names:
			if time.monotonic() > end:
				return
			body = (BODY % (name, PASSWORD)).encode()
			status, _, reply = s.request("POST", "/api-token-auth/", body, keep=True, headers="Content-Type: application/json\r\n")
			assert status == 200, reply
			counts.append(1)


def logins(server, seconds, clients, name):
	"""A second; name(client, n) says whose."""
	counts, end = [], time.monotonic() + seconds
	threads = [threading.Thread(target=log_in, args=(server, (name(c, n) for n in range(10 ** 6)), counts, end))
		for c in range(clients)]
	start = time.monotonic()
	for t in threads:
		t.start()
	for t in threads:
		t.join()
	return len(counts) / (time.monotonic() - start)


def beside(server, seconds, work):
	"""(what work() gives, p99 of heartbeats in ms meanwhile)"""
	given = []
	thread = threading.Thread(target=lambda: given.append(work()))
	thread.start()
	f = stage.load(server, "idle", "--terminals", 200, "--delay", 1, "--seconds", seconds, "--sn-prefix", "PROBE")
	thread.join()
	assert not f["errors"] and given, f
	return given[0], f["latency_ms"]["p99"]


def accounts_make(db):
	db.sql("insert into account (name, password_hash, superuser) select 'bench' || g, a.password_hash, false"
		" from account a, generate_series(1, %s) g where a.name = 'admin'", ACCOUNTS)


def ready(server):
	with Session(server.address) as s:
		return s.request("GET", "/readyz")[0] == 200


def rounds(server, out, a):
	fresh = iter(range(1, ACCOUNTS + 1))
	for _ in range(a.rounds):
		_, p99 = beside(server, a.seconds, lambda: True)
		out.add("heartbeats' p99 at rest", p99, unit="ms")
		for name, options in (("TLS 1.3 handshakes/s", ("-new", "-tls1_3")), ("TLS 1.2 handshakes/s", ("-new", "-tls1_2")),
				("TLS 1.2 handshakes/s, resumed", ("-reuse", "-tls1_2"))):
			rate, p99 = beside(server, a.seconds, lambda o=options: handshakes(server, a.seconds, *o))
			out.add(name, rate)
			out.add("  heartbeats' p99 meanwhile", p99, unit="ms")
		rate, p99 = beside(server, a.seconds, lambda: logins(server, a.seconds, 8, lambda c, n: "bench%d" % next(fresh)))
		out.add("logins/s, each its first", rate)
		out.add("  heartbeats' p99 while logging in", p99, unit="ms")
		rate, _ = beside(server, a.seconds, lambda: logins(server, a.seconds, 8, lambda c, n: "admin"))
		out.add("logins/s, again", rate)


def main():
	p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	p.add_argument("--seconds", type=int, default=10)
	p.add_argument("--rounds", type=int, default=3)
	a = tiny.parse(p, seconds=1, rounds=1)
	for program in (punchd_bin(), punchsim_bin()):
		if not os.path.exists(program):
			sys.exit("no %s; build the release preset" % program)
	machine.raise_file_limit()
	out = report.Report()
	directory = tempfile.mkdtemp(prefix="punchd-bench-tls-")
	pg = stage.cluster()
	db = stage.database(pg)
	cert, key = make_certificate(directory)
	server = None
	try:
		server = stage.server(db, wait=False, tls_cert=cert, tls_key=key, device_listen="127.0.0.1:%d" % free_port())
		wait_until(lambda: server.log_contains("listening") and ready(server), 60, "the server is ready")
		accounts_make(db)
		rounds(server, out, a)
	finally:
		if server:
			server.stop()
		pg.destroy()
		shutil.rmtree(directory, ignore_errors=True)
	print()
	out.print()
	return 0


if __name__ == "__main__":
	sys.exit(main())
