"""Enrol once, use everywhere: templates and photos from the terminal that took them to every other
terminal where the person is wanted (adms-push 2.2, 2.5, 4.4)."""

import base64
import itertools

import pytest

from punchd_test.terminal import Terminal, commands_of
from punchd_test.wait import stays, wait_until

numbers = itertools.count(1)


class Box:
	"""A simulated terminal with a name of its own, approved and settled."""

	def __init__(self, server, make_sim, profile, *options):
		self.server = server
		self.sn = "BOX%s%05d" % (profile.upper(), next(numbers))
		self.sim = make_sim(server, "--sn", self.sn, "--profile", profile, *options)
		self.sim("handshake")
		self.terminal = Terminal(server, self.sn)
		self.terminal.approve()
		self.sim("handshake")
		self.sim("poll")
		# INFO is written with others, now and then
		wait_until(lambda: server.value("""select fp_version is not null from terminal t
			join terminal_state s on s.terminal_id = t.id where sn = %s""", self.sn), what="INFO is known")
		self.settle()

	def __call__(self, line):
		return self.sim(line)

	def settle(self, quiet=3):
		"""Polls until a few polls in a row bring nothing."""
		empty = 0

		def done():
			nonlocal empty
			before = len(self.sim.state()["commands"])
			self.sim("poll")
			empty = 0 if len(self.sim.state()["commands"]) > before else empty + 1
			return empty >= quiet
		wait_until(done, 60, "nothing more for " + self.sn, 0.1)

	def polled(self, condition, timeout=20):
		"""Polls until condition(this) holds; returns it."""
		def step():
			self.sim("poll")
			return condition(self)
		return wait_until(step, timeout, "what %s should have" % self.sn, 0.1)

	def has(self, pin, kind, **fields):
		"""The templates of a kind that the terminal holds of a person."""
		found = []
		for t in self.sim.state()["templates"]:
			lower = {k.lower(): v for k, v in t.items()}
			if t["kind"] == kind and t["PIN"] == pin and all(
					str(lower.get(k.lower())) == str(v) for k, v in fields.items()):
				found.append(lower)
		return found

	def users(self):
		return set(self.sim.state()["users"])

	def said(self, *words):
		"""(text, return value) of the executed commands that contain all words."""
		return [(c["text"], c["return"]) for c in self.sim.state()["commands"]
			if all(w in c["text"] for w in words)]

	def row(self, pin):
		rows = self.server.api.get("/iclock/api/terminalpeople/", terminal_sn=self.sn, emp_code=pin)["data"]
		return rows[0] if rows else None

	def missing(self, pin, text):
		"""Polls until that is said to be missing."""
		self.polled(lambda b: b.row(pin) and text in (b.row(pin)["missing"] or ""))
		assert self.row(pin)["state"] == "incomplete"
		return self.row(pin)["missing"]

	def complete(self, pin):
		row = self.row(pin)
		return row and row["state"] == "complete"


@pytest.fixture
def box(server, make_sim):
	return lambda profile, *options: Box(server, make_sim, profile, *options)


def create(server, code, **members):
	return server.api.post("/personnel/api/employees/", {"emp_code": code, "first_name": "Rest",
		"department": 1, "area": [2], **members})["id"]


def employee(server, code):
	return server.api.get("/personnel/api/employees/", emp_code=code)["data"][0]["id"]


def same(a, b, *keys):
	return [[x[k] for k in keys] for x in a] == [[x[k] for k in keys] for x in b]


# ---------------------------------------------------------------- every kind, every generation

def test_a_fingerprint_goes_to_all_generations_that_have_its_version(server, box):
	a, g1, g2, g4, g5 = box("g3"), box("g1"), box("g2"), box("g4"), box("g5")
	a("enrol 7 Anna")
	a("enrol-fp 7 3")
	taken = a.has("7", "FP")
	for b in (g1, g2, g4):
		b.polled(lambda b: b.has("7", "FP"))
		assert same(b.has("7", "FP"), taken, "fid", "tmp", "valid"), b.sn
		assert b.complete("7")
	assert g1.said("DATA FP PIN=7") and not g1.said("FINGERTMP")
	assert g2.said("DATA UPDATE FINGERTMP PIN=7") and not g2.said("BIODATA")
	assert g4.said("DATA UPDATE FINGERTMP PIN=7") and not g4.said("BIODATA")
	g5.polled(lambda b: "7" in b.users())
	assert g5.missing("7", "version") == "fingerprint template of version 10; this terminal has 13"
	assert not g5.has("7", "FP") and not g5.has("7", "BIODATA")
	a.settle()
	assert not a.said("FINGERTMP"), "not back to where it came from"
	assert a.complete("7")


def test_fingerprints_of_version_13_travel_as_unified_templates(box):
	a, b, g3 = box("g5"), box("g5"), box("g3")
	a("enrol 7 Anna")
	a("enrol-fp 7 3")
	b.polled(lambda b: b.has("7", "BIODATA", Type=1))
	assert same(b.has("7", "BIODATA"), a.has("7", "BIODATA"), "no", "index", "valid", "duress", "type",
		"majorver", "minorver", "format", "tmp")
	g3.polled(lambda b: "7" in b.users())
	g3.missing("7", "version 13; this terminal has 10")
	assert not g3.has("7", "FP")


def test_all_pieces_of_a_near_infrared_face(box):
	a, b, old = box("g3"), box("g3", "--strict-size"), box("g2")
	a("enrol 7 Anna")
	a("enrol-face 7")
	b.polled(lambda b: len(b.has("7", "FACE")) == 12)
	old.polled(lambda b: len(b.has("7", "FACE")) == 12)
	for t in (b, old):
		assert same(sorted(t.has("7", "FACE"), key=lambda x: int(x["fid"])), a.has("7", "FACE"), "fid", "tmp")
		assert t.complete("7")


def test_visible_faces_go_where_the_version_is_the_same(box):
	a, b, c = box("g4"), box("g4"), box("g5")
	a("enrol 7 Anna")
	a("enrol-face 7")
	b.polled(lambda b: b.has("7", "BIODATA", Type=9))
	assert same(b.has("7", "BIODATA"), a.has("7", "BIODATA"), "type", "majorver", "minorver", "tmp")
	c.polled(lambda c: "7" in c.users())
	assert c.missing("7", "face") == "face template of version 39; this terminal has 40, and there is no photo"
	assert not c.has("7", "BIODATA")
	# with a photo the terminal makes its own template
	a("enrol-bio 7 photo")
	c.polled(lambda c: c.has("7", "BIOPHOTO"))
	assert same(c.has("7", "BIOPHOTO", Type=9), a.has("7", "BIOPHOTO"), "content")
	assert c.row("7")["state"] == "complete" and c.row("7")["missing"] is None
	b.settle()
	assert not b.has("7", "BIOPHOTO"), "never template and photo together"
	assert b.complete("7")


def test_a_terminal_without_photos_says_why(box):
	a, c = box("g4"), box("g5", "--no-photos")
	a("enrol 7 Anna")
	a("enrol-face 7")
	a("enrol-bio 7 photo")
	c.polled(lambda c: "7" in c.users())
	c.missing("7", "face template of version 39; this terminal has 40, and takes no photos")
	assert not c.has("7", "BIOPHOTO")


def test_finger_veins_palms_and_user_pictures(box):
	g3, g4, g5, other = box("g3"), box("g4"), box("g5"), box("g3")
	g3("enrol 7 Anna")
	g3("enrol-bio 7 vein")
	g3("enrol-bio 7 picture")
	g5.polled(lambda b: "7" in b.users())
	g5("enrol-bio 7 palm")  # of version 32, type 10
	other.polled(lambda b: len(b.has("7", "FVEIN")) == 3 and b.has("7", "USERPIC"))
	assert same(other.has("7", "FVEIN"), g3.has("7", "FVEIN"), "fid", "index", "tmp")
	assert same(other.has("7", "USERPIC"), g3.has("7", "USERPIC"), "content")
	for b in (g4, g5):
		b.polled(lambda b: len(b.has("7", "BIODATA", Type=7)) == 3 and b.has("7", "USERPIC"))
		assert same(b.has("7", "BIODATA", Type=7), g3.has("7", "FVEIN"), "index", "tmp")
	g4.missing("7", "palm template of version 32; this terminal has 12")
	assert not g4.has("7", "BIODATA", Type=10), "its palms are of another kind"
	g4("enrol-bio 7 palm")
	g5.polled(lambda b: b.has("7", "BIODATA", Type=8))
	assert g4.complete("7"), g4.row("7")


def test_the_line_of_a_terminal_that_announces_nothing(server, make_terminal):
	"""Old firmware says no version: what its like have goes round among them."""
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.handshake("options=all")
		t.approve()
		t.handshake("options=all")
		t.obey()
	a.push("OPERLOG", "USER PIN=7\tName=Anna", "FP PIN=7\tFID=6\tSize=3\tValid=1\tTMP=AAAA")
	seen = wait_until(lambda: [c for c in b.obey() if "FP" in c])
	assert seen == ["DATA FP PIN=7\tFID=6\tSize=3\tValid=1\tTMP=AAAA"]


# ---------------------------------------------------------------- order

def test_the_user_goes_first_also_in_one_reply(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	a.push("OPERLOG", *["USER PIN=%d\tName=x" % n for n in range(3)],
		*["FP PIN=%d\tFID=%d\tSize=4\tValid=1\tTMP=AAAA" % (n, f) for n in range(3) for f in (1, 2)])
	commands = wait_until(b.poll, 10)
	kinds = [c.split(" ")[2] for _, c in commands]
	assert kinds == ["USERINFO"] * 3 + ["FINGERTMP"] * 6
	assert [int(i) for i, _ in commands] == sorted(int(i) for i, _ in commands)
	assert b.poll() == [], "what waits for an answer is not sent again"
	b.ack(*[(i, 0) for i, _ in commands])
	assert b.obey() == []
	assert server.value("select count(*) from terminal_template") == 0, "nothing is kept of what has arrived"


def test_a_template_waits_while_its_user_is_not_confirmed(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	a.push("OPERLOG", "USER PIN=7\tName=x")
	cid, _ = b.poll_until("USERINFO PIN=7")
	a.push("OPERLOG", "FP PIN=7\tFID=1\tSize=4\tValid=1\tTMP=AAAA")
	stays(lambda: b.poll() == [], 1.2)
	b.ack((cid, 0))
	assert b.poll_until("FINGERTMP")[1] == "DATA UPDATE FINGERTMP PIN=7\tFID=1\tSize=4\tValid=1\tTMP=AAAA"


def test_templates_beside_which_there_was_no_room_wait_for_their_user(server, make_terminal):
	"""Some leave in one reply with the user; the others not before the terminal has said that it has
	the user."""
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	a.push("OPERLOG", "USER PIN=7\tName=x", *["FP PIN=7\tFID=%d\tSize=9000\tTMP=%s" % (f, "A" * 9000) for f in range(10)])
	first = wait_until(b.poll)
	assert "USERINFO" in first[0][1] and 1 < len(first) < 10
	stays(lambda: b.poll() == [], 1)
	b.ack(*[(cid, 0) for cid, _ in first])
	assert len(first) + len(b.obey()) == 11


def test_batches_of_40_kilobytes_and_200_lines(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	big, small = "A" * 2000, "B" * 40
	a.push("OPERLOG", *["USER PIN=%d\tName=x" % n for n in range(60)],
		*["FP PIN=%d\tFID=%d\tTMP=%s" % (n, f, big if f else small)
			for n in range(60) for f in range(10)])
	got, empty = [], 0

	def done():
		nonlocal empty
		text = b.raw("GET", "/iclock/getrequest?SN=" + b.sn).text
		commands = commands_of(text)
		assert len(text) <= 40 << 10 and len(commands) <= 200
		got.extend(c for _, c in commands)
		b.ack(*[(i, 0) for i, _ in commands])
		empty = 0 if commands else empty + 1
		return empty > 3
	wait_until(done, 60, every=0.05)
	templates = [c for c in got if "FINGERTMP" in c]
	assert len(templates) == 600 and len(set(templates)) == 600
	assert len([c for c in got if "USERINFO" in c]) == 60


def test_a_template_larger_than_a_batch_goes_alone(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	large = "C" * 100000
	a.push("OPERLOG", "USER PIN=7\tName=x", "FP PIN=7\tFID=1\tSize=4\tTMP=AAAA",
		"FP PIN=7\tFID=2\tSize=100000\tTMP=" + large, "FP PIN=7\tFID=3\tSize=4\tTMP=BBBB")
	replies = []

	def done():
		commands = b.poll()
		if commands:
			replies.append([c for _, c in commands])
			b.ack(*[(i, 0) for i, _ in commands])
		return sum(map(len, replies)) >= 4
	wait_until(done)
	alone = [r for r in replies if any(large in c for c in r)]
	assert len(alone) == 1 and len(alone[0]) == 1


# ---------------------------------------------------------------- refusals

def test_the_other_size_after_minus_9_and_remembered(server, box):
	a, b = box("g3"), box("g4", "--strict-size")  # counts the base64; counts the bytes
	a("enrol 7 Anna")
	a("enrol-fp 7 3")
	b.polled(lambda b: b.has("7", "FP"))
	assert [r for _, r in b.said("FINGERTMP PIN=7")] == [-9, 0]
	assert b.complete("7")
	a("enrol 8 Bob")
	a("enrol-fp 8 3")
	b.polled(lambda b: b.has("8", "FP"))
	assert [r for _, r in b.said("FINGERTMP PIN=8")] == [0], "it need not fail twice"


@pytest.mark.parametrize("option, codes, form", [("--refuse-url", [-1, 0], "Content="),
	("--no-fetch", [-1008, 0], "Content="), ("--refuse-inline", [0], "Url=iclock/")])
def test_photos_by_address_and_by_content(box, option, codes, form):
	a, b = box("g4"), box("g5", option)
	for n, pin in enumerate(("7", "8")):
		a("enrol %s Anna" % pin)
		a("enrol-face " + pin)
		a("enrol-bio %s photo" % pin)
		b.polled(lambda b: b.has(pin, "BIOPHOTO"))
		said = b.said("BIOPHOTO PIN=" + pin)
		assert [r for _, r in said] == (codes if n == 0 else [0]), "the form that works is remembered"
		assert form in said[-1][0]
		assert same(b.has(pin, "BIOPHOTO"), a.has(pin, "BIOPHOTO"), "content")
		assert b.complete(pin)


@pytest.mark.parametrize("first", ["result", "error"])
def test_a_photo_that_was_taken_and_is_of_no_use(server, make_terminal, first):
	"""The terminal says 0, and in its ERRORLOG why there is no face: so does the state (adms-push 2.8)."""
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	b.push("options", "MultiBioVersion=0:10:0:0:0:0:0:0:0:40:0,MultiBioPhotoSupport=0:0:0:0:0:0:0:0:0:1:0")
	b.poll(info="ZAM180-NF50VA-Ver3.4.10,1,0,0,10.0.0.1,10,40,12,1,11111,0,0,0")
	a.push("OPERLOG", "USER PIN=7\tName=x")
	wait_until(lambda: [c for c in b.obey() if "USERINFO PIN=7" in c], 20)
	photo = "BIOPHOTO PIN=7\tFileName=7.jpg\tType=9\tContent=%s"
	row = lambda: server.api.get("/iclock/api/terminalpeople/", terminal_sn=b.sn, emp_code="7")["data"][0]

	def sent(text):
		assert a.push("BIOPHOTO", photo % base64.b64encode(b"\xff\xd8\xff\xe0" + text.encode()).decode()) == "OK: 1"
		return b.poll_until("DATA UPDATE BIOPHOTO PIN=7")[0]
	error = "ERRORLOG ErrCode=%s\tErrMsg=\tDataOrigin=cmd\tCmdId=%s\tAdditional="
	cid = sent("blurred")
	for step in (("result", "error") if first == "result" else ("error", "result")):
		if step == "result":
			b.ack((cid, 0))
		else:
			assert b.push("ERRORLOG", error % ("D01E0003", cid)) == "OK"
			assert a.push("ERRORLOG", error % ("D01E0001", cid)) == "OK", "of another terminal: not about this"
	assert (row()["state"], row()["missing"]) == ("incomplete", "face photo: face blurred")
	assert server.sql("select sn, command_id from error_log where command_id is not null") == [(b.sn, int(cid))]
	b.handshake()
	stays(lambda: b.poll() == [], 1.5)
	# another photo
	cid = sent("sharp")
	assert row()["state"] == "waiting"
	b.ack((cid, 0))
	assert (row()["state"], row()["missing"]) == ("complete", None)
	assert b.push("ERRORLOG", error % ("00000000", cid)) == "OK"
	assert row()["state"] == "complete"
	# deleted there by hand it comes again, and with sync
	server.api.post("/iclock/api/terminalcommands/", {"terminal": b.id, "command": "DATA DELETE BIOPHOTO PIN=7\tType=9"})
	assert [c for c in wait_until(lambda: (lambda s: s if any("UPDATE" in c for c in s) else None)(b.obey()), 20)
		if "DATA UPDATE BIOPHOTO PIN=7" in c]
	server.api.post("/iclock/api/terminals/%d/sync/" % b.id, {})
	assert wait_until(lambda: [c for c in b.obey() if "DATA UPDATE BIOPHOTO PIN=7" in c], 20)
	assert row()["state"] == "complete"


def test_photos_that_go_neither_way(server, box):
	a, b = box("g4"), box("g5", "--refuse-url", "--refuse-inline")
	a("enrol 7 Anna")
	a("enrol-face 7")
	a("enrol-bio 7 photo")
	b.polled(lambda b: len(b.said("BIOPHOTO PIN=7")) == 2)
	b.missing("7", "face photo: parameter error")
	b.settle()
	assert [r for _, r in b.said("BIOPHOTO PIN=7")] == [-1, -1]


def test_an_unknown_pin_gets_the_user_first_and_then_everything(server, box):
	a, b = box("g3"), box("g3")
	a("enrol 7 Anna")
	a("enrol-fp 7 1")
	b.polled(lambda b: b.has("7", "FP"))
	b("delete-user 7")
	assert not b.users()
	a("enrol-fp 7 2")
	b.polled(lambda b: len(b.has("7", "FP")) == 2)
	assert (-10) in [r for _, r in b.said("FINGERTMP PIN=7")]
	assert b.users() == {"7"} and b.complete("7")
	assert same(sorted(b.has("7", "FP"), key=lambda x: x["fid"]), a.has("7", "FP"), "fid", "tmp")


def test_a_pin_that_stays_unknown_is_given_up(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	a.push("OPERLOG", "USER PIN=7\tName=x", "FP PIN=7\tFID=1\tSize=4\tTMP=AAAA")
	seen, empty = [], 0

	def done():
		nonlocal empty
		commands = b.poll()
		empty = 0 if commands else empty + 1
		for cid, text in commands:
			seen.append(text.split(" ")[2])
			b.ack((cid, -10 if "FINGERTMP" in text else 0))
		return empty > 5
	wait_until(done, 30, every=0.1)
	assert seen.count("FINGERTMP") == 3
	row = server.api.get("/iclock/api/terminalpeople/", terminal=b.id)["data"][0]
	assert row["state"] == "incomplete" and row["missing"].endswith("PIN not in device (-10)")


@pytest.mark.parametrize("code", [-30, -11, -12, -629])
def test_what_is_refused_for_good_is_not_repeated(server, make_terminal, code):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	a.push("OPERLOG", "USER PIN=7\tName=x", "FP PIN=7\tFID=1\tSize=4\tTMP=AAAA")
	b.ack((b.poll_until("FINGERTMP")[0], code))
	stays(lambda: b.poll() == [], 1)
	b.handshake()
	stays(lambda: not [c for _, c in b.poll() if "FINGERTMP" in c], 1)
	row = server.api.get("/iclock/api/terminalpeople/", terminal=b.id)["data"][0]
	assert row["state"] == "incomplete" and "(%d)" % code in row["missing"]
	# what is enrolled anew is another template
	a.push("OPERLOG", "FP PIN=7\tFID=1\tSize=4\tTMP=BBBB")
	b.ack((b.poll_until("TMP=BBBB")[0], 0))
	assert server.api.get("/iclock/api/terminalpeople/", terminal=b.id)["data"][0]["state"] == "complete"


@pytest.mark.parametrize("code", [-3, -1003, -1005, -1007])
def test_busy_terminals_get_it_later(server, make_terminal, code):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	a.push("OPERLOG", "USER PIN=7\tName=x", "FP PIN=7\tFID=1\tSize=4\tTMP=AAAA")
	b.ack((b.poll_until("FINGERTMP")[0], code))
	assert b.poll() == []
	assert 30 < server.value("select extract(epoch from due - now()) from terminal_template") <= 60
	server.sql("update terminal_template set due = now()")
	server.sql("select terminal_wake(array[%s])", b.id)
	b.ack((b.poll_until("FINGERTMP")[0], 0))
	assert server.value("select count(*) from terminal_template") == 0


def test_a_full_terminal_gets_more_when_there_is_room(server, box):
	a, b = box("g3"), box("g3", "--capacity", "2")
	for pin in ("7", "8"):
		a("enrol %s Anna" % pin)
		a("enrol-fp %s 1" % pin)
	b.polled(lambda b: b.has("7", "FP") and b.has("8", "FP"))
	a("enrol 9 Cid")
	a("enrol-fp 9 1")
	b.polled(lambda b: b.said("FINGERTMP PIN=9"))
	b.missing("9", "capacity reached (-1001)")
	assert [r for _, r in b.said("FINGERTMP PIN=9")] == [-1001]
	assert b.row("9")["retry_time"]
	server.api.delete("/personnel/api/employees/%d/" % employee(server, "7"))
	b.polled(lambda b: b.has("9", "FP"))
	assert b.complete("9") and b.users() == {"8", "9"}


def test_a_user_for_whom_there_is_no_room(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	create(server, "6")
	b.ack((b.poll_until("USERINFO PIN=6")[0], 0))
	a.push("OPERLOG", "USER PIN=7\tName=x", "FP PIN=7\tFID=1\tSize=4\tTMP=AAAA")
	commands = wait_until(b.poll)
	b.ack(*[(i, -1001 if "USERINFO" in c else -10) for i, c in commands])
	stays(lambda: b.poll() == [], 1)
	row = server.api.get("/iclock/api/terminalpeople/", terminal=b.id, emp_code="7")["data"][0]
	assert row["state"] == "refused" and "user: capacity reached (-1001)" in row["missing"]
	server.api.delete("/personnel/api/employees/%d/" % employee(server, "6"))
	b.ack((b.poll_until("DELETE USERINFO PIN=6")[0], 0))
	seen = []
	wait_until(lambda: seen.extend(b.obey()) or len(seen) >= 2)
	assert [c.split(" ")[2] for c in seen] == ["USERINFO", "FINGERTMP"]


def test_a_terminal_that_goes_before_the_reply_takes_no_template(server, make_terminal):
	import time
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	a.push("OPERLOG", "USER PIN=7\tName=x")
	b.ack((b.poll_until("USERINFO PIN=7")[0], 0))
	server.sql("""create function test_slow() returns trigger language plpgsql as $$ begin
		if new.sent_id is not null and old.sent_id is null then perform pg_sleep(1); end if; return new; end $$""")
	server.sql("create trigger a_test before update on terminal_template for each row execute function test_slow()")
	a.push("OPERLOG", "FP PIN=7\tFID=1\tSize=4\tTMP=AAAA")
	time.sleep(1)  # the notification
	asleep = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
	with b.connect() as c:
		c.send(b.request_bytes("GET", "/iclock/getrequest?SN=" + b.sn))
		wait_until(lambda: server.value(asleep))
		c.reset()
	wait_until(lambda: not server.value(asleep))
	commands = wait_until(b.poll)
	assert [c for _, c in commands] == ["DATA UPDATE FINGERTMP PIN=7\tFID=1\tSize=4\tValid=1\tTMP=AAAA"]


def test_a_refused_face_template_is_followed_by_the_photo(server, make_terminal):
	t = make_terminal()
	t.register()
	t.obey()
	t.push("options", b"MultiBioVersion=0:0:0:0:0:0:0:0:0:39:0,MultiBioPhotoSupport=0:0:0:0:0:0:0:0:0:1:0")
	server.sql("update terminal set generation = 4")
	other = make_terminal()
	other.register()
	other.push("BIODATA", "BIODATA Pin=7\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=39\tMinorVer=3\tFormat=0\tTmp=AAAA")
	other.push("BIOPHOTO", "BIOPHOTO PIN=7\tFileName=7.jpg\tType=9\tSize=8\tContent=/9j/4AAQ")
	create(server, "7")
	t.ack((t.poll_until("BIODATA Pin=7")[0], -30))
	assert "Format=1\tUrl=iclock/photo/" in t.poll_until("BIOPHOTO PIN=7")[1]


# ---------------------------------------------------------------- the address of a photo

def url_of(make_terminal, server):
	t = make_terminal()
	t.register()
	t.obey()
	t.push("options", b"MultiBioVersion=0:0:0:0:0:0:0:0:0:39:0,MultiBioPhotoSupport=0:0:0:0:0:0:0:0:0:1:0")
	server.sql("update terminal set generation = 4")
	other = make_terminal()
	other.register()
	other.push("BIOPHOTO", "BIOPHOTO PIN=7\tFileName=7.jpg\tType=9\tContent="
		+ base64.b64encode(b"\xff\xd8\xff\xe0 a photo").decode())
	create(server, "7")
	command = t.poll_until("BIOPHOTO PIN=7")[1]
	return t, other, "/" + command.split("Url=")[1]


def test_the_address_of_a_photo(server, make_terminal):
	t, other, url = url_of(make_terminal, server)
	for target in (url, url + "?SN=" + t.sn, "/iclock" + url, url.replace("iclock", "ICLOCK", 1)):
		reply = t.raw("GET", target)
		assert reply.status == 200 and reply.body == b"\xff\xd8\xff\xe0 a photo", target
		assert reply.headers["content-type"] == "image/jpeg"
	head, hexes = url.rsplit("-", 1)
	photo, terminal, expires = head.rsplit("/", 1)[1].split("-")
	bad = [url[:-5] + ("0" if url[-5] != "0" else "1") + ".jpg", url.replace(".jpg", ""), url + "x", url[:-20],
		"/iclock/photo/%s-%s-%d-%s" % (photo, terminal, int(expires) + 1, hexes),
		"/iclock/photo/%d-%s-%s-%s" % (int(photo) + 1, terminal, expires, hexes),
		"/iclock/photo/%s-%d-%s-%s" % (photo, other.id, expires, hexes),
		"/iclock/photo/", "/iclock/photo/x", "/iclock/photo/%2e%2e", "/iclock/photo/" + "9" * 2000]
	for target in bad:
		reply = t.raw("GET", target)
		assert reply.status == 404 and b"photo" not in reply.body, target
	assert server.log().count(hexes[:64]) == 0, "addresses are not logged"
	t.suspend()
	wait_until(lambda: t.raw("GET", url).status == 404)


# ---------------------------------------------------------------- areas

def test_areas_resignation_and_deletion(server, box):
	area = server.api.post("/personnel/api/areas/", {"area_code": "90", "area_name": "North"})["id"]
	a, b = box("g3"), box("g3")
	a("enrol 7 Anna")
	a("enrol-fp 7 1")
	b.polled(lambda b: b.has("7", "FP"))
	eid = employee(server, "7")
	# the person moves away, and back
	server.api.patch("/personnel/api/employees/%d/" % eid, {"area": [area]})
	for t in (a, b):
		t.polled(lambda t: not t.users())
	server.api.patch("/personnel/api/employees/%d/" % eid, {"area": [2, area]})
	for t in (a, b):
		t.polled(lambda t: t.has("7", "FP"))
	# the terminal moves to where the person is, too: nothing to do; to elsewhere; and back
	count = len(b.said("FINGERTMP"))
	server.api.patch("/iclock/api/terminals/%d/" % b.terminal.id, {"area": area})
	b.settle()
	assert b.users() == {"7"} and len(b.said("FINGERTMP")) == count
	elsewhere = server.api.post("/personnel/api/areas/", {"area_code": "91", "area_name": "South"})["id"]
	server.api.patch("/iclock/api/terminals/%d/" % b.terminal.id, {"area": elsewhere})
	b.polled(lambda b: not b.users())
	server.api.patch("/iclock/api/terminals/%d/" % b.terminal.id, {"area": area})
	b.polled(lambda b: b.has("7", "FP"))
	# resigned, and taken back
	resign = server.api.post("/personnel/api/resigns/", {"employee": eid, "resign_date": "2026-05-01",
		"resign_type": 1, "disableatt": True, "reason": "x"})["id"]
	for t in (a, b):
		t.polled(lambda t: not t.users())
	server.api.post("/personnel/api/resigns/reinstatement/", {"resigns": [resign]})
	for t in (a, b):
		t.polled(lambda t: t.has("7", "FP"))
	# deleted: their templates are no later person's
	server.api.delete("/personnel/api/employees/%d/" % eid)
	for t in (a, b):
		t.polled(lambda t: not t.users())
	assert server.value("select count(*) from template") == 0
	create(server, "7")
	a.polled(lambda t: t.users())
	a.settle()
	assert not a.has("7", "FP")


def test_a_deleted_template_is_not_sent_any_more(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	a.push("OPERLOG", "USER PIN=7\tName=x", *["FP PIN=7\tFID=%d\tSize=4\tTMP=AAAA" % f for f in range(5)])
	assert len(wait_until(b.poll)) == 6
	b.handshake()  # what was sent is to be sent again
	assert server.value("select count(*) from terminal_template") == 5
	server.api.post("/personnel/api/employees/del_bio_template/", {"employees": [employee(server, "7")],
		"finger_print": True})
	assert server.value("select count(*) from terminal_template") == 0
	seen = wait_until(b.obey)
	assert not [c for c in seen if "UPDATE FINGERTMP" in c], seen
	assert "DATA DELETE FINGERTMP PIN=7" in seen


def test_templates_of_nobody_do_no_harm(server, make_terminal):
	a, b = make_terminal(), make_terminal(approve=False)
	a.register()
	a.obey()
	b.register()
	assert a.push("OPERLOG", "FP PIN=99\tFID=1\tSize=4\tTMP=AAAA") == "OK: 1"
	assert b.push("OPERLOG", "FP PIN=98\tFID=1\tSize=4\tTMP=AAAA") == "OK: 1"
	stays(lambda: a.poll() == [] and b.poll() == [], 1)
	assert server.sql("select code from template join pin on pin.id = pin_id") == []
	assert server.sql("select code from person_claim join pin on pin.id = pin_id") == [("99",)]


def test_what_comes_back_unchanged_is_not_sent_round(server, make_terminal):
	a, b, c = make_terminal(), make_terminal(), make_terminal()
	for t in (a, b, c):
		t.register()
		t.obey()
	line = "FP PIN=7\tFID=1\tSize=4\tValid=1\tTMP=AAAA"
	a.push("OPERLOG", "USER PIN=7\tName=x", line)
	for t in (b, c):
		assert [x for x in wait_until(t.obey) if "FINGERTMP" in x]
	for t in (a, b, c, a):
		t.push("OPERLOG", line)
	for t in (a, b, c):
		stays(lambda t=t: t.poll() == [], 0.5)
	b.push("OPERLOG", line.replace("AAAA", "BBBB"))
	for t in (a, c):
		assert [x for x in wait_until(t.obey) if "FINGERTMP" in x] == [
			"DATA UPDATE FINGERTMP PIN=7\tFID=1\tSize=4\tValid=1\tTMP=BBBB"]
	assert b.poll() == []


# ---------------------------------------------------------------- sync, restarts

def test_sync_and_resync_are_idempotent(server, box):
	a, b = box("g4"), box("g4")
	a("enrol 7 Anna")
	for line in ("enrol-fp 7 1", "enrol-fp 7 2", "enrol-face 7", "enrol-bio 7 palm", "enrol-bio 7 picture"):
		a(line)
	b.polled(lambda b: len(b.sim.state()["templates"]) == 5)
	before = b.sim.state()["templates"]
	for _ in range(2):
		count = len(b.said("UPDATE"))
		server.api.post("/iclock/api/terminals/%d/sync/" % b.terminal.id, {})
		b.polled(lambda b: len(b.said("UPDATE")) >= count + 6)
		b.settle()
		assert len(b.said("UPDATE")) == count + 6, "each once"
		assert b.sim.state()["templates"] == before and b.complete("7")
	count = len(b.said("UPDATE"))
	server.api.post("/personnel/api/employees/resync_to_device/", {"employees": [employee(server, "7")]})
	b.polled(lambda b: len(b.said("UPDATE")) >= count + 6)
	b.settle()
	assert len(b.said("UPDATE")) == count + 6 and b.sim.state()["templates"] == before
	# emptied: nothing until it is synchronised, then everything
	server.api.post("/iclock/api/terminals/clear_all/", {"terminals": [b.terminal.id]})
	b.polled(lambda b: not b.users())
	b.settle()
	assert not b.users()
	server.api.post("/iclock/api/terminals/%d/sync/" % b.terminal.id, {})
	b.polled(lambda b: len(b.sim.state()["templates"]) == 5)
	assert b.complete("7")


def test_kill_9_in_between_loses_and_repeats_nothing(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	a.push("OPERLOG", *["USER PIN=%d\tName=x" % n for n in range(100)],
		*["FP PIN=%d\tFID=%d\tSize=400\tTMP=%s" % (n, f, "A" * 400) for n in range(100) for f in range(3)])
	got, polls, empty = [], 0, 0

	def done():
		nonlocal polls, empty
		commands = b.poll()
		got.extend(c for _, c in commands)
		polls += 1
		if polls in (2, 5):
			server.kill9()
			server.start()
		b.ack(*[(i, 0) for i, _ in commands])
		empty = 0 if commands else empty + 1
		return empty > 3
	wait_until(done, 90, every=0.1)
	templates = [c for c in got if "FINGERTMP" in c]
	assert len(templates) == len(set(templates)) == 300
	assert server.value("select count(*) from terminal_template") == 0


def test_unanswered_templates_come_again(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	a.push("OPERLOG", "USER PIN=7\tName=x", "FP PIN=7\tFID=1\tSize=4\tTMP=AAAA")
	first = wait_until(b.poll)
	assert len(first) == 2
	assert b.poll() == []
	b.handshake()
	again = wait_until(b.poll)
	assert [c for _, c in again] == [c for _, c in first], "the user again, and then the template"
	b.ack(*[(i, 0) for i, _ in again])
	assert b.obey() == []
	a.push("OPERLOG", "FP PIN=7\tFID=2\tSize=4\tTMP=AAAA")
	cid, text = b.poll_until("FID=2")
	assert b.poll() == []
	server.sql("update terminal_template set due = due - interval '11 minutes'")
	server.sql("select terminal_wake(array[%s])", b.id)
	again, _ = b.poll_until("FID=2")
	b.ack((cid, 0))  # an answer to the first one is late: the second one counts
	assert server.value("select count(*) from terminal_template") == 1
	b.ack((again, 0))
	assert server.value("select count(*) from terminal_template") == 0


def test_a_terminal_that_says_its_version_later(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	a.poll(info="Ver,0,0,0,192.168.1.2,10,-1,0,0,1")
	wait_until(lambda: server.value("select count(*) from terminal_state where fp_version = 10") == 1)
	a.push("OPERLOG", "USER PIN=7\tName=x", "FP PIN=7\tFID=1\tSize=4\tTMP=AAAA")
	assert [c for c in wait_until(b.obey) if "FINGERTMP" in c] == []
	row = server.api.get("/iclock/api/terminalpeople/", terminal=b.id)["data"][0]
	assert row["missing"] == "fingerprint template of version 10; this terminal has not said which version it has"
	b.poll(info="Ver,0,0,0,192.168.1.2,10,-1,0,0,1")
	b.ack((b.poll_until("FINGERTMP")[0], 0))
	assert server.api.get("/iclock/api/terminalpeople/", terminal=b.id)["data"][0]["state"] == "complete"


def test_a_full_resync_does_not_delay_other_terminals(server, make_terminal):
	"""20,000 would take long here; 3,000 go the same way: in batches, each poll quick."""
	import time
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	for start in range(0, 3000, 500):
		a.push("OPERLOG", *["USER PIN=%d\tName=x" % n for n in range(start, start + 500)],
			*["FP PIN=%d\tFID=1\tSize=600\tTMP=%s" % (n, "A" * 600) for n in range(start, start + 500)])
	seen, slowest, size = set(), 0.0, 0

	def done():
		nonlocal slowest, size
		start = time.monotonic()
		text = b.raw("GET", "/iclock/getrequest?SN=" + b.sn).text
		slowest, size = max(slowest, time.monotonic() - start), max(size, len(text))
		commands = commands_of(text)
		seen.update(c for _, c in commands)
		b.ack(*[(i, 0) for i, _ in commands])
		start = time.monotonic()
		a.raw("GET", "/iclock/ping?SN=" + a.sn)
		assert time.monotonic() - start < 2
		return len(seen) >= 6000
	wait_until(done, 120, every=0.01)
	assert size <= 40 << 10 and slowest < 4
	wait_until(lambda: not b.obey())
	assert server.value("select count(*) from terminal_template") == 0


# ---------------------------------------------------------------- hostile text, REST

ODD = ["AA==\x01\x02BB", "A" * 5000, "=====", "\xff\xfe", "AA C:9:REBOOT", "C:1:CLEAR DATA", "'; drop table pin; --",
	"%n%s", "A=B=C", "A B"]


def test_any_text_is_one_command_with_its_own_columns(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	pins = ["%d&=y'\"\\%%" % n for n in range(len(ODD))]
	lines = []
	for pin, odd in zip(pins, ODD):
		lines += ["USER PIN=%s\tName=%s" % (pin, odd[:20]),
			"FP PIN=%s\tFID=1\tSize=%s\tValid=1\tTMP=%s" % (pin, odd[:9], odd),  # refused: it is none
			"FP PIN=%s\tFID=2\tSize=4\tValid=1\tTMP=AAAA" % pin]
	assert a.push("OPERLOG", "".join(x + "\n" for x in lines).encode("latin-1")) == "OK: %d" % len(lines)
	seen = []
	wait_until(lambda: seen.extend(b.obey()) or len([c for c in seen if "FINGERTMP" in c]) >= len(ODD) - 1, 20)
	for text in seen:
		keys = [p.split("=", 1)[0] for p in text.split("\t")]
		if "FINGERTMP" in text:
			assert keys == ["DATA UPDATE FINGERTMP PIN", "FID", "Size", "Valid", "TMP"], text
			assert text.split("PIN=")[1].split("\t")[0] in pins and text.endswith("\tTMP=AAAA")
		assert not [c for c in text if ord(c) < 32 and c != "\t"], text


def test_the_list_of_people_on_terminals(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	for code in ("7", "8", "9"):
		create(server, code)
	path = "/iclock/api/terminalpeople/"
	page = server.api.get(path)
	assert page["count"] == 6 and set(page) >= {"count", "next", "previous", "msg", "code", "data"}
	assert {r["state"] for r in page["data"]} == {"waiting"}
	assert server.api.get(path, terminal=a.id)["count"] == 3
	assert server.api.get(path, terminal_sn=b.sn, emp_code="8")["count"] == 1
	assert server.api.get(path, state="complete")["count"] == 0
	a.obey()
	assert server.api.get(path, state="complete", terminal=a.id)["count"] == 3
	assert server.api.get(path, state="waiting")["count"] == 3
	row = server.api.get(path, terminal=a.id, emp_code="7")["data"][0]
	assert row == {**row, "terminal": a.id, "terminal_sn": a.sn, "emp_code": "7", "emp": employee(server, "7"),
		"wanted": True, "confirmed": True, "state": "complete", "missing": None, "on_the_way": 0,
		"return_value": 0, "return_text": "done", "retry_time": None}
	assert server.api.get(path + "%d/" % row["id"]) == row
	server.api.delete("/personnel/api/employees/%d/" % employee(server, "7"))
	assert server.api.get(path, state="removing")["count"] == 2
	assert len(server.api.walk(path, page_size=2)) == 6
	assert [r["emp_code"] for r in server.api.get(path, ordering="-emp_code")["data"]][:2] == ["9", "9"]
	assert server.api.request("POST", path, {}).status == 405
	assert server.api.request("GET", path + "99999999/").status == 404
	assert server.api.request("GET", path, authorization="").status == 401


def test_templates_stay_sealed_on_their_way(server, make_terminal):
	from punchd_test.dump import found_in
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	a.push("OPERLOG", "USER PIN=7\tName=x", "FP PIN=7\tFID=1\tSize=4\tTMP=SECRETSECRETSECRET")
	assert wait_until(b.poll)
	assert not found_in(server, "SECRETSECRET")
	assert "SECRETSECRET" not in server.log()
