"""Right time (adms-push 1.6): punches and clocks that cannot be right are kept, flagged and told."""

import datetime

import pytest

from punchd_test.wait import wait_until

PATH = "/iclock/api/oddtimes/"


def at(minutes):
	"""A wall clock that runs so many minutes ahead, in the terminal's zone (Asia/Kolkata)."""
	now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=330 + minutes)
	return now.strftime("%Y-%m-%d %H:%M:%S")


@pytest.fixture
def ready(make_terminal):
	t = make_terminal()
	t.register()
	t.obey()
	return t


def test_odd_times_are_kept_flagged_and_filterable(server, ready):
	lines = ["1\t1970-01-01 00:00:05\t0\t1", "1\t2000-01-01 00:00:05\t0\t1", "2\t%s\t0\t1" % at(10),
		"2\t%s\t0\t1" % at(0.5), "2\t2001-01-01 00:00:00\t0\t1"]
	assert ready.push("ATTLOG", *lines) == "OK: 5"
	assert ready.push("ATTLOG", *lines) == "OK: 5", "once"
	assert server.api.get("/iclock/api/transactions/")["count"] == 5
	rows = server.api.get(PATH, ordering="punch_time")["data"]
	assert [(r["emp_code"], r["punch_time"][:4], r["flag"]) for r in rows[:2]] == [
		("1", "1970", "reset"), ("1", "2000", "reset")]
	assert [(r["emp_code"], r["flag"], r["terminal_sn"]) for r in rows[2:]] == [("2", "future", ready.sn)]
	assert server.api.get(PATH, flag="future")["count"] == 1
	assert server.api.get(PATH, flag="reset", emp_code="2")["count"] == 0
	gone = server.api.get(PATH, flag="future")["data"][0]["transaction"]
	server.api.delete("/iclock/api/transactions/%d/" % gone)
	assert server.api.get(PATH, flag="future")["count"] == 0


def clock_alerts(server):
	server.sql("select clock_watch()")
	return [a["text"] for a in server.api.get("/iclock/api/alerts/", kind="clock_wrong")["data"]]


def test_a_clock_ahead_is_told(server, ready):
	ready.push("ATTLOG", "1\t%s\t0\t1" % at(0))
	assert clock_alerts(server) == []
	ready.push("ATTLOG", "2\t%s\t0\t1" % at(5))
	assert clock_alerts(server)[0].startswith("its punches are 5.0 minutes ahead")


def test_a_clock_behind_is_told_and_a_backlog_is_not(server, ready):
	ready.push("ATTLOG", "1\t%s\t0\t1" % at(-600), "1\t%s\t0\t1" % at(-300))
	assert clock_alerts(server) == [], "what comes at once may be old"
	for n in range(3):
		ready.push("ATTLOG", "%d\t%s\t0\t1" % (n + 2, at(-45)))
		server.sql("update punch set upload_time = upload_time - %s * interval '1 minute',"
			" punch_time = punch_time - %s * interval '1 minute' where pin_id = (select id from pin"
			" where code = %s)", n, n, str(n + 2))
	assert "45.0 minutes behind" in clock_alerts(server)[0]


def test_the_process_clock_looks_at_clocks(server, ready):
	ready.push("ATTLOG", "2\t%s\t0\t1" % at(5))
	wait_until(lambda: server.api.get("/iclock/api/alerts/", kind="clock_wrong")["count"] == 1, 90, every=0.5)
