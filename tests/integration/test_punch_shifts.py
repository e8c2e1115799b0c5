"""Punches of a clock that was wrong are put right once, and back."""

import datetime

import pytest

from punchd_test.rest import ApiError
from punchd_test.wait import wait_until

SHIFT = "/iclock/api/terminals/shift_transactions/"
SHIFTS = "/iclock/api/transactionshifts/"
PUNCHES = "/iclock/api/transactions/"
DAY = "2026-05-04 "


@pytest.fixture
def ready(make_terminal):
	t = make_terminal()
	t.register()
	t.obey()
	return t


def shift(server, t, seconds, start="00:00:00", end="23:59:59", **more):
	return server.api.post(SHIFT, {"terminals": [t.id], "seconds": seconds, "start_time": DAY + start, "end_time": DAY + end, **more})["data"]


def undo(server, made):
	return server.api.post(SHIFTS + "%d/undo/" % made["shift"])["data"]


def punches(server, **params):
	return sorted((p["emp_code"], p["punch_time"][11:]) for p in server.api.walk(PUNCHES, **params))


def counts(made):
	return made["found"], made["moved"], made["stays"]


def line(pin, time, state=0):
	return "%s\t%s%s\t%d\t1" % (pin, DAY, time, state)


def check_counters(server):
	assert server.sql("select total, last_id, (select sum(n) from punch_block) from punch_counter") == server.sql(
		"select count(*), (select last_id from punch_counter), count(*) from punch")


def test_there_and_back(server, ready, make_terminal):
	lines = [line(7, "10:00:00"), line(7, "19:00:00", 1), line(8, "10:00:05"), line(8, "23:30:00", 1)]
	assert ready.push("ATTLOG", *lines) == "OK: 4"
	other = make_terminal()
	other.register()
	other.push("ATTLOG", line(9, "10:00:00"))
	before = {p["id"]: p for p in server.api.walk(PUNCHES)}
	last = max(before)
	tried = shift(server, ready, -7200, end="20:00:00", dry_run=True)
	assert counts(tried) == (3, 3, 0) and tried["shift"] is None and len(server.api.walk(PUNCHES, id_more_than=last)) == 0
	made = shift(server, ready, -7200, end="20:00:00")
	assert counts(made) == (3, 3, 0) and made["rows"] == []
	right = [("7", "08:00:00"), ("7", "17:00:00"), ("8", "08:00:05"), ("8", "23:30:00"), ("9", "10:00:00")]
	assert punches(server) == right
	# who remembers the last id, or the last upload_time, sees them
	new = server.api.walk(PUNCHES, id_more_than=last)
	assert punches(server, id_more_than=last) == right[:3] and [p["id"] for p in new] == [last + 1, last + 2, last + 3]
	assert {(p["punch_state"], p["terminal_sn"], p["verify_type"]) for p in new} == {("0", ready.sn, 1), ("1", ready.sn, 1)}
	stamps = server.sql("select upload_time from punch order by id")
	assert stamps == sorted(stamps)
	check_counters(server)
	# the terminal says the same again: nothing comes back, and nothing is missing for it
	assert ready.push("ATTLOG", *lines) == "OK: 4"
	assert punches(server) == right
	assert server.value("select punch_delivered_ever(%s)", ready.sn) == 4
	assert server.value("select punch_delivered(%s, %s, %s)", ready.sn, DAY + "09:30:00", DAY + "20:00:00") == 3
	# the same request again finds them where they are now
	again = shift(server, ready, -7200, end="20:00:00")
	assert counts(again) == (3, 0, 3) and {r["reason"] for r in again["rows"]} == {"it was moved before"}
	assert counts(undo(server, again)) == (3, 0, 0)
	back = undo(server, made)
	assert counts(back) == (3, 3, 0)
	assert punches(server) == sorted((p["emp_code"], p["punch_time"][11:]) for p in before.values())
	assert ready.push("ATTLOG", *lines, line(7, "08:00:00")) == "OK: 5", "a punch of that time is welcome again"
	assert len(punches(server)) == 6 and server.value("select punch_delivered_ever(%s)", ready.sn) == 5
	assert server.value("select count(*) from punch_tombstone") == 0
	check_counters(server)
	listed = server.api.get(SHIFTS)["data"]
	assert [(s["seconds"], s["moved"], s["stays"], s["undone"], s["terminals"], s["created_by"]) for s in listed] == [
		(-7200, 0, 3, 0, [ready.sn], "admin"), (-7200, 0, 0, 3, [ready.sn], "admin")]
	rows = server.api.get("/iclock/api/shiftedtransactions/", shift=made["shift"])["data"]
	assert [(r["emp_code"], r["old_time"][11:], r["new_time"][11:], r["state"]) for r in rows[:1]] == [("7", "10:00:00", "08:00:00", "undone")]
	wait_until(lambda: server.value("select count(*) from audit_pending") == 0, 20)
	audit = [(a["action"], a["after"]) for a in server.api.walk("/base/api/auditlogs/", resource="punch_shift", ordering="id")]
	assert [a for a, _ in audit] == ["shift", "shifted", "shift", "shifted", "shifted_back", "shifted_back"]
	assert audit[0][1]["seconds"] == -7200 and audit[1][1]["moved"] == 3
	assert server.api.get("/base/api/auditlogs/", resource="punch")["count"] == 0, "not one by one"


def test_what_is_in_the_way_stays_and_is_told(server, ready, make_terminal):
	other = make_terminal()
	other.register()
	other.push("ATTLOG", line(1, "08:00:00"), line(2, "09:00:00"))
	gone = server.api.get(PUNCHES, emp_code="2")["data"][0]["id"]
	server.api.delete(PUNCHES + "%d/" % gone)
	employee = server.api.post("/personnel/api/employees/", {"emp_code": "3", "department": 1, "area": [2]})["id"]
	ready.push("ATTLOG", line(1, "10:00:00"), line(1, "12:00:00"), line(1, "13:00:00"), line(2, "11:00:00"), line(3, "10:00:00"), line(4, "10:00:00"))
	server.api.delete("/personnel/api/employees/%d/" % employee)
	told = [("1", DAY + "10:00:00", "another punch has that time"), ("1", DAY + "12:00:00", "another punch has that time"),
		("2", DAY + "11:00:00", "a deleted punch had that time"), ("3", DAY + "10:00:00", "of a person who was deleted since")]
	for dry in (True, False):
		made = shift(server, ready, -7200, dry_run=dry)
		assert counts(made) == (6, 2, 4)
		assert sorted((r["emp_code"], r["punch_time"], r["reason"]) for r in made["rows"]) == told
	assert punches(server) == [("1", "08:00:00"), ("1", "10:00:00"), ("1", "11:00:00"), ("1", "12:00:00"), ("2", "11:00:00"),
		("3", "10:00:00"), ("4", "08:00:00")]
	# what was moved and deleted since stays deleted
	server.api.delete(PUNCHES + "%d/" % server.api.get(PUNCHES, emp_code="4")["data"][0]["id"])
	back = undo(server, made)
	assert counts(back) == (6, 1, 1)
	assert [(r["emp_code"], r["reason"]) for r in back["rows"]] == [("4", "it is not there any more")]
	assert ready.push("ATTLOG", line(4, "10:00:00")) == "OK: 1" and server.api.get(PUNCHES, emp_code="4")["count"] == 0
	check_counters(server)


def test_no_punch_leaves_the_calendar(server, ready):
	ready.push("ATTLOG", line(1, "08:00:00"), line(1, "09:00:00"))
	server.sql("update punch set punch_time = '9999-12-31 23:00:00' where punch_time::time = '09:00:00'")
	body = {"terminals": [ready.id], "seconds": 3600, "start_time": "9999-12-31 00:00:00", "end_time": "9999-12-31 23:59:59"}
	told = server.api.post(SHIFT, body)["data"]
	assert counts(told) == (1, 0, 1) and told["rows"][0]["reason"] == "no such year"
	assert counts(server.api.post(SHIFT, {**body, "seconds": 3599})["data"]) == (1, 1, 0)


@pytest.mark.parametrize("seconds", [60, -60])
def test_a_minute_where_every_minute_has_a_punch(server, ready, seconds):
	"""Each is in the way of the next, in and between the steps."""
	start = datetime.datetime(2026, 5, 4, 1, 0, 0)
	times = [start + datetime.timedelta(minutes=n) for n in range(1100)]
	ready.push("ATTLOG", *["5\t%s\t0\t1" % t for t in times])
	assert counts(shift(server, ready, seconds, dry_run=1)) == (1100, 1100, 0)
	made = shift(server, ready, seconds)
	assert counts(made) == (1100, 1100, 0)
	moved = [str(t + datetime.timedelta(seconds=seconds))[11:] for t in times]
	for _ in range(2):
		assert [t for _, t in punches(server, page_size=1000)] == sorted(moved)
		assert server.value("select punch_delivered_ever(%s)", ready.sn) == 1100
		ready.push("ATTLOG", *["5\t%s\t0\t1" % t for t in times])
	assert counts(undo(server, made)) == (1100, 1100, 0)
	assert [t for _, t in punches(server, page_size=1000)] == sorted(str(t)[11:] for t in times)
	assert server.value("select punch_delivered_ever(%s)", ready.sn) == 1100
	check_counters(server)


def test_what_it_refuses(server, ready):
	def refused(**body):
		with pytest.raises(ApiError) as e:
			server.api.post(SHIFT, {"terminals": [ready.id], "seconds": 5, "start_time": DAY + "00:00:00", "end_time": DAY + "23:00:00", **body})
		assert e.value.status == 400
		return list(e.value.json)
	assert refused(seconds=0) == refused(seconds="x") == refused(seconds=None) == refused(seconds=3 * 10 ** 9) == ["seconds"]
	assert refused(start_time=None) == ["start_time"] and refused(end_time="2026-05-03 00:00:00") == ["end_time"]
	assert refused(terminals=[99]) == refused(terminals=[]) == ["terminals"]
	server.sql("insert into punch (id, upload_time, punch_time, pin_id, origin_id) select n, now(), '2026-05-04'::timestamp + n * interval '1 second',"
		" 1, (select origin_id from terminal) from generate_series(1, 50001) n")
	assert refused() == ["end_time"]
	with pytest.raises(ApiError) as e:
		server.api.post(SHIFTS + "77/undo/")
	assert e.value.status == 404
	assert server.command("group", "add", "Wide", "--permissions", "iclock.*,att.*,personnel.*").returncode == 0
	assert server.command("user", "add", "rita", "--groups", "Wide").returncode == 0
	token = server.command("token", "create", "rita").stdout.strip()
	rita = server.new_api(authorization="Token " + token)
	assert rita.request("POST", SHIFT, {"terminals": [ready.id]}).status == 403, "granted by name only"
	server.sql("update account_group set permissions = permissions || array['iclock.add_transactionshift'] where name = 'Wide'")
	wait_until(lambda: rita.request("POST", SHIFT, {"terminals": [ready.id]}).status == 400, 10)


def test_an_erased_person_leaves_nothing_to_move_back(server, ready):
	employee = server.api.post("/personnel/api/employees/", {"emp_code": "6", "department": 1, "area": [2]})["id"]
	ready.push("ATTLOG", line(6, "10:00:00"), line(7, "10:00:00"), "6\t2099-01-01 00:00:00\t0\t1")
	made = shift(server, ready, -3600)
	server.api.post("/personnel/api/employees/%d/erase/" % employee, {"emp_code": "6", "punches": "delete"})
	back = undo(server, made)
	assert counts(back) == (2, 1, 1) and [(r["emp_code"], r["reason"]) for r in back["rows"]] == [(None, "it is not there any more")]
	# and the clock that was wrong does not say that the next 6 is erased until 2099
	now = (datetime.datetime.utcnow() + datetime.timedelta(hours=5, minutes=30, seconds=2)).strftime("%Y-%m-%d %H:%M:%S")
	ready.push("ATTLOG", "6\t%s\t0\t1" % now, "6\t2099-01-01 00:00:00\t0\t1", line(6, "10:00:00"), line(6, "09:00:00"))
	assert [p["punch_time"] for p in server.api.get(PUNCHES, emp_code="6")["data"]] == [now]


def test_what_was_cut_off_is_taken_back(server, ready):
	"""The server was ended, or lost its database, between two steps."""
	ready.push("ATTLOG", line(7, "10:00:00"), line(7, "19:00:00", 1), line(8, "10:00:05"))
	made = server.value("select punch_shift_begin(array[%s], -7200, %s::timestamp, %s::timestamp, 1)", ready.id, DAY + "00:00:00", DAY + "23:59:59")
	assert server.value("select punch_shift_step(%s, 2)", made)
	assert punches(server) == [("7", "08:00:00"), ("7", "19:00:00"), ("8", "08:00:05")]
	assert [(s["id"], s["moved"], s["finished"]) for s in server.api.get(SHIFTS)["data"]] == [(made, 2, None)]
	assert counts(undo(server, {"shift": made})) == (2, 2, 0)
	assert punches(server) == [("7", "10:00:00"), ("7", "19:00:00"), ("8", "10:00:05")]
	assert not server.value("select punch_shift_step(%s, 2)", made), "and whoever is at it still goes no further"
	assert server.value("select count(*) from punch_tombstone") == 0
	check_counters(server)


def test_it_says_no_longer_than_punches_are_kept_when_somebody_came(server, ready):
	ready.push("ATTLOG", line(7, "10:00:00"), line(8, "10:00:00"))
	made = shift(server, ready, -3600)
	shift(server, ready, -3600)
	old = "now() - interval '91 days'"
	server.sql("update punch set upload_time = %s" % old)
	server.sql("update punch_shift set created = %s, finished = %s where id = %d" % (old, old, made["shift"]))
	before = server.value("select punch_delivered_ever(%s)", ready.sn)
	for _ in range(9):
		if server.value("select retention_punches(now() - interval '90 days')") == 0:
			break
	else:
		pytest.fail("it never ends")
	rows = server.api.walk("/iclock/api/shiftedtransactions/", ordering="id")
	assert [(r["emp_code"], r["state"]) for r in rows] == [(None, "moved"), (None, "moved"), ("7", "stays"), ("8", "stays")]
	assert server.value("select punch_delivered_ever(%s)", ready.sn) == before
