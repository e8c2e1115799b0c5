"""Terminals are strangers until proven: where they may come from, what they must say, how often."""

import select

import pytest

from punchd_test.dump import found_in
from punchd_test.net import Connection
from punchd_test.rest import Api
from punchd_test.terminal import Terminal
from punchd_test.wait import stays, wait_until

HELLO = "options=all&language=69&pushver=2.4.1&DeviceType=att&PushOptionsFlag=1"
ALERTS = "/iclock/api/alerts/"
CONFIRM = "/iclock/api/terminals/confirm_key/"


def line(n, day=1):
	return "7\t2026-05-%02d %02d:%02d:%02d\t0\t1" % (day, n // 3600, n // 60 % 60, n % 60)


def punches(server):
	return server.api.get("/iclock/api/transactions/")["count"]


def alerts(server, kind):
	return server.api.get(ALERTS, kind=kind)["data"]


def terminal_patch(server, t, **members):
	server.api.patch("/iclock/api/terminals/%d/" % t.id, members)


# ---------------------------------------------------------------- where it may come from

def as_from(t, address, method="GET", target=None, body=b""):
	head = "Host: h\r\nConnection: close\r\nX-Forwarded-For: %s\r\n" % address
	return t.raw(method, target or "/iclock/getrequest?SN=" + t.sn, body, head)


@pytest.mark.settings(trusted_proxies="127.0.0.1")
def test_a_terminal_from_elsewhere_is_told_nothing_and_loses_nothing(server, make_terminal):
	t, free = make_terminal(), make_terminal()
	for x in (t, free):
		x.register()
		x.obey()
	terminal_patch(server, t, allowed_address="10.1.0.0/16, 2001:db8::7,192.0.2.1")
	wait_until(lambda: as_from(t, "203.0.113.5").text == "ERROR: address", 10, "the list is known")
	assert as_from(t, "10.1.200.3").text == "OK"
	assert as_from(t, "2001:db8::7").text == "OK" and as_from(t, "192.0.2.1").text == "OK"
	server.api.post("/personnel/api/employees/", {"emp_code": "5", "first_name": "Secretname", "department": 1, "area": [2]})
	wait_until(lambda: free.poll_until("Secretname"))
	before = server.value("select clock_timestamp()")
	for address in ("203.0.113.5", "10.2.0.1", "2001:db8::8", "::1"):
		for method, target, body in (("GET", None, b""), ("GET", "/iclock/cdata?SN=%s&options=all" % t.sn, b""),
				("POST", t.push_target("ATTLOG"), line(1).encode()), ("POST", t.push_target("OPERLOG"), b"USER PIN=9\tName=x"),
				("GET", "/iclock/cdata?SN=%s&table=RemoteAtt&PIN=5" % t.sn, b""),
				("POST", "/iclock/devicecmd?SN=" + t.sn, b"ID=1&Return=0&CMD=DATA")):
			r = as_from(t, address, method, target, body)
			assert (r.status, r.text) == (200, "ERROR: address"), (address, target, r)
	assert punches(server) == 0 and server.value("select count(*) from employee") == 1
	assert server.value("select last_activity from terminal_state where terminal_id = %s", t.id) < before
	(alert,) = wait_until(lambda: alerts(server, "address_refused"))
	assert alert["terminal_sn"] == t.sn and "203.0.113.5" in alert["text"] and alert["count"] == 1
	# the real one sends it again
	assert as_from(t, "10.1.0.9", "POST", t.push_target("ATTLOG"), line(1).encode()).text == "OK: 1"
	assert punches(server) == 1
	assert "Secretname" in as_from(t, "10.1.0.9").text
	terminal_patch(server, t, allowed_address="")
	wait_until(lambda: as_from(t, "203.0.113.5").text == "OK", 10, "from anywhere again")


def test_lists_that_make_no_sense_are_refused(server, terminal):
	terminal.register()
	path = "/iclock/api/terminals/%d/" % terminal.id
	for bad in ("10.0.0.0/33", "example.com", "10.0.0.1;drop", "1.2.3", ",", "10.0.0.1/", "0x7f.1", "x" * 501):
		r = server.api.request("PATCH", path, {"allowed_address": bad})
		assert r.status == 400 and list(r.json()) == ["allowed_address"], (bad, r)
	r = server.api.request("PATCH", path, {"allowed_address": " 10.0.0.0/8 "})
	assert r.status == 200 and "allowed_address" not in r.json()


# ---------------------------------------------------------------- whose results count

def on_shows(server, t):
	return server.api.get("/iclock/api/terminalpeople/", terminal=t.id)["count"]


@pytest.fixture
def leaver(server, make_terminal):
	"""A terminal that was told to remove somebody, and has not answered; its id of that."""
	t = make_terminal()
	t.register()
	t.obey()
	who = server.api.post("/personnel/api/employees/", {"emp_code": "5", "department": 1, "area": [2]})["id"]
	cid, _ = t.poll_until("PIN=5")
	t.ack((cid, 0))
	server.api.post("/personnel/api/resigns/", {"employee": who, "resign_date": "2026-11-30"})
	cid, text = t.poll_until("DELETE USERINFO PIN=5")
	assert on_shows(server, t) == 1
	return t, cid


def keep_alive(c, method, target, body=""):
	c.send(("%s %s HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nContent-Length: %d\r\n\r\n%s" % (
		method, target, len(body), body)).encode())
	return c.read_reply().text


def test_nobody_says_that_a_leaver_is_removed(server, make_terminal, leaver):
	"""No address, no number and no other terminal does; only the one that was told to."""
	t, cid = leaver
	other, waiting = make_terminal(), make_terminal(approve=False)
	other.register()
	waiting.handshake()
	result = "ID=%s&Return=0&CMD=DATA" % cid
	for target in ("devicecmd", "devicecmd?" + result, "devicecmd?SN=" + other.sn, "devicecmd?SN=%s&%s" % (other.sn, result),
			"devicecmd?SN=" + waiting.sn, "devicecmd?SN=NOBODY1", "devicecmd.aspx", "//iclock//DeviceCmd/"):
		for body in (result, result.replace("&", "\n"), result + "\n" + result, "".join("ID=%d&Return=0\n" % n for n in range(1, 40)),
				result + "&SN=" + other.sn, result + "&SN=NOBODY1"):
			t.raw("POST", "/iclock/" + target, body)
	with Connection(server.address) as c:
		assert keep_alive(c, "GET", "/iclock/getrequest?SN=" + other.sn) == "OK"
		assert keep_alive(c, "POST", "/iclock/devicecmd", result) == "OK"
	with Connection(server.address) as c:
		assert keep_alive(c, "GET", "/iclock/getrequest?SN=" + waiting.sn) == "OK"
		assert keep_alive(c, "POST", "/iclock/devicecmd", result) == "OK"
	assert on_shows(server, t) == 1, "somebody else has ended it"
	t.ack((cid, 0))
	assert on_shows(server, t) == 0


def test_a_result_is_its_connections(server, leaver):
	t, cid = leaver
	with Connection(server.address) as c:
		assert keep_alive(c, "GET", "/iclock/ping?SN=" + t.sn) == "OK"
		assert keep_alive(c, "POST", "/iclock/devicecmd", "ID=%s&Return=0&CMD=DATA" % cid) == "OK"
	assert on_shows(server, t) == 0


@pytest.mark.settings(trusted_proxies="127.0.0.1")
def test_a_proxys_connection_is_nobodys(server, leaver):
	t, cid = leaver
	with Connection(server.address) as c:
		assert keep_alive(c, "GET", "/iclock/ping?SN=" + t.sn) == "OK"
		assert keep_alive(c, "POST", "/iclock/devicecmd", "ID=%s&Return=0&CMD=DATA" % cid) == "OK"
	assert on_shows(server, t) == 1


# ---------------------------------------------------------------- its key

def hello(t, key=None):
	return t.handshake(HELLO + ("&pushcommkey=" + key if key is not None else ""))


@pytest.fixture
def keyed(make_terminal):
	t = make_terminal(approve=False)
	hello(t, "0123456789abcdef-planted")
	t.approve()
	hello(t, "0123456789abcdef-planted")
	t.obey()
	return t


@pytest.mark.parametrize("other", ["another", None, "0123456789abcdef-PLANTED", ""])
def test_another_key_holds_punches_until_confirmed(server, keyed, other):
	t = keyed
	assert t.push("ATTLOG", line(1)) == "OK: 1" and punches(server) == 1
	server.api.post("/personnel/api/employees/", {"emp_code": "5", "first_name": "Secretname", "department": 1, "area": [2]})
	assert hello(t, other).startswith("GET OPTION"), "a normal handshake"
	assert t.push("ATTLOG", line(2)) == "OK: 1", "held, never refused"
	assert t.push("OPERLOG", "USER PIN=66\tName=Ghost\tPri=14") == "OK: 1"
	server.api.post("/iclock/api/terminals/reboot/", {"terminals": [t.id]})
	stays(lambda: t.poll() == [], 1.5, "no people, no commands")
	assert t.raw("GET", "/iclock/cdata?SN=%s&table=RemoteAtt&PIN=5" % t.sn).text == "OK"
	assert punches(server) == 1 and server.value("select count(*) from employee where emp_code = '66'") == 0
	(alert,) = alerts(server, "comm_key_changed")
	assert alert["terminal_sn"] == t.sn and not alert["acknowledged"]
	# the key of before, said by whomever, does not release it either
	hello(t, "0123456789abcdef-planted")
	hello(t, other)
	stays(lambda: punches(server) == 1, 1)
	assert server.api.post(CONFIRM, {"terminals": [t.id]}) == {"code": 0, "msg": "", "data": []}
	wait_until(lambda: punches(server) == 2, 10, "the held punch is published")
	assert all(a["acknowledged"] for a in alerts(server, "comm_key_changed"))
	seen = []
	wait_until(lambda: seen.extend(t.obey()) or any("Secretname" in c for c in seen), 10, "people again")
	hello(t, other)
	assert t.push("ATTLOG", line(3)) == "OK: 1" and punches(server) == 3
	hello(t, "0123456789abcdef-planted")
	t.push("ATTLOG", line(4))
	assert punches(server) == 3, "now the old one is another one"
	assert found_in(server, "0123456789abcdef-planted") == []


def test_the_same_key_changes_nothing(server, keyed):
	for n in range(3):
		hello(keyed, "0123456789abcdef-planted")
		assert keyed.push("ATTLOG", line(n)) == "OK: 1"
	assert punches(server) == 3 and alerts(server, "comm_key_changed") == []


def test_a_key_where_there_was_none(server, make_terminal):
	t = make_terminal()
	t.register()
	hello(t, "fresh")
	t.push("ATTLOG", line(1))
	assert punches(server) == 0 and len(alerts(server, "comm_key_changed")) == 1
	assert server.command("device", "approve", t.sn).returncode == 0
	wait_until(lambda: punches(server) == 1)


def test_a_new_approval_takes_the_key_of_now(server, keyed):
	hello(keyed, "second")
	keyed.push("ATTLOG", line(1))
	terminal_patch(server, keyed, area=1)
	hello(keyed, "third")
	keyed.push("ATTLOG", line(2))
	assert punches(server) == 0
	terminal_patch(server, keyed, area=2)
	wait_until(lambda: punches(server) == 2)
	hello(keyed, "third")
	assert keyed.push("ATTLOG", line(3)) == "OK: 1" and punches(server) == 3


def test_moving_it_to_another_area_confirms_nothing(server, keyed):
	server.api.post("/personnel/api/areas/", {"area_code": "7", "area_name": "Gate"})
	hello(keyed, "second")
	keyed.push("ATTLOG", line(1))
	terminal_patch(server, keyed, area=server.value("select id from area where code = '7'"))
	stays(lambda: punches(server) == 0, 1)


@pytest.mark.settings(admission="auto")
def test_a_terminal_approved_in_advance_is_pinned_by_its_first_handshake(server, make_terminal):
	t = make_terminal(approve=False)
	hello(t, "first")
	t.push("ATTLOG", line(1))
	assert punches(server) == 1
	hello(t)
	t.push("ATTLOG", line(2))
	assert punches(server) == 1


def test_two_processes_know_of_it(server, database, make_server, keyed):
	other = make_server(database)
	there = Terminal(other, keyed.sn)
	assert there.push("ATTLOG", line(1)) == "OK: 1" and punches(server) == 1
	hello(keyed, "another")
	wait_until(lambda: there.push("ATTLOG", line(2)) == "OK: 1" and server.value("select held_lines from terminal"), 10)
	assert there.poll() == []


# ---------------------------------------------------------------- how often

def flood(address, requests):
	"""Pipelined on one connection; the texts of the replies."""
	with Connection(address) as c:
		texts = []
		for at in range(0, len(requests), 200):
			some = requests[at:at + 200]
			c.send(b"".join(some))
			texts += [c.read_reply().text for _ in some]
	return texts


def asks(sn, n, what="ping"):
	return [("GET /iclock/" + what + "?SN=%s HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n" % sn).encode()] * n


@pytest.mark.slow
def test_one_serial_number_cannot_take_everything(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
	texts = flood(server.address, asks(a.sn, 60000, "devicecmd"))
	assert set(texts) == {"OK", "ERROR: busy"}, set(texts)
	assert texts[:30000] == ["OK"] * 30000
	assert b.push("ATTLOG", line(1)) == "OK: 1", "others at the same address do not notice"
	wait_until(lambda: a.push("ATTLOG", line(2)) == "OK: 1", 10, "and it comes back by itself")


@pytest.mark.slow
@pytest.mark.settings(admission="closed")
def test_addresses_are_counted_where_no_known_terminal_is_named(server, make_terminal):
	t = make_terminal()
	server.api.post("/iclock/api/terminals/", {"sn": t.sn, "alias": "x", "ip_address": "10.0.0.1", "area": 2})
	wait_until(lambda: t.handshake().startswith("GET OPTION"))
	assert flood(server.address, asks("UNKNOWN1", 20)) == ["ERROR: not authorised"] * 20
	texts = flood(server.address, asks("bad!sn", 45000) + asks("UNKNOWN1", 100))
	assert set(texts[:-100]) == {"ERROR: SN", "ERROR: busy"}
	assert texts[-100:].count("ERROR: busy") > 0, "the database is not asked about them"
	assert t.push("ATTLOG", line(1)) == "OK: 1", "a known one behind the same address"
	wait_until(lambda: make_terminal().raw("GET", "/iclock/getrequest?SN=UNKNOWN1").text == "ERROR: not authorised", 10)


# ---------------------------------------------------------------- what only the approved hear

def test_nothing_personal_for_a_waiting_terminal(server, make_terminal):
	server.api.post("/personnel/api/employees/", {"emp_code": "5", "first_name": "Secretname", "department": 1, "area": [1, 2],
		"card_no": "4711", "device_password": "998877"})
	t = make_terminal(approve=False)
	t.handshake()
	server.sql("select command_add(%s, 'REBOOT', null, null)", t.id)
	for method, target, body in (("GET", "/iclock/getrequest?SN=" + t.sn, b""),
			("GET", "/iclock/cdata?SN=%s&table=RemoteAtt&PIN=5" % t.sn, b""), ("GET", "/iclock/cdata?SN=%s&PIN=5" % t.sn, b""),
			("POST", "/iclock/cdata?SN=%s&AuthType=CARD" % t.sn, b"PIN=0\tTMP=4711")):
		text = t.raw(method, target, body).text
		assert text in ("OK", "AUTH=Failed\n"), (target, text)
	assert Api(server.address).request("GET", "/iclock/photo/1-%d-9999999999-%s.jpg" % (t.id, "0" * 64),
		authorization="").status == 404


@pytest.mark.settings(trusted_proxies="127.0.0.1")
def test_one_address_cannot_take_all_places_of_those_who_join(server):
	"""1,000 requests may wait for the database to know their terminal, 750 of one address."""
	def hello(sn, address):
		c = Connection(server.device_address)
		c.send(("GET /iclock/cdata?SN=%s&%s HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: %s\r\n\r\n"
			% (sn, HELLO, address)).encode())
		return c

	with server.database.connect() as holder:
		holder.cursor().execute("lock table terminal in access exclusive mode")
		crowd = [hello("CROWD%d" % n, "203.0.113.5") for n in range(760)]
		answered = wait_until(lambda: select.select([c.sock for c in crowd], [], [], 0)[0], 20)
		wait_until(lambda: len(select.select([c.sock for c in crowd], [], [], 0)[0]) == 10, 20, "ten are sent away")
		assert {c.read_reply().text for c in crowd if c.sock in answered} == {"ERROR: busy"}
		other = hello("OTHER1", "203.0.113.6")
		stays(lambda: not select.select([other.sock], [], [], 0)[0], 1)
		for c in crowd:
			c.close()
	assert other.read_reply().text.startswith("GET OPTION FROM: OTHER1")
	other.close()
