"""On the wire: smuggling, bombs, and what one connection may cost."""

import io
import socket
import time
import zipfile

import pytest

from punchd_test.net import Closed, Connection
from punchd_test.rest import Api
from punchd_test.wait import wait_until

AREAS = "/personnel/api/areas/"
LINE = b"7\t2026-05-02 08:00:00\t0\t1\n"

FRAMINGS = [
	b"Content-Length: 26\r\nContent-Length: 0\r\n", b"Content-Length: 0\r\nContent-Length: 26\r\n", b"Content-Length: 26, 0\r\n",
	b"Content-Length: 26\r\nTransfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked\r\nContent-Length: 26\r\n",
	b"Transfer-Encoding: chunked, identity\r\n", b"Transfer-Encoding: identity, chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n",
	b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", b"Transfer-Encoding:\x0bchunked\r\n", b"Transfer-Encoding : chunked\r\n",
	b"Transfer-Encoding: \"chunked\"\r\n", b"Transfer-Encoding: chunkedx\r\n", b"X: y\r\n Content-Length: 0\r\n", b"X: y\r\n\tfolded\r\n",
	b"Content-Length: 26\r\n folded\r\n", b" Content-Length: 26\r\n", b"Content-Length: 2 6\r\n", b"Content-Length: 26a\r\n", b"Content-Length: \r\n",
	b"Content-Length: -26\r\n", b"Content-Length: +26\r\n", b"Content-Length: 0x1a\r\n", b"Content-Length: 26.0\r\n", b"Content-Length: 1e1\r\n",
	b"Content-Length\t: 26\r\n", b"Content-Length: 18446744073709551642\r\n", b"X\x00Y: 1\r\n", b"X: a\x00b\r\n", b"X: a\rb\r\n", b"\rX: a\r\n", b": empty\r\n",
	b"no colon\r\n", b"X Y: 1\r\n",
]


@pytest.mark.parametrize("surface", ["terminals", "rest"])
def test_ambiguous_framing_is_refused_and_ends_the_connection(server, terminal, surface):
	terminal.register()
	auth = server.new_api().login().authorization.encode()
	start = (b"POST /iclock/cdata?SN=%s&table=ATTLOG HTTP/1.1\r\n" % terminal.sn.encode() if surface == "terminals"
		else b"POST /personnel/api/departments/ HTTP/1.1\r\nAuthorization: %s\r\n" % auth)
	second = b"GET /iclock/getrequest?SN=SMUGGLED HTTP/1.1\r\nHost: x\r\n\r\n"
	for framing in FRAMINGS:
		with Connection(server.address) as c:
			c.send(start + b"Host: x\r\nConnection: keep-alive\r\n" + framing + b"\r\n" + LINE + second)
			try:
				reply = c.read_reply()
				assert reply.status >= 400 or reply.text.startswith("ERROR"), (framing, reply)
				assert c.closed_by_peer(), framing
			except Closed as e:
				assert e.received == b"", framing
	assert server.value("select count(*) from terminal where sn = 'SMUGGLED'") == 0
	assert server.value("select count(*) from punch") == 0 and server.value("select count(*) from department") == 1


CHUNKS = [b"1a\n" + LINE + b"\n0\n\n", b"1a;\x00\r\n" + LINE + b"\r\n0\r\n\r\n", b"-1\r\nx\r\n0\r\n\r\n", b"0x1a\r\n" + LINE + b"\r\n0\r\n\r\n",
	b"1a \x0b\r\n" + LINE + b"\r\n0\r\n\r\n", b"ffffffffffffffff1\r\nx\r\n0\r\n\r\n", b"1a\r\n" + LINE + b"0\r\n\r\n", b"\r\n\r\n", b"g\r\n", b"1a\rX\n" + LINE]


def test_broken_chunks(server, terminal):
	terminal.register()
	for chunks in CHUNKS:
		with Connection(server.address) as c:
			c.send(b"POST /iclock/cdata?SN=%s&table=ATTLOG HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
				% terminal.sn.encode() + chunks)
			c.sock.shutdown(socket.SHUT_WR)
			try:
				reply = c.read_reply()
				assert reply.status >= 400 or reply.text.startswith("ERROR") or reply.text == "OK: 1", (chunks, reply)
			except Closed:
				pass
	assert server.value("select count(*) from terminal where sn = 'SMUGGLED'") == 0


def test_sizes_of_chunks_that_could_be_read_as_two(server, terminal):
	terminal.register()

	def push(size):
		with Connection(server.address) as c:
			c.send(b"POST /iclock/cdata?SN=%s&table=ATTLOG HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n%s\r\n0\r\n\r\n"
				% (terminal.sn.encode(), size, LINE))
			return c.read_reply().text
	n = b"%x" % len(LINE)
	for more in (b" 7", b"\t7", b" =", b"  0", b" ,;x", b":", b"\x0c;x", b" \x0b", b" 0;x", b"\xa0"):
		assert "OK" not in push(n + more), more
	assert "OK" not in push(b" " + n)
	assert server.value("select count(*) from punch") == 0
	for more in (b"", b" ", b" \t  ", b";x=y z", b" ;x"):
		assert push(n + more).startswith("OK"), more


# ---------------------------------------------------------------- bombs

def bomb(size, name="xl/worksheets/sheet1.xml"):
	out = io.BytesIO()
	with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
		z.writestr("[Content_Types].xml", "<Types/>")
		z.writestr("xl/workbook.xml", "<workbook xmlns:r='r'><sheets><sheet r:id='a'/></sheets></workbook>")
		z.writestr("xl/_rels/workbook.xml.rels", "<Relationships><Relationship Id='a' Target='worksheets/sheet1.xml'/></Relationships>")
		with z.open(name, "w", force_zip64=True) as f:
			for _ in range(size >> 20):
				f.write(b" " * (1 << 20))
	return out.getvalue()


def lying(data):
	"""The same archive, whose directory says that everything is 10 bytes."""
	at, out = 0, bytearray(data)
	while (at := data.find(b"PK\x01\x02", at)) >= 0:
		out[at + 24:at + 28] = (10).to_bytes(4, "little")
		at += 4
	return bytes(out)


IMPORTS = ["/personnel/api/employees/import/", "/personnel/api/departments/import/", "/personnel/api/employees/import_photos/",
	"/personnel/api/employees/import_cards/", "/iclock/api/transactions/import/"]


@pytest.mark.slow
def test_archives_that_unpack_to_gigabytes(server):
	big = bomb(2 << 30)
	assert len(big) < 4 << 20
	inner = io.BytesIO()
	with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as z:
		z.writestr("1.jpg", big)
	before, start = server.memory(), time.monotonic()
	for path in IMPORTS:
		for file in (big, lying(big), inner.getvalue(), bomb(64 << 20, "1.jpg")):
			r = server.api.request("POST", path, file, headers={"Content-Type": "application/zip"})
			assert r.status == 400, (path, r)
			assert server.probe("/healthz") == 200
	assert time.monotonic() - start < 120
	assert server.memory() - before < 200 << 20
	assert server.value("select count(*) from employee") == 0


@pytest.mark.slow
def test_packages_of_terminals_that_unpack_to_gigabytes(server, terminal):
	import gzip
	terminal.register()
	body = gzip.compress(b"7\t2026-05-02 08:00:00\t0\t1\n" * (40 << 20 >> 4), 9)
	before = server.memory()
	for query in ("&ContentType=tgz", "&type=tgz", ""):
		r = terminal.raw("POST", terminal.push_target("ATTLOG", query=query), body, "Host: x\r\nContent-Encoding: gzip\r\nContent-Type: application/gzip\r\n"
			"Connection: close\r\n")
		assert r.status == 200
	assert server.memory() - before < 200 << 20


def test_deep_and_wide_json(server):
	for body in ("[" * 60000, '{"a":' * 10000 + "1" + "}" * 10000, '{"emp_code": ' + "[" * 5000 + "]" * 5000 + "}", '{"a": 1' + "0" * 60000 + "}",
			'{"a": "' + "\\u0000" * 9000 + '"}', "{" + ",".join('"%d": 1' % n for n in range(5000)) + "}"):
		r = server.api.request("POST", "/personnel/api/employees/", body, headers={"Content-Type": "application/json"})
		assert r.status in (400, 413), r
	assert server.probe("/healthz") == 200


# ---------------------------------------------------------------- what one connection may cost

def test_bodies_of_strangers_are_short(server):
	"""Refused by their length, before they are read; files are for those who say who they are."""
	def ask(path, n, auth):
		with Connection(server.address) as c:
			c.send(("POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (
				path, "Authorization: %s\r\n" % auth if auth else "", n)).encode())
			try:
				c.sock.settimeout(0.5)
				return c.read_reply().status
			except socket.timeout:
				return "read on"
	auth = server.new_api().login().authorization
	for path in ("/api-token-auth/", "/jwt-api-token-refresh/", AREAS, IMPORTS[0]):
		assert ask(path, 65537, None) == 413, path
	assert ask("/api-token-auth/", 65537, auth) == 413
	assert ask(AREAS, (4 << 20) + 1, auth) == 413
	assert ask(AREAS, 4 << 20, auth) == "read on"
	assert ask(IMPORTS[0], (4 << 20) + 1, auth) == "read on"
	assert ask(IMPORTS[0], (32 << 20) + 1, auth) == 413


@pytest.mark.settings(body_memory="8M", max_body="32M")
def test_bodies_together_are_bounded(server):
	"""Fifty files of 6 MiB at once: those beyond the limit are not read from until others are done."""
	auth = server.new_api().login().authorization
	before, connections = server.memory(), []
	for _ in range(50):
		c = Connection(server.address)
		c.send(("POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n" % (IMPORTS[0], auth, 6 << 20)).encode())
		connections.append(c)
	for c in connections:
		c.sock.setblocking(False)
		try:
			for _ in range(90):
				c.sock.send(b"x" * 65536)
		except BlockingIOError:
			pass
	assert server.probe("/healthz") == 200 and server.api.get(AREAS)["count"] == 2
	assert server.memory() - before < 64 << 20
	for c in connections:
		c.close()
	r = wait_until(lambda: server.api.request("POST", AREAS, {"area_code": "x", "area_name": "x"}))
	assert r.status == 201, "and room comes back"


@pytest.mark.settings(max_connections=128)
def test_who_only_opens_connections_keeps_nobody_out(server):
	"""All places taken by heads that never end; one that means it gets in, within seconds."""
	slow = []
	for _ in range(160):
		c = socket.create_connection(server.address)
		c.sendall(b"GET /iclock/getrequest?SN=SLOW HTTP/1.1\r\nHost: x\r\n")
		slow.append(c)
	start = time.monotonic()
	wait_until(lambda: Api(server.address, timeout=15).request("GET", "/healthz", authorization="").status == 200, 15)
	assert time.monotonic() - start < 12, "not only after the 20 s of a head"
	for c in slow:
		c.close()


def test_heads_are_bounded(server):
	for head, codes in ((b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n", (414, 431)), (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 65 + b"\r\n", (400, 431)),
			(b"GET / HTTP/1.1\r\nX: " + b"y" * 66000 + b"\r\n\r\n", (431,))):
		with Connection(server.address) as c:
			c.send(head)
			assert c.read_reply().status in codes
	with Connection(server.address) as c:
		c.send(b"GET /healthz?" + b"a" * 30000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + b"X: y\r\n" * 50 + b"\r\n")
		assert c.read_reply().status == 200


@pytest.mark.slow
def test_heads_end_in_twenty_seconds(server):
	with Connection(server.address) as c:
		start = time.monotonic()
		c.send(b"GET /healthz HTTP/1.1\r\n")
		for _ in range(24):
			try:
				c.sock.settimeout(1)
				data = c.sock.recv(100)
				assert data == b"" or b" 408 " in data or data.startswith(b"HTTP/1.1 200"), data
				break
			except socket.timeout:
				c.send(b"X: y\r\n")
		assert 15 < time.monotonic() - start < 24, "dribbling does not prolong it"


# ---------------------------------------------------------------- content types

@pytest.mark.settings(strict_content_type=True)
def test_json_only_where_the_site_says_so(server):
	for kind, body in (("application/x-www-form-urlencoded", "area_code=x&area_name=x"), ("text/plain", '{"area_code": "x", "area_name": "x"}'),
			(None, '{"area_code": "x", "area_name": "x"}'), ("application/jsonx", "{}"), ("multipart/form-data; boundary=X", "--X--\r\n")):
		r = server.api.request("POST", AREAS, body.encode(), headers={"Content-Type": kind} if kind else {})
		assert r.status == 415, (kind, r)
	assert server.api.request("POST", "/api-token-auth/", "username=admin&password=x", headers={
		"Content-Type": "application/x-www-form-urlencoded"}, authorization="").status == 415
	for kind in ("application/json", "Application/JSON; charset=utf-8"):
		r = server.api.request("POST", AREAS, '{"area_code": "%s", "area_name": "x"}' % kind[0], headers={"Content-Type": kind})
		assert r.status == 201, r
	r = server.api.request("POST", IMPORTS[1], b"dept_code,dept_name\n7,x\n", headers={"Content-Type": "text/csv"})
	assert r.status == 200, "files are no objects"
