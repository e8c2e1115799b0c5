"""The end while threads are at work: what their jobs hold is there until they were told."""

import io
import json
import os
import signal
import tarfile
import time
import zipfile

import pytest

from punchd_test.net import Connection, unread
from punchd_test.wait import wait_until

ROWS = "emp_code,first_name,department,area\n" + "".join("%d,Name of %d,1,2\n" % (n, n) for n in range(30000))
PUNCHES = "emp_code,punch_time\n" + "".join("7,2024-05-%02d %02d:%02d:%02d\n" % (n // 86400 % 28 + 1, n // 3600 % 24, n // 60 % 60, n % 60) for n in range(30000))


def photos():
	out = io.BytesIO()
	with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
		for n in range(100):
			z.writestr("%d.jpg" % n, b"\xff\xd8\xff\xe0" + bytes(200000))
	return out.getvalue()


def package():
	out = io.BytesIO()
	with tarfile.open(fileobj=out, mode="w:gz") as tar:
		info = tarfile.TarInfo("a.txt")
		info.size = 50 << 20
		tar.addfile(info, io.BytesIO(bytes(info.size).replace(b"\0", b"\n")))
	return out.getvalue()


# ---------------------------------------------------------------- requests


def post(server, path, body, kind="application/json"):
	return b"POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (
		path.encode(), server.api.authorization.encode(), kind.encode(), len(body)) + body


def user(server, n):
	return post(server, "/base/api/users/", json.dumps({"username": "user%d" % n, "password": "correct horse %d" % n}).encode())


JOBS = {
	"passwords": lambda s, t: [user(s, n) for n in range(8)],
	"logins": lambda s, t: [post(s, "/api-token-auth/", b'{"username": "admin", "password": "wrong %d"}' % n) for n in range(8)],
	"people": lambda s, t: [post(s, "/personnel/api/employees/import/", ROWS.encode(), "text/csv")] * 3,
	"punches": lambda s, t: [post(s, "/iclock/api/transactions/import/", PUNCHES.encode(), "text/csv")] * 3,
	"photos": lambda s, t: [post(s, "/personnel/api/employees/import_photos/", photos(), "application/zip")] * 3,
	"packages": lambda s, t: [t.request_bytes("POST", t.push_target("ATTLOG", query="&ContentType=tgz"), package())] * 2,
	"workbooks": lambda s, t: workbooks(s, t),
}


def workbooks(server, terminal):
	assert terminal.push("ATTLOG", *["%d\t2024-05-02 08:%02d:%02d\t0\t1" % (n, n // 60 % 60, n % 60) for n in range(15000)]) == "OK: 15000"
	return [b"GET /iclock/api/transactions/export/?export_type=xls HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n"
		% server.api.authorization.encode()] * 4


# ---------------------------------------------------------------- the end


def working(server):
	"""Whether a thread other than the loop's has used the processor since the last look."""
	spent, main = 0, str(server.process.pid)
	for task in os.listdir("/proc/%s/task" % main):
		if task != main:
			with open("/proc/%s/task/%s/stat" % (main, task), encoding="utf-8") as f:
				spent += int(f.read().rsplit(")", 1)[1].split()[11])
	before, server.spent = getattr(server, "spent", None), spent
	return before is not None and spent > before


@pytest.mark.parametrize("kind", list(JOBS))
def test_stopped_twice_while_threads_work(server, terminal, kind):
	terminal.register()
	requests = JOBS[kind](server, terminal)
	server.spent = None
	working(server)
	clients = [Connection(server.address) for _ in requests]
	for c, request in zip(clients, requests):
		c.send(request)
	wait_until(lambda: working(server), 20, "threads are at work", 0.001)
	server.signal(signal.SIGTERM)
	server.signal(signal.SIGINT)  # two of one number could become one
	server.stop()
	for c in clients:
		c.close()


@pytest.mark.slow
def test_a_drain_that_takes_its_time_while_threads_work(server):
	server.api.login()
	held = Connection(server.address)
	held.send(b"POST /iclock/cdata?SN=SLOW HTTP/1.1\r\nContent-Length: 10\r\n\r\n")
	clients = [Connection(server.address) for _ in range(40)]
	for n, c in enumerate(clients):
		c.send(user(server, n)[:-1])
	wait_until(lambda: not any(unread(c.sock) for c in [held, *clients]))
	server.signal(signal.SIGTERM)
	wait_until(lambda: "signal number=15" in server.log())
	end = time.monotonic() + 9.85
	wait_until(lambda: time.monotonic() > end, 11, "the drain is nearly over")
	for c in clients:
		c.send(b"}")
	server.process.wait(30)
	server.check_end()
	for c in [held, *clients]:
		c.close()
