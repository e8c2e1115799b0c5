"""/att/api/*Report/: what each shows of the same punches, and to whom."""

import csv
import datetime
import io
import itertools
import random
import re

import pytest

from punchd_test.punches import make_employee, make_terminal, store

A = "/att/api/"
REPORTS = ["transactionReport", "firstLastReport", "firstInLastOutReport", "totalTimeCardReport",
	"totalTimeCardReportV2", "dailyAbsentReport", "dailyActivityReport", "monthlyPunchReport",
	"monthlyStatusReport"]
EMPTY = {"count": 0, "next": None, "previous": None, "msg": "", "code": 0, "data": []}

IN, OUT, BREAK_OUT, BREAK_IN, OT_IN, OT_OUT, UNKNOWN = 0, 1, 2, 3, 4, 5, 255


@pytest.fixture
def office(server):
	"""Two people, hired on Thursday 2026-04-30, and a gate."""
	make_terminal(server, "GATE1", "Main gate")
	server.sql("update department set code = 'OPS', name = 'Operations' where id = 1")
	server.sql("update position set code = 'TECH', name = 'Technician' where id = 1")
	person = {"department": 1, "area": [1], "hire_date": "2026-04-30"}
	server.asha = server.api.post("/personnel/api/employees/", {**person, "emp_code": "1001",
		"first_name": "Asha", "last_name": "Rao", "nickname": "Ash", "gender": "F", "position": 1})["id"]
	server.ben = server.api.post("/personnel/api/employees/", {**person, "emp_code": "1002",
		"first_name": "Ben"})["id"]
	return server


def punch(server, code, day, *punches):
	"""punches: "08:00" or ("08:00", state)."""
	punches = [p if isinstance(p, tuple) else (p, UNKNOWN) for p in punches]
	store(server, [(code, "%s %s" % (day, time), "GATE1") for time, _ in punches],
		states=[state for _, state in punches])


def rows(server, report, **params):
	params = {"start_date": "2026-05-01", "end_date": "2026-05-31", **params}
	return server.api.walk(A + report + "/", **params)


def days(server, report, *members, **params):
	return [(r["emp_code"], r["att_date"], *(r[m] for m in members))
		for r in rows(server, report, **params)]


PERSON = {"emp_id": 1, "emp_code": "1001", "first_name": "Asha", "last_name": "Rao",
	"nick_name": "Ash", "gender": "F", "dept_code": "OPS", "dept_name": "Operations",
	"position_code": "TECH", "position_name": "Technician"}
DAY = {"att_date": "2026-05-04", "weekday": "Monday"}
ID = {"id": "120577"}  # person 1, day 20577 since 1970


# ---------------------------------------------------------------- shapes, typed in by hand

@pytest.fixture
def monday(office):
	punch(office, "1001", "2026-05-04", ("08:59:58", IN), ("12:01", BREAK_OUT), ("13:00", BREAK_IN),
		("17:30", OUT))
	return office


def one(server, report):
	found = rows(server, report, employees=server.asha, start_date="2026-05-04",
		end_date="2026-05-04")
	assert len(found) == 1
	return found[0]


def same(found, expected):
	assert found == expected and list(found) == list(expected)


def test_transaction_report_shape(monday):
	found = rows(monday, "transactionReport")
	assert [r["punch_time"] for r in found] == ["08:59:58", "12:01:00", "13:00:00", "17:30:00"]
	upload_time = monday.api.get("/iclock/api/transactions/1/")["upload_time"]
	same(found[0], {"id": 1, "emp_id": 1, "emp_code": "1001", "first_name": "Asha",
		"last_name": "Rao", "nick_name": "Ash", "dept_name": "Operations",
		"position_name": "Technician", "att_date": "2026-05-04", "weekday": "Monday",
		"punch_time": "08:59:58", "punch_state": "Check In", "verify_type": "Fingerprint",
		"work_code": "0", "area_alias": "Head Office", "terminal_sn": "GATE1",
		"terminal_alias": "Main gate", "upload_time": upload_time})


def test_first_last_report_shape(monday):
	same(one(monday, "firstLastReport"), {**ID, **PERSON, **DAY, "first_punch": "08:59",
		"last_punch": "17:30", "total_time": "08:30", "punch_count": 4})


def test_first_in_last_out_report_shape(monday):
	same(one(monday, "firstInLastOutReport"), {**ID, **PERSON, **DAY, "check_in": "08:59",
		"check_out": "17:30", "total_time": "08:30", "punch_count": 4})


@pytest.mark.parametrize("report", ["totalTimeCardReport", "totalTimeCardReportV2"])
def test_time_card_shape(monday, report):
	same(one(monday, report), {**ID, **PERSON, **DAY, "clock_in": "08:59", "clock_out": "17:30",
		"total_hrs": "08:30", "worked_hrs": "07:31", "total_ot": "00:00", "full_attendance": "1",
		"punch_count": 4})


def test_daily_absent_report_shape(office):
	person = {("nickname" if k == "nick_name" else k): v for k, v in PERSON.items()}
	same(one(office, "dailyAbsentReport"), {**ID, **person, **DAY, "check_in": "", "check_out": "",
		"total_hrs": "00:00"})


def test_daily_activity_report_shape(monday):
	same(one(monday, "dailyActivityReport"), {**ID, **PERSON, **DAY, "check_in": "08:59",
		"check_out": "17:30", "total_hrs": "08:30", "worked_hrs": "07:31", "total_ot": "00:00",
		"punch_count": 4, "punch_set": "08:59,12:01,13:00,17:30"})


def test_monthly_punch_report_shape(monday):
	punch(monday, "1001", "2026-05-06", "09:00")
	found = rows(monday, "monthlyPunchReport", start_date="2026-05-03", end_date="2026-05-06")
	same(found[0], {"id": "120574", **PERSON, "att_month": "2026-05", "punch_days": 2,
		"punch_count": 5, "0503": "", "0504": "08:59,12:01,13:00,17:30", "0505": "",
		"0506": "09:00"})


def test_monthly_status_report_shape(monday):
	"""Friday to Tuesday, Asha was there on Monday."""
	[asha, ben] = rows(monday, "monthlyStatusReport", start_date="2026-05-01", end_date="2026-05-05")
	same(asha, {"id": "120574", **PERSON, "att_month": "2026-05", "present_days": 1, "absent_days": 2,
		"leave_days": 0, "holidays": 0, "rest_days": 2, "0501": "A", "0502": "R", "0503": "R",
		"0504": "P", "0505": "A"})
	assert (ben["emp_code"], ben["absent_days"], ben["0504"]) == ("1002", 3, "A")


# ---------------------------------------------------------------- the rules

CARDS = [
	# punches; clock_in, clock_out, worked, overtime, complete
	(["08:00"], "08:00", None, "00:00", "00:00", "0"),
	(["08:00", "17:00"], "08:00", "17:00", "09:00", "00:00", "1"),
	(["08:00", "12:00", "13:00"], "08:00", "13:00", "04:00", "00:00", "0"),
	(["08:00", "12:00", "13:00", "17:00"], "08:00", "17:00", "08:00", "00:00", "1"),
	# a second press is none of its own
	(["08:00:00", "08:00:59", "17:00"], "08:00", "17:00", "09:00", "00:00", "1"),
	(["08:00:00", "08:01:00", "17:00"], "08:00", "17:00", "00:01", "00:00", "0"),
	# all in, or all out: the states say nothing, the punches alternate
	([("08:00", IN), ("12:00", IN), ("13:00", IN), ("17:00", IN)],
		"08:00", "17:00", "08:00", "00:00", "1"),
	# one unknown state, too
	([("08:00", IN), ("12:00", UNKNOWN), ("13:00", IN), ("17:00", OUT)],
		"08:00", "17:00", "08:00", "00:00", "1"),
	# directed
	([("08:00", IN), ("08:30", IN), ("17:00", OUT)], "08:00", "17:00", "09:00", "00:00", "1"),
	([("08:00", IN), ("16:00", OUT), ("17:00", OUT)], "08:00", "17:00", "08:00", "00:00", "1"),
	([("07:00", OUT), ("08:00", IN), ("17:00", OUT)], "08:00", "17:00", "09:00", "00:00", "1"),
	([("08:00", IN), ("12:00", OUT), ("13:00", IN)], "08:00", "12:00", "04:00", "00:00", "0"),
	([("08:00", IN), ("17:00", OUT), ("18:00", OT_IN), ("20:30", OT_OUT)],
		"08:00", "20:30", "11:30", "02:30", "1"),
	# an out before the first in closes nothing: the end of a night, keys pressed the wrong way round
	([("06:00", OUT), ("22:00", IN)], "22:00", None, "00:00", "00:00", "0"),
	([("08:00", OUT), ("17:00", IN)], "17:00", None, "00:00", "00:00", "0"),
	([("06:00", BREAK_OUT), ("07:00", OUT), ("22:00", BREAK_IN), ("23:00", IN)],
		"22:00", None, "01:00", "00:00", "0"),
	([("06:00", OUT), ("08:00", IN), ("17:00", OUT), ("22:00", IN)],
		"08:00", "17:00", "09:00", "00:00", "0"),
]

SPANS = {"firstLastReport": ["total_time"], "firstInLastOutReport": ["total_time"],
	"totalTimeCardReport": ["total_hrs", "worked_hrs", "total_ot"],
	"totalTimeCardReportV2": ["total_hrs", "worked_hrs", "total_ot"],
	"dailyActivityReport": ["total_hrs", "worked_hrs", "total_ot"], "dailyAbsentReport": ["total_hrs"]}


def spans(server):
	"""Every duration of every report, of lists and of files."""
	for report, members in SPANS.items():
		for row in rows(server, report):
			yield from ((report, row["att_date"], m, row[m]) for m in members)
		text = server.api.raw("GET", A + report + "/export/", export_type="csv", start_date="2026-05-01",
			end_date="2026-05-31").text
		for row in csv.DictReader(io.StringIO(text)):
			yield from (("file of " + report, row["att_date"], m, row[m]) for m in members)


@pytest.mark.parametrize("punches,came,went,worked,overtime,complete", CARDS)
def test_pairs(office, punches, came, went, worked, overtime, complete):
	punch(office, "1001", "2026-05-04", *punches)
	card = one(office, "totalTimeCardReportV2")
	assert (card["clock_in"], card["clock_out"], card["worked_hrs"], card["total_ot"],
		card["full_attendance"]) == (came, went, worked, overtime, complete)
	assert one(office, "firstInLastOutReport")["check_out"] == (went or "")


def test_no_duration_is_below_zero(office):
	"""Nights from 22:00 to 6:00, and whole days at random, as sent or by a rule."""
	for day in (4, 5, 6):
		punch(office, "1001", "2026-05-%02d" % day, ("06:00", OUT), ("22:00", IN))
	rng = random.Random(6)
	for day in range(1, 32):
		punch(office, "1002", "2026-05-%02d" % day, *(("%02d:%02d" % (hour, rng.randrange(60)),
			rng.choice([IN, OUT])) for hour in sorted(rng.sample(range(24), rng.randrange(1, 5)))))
	tuesday = {"employees": office.asha, "start_date": "2026-05-05", "end_date": "2026-05-05"}
	for rule in ("", "schedule 12:00 in, 05:00 out", "alternate", "first_last"):
		office.sql("update terminal set state_rule = %s", rule)
		found = list(spans(office))
		assert len(found) > 300
		assert [f for f in found if not re.fullmatch(r"[0-2][0-9]:[0-5][0-9]", f[3])] == []
		if rule[:5] in ("", "sched"):
			assert days(office, "totalTimeCardReport", "clock_in", "clock_out", "total_hrs", "worked_hrs",
				**tuesday) == [("1001", "2026-05-05", "22:00", None, "00:00", "00:00")]
			assert days(office, "firstInLastOutReport", "check_in", "check_out", "total_time",
				**tuesday) == [("1001", "2026-05-05", "22:00", "", "00:00")]


def test_a_day_ends_at_midnight(office):
	punch(office, "1001", "2026-05-04", "00:00:00", "23:59:59")
	punch(office, "1001", "2026-05-05", "00:00:00")
	assert days(office, "firstLastReport", "first_punch", "last_punch", "total_time") == [
		("1001", "2026-05-04", "00:00", "23:59", "23:59"),
		("1001", "2026-05-05", "00:00", "00:00", "00:00")]
	assert rows(office, "firstLastReport", start_date="2026-05-05", end_date="2026-05-05")[0][
		"att_date"] == "2026-05-05"


def test_absent_days(office):
	punch(office, "1001", "2026-05-04", "08:00")
	holiday = {"alias": "Founder's day", "start_date": "2026-05-05"}
	office.api.post(A + "holidays/", {**holiday, "duration_day": 2})
	other = office.api.post("/personnel/api/departments/", {"dept_code": "X", "dept_name": "X"})
	office.api.post(A + "holidays/", {**holiday, "start_date": "2026-05-07", "department": other["id"]})
	office.api.post(A + "leaves/", {"employee": office.ben, "pay_code": 1,
		"start_time": "2026-05-07 13:00:00", "end_time": "2026-05-11 00:00:00"})

	def absent(**params):
		return days(office, "dailyAbsentReport", end_date="2026-05-12", **params)

	# Friday 1st; 2nd and 3rd are days of rest, as are 9th and 10th; Ben is on leave from the 7th
	asha = [("1001", "2026-05-" + d) for d in ("01", "07", "08", "11", "12")]
	ben = [("1002", "2026-05-" + d) for d in ("01", "04", "11", "12")]
	assert absent() == asha + ben
	office.api.patch("/personnel/api/employees/%d/" % office.ben, {"enable_holiday": False})
	assert absent(employees=office.ben) == sorted(ben + [("1002", "2026-05-05"), ("1002", "2026-05-06")])
	office.api.post("/personnel/api/resigns/", {"employee": office.asha, "resign_date": "2026-05-08"})
	assert absent(employees=office.asha) == asha[:2]
	office.api.patch("/personnel/api/employees/%d/" % office.ben, {"hire_date": "2026-05-05"})
	assert absent(employees=office.ben)[0] == ("1002", "2026-05-05")
	office.api.patch("/personnel/api/employees/%d/" % office.ben, {"enable_att": False})
	assert absent() == asha[:2]


def test_rest_days_are_a_setting(make_server, database):
	server = make_server(database, rest_days="fri")
	e = make_employee(server, "1")
	server.sql("update employee set hire_date = '2026-04-01'")
	assert [d for _, d in days(server, "dailyAbsentReport", end_date="2026-05-03", employees=e)] == [
		"2026-05-02", "2026-05-03"]
	assert make_server(database, rest_days="").api.get(A + "dailyAbsentReport/",
		start_date="2026-05-01", end_date="2026-05-03")["count"] == 3


def test_nobody_is_absent_in_the_days_to_come(office):
	today = office.value("select to_char(now() at time zone 'Asia/Kolkata', 'YYYY-MM-DD')")
	office.sql("update employee set hire_date = %s", today)
	far = str(datetime.date.fromisoformat(today) + datetime.timedelta(days=400))
	assert days(office, "totalTimeCardReportV2", end_date=far) == [("1001", today), ("1002", today)]
	assert all(d == today for _, d in days(office, "dailyAbsentReport", end_date=far))


def test_time_cards_show_every_day_of_the_employed(office):
	office.sql("update employee set hire_date = '2026-05-04' where id = %s", office.asha)
	punch(office, "1001", "2026-05-02", "08:00", "12:00")  # before she was hired
	office.api.post("/personnel/api/resigns/", {"employee": office.ben, "resign_date": "2026-05-03"})
	punch(office, "1002", "2026-05-06", "08:00")  # after he left
	assert days(office, "totalTimeCardReport", "clock_in", end_date="2026-05-06") == [
		("1001", "2026-05-02", "08:00"), ("1001", "2026-05-04", None), ("1001", "2026-05-05", None),
		("1001", "2026-05-06", None), ("1002", "2026-05-01", None), ("1002", "2026-05-02", None),
		("1002", "2026-05-06", "08:00")]


def test_punches_of_before_are_not_the_new_employees(office):
	punch(office, "1002", "2026-05-04", "08:00")
	office.api.delete("/personnel/api/employees/%d/" % office.ben)
	office.api.post("/personnel/api/employees/", {"emp_code": "1002", "department": 1, "area": [2]})
	punch(office, "1002", "2026-05-05", "09:00")
	assert days(office, "firstLastReport") == [("1002", "2026-05-05")]
	assert [(r["emp_code"], r["emp_id"]) for r in rows(office, "transactionReport")] == [
		("1002", None), ("1002", 3)]


def test_months_apart(office):
	punch(office, "1001", "2026-05-31", "08:00")
	punch(office, "1001", "2026-06-01", "09:00", "10:00")
	may, june = rows(office, "monthlyPunchReport", start_date="2026-05-30", end_date="2026-06-02")
	assert [k for k in may if k.isdigit()] == ["0530", "0531"] and may["0531"] == "08:00"
	assert [k for k in june if k.isdigit()] == ["0601", "0602"] and june["0601"] == "09:00,10:00"
	assert (may["att_month"], june["att_month"]) == ("2026-05", "2026-06")
	r = office.api.raw("GET", A + "monthlyPunchReport/export/", export_type="csv",
		start_date="2026-05-30", end_date="2026-06-02", export_headers="emp_code,days")
	assert r.text == ("emp_code,0530,0531,0601,0602\r\n1001,,08:00,,\r\n"
		"1001,,,\"09:00,10:00\",\r\n")


def test_statuses(office):
	"""Whoever came was present, whatever the day; a leave goes before a holiday, and that before rest."""
	api = office.api
	leave = api.get(A + "payCodes/")["data"][0]["id"]
	for start, end in (("05-06 08:00:00", "05-06 17:00:00"), ("05-07 08:00:00", "05-07 12:00:00")):
		api.post(A + "leaves/", {"employee": office.asha, "pay_code": leave,
			"start_time": "2026-" + start, "end_time": "2026-" + end})
	api.post(A + "holidays/", {"alias": "Spring", "start_date": "2026-05-07", "duration_day": 3})
	punch(office, "1001", "2026-05-03", "10:00")
	punch(office, "1001", "2026-05-06", "10:00")
	def statuses(code):
		[row] = [r for r in rows(office, "monthlyStatusReport", start_date="2026-05-02",
			end_date="2026-05-10") if r["emp_code"] == code]
		return "".join(row["%02d%02d" % (5, n)] for n in range(2, 11))
	assert statuses("1001") == "RPAAPLHHR"
	assert statuses("1002") == "RRAAAHHHR"
	api.patch("/personnel/api/employees/%d/" % office.ben, {"enable_holiday": False})
	assert statuses("1002") == "RRAAAAARR"
	absent = {r["att_date"] for r in rows(office, "dailyAbsentReport", start_date="2026-05-02",
		end_date="2026-05-10") if r["emp_code"] == "1002"}
	assert absent == {"2026-05-%02d" % n for n in (4, 5, 6, 7, 8)}


# ---------------------------------------------------------------- parameters

@pytest.mark.parametrize("report", REPORTS)
def test_who_is_asked_for(office, report):
	api = office.api
	it = api.post("/personnel/api/departments/", {"dept_code": "IT", "dept_name": "It"})["id"]
	wh = api.post("/personnel/api/areas/", {"area_code": "WH", "area_name": "Warehouse"})["id"]
	api.patch("/personnel/api/employees/%d/" % office.asha, {"area": [2]})
	api.patch("/personnel/api/employees/%d/" % office.ben, {"department": it, "area": [2, wh]})
	day = "2026-05-01" if report == "dailyAbsentReport" else "2026-05-04"
	if report != "dailyAbsentReport":
		for code in ("1001", "1002"):
			punch(office, code, day, "08:00")

	def codes(**params):
		return [r["emp_code"] for r in rows(office, report, start_date=day, end_date=day, **params)]

	assert codes() == codes(employees=-1, departments=-1, areas=-1, groups=-1, time_table=0) == [
		"1001", "1002"]
	assert codes(employees=office.asha) == codes(employees="%d,99" % office.asha) == ["1001"]
	assert codes(employees="%d,-1" % office.asha) == ["1001", "1002"]
	assert codes(departments=it) == codes(departments="%d,77" % it) == ["1002"]
	assert codes(areas=wh) == codes(area=wh) == ["1002"] and len(codes(areas="2")) == 2
	assert codes(areas=wh, departments=1) == codes(employees=4711) == codes(employees="x") == []
	assert codes(emp_code="1002") == codes(employee_icontains="beN") == codes(search="1002") == ["1002"]


@pytest.mark.parametrize("report", REPORTS)
def test_dates(office, report):
	today = office.value("select to_char(now() at time zone 'Asia/Kolkata', 'YYYY-MM-DD')")
	office.sql("update employee set hire_date = '2026-01-01'")
	if report != "dailyAbsentReport":
		punch(office, "1001", today, "08:00")
		punch(office, "1001", "2026-05-04", "08:00")
	get = office.api.get
	path = A + report + "/"

	def found(**params):
		return {r.get("att_date", r.get("att_month")) for r in get(path, page_size=100, **params)["data"]}

	if report != "dailyAbsentReport" or datetime.date.fromisoformat(today).weekday() < 5:
		assert found() == {today[:7] if report.startswith("monthly") else today}
	monday = {"2026-05" if report.startswith("monthly") else "2026-05-04"}
	assert found(start_date="2026-05-04") == found(end_date="2026-05-04") == monday
	assert found(start_date="2026-05-04 10:00:00", end_date="2026-05-04") == monday
	for broken in ({"start_date": "rubbish"}, {"end_date": "2026-02-30"},
			{"start_date": "2026-05-05", "end_date": "2026-05-04"}):
		assert get(path, **broken) == EMPTY
	r = office.api.raw("GET", path, start_date="rubbish", page=2)
	assert (r.status, r.json()) == (404, {"detail": "Invalid page."})


def test_pages_and_links(office):
	for n in range(30):
		make_employee(office, "2%03d" % n)
	office.sql("update employee set hire_date = '2026-05-01'")
	path = A + "totalTimeCardReportV2/"
	first = office.api.get(path, start_date="2026-05-01", end_date="2026-05-31")
	assert first["count"] == 32 * 31 and len(first["data"]) == 10 and first["previous"] is None
	assert first["next"] == ("http://127.0.0.1:%d%s?end_date=2026-05-31&page=2&start_date=2026-05-01"
		% (office.port, path))
	everything = rows(office, "totalTimeCardReportV2", page_size=100000)
	assert len({(r["emp_id"], r["att_date"]) for r in everything}) == 32 * 31
	assert everything == sorted(everything, key=lambda r: (r["emp_id"], r["att_date"]))
	for size in (7, 100, 501, 700):
		assert rows(office, "totalTimeCardReportV2", page_size=size) == everything
	last = office.api.get(path, start_date="2026-05-01", end_date="2026-05-31", page="last",
		page_size=100)
	assert last["data"] == everything[900:] and last["next"] is None
	r = office.api.raw("GET", path, start_date="2026-05-01", end_date="2026-05-31", page=101)
	assert (r.status, r.json()) == (404, {"detail": "Invalid page."})


@pytest.mark.parametrize("report", REPORTS)
def test_rights(office, report):
	office.command("user", "add", "reader", "--password-file", "/dev/stdin", stdin="long enough pw")
	reader = office.new_api("reader", "long enough pw")
	assert reader.get(A + report + "/", start_date="2026-05-04") ["code"] == 0
	for path in (A + report + "/", A + report + "/export/?export_type=csv"):
		assert office.api.request("GET", path, authorization="").status == 401
		r = office.api.raw("POST", path, {})
		assert (r.status, r.json()) == (405, {"detail": 'Method "POST" not allowed.'})


# ---------------------------------------------------------------- against plain SQL

def people(server, n, rng):
	for i in range(n):
		make_employee(server, "3%03d" % i, department=rng.choice([1, 2]))
	server.sql("insert into employee_area (employee_id, area_id) select id, 2 - id % 2 from employee"
		" on conflict do nothing")
	server.sql("update employee set hire_date = '2026-04-01'")
	punches = set()
	for _ in range(4000):
		punches.add(("3%03d" % rng.randrange(n + 2), "2026-0%d-%02d %02d:%02d:%02d" % (
			rng.choice([4, 5]), rng.randint(1, 30), rng.randint(0, 23), rng.randint(0, 59),
			rng.randint(0, 59)), "GATE1"))
	punches = sorted(punches)
	store(server, punches, states=[rng.choice([0, 1, 0, 1, 4, 255]) for _ in punches])


SQL = {
	"firstLastReport": """
		select e.emp_code, to_char(p.punch_time, 'YYYY-MM-DD'), to_char(min(p.punch_time), 'HH24:MI'),
			to_char(max(p.punch_time), 'HH24:MI'), count(*)
		from punch p join employee e on e.pin_id = p.pin_id
		where p.punch_time::date between %s and %s and {who} group by e.id, 2 order by e.id, 2""",
	"dailyAbsentReport": """
		select e.emp_code, to_char(d, 'YYYY-MM-DD'), '', '', null
		from employee e, generate_series(%s::date, %s::date, '1 day') d
		where extract(isodow from d) < 6 and {who} and not exists (select from punch p
			where p.pin_id = e.pin_id and p.punch_time::date = d) order by e.id, d""",
	"transactionReport": """
		select e.emp_code, to_char(p.punch_time, 'YYYY-MM-DD'), to_char(p.punch_time, 'HH24:MI:SS'),
			null, null
		from punch p join employee e on e.pin_id = p.pin_id
		where p.punch_time::date between %s and %s and {who} order by p.id""",
}
MEMBERS = {"firstLastReport": ("first_punch", "last_punch", "punch_count"),
	"dailyAbsentReport": ("check_in", "check_out", None),
	"transactionReport": ("punch_time", None, None)}


@pytest.mark.parametrize("report", sorted(SQL))
def test_filters_equal_plain_sql(office, report):
	"""Any combination of parameters, in lists of all sizes and in files."""
	rng = random.Random(report)
	office.sql("insert into department (code, name) values ('D2', 'Second')")
	people(office, 60, rng)
	ids = [r[0] for r in office.sql("select id from employee")]
	choices = {
		"employees": [(None, "true"), ("-1", "true")] + [(",".join(map(str, some)),
			"e.id in (%s)" % ",".join(map(str, some))) for some in (rng.sample(ids, 3), rng.sample(ids, 40))],
		"departments": [(None, "true"), ("1", "e.department_id = 1"), ("1,2", "e.department_id in (1, 2)")],
		"areas": [(None, "true"), ("2", "e.id in (select employee_id from employee_area where area_id = 2)")],
	}
	for combination in itertools.product(*choices.values()):
		params = {k: v for k, (v, _) in zip(choices, combination) if v}
		who = " and ".join(condition for _, condition in combination)
		if report == "transactionReport" and set(params) <= {"employees"} and \
				params.get("employees", "-1") == "-1":
			continue  # shows those of nobody, too
		start = "2026-04-%02d" % rng.randint(1, 30)
		end = "2026-05-%02d" % rng.randint(1, 30)
		want = [tuple(r) for r in office.sql(SQL[report].format(who=who), start, end)]
		params.update(start_date=start, end_date=end)
		got = [(r["emp_code"], r["att_date"], *(m and r[m] for m in MEMBERS[report]))
			for r in office.api.walk(A + report + "/", page_size=rng.choice([300, 499, 5000]), **params)]
		assert got == want, params
		r = office.api.raw("GET", A + report + "/export/", export_type="csv",
			export_headers="emp_code,att_date", **params)
		assert [tuple(x) for x in csv.reader(io.StringIO(r.text))][1:] == [w[:2] for w in want]


# ---------------------------------------------------------------- files

@pytest.mark.parametrize("report", REPORTS)
def test_files_hold_what_the_list_shows(office, report):
	for n in range(8):
		make_employee(office, "2%03d" % n, first="=1+%d" % n, last='a "b", c')
	office.sql("update employee set hire_date = '2026-04-01'")
	if report != "dailyAbsentReport":
		store(office, [("2%03d" % n, "2026-05-%02d %s" % (day, time), "GATE1")
			for n, day, time in itertools.product(range(8), range(1, 29), ("08:00", "17:00"))])
	found = rows(office, report, page_size=100000)
	assert found

	def cell(value):
		return "" if value is None else "'" + value if str(value).startswith("=") else str(value)

	def expected(some):
		return [list(found[0])] + [[cell(v) for v in r.values()] for r in some]

	for kind, delimiter, content in (("csv", ",", "text/csv"), ("txt", "\t", "text/plain")):
		r = office.api.raw("GET", A + report + "/export/", export_type=kind,
			start_date="2026-05-01", end_date="2026-05-31")
		assert r.headers["content-type"] == content
		assert r.headers["content-disposition"] == 'attachment; filename="%s.%s"' % (report, kind)
		assert r.text.endswith("\r\n")
		assert list(csv.reader(io.StringIO(r.text), delimiter=delimiter)) == expected(found)
	r = office.api.raw("GET", A + report + "/export/", export_type="csv", page=2, limit=3,
		start_date="2026-05-01", end_date="2026-05-31")
	assert list(csv.reader(io.StringIO(r.text))) == expected(found[3:6])
	r = office.api.raw("GET", A + report + "/export/", export_type="csv", page=2, page_size=100000,
		start_date="2026-05-01", end_date="2026-05-31")
	assert (r.status, r.json()) == (404, {"detail": "Invalid page."})
	r = office.api.raw("GET", A + report + "/export/", export_type="csv", start_date="x",
		export_headers="last_name, nonsense,emp_code")
	assert r.text == "last_name,emp_code\r\n"
	r = office.api.raw("GET", A + report + "/export/", start_date="2026-05-01")
	assert (r.status, r.json()) == (400, {"export_type": ["This field is required."]})
	r = office.api.raw("HEAD", A + report + "/export/", export_type="csv")
	assert (r.status, r.body) == (200, b"")


# ---------------------------------------------------------------- clients, as they ask and read

def test_axios_att(monday):
	"""firstLastReport of one id; joins att_date and the punches itself."""
	data = monday.api.get(A + "firstLastReport/?start_date=2026-05-04&end_date=2026-05-04&employees=1 ")[
		"data"]
	made = "%s %s:00" % (data[0]["att_date"], data[0]["first_punch"])
	assert datetime.datetime.strptime(made, "%Y-%m-%d %H:%M:%S") == datetime.datetime(2026, 5, 4, 8, 59)
	assert data[0]["last_punch"] == "17:30"


def test_obtener_node(monday):
	"""Looks the employee up by the singular endpoint, then asks with time_table and departments."""
	e = monday.api.get("/personnel/api/employee/?emp_code=1001")
	assert e["count"] == 1
	data = monday.api.get(A + "firstLastReport/?employees=%d&start_date=2026-05-01&end_date=2026-05-31"
		"&page=1&page_size=100&time_table=0&departments=-1" % e["data"][0]["id"])["data"]
	assert [(r["emp_code"], r["att_date"], r["weekday"], r["total_time"]) for r in data] == [
		("1001", "2026-05-04", "Monday", "08:30")]


def test_maestrobeye(monday):
	"""Token from the path without slash, format=json, -1 everywhere, a header of its own."""
	login = monday.api.request("POST", "/api-token-auth", {"username": "admin",
		"password": monday.settings["admin_password"]}, authorization="")
	r = monday.api.request("GET", A + "totalTimeCardReportV2/?format=json", params={"employees": "1,2",
		"query": 32, "start_date": "2026-01-01", "end_date": "2026-12-31", "page": 1,
		"page_size": 200, "departments": -1, "areas": -1, "groups": -1},
		headers={"X-API-Key": "1234"}, authorization="Token " + login.json()["token"])
	body = r.json()
	assert r.status == 200 and {"data", "count", "next", "previous"} <= set(body)
	row = next(x for x in body["data"] if x["att_date"] == "2026-05-04")
	for member in ("emp_code", "first_name", "last_name", "clock_in", "clock_out", "worked_hrs",
			"total_ot", "full_attendance"):
		assert isinstance(row[member], str), member
	datetime.datetime.strptime(row["clock_in"], "%H:%M")


def test_alifaaz(office):
	"""dailyAbsentReport and the dashboard's path: every member is a string."""
	for path in (A + "dailyAbsentReport/", "/base/api/dailyAbsent/"):
		body = office.api.get(path, departments=1, area=-1, start_date="2026-05-04", end_date="2026-05-04")
		assert body["count"] == 2 and body["next"] is None
		for member in ("id", "emp_code", "first_name", "last_name", "nickname", "dept_name",
				"position_code", "position_name", "att_date", "weekday", "check_in", "check_out",
				"total_hrs"):
			assert isinstance(body["data"][0][member], str), member


def test_flask_export(monday):
	"""transactionReport as text, with headers and both page_size and limit."""
	r = monday.api.raw("GET", A + "transactionReport/export/?export_headers=emp_code,first_name,dept_name,"
		"att_date,punch_time,punch_state,terminal_alias&start_date=2026-05-04&end_date=2026-05-04"
		"&departments=1&employees=-1&page_size=6000&export_type=txt&page=1&limit=6000")
	lines = r.text.split("\r\n")
	assert lines[0] == "emp_code\tfirst_name\tdept_name\tatt_date\tpunch_time\tpunch_state\tterminal_alias"
	assert lines[1] == "1001\tAsha\tOperations\t2026-05-04\t08:59:58\tCheck In\tMain gate"
	assert len(lines) == 6 and lines[5] == ""


def test_plamatix_agent(monday):
	"""transactionReport with Basic, to probe: count and data."""
	api = monday.new_api().basic()
	body = api.get(A + "transactionReport/", page_size=1000, start_date="2026-05-01",
		end_date="2026-05-31")
	assert body["count"] == 4 and body["data"][0]["emp_code"] == "1001"


def test_almas_rak(monday):
	"""Monthly reports with employee_icontains, holidays; reads data."""
	assert monday.api.get(A + "monthlyPunchReport/", start_date="2026-05-01", end_date="2026-05-31",
		employee_icontains="Ash", page_size=100)["data"][0]["0504"] == "08:59,12:01,13:00,17:30"
	monday.api.post(A + "holidays/", {"alias": "May Day", "start_date": "2026-05-01"})
	assert [h["alias"] for h in monday.api.get(A + "holidays/", page_size=100)["data"]] == ["May Day"]


def test_rozievich_and_the_cloud(monday):
	"""firstLastReport and transactionReport by JWT, following next."""
	api = monday.new_api().login("/jwt-api-token-auth/", "JWT")
	assert api.walk(A + "firstLastReport/", start_date="2026-05-01", end_date="2026-05-31",
		page_size=500)[0]["first_punch"] == "08:59"
	found = api.walk(A + "transactionReport/", start_date="2026-05-01", end_date="2026-05-31", page_size=3)
	assert [(r["punch_state"], r["verify_type"]) for r in found] == [("Check In", "Fingerprint"),
		("Break Out", "Fingerprint"), ("Break In", "Fingerprint"), ("Check Out", "Fingerprint")]


# ---------------------------------------------------------------- pages remembered

def test_a_walk_sees_what_happens_meanwhile(office):
	"""Pages after the first begin where the one before ended; the last is counted anew."""
	for n in range(20):
		make_employee(office, "2%03d" % n)
	office.sql("update employee set hire_date = '2026-04-01'")
	punches = [("2%03d" % n, "2026-05-%02d 08:00:00" % d, "GATE1") for n in range(20) for d in (4, 5, 6)]
	store(office, punches)

	def page(n, size=7):
		return office.api.get(A + "firstLastReport/", start_date="2026-05-01", end_date="2026-05-31",
			page=n, page_size=size)

	everything = page(1, 1000)["data"]
	first = page(1)
	store(office, [("2001", "2026-05-07 08:00:00", "GATE1"), ("2019", "2026-05-07 08:00:00", "GATE1")])
	assert first["count"] == 60 and page(2)["data"] == everything[7:14]  # not shifted
	walked = first["data"] + page(2)["data"]
	for n in range(3, 8):
		walked += page(n)["data"]
	last = page(9)
	assert last["count"] == 62 and last["next"] is None
	assert page(1)["count"] == 62
	# what is gone is noticed
	office.sql("select punch_delete(array(select id from punch where id > 10))")
	again = page(2)
	assert (again["count"], again["next"]) == (10, None) and len(again["data"]) == 3
