"""SQL through every filter, ordering and device field; header lines through anything that is said again.
(Commands to terminals: integration/test_injection.py.)"""

import re

import pytest

from punchd_test.net import Connection
from punchd_test.openapi import Document
from punchd_test.terminal import check_reply

QUOTES = ["'", "''", "\"", "1' or '1'='1", "1) or (1=1", "1; select pg_sleep(5)", "' || pg_sleep(5) || '", "1/**/or/**/1=1",
	"$$", "$1", "\\'; drop table punch; --", "%27%20or%201=1", "-1 union select 1,2,3", "id desc; drop table pin", "\x1b", "\ufeff'",
	"{}", "1::int", "null", "1e309", "9" * 40, "-1", "0x1", "*", "%", "_", "\\", "(select 1)", "id,(select 1)", "t.id", "password_hash"]


def counts(server):
	return {t: server.value("select count(*) from " + t) for t in ("account", "employee", "terminal", "punch", "pin", "department")}


@pytest.mark.slow
def test_every_parameter_of_every_list(server):
	"""The OpenAPI document walked: 200 or 400, at once, and never a word of the database's."""
	document = Document(server.api)
	document.fill()
	before, tried = counts(server), 0
	for o in document.operations():
		if o.method != "GET" or "{" in o.path or o.path.startswith(("/staff/", "/docs/", "/api/docs")):
			continue
		names = [p["name"] for p in o.spec.get("parameters", []) if p["in"] == "query"] + ["ordering"]
		for name in sorted(set(names)):
			for text in (QUOTES if name in ("ordering", "search") else QUOTES[tried % 7::7]):
				r = server.api.request("GET", o.path, params={name: text})
				assert r.status in (200, 400, 404 if name == "page" else 400), (o, name, text, r)
				low = r.text.lower()
				assert "syntax error" not in low and "postgres" not in low and "sqlstate" not in low, (o, name, r)
				tried += 1
	assert tried > 1000, tried
	assert counts(server) == before
	log = server.database.cluster.log_text()
	assert "syntax error" not in log and "unterminated" not in log, log[-2000:]
	assert not [x for x in server.log().splitlines() if " ms=" in x and int(x.split(" ms=")[1].split(" ")[0]) > 4000]


def test_ids_in_paths(server):
	document = Document(server.api)
	for o in document.operations():
		if "{" not in o.path or o.path.startswith("/staff/"):
			continue
		start = o.path[:o.path.index("{")]
		end = o.path[o.path.index("}") + 1:]
		for text in ("1'", "1%20or%201=1", "%27", "0", "-1", "9" * 30, "1;", "..", "%00", "null", "1%0d%0aX:%201"):
			r = server.api.request(o.method, start + text + end, {} if o.method != "GET" else None)
			off = r.status == 403 and "dangerous_commands" in r.text  # said before any terminal is looked for
			assert r.status in (400, 404, 405) or off, (o, text, r)
			assert "x" not in r.headers


def test_order_is_by_members_only(server):
	"""What is no member, or sealed, orders nothing: no guessing of secrets by their order."""
	for n, card in enumerate(("30", "10", "20")):
		server.api.post("/personnel/api/employees/", {"emp_code": str(n + 1), "first_name": "x", "department": 1, "area": [2], "card_no": card})
	plain = [r["id"] for r in server.api.get("/personnel/api/employees/")["data"]]
	for name in ("card_no", "-card_no", "device_password", "sealed", "row_key", "t.sealed", "password_hash", "id;", "(select 1)", "1"):
		r = server.api.request("GET", "/personnel/api/employees/", params={"ordering": name})
		assert r.status == 400 or [x["id"] for x in r.json()["data"]] == plain, name


DEVICE_TEXTS = ["'", "';drop table punch;--", "$$;drop table punch;$$", "\\", "\\'", "a'||pg_sleep(5)||'", "{1,2}", "{\"a\":1}", "NULL", "\\x00",
	"\\.", "%s%n", "E'\\\\'", "--", "/*", "\x01", "\x7f", "\ufffe", "1,2", "\"", "(", "\\N"]


def test_device_fields(server, make_terminal):
	"""PIN, QR (work code, mask and all further columns), names, options, commands' results."""
	t = make_terminal()
	t.register()
	before = server.value("select count(*) from account")
	for n, text in enumerate(DEVICE_TEXTS):
		stamp = "2026-05-01 08:%02d:%02d" % (n // 60, n % 60)
		assert t.push("ATTLOG", "%s\t%s\t0\t1" % (text, stamp), "7%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s" % ((n, stamp) + (text,) * 6)) == "OK: 2", text
		assert t.push("OPERLOG", "USER PIN=9%d\tName=%s\tPri=%s\tPasswd=%s\tCard=%s\tGrp=%s\tTZ=%s" % ((n,) + (text,) * 6),
			"USER PIN=%s\tName=x" % text, "OPLOG %s\t%s\t%s\t%s\t%s\t%s\t%s" % ((text, text, stamp) + (text,) * 4),
			"FP PIN=%s\tFID=%s\tSize=%s\tValid=1\tTMP=%s" % ((text,) * 4)) == "OK: 4", text
		assert t.push("options", "~DeviceName=%s,MAC=%s,%s=1,FWVersion=%s" % ((text,) * 4)) == "OK"
		assert t.push("IDCARD", "PIN=%s\tIDNum=%s\tName=%s" % ((text,) * 3)).startswith("OK")
		assert t.push("ERRORLOG", "ErrCode=%s\tErrMsg=%s\tDataOrigin=%s\tCmdId=%s" % ((text,) * 4)).startswith("OK")
		t.ack((text, text, text), ("1", "0", text))
		for name in ("pushver", "language", "DeviceType", "pushcommkey", "PushOptionsFlag"):
			quoted = "".join("%%%02X" % b for b in text.encode())
			assert t.handshake("options=all&%s=%s" % (name, quoted)).startswith("GET OPTION"), (name, text)
		server.api.post("/iclock/api/terminals/confirm_key/", {"terminals": [t.id]})
		for sn in (text, "A" + text, t.sn + text):
			if re.fullmatch("[A-Za-z0-9_-]{1,32}", sn):
				continue  # is one
			quoted = "".join("%%%02X" % b for b in sn.encode())
			r = t.raw("GET", "/iclock/cdata?SN=%s&options=all" % quoted)
			assert r.status == 400 and r.text == "ERROR: SN", (sn, r)
	assert server.value("select count(*) from account") == before and server.value("select count(*) from punch") > 0
	log = server.database.cluster.log_text()
	assert "syntax error" not in log and "unterminated" not in log


# ---------------------------------------------------------------- header lines

def raw_reply(server, data):
	with Connection(server.address) as c:
		c.send(data)
		return c.read_reply()


SPLITS = ["%0d%0aX-Planted:%201", "%0aX-Planted:%201", "%0dX-Planted:%201", "%e5%98%8a%e5%98%8dX-Planted:%201", "%00%0d%0aX-Planted: 1"]


def test_header_lines_through_addresses_and_names(server):
	"""Nothing of a request becomes a line of the reply's head: links, names of files, Allow, tablename."""
	auth = ("Authorization: %s\r\n" % server.new_api().login().authorization).encode()
	targets = ["/personnel/api/areas/?page_size=1&page=%s", "/iclock/api/transactions/export/?export_type=%s", "/%s", "/api/docs/%s",
		"/iclock/api/transactions/export/?export_type=csv&export_headers=%s", "/docs/api-docs/%s", "/iclock/photo/%s.jpg",
		"/iclock/cdata?SN=T1&tablename=%s&table=tabledata", "/personnel/api/employees/?search=%s"]
	for target in targets:
		for split in SPLITS:
			for method in (b"GET", b"POST", b"OPTIONS"):
				reply = raw_reply(server, method + b" " + (target % split).encode() + b" HTTP/1.1\r\nHost: x\r\n" + auth
					+ b"Content-Length: 0\r\nConnection: close\r\n\r\n")
				assert "x-planted" not in reply.headers, (target, split, reply.raw_head)


@pytest.mark.settings(trusted_proxies="127.0.0.1")
def test_hosts_become_links_only_when_they_can_be_hosts(server):
	api = server.new_api().login()
	server.sql("insert into department (code, name) select 'd' || g, 'x' from generate_series(1, 30) g")
	for host in ("evil\" onload=alert(1)", "<script>", "a/b", "a\\b", "a b", "a@evil", "evil%0d%0a", "x" * 3000 + "/", "javascript:alert(1)//"):
		for name in ("Host", "X-Forwarded-Host"):
			r = api.request("GET", "/personnel/api/departments/", headers={name: host} if name != "Host" else {"Host": host})
			if r.status == 200:
				assert host not in r.json()["next"], (name, host, r.json()["next"])


def test_replies_to_terminals_stay_what_they_are(server, terminal):
	terminal.register()
	for split in SPLITS:
		for target in ("/iclock/cdata?SN=%s&options=all&pushver=%s", "/iclock/getrequest?SN=%s&INFO=%s", "/iclock/ping?SN=%s&x=%s"):
			reply = terminal.raw("GET", target % (terminal.sn, split.replace(" ", "%20")))
			check_reply(reply)
			assert "x-planted" not in reply.headers and "X-Planted" not in reply.text
