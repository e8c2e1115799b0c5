"""Addresses behind a balancer: who may say them, and what is made of them."""

import socket
import ssl

import pytest

from punchd_test.haproxy import HAProxy, SIGNATURE, block, line
from punchd_test.net import Closed, Connection, free_port, unread
from punchd_test.server import run_punchd
from punchd_test.terminal import Terminal
from punchd_test.tls import context, make_certificate
from punchd_test.wait import wait_until

POLL = "GET /iclock/getrequest?SN=%s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\n"
REFUSED = "proxy_header_refused"


class Source(Connection):
	"""From another address of the loopback."""

	def __init__(self, address, source):
		self.sock = socket.create_connection(address, 30, (source, 0))
		self.rest = b""


def ask(address, header, sn="STRANGER1", more="", source="127.0.0.1"):
	with Source(address, source) as c:
		c.send(header + (POLL % (sn, more)).encode())
		return c.read_reply().text


def refused(address, header, **more):
	try:
		ask(address, header, **more)
	except (Closed, ConnectionResetError, BrokenPipeError) as e:
		return not getattr(e, "received", b"")
	return False


@pytest.fixture
def behind(database, make_server):
	"""behind(**settings): a server whose port of terminals is a balancer's."""
	def make(**settings):
		settings = {"trusted_proxies": "127.0.0.1, 192.0.2.50", "device_listen": "127.0.0.1:%d" % free_port(), **settings}
		return make_server(database, device_proxy_protocol=True, **settings)
	return make


def peer_is(server, address, why=None):
	"""Of the last request of a terminal; it is logged when the reply is on its way."""
	def last():
		lines = [x for x in server.log().splitlines() if " request " in x and "/iclock/" in x]
		return lines and lines[-1].endswith("peer=" + address)
	wait_until(last, 5, "the request of %s is logged (%s)" % (address, why))


def test_the_address_that_is_told_is_the_clients(behind):
	server = behind()
	t = Terminal(server, "PROXY001", approve=False)
	for address in ("198.51.100.7", "2001:db8::7"):
		for n, header in enumerate((line(address), block(address), block(address, values=b"\x04\0\x05abcde"))):
			assert ask(server.device_address, header, t.sn) == "OK"
			peer_is(server, address, n)
	assert server.value("select ip_address from terminal where sn = %s", t.sn) == "198.51.100.7"
	wait_until(lambda: server.value("select address from terminal_state") == "2001:db8::7", 10)
	for header in (b"PROXY UNKNOWN\r\n", b"PROXY UNKNOWN ::1 ::1 1 2\r\n", block("198.51.100.7", command=0), block(), block("198.51.100.7", kind=0x12),
			block(kind=0x31, values=bytes(216))):
		assert ask(server.device_address, header, t.sn) == "OK"
		peer_is(server, "127.0.0.1", header)
	assert REFUSED not in server.log()


def test_only_a_trusted_proxy_that_tells_it_is_heard(behind):
	server = behind()
	bad = [b"", b"PROXY TCP4 198.51.100.7\r\n", b"PROXY TCP4 198.51.100.7 10.0.0.1 1 2\n", b"PROXY " + b"x" * 101, b"PROXY UNKNOWN " + b"x" * 120 + b"\r\n",
		b"proxy UNKNOWN\r\n", SIGNATURE + b"\x21\x11\xff\xff", SIGNATURE + b"\x31\x11\0\x0c" + bytes(12), SIGNATURE + b"\x21\x11\0\x04" + bytes(4), b"\x16\x03\x01\x02\0"]
	assert refused(server.device_address, line("198.51.100.7"), source="127.0.0.2")
	assert refused(server.device_address, block("198.51.100.7"), source="127.0.0.2")
	for header in bad:
		assert refused(server.device_address, header), header
	assert server.log().count(REFUSED) == 1, "once a minute"
	assert server.value("select count(*) from terminal") == 0
	# on a port of clients it is a request that makes no sense
	for header in (line("198.51.100.7"), block("198.51.100.7")):
		with Connection(server.address) as c:
			c.send(header + (POLL % ("X", "")).encode())
			assert c.read_reply().status == 400 and c.closed_by_peer()


def test_headers_of_requests_count_only_behind_another_proxy(behind):
	server = behind()
	more = "X-Forwarded-For: 203.0.113.9\r\n"
	for header, peer in ((line("198.51.100.7"), "198.51.100.7"), (b"PROXY UNKNOWN\r\n", "127.0.0.1"), (line("192.0.2.50"), "203.0.113.9")):
		ask(server.device_address, header, more=more)
		peer_is(server, peer)


def test_it_may_come_byte_by_byte(behind):
	server = behind()
	for header in (line("198.51.100.7"), block("198.51.100.8", values=bytes(300))):
		for cut in sorted({1, 2, 11, 12, 15, 16, 17, len(header) - 1, len(header), len(header) + 3}):
			whole = header + (POLL % ("X", "")).encode()
			with Connection(server.device_address) as c:
				c.send(whole[:cut])
				wait_until(lambda: unread(c.sock) == 0)  # noqa: B023
				c.send(whole[cut:])
				assert c.read_reply().text == "OK", cut
		with Connection(server.device_address) as c:
			for byte in header + (POLL % ("X", "")).encode():
				c.send(bytes([byte]))
			assert c.read_reply().text == "OK"
		peer_is(server, "198.51.100.7" if header[0] == 80 else "198.51.100.8")


@pytest.mark.slow
def test_an_incomplete_one_ends_in_time_and_costs_nothing(behind):
	server = behind()
	with Connection(server.device_address) as c, Connection(server.device_address) as silent:
		c.send(b"PROXY TCP4 ")
		before = ticks(server)
		assert c.closed_by_peer(40) and silent.closed_by_peer(10)
		assert ticks(server) - before < 500, "it waits, it does not spin"


def ticks(server):
	"""Of the processor, in hundredths of a second."""
	with open("/proc/%d/stat" % server.process.pid, encoding="utf-8") as f:
		words = f.read().rsplit(")", 1)[1].split()
	return int(words[11]) + int(words[12])


def test_allowed_address_is_compared_with_what_is_told(behind):
	server = behind()
	t = Terminal(server, "PROXY002")
	t.raw = lambda method, target, body=b"", headers=None, timeout=30: told(server, t, "198.51.100.7", method, target, body)
	t.register()
	server.api.patch("/iclock/api/terminals/%d/" % t.id, {"allowed_address": "198.51.100.0/24"})
	wait_until(lambda: told(server, t, "203.0.113.5", "GET", "/iclock/getrequest?SN=" + t.sn).text == "ERROR: address")
	assert told(server, t, "198.51.100.9", "GET", "/iclock/getrequest?SN=" + t.sn).text == "OK"


def told(server, t, address, method, target, body=b""):
	with Connection(server.device_address) as c:
		c.send(line(address) + t.request_bytes(method, target, body))
		return c.read_reply()


def test_logins_are_counted_by_the_told_address(database, make_server):
	server = make_server(database, wait=False, proxy_protocol=True, trusted_proxies="127.0.0.1")
	listening = {k: server.settings[k] for k in ("listen", "trusted_proxies", "proxy_protocol")}
	wait_until(lambda: server.command("health", **listening).returncode == 0, 60)
	body = b'{"username": "admin", "password": "wrong"}'

	def login(address):
		with Connection(server.address) as c:
			c.send(line(address) + b"POST /api-token-auth/ HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
			return c.read_reply().status
	assert login("203.0.113.5") == 400
	assert wait_until(lambda: "login_failed address=203.0.113.5" in server.log())
	r = run_punchd("health", **{**listening, "trusted_proxies": "127.0.0.1", "proxy_protocol": "off"})
	assert r.returncode == 1, "without a header nobody answers"


def test_tls_begins_behind_it(behind, tmp_path):
	cert, key = make_certificate(tmp_path)
	server = behind(device_tls_cert=cert, device_tls_key=key)
	for header in (line("198.51.100.7"), block("198.51.100.7", values=bytes(200))):
		for cut in (None, 5, len(header) - 1):
			raw = socket.create_connection(server.device_address, 30)
			raw.sendall(header[:cut])
			if cut:
				wait_until(lambda: unread(raw) == 0)  # noqa: B023
				raw.sendall(header[cut:])
			with context().wrap_socket(raw) as s:
				s.sendall((POLL % ("X", "")).encode())
				assert s.recv(65536).endswith(b"OK")
			peer_is(server, "198.51.100.7")
	with socket.create_connection(server.device_address, 30) as raw, pytest.raises((ssl.SSLError, OSError)):
		context().wrap_socket(raw)


def test_behind_a_real_balancer(behind, make_server, database, tmp_path):
	cert, key = make_certificate(tmp_path)
	plain, ciphered = behind(), behind(device_tls_cert=cert, device_tls_key=key)
	ways = [(options, s.device_address[1]) for s, tls in ((plain, ""), (ciphered, " check-ssl verify none"))
		for options in ("send-proxy check-send-proxy" + tls, "send-proxy-v2 check-send-proxy" + tls)]
	balancer = HAProxy(*ways)
	try:
		for n, address in enumerate(balancer.addresses):
			raw = socket.create_connection(address, 30, ("127.0.0.%d" % (n + 9), 0))
			with (context().wrap_socket(raw) if n > 1 else raw) as s:
				s.sendall((POLL % ("BALANCED%d" % n, "")).encode())
				assert s.recv(65536).endswith(b"OK"), n
			peer_is(ciphered if n > 1 else plain, "127.0.0.%d" % (n + 9))
		wait_until(lambda: balancer.states() == ["L7OK"] * 4, 20, "its checks are answered")
	finally:
		balancer.stop()
	assert REFUSED not in plain.log() + ciphered.log()


def test_settings_that_leave_no_way_in(database):
	for settings, why in (({"proxy_protocol": "on"}, "set trusted_proxies"),
			({"device_proxy_protocol": "on", "trusted_proxies": "127.0.0.1"}, "device_listen"),
			({"device_proxy_protocol": "on", "device_listen": "127.0.0.1:1"}, "set trusted_proxies")):
		r = run_punchd("serve", database_url=database.conninfo, **settings)
		assert r.returncode == 1 and why in r.stderr, r.stderr
