"""Any text in any field, whoever wrote it, becomes exactly one command with exactly the intended fields
(adms-push 3.2, 6): no TAB, LF, NUL or other control byte gets out of its value. Orders and templates
have theirs in test_terminal_actions.py and test_templates.py."""

import itertools

import pytest

from punchd_test.wait import wait_until

HELLO = {"G1": "options=all", "G1-GBK": "options=all&language=83", "G2": "options=all&pushver=2.1.1",
	"G2-GBK": "options=all&pushver=2.1.1&language=83", "G3": "options=all&pushver=2.4.1", "G5": "options=all&pushver=3.0.1"}
PAGES = ["CP1251", "GBK", "GB18030", "BIG5", "CP932", "EUC-KR", "CP1256", "CP874"]
TEXTS = ["plain", "a=b", "a\tb", "a\tPri=14", "a\nb", "a\r\nC:1:REBOOT", "a\rb", "x\0y", "\x1b[2J", "a\x7fb", "a\x0bb",
	"C:1:CHECK", "%s%n%0A%09", "'; drop table pin", "Ünïcödé", "表ソ能構", "功許蓋", "名字", "🙂", "a\\tb\\n", "PIN=9",
	"\u2028x", "\u0085x", "\u009bx", "\ufeffx", "&SN=1", "<b>", "$$", "a,b", ";", "=", "==", "[15CD5B07]", "é" * 20]
CONTROL = set(range(32)) | {127}


def said_by(make_terminal, query):
	t = make_terminal()
	t.handshake(query)
	t.approve()
	t.handshake(query)
	t.obey()
	return t


def lines_of(t):
	"""The commands of one poll, as bytes: [(id, verb, [(key, value), ...])]. Everything is acknowledged."""
	with t.connect() as c:
		c.send(t.request_bytes("GET", "/iclock/getrequest?SN=" + t.sn))
		body = c.read_reply().body
	if body == b"OK":
		return []
	assert body.endswith(b"\n")
	lines = []
	for line in body[:-1].split(b"\n"):
		head, cid, text = line.split(b":", 2)
		assert head == b"C" and cid.isdigit(), line
		assert not [c for c in text if c in CONTROL and c != 9], line
		columns = text.split(b"\t")
		first, _, value = columns[0].partition(b"=")
		verb, _, key = first.rpartition(b" ")
		lines.append((cid.decode(), verb.decode(), [(key, value)] + [tuple(x.split(b"=", 1)) for x in columns[1:]]))
	t.ack(*[(cid, 0) for cid, _, _ in lines])
	return lines


def sent(t, n):
	"""The next n writes of users, and no other command."""
	got = []
	wait_until(lambda: got.extend(lines_of(t)) or len(got) >= n, 20, "%d people" % n)
	got += lines_of(t)
	assert len(got) == n, got
	return got


def verb_and_keys(name, card):
	old = name.startswith("G1")
	return ("DATA USER" if old else "DATA UPDATE USERINFO", [b"PIN", b"Name", b"Pri", b"Passwd", b"Card"])


def post(server, **members):
	return server.api.raw("POST", "/personnel/api/employees/", {"department": 1, "area": [2], **members})


@pytest.mark.parametrize("name", HELLO)
def test_people_of_rest(server, make_terminal, name):
	"""Every member that reaches a terminal, with every text."""
	t = said_by(make_terminal, HELLO[name])
	numbers, accepted, refused = itertools.count(1000), 0, 0
	for field in ("emp_code", "first_name", "last_name", "device_password", "card_no"):
		for text in TEXTS:
			members = {"emp_code": str(next(numbers)), "first_name": "Ann", "last_name": ""}
			before = server.value("select count(*) from employee")
			r = post(server, **{**members, field: text})
			if r.status in (200, 201):
				accepted += 1
			else:
				refused += 1
				assert r.status == 400 and server.value("select count(*) from employee") == before, (field, text, r)
	assert accepted > 60 and refused > 10, (accepted, refused)
	people = dict(server.sql("select emp_code, concat_ws(' ', nullif(first_name, ''), nullif(last_name, '')) from employee"))
	assert not [c for c in people if any(ord(x) in CONTROL or 0x80 <= ord(x) < 0xa0 for x in c)]
	verb, keys = verb_and_keys(name, None)
	page = "gbk" if name.endswith("GBK") else "utf-8"
	# a PIN that the terminal cannot be told exactly is not sent at all: it would be another one's
	lacking = {c for c in people if c.encode(page, "replace").decode(page) != c}
	assert len(lacking) >= 2 or page == "utf-8"
	got = sent(t, len(people) - len(lacking))
	assert {v for _, v, _ in got} == {verb} and {tuple(k for k, _ in pairs) for _, _, pairs in got} == {tuple(keys)}
	assert {pairs[0][1] for _, _, pairs in got} == {c.encode(page) for c in people if c not in lacking}
	for _, _, pairs in got:
		assert pairs[2] == (b"Pri", b"0"), pairs
		whole = people[pairs[0][1].decode(page)]
		clean = "".join(" " if ord(c) in CONTROL or 0x80 <= ord(c) < 0xa0 else c for c in whole)
		assert clean.encode(page, "replace").startswith(pairs[1][1]), (whole, pairs)


@pytest.mark.parametrize("page", PAGES)
def test_names_in_code_pages(server, make_terminal, page):
	"""Letters whose bytes hold a backslash, a bar or worse; nothing of it ends a value."""
	t = said_by(make_terminal, HELLO["G3"])
	server.api.patch("/iclock/api/terminals/%d/" % t.id, {"code_page": page})
	wait_until(lambda: server.value("select decoded_as from terminal") == page, 20)
	letters = [chr(n) for n in itertools.chain(range(0xa1, 0x250), range(0x400, 0x460), range(0x600, 0x640), range(0xe00, 0xe40),
		range(0x2000, 0x2070), range(0x3040, 0x3100), range(0x4e00, 0x4f00), range(0xac00, 0xac60), range(0xff00, 0xff60))]
	names = ["".join(letters[n:n + 12]) for n in range(0, len(letters), 12)]
	assert post(server, emp_code="1", first_name="x").status == 201
	server.sql("""insert into employee (emp_code, first_name, department_id, row_key, sealed)
		select n::text, name, 1, e.row_key, e.sealed from unnest(%s) with ordinality as x (name, n), employee e
		where n > 1""", names)
	server.sql("update employee set first_name = %s where emp_code = '1'", names[0])
	server.sql("insert into employee_area select id, 2 from employee on conflict do nothing")
	got = sent(t, len(names))
	by_pin = {int(pairs[0][1]): pairs for _, _, pairs in got}
	assert {tuple(k for k, _ in pairs) for pairs in by_pin.values()} == {(b"PIN", b"Name", b"Pri", b"Passwd", b"Card")}
	assert all(len(p[1][1]) <= 24 and p[1][1] for p in by_pin.values())
	good = sum(name.encode(page, "replace").startswith(by_pin[n + 1][1][1]) for n, name in enumerate(names))
	assert good >= len(names) * 6 // 10, "the letters that both know are what was meant"


def test_what_a_terminal_typed_in_goes_to_others_as_one_user(server, make_terminal):
	a, b = said_by(make_terminal, HELLO["G3"]), said_by(make_terminal, HELLO["G3"])
	lines = []
	for n, text in enumerate(TEXTS):
		safe = text.replace("\t", " ").replace("\n", " ")
		lines += ["USER PIN=%d\tName=%s\tPri=14\tPasswd=%s\tCard=%s" % (2000 + n, safe, safe[:8], safe[:8]),
			"USER PIN=%s\tName=x" % safe[:5]]
	assert a.push("OPERLOG", "".join(x + "\n" for x in lines).encode()) == "OK: %d" % len(lines)
	n = server.value("select count(*) from employee")
	assert n >= len(TEXTS)
	got = sent(b, n)
	codes = {r[0].encode() for r in server.sql("select emp_code from employee")}
	assert {pairs[0][1] for _, _, pairs in got} == codes
	for _, verb, pairs in got:
		assert (verb, [k for k, _ in pairs]) == ("DATA UPDATE USERINFO", [b"PIN", b"Name", b"Pri", b"Passwd", b"Card"])
		assert pairs[2][1] == b"0", "a privilege stays where it was typed in"


def test_names_written_by_sql_and_answers_to_questions(server, make_terminal):
	"""Control bytes in the database itself: RemoteAtt and AUTH= are lines of one person, too."""
	t = said_by(make_terminal, HELLO["G3"])
	assert post(server, emp_code="7", first_name="x", card_no="77").status == 201
	for text in TEXTS:
		if "\0" in text:
			continue
		server.sql("update employee set first_name = %s, last_name = %s", text[:25], text[:25])
		(cid, verb, pairs), = sent(t, 1)
		assert [k for k, _ in pairs] == [b"PIN", b"Name", b"Pri", b"Passwd", b"Card"]
		with t.connect() as c:
			c.send(t.request_bytes("GET", "/iclock/cdata?SN=%s&table=RemoteAtt&PIN=7" % t.sn))
			body = c.read_reply().body
		assert body.count(b"\n") == 1 and [x.split(b"=")[0] for x in body[:-1].split(b"\t")[1:]] == [
			b"Name", b"Pri", b"Passwd", b"Card"]
		with t.connect() as c:
			c.send(t.request_bytes("POST", "/iclock/cdata?SN=%s&AuthType=CARD" % t.sn, "TMP=4D00000000"))
			body = c.read_reply().body
		assert body.count(b"\n") == 1 and [x.split(b"=")[0] for x in body[:-1].split(b"\t")] == [
			b"AUTH", b"PIN", b"Name", b"Pri", b"Grp", b"TZ"]


@pytest.mark.settings(dangerous_commands="on")
def test_single_commands(server, make_terminal):
	"""What is accepted is one line, exactly as it was given; everything else queues nothing."""
	t = said_by(make_terminal, HELLO["G3"])
	server.sql("delete from terminal_command")
	accepted = []
	for form in ("SHELL %s", "GetFile %s", "PutFile http://h/%s", "UPGRADE %s", "SET OPTION a=%s", "SET OPTION %s",
			"DATA QUERY USERINFO PIN=%s", "DATA QUERY USERINFO %s", "DATA UPDATE WORKCODE PIN=1\tNAME=%s", "ENROLL_FP PIN=%s",
			"INFO%s", "%s", "DATA UPDATE SMS MSG=%s", "VERIFY SUM ATTLOG StartTime=%s"):
		for text in TEXTS:
			before = server.value("select count(*) from terminal_command")
			r = server.api.raw("POST", "/iclock/api/terminalcommands/", {"terminal": t.id, "command": form % text, "confirm": True})
			rows = server.value("select count(*) from terminal_command") - before
			assert (r.status, rows) in ((201, 1), (400, 0)), (form % text, r)
			if r.status == 201:
				accepted.append(form % text)
	assert len(accepted) > 150
	got = []

	def taken():
		with t.connect() as c:
			c.send(t.request_bytes("GET", "/iclock/getrequest?SN=" + t.sn))
			body = c.read_reply().body
		if body != b"OK":
			got.extend(line.split(b":", 2)[2] for line in body[:-1].split(b"\n"))
		return len(got) >= len(accepted)
	wait_until(taken, 20)
	assert [g.decode() for g in got] == [a.replace("\u0085", " ").replace("\u009b", " ") for a in accepted]
	assert not [g for g in got if any(c in CONTROL and c != 9 for c in g)]


@pytest.mark.parametrize("stamp", ["1\nTransFlag=0", "1%0ARealtime=0", "9" * 21, "-1", "0x10", "1;2", "None"])
def test_stamps_cannot_write_into_the_handshake(server, terminal, stamp):
	terminal.register()
	before = terminal.options()
	terminal.raw("POST", "/iclock/cdata?SN=%s&table=ATTLOG&Stamp=%s" % (terminal.sn, stamp.replace("\n", "%0A")),
		"1\t2026-05-01 08:00:00\t0\t1\n")
	assert terminal.options() == before
