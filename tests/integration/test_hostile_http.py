"""Hostile and broken clients, while other terminals go on undisturbed."""

import contextlib
import socket
import threading
import time

import pytest

from punchd_test.net import Closed, Connection
from punchd_test.wait import wait_until

PUNCH = "POST /iclock/cdata?SN=%s&table=ATTLOG&Stamp=9999 HTTP/1.1\r\n"


@contextlib.contextmanager
def undisturbed(server, make_terminal, slowest=2.0):
	"""Meanwhile another terminal polls and uploads; each answer comes soon and is right."""
	t = make_terminal()
	t.register()
	t.obey(quiet=1)
	times, errors, end = [], [], threading.Event()

	def live():
		n = 0
		while not end.is_set() or n < 5:
			start = time.monotonic()
			try:
				assert t.raw("GET", "/iclock/getrequest?SN=" + t.sn, timeout=20).text == "OK"
				answer = t.push("ATTLOG", "9\t2026-05-01 %02d:%02d:%02d\t0\t1" % (
					n // 3600, n // 60 % 60, n % 60))
				assert answer == "OK: 1", answer
			except Exception as e:
				errors.append(e)
				return
			times.append(time.monotonic() - start)
			n += 1
	thread = threading.Thread(target=live)
	thread.start()
	try:
		yield t
	finally:
		end.set()
		thread.join(60)
	assert not errors, errors
	assert max(times) < slowest, "another terminal waited %.1f s" % max(times)
	assert server.api.get("/iclock/api/transactions/", terminal_sn=t.sn)["count"] == len(times)


def test_one_byte_at_a_time(server, make_terminal):
	slow = make_terminal()
	slow.register()
	with undisturbed(server, make_terminal):
		request = slow.request_bytes("POST", slow.push_target("ATTLOG"),
			"7\t2026-05-02 08:00:00\t0\t1\n")
		with slow.connect() as c:
			for i in range(len(request)):
				c.send(request[i:i + 1])
			assert c.read_reply().text == "OK: 1"


def test_slow_heads_are_cut_off_and_cost_nobody_else(server, make_terminal):
	with undisturbed(server, make_terminal):
		connections = [Connection(server.address) for _ in range(200)]
		for c in connections:
			c.send(b"GET /iclock/getrequest?SN=SLOW HTTP/1.1\r\nHost: x\r\n")
		wait_until(lambda: server.probe("/readyz") == 200)
		for c in connections:
			c.close()


def test_a_client_that_does_not_read(server, make_terminal):
	t = make_terminal()
	t.register()
	for day in range(1, 21):
		assert t.push("ATTLOG", *["%d\t2026-05-%02d 08:%02d:%02d\t0\t1" % (n, day, n // 60 % 60, n % 60)
			for n in range(1, 3001)]) == "OK: 3000"
	before = server.memory()
	with undisturbed(server, make_terminal):
		api = server.api
		readers = []
		for _ in range(10):  # 24 MB each
			c = Connection(server.address, rcvbuf=4096)
			c.send(("GET /iclock/api/transactions/?page_size=1000000 HTTP/1.1\r\nHost: x\r\n"
				"Authorization: %s\r\n\r\n" % api.authorization).encode())
			readers.append(c)
		for c in readers:  # each has begun to hear, and then reads no further
			assert c.sock.recv(12).startswith(b"HTTP/1.1 200")
		assert api.get("/personnel/api/areas/")["count"] == 2, "no connection is held by them"
		assert server.memory() - before < 100 << 20, "streams are not buffered whole"
		for c in readers:
			c.reset()


def test_bodies_of_100_megabytes(server, make_terminal):
	t = make_terminal()
	t.register()
	before = server.memory()
	with undisturbed(server, make_terminal):
		for target in (t.push_target("ATTLOG"), "/api-token-auth/"):
			with Connection(server.address) as c:
				c.send(("POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
					"Content-Length: %d\r\n\r\n" % (target, 100 << 20)).encode())
				try:
					for _ in range(100):
						c.send(b"1\t2026-05-01 08:00:00\t0\t1\n" * (1 << 15))
				except OSError:
					pass
				try:
					reply = c.read_reply()
				except (Closed, OSError):
					continue  # refused before the reply could be read
				assert reply.status == 413 or reply.text.startswith("ERROR:"), reply
	assert server.memory() - before < 100 << 20


def test_max_body_is_met_exactly(server, terminal):
	terminal.register()
	line = b"7\t2026-05-02 08:00:00\t0\t1\n"
	body = line + b"x" * ((32 << 20) - len(line) - 1) + b"\n"
	assert terminal.raw("POST", terminal.push_target("ATTLOG"), body).text == "OK: 2"
	with terminal.connect() as c:
		c.send(terminal.request_bytes("POST", terminal.push_target("ATTLOG"), b"",
			"Host: x\r\nContent-Length: %d\r\n" % ((32 << 20) + 1), content_length=False))
		reply = c.read_reply()
		assert reply.status in (200, 413) and not reply.text.startswith("OK"), reply


def test_header_floods(server, make_terminal):
	with undisturbed(server, make_terminal):
		for flood in (b"X-A: b\r\n" * 100000, b"X: " + b"a" * (8 << 20) + b"\r\n",
				b"Cookie: " + b"a=b; " * 200000 + b"\r\n"):
			with Connection(server.address) as c:
				try:
					c.send(b"GET /iclock/getrequest?SN=FLOOD HTTP/1.1\r\n" + flood + b"\r\n")
				except OSError:
					pass
				try:
					reply = c.read_reply()
				except (Closed, OSError):
					continue
				assert reply.status in (400, 431) or reply.text.startswith("ERROR"), reply


def test_long_request_lines(server):
	for n in (9000, 1 << 20):
		with Connection(server.address) as c:
			try:
				c.send(b"GET /iclock/getrequest?SN=" + b"A" * n + b" HTTP/1.1\r\n\r\n")
				assert c.read_reply().status in (400, 414, 431)
			except (Closed, OSError):
				pass


@pytest.mark.parametrize("head", [
	b"Content-Length: 27\r\nContent-Length: 28\r\n",
	b"Content-Length: 27, 28\r\n",
	b"Content-Length: 27\r\nTransfer-Encoding: chunked\r\n",
	b"Content-Length: -1\r\n",
	b"Content-Length: 0x1b\r\n",
	b"Content-Length: +27\r\n",
	b"Content-Length: 99999999999999999999\r\n",
	b"Content-Length : 27\r\n",
	b"Content-Length: 27\r\n folded\r\n",
	b"Transfer-Encoding: xchunked\r\n",
], ids=lambda h: h.decode().replace("\r\n", "|"))
def test_requests_that_could_smuggle_are_refused(server, terminal, head):
	terminal.register()
	body = b"7\t2026-05-02 08:00:00\t0\t1\n\n"
	second = terminal.request_bytes("GET", "/iclock/getrequest?SN=SMUGGLED")
	with Connection(server.address) as c:
		c.send((PUNCH % terminal.sn).encode() + b"Host: x\r\nConnection: keep-alive\r\n" + head
			+ b"\r\n" + body + second)
		reply = c.read_reply()
		assert reply.status >= 400 or reply.text.startswith("ERROR"), reply
		assert c.closed_by_peer(), "nothing behind it is read as a request"
	assert server.value("select count(*) from punch") == 0
	assert server.value("select count(*) from terminal where sn = 'SMUGGLED'") == 0


def test_equal_lengths_twice_are_refused_or_one(server, terminal):
	terminal.register()
	with Connection(server.address) as c:
		c.send((PUNCH % terminal.sn).encode() + b"Content-Length: 26\r\nContent-Length: 26\r\n\r\n"
			b"7\t2026-05-02 08:00:00\t0\t1\n")
		reply = c.read_reply()
	assert reply.text == "OK: 1" or reply.status == 400 or reply.text.startswith("ERROR")


def test_garbage(server, make_terminal):
	with undisturbed(server, make_terminal):
		for garbage in (b"\0" * 1000, b"\x16\x03\x01\x02\x00\x01\x00", b"\r\n" * 1000,
				b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b" / HTTP/1.1\r\n\r\n",
				bytes(range(256)) * 40, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
			with Connection(server.address) as c:
				with contextlib.suppress(OSError):
					c.send(garbage)
					c.sock.shutdown(socket.SHUT_WR)
				try:
					reply = c.read_reply()
					assert reply.status >= 400 or reply.text.startswith("ERROR"), reply
				except (Closed, OSError):
					pass


def test_clients_that_vanish(server, make_terminal):
	t = make_terminal()
	t.register()
	files = server.open_files()
	with undisturbed(server, make_terminal):
		for i in range(300):
			c = Connection(server.address)
			request = t.request_bytes("POST", t.push_target("ATTLOG"),
				"8\t2026-05-03 08:%02d:%02d\t0\t1\n" % (i // 60, i % 60))
			c.send(request[:1 + i * len(request) // 300])
			if i % 2:
				c.reset()
			else:
				c.close()
	wait_until(lambda: server.open_files() <= files + 3, 20, "no connection is left over")


def test_pipelined_requests_are_answered_in_order(server, terminal):
	terminal.register()
	with Connection(server.address) as c:
		c.send(b"".join(terminal.request_bytes("POST", terminal.push_target("ATTLOG"),
			"7\t2026-05-02 08:00:%02d\t0\t1\n" % n * (n + 1),
			"Host: x\r\nConnection: keep-alive\r\n") for n in range(10)))
		assert [c.read_reply().text for _ in range(10)] == ["OK: %d" % (n + 1) for n in range(10)]


def test_chunked_uploads_are_understood(server, terminal):
	terminal.register()
	with Connection(server.address) as c:
		c.send((PUNCH % terminal.sn).encode() + b"Host: x\r\nTransfer-Encoding: chunked\r\n\r\n"
			b"e\r\n7\t2026-05-02 0\r\ne\r\n8:00:00\t0\t1\n\n\n\r\n0\r\n\r\n")
		assert c.read_reply().text == "OK: 1"


def test_expect_100_continue(server, terminal):
	terminal.register()
	with Connection(server.address) as c:
		c.send((PUNCH % terminal.sn).encode() + b"Host: x\r\nContent-Length: 26\r\n"
			b"Expect: 100-continue\r\n\r\n")
		assert c.read_head().startswith(b"HTTP/1.1 100")
		c.send(b"7\t2026-05-02 08:00:00\t0\t1\n")
		assert c.read_reply().text == "OK: 1"


def test_http_1_0(server, terminal):
	terminal.register()
	with Connection(server.address) as c:
		c.send(b"GET /iclock/getrequest?SN=%s HTTP/1.0\r\n\r\n" % terminal.sn.encode())
		reply = c.read_reply()
		assert reply.text == "OK" or reply.text.startswith("C:")
		assert "date" in reply.headers and "content-length" in reply.headers
		assert c.closed_by_peer()


def test_one_poison_value_among_50_terminals(server, make_terminal):
	"""A value that the database refuses stands alone among the rejects; nobody else notices."""
	terminals = [make_terminal() for _ in range(50)]
	for t in terminals:
		t.register()
	server.sql("""create function test_poison() returns trigger language plpgsql as $$ begin
		if new.work_code = 'poison' then raise exception 'poison' using errcode = '22000'; end if;
		return new; end $$""")
	server.sql("""create trigger test_poison before insert on punch
		for each row execute function test_poison()""")
	answers = {}

	def upload(i, t):
		answers[i] = t.push("ATTLOG", *["%d\t2026-05-04 %02d:%02d:00\t0\t1\t%s" % (
			1000 + i, h, n, "poison" if (i, h, n) == (17, 1, 7) else "") for h in range(2)
			for n in range(10)])
	threads = [threading.Thread(target=upload, args=(i, t)) for i, t in enumerate(terminals)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join(60)
	assert set(answers.values()) == {"OK: 20"}, answers
	assert server.value("select count(*) from punch") == 50 * 20 - 1
	rejects = server.api.get("/iclock/api/rejects/")
	assert rejects["count"] == 1
	assert terminals[17].sn in str(rejects["data"][0])


