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


def test_lost_answers_to_results(server, make_sim):
	"""Everybody arrives, whole, although the terminal never knows whether its result was heard."""
	a = make_sim(server, "--sn", "FAULT5", "--profile", "g3", "--delay", "0.2", manual=False)
	approved(server, "FAULT5")
	b = make_sim(server, "--sn", "FAULT6", "--profile", "g3", "--delay", "0.2", "--error-delay", "0.1", "--lose-answers",
		"40", manual=False)
	approved(server, "FAULT6")
	a("wait-idle")
	for n in range(15):
		a("enrol %d Person %d" % (n + 1, n))
		a("enrol-fp %d 3" % (n + 1))
	path = "/iclock/api/terminalpeople/"
	wait_until(lambda: server.api.get(path, terminal_sn="FAULT6", state="complete")["count"] == 15, 90, every=0.5)
	state = b.state()
	assert set(state["users"]) == {str(n + 1) for n in range(15)} and len(state["templates"]) == 15
	assert state["counts"]["resends"] > 0
	users = [c["text"].split("\t")[0] for c in state["commands"] if "UPDATE USERINFO" in c["text"]]
	assert len(users) <= 2 * len(set(users)), "not round and round"


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


def test_a_clock_that_runs_ahead(server, make_sim):
	sim = make_sim(server, "--sn", "FAULT7", "--delay", "0.2", "--clock-error=600", manual=False)
	approved(server, "FAULT7")
	sim("punch 1")
	wait_until(lambda: punch_count(server) == 1, 20)
	odd = server.api.get("/iclock/api/oddtimes/", flag="future")["data"]
	assert [(row["emp_code"], row["terminal_sn"]) for row in odd] == [("1", "FAULT7")]
	server.sql("select clock_watch()")
	told = server.api.get("/iclock/api/alerts/", kind="clock_wrong", terminal_sn="FAULT7")["data"]
	assert len(told) == 1 and "10.0 minutes ahead" in told[0]["text"], told
