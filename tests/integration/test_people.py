"""People and terminals (contract 7): USER lines up, wanted state down, and what becomes of both."""

import time
import threading

import pytest

from punchd_test.alerts import alert, alerts
from punchd_test.dump import found_in
from punchd_test.wait import wait_until


def person(server, code):
	rows = server.api.get("/personnel/api/employees/", emp_code=code)["data"]
	return rows[0] if rows else None


def create(server, code, **members):
	return server.api.post("/personnel/api/employees/", {"emp_code": code, "first_name": "Rest",
		"department": 1, "area": [2], **members})["id"]


def change(server, code, **members):
	server.api.patch("/personnel/api/employees/%d/" % person(server, code)["id"], members)


def remove(server, code):
	server.api.delete("/personnel/api/employees/%d/" % person(server, code)["id"])


def resign(server, code):
	return server.api.post("/personnel/api/resigns/", {"employee": person(server, code)["id"],
		"resign_date": "2026-05-01", "resign_type": 1, "disableatt": True, "reason": "x"})["id"]


def ready(make_terminal, **more):
	t = make_terminal(**more)
	t.register()
	t.obey()
	return t


def users_of(commands):
	return [c for c in commands if "USER" in c and "QUERY" not in c]


def pairs(command):
	return dict(p.split("=", 1) for p in command.split("USERINFO ")[1].split("\t"))


# ---------------------------------------------------------------- USER lines

def test_a_user_line_creates_a_person(server, terminal):
	terminal.register()
	terminal.obey()
	terminal.push("OPERLOG", "USER PIN=4\tName=Anna Maria\tPri=14\tPasswd=1234\tCard=[15CD5B07]\tGrp=1\tTZ=0")
	p = person(server, "4")
	assert (p["first_name"], p["last_name"] or "", p["card_no"], p["dev_privilege"]) == (
		"Anna Maria", "", "123456789", 0), "Pri typed in at a terminal never raises it"
	assert p["device_password"] == "1234" and p["enroll_sn"] == terminal.sn
	assert p["department"]["id"] == 1 and [a["id"] for a in p["area"]] == [2]
	assert server.value("select reported_pri from terminal_person") == 14
	assert users_of(terminal.obey()) == [], "the terminal has it already"
	assert not found_in(server, "123456789")


def test_a_person_enrolled_at_one_terminal_goes_to_the_others_of_its_area(server, make_terminal):
	a, b = ready(make_terminal), ready(make_terminal)
	a.push("OPERLOG", "USER PIN=4\tName=Anna\tPri=14\tPasswd=12\tCard=77")
	sent = users_of([b.poll_until("USERINFO")[1]])
	assert pairs(sent[0])["PIN"] == "4" and pairs(sent[0])["Name"] == "Anna"
	assert pairs(sent[0])["Pri"] == "0" and pairs(sent[0])["Passwd"] == "12" and pairs(sent[0])["Card"] == "77"
	assert users_of(a.obey()) == []


def test_lines_fill_what_is_empty_and_never_overwrite(server, terminal):
	terminal.register()
	create(server, "5")
	terminal.obey()
	terminal.push("OPERLOG", "USER PIN=5\tName=Terminal\tPri=0\tPasswd=99\tCard=777")
	p = person(server, "5")
	assert (p["first_name"], p["card_no"], p["device_password"]) == ("Rest", "777", "99")
	terminal.push("OPERLOG", "USER PIN=5\tName=\tPri=0\tPasswd=\tCard=")
	terminal.push("OPERLOG", "USER PIN=5\tName=Other\tPri=0\tPasswd=11\tCard=888")
	terminal.push("OPERLOG", "USER PIN=5")
	p = person(server, "5")
	assert (p["first_name"], p["card_no"], p["device_password"]) == ("Rest", "777", "99")
	assert users_of(terminal.obey()) == [], "filled from this terminal: it has it"


LONG_NAME = "Nguyễn Thị Bích Ngọc Trâm Anh"


def test_a_long_name_goes_on_in_the_last_name(server, make_terminal):
	a, b = ready(make_terminal), ready(make_terminal)
	names = {"1": (LONG_NAME, "Nguyễn Thị Bích Ngọc Trâm", "Anh"), "2": ("王" * 30, "王" * 25, "王" * 5),
		"6": ("王" * 12, "王" * 12, ""), "3": ("x" * 25, "x" * 25, ""), "4": ("Ann " + "y" * 24, "Ann", "y" * 24), "5": ("z" * 90, "z" * 25, "z" * 25)}
	assert a.push("OPERLOG", *["USER PIN=%s\tName=%s" % (pin, n[0]) for pin, n in names.items()]) == "OK: 6"
	assert server.sql("select emp_code, first_name, last_name from employee order by 1") == [
		(pin,) + n[1:] for pin, n in sorted(names.items())]
	# nobody gets a shorter one back than it has; others get as much as they take
	for pin in names:
		change(server, pin, card_no="70" + pin)
	sent = {pairs(c)["PIN"]: pairs(c)["Name"] for c in users_of(a.obey())}
	assert sent == {pin: n[0] for pin, n in names.items()}
	cut = {pairs(c)["PIN"]: pairs(c)["Name"] for c in users_of(b.obey())}
	assert all(n[0].startswith(cut[pin]) and len(cut[pin].encode()) > 20 for pin, n in names.items())
	# a name that is given here is sent everywhere
	change(server, "1", first_name="Nguyễn Thị", last_name="")
	assert [pairs(users_of(t.obey())[-1])["Name"] for t in (a, b)] == ["Nguyễn Thị"] * 2


def test_a_long_name_fills_only_what_is_empty(server, make_terminal):
	a = ready(make_terminal)
	create(server, "1", first_name="", last_name="")
	create(server, "2", first_name="", last_name="Anh")
	create(server, "3", first_name=LONG_NAME[:25], last_name="")
	a.obey()
	assert a.push("OPERLOG", *["USER PIN=%d\tName=%s" % (n, LONG_NAME) for n in (1, 2, 3)]) == "OK: 3"
	assert server.sql("select first_name, last_name from employee order by emp_code") == [
		(LONG_NAME[:25], "Anh"), ("", "Anh"), (LONG_NAME[:25], "")]
	for pin in ("1", "2", "3"):
		change(server, pin, card_no="70" + pin)
	assert {pairs(c)["PIN"]: pairs(c)["Name"] for c in users_of(a.obey())} == {
		"1": LONG_NAME, "2": "Anh", "3": LONG_NAME}


def test_what_one_terminal_fills_in_reaches_the_others(server, make_terminal):
	a, b = ready(make_terminal), ready(make_terminal)
	create(server, "5")
	for t in (a, b):
		t.obey()
	a.push("OPERLOG", "USER PIN=5\tName=Rest\tPri=0\tPasswd=\tCard=777")
	assert pairs(b.poll_until("USERINFO")[1])["Card"] == "777"
	assert users_of(a.obey()) == []


def test_a_line_equal_to_what_was_sent_queues_nothing(server, terminal):
	terminal.register()
	create(server, "5", last_name="Long and longer and longest"[:25], dev_privilege=14, card_no="555",
		device_password="42")
	create(server, "6", first_name="", last_name="Last")
	sent = []
	wait_until(lambda: sent.extend(users_of(terminal.obey())) or len(sent) == 2)
	versions = server.sql("select version, confirmed_version from terminal_person")
	lines = [c.replace("DATA UPDATE USERINFO", "USER") for c in sent]
	for _ in range(2):
		assert terminal.push("OPERLOG", *lines) == "OK: 2"
	assert users_of(terminal.obey()) == []
	assert server.sql("select version, confirmed_version from terminal_person") == versions
	assert person(server, "6")["first_name"] in ("", None), "its name is its last name, not two"


def test_the_privilege_of_a_terminal_is_its_own_and_can_be_taken_back(server, make_terminal):
	a, b = ready(make_terminal), ready(make_terminal)

	def pri(t):
		sent = users_of(t.obey())
		return pairs(sent[-1])["Pri"] if sent else None
	create(server, "5")
	assert (pri(a), pri(b)) == ("0", "0")
	# typed in at one terminal: kept there, nowhere else
	a.push("OPERLOG", "USER PIN=5\tName=Rest\tPri=14")
	assert person(server, "5")["dev_privilege"] == 0
	change(server, "5", first_name="Other")
	assert (pri(a), pri(b)) == ("14", "0")
	# given by the server, said again by the terminals, and taken back by the server
	change(server, "5", dev_privilege=6)
	assert (pri(a), pri(b)) == ("6", "6")
	for t in (a, b):
		t.push("OPERLOG", "USER PIN=5\tName=Other\tPri=6")
	change(server, "5", dev_privilege=0)
	# the echo of before, in the middle of it
	for t in (a, b):
		t.push("OPERLOG", "USER PIN=5\tName=Other\tPri=6")
	assert (pri(a), pri(b)) == ("0", "0"), "no administrator is left behind"


def test_resigned_and_deleted_people_get_their_removal_again(server, terminal):
	terminal.register()
	for code in ("5", "6"):
		create(server, code)
	terminal.obey()
	resign(server, "5")
	remove(server, "6")
	line = ["USER PIN=5\tName=Ghost", "USER PIN=6\tName=Ghost"]
	terminal.push("OPERLOG", *line)  # before the removal has reached it
	assert person(server, "6") is None
	assert sorted(users_of(terminal.obey())) == ["DATA DELETE USERINFO PIN=5", "DATA DELETE USERINFO PIN=6"]
	# a resigned one stays unwanted, whatever the terminal says
	terminal.push("OPERLOG", line[0])
	assert person(server, "5")["first_name"] == "Rest"
	assert users_of(terminal.obey()) == ["DATA DELETE USERINFO PIN=5"]
	# the removal of the deleted one was confirmed: whoever enrols that PIN now is somebody new
	terminal.push("OPERLOG", line[1])
	assert person(server, "6")["first_name"] == "Ghost"


def test_a_removal_that_failed_is_tried_again(server, terminal):
	terminal.register()
	create(server, "5")
	terminal.obey()
	remove(server, "5")
	cid, _ = terminal.poll_until("DELETE USERINFO")
	terminal.ack((cid, -1005))  # busy
	assert server.sql("select wanted, version <> confirmed_version, return_value from terminal_person") == [
		(False, True, -1005)]
	terminal.push("OPERLOG", "USER PIN=5\tName=Ghost")
	assert person(server, "5") is None
	server.sql("update terminal_person set retry_at = now() - interval '1 second'")
	server.sql("select terminal_wake(array[%s])", terminal.id)
	cid, _ = terminal.poll_until("DELETE USERINFO")
	terminal.ack((cid, -1))  # absent already: as good
	assert server.value("select count(*) from terminal_person") == 0


def test_a_person_that_the_terminal_was_too_busy_for_comes_again(server, terminal):
	terminal.register()
	terminal.obey()
	create(server, "5")
	for n, code in enumerate((-1005, -3, -1003, -1007) * 10):
		cid, _ = terminal.poll_until("USERINFO PIN=5")
		terminal.ack((cid, code))
		wait = server.value("select extract(epoch from retry_at - now()) from terminal_person")
		assert 50 < wait <= 3600, (n, wait)
		server.sql("update terminal_person set retry_at = now()")
		server.sql("select terminal_wake(array[%s])", terminal.id)
		if n == 7:
			break
	server.sql("update terminal_person set tries = 1000, retry_at = now()")
	server.sql("select terminal_wake(array[%s])", terminal.id)
	cid, _ = terminal.poll_until("USERINFO PIN=5")
	terminal.ack((cid, -1005))
	server.sql("update terminal_person set retry_at = now()")
	server.sql("select terminal_wake(array[%s])", terminal.id)
	cid, _ = terminal.poll_until("USERINFO PIN=5")
	terminal.ack((cid, 0))
	assert server.value("select version = confirmed_version from terminal_person")


def odd_answers(server, t, value, times=6):
	"""Answers each USER command so, and goes on to when it would be sent again; how often it came."""
	n = 0
	for _ in range(times):
		commands = [c for c in t.poll() if users_of([c[1]])]
		n += len(commands)
		t.ack(*[(c[0], value) for c in commands])
		server.sql("update terminal_person set retry_at = now() where retry_at < now() + interval '12 hours'")
		server.sql("update terminal_template set due = now() where due < now() + interval '12 hours'")
	return n


def test_an_answer_that_says_nothing_is_tried_three_times(server, terminal):
	"""A positive number to a person's record is no success, and no reason to send it for ever."""
	terminal.register()
	terminal.obey()
	row = lambda: server.api.get("/iclock/api/terminalpeople/", emp_code="5")["data"][0]
	create(server, "5")
	wait_until(lambda: server.value("select count(*) from terminal_person"))
	wait_until(lambda: odd_answers(server, terminal, 3, 1))
	assert not row()["confirmed"] and row()["return_value"] == 3
	assert alerts(server, "odd_answer") == []
	assert odd_answers(server, terminal, 3) == 2
	assert (row()["state"], row()["return_text"]) == ("refused", "no answer that is known to this command")
	assert row()["missing"] == "user: no answer that is known to this command (3)"
	assert alert(server, "odd_answer")["text"].startswith("answered 3 to the record of a person three times")
	terminal.handshake()
	server.sql("update terminal_person set retry_at = now()")
	assert odd_answers(server, terminal, 3) == 0, "nor after a handshake or a day"
	# with a change it is tried anew, and answers in between count for nothing
	change(server, "5", first_name="Other")
	wait_until(lambda: odd_answers(server, terminal, -1005, 1))
	assert odd_answers(server, terminal, 7) == 3
	change(server, "5", first_name="Third")
	assert wait_until(lambda: users_of(terminal.obey()))
	assert row()["state"] == "complete"
	# a removal is not given up, but sent once a day
	remove(server, "5")
	wait_until(lambda: odd_answers(server, terminal, 1, 1))
	assert odd_answers(server, terminal, 1) == 2
	assert row()["state"] == "removing" and server.value("select retry_at - now() > interval '23 hours' from terminal_person")
	server.sql("update terminal_person set retry_at = now()")
	server.sql("select terminal_wake(array[%s])", terminal.id)
	assert users_of(terminal.obey()) == ["DATA DELETE USERINFO PIN=5"]
	assert server.value("select count(*) from terminal_person") == 0


def test_so_is_such_an_answer_to_a_template(server, terminal, make_terminal):
	other = ready(make_terminal)
	terminal.register()
	create(server, "5")
	for t in (other, terminal):
		wait_until(lambda t=t: users_of(t.obey()))
	template = "QUJD" * 200
	other.push("FINGERTMP", "PIN=5\tFID=1\tSize=%d\tValid=1\tTMP=%s" % (len(template), template))
	seen = 0
	for _ in range(8):
		got = [c for c in terminal.poll() if "FINGERTMP" in c[1]] if seen else wait_until(terminal.poll)
		seen += len(got)
		terminal.ack(*[(c[0], 2) for c in got])
		server.sql("update terminal_template set due = now() where due < now() + interval '12 hours'")
		server.sql("select terminal_wake(array[%s])", terminal.id)
	assert seen == 3
	row = server.api.get("/iclock/api/terminalpeople/", emp_code="5", terminal=terminal.id)["data"][0]
	assert (row["state"], row["missing"]) == ("incomplete", "fingerprint template of finger 1: no answer that is known to this command (2)")
	assert alert(server, "odd_answer")["text"].startswith("answered 2 to a template or picture three times")


def test_user_lines_of_waiting_terminals_count_for_nothing_until_it_is_approved(server, make_terminal):
	t = make_terminal(approve=False)
	t.register()
	assert t.push("OPERLOG", "USER PIN=4\tName=Ghost", "FP PIN=4\tFID=1\tTMP=AAAA") == "OK: 2"
	assert server.sql("select held_lines, ignored_uploads from terminal") == [(2, 0)]
	for table in ("employee", "template", "pin", "reject", "raw_upload", "operation_log"):
		assert server.value("select count(*) from " + table) == 0, table


@pytest.mark.parametrize("line", ["USER PIN=4\tName=" + "n" * 300 + "\tPasswd=" + "9" * 300 + "\tCard=" + "8" * 300,
	"USER PIN=4\tName=\tCard=[zz]\tPri=99999\tPasswd=\x01", "USER PIN=4\tName=a\tName=b\tPIN=5", "user pin=4",
	"USER PIN=4" + "\tK%d=v" * 100 % tuple(range(100)), "USER PIN=4\tName=O'Neil\"; drop table employee; --\\"],
	ids=["long", "odd", "twice", "lower", "many", "quotes"])
def test_odd_user_lines(server, terminal, line):
	terminal.register()
	assert terminal.push("OPERLOG", line) == "OK: 1"
	assert server.sql("select emp_code from employee") == [("4",)]
	assert len(server.value("select first_name from employee")) <= 25


def test_a_change_between_judging_and_filling_is_not_lost(server, terminal):
	"""Somebody changes the name while the line's card is filled in: the terminal still gets the name."""
	terminal.register()
	create(server, "5")
	terminal.obey()
	answer = []
	with server.database.connect() as other:
		with other.cursor() as cursor:
			cursor.execute("update employee set first_name = 'Changed' where emp_code = '5'")
			upload = threading.Thread(target=lambda: answer.append(
				terminal.push("OPERLOG", "USER PIN=5\tName=x\tCard=77")))
			upload.start()
			wait_until(lambda: server.value("""select count(*) from pg_stat_activity
				where wait_event_type = 'Lock' and datname = current_database()"""), what="the filling waits")
	upload.join(20)
	other.close()
	assert answer == ["OK: 1"] and person(server, "5")["card_no"] == "77"
	sent = users_of(terminal.obey())
	assert sent and pairs(sent[-1])["Name"] == "Changed"


# ---------------------------------------------------------------- down to a simulated terminal

PROFILES = ["g1", "g2", "g3", "g4", "g5"]


def sim_users(sim, sn=None):
	"""{pin: {"Name": ..}} of the simulated terminal's memory."""
	users = sim.state(sn)["users"]
	return {str(u.get("pin", u.get("PIN"))): u for u in (users if isinstance(users, list) else
		[{"pin": k, **v} for k, v in users.items()])}


def field(user, name):
	return next(v for k, v in user.items() if k.lower() == name)


def polled(sim, condition, sn=None):
	def step():
		sim("poll", sn)
		return condition()
	wait_until(step, 15, every=0.2)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_person_comes_changes_and_leaves(server, make_sim, make_terminal, profile):
	sim = make_sim(server, "--sn", "PEOPLE01", "--profile", profile)
	sim("handshake")
	make_terminal("PEOPLE01").approve()
	sim("handshake")
	create(server, "5", first_name="Ann", last_name="Bee", card_no="123456789", device_password="42")
	polled(sim, lambda: "5" in sim_users(sim))
	user = sim_users(sim)["5"]
	assert field(user, "name") == "Ann Bee"
	change(server, "5", first_name="Cee")
	polled(sim, lambda: field(sim_users(sim)["5"], "name") == "Cee Bee")
	remove(server, "5")
	polled(sim, lambda: "5" not in sim_users(sim))
	wait_until(lambda: server.value("select count(*) from terminal_person") == 0)


def test_by_resignation_area_and_reinstatement(server, make_sim, make_terminal):
	sim = make_sim(server, "--sn", "PEOPLE01")
	sim("handshake")
	make_terminal("PEOPLE01").approve()
	sim("handshake")
	create(server, "5")
	polled(sim, lambda: "5" in sim_users(sim))
	rid = resign(server, "5")
	polled(sim, lambda: "5" not in sim_users(sim))
	server.api.post("/personnel/api/resigns/reinstatement/", {"resigns": [rid]})
	polled(sim, lambda: "5" in sim_users(sim))
	other = server.api.post("/personnel/api/areas/", {"area_code": "9", "area_name": "Far"})["id"]
	server.api.post("/personnel/api/employees/adjust_area/", {"employees": [person(server, "5")["id"]],
		"areas": [other]})
	polled(sim, lambda: "5" not in sim_users(sim))
	# the terminal itself moves there
	server.api.patch("/iclock/api/terminals/%d/" % make_terminal("PEOPLE01").id, {"area": other})
	polled(sim, lambda: "5" in sim_users(sim))


def test_what_happened_while_a_terminal_was_offline(server, make_sim, make_terminal):
	sim = make_sim(server, "--sn", "PEOPLE01")
	sim("handshake")
	make_terminal("PEOPLE01").approve()
	sim("handshake")
	for code in ("5", "6", "7"):
		create(server, code)
	polled(sim, lambda: set(sim_users(sim)) == {"5", "6", "7"})
	sim("offline")
	remove(server, "5")
	resign(server, "6")
	create(server, "8")
	for name in ("A", "B", "C"):
		change(server, "7", first_name=name)
	create(server, "9")
	remove(server, "9")
	server.restart()
	sim("online")
	polled(sim, lambda: set(sim_users(sim)) == {"7", "8"})
	assert field(sim_users(sim)["7"], "name") == "C"
	wait_until(lambda: server.sql("""select p.code from terminal_person t join pin p on p.id = t.pin_id
		where version = confirmed_version order by 1""") == [("7",), ("8",)])
	assert server.value("select count(*) from terminal_person") == 2, "confirmed removals are over"


def test_a_pin_given_to_somebody_else_before_a_terminal_had_removed_the_first(server, make_sim, make_terminal):
	"""The second one inherits nothing from the first: no fingerprint, no card, no privilege."""
	sim = make_sim(server, "--sn", "PEOPLE01")
	sim("handshake")
	t = make_terminal("PEOPLE01")
	t.approve()
	sim("handshake")
	sim("enrol 5 Name=First\\tPri=14\\tCard=777\\tPasswd=11")
	sim("enrol-fp 5 3")
	sim("wait-idle")
	assert server.value("select count(*) from template") == 1
	assert server.value("select reported_pri from terminal_person") == 14
	sim("offline")
	remove(server, "5")
	create(server, "5", first_name="Second")
	sim("online")
	polled(sim, lambda: sim_users(sim).get("5", {}).get("Name") == "Second")
	state = sim.state()
	assert state["templates"] == [], "somebody else's fingerprint opens the door"
	assert field(state["users"]["5"], "pri") == "0" and not state["users"]["5"].get("Card", "").strip("0")
	person_now = person(server, "5")
	assert (person_now["card_no"] or "", person_now["device_password"] or "") == ("", "")
	said = [c["text"].split("\t")[0] for c in state["commands"] if "USERINFO PIN=5" in c["text"] and "QUERY" not in c["text"]]
	assert said == ["DATA DELETE USERINFO PIN=5", "DATA UPDATE USERINFO PIN=5"]
	wait_until(lambda: server.sql("select former, version = confirmed_version from terminal_person") == [(False, True)])


def test_late_answers_about_a_former_person(server, terminal):
	"""What was on its way when the PIN changed hands settles nothing of the new one."""
	terminal.register()
	terminal.obey()
	create(server, "5", first_name="First")
	added, _ = terminal.poll_until("UPDATE USERINFO PIN=5")
	remove(server, "5")
	create(server, "5", first_name="Second")
	terminal.ack((added, 0))
	removed, _ = terminal.poll_until("DELETE USERINFO PIN=5")
	# while its answer is awaited, what the terminal says of that PIN is the first one's
	terminal.push("OPERLOG", "USER PIN=5\tName=First\tPri=14\tCard=777", "FP PIN=5\tFID=1\tSize=4\tTMP=AAAA")
	assert not person(server, "5")["card_no"] and server.value("select count(*) from template") == 0
	remove(server, "5")
	create(server, "5", first_name="Third")
	terminal.ack((removed, 0))  # said before the second one was on it, and true for all of them
	cid, text = terminal.poll_until("USERINFO PIN=5")
	while "DELETE" in text:
		terminal.ack((cid, -1))
		cid, text = terminal.poll_until("USERINFO PIN=5")
	assert pairs(text)["Name"] == "Third"
	terminal.ack((cid, 0))
	assert users_of(terminal.obey()) == []


def test_people_written_by_sql_leave_too(server, make_sim, make_terminal):
	"""Whoever writes the tables marks the same rows."""
	sim = make_sim(server, "--sn", "PEOPLE01")
	sim("handshake")
	make_terminal("PEOPLE01").approve()
	sim("handshake")
	create(server, "5")
	polled(sim, lambda: "5" in sim_users(sim))
	server.sql("update employee set last_name = 'Sql'")
	polled(sim, lambda: field(sim_users(sim)["5"], "name") == "Rest Sql")
	server.sql("delete from employee_area")
	polled(sim, lambda: "5" not in sim_users(sim))


def test_nobody_in_the_flagged_area_gets_to_a_terminal(server, make_terminal):
	t = make_terminal(approve=False)
	t.register()
	create(server, "5", area=[1])
	assert t.poll() == [] and server.value("select count(*) from terminal_person") == 0


def test_the_text_is_made_when_the_terminal_fetches_it(server, terminal):
	terminal.register()
	terminal.obey()
	create(server, "5", first_name="Old", device_password="111111")
	change(server, "5", first_name="New", device_password="222222")
	sent = users_of(terminal.obey())
	assert len(sent) == 1 and pairs(sent[0])["Name"] == "New" and pairs(sent[0])["Passwd"] == "222222"
	for secret in ("111111", "222222"):
		assert not found_in(server, secret), "no secret is stored in a command"


def test_names_in_the_terminals_encoding_and_length(server, make_terminal):
	t = make_terminal()
	t.handshake("options=all&pushver=2.1.1&language=83")
	t.approve()
	t.handshake("options=all&pushver=2.1.1&language=83")
	t.obey()
	create(server, "5", first_name="王小明", last_name="")
	reply = wait_until(lambda: (lambda b: b if b"USERINFO" in b else None)(
		t.raw("GET", "/iclock/getrequest?SN=" + t.sn).body))
	assert "Name=王小明\t".encode("gbk") in reply
	u = ready(make_terminal)
	change(server, "5", last_name="很长很长很长很长很长的名字")
	name = pairs(wait_until(lambda: users_of([c for _, c in u.poll()]))[0])["Name"]
	assert name.startswith("王小明 ") and len(name.encode()) <= 24


def test_hostile_names_cannot_make_a_command(server, terminal):
	terminal.register()
	terminal.obey()
	server.sql("""insert into employee (emp_code, first_name, department_id, row_key, sealed)
		select '5', E'x\\nC:1:CLEAR DATA\\tPri=14', 1, '\\x00', decode('0100000001' || repeat('00', 28), 'hex')""")
	create(server, "6", first_name="y\tPri=14")
	text = wait_until(lambda: (lambda x: x if "PIN=6" in x else None)(
		terminal.raw("GET", "/iclock/getrequest?SN=" + terminal.sn).text))
	assert all(line.startswith("C:") for line in text.splitlines())
	assert "C:1:CLEAR" not in text and "\tPri=14" not in text.replace("Name=y Pri=14", "")


def test_a_thousand_people_in_batches(server, terminal):
	terminal.register()
	terminal.obey()
	server.sql("""insert into employee (emp_code, first_name, department_id, row_key, sealed)
		select n::text, 'N' || n, 1, e.row_key, e.sealed from generate_series(1000, 1999) n, employee e""") \
		if create(server, "5") else None
	# their sealed record belongs to another row's key, which is theirs too: it opens
	server.sql("insert into employee_area select id, 2 from employee on conflict do nothing")
	seen = []

	def done():
		commands = terminal.poll()
		assert len(commands) <= 200
		seen.extend(c for _, c in commands)
		terminal.ack(*[(cid, 0) for cid, _ in commands])
		return len(seen) >= 1001
	wait_until(done, 30, every=0)
	assert len(set(seen)) == 1001
	assert server.value("select count(*) from terminal_person where version <> confirmed_version") == 0


def test_the_last_of_many_new_people_costs_what_the_first_did(server, make_terminal):
	"""A fresh database, which nothing was vacuumed in yet: the first day of a terminal that holds thousands."""
	def blocks():
		time.sleep(1.5)  # figures are written once a second
		return int(server.value("select sum(idx_blks_hit + idx_blks_read) from pg_statio_user_indexes where indexrelname ~ 'trgm'"))

	def said(first):
		terminal = make_terminal()
		terminal.register()
		before = blocks()
		assert terminal.push("OPERLOG", *["USER PIN=%d\tName=x" % (first + n) for n in range(2500)]) == "OK: 2500"
		return blocks() - before
	assert said(0) * 3 > said(2500)
