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


def test_one_wild_punch_says_nothing(server, make_terminal):
	"""The middle one of the freshest punches does: neither what a good clock nor what a wrong one is
	said to be is any one punch's."""
	def told(*minutes):
		t = make_terminal()
		t.register()
		t.push("ATTLOG", *["%d\t%s\t0\t1" % (n, m if isinstance(m, str) else at(m)) for n, m in enumerate(minutes, 1)])
		server.sql("select clock_watch()")
		texts = [a["text"] for a in server.api.get("/iclock/api/alerts/", kind="clock_wrong", terminal=t.id)["data"]]
		server.sql("delete from punch")
		return texts[0].split(":")[0] if texts else None
	wild, past = "2099-01-01 08:00:00", "2003-01-01 08:00:00"
	ahead = "its punches are 120.0 minutes ahead"
	assert told(120, wild) == told(wild, 120) == told(120, 120, wild, 121) == ahead
	assert told(0, wild) is told(wild, 0) is told(wild, 0, past, wild) is None
	assert told(0, -1, 600, -2, 0) is told(0, 700, 0) is None
	assert told(-500, -400, -300, 120, 120, 120) == ahead, "a backlog"
	assert told(0, 0, -3, 120, 120, 120) == ahead, "it has jumped"
	assert told(wild, wild).endswith("ahead") and told(1440, 1440) == "its punches are 1440.0 minutes ahead"


def test_a_wild_punch_hides_no_clock_that_is_behind(server, ready):
	ready.push("ATTLOG", "9\t%s\t0\t1" % at(180), "8\t2099-01-01 08:00:00\t0\t1")
	for n in range(3):
		ready.push("ATTLOG", "%d\t%s\t0\t1" % (n + 2, at(-45)))
		server.sql("update punch set upload_time = upload_time - %s * interval '1 minute',"
			" punch_time = punch_time - %s * interval '1 minute' where pin_id = (select id from pin"
			" where code = %s)", n, n, str(n + 2))
	assert "45.0 minutes behind" in clock_alerts(server)[0]


def test_a_comparison_under_way_hides_no_clock(server, ready):
	"""Both are done by one process at a time, each for itself."""
	ready.push("ATTLOG", "2\t%s\t0\t1" % at(5))
	other = server.database.connect()
	with other.cursor() as cursor:
		cursor.execute("select reconcile_advance()")
		assert clock_alerts(server)
	other.close()


def test_the_process_clock_looks_at_clocks(server, ready):
	ready.push("ATTLOG", "2\t%s\t0\t1" % at(5))
	wait_until(lambda: server.api.get("/iclock/api/alerts/", kind="clock_wrong")["count"] == 1, 90, every=0.5)


# ---------------------------------------------------------------- summer time

def zone_that_changes(utc):
	"""A zone 5.5 hours east, from that moment on 6.5 hours, for a month."""
	local = utc + datetime.timedelta(hours=5, minutes=30)
	day = local.timetuple().tm_yday - (local.month > 2 and local.year % 4 == 0)  # J: no 29th of February
	return "AAA-5:30BBB-6:30,J%d/%s,J%d/2" % (day, local.strftime("%H:%M:%S"), (day + 30 - 1) % 365 + 1)


@pytest.mark.settings(reconcile_time="off")
@pytest.mark.timeout(180)
def test_summer_time_begins(server, ready):
	"""The terminal knows no rule for it: it is made to shake hands again, and what it then stamps is
	stored with the new offset (PROTOCOL.md 2)."""
	change = (datetime.datetime.utcnow() + datetime.timedelta(seconds=6)).replace(microsecond=0)
	server.sql("update terminal set zone = %s", zone_that_changes(change))
	assert ready.options()["TimeZone"] == "330"
	server.sql("update terminal_command set created = created - interval '2 hours'")
	now = "select terminal_offset(zone, fixed_offset) from terminal"
	assert server.value(now) == 330, "not yet"
	server.sql("select command_check_offsets()")
	assert not [c for _, c in ready.poll() if c == "CHECK"]
	wait_until(lambda: server.value(now) == 390, 20, "summer")
	# the process clock sees it
	wait_until(lambda: [c for _, c in ready.poll()] == ["CHECK"], 100, every=0.5)
	assert ready.options()["TimeZone"] == "390"
	wall = change + datetime.timedelta(hours=5, minutes=30)
	winter, summer = wall - datetime.timedelta(minutes=1), wall + datetime.timedelta(hours=1, minutes=1)
	assert ready.push("ATTLOG", *["1\t%s\t0\t1" % w for w in (winter, summer)]) == "OK: 2"
	assert server.sql("select punch_time, tz_offset from punch order by 1") == [(winter, 330), (summer, 390)]
	server.sql("update terminal_command set created = created - interval '2 hours'")
	server.sql("select command_check_offsets()")
	assert ready.poll() == [], "told once"
