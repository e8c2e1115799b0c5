"""Simulated terminals of every generation run every upload and every command (adms-push 2, 3, 4, 5),
each in the words of its generation, and what came of it is stored."""

import pytest

from punchd_test.terminal import Terminal
from punchd_test.wait import wait_until

PROFILES = ["g1", "g2", "g3", "g4", "g5"]
TERMINALS = "/iclock/api/terminals/"
WHEN = "2026-05-01 08:00:00"
SPAN = {"start_time": "2026-05-01", "end_time": "2026-05-01 23:59:59"}


class Box:
	def __init__(self, server, make_sim, profile, *options):
		self.server, self.sn = server, "GEN" + profile.upper()
		self.sim = make_sim(server, "--sn", self.sn, "--profile", profile, "--boot-time", "0.1", *options)
		self.sim("handshake")
		self.terminal = Terminal(server, self.sn)
		self.terminal.approve()
		self.sim("handshake")

	def idle(self):
		"""Polls until nothing is open."""
		wait_until(lambda: self.sim("poll") and self.sim("wait-idle") and self.server.value(
			"select not exists (select from terminal_command where state in ('queued', 'sent'))"
			" and not exists (select from terminal_person p join terminal t on t.id = p.terminal_id"
			" where version <> confirmed_version and not people_held)"), 30, every=0.1)

	def order(self, action, **members):
		return self.server.api.raw("POST", TERMINALS + action + "/", {"terminals": [self.terminal.id], **members})


@pytest.fixture
def box(server, make_sim):
	return lambda profile, *options: Box(server, make_sim, profile, *options)


def listed(server, name, **params):
	return server.api.get("/iclock/api/%s/" % name, page_size=200, **params)["data"]


# ---------------------------------------------------------------- uploads

@pytest.mark.parametrize("profile", PROFILES)
def test_every_upload(server, box, profile):
	b = box(profile)
	sim, modern = b.sim, profile in ("g4", "g5")
	sim("punch 7 %s 1 4 12" % WHEN)
	sim("enrol 7 Name=Anna\\tCard=" + ("[15CD5B0700]" if profile in ("g1", "g2") else "123456789"))
	sim("enrol-fp 7 6")
	kinds = {(1, "BIODATA" if profile == "g5" else "FP")}
	if profile != "g1":
		sim("enrol-face 7")
		kinds.add((9, "BIODATA") if modern else (2, "FACE"))
		sim("enrol-bio 7 picture")
	if profile in ("g3", "g4", "g5"):
		sim("enrol-bio 7 vein")
		kinds.add((7, "FVEIN" if profile == "g3" else "BIODATA"))
	if modern:
		sim("enrol-bio 7 palm")
		kinds.add((8 if profile == "g4" else 10, "BIODATA"))
		sim("enrol-bio 7 photo")
	else:
		assert not sim("enrol-bio 7 palm", ok=False)["ok"]
	for verb in ("photo 7 " + WHEN, "photo -", "fp-image 7 6", "idcard 7", "error D01E0003", "workcode 12 Welding",
			"verify-data anything=1", "broken", "upload SOMETHINGNEW A=1\\n", "upload USERINFO PIN=8\\tName=Bert\\n",
			"upload SMS MSG=Hello\\tTAG=253\\tUID=3\\tMIN=60\\tStartTime=%s\\n" % WHEN, "packed",
			"post /iclock/edata?SN=%s&table=ATTLOG&Stamp=9999 9\\t%s\\t0\\t1\\n" % (b.sn, WHEN)):
		reply = sim(verb)
		assert reply["status"] == 200 and reply["body"].startswith("OK"), (verb, reply)
	b.idle()

	punch, = listed(server, "transactions", emp_code="7")
	assert (punch["punch_time"], punch["punch_state"], punch["verify_type"], punch["terminal_sn"]) == (WHEN, "1", 4, b.sn)
	assert punch["work_code"] == ("" if profile == "g1" else "12"), "it has no such column"
	assert len(listed(server, "transactions", emp_code="9")) == 1
	anna = server.api.get("/personnel/api/employees/", emp_code="7")["data"][0]
	assert (anna["first_name"], anna["card_no"]) == ("Anna", "123456789")
	assert server.api.get("/personnel/api/employees/", emp_code="8")["count"] == 1
	assert set(server.sql("select distinct bio_type, form from template")) == kinds
	assert {r[0] for r in server.sql("select form from photo")} == (
		{"USERPIC", "BIOPHOTO"} if modern else {"USERPIC"} if profile != "g1" else set())
	assert {(r["emp_code"], r["kind"]) for r in listed(server, "attphotos")} == {("7", "attendance"), (None, "failed")}
	assert [r["transaction"] for r in listed(server, "attphotos", emp_code="7")] == [punch["id"]]
	assert server.sql("select finger from fp_image") == [(6,)]
	assert server.value("select count(*) from id_card") == 1
	assert [(r["error_code"], r["meaning"]) for r in listed(server, "errorlogs")] == [("D01E0003", "face blurred")]
	assert [(r["code"], r["alias"]) for r in listed(server, "terminalworkcodes")] == [("12", "Welding")]
	assert server.value("select count(*) from terminal_message") == 1
	assert [r["table"] for r in listed(server, "rawuploads", ordering="id")] == ["POSTVERIFYDATA", "SOMETHINGNEW"]
	assert {r["reason"] for r in listed(server, "rejects")} == {"bad time"}
	codes = {r["code"] for r in listed(server, "terminallogs")}
	assert {30, 6, 36} <= codes, codes
	said = server.value("select options from terminal where sn = %s", b.sn) or {}
	assert bool(said.get("DeviceName")) == (profile not in ("g1", "g2")), "options come from the third on"
	tables = {r["table"] for r in listed(server, "uploadlogs", terminal_sn=b.sn)} if wait_until(
		lambda: listed(server, "uploadlogs", table="SOMETHINGNEW"), 20) else None
	assert tables >= {"ATTLOG", "OPERLOG", "IDCARD", "ERRORLOG", "WORKCODE", "SMS"}, tables


# ---------------------------------------------------------------- commands

# action, members, the first generation that has words for it (0: the second only)
ORDERS = [("info", {}, 1), ("check", {}, 1), ("set_time", {}, 1), ("log", {}, 1), ("unlock", {}, 1),
	("cancel_alarm", {}, 1), ("reload_options", {}, 1), ("set_option", {"key": "AlarmReRec", "value": "3"}, 1),
	("enroll_fp", {"pin": "7", "finger": 2}, 1), ("enroll_card", {"pin": "7"}, 2),
	("enroll_bio", {"pin": "7", "type": 1}, 3),
	("message_send", {"id": 3, "text": "Hello", "start_time": WHEN}, 1),
	("message_send", {"id": 4, "text": "Hello", "start_time": WHEN, "pin": "7"}, 2), ("message_delete", {"id": 3}, 2),
	("work_code_set", {"id": 1, "code": "12", "name": "Welding"}, 2), ("work_code_delete", {"code": "12"}, 2),
	("time_zone_set", {"id": 2, "mon": "08:00-17:00"}, 2), ("time_zone_delete", {"id": 2}, 0),
	("group_set", {"id": 2}, 3), ("holiday_set", {"id": 1, "start": "05-01", "end": "05-02"}, 3),
	("unlock_combination_set", {"id": 1, "group1": 1, "group2": 2}, 2), ("unlock_combination_delete", {"id": 1}, 0),
	("query_users", {}, 2), ("query_users", {"pin": "7"}, 2), ("query_templates", {"type": 1, "pin": "7"}, 2),
	("query_templates", {"type": 9}, 4), ("query_transactions", SPAN, 2), ("query_photos", SPAN, 2),
	("verify_sum", SPAN, 3), ("shell", {"command": "date"}, 1), ("get_file", {"path": "/mnt/x"}, 1),
	("put_file", {"url": "http://127.0.0.1/iclock/ping?SN=PUT", "path": "/mnt/x"}, 1),
	("upgrade", {"url": "emfw.cfg", "checksum": "0" * 32, "size": 9}, 1), ("clear_capture", {}, 1),
	("clear_template", {}, 3), ("clear_transaction", {}, 1), ("reboot", {}, 1), ("clear_user", {}, 4),
	("clear_all", {}, 1)]
# what the simulated firmware itself does not know, as some of its kind do not
UNKNOWN = {"g3": ("ENROLL_BIO", "DATA QUERY BIODATA"), "g5": ("SMS", "VERIFY SUM")}


def knows(first, generation):
	return generation == 2 if first == 0 else generation >= first


@pytest.mark.settings(dangerous_commands="on")
@pytest.mark.parametrize("profile", PROFILES)
def test_every_command(server, box, profile):
	b, g = box(profile, "--open-shell"), int(profile[1])
	b.sim("enrol 7 Anna")
	b.sim("enrol-fp 7 6")
	b.sim("punch 7 " + WHEN)
	b.sim("photo 7 " + WHEN)
	b.idle()
	server.sql("delete from terminal_command")
	expected = 0
	for action, members, first in ORDERS:
		r = b.order(action, **members)
		if knows(first, g):
			assert r.status == 200, (action, r)
		else:
			assert (r.status, r.json()) == (400, {"terminals": ["Terminal %s does not know this." % b.sn]}), action
		b.idle()
	rows = server.sql("select content, state, return_value from terminal_command order by id")
	verbs = {r[0].split(" ")[0] for r in rows}
	assert {"INFO", "CHECK", "LOG", "REBOOT", "AC_UNLOCK", "AC_UNALARM", "CLEAR", "SET", "RELOAD", "ENROLL_FP", "SHELL",
		"GetFile", "PutFile", "UPGRADE"} <= verbs
	odd = [r for r in rows if r[1] != "done"]
	# no such firmware here; what this kind does not know; all else was done
	assert all(r[0].startswith("UPGRADE") and r[2] == -1008 or any(w in r[0] for w in UNKNOWN.get(profile, ()))
		for r in odd), odd
	state = b.sim.state()
	assert state["counts"]["unlocks"] == 1 and state["counts"]["reboots"] == 1
	assert state["settings"] == {"AlarmReRec": "3"}
	assert state["users"] == {} and state["punches"] == [], "all was cleared at last"
	assert server.api.get("/iclock/api/terminalpeople/", emp_code="7")["data"][0]["missing"] == (
		"the terminal was cleared and stays empty until sync")
	# the card and the finger that were asked for are known here
	assert server.value("select count(*) from template where bio_type = 1") == (3 if g >= 4 else 2)
	card = server.api.get("/personnel/api/employees/", emp_code="7")["data"][0]["card_no"]
	assert bool(card) == (g >= 2)
	assert server.value("select seen_count from punch_photo") == (1 if g == 1 else 2), "photos were asked for again"


# ---------------------------------------------------------------- questions

@pytest.mark.parametrize("profile", PROFILES)
def test_remote_attendance_and_cards(server, box, make_terminal, profile):
	b = box(profile)
	b.sim("enrol 7 Anna")
	b.sim("enrol-fp 7 6")
	b.sim("poll")
	wait_until(lambda: server.value("select max(fp_version) from terminal_state") in (10, 13), 20)
	area = server.api.post("/personnel/api/areas/", {"area_code": "9", "area_name": "Nine"})["id"]
	server.api.post("/personnel/api/employees/", {"emp_code": "147", "first_name": "Rita", "department": 1, "area": [2],
		"card_no": "123456789", "device_password": "12"})
	server.api.post("/personnel/api/employees/", {"emp_code": "148", "first_name": "Far", "department": 1, "area": [area],
		"card_no": "77"})
	b.sim("remote 147")
	rita = b.sim.state()["users"]["147"]
	assert (rita["Name"], rita["Passwd"]) == ("Rita", "12")
	assert rita["Card"] == ("[15CD5B0700]" if profile in ("g1", "g2") else "123456789")
	assert b.sim("remote 148")["body"] == "OK" and b.sim("remote 999")["body"] == "OK"
	# somebody with a finger: it comes with the record
	b.sim("delete-user 7")
	assert "7" not in b.sim.state()["users"]
	b.sim("remote 7")
	state = b.sim.state()
	assert "7" in state["users"] and [t["PIN"] for t in state["templates"]] == ["7"], state["templates"]
	assert b.sim("verify CARD 15CD5B0700")["body"] == (
		"AUTH=Success\tPIN=147\tName=Rita\tPri=0\tGrp=1\tTZ=0000000000000000\n")
	for question in ("verify CARD 4D00000000", "verify FP 15CD5B0700", "verify CARD 00"):
		assert b.sim(question)["body"] == "AUTH=Failed\n", question


# ---------------------------------------------------------------- a mixed fleet

def test_a_mixed_fleet_in_one_process(server, make_sim):
	"""One of each generation; who is enrolled at the oldest is at all of them with all that fits."""
	server.settings["admission"] = "auto"
	server.restart()
	sim = make_sim(server, "--profile", "mixed", "--terminals", "5", "--sn-prefix", "MIX", "--delay", "0.2", manual=False)
	sns = ["MIX%07d" % (n + 1) for n in range(5)]
	wait_until(lambda: server.value("select count(*) from terminal_state s join terminal t on t.id = s.terminal_id"
		" where t.approved and s.fp_version is not null") == 5, 30)
	generations = dict(server.sql("select sn, generation from terminal"))
	assert generations == dict(zip(sns, range(1, 6)))
	sim("enrol 7 Anna", sns[0])
	sim("enrol-fp 7 6", sns[0])
	for sn in sns[:4]:
		wait_until(lambda: [t["kind"] for t in sim.state(sn)["templates"]] == ["FP"], 20, what="her finger is on " + sn)
	wait_until(lambda: "7" in sim.state(sns[4])["users"], 20)
	rows = {r["terminal_sn"]: r for r in wait_until(lambda: (lambda d: d if "waiting" not in {r["state"] for r in d} else None)(
		server.api.get("/iclock/api/terminalpeople/", emp_code="7")["data"]), 20)}
	assert [rows[sn]["state"] for sn in sns] == ["complete"] * 4 + ["incomplete"]
	assert rows[sns[4]]["missing"] == "fingerprint template of version 10; this terminal has 13"
