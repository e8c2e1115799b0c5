"""Issue section 6: punchsim against the server."""

import pytest

from punchd_test.sim import Load
from punchd_test.wait import wait_until

SN = "SIM0000001"


@pytest.fixture
def company(server):
	e = server.api.post("/personnel/api/employees/", {"emp_code": "1001", "first_name": "Ann",
		"department": 1, "area": [2], "card_no": "12345"})
	return server, e["id"]


def terminal_id(server, sn=SN):
	return server.api.get("/iclock/api/terminals/", sn=sn)["data"][0]["id"]


def approve(server, sim, sn=SN):
	sim("handshake", sn=sn)
	server.api.patch("/iclock/api/terminals/%d/" % terminal_id(server, sn), {"area": 2})
	poll_until(sim, lambda state: state["commands"], sn)  # it is asked again: approval is known


def poll_until(sim, condition, sn=None):
	def done():
		sim("poll", sn=sn)
		return condition(sim.state(sn))
	return wait_until(done, 15, every=0.1)


def users(state):
	found = state["users"]
	return {u["PIN" if "PIN" in u else "pin"]: u for u in found} if isinstance(found, list) else found


@pytest.mark.parametrize("profile", ["g1", "g2", "g3", "g4", "g5"])
def test_people_reach_and_leave_a_terminal_of_each_generation(company, make_sim, profile):
	server, eid = company
	sim = make_sim(server, "--profile", profile, "--sn", SN)
	approve(server, sim)
	poll_until(sim, lambda s: "1001" in users(s))
	assert "Ann" in str(users(sim.state())["1001"])
	server.api.patch("/personnel/api/employees/%d/" % eid, {"first_name": "Bea"})
	poll_until(sim, lambda s: "Bea" in str(users(s)["1001"]))
	server.api.post("/personnel/api/resigns/", {"employee": eid, "resign_date": "2026-05-01",
		"resign_type": 1, "disableatt": True})
	poll_until(sim, lambda s: "1001" not in users(s))


def test_people_leave_a_terminal_that_was_offline(company, make_sim):
	server, eid = company
	sim = make_sim(server, "--sn", SN)
	approve(server, sim)
	poll_until(sim, lambda s: "1001" in users(s))
	sim("offline")
	server.api.delete("/personnel/api/employees/%d/" % eid)
	server.restart()
	sim("online")
	poll_until(sim, lambda s: "1001" not in users(s))


def test_punches_online_and_from_the_offline_cache(server, make_sim):
	sim = make_sim(server, "--sn", SN)
	approve(server, sim)
	sim("punch 7 2026-05-01 08:00:00 0 1")
	sim("offline")
	for n in range(5):
		sim("punch 7 2026-05-01 09:00:0%d 0 1" % n)
	assert server.api.get("/iclock/api/transactions/")["count"] == 1
	sim("online")
	wait_until(lambda: server.api.get("/iclock/api/transactions/")["count"] == 6)


def test_lost_replies_are_sent_again_and_stored_once(server, make_sim):
	sim = make_sim(server, "--sn", SN, "--error-delay", "0.1")
	approve(server, sim)
	sim("lose-reply 2")
	sim("punch 7 2026-05-01 08:00:00 0 1", ok=False)
	wait_until(lambda: server.api.get("/iclock/api/transactions/")["count"] == 1)


def test_broken_lines_are_kept_aside(server, make_sim):
	sim = make_sim(server, "--sn", SN)
	approve(server, sim)
	assert sim("broken")["body"].startswith("OK: 5")
	assert server.api.get("/iclock/api/transactions/")["count"] >= 2
	assert server.api.get("/iclock/api/rejects/")["count"] >= 3


def test_enrolment_at_the_terminal(server, make_sim):
	sim = make_sim(server, "--sn", SN)
	approve(server, sim)
	sim("enrol 55 Carla")
	sim("enrol-fp 55 6")
	person = server.api.get("/personnel/api/employees/", emp_code="55")["data"][0]
	assert person["first_name"] == "Carla" and person["fingerprint"] != "-"


@pytest.mark.settings(admission="auto")
def test_thousands_of_terminals_in_one_process(server):
	load = Load(server, "storm", "--terminals", "1000", "--punches", "5", "--lines", "5")
	figures = load.figures(timeout=120)
	assert len(load.acked()) == 5000, figures
	assert server.api.get("/iclock/api/transactions/")["count"] == 5000
	load.cleanup()
