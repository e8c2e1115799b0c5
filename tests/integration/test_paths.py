"""What terminals write on the request line and around it (adms-push 0), byte by byte."""

import re

import pytest

from punchd_test.net import Connection
from punchd_test.terminal import check_reply

PUNCH = "7\t2026-05-01 08:00:00\t0\t1\n"
ENDPOINTS = ("cdata", "getrequest", "ping")


def exchange(terminal, data):
	"""Raw bytes to the server, its reply checked as 0.8 wants it."""
	with Connection(terminal.address) as c:
		c.send(data if isinstance(data, bytes) else data.encode("latin-1"))
		reply = c.read_reply()
	check_reply(reply)
	return reply


def get(terminal, target, head="Host: h\r\n"):
	return exchange(terminal, "GET %s HTTP/1.1\r\n%s\r\n" % (target, head))


def test_every_spelling_of_a_path(server, terminal):
	terminal.register()
	terminal.obey()
	for prefix in ("/iclock/", "/iclock/iclock/", "//iclock/", "/ICLOCK/", "/iclock//", "//iclock//iclock/",
			"/IClock/iCLOCK/"):
		for end in ("", "/", ".aspx", ".ASPX", ".php", ".aspx/", "//"):
			for name in ("getrequest", "GETREQUEST", "GetRequest"):
				reply = get(terminal, "%s%s%s?SN=%s" % (prefix, name, end, terminal.sn))
				assert (reply.status, reply.text) == (200, "OK"), prefix + name + end
	for name in ENDPOINTS:
		reply = get(terminal, "/iclock/%s.aspx?SN=%s&options=all&pushver=2.4.1" % (name, terminal.sn))
		assert reply.status == 200 and not reply.text.startswith("ERROR"), name


def test_paths_that_are_nobodys(server, terminal):
	terminal.register()
	for path in ("/iclock/nothing", "/iclock/cdata/more", "/iclock/FileName=options.cfg", "/iclock/file"):
		reply = get(terminal, "%s?SN=%s" % (path, terminal.sn))
		assert reply.status == 404 and reply.text.startswith("ERROR:"), path
	assert get(terminal, "/iclock/").text == "OK"
	assert get(terminal, "/iclock").text == "OK"
	# what only begins like ours is not answered as a terminal's
	with Connection(terminal.address) as c:
		c.send(b"GET /iclocked/getrequest?SN=X HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
		reply = c.read_reply()
	assert reply.status == 404 and reply.headers["content-type"] != "text/plain"


def test_raw_spaces_in_the_request_line(server, terminal):
	"""adms-push 0.5: split at the first space and at the last " HTTP/"."""
	terminal.register()
	terminal.obey()
	info = "Ver 6.39 Apr 28 2008,2,0,0,192.168.1.201,10,7,15,11,011"
	assert get(terminal, "/iclock/getrequest?SN=%s&INFO=%s" % (terminal.sn, info)).text == "OK"
	assert get(terminal, "/iclock/getrequest?SN=%s&INFO=Ver HTTP/1.1 x,5" % terminal.sn).text == "OK"


def test_parameter_names_in_any_case_and_order(server, terminal):
	terminal.register()
	n = 0
	for query in ("SN=%s&table=ATTLOG&Stamp=9999", "sn=%s&TABLE=attlog&stamp=9999",
			"Stamp=9999&Table=AttLog&Sn=%s", "table=ATTLOG&SN=%s", "SN=%s&Stamp=289503453",
			"&&SN=%s&&table=ATTLOG&", "SN=%s&table=ATTLOG&Stamp", "SN=%s"):
		line = "7\t2026-05-01 08:00:%02d\t0\t1" % n
		n += 1
		assert terminal.raw("POST", "/iclock/cdata?" + query % terminal.sn, line).text == "OK: 1", query
		assert server.value("select count(*) from punch") == n, query


def test_a_plus_is_a_plus(server, terminal):
	terminal.register()
	get(terminal, "/iclock/fdata?SN=%s" % terminal.sn)
	target = "/iclock/fdata?SN=%s&PIN=1+1&PhotoStamp=1" % terminal.sn
	assert terminal.raw("POST", target, b"x\0y").text == "OK"
	assert server.sql("select code from pin") == [("1+1",)]
	target = "/iclock/fdata?SN=%s&PIN=2%%202&PhotoStamp=1" % terminal.sn
	assert terminal.raw("POST", target, b"x\0y").text == "OK"
	assert server.sql("select code from pin order by id") == [("1+1",), ("2 2",)]


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream",
	"application/x-www-form-urlencoded", "application/push;charset=UTF-8", "application/json",
	"multipart/form-data; boundary=x", None])
def test_bodies_are_taken_raw(server, terminal, kind):
	terminal.register()
	terminal.obey()
	head = "Host: h\r\nConnection: close\r\n" + ("Content-Type: %s\r\n" % kind if kind else "")
	assert terminal.raw("POST", terminal.push_target("ATTLOG"), PUNCH, head).text == "OK: 1"
	server.api.post("/iclock/api/terminals/reboot/", {"terminals": [terminal.id]})
	cid, _ = terminal.poll_until("REBOOT")
	assert terminal.raw("POST", "/iclock/devicecmd?SN=" + terminal.sn,
		"ID=%s&Return=0&CMD=REBOOT" % cid, head).text == "OK"
	assert server.value("select state from terminal_command where id = %s", cid) == "done"


def test_line_ends_of_uploads(server, terminal):
	terminal.register()
	body = ("1\t2026-05-01 08:00:00\t0\t1\r\n2\t2026-05-01 08:00:00\t0\t1\n\r\n \t \n\0\n"
		"3\t2026-05-01 08:00:00\t0\t1")
	assert terminal.push("ATTLOG", body.encode()) == "OK: 3"
	assert [r[0] for r in server.sql("select code from pin order by id")] == ["1", "2", "3"]
	assert terminal.push("ATTLOG", b"") == "OK: 0"
	assert terminal.push("ATTLOG", b"\r\n\n \n") == "OK: 0"


# ---------------------------------------------------------------- serial numbers

@pytest.mark.parametrize("query", ["", "SN=", "SN", "SN=" + "A" * 33, "SN=a b", "SN=a%20b", "SN=a/b",
	"SN=%00", "SN=a%0A", "SN=a.b", "SN=%C3%A9", "SN=<x>", "INFO=1"])
def test_a_missing_or_malformed_sn_is_400(server, terminal, query):
	for method, path in (("GET", "getrequest"), ("GET", "cdata"), ("POST", "cdata"), ("POST", "devicecmd")):
		reply = terminal.raw(method, "/iclock/%s?%s" % (path, query), PUNCH if method == "POST" else b"")
		assert (reply.status, reply.text) == (400, "ERROR: SN"), (method, path)
	assert server.value("select count(*) from terminal") == 0


def test_serial_numbers_are_compared_exactly(server, make_terminal):
	for sn in ("Abc1", "ABC1", "abc1", "abc1-", "A" * 32):
		make_terminal(sn, approve=False).handshake()
	assert server.value("select count(*) from terminal") == 5


def test_a_result_without_sn_in_the_url(server, make_terminal):
	"""0.6: SN= of the body, else nobody's: ids are small numbers that anybody can count through."""
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()

	def reboot(t):
		server.api.post("/iclock/api/terminals/reboot/", {"terminals": [t.id]})
		return t.poll_until("REBOOT")[0]

	def state(cid):
		return server.value("select state from terminal_command where id = %s", cid)
	cid = reboot(a)
	assert a.raw("POST", "/iclock/devicecmd", "ID=%s&SN=%s&Return=0&CMD=REBOOT\n" % (cid, a.sn)).text == "OK"
	assert state(cid) == "done"
	cid = reboot(a)
	assert a.raw("POST", "/iclock/devicecmd", "ID=%s&SN=%s&Return=0&CMD=REBOOT\n" % (cid, b.sn)).text == "OK"
	assert state(cid) == "sent", "the result of another terminal"
	for form in ("ID=%s&Return=0&CMD=REBOOT\n", "ID=%s\nReturn=0\nCMD=REBOOT\n", "id=99999999&return=0\nID=%s&Return=0&CMD=REBOOT"):
		assert a.raw("POST", "/iclock/devicecmd", form % cid).text == "OK"
		assert state(cid) == "sent", form
	for method in ("GET", "POST"):
		assert a.raw(method, "/iclock/devicecmd?ID=%s&Return=0&CMD=REBOOT" % cid).text == "OK"
		assert state(cid) == "sent", method
	assert server.log().count("result_of_nobody") == 1, "told once a minute"
	assert a.raw("GET", "/iclock/devicecmd?SN=%s&ID=%s&Return=0&CMD=REBOOT" % (a.sn, cid)).text == "OK"
	assert state(cid) == "done"


# ---------------------------------------------------------------- answers

def test_the_head_of_every_answer(server, terminal):
	terminal.register()
	terminal.obey()
	for method, target, body in (("GET", "getrequest", ""), ("GET", "cdata", ""), ("GET", "ping", ""),
			("POST", "cdata", PUNCH), ("POST", "fdata", "x"), ("POST", "devicecmd", "ID=1&Return=0"),
			("POST", "registry", "x"), ("POST", "exchange", "x"), ("GET", "nothing", "")):
		reply = terminal.raw(method, "/iclock/%s?SN=%s" % (target, terminal.sn), body)
		assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", reply.headers["date"]), target
		assert reply.headers["content-length"] == str(len(reply.body)), target
		assert reply.headers["content-type"] in ("text/plain", "text/plain;charset=UTF-8"), target
		assert reply.headers["connection"].lower() == "close", target
		assert reply.version == "HTTP/1.1", target
		assert "location" not in reply.headers and "content-encoding" not in reply.headers, target


def test_never_compressed_never_chunked_even_when_offered(server, terminal):
	terminal.register()
	head = "Host: h\r\nAccept-Encoding: gzip, deflate\r\nTE: chunked, trailers\r\n"
	reply = get(terminal, "/iclock/cdata?SN=%s&options=all&pushver=2.4.1" % terminal.sn, head)
	assert reply.text.startswith("GET OPTION FROM: ")


def test_odd_connection_headers(server, terminal):
	"""Keep-alive by name only; `starting` and all else is answered and closed (0.2)."""
	terminal.register()
	terminal.obey()
	poll = "GET /iclock/getrequest?SN=%s HTTP/1.%d\r\n%s\r\n"
	for head, minor, stays in (("Connection: keep-alive\r\n", 1, True), ("Connection: Keep-Alive\r\n", 0, True),
			("Connection: KEEP-ALIVE, x\r\n", 1, True), ("", 1, False), ("", 0, False),
			("Connection: starting\r\n", 1, False), ("Connection: close\r\n", 1, False),
			("Connection: \r\n", 1, False)):
		with Connection(terminal.address) as c:
			for _ in range(3 if stays else 1):
				c.send((poll % (terminal.sn, minor, head)).encode())
				reply = c.read_reply()
				assert reply.text == "OK", head
				assert reply.headers["connection"].lower() == ("keep-alive" if stays else "close"), head
			assert stays or c.closed_by_peer(), head


def test_failures_are_200_with_a_reason(server, terminal):
	terminal.register()
	for method in ("PUT", "DELETE", "PATCH"):
		reply = terminal.raw(method, "/iclock/cdata?SN=" + terminal.sn)
		assert reply.text.startswith("ERROR:"), reply
	head = "Host: h\r\nContent-Length: %d\r\n" % (40 << 20)
	with Connection(terminal.address) as c:
		c.send(terminal.request_bytes("POST", terminal.push_target("ATTLOG"), b"", head,
			content_length=False))
		reply = c.read_reply()
	assert reply.status == 200 and reply.text.startswith("ERROR:")


def test_what_is_not_offered(server, terminal):
	terminal.register()
	sn = terminal.sn
	assert terminal.raw("POST", "/iclock/exchange?SN=%s&type=publickey" % sn, "PublicKey=x").status == 404
	assert terminal.raw("POST", "/iclock/exchange?SN=%s&type=factors" % sn, "Factors=x").status == 404
	assert terminal.raw("POST", "/iclock/registry?SN=" + sn, "DeviceType=acc").status == 406
	assert terminal.raw("GET", "/iclock/cdata?SN=%s&table=RemoteAtt&PIN=147" % sn).text == "OK"
	assert terminal.raw("GET", "/iclock/cdata?SN=%s&PIN=147" % sn).text == "OK"
	assert terminal.raw("POST", "/iclock/cdata?SN=%s&AuthType=CARD" % sn,
		"PIN=0\tSize=10\tTMP=09E4812202").text == "AUTH=Failed\n"
	assert "09E4812202" not in server.log()


def test_nothing_of_the_query_comes_back(server, terminal):
	"""Only words that are ours or harmless are said again (adms-push 6, security)."""
	terminal.register()
	push = lambda query: terminal.raw("POST", "/iclock/cdata?SN=%s&%s" % (terminal.sn, query), "a=1\n").text
	assert push("table=tabledata&tablename=user&count=1") == "user=1"
	assert push("table=tabledata&tablename=us%0AC:1:REBOOT") == "OK: 1"
	assert push("table=tabledata&tablename=" + "x" * 300) == "OK: 1"
	assert push("table=%FF%FEbad") == "OK: 1"
	assert push("type=" + "y" * 300) == "OK: 1"
	names = {r[0] for r in server.sql("select table_name from raw_upload")}
	assert names == {"TABLEDATA", "?"}
	for target in ("/iclock/<script>", "/iclock/cdata%0d%0aX:1"):
		reply = terminal.raw("GET", target + "?SN=" + terminal.sn)
		assert "script" not in reply.text and "x" not in reply.headers
