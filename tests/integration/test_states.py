"""Which state a punch is shown with, by the rule of its terminal or area; what was sent is kept."""

import csv
import io

import pytest

from punchd_test import ApiError
from punchd_test.punches import PATH, make_employee, make_terminal, store

DAY = "2025-09-12 "


@pytest.fixture
def gate(server):
	make_terminal(server, "GATE1", "Main gate")
	return server


def rule(server, text, sn="GATE1"):
	tid = server.value("select id from terminal where sn = %s", sn)
	server.api.patch("/iclock/api/terminals/%d/" % tid, {"state_rule": text})


def punch(server, *times, sn="GATE1", state=255):
	store(server, [("7", DAY + t, sn) for t in times], states=[state] * len(times))


def shown(server):
	rows = server.api.get(PATH, ordering="punch_time", page_size=100)["data"]
	return [(row["punch_time"][11:16], row["punch_state"], row["punch_state_display"]) for row in rows]


def words(server):
	return [word for _, _, word in shown(server)]


def test_without_a_rule_as_sent(gate):
	punch(gate, "08:00:00", state=4)
	punch(gate, "09:00:00", state=77)
	assert shown(gate) == [("08:00", "4", "Overtime In"), ("09:00", "77", "Unknown")]


def test_a_terminal_of_one_direction(gate):
	make_terminal(gate, "GATE2", "Way out")
	rule(gate, "in")
	rule(gate, "out", "GATE2")
	punch(gate, "08:00:00", "12:00:00")
	punch(gate, "11:00:00", "17:00:00", sn="GATE2")
	assert shown(gate) == [("08:00", "0", "Check In"), ("11:00", "1", "Check Out"),
		("12:00", "0", "Check In"), ("17:00", "1", "Check Out")]
	assert gate.sql("select distinct punch_state from punch") == [(255,)]
	rule(gate, "")
	assert words(gate) == ["Unknown", "Check Out", "Unknown", "Check Out"]


def test_first_in_last_out(gate):
	rule(gate, "first_last")
	punch(gate, "09:00:00")
	assert words(gate) == ["Check In"]
	punch(gate, "17:00:00", "12:00:00")
	assert words(gate) == ["Check In", "Unknown", "Check Out"]
	punch(gate, "18:00:00", "07:00:00")  # a terminal that was offline
	assert words(gate) == ["Check In", "Unknown", "Unknown", "Unknown", "Check Out"]


def test_alternating_and_what_repeats_within_a_minute(gate):
	rule(gate, "alternate")
	punch(gate, "08:00:00", "08:00:30", "12:00:00", "12:59:00", "17:00:00")
	assert words(gate) == ["Check In", "Check In", "Check Out", "Check In", "Check Out"]
	store(gate, [("7", "2025-09-13 08:00:00", "GATE1"), ("8", DAY + "10:00:00", "GATE1")])
	assert ("10:00", "0", "Check In") in shown(gate), "somebody else's day is their own"
	assert words(gate)[-1] == "Check In", "and so is the next day"


def test_by_time_of_day(gate):
	rule(gate, "schedule 06:00 in, 12:00 out,13:00 in, 16:30 out")
	punch(gate, "05:59:59", "06:00:00", "12:10:00", "13:05:00", "16:30:00", "23:00:00")
	assert words(gate) == ["Check Out", "Check In", "Check Out", "Check In", "Check Out", "Check Out"]


def test_the_area_says_it_for_its_terminals(gate):
	make_terminal(gate, "GATE2", "Way out")
	gate.api.patch("/personnel/api/areas/2/", {"state_rule": "in"})
	rule(gate, "raw", "GATE2")
	punch(gate, "08:00:00", state=1)
	punch(gate, "09:00:00", state=1, sn="GATE2")
	assert words(gate) == ["Check In", "Check Out"]


@pytest.mark.parametrize("path", ["/iclock/api/terminals/%d/", "/personnel/api/areas/2/"])
def test_a_rule_that_is_none(gate, path):
	path = path % gate.value("select id from terminal") if "%" in path else path
	for text in ("sometimes", "schedule 25:00 in", "schedule 06:00 in,", "in out"):
		with pytest.raises(ApiError) as e:
			gate.api.patch(path, {"state_rule": text})
		assert (e.value.status, e.value.json) == (400,
			{"state_rule": ["\"%s\" is not a valid choice." % text]})
	gate.api.patch(path, {"state_rule": None})


def test_exports_and_reports_say_the_same(gate):
	make_employee(gate, "7", 1, "Ada", "", 1)
	rule(gate, "first_last")
	punch(gate, "08:00:00", "12:00:00", "13:00:00", "17:00:00", state=0)
	days = "?start_date=2025-09-12&end_date=2025-09-12&employees=-1&departments=-1"
	text = gate.api.raw("GET", "/iclock/api/transactions/export/?export_type=csv"
		"&export_headers=punch_time,punch_state_display").text
	assert [row[1] for row in csv.reader(io.StringIO(text.lstrip("\ufeff")))][1:] == [
		"Check In", "Unknown", "Unknown", "Check Out"]
	report = gate.api.get("/att/api/transactionReport/" + days)["data"]
	assert [row["punch_state"] for row in report] == ["Check In", "Unknown", "Unknown", "Check Out"]
	card = gate.api.get("/att/api/totalTimeCardReport/" + days)["data"][0]
	assert (card["clock_in"], card["clock_out"], card["worked_hrs"]) == ("08:00", "17:00", "09:00")
