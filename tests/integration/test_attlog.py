"""Punches as terminals send them (adms-push 2.1), to the row that is kept."""

import datetime

import pytest

from punchd_test.dump import found_in
from punchd_test.wait import wait_until

T = datetime.datetime(2026, 5, 1, 8, 0, 0)
WHEN = "2026-05-01 08:00:00"


def rows(server):
	"""(pin, time, state, verify, work code, mask, temperature, rest) of all punches."""
	return [r[:6] + (r[6] if r[6] is None else round(r[6], 2), None if r[7] is None else bytes(r[7]))
		for r in server.sql("""select p.code, punch_time, punch_state, verify_type, work_code, is_mask,
			temperature, rest from punch join pin p on p.id = pin_id order by punch.id""")]


WIDTHS = {
	"2": ("7\t" + WHEN, (None, None, None, None, None, None)),
	"3": ("7\t" + WHEN + "\t0", (0, None, None, None, None, None)),
	"4": ("7\t" + WHEN + "\t0\t1", (0, 1, None, None, None, None)),
	"5": ("7\t" + WHEN + "\t1\t15\tW1", (1, 15, "W1", None, None, None)),
	"6": ("7\t" + WHEN + "\t0\t1\t0\t0", (0, 1, "0", None, None, b"0")),
	"7": ("7\t" + WHEN + "\t255\t1\t0\t0\t0", (255, 1, "0", None, None, b"0\t0")),
	"7, TAB, CR": ("7\t" + WHEN + "\t0\t1\t\t0\t0\t\r", (0, 1, None, None, None, b"0\t0\t")),
	"8": ("7\t" + WHEN + "\t0\t1\t0\t0\t0\t1", (0, 1, "0", 1, None, b"0\t0\t1")),
	"9": ("7\t" + WHEN + "\t0\t1\t0\t0\t0\t0\t36.5", (0, 1, "0", 0, 36.5, b"0\t0\t0\t36.5")),
	"10": ("7\t" + WHEN + "\t1\t15\t0\t0\t0\t0\t0\t0", (1, 15, "0", 0, None, b"0\t0\t0\t0\t0")),
	"10, TAB": ("7\t" + WHEN + "\t255\t15\t0\t0\t0\t0\t0\t0\t", (255, 15, "0", 0, None, b"0\t0\t0\t0\t0\t")),
	"12": ("7\t" + WHEN + "\t0\t1\t0\t0\t0\t1\t36.55\t97.8\t+28800\teyJHUFMiOiAtMX0=",
		(0, 1, "0", 1, 36.55, b"0\t0\t1\t36.55\t97.8\t+28800\teyJHUFMiOiAtMX0=")),
	"40": ("7\t" + WHEN + "\t0\t1" + "\tx" * 36, (0, 1, "x", None, None, b"\t".join([b"x"] * 35))),
	"spaces": ("7 " + WHEN + " 1 0", (1, 0, None, None, None, None)),
	"T": ("7\t2026-05-01T08:00:00\t0\t1", (0, 1, None, None, None, None)),
	"no measure": ("7\t" + WHEN + "\t0\t1\t0\t0\t0\t255\t255\t0", (0, 1, "0", None, None, b"0\t0\t255\t255\t0")),
	# what cannot be read is not 0, which means something; the line says what it was
	"odd state": ("7\t" + WHEN + "\tx\t99999", (255, 255, None, None, None,
		b"7\t" + WHEN.encode() + b"\tx\t99999")),
	"letters": ("7\t" + WHEN + "\tO\t1", (1, 1, None, None, None, b"7\t" + WHEN.encode() + b"\tO\t1")),
	"small letters": ("7\t" + WHEN + "\ti\t1", (0, 1, None, None, None, b"7\t" + WHEN.encode() + b"\ti\t1")),
	"padded": ("7  \t " + WHEN + " \t 1\t15 \t W1 \t0", (1, 15, "W1", None, None, b"0")),
	"empty and padded": ("7\t" + WHEN + "\t \t  \t ", (None, None, None, None, None, None)),
	"negative": ("7\t" + WHEN + "\t-1\t-5", (-1, -5, None, None, None, None)),
}


def test_every_width_of_a_line(server, terminal):
	terminal.register()
	for i, (name, (line, expected)) in enumerate(WIDTHS.items()):
		line = line.replace("7", str(100 + i), 1)
		if expected[5] and WHEN.encode() in expected[5]:
			expected = expected[:5] + (line.encode(),)
		assert terminal.push("ATTLOG", line) == "OK: 1", name
		assert rows(server)[-1] == (str(100 + i), T) + expected, name
	assert server.value("select count(*) from reject") == 0


def test_a_hundred_lines_of_one_body_keep_their_order(server, terminal):
	terminal.register()
	lines = ["%d\t2026-05-01 08:%02d:%02d\t0\t1" % (n % 7, n // 60, n % 60) for n in range(100)]
	assert terminal.push("ATTLOG", *lines) == "OK: 100"
	assert ["%s\t%s\t0\t1" % (r[0], r[1]) for r in rows(server)] == lines
	assert server.sql("""select count(*), min(id), max(id), count(distinct upload_time),
		bool_and(upload_time > before) from (select *, lag(upload_time, 1, '-infinity') over (order by id)
		as before from punch) p""") == [(100, 1, 100, 100, True)]


# ---------------------------------------------------------------- once

def test_the_same_upload_again_leaves_one_row_and_the_same_answer(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
	body = ["%d\t%s\t0\t1" % (pin, WHEN) for pin in range(1, 6)]
	for _ in range(3):
		assert a.push("ATTLOG", *body) == "OK: 5"
	assert a.push("ATTLOG", *(body + body)) == "OK: 10"
	assert server.sql("select count(*), max(id) from punch") == [(5, 5)], "a duplicate burns no id"
	assert server.value("select count(*) from punch_variant") == 0
	assert a.push("ATTLOG", *(body + ["6\t%s\t0\t1" % WHEN])) == "OK: 6"  # old and new in one write
	assert a.push("ATTLOG", "7\t%s\t0\t1" % WHEN) == "OK: 1"
	assert server.sql("""select count(*), max(id), (select total from punch_counter), (select last_id from
		punch_counter), (select sum(n) from punch_block) from punch""") == [(7, 7, 7, 7, 7)]
	assert b.push("ATTLOG", *body) == "OK: 5"  # another terminal says the same: kept once aside
	assert b.push("ATTLOG", *body) == "OK: 5"
	assert server.sql("select count(*), max(id) from punch") == [(7, 7)]
	assert server.sql("select distinct sn from punch_variant") == [(b.sn,)]
	assert server.value("select count(*) from punch_variant") == 5


def test_losers_are_kept_once_aside(server, terminal):
	terminal.register()
	first = "7\t%s\t0\t1\tA" % WHEN
	others = ["7\t%s\t1\t1\tA" % WHEN, "7\t%s\t0\t4\tA" % WHEN, "7\t%s\t0\t1\tB" % WHEN, "7\t%s" % WHEN]
	assert terminal.push("ATTLOG", first) == "OK: 1"
	for _ in range(2):
		assert terminal.push("ATTLOG", *others) == "OK: 4"
	# within one body, too
	assert terminal.push("ATTLOG", *["8" + x[1:] for x in [first] + others]) == "OK: 5"
	assert terminal.push("ATTLOG", *["8" + x[1:] for x in [first] + others]) == "OK: 5"
	assert [r[2:5] for r in rows(server)] == [(0, 1, "A")] * 2, "the first arrival stands"
	variants = server.sql("""select p.code, punch_state, verify_type, work_code from punch_variant v
		join pin p on p.id = v.pin_id order by 1, v.id""")
	assert variants == [(pin, s, v, w) for pin in "78"
		for s, v, w in ((1, 1, "A"), (0, 4, "A"), (0, 1, "B"), (None, None, None))]


def test_a_deleted_punch_stays_deleted(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
	line, other = "7\t%s\t0\t1" % WHEN, "8\t%s\t0\t1" % WHEN
	a.push("ATTLOG", line, other)
	row = server.api.get("/iclock/api/transactions/", emp_code="7")["data"][0]
	server.api.delete("/iclock/api/transactions/%d/" % row["id"])
	for t in (a, b):
		assert t.push("ATTLOG", line) == "OK: 1"
		assert t.push("ATTLOG", "7\t%s\t1\t4\tX" % WHEN) == "OK: 1"
	assert [r[0] for r in rows(server)] == ["8"]
	assert server.value("select count(*) from punch_variant v join pin on pin.id = pin_id where code = '7'") == 0
	assert server.value("select count(*) from punch_tombstone") == 1
	assert a.push("ATTLOG", "7\t2026-05-01 08:00:01\t0\t1") == "OK: 1"
	assert server.sql("select max(id), (select total from punch_counter) from punch") == [(3, 2)]


# ---------------------------------------------------------------- wall clock and offset

def offsets(server, t, lines):
	assert t.push("ATTLOG", *lines) == "OK: %d" % len(lines)
	return [r[0] for r in server.sql("select tz_offset from punch order by id desc limit %s", len(lines))][::-1]


def test_every_punch_keeps_the_offset_then_in_force(server, make_terminal):
	t = make_terminal()
	t.register()
	server.sql("update terminal set zone = 'America/New_York'")
	wait_until(lambda: offsets(server, t, ["99\t2026-01-01 00:00:%02d" % server.value(
		"select count(*) from punch")]) == [-300])
	assert offsets(server, t, ["1\t2026-01-15 12:00:00", "1\t2026-07-15 12:00:00",
		"1\t2026-03-08 01:59:59", "1\t2026-03-08 03:00:00", # summer time begins
		"1\t2026-11-01 00:59:59", "1\t2026-11-01 02:00:00", # and ends
		"1\t2026-11-01 01:30:00", # happens twice: the first
		"1\t2026-03-08 02:30:00", # does not exist: the offset before
		]) == [-300, -240, -300, -240, -240, -300, -240, -300]
	server.sql("update terminal set fixed_offset = 345")
	wait_until(lambda: offsets(server, t, ["98\t2026-01-01 00:00:%02d" % server.value(
		"select count(*) from punch")]) == [345])


@pytest.mark.settings(timezone="Pacific/Auckland")
def test_southern_summer(server, terminal):
	terminal.register()
	assert offsets(server, terminal, ["1\t2026-01-15 12:00:00", "1\t2026-07-15 12:00:00",
		"1\t2026-04-05 01:59:59", "1\t2026-04-05 03:00:00"]) == [780, 720, 780, 720]


# ---------------------------------------------------------------- lines that are none

BAD = {
	"nonsense": "no time column",
	"7": "no time column",
	"\t" + WHEN: "empty PIN",
	"7\t1971--10--29 -23:-27:-54\t0\t1": "bad time",
	"7\t2026-13-45 99:00:00\t0\t1": "bad time",
	"7\t2026-02-30 08:00:00\t0\t1": "bad time",
	"7\t2026-05-01\t0\t1": "bad time",
	"7\t\t0\t1": "bad time",
	"1" * 21 + "\t" + WHEN: "PIN too long",
	"a\x01b\t" + WHEN: "control character in PIN",
	"USER PIN=7\tName=x": "bad time",
}


def test_poison_lines_among_good_ones(server, terminal):
	terminal.register()
	lines = []
	for i, bad in enumerate(BAD):
		lines += [bad, "%d\t2026-05-01 09:00:00\t0\t1" % (1000 + i)]
	for _ in range(2):
		assert terminal.push("ATTLOG", *lines) == "OK: %d" % len(lines)
	assert [r[0] for r in rows(server)] == [str(1000 + i) for i in range(len(BAD))]
	kept = server.sql("select reason, seen_count, table_name, sn from reject order by id")
	assert sorted(kept) == sorted((reason, 2, "ATTLOG", terminal.sn) for reason in BAD.values())
	assert server.api.get("/iclock/api/rejects/")["count"] == len(BAD)


def test_pins_are_text_compared_exactly(server, terminal):
	terminal.register()
	pins = ["7", "07", "007", "A7", "a7", "12345678901234567890", "0", "é", "張三", "7.0", "+7", "A B", "a&b", "x=y",
		"O'Brien", '"7"', "a,b"]
	assert terminal.push("ATTLOG", *["%s\t%s\t0\t1" % (p, WHEN) for p in pins]) == "OK: %d" % len(pins)
	assert [r[0] for r in rows(server)] == pins
	assert server.value("select count(*) from employee") == 0, "a PIN is no employee"


def test_dates_that_a_reset_clock_gives_are_kept(server, terminal):
	terminal.register()
	times = ["1970-01-01 00:00:00", "2000-01-01 00:00:00", "2099-12-31 23:59:59", "1900-01-01 00:00:00",
		"9999-12-31 23:59:59"]
	assert terminal.push("ATTLOG", *["7\t" + t for t in times]) == "OK: 5"
	assert [str(r[1]) for r in rows(server)] == times


# ---------------------------------------------------------------- foreign bytes

def test_gb2312_of_an_old_chinese_terminal(server, terminal):
	terminal.handshake("options=all&pushver=2.1.1&language=83")
	terminal.approve()
	terminal.handshake("options=all&pushver=2.1.1&language=83")
	line = "王\t%s\t0\t1\t外出" % WHEN
	wait_until(lambda: terminal.push("ATTLOG", line.encode("gb2312") + b"\n") == "OK: 1"
		and server.value("select count(*) from punch"))
	assert [(r[0], r[4]) for r in rows(server)] == [("王", "外出")]
	# UTF-8 is UTF-8 there, too
	assert terminal.push("ATTLOG", "李\t%s" % WHEN) == "OK: 1"
	assert rows(server)[1][0] == "李"


def test_bytes_of_no_known_encoding_spoil_nothing(server, terminal):
	terminal.register()
	bad_pin, bad_code = b"\xff\xfe\t" + WHEN.encode(), b"8\t" + WHEN.encode() + b"\t0\t1\t\xff\xfe"
	assert terminal.push("ATTLOG", b"\n".join([bad_pin, b"7\t" + WHEN.encode(), bad_code])) == "OK: 3"
	assert rows(server) == [("7", T, None, None, None, None, None, None),
		("8", T, 0, 1, None, None, None, bad_code)]
	assert server.sql("select reason from reject") == [("PIN cannot be decoded",)]


# ---------------------------------------------------------------- national ids

ID15, ID18, IDX = "110101800101001", "110101198001010010", "11010119800101001X"


@pytest.mark.parametrize("said", [True, False], ids=["pid", "unsaid"])
def test_national_ids_of_person_id_terminals_are_sealed(server, terminal, said):
	query = "options=all&pushver=2.4.0&language=83" + ("&DeviceType=pid" if said else "")
	terminal.handshake(query)
	terminal.approve()
	terminal.handshake(query)
	lines = ["%d\t%s\t0\t1\t0\t0\t0\t%s\t%d" % (pin, WHEN, number, pin % 2)
		for pin, number in ((1, ID15), (2, ID18), (3, IDX))]
	lines.append("4\t%s\t0\t1\t0\t0\t0\t%s" % (WHEN, ID18))  # no type
	lines.append("5\tnonsense\t0\t1\t0\t0\t0\t%s\t1" % ID18)  # a reject
	assert terminal.push("ATTLOG", *lines) == "OK: 5"
	assert [r[0] for r in rows(server)] == ["1", "2", "3", "4"]
	assert all(r[7] is None and r[5] is None for r in rows(server))
	for number in (ID15, ID18, IDX):
		assert not found_in(server, number), number
	# nothing is thrown away: the lines are there, sealed
	assert server.value("select count(*) from raw_upload where table_name = 'ATTLOG'") == 4
	assert server.value("select count(*) from reject") == 1
	terminal.push("ATTLOG", *lines)
	assert server.sql("select distinct seen_count from raw_upload") == [(2,)]


def test_the_mask_of_others_is_no_national_id(server, terminal):
	terminal.register()
	terminal.push("ATTLOG", "1\t%s\t0\t1\t0\t0\t0\t1\t36.6\t97" % WHEN)
	assert rows(server)[0][5:7] == (1, 36.6)
	assert server.value("select count(*) from raw_upload") == 0


# ---------------------------------------------------------------- while the terminal is unsure

def test_an_upload_whose_answer_was_lost(server, make_sim, make_terminal):
	sim = make_sim(server, "--sn", "LOST0001")
	sim("handshake")
	make_terminal("LOST0001").approve()
	sim("handshake")
	sim("lose-reply 1")
	sim("punch 7 2026-05-01_08:00:00".replace("_", "T"), ok=False)
	sim("handshake")
	sim("wait-idle")
	wait_until(lambda: server.value("select count(*) from punch") == 1)
	assert sim.state()["pending"] == 0 if "pending" in sim.state() else True
