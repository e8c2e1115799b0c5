"""What strangers can hold: memory, places, work. They announce, drip and stop in every state; terminals
and accounts that are known do not feel it."""

import base64
import socket
import time

import pytest

from punchd_test.net import Closed, Connection
from punchd_test.rest import Api
from punchd_test.terminal import Terminal
from punchd_test.wait import stays, wait_until

LINE = b"7\t2026-05-02 08:00:00\t0\t1\n"


def metric(server, name):
	text = server.api.raw("GET", "/metrics").text
	return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("punchd_" + name))


def announce(server, target, length, auth=None):
	"""A head that announces a body of this length."""
	c = Connection(server.address, timeout=30)
	c.send(("POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (
		target, "Authorization: %s\r\n" % auth if auth else "", length)).encode())
	return c


def alive(c):
	"""The server has neither answered nor closed."""
	c.sock.setblocking(False)
	try:
		c.sock.recv(1, socket.MSG_PEEK)
		return False
	except BlockingIOError:
		return True
	except OSError:
		return False
	finally:
		c.sock.setblocking(True)


def drip(connections):
	for c in connections:
		try:
			c.send(b"1")
		except OSError:
			pass


def upload_target(sn):
	return "/iclock/cdata?SN=%s&table=ATTLOG&Stamp=1" % sn


@pytest.mark.settings(ingest_memory="64M")
def test_slow_uploads_of_strangers_stop_no_terminal(server, terminal):
	"""One of 32 MiB and 129 of 256 KiB, a byte at a time, were all of the memory for uploads."""
	terminal.register()
	slow = [announce(server, upload_target("STRANGER1"), 32 << 20)]
	slow += [announce(server, upload_target("STRANGER1"), 256 << 10) for _ in range(129)]
	drip(slow)
	assert terminal.push("ATTLOG", "7\t2026-05-02 08:00:00\t0\t1") == "OK: 1"
	big = LINE.replace(b"08:00", b"09:%02d") * 20
	assert terminal.push("ATTLOG", big % tuple(range(20))) == "OK: 20"
	drip(slow)
	assert metric(server, "body_bytes") <= 8 << 20
	for c in slow:
		c.close()


@pytest.mark.settings(ingest_memory="4M")
def test_announcements_of_known_terminals_hold_nothing_once_somebody_waits(server, make_terminal):
	"""Also one that is approved may stop: nobody waits for what it announced."""
	terminals = [make_terminal() for _ in range(3)]
	for t in terminals:
		t.register()
	slow = [announce(server, upload_target(t.sn), 1 << 20) for t in terminals[:2] for _ in range(4)]
	slow += [announce(server, upload_target(t.sn), 200 << 10) for t in terminals[:2] for _ in range(4)]
	for _ in range(3):
		drip(slow)
		assert terminals[2].push("ATTLOG", "7\t2026-05-02 08:00:00\t0\t1") == "OK: 1"
	for c in slow:
		c.close()


@pytest.mark.settings(ingest_memory="4M")
def test_the_slowest_gives_way(server, make_terminal):
	"""A large body nearly read fills the share of the large ones: who comes waits until it has stopped for 5 s."""
	one, other = make_terminal(), make_terminal()
	one.register()
	other.register()
	slow = announce(server, upload_target(one.sn), 1700 << 10)
	slow.send(b"1" * (1600 << 10))
	wait_until(lambda: metric(server, "body_bytes") >= 1600 << 10, 20)
	body = b"".join(b"7\t2026-05-02 08:00:%02d\t0\t1\t%s\n" % (k, b"w" * 6000) for k in range(60))
	assert other.raw("POST", other.push_target("ATTLOG"), body, timeout=90).text == "OK: 60"
	assert metric(server, "body_ended_early_total") == 1
	slow.close()


def test_invented_credentials_hold_no_memory(server):
	"""Refused by their head; whoever logs in and writes does not notice."""
	slow = [announce(server, "/personnel/api/employees/import/", 32 << 20, "Token 0") for _ in range(5)]
	slow += [announce(server, "/personnel/api/employees/", 256 << 10, "Token " + "0" * 40) for _ in range(100)]
	for c in slow:
		assert c.read_reply().status == 401
	assert metric(server, 'body_bytes{of="rest",class="stranger"}') == 0
	logins = [announce(server, "/api-token-auth/", 65536) for _ in range(200)]
	drip(logins)
	api = server.new_api(timeout=15).login()
	api.post("/personnel/api/areas/", {"area_code": "n", "area_name": "n"})
	assert metric(server, 'body_bytes{of="rest"}') <= 8 << 20
	for c in slow + logins:
		c.close()


def test_rights_that_end_while_a_body_comes_are_gone(server):
	"""Who asks is looked at before the body: and again after one that took its time."""
	server.api.post("/base/api/users/", {"username": "slow", "password": "correct horse battery", "is_superuser": True})
	auth = server.new_api("slow", "correct horse battery").login().authorization
	body = b'{"area_code": "late", "area_name": "late"}'
	c = announce(server, "/personnel/api/areas/", len(body), auth)
	c.send(body[:-1])
	stays(lambda: alive(c), 2.5)
	server.api.patch("/base/api/users/%d/" % server.value("select id from account where name = 'slow'"), {"is_active": False})
	wait_until(lambda: server.api.request("GET", "/personnel/api/areas/", authorization=auth).status == 401)
	c.send(body[-1:])
	reply = c.read_reply()
	assert reply.status == 401 and reply.headers["allow"], reply
	assert server.value("select count(*) from area where code = 'late'") == 0
	c.close()


# ---------------------------------------------------------------- places

def stop_in_head(server):
	c = Connection(server.address)
	c.send(b"GET /iclock/getrequest?SN=SLOW HTTP/1.1\r\nHost: x\r\n")
	return c


def stop_before_anything(server):
	return Connection(server.address)


def stop_in_body(server):
	return announce(server, upload_target("STRANGER2"), 60000)


def stop_in_a_login(server):
	return announce(server, "/api-token-auth/", 60000)


def stop_between_chunks(server):
	c = Connection(server.address)
	c.send(b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n7\t202\r\n" % upload_target("STRANGER2").encode())
	return c


def stop_in_a_chunks_size(server):
	c = Connection(server.address)
	c.send(b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5" % upload_target("STRANGER2").encode())
	return c


def stop_after_an_answer(server):
	c = Connection(server.address)
	c.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	assert c.read_reply().status == 200
	return c


def stop_after_a_refusal(server):
	c = announce(server, "/personnel/api/employees/import/", 1 << 20, "Token 0")
	assert c.read_reply().status == 401
	return c


def stop_reading(server):
	"""Answers that nobody reads."""
	c = Connection(server.address, rcvbuf=4096)
	c.send(b"GET /api/docs/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
	return c


STATES = [stop_before_anything, stop_in_head, stop_in_body, stop_in_a_login, stop_between_chunks, stop_in_a_chunks_size,
	stop_after_an_answer, stop_after_a_refusal, stop_reading]


@pytest.mark.settings(max_connections=128)
@pytest.mark.parametrize("stop", STATES, ids=lambda f: f.__name__)
def test_who_stops_anywhere_keeps_nobody_out(server, terminal, stop):
	"""All places are taken by strangers that stop in one state, and nothing ends by itself so soon."""
	terminal.register()
	held = []
	try:
		while len(held) < 160:
			held.append(stop(server))
			held[-1].sock.settimeout(3)
	except (OSError, Closed):
		pass  # no place any more
	assert len(held) >= 60
	api = Api(server.address, timeout=20)
	for _ in range(3):
		assert terminal.push("ATTLOG", "7\t2026-05-02 08:00:00\t0\t1") == "OK: 1"
		wait_until(lambda: api.request("GET", "/healthz", authorization="").status == 200, 15)
		drip(held)
	for c in held:
		c.close()


@pytest.mark.settings(max_connections=500)
def test_drips_and_those_that_wait_behind_them_keep_nobody_out(server, terminal):
	"""130 slow bodies, and 375 connections that sent a head and nothing since."""
	terminal.register()
	held = []
	try:
		for i in range(505):
			held.append(announce(server, upload_target("STRANGER%d" % (i % 7)), 60000))
	except OSError:
		pass
	for _ in range(3):
		drip(held[:130])
		assert terminal.push("ATTLOG", "7\t2026-05-02 08:00:00\t0\t1") == "OK: 1"
		assert server.probe("/healthz", timeout=15) == 200
	assert metric(server, "places_ended_total") > 0
	wait_until(lambda: server.api.get("/iclock/api/alerts/", kind="strangers")["data"], 60, "somebody is told")
	for c in held:
		c.close()


@pytest.mark.settings(max_connections=200)
def test_known_terminals_keep_their_places_while_strangers_come(server, make_terminal):
	"""Strangers make room for strangers."""
	terminals = [make_terminal() for _ in range(10)]
	kept = []
	for t in terminals:
		t.register()
		c = t.connect()
		c.send(b"GET /iclock/getrequest?SN=%s HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n" % t.sn.encode())
		c.read_reply()
		kept.append(c)
	strangers = []
	for _ in range(300):
		c = socket.create_connection(server.address)
		c.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		strangers.append(c)
	stays(lambda: all(alive(c) for c in kept), 1)
	for t, c in zip(terminals, kept):
		c.send(b"GET /iclock/getrequest?SN=%s HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n" % t.sn.encode())
		assert c.read_reply().text == "OK"
		c.close()
	for c in strangers:
		c.close()


@pytest.mark.settings(max_connections=128)
def test_requests_of_strangers_that_wait_have_a_bound(server):
	"""Half of the places; whoever is known by their connection, or stands in a queue already, is not turned away by it."""
	auth = server.new_api().login().authorization
	erp = Connection(server.address, timeout=60)
	ask = b"GET /personnel/api/areas/ HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n"
	erp.send(ask % auth.encode())
	assert erp.read_reply().status == 200
	held = []
	with server.database.connect() as holder:
		wrong = ask % (b"Basic " + base64.b64encode(b"admin:wrong"))
		basic = Connection(server.address, timeout=60)
		basic.send(wrong)
		assert basic.read_reply().status == 401
		holder.cursor().execute("lock table account, token in access exclusive mode")
		for i in range(80):
			c = Connection(server.address, timeout=60)
			c.send(ask % (b"Token " + (b"%040d" % i)))
			held.append(c)
		wait_until(lambda: sum(not alive(c) for c in held) >= 16, 20, "those beyond 64 hear busy")
		# found in memory, so it comes to the queue of passwords without having waited before
		basic.send(wrong)
		erp.send(ask % auth.encode())
		assert sum(alive(c) for c in held) == 64
	assert erp.read_reply().status == 200
	assert basic.read_reply().status in (401, 503)
	answers = [c.read_reply().status for c in held]
	assert answers.count(503) == 16 and answers.count(401) == 64, answers
	for c in held + [erp, basic]:
		c.close()


def test_who_resets_while_it_is_judged_leaves_no_place_behind(server):
	"""With good credentials, that have to be looked up: what is remembered of them ends after two seconds."""
	auth = server.new_api().login().authorization
	with server.database.connect() as holder:
		holder.cursor().execute("lock table account, token in access exclusive mode")
		stays(lambda: server.probe("/healthz") == 200, 2.5)
		for _ in range(20):
			c = announce(server, "/personnel/api/areas/", 10, auth)
			wait_until(lambda: server.probe("/healthz") == 200)
			c.reset()
	wait_until(lambda: metric(server, "connections") <= 2, 15, "not only after the 30 s of being let go")


def test_unread_input_and_output_of_strangers_is_bounded(server):
	"""Long heads that never end, and answers that nobody reads."""
	before = server.memory()
	held = []
	for i in range(600):
		c = socket.create_connection(server.address)
		c.setblocking(False)
		try:
			c.send(b"GET /healthz HTTP/1.1\r\nX: " + b"y" * 60000 if i % 2 else
				b"GET /api/docs/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 8)
		except OSError:
			pass
		held.append(c)
	wait_until(lambda: server.probe("/healthz", timeout=60) == 200, 60)
	assert metric(server, "strangers_kept_bytes") <= 32 << 20
	assert server.memory() - before < 160 << 20
	for c in held:
		c.close()


def test_the_page_names_every_figure(server):
	"""docs/limits.md and /metrics say the same."""
	import os
	import re
	from punchd_test.server import ROOT
	with open(os.path.join(ROOT, "docs", "limits.md"), encoding="utf-8") as f:
		page = set(re.findall(r"punchd_[a-z_]+", f.read()))
	served = set(re.findall(r"^(punchd_[a-z_]+)", server.api.raw("GET", "/metrics").text, re.M))
	assert page <= served
	assert {n for n in served if n.startswith(("punchd_body", "punchd_strangers", "punchd_places"))} <= page


@pytest.mark.slow
def test_waiting_for_memory_ends(server, make_terminal):
	"""Nobody is at their pace and nobody ends either: 30 s, then ERROR: busy."""
	t = make_terminal()
	t.register()
	start = time.monotonic()
	c = announce(server, upload_target(t.sn), 65536)
	c.sock.settimeout(90)
	try:
		reply = c.read_reply()
		assert reply.text.startswith("ERROR"), reply
	except Closed:
		pass
	assert 50 < time.monotonic() - start < 80, "nothing came for 60 s"
