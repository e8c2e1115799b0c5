"""Foreign text: bytes stay bytes until somebody knows how to read them (issue 4)."""

from punchd_test.wait import stays, wait_until

WHEN = "2026-05-01 08:00:00"
NAME, OTHER, CODE = "Иван Петров", "Пётр", "Обед"


def names(server):
	return dict(server.sql("select emp_code, first_name from employee"))


def reasons(server):
	return sorted(r[0] for r in server.sql("select reason from reject"))


def upload(t, page="cp1251"):
	encode = lambda s: s.encode(page)
	t.push("OPERLOG", encode("USER PIN=5\tName=%s\tCard=77\n" % NAME) + encode("USER PIN=%s\tName=x\n" % OTHER)
		+ b"USER PIN=6\tName=Ascii\n" + encode("FP PIN=%s\tFID=1\tTMP=AAAA\n" % OTHER)
		+ encode("OPLOG 108\t0\t%s\t%s\t0\t0\t0\n" % (WHEN, NAME)))
	t.push("ATTLOG", encode("%s\t%s\t0\t1\t1\n" % (OTHER, WHEN)) + encode("7\t%s\t0\t1\t%s\t0\t0\n" % (WHEN, CODE))
		+ encode("8\t%s\tодин\t1\t%s\n" % (WHEN, CODE)) + b"9\t" + WHEN.encode() + b"\t0\t1\tplain\n")


def test_text_is_decoded_again_when_the_code_page_is_known(server, terminal):
	terminal.register()
	terminal.obey()
	upload(terminal)
	assert names(server) == {"6": "Ascii"}
	assert reasons(server) == ["PIN cannot be decoded"] * 3 + ["name cannot be decoded"]
	codes = "select code, work_code, punch_state, rest from punch p join pin on pin.id = pin_id order by code"
	assert [r[:2] for r in server.sql(codes)] == [("7", None), ("8", None), ("9", "plain")]
	ids = server.sql("select max(id) from punch")

	server.sql("update terminal set code_page = 'CP1251'")
	wait_until(lambda: server.value("select decoded_as from terminal") == "CP1251", 20)
	assert names(server) == {"5": NAME, "6": "Ascii", OTHER: "x"}
	assert reasons(server) == []
	assert server.api.get("/personnel/api/employees/", emp_code="5")["data"][0]["card_no"] == "77"
	rows = server.sql(codes)
	assert [r[:3] for r in rows] == [("7", CODE, 0), ("8", CODE, 255), ("9", "plain", 0), (OTHER, "1", 0)]
	assert bytes(rows[0][3]) == b"0\t0", "the columns behind it, as for all others"
	assert bytes(rows[1][3]).startswith(b"8\t"), "a line with another odd column is kept whole"
	assert server.sql("select max(id) from punch")[0][0] == ids[0][0] + 1, "a punch that is new comes last"
	assert server.value("select count(*) from template") == 1
	assert server.sql("select objects from operation_log") == [([NAME, "0", "0", "0"],)]
	# the same upload once more changes nothing
	upload(terminal)
	assert server.value("select count(*) from punch") == 4 and reasons(server) == []
	assert server.value("select count(*) from punch_variant") == 0


def test_a_wrong_code_page_can_be_corrected(server, terminal):
	terminal.register()
	upload(terminal, "cp1251")
	server.sql("update terminal set code_page = 'SHIFT_JIS'")
	wait_until(lambda: server.value("select decoded_as from terminal") == "SHIFT_JIS", 20)
	left = reasons(server)
	server.sql("update terminal set code_page = 'CP1251'")
	wait_until(lambda: server.value("select decoded_as from terminal") == "CP1251", 20)
	assert len(reasons(server)) <= len(left)
	assert not [r for r in reasons(server) if "decoded" in r]


def test_the_language_of_a_handshake_is_a_code_page_too(server, terminal):
	terminal.register()
	terminal.push("OPERLOG", "USER PIN=5\tName=王小明\n".encode("gb2312"))
	assert names(server) == {}
	terminal.handshake("options=all&pushver=2.1.1&language=83")
	wait_until(lambda: names(server) == {"5": "王小明"}, 20)


def test_a_suspended_terminals_lines_wait(server, terminal):
	terminal.register()
	terminal.push("OPERLOG", ("USER PIN=5\tName=%s\n" % NAME).encode("cp1251"))
	terminal.suspend()
	server.sql("update terminal set code_page = 'CP1251'")
	stays(lambda: names(server) == {}, 2.5)
	server.api.patch("/iclock/api/terminals/%d/" % terminal.id, {"area": 2})
	wait_until(lambda: names(server) == {"5": NAME}, 20)


def test_two_processes_decode_once(database, make_server):
	from punchd_test.terminal import Terminal
	a, b = make_server(database), make_server(database)
	t = Terminal(a, "TWICE001")
	t.register()
	Terminal(b, "TWICE001").handshake()
	t.push("OPERLOG", b"".join(("USER PIN=%d\tName=%s\n" % (n, NAME)).encode("cp1251") for n in range(300)))
	assert len(reasons(a)) == 300
	a.sql("update terminal set code_page = 'CP1251'")
	wait_until(lambda: a.value("select decoded_as from terminal") == "CP1251" and not reasons(a), 30)
	assert set(names(a).values()) == {NAME} and len(names(a)) == 300


def test_a_value_refused_at_last_stays_alone(server, terminal):
	terminal.register()
	terminal.push("OPERLOG", b"".join(("USER PIN=%d\tName=%s\n" % (n, NAME)).encode("cp1251") for n in range(40)))
	server.sql("""create function test_poison() returns trigger language plpgsql as $$ begin
		if new.emp_code = '17' then raise exception 'no' using errcode = '22000'; end if; return new; end $$""")
	server.sql("create trigger test_poison before insert on employee for each row execute function test_poison()")
	server.sql("update terminal set code_page = 'CP1251'")
	wait_until(lambda: server.value("select decoded_as from terminal") == "CP1251", 20)
	assert len(names(server)) == 39 and reasons(server) == ["name cannot be decoded"]
