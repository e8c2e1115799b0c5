"""Faults that punchsim plays: whatever a terminal does wrong, each of its punches is stored once."""

import datetime

from punchd_test.wait import wait_until

TERMINALS = "/iclock/api/terminals/"


def approved(server, sn):
	row = wait_until(lambda: server.api.get(TERMINALS, sn=sn)["data"])[0]
	server.api.patch(TERMINALS + "%d/" % row["id"], {"area": 2})
	return row["id"]


def punch_count(server):
	return server.value("select count(*) from punch")


def test_lost_answers(server, make_sim):
	sim = make_sim(server, "--sn", "FAULT1", "--delay", "0.2", "--error-delay", "0.1", "--lose-answers", "40", manual=False)
	approved(server, "FAULT1")
	for n in range(40):
		sim("punch %d 2026-05-01 08:00:%02d" % (n, n), ok=False)
	wait_until(lambda: punch_count(server) == 40 and all(p["uploaded"] for p in sim.state()["punches"]), 60)
	assert sim.state()["counts"]["resends"] > 0


def test_repeated_until_counted(server, make_sim):
	sim = make_sim(server, "--sn", "FAULT2", "--delay", "0.2", "--loop-on-bare-ok", manual=False)
	approved(server, "FAULT2")
	sim("punch 1 2026-05-01 08:00:00")
	sim("enrol 7 Ann")
	wait_until(lambda: punch_count(server) == 1 and sim.state()["punches"][0]["uploaded"], 20)
	assert sim.state()["counts"]["failures"] == 0, "every answer says how many lines it means"


def test_old_encoding(server, make_sim):
	sim = make_sim(server, "--sn", "FAULT3", "--profile", "g1", "--delay", "0.2", "--language", "83",
		"--encoding", "GBK", manual=False)
	approved(server, "FAULT3")
	wait_until(lambda: server.value("select approved and language = '83' from terminal"))
	sim("enrol 7 张伟")
	wait_until(lambda: server.value("select count(*) from employee where emp_code = '7' and first_name = '张伟'"), 20)
	eid = server.value("select id from employee where emp_code = '7'")
	server.api.patch("/personnel/api/employees/%d/" % eid, {"first_name": "李娜"})
	wait_until(lambda: sim.state()["users"].get("7", {}).get("Name") == "李娜", 20)


def test_wrong_clock(server, make_sim):
	sim = make_sim(server, "--sn", "FAULT4", "--delay", "0.2", "--clock-error=-90000000", manual=False)
	approved(server, "FAULT4")
	sim("punch 1")
	wait_until(lambda: punch_count(server) == 1, 20)
	year = server.value("select extract(year from punch_time)::int from punch")
	assert year < datetime.date.today().year - 1, "kept as sent"
