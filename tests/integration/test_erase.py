"""Erasing a person: what is held of somebody goes, here and on terminals, with a receipt; and handing
out all that is held of one."""

import base64
import json

import pytest

from punchd_test.dump import dump, forms
from punchd_test.rest import ApiError
from punchd_test.wait import wait_until

E = "/personnel/api/employees/"
X = "/personnel/api/erasures/"
T = "/iclock/api/transactions/"
FP = base64.b64encode(b"minutiae of a finger" * 20).decode()
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"a face" * 40 + b"\xff\xd9"

# everything of the person that is planted, none of which may be left
PLANTED = ["Zebulon", "Quisenberry", "+49 171 5556667", "4711004711", "see me at ten o'clock", FP[:40],
	"minutiae of a finger", "a facea face", "broken line of 7711"]


def held(server):
	"""Which of the planted values the database still holds, sealed ones opened by REST's export."""
	content = dump(server.database)
	return [p for p in PLANTED for form in forms(p) if form in content or form.upper() in content]


def fill(server, terminal, code="7711"):
	"""A person with something everywhere."""
	emp = server.api.post(E, {"emp_code": code, "first_name": "Zebulon", "last_name": "Quisenberry",
		"department": 1, "area": [2], "mobile": "+49 171 5556667", "card_no": "4711004711"})["id"]
	terminal.poll_until("USERINFO")
	terminal.obey()
	text = base64.b64encode(JPEG).decode()
	assert terminal.push("OPERLOG",
		"FP PIN=%s\tFID=6\tSize=%d\tValid=1\tTMP=%s" % (code, len(FP), FP),
		"USERPIC PIN=%s\tFileName=%s.jpg\tSize=%d\tContent=%s" % (code, code, len(text), text),
		"OPLOG 6\t0\t2026-05-04 08:00:00\t%s\t0\t0\t0" % code) == "OK: 3"
	assert terminal.push("ATTLOG", code + "\t2026-05-04 08:00:00\t0\t1", code + "\t2026-05-04 17:00:00\t1\t1",
		code + "\tbroken line of 7711", "7\tbroken line of another") == "OK: 4"
	server.api.post("/iclock/api/privatemessages/", {"employee": emp, "content": "see me at ten o'clock",
		"duration": 60})
	server.api.post(E + "%d/self_password/" % emp, {"self_password": "correct horse"})
	server.api.post("/att/api/leaves/", {"employee": emp, "pay_code": 1, "start_time": "2026-06-01 00:00:00",
		"end_time": "2026-06-02 00:00:00", "apply_reason": "Quisenberry family"})
	wait_until(lambda: server.value("select count(*) from punch") == 2)
	terminal.obey()
	wait_until(lambda: server.value("select count(*) from audit_pending") == 0)
	return emp


@pytest.fixture
def emp(server, terminal):
	terminal.register()
	terminal.obey()
	return fill(server, terminal)


def erase(server, emp, **body):
	return server.api.post(E + "%d/erase/" % emp, body)


def test_all_of_it_goes_and_the_receipt_says_what(server, terminal, emp):
	assert set(held(server)) >= {"Zebulon", "Quisenberry"}, "the test sees what is there"
	receipt = erase(server, emp)
	assert receipt["employee"] == emp and receipt["user"] == "admin" and receipt["punches"] == "anonymise"
	removed = receipt["removed"]
	for what, n in {"employee": 1, "templates": 1, "photos": 1, "messages": 1, "leaves": 1, "staff_login": 1,
		"rejected_lines": 1, "operation_logs": 1, "punches": 2}.items():
		assert removed[what] == n, (what, removed)
	assert removed["audit_rows"] > 2
	assert [(t["sn"], t["state"]) for t in receipt["terminals"]] == [(terminal.sn, "queued")]
	assert receipt["waiting"] == 1 and receipt["completed"] is None
	assert server.api.raw("GET", E + "%d/" % emp).status == 404
	assert held(server) == []
	assert server.value("select count(*) from reject") == 1, "another's line stays"
	for table in ("template", "photo", "private_message", "att_leave", "staff_login", "person_key"):
		assert server.value("select count(*) from " + table) == 0, table
	assert erase_again(server, emp) == 404
	assert server.api.get(X)["data"][0]["id"] == receipt["id"]


def erase_again(server, emp):
	with pytest.raises(ApiError) as e:
		erase(server, emp)
	return e.value.status


def test_the_receipt_follows_the_terminals(server, make_terminal, terminal, emp):
	receipt = erase(server, emp)
	path = X + "%d/" % receipt["id"]
	terminal.push("OPERLOG", "USER PIN=7711\tName=Zebulon\tPri=0",
		"FP PIN=7711\tFID=6\tSize=%d\tValid=1\tTMP=%s" % (len(FP), FP))
	assert server.api.get(E)["count"] == 0, "it has not confirmed yet: the person does not come back"
	assert server.value("select count(*) from template") == 0
	assert held(server) == []
	cid, text = terminal.poll_until("PIN=7711")
	assert "DELETE" in text
	assert server.api.get(path)["waiting"] == 1
	terminal.ack((cid, 0, "DATA"))
	done = wait_until(lambda: (lambda r: r if r["completed"] else None)(server.api.get(path)), 10)
	assert done["waiting"] == 0 and done["terminals"][0]["state"] == "removed" and done["terminals"][0]["confirmed"]
	assert server.value("select pin_id from erasure") is None, "nothing leads back to the PIN"


def test_a_deleted_terminal_is_waited_for_no_more(server, terminal, emp):
	receipt = erase(server, emp)
	server.api.delete("/iclock/api/terminals/%d/" % terminal.id)
	done = server.api.get(X + "%d/" % receipt["id"])
	assert done["completed"] and done["terminals"][0]["state"] == "the terminal was deleted"


def test_punches_stay_countable_under_a_code_that_says_nothing(server, terminal, emp):
	before = server.api.get(T)["data"]
	code = erase(server, emp)["code"]
	assert code.startswith("erased-") and len(code) <= 20
	after = server.api.get(T)["data"]
	assert [(r["id"], r["punch_time"], r["punch_state"]) for r in after] == [
		(r["id"], r["punch_time"], r["punch_state"]) for r in before]
	assert {(r["emp_code"], r["emp"], r["first_name"]) for r in after} == {(code, None, None)}
	assert server.api.get(T, emp_code="7711")["count"] == 0
	# the terminal sends its log again: nothing comes back, and nothing that links the two
	lines = ["7711\t2026-05-04 08:00:00\t0\t1", "7711\t2026-05-04 17:00:00\t1\t1"]
	assert terminal.push("ATTLOG", *lines, stamp="1") == "OK: 2"
	assert terminal.push("ATTLOG", "8\t2026-05-04 08:00:00\t0\t1", *lines, stamp="1") == "OK: 3"
	wait_until(lambda: server.api.get(T)["count"] == 3)
	assert server.api.get(T, emp_code="7711")["count"] == 0
	assert server.value("select count(*) from punch_tombstone") == 0
	assert server.value("select count(*) from punch_aside where key like 'p%%'") == 0


def test_punches_can_be_deleted_or_kept(server, terminal, emp):
	other = server.api.post(E, {"emp_code": "8", "department": 1, "area": [2]})["id"]
	terminal.push("ATTLOG", "8\t2026-05-04 08:00:00\t0\t1")
	wait_until(lambda: server.value("select count(*) from punch") == 3)
	assert erase(server, emp, punches="delete")["removed"]["punches"] == 2
	assert [r["emp_code"] for r in server.api.get(T)["data"]] == ["8"]
	terminal.push("ATTLOG", "7711\t2026-05-04 08:00:00\t0\t1", stamp="1")
	receipt = erase(server, other, punches="keep")
	assert receipt["code"] == "8" and "punches" not in receipt["removed"]
	assert [(r["emp_code"], r["emp"]) for r in server.api.get(T)["data"]] == [("8", None)]


def test_the_pin_can_have_another_holder(server, terminal, emp):
	erase(server, emp)
	terminal.obey()
	new = server.api.post(E, {"emp_code": "7711", "first_name": "New", "department": 1, "area": [2]})["id"]
	assert "Name=New" in terminal.poll_until("USERINFO")[1]
	terminal.push("ATTLOG", "7711\t2036-05-05 08:00:00\t0\t1")
	rows = wait_until(lambda: server.api.get(T, emp_code="7711")["data"])
	assert [(r["emp"], r["first_name"]) for r in rows] == [(new, "New")]
	server.api.patch(E + "%d/" % new, {"first_name": "Newer"})
	row = wait_until(lambda: server.api.get("/base/api/auditlogs/", resource="employee", object_id=new,
		action="change")["data"])[0]
	assert row["after"]["first_name"] == "Newer", "a key of their own"


def test_the_audit_trail_says_erased_and_stays_whole(server, emp):
	erase(server, emp)
	rows = wait_until(lambda: server.api.get("/base/api/auditlogs/", action="erase")["data"])
	assert rows[0]["object_id"] == emp and rows[0]["after"]["punches"] == "anonymise"
	made = server.api.get("/base/api/auditlogs/", resource="employee", object_id=emp, action="create")["data"][0]
	assert (made["state"], made["before"], made["after"]) == ("erased", "erased", "erased")
	r = server.command("audit", "verify")
	assert r.returncode == 0, r.stdout + r.stderr


def test_what_is_not_sealed_yet_when_erased_never_is(server, emp):
	"""The row of a change and the erasure race: whoever wins, nothing readable is left."""
	for n in range(5):
		server.api.patch(E + "%d/" % emp, {"nickname": "Zebulon %d" % n})
	erase(server, emp)
	wait_until(lambda: server.value("select count(*) from audit_pending") == 0, 15)
	assert held(server) == []
	assert server.value("select count(*) from person_key") == 0


def test_bad_bodies_and_rights(server, emp):
	for body, message in (({"punches": "burn"}, '"burn" is not a valid choice.'),
		({"punches": 7}, '"7" is not a valid choice.')):
		r = server.api.raw("POST", E + "%d/erase/" % emp, body)
		assert (r.status, r.json()) == (400, {"punches": [message]})
	assert server.api.raw("POST", E + "999/erase/", {}).status == 404
	made = server.command("user", "add", "clerk").stdout.split()[-1]
	clerk = server.new_api("clerk", made)
	assert clerk.raw("POST", E + "%d/erase/" % emp, {}).status == 403
	assert clerk.raw("GET", E + "%d/export/" % emp).status == 403
	assert server.api.get(E)["count"] == 1


# ---------------------------------------------------------------- all that is held

def test_all_that_is_held_of_a_person(server, terminal, emp):
	server.api.post(E, {"emp_code": "8", "first_name": "Other", "department": 1, "area": [2]})
	terminal.push("ATTLOG", "8\t2026-05-04 08:00:00\t0\t1")
	r = server.api.raw("GET", E + "%d/export/" % emp)
	assert r.status == 200 and "attachment" in r.headers["content-disposition"]
	doc = json.loads(r.text)
	assert doc["employee"][0]["row"]["first_name"] == "Zebulon"
	assert doc["employee"][0]["record"]["mobile"] == "+49 171 5556667"
	assert doc["messages"][0]["record"]["content"] == "see me at ten o'clock"
	assert [t["text"] for t in doc["templates"]] == [FP]
	assert base64.b64decode(doc["photos"][0]["text"]) == JPEG
	assert [p["row"]["punch_time"] for p in doc["punches"]] == ["2026-05-04T08:00:00", "2026-05-04T17:00:00"]
	assert doc["leaves"][0]["row"]["apply_reason"] == "Quisenberry family"
	assert [t["row"]["sn"] for t in doc["terminals"]] == [terminal.sn]
	assert "Other" not in r.text and "sealed" not in r.text and "password_hash" not in r.text
	assert wait_until(lambda: server.api.get("/base/api/auditlogs/", action="export")["data"])[0]["object_id"] == emp
	assert server.api.raw("GET", E + "999/export/").status == 404


def test_many_rows_are_handed_out_whole(server, terminal, emp):
	lines = ["7711\t2026-04-%02d %02d:%02d:00\t0\t1" % (d, h, m) for d in range(1, 26) for h in range(24)
		for m in range(0, 60, 12)]
	for i in range(0, len(lines), 500):
		terminal.push("ATTLOG", *lines[i:i + 500])
	wait_until(lambda: server.value("select count(*) from punch") == len(lines) + 2)
	doc = server.api.get(E + "%d/export/" % emp)
	assert len(doc["punches"]) == len(lines) + 2
	assert len({p["row"]["id"] for p in doc["punches"]}) == len(lines) + 2
