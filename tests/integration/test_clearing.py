"""What is cleared or deleted at one terminal by command: the server knows that it is gone. Who belongs
there stays wanted and is sent again; after CLEAR DATA and CLEAR ALL USERINFO only by sync."""

import pytest

from punchd_test.terminal import Terminal
from punchd_test.wait import stays, wait_until

COMMANDS = "/iclock/api/terminalcommands/"
PEOPLE = "/iclock/api/terminalpeople/"


class Box:
	"""A simulated terminal that holds Anna with finger, face and picture, all of which it took itself."""

	def __init__(self, server, make_sim, profile, sn="CLEAR001"):
		self.server, self.sn = server, sn
		self.sim = make_sim(server, "--sn", sn, "--profile", profile)
		self.sim("handshake")
		self.terminal = Terminal(server, sn)
		self.terminal.approve()
		self.sim("handshake")
		self.sim("enrol 7 Anna")
		self.sim("enrol-fp 7 3")
		if profile != "g1":
			self.sim("enrol-face 7")
			self.sim("enrol-bio 7 picture")
		self.sim("enrol 8 Bert")
		self.sim("enrol-fp 8 1")
		# INFO, which says versions, is written with others now and then
		wait_until(lambda: self.sim("poll") and self.row("7")["state"] == "complete"
			and self.row("8")["state"] == "complete", 30, every=0.3)
		wait_until(lambda: server.value("""select fp_version is not null from terminal t
			join terminal_state s on s.terminal_id = t.id where sn = %s""", sn))
		self.full = self.held()
		assert self.full["7"] == {"g1": 1, "g2": 14, "g3": 14}.get(profile, 3), self.full

	def held(self):
		"""{PIN: number of templates and pictures}"""
		state = self.sim.state()
		return {pin: sum(t["PIN"] == pin for t in state["templates"]) for pin in state["users"]}

	def row(self, pin):
		rows = self.server.api.get(PEOPLE, terminal_sn=self.sn, emp_code=pin)["data"]
		return rows[0] if rows else {"state": None, "missing": None}

	def order(self, command):
		r = self.server.api.raw("POST", COMMANDS, {"terminal": self.terminal.id, "command": command})
		assert r.status == 201, r
		return r.json()["id"]

	def ended(self, cid, state="done"):
		"""Polls until the command is answered."""
		wait_until(lambda: self.sim("poll") and self.server.api.get(COMMANDS + "%d/" % cid)["state"] == state,
			20, every=0.1)

	def whole_again(self):
		wait_until(lambda: self.sim("poll") and self.held() == self.full, 20, every=0.1)
		wait_until(lambda: self.sim("poll") and {self.row(p)["state"] for p in self.full} == {"complete"}, 20, every=0.1)
		before = len(self.sim.state()["commands"])
		for _ in range(4):
			self.sim("poll")
		assert len(self.sim.state()["commands"]) == before, "and no more"


@pytest.fixture
def box(server, make_sim):
	return lambda profile, sn="CLEAR001": Box(server, make_sim, profile, sn)


def commands(box, word):
	return [c["text"] for c in box.sim.state()["commands"] if word in c["text"]]


@pytest.mark.parametrize("profile", ["g3", "g4", "g5"])
def test_templates_come_again_after_they_were_cleared(box, profile):
	b = box(profile)
	b.ended(b.order("CLEAR BIODATA"))
	b.whole_again()
	verb = "BIODATA Pin=7" if profile == "g5" else "FINGERTMP PIN=7"
	assert len(commands(b, "DATA UPDATE " + verb)) >= 1


def test_by_the_action_too_and_only_at_that_terminal(server, box):
	a, b = box("g4"), box("g4", "CLEAR002")
	assert server.api.raw("POST", "/iclock/api/terminals/clear_template/", {"terminals": [a.terminal.id]}).status == 200
	wait_until(lambda: a.sim("poll") and commands(a, "CLEAR BIODATA"), 20, every=0.1)
	a.whole_again()
	b.whole_again()
	assert not commands(b, "CLEAR") and not commands(a, "UPDATE USERINFO"), "the users had stayed"


DELETIONS = {"g1": ["DATA DEL_FP PIN=7\tFID=3"], "g2": ["DATA DELETE FINGERTMP PIN=7", "DATA DELETE FACE PIN=7",
	"DATA DELETE USERPIC PIN=7"], "g3": ["DATA DELETE FINGERTMP PIN=7\tFID=3", "DATA DELETE FACE PIN=7"],
	"g4": ["DATA DELETE FINGERTMP PIN=7", "DATA DELETE BIODATA Pin=7\tType=9", "DATA DELETE USERPIC PIN=7"],
	"g5": ["DATA DELETE BIODATA Pin=7", "DATA DELETE BIODATA Pin=7\tType=1\tNo=3"]}


@pytest.mark.parametrize("profile", DELETIONS)
def test_templates_of_one_person_come_again(server, box, profile):
	b = box(profile)
	others = b.held()["8"]
	for line in DELETIONS[profile]:
		cid = b.order(line)
		b.ended(cid)
		b.whole_again()
	assert b.held()["8"] == others
	word = {"g1": "DATA FP PIN=8", "g5": "BIODATA Pin=8"}.get(profile, "FINGERTMP PIN=8")
	assert not [c for c in commands(b, word) if "UPDATE" in c or "DATA FP" in c], "the other was not touched"


def test_what_was_deleted_everywhere_does_not_come_again(server, box):
	"""del_bio_template sends the same lines, after the templates were deleted here."""
	b = box("g4")
	eid = server.api.get("/personnel/api/employees/", emp_code="7")["data"][0]["id"]
	server.api.post("/personnel/api/employees/del_bio_template/", {"employees": [eid], "finger_print": True})
	wait_until(lambda: b.sim("poll") and b.held()["7"] == 2, 20, every=0.1)
	for _ in range(5):
		b.sim("poll")
	assert not commands(b, "DATA UPDATE"), "and nothing else of hers"
	assert b.row("7")["state"] == "complete"


@pytest.mark.parametrize("profile", ["g1", "g2", "g4"])
def test_a_user_deleted_by_hand_comes_again_whole(box, profile):
	b = box(profile)
	b.ended(b.order("DATA DEL_USER PIN=7" if profile == "g1" else "DATA DELETE USERINFO PIN=7"))
	b.whole_again()
	writes = commands(b, "DATA USER PIN=" if profile == "g1" else "UPDATE USERINFO PIN=")
	assert len(writes) == 1 and "PIN=7\t" in writes[0]


def test_a_user_deleted_by_hand_who_is_not_wanted(server, box):
	b = box("g4")
	eid = server.api.get("/personnel/api/employees/", emp_code="7")["data"][0]["id"]
	cid = b.order("DATA DELETE USERINFO PIN=7")
	server.api.delete("/personnel/api/employees/%d/" % eid)
	b.ended(cid)
	wait_until(lambda: b.sim("poll") and b.row("7")["state"] is None, 20, every=0.1)
	assert set(b.held()) == {"8"}


def test_a_deletion_that_failed_has_taken_nothing(server, make_terminal):
	t = make_terminal()
	t.register()
	t.obey()
	server.api.post("/personnel/api/employees/", {"emp_code": "7", "first_name": "x", "department": 1, "area": [2]})
	assert wait_until(lambda: [c for c in t.obey() if "PIN=7" in c])
	for line in ("DATA DELETE USERINFO PIN=7", "CLEAR BIODATA"):
		cid = server.api.post(COMMANDS, {"terminal": t.id, "command": line})["id"]
		assert wait_until(t.poll) == [(str(cid), line)]
		t.ack((cid, -1003))
		assert server.api.get(COMMANDS + "%d/" % cid)["state"] == "failed"
		stays(lambda: t.poll() == [], 1.5)


@pytest.mark.parametrize("line", ["CLEAR DATA", "CLEAR ALL USERINFO"])
def test_a_cleared_terminal_is_empty_until_sync_and_says_so(server, box, line):
	b = box("g4")
	b.ended(b.order(line))
	assert b.held() == {}
	server.api.post("/personnel/api/employees/", {"emp_code": "9", "first_name": "x", "department": 1, "area": [2]})
	for _ in range(4):
		b.sim("poll")
	assert b.held() == {}
	for pin in ("7", "9"):
		assert (b.row(pin)["state"], b.row(pin)["missing"]) == (
			"waiting", "the terminal was cleared and stays empty until sync")
	server.api.post("/iclock/api/terminals/%d/sync/" % b.terminal.id, {})
	wait_until(lambda: b.sim("poll") and b.held() == {**b.full, "9": 0}, 20, every=0.1)
	wait_until(lambda: b.sim("poll") and b.row("7")["state"] == "complete", 20, every=0.1)
	assert b.row("7")["missing"] is None


@pytest.mark.parametrize("line", ["CLEAR DATA", "CLEAR ALL USERINFO"])
def test_a_clearing_that_did_not_happen_holds_nobody_back(server, make_terminal, line):
	"""Refused, expired, or cancelled: people go on as before."""
	t = make_terminal()
	t.register()
	t.obey()
	held = lambda: server.value("select people_held from terminal where id = %s", t.id)
	add = lambda code: server.api.post("/personnel/api/employees/",
		{"emp_code": code, "first_name": "x", "department": 1, "area": [2]})
	add("1")
	assert wait_until(lambda: [c for c in t.obey() if "PIN=1" in c])

	cid = server.api.post(COMMANDS, {"terminal": t.id, "command": line})["id"]
	assert held()
	assert wait_until(t.poll) == [(str(cid), line)]
	t.ack((cid, -1002))
	assert not held()
	add("2")
	assert wait_until(lambda: [c for c in t.obey() if "PIN=2" in c])

	cid = server.api.post(COMMANDS, {"terminal": t.id, "command": line})["id"]
	server.sql("update terminal_command set expires = now() - interval '1 second' where id = %s", cid)
	server.sql("select command_expire()")
	assert not held()

	# sent and never answered: it may have happened
	cid = server.api.post(COMMANDS, {"terminal": t.id, "command": line})["id"]
	assert wait_until(t.poll)
	server.sql("update terminal_command set sent = now() - interval '1 hour' where id = %s", cid)
	server.sql("select command_expire()")
	assert server.api.get(COMMANDS + "%d/" % cid)["state"] == "failed" and held()

	# done; a further one that is cancelled does not fill the terminal again
	server.api.post("/iclock/api/terminals/%d/sync/" % t.id, {})
	assert wait_until(lambda: [c for c in t.obey() if "PIN=2" in c])
	cid = server.api.post(COMMANDS, {"terminal": t.id, "command": line})["id"]
	assert wait_until(t.obey) == [line]
	other = server.api.post(COMMANDS, {"terminal": t.id, "command": line})["id"]
	server.api.delete(COMMANDS + "%d/" % other)
	assert held()
	stays(lambda: t.poll() == [], 1)
