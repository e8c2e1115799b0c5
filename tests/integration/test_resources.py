"""Company, notifications, deviceStatus, templates as biodatas; work codes and messages, which are
kept on terminals."""

import pytest

from punchd_test.dump import found_in
from punchd_test.punches import make_employee
from punchd_test.rest import ApiError
from punchd_test.wait import wait_until

I = "/iclock/api/"
WORK, PUBLIC, PRIVATE = I + "workcodes/", I + "publicmessages/", I + "privatemessages/"
START, LONG = "2026-01-01 08:00:00", 65535
AGAIN = 30  # seconds in which the process clock notices what no request said


def same(found, expected):
	assert found == expected and list(found) == list(expected)


def fails(call, *args):
	with pytest.raises(ApiError) as e:
		call(*args)
	return e.value.status, e.value.json


@pytest.fixture
def ready(make_terminal):
	t = make_terminal()
	t.register()
	t.obey()
	return t


def sent(terminal):
	"""The next commands that leave, answered well."""
	commands = wait_until(terminal.poll, 10)
	terminal.ack(*[(c[0], 0, c[1].split(" ")[0]) for c in commands])
	return [c[1] for c in commands]


def hired(server, code, first=""):
	return server.api.post("/personnel/api/employees/", {"emp_code": code, "first_name": first, "department": 1,
		"area": [2]})["id"]


def enrolled(server, terminal, code, **more):
	emp = hired(server, code, **more)
	cid, _ = terminal.poll_until("USERINFO PIN=%s\t" % code)
	terminal.ack((cid, 0))
	terminal.obey()
	return emp


def now(server, minutes=0):
	return server.value("select to_char(now() at time zone 'Asia/Kolkata' + make_interval(mins => %s),"
		" 'YYYY-MM-DD HH24:MI:SS')", minutes)


# ---------------------------------------------------------------- company, /base/api/

def test_company(server):
	row = {"id": 1, "company_code": "1", "company_name": "Company"}
	answer = server.api.get("/personnel/api/company/")
	same(answer, {"count": 1, "next": None, "previous": None, "msg": "", "code": 0, "data": [row]})
	same(server.api.patch("/personnel/api/company/1/", {"company_name": " Acme "}), {**row, "company_name": "Acme"})
	assert fails(server.api.patch, "/personnel/api/company/1/", {"company_name": "x" * 101}) == (
		400, {"company_name": ["Ensure this field has no more than 100 characters."]})
	assert server.api.get("/personnel/api/company/", company_code="2")["count"] == 0
	assert server.api.raw("POST", "/personnel/api/company/", {}).status == 405
	assert server.api.raw("DELETE", "/personnel/api/company/1/").status == 405


def test_locations_of_the_cloud_are_areas(server):
	assert server.api.get("/personnel/api/locations/") ["data"] == server.api.get("/personnel/api/areas/")["data"]


def test_notifications_count_alerts(server, ready):
	path = "/base/api/user_notifications/total/"
	assert server.api.get(path, status=0) == {"code": 0, "msg": "", "data": {"total": 0}}
	server.sql("select alert_raise(%s, 'offline', x, 'text') from unnest(array['a', 'b', 'c']) x", ready.id)
	first = server.api.get(I + "alerts/")["data"][0]["id"]
	server.api.post(I + "alerts/%d/acknowledge/" % first)
	assert [server.api.get(path, **q)["data"]["total"] for q in ({}, {"status": 0}, {"status": 1}, {"status": "x"})] == [3, 2, 1, 0]
	assert server.api.request("GET", path, authorization="").status == 401


def test_device_status(server, ready):
	ready.poll()
	row = wait_until(lambda: [x for x in server.api.get("/base/api/deviceStatus/")["data"] if x["state"] == 1])[0]
	assert list(row) == ["id", "sn", "alias", "ip_address", "area_code", "area_name", "state", "last_activity",
		"push_time", "user_count", "fp_count", "face_count", "palm_count", "transaction_count", "command_count"]
	assert (row["sn"], row["area_code"], row["area_name"], row["command_count"]) == (ready.sn, "2", "Head Office", 0)
	server.api.post(I + "terminals/reboot/", {"terminals": ready.id})
	row = server.api.get("/base/api/deviceStatus/", sn=ready.sn, area=2)["data"][0]
	assert row["command_count"] == 1
	assert server.api.get("/base/api/deviceStatus/", area=1)["count"] == 0
	assert server.api.get("/base/api/deviceStatus/", search="nothing")["count"] == 0


# ---------------------------------------------------------------- biodatas

def test_biodatas_withhold_templates(server, ready):
	server.sql("insert into employee_area values (%s, 2)", make_employee(server, "7", first="Ada", last="Byron"))
	ready.push("OPERLOG", "FP PIN=7\tFID=6\tSize=8\tValid=1\tTMP=c2VjcmV0")
	ready.push("OPERLOG", "USER PIN=8", "FP PIN=8\tFID=1\tSize=8\tValid=1\tTMP=b3RoZXI=")
	rows = server.api.get(I + "biodatas/", ordering="-id")["data"]
	assert [(r["employee"], r["bio_tmp"]) for r in rows] == [("8", None), ("7 Ada Byron", None)]
	row = rows[1]
	same(row, {"id": 1, "employee": "7 Ada Byron", "bio_tmp": None, "bio_no": 6, "bio_index": 0, "bio_type": 1,
		"major_ver": row["major_ver"], "minor_ver": row["minor_ver"], "bio_format": 0, "valid": 1, "duress": 0, "sn": ready.sn,
		"update_time": row["update_time"], "problem": None})
	emp = server.api.get("/personnel/api/employees/", emp_code="7")["data"][0]["id"]
	asked = server.api.get(I + "biodatas/", employee=emp, templates="true")["data"]
	assert [r["bio_tmp"] for r in asked] == ["c2VjcmV0"]
	assert server.api.get(I + "biodatas/1/") == row
	assert server.api.get(I + "biodata/", bio_type="9")["count"] == 0
	assert server.api.get(I + "biodatas/", bio_type="1,9", id_more_than=1)["count"] == 1
	assert server.api.raw("POST", I + "biodatas/", {}).status == 405
	server.command("user", "add", "reader", "--password-file", "/dev/stdin", stdin="secret word 1\n")
	reader = server.new_api("reader", "secret word 1")
	assert [r["bio_tmp"] for r in reader.get(I + "biodatas/", templates="true")["data"]] == [None, None]


# ---------------------------------------------------------------- work codes

def test_work_code_on_terminals(server, ready):
	row = server.api.post(WORK, {"code": "12", "alias": "Welding"})
	same(row, {"id": 1, "code": "12", "alias": "Welding", "last_activity": row["last_activity"], "last_send": None,
		"delivered": 0})
	assert sent(ready) == ["DATA UPDATE WORKCODE PIN=1\tCODE=12\tNAME=Welding"]
	row = server.api.get(WORK + "1/")
	assert row["delivered"] == 1 and row["last_send"]
	server.api.patch(WORK + "1/", {"alias": "Painting"})
	assert server.api.get(WORK + "1/")["delivered"] == 0
	assert sent(ready) == ["DATA UPDATE WORKCODE PIN=1\tCODE=12\tNAME=Painting"]
	server.api.put(WORK + "1/", {"code": "13", "alias": "Painting"})
	assert sent(ready) == ["DATA DELETE WORKCODE CODE=12", "DATA UPDATE WORKCODE PIN=1\tCODE=13\tNAME=Painting"]
	server.api.patch(WORK + "1/", {"alias": "Painting"})  # the same again
	assert server.value("select count(*) from terminal_command where state = 'queued'") == 0
	server.api.delete(WORK + "1/")
	assert sent(ready) == ["DATA DELETE WORKCODE CODE=13"]
	assert server.api.get(WORK)["count"] == 0


@pytest.mark.parametrize("body,errors", [
	({}, {"code": ["This field is required."], "alias": ["This field is required."]}),
	({"code": "123456789", "alias": "x" * 25}, {"code": ["Ensure this field has no more than 8 characters."],
		"alias": ["Ensure this field has no more than 24 characters."]}),
	({"code": "1\t2", "alias": "a\nb"}, {"code": ["Enter a valid value."], "alias": ["Enter a valid value."]}),
	({"code": "", "alias": None}, {"code": ["This field may not be blank."], "alias": ["This field may not be null."]}),
	({"code": "7", "alias": "x"}, {"code": ["work code with this code already exists."]})])
def test_bad_work_codes(server, body, errors):
	server.api.post(WORK, {"code": "7", "alias": "Seven"})
	assert fails(server.api.post, WORK, body) == (400, errors)
	assert server.api.get(WORK, code_icontains="7", alias="Seven", search="sev")["count"] == 1


def test_a_terminal_that_comes_later_is_told(server, make_terminal):
	server.api.post(WORK, {"code": "12", "alias": "Welding"})
	server.api.post(PUBLIC, {"content": "Fire drill", "start_time": now(server), "duration": LONG})
	t = make_terminal()
	t.register()
	uid = server.value("select uid from public_message")
	wanted = "select count(*) from terminal_command where terminal_id = %s and content like %s"
	for line in ("DATA UPDATE WORKCODE PIN=1\tCODE=12\tNAME=Welding", "DATA UPDATE SMS MSG=Fire drill\tTAG=253\tUID=%d\t%%" % uid):
		wait_until(lambda: server.value(wanted, t.id, line) == 1, AGAIN)
	assert any("WORKCODE" in c for c in t.obey()) or server.api.get(WORK + "1/")["delivered"] == 1


def test_a_cleared_terminal_is_told_again_after_sync(server, ready):
	server.api.post(WORK, {"code": "12", "alias": "Welding"})
	assert len(sent(ready)) == 1
	server.api.post(I + "terminals/clear_all/", {"terminals": [ready.id]})
	assert sent(ready) == ["CLEAR DATA"]
	wait_until(lambda: server.value("select count(*) from terminal_item") == 0, AGAIN)
	server.api.post(I + "terminals/%d/sync/" % ready.id)
	assert "CODE=12" in ready.poll_until("WORKCODE", AGAIN)[1]


# ---------------------------------------------------------------- public messages

def test_public_message(server, ready):
	start = now(server)
	row = server.api.post(PUBLIC, {"content": "Fire drill", "start_time": start, "duration": "90", "area": 2})
	uid = server.value("select uid from public_message")
	assert 30001 <= uid <= 65535
	same(row, {"id": 1, "terminal": None, "area": {"id": 2, "area_code": "2", "area_name": "Head Office"},
		"content": "Fire drill", "start_time": start, "end_time": now_plus(server, start, 90), "duration": 90,
		"last_send": None, "delivered": 0, "update_time": row["update_time"]})
	assert sent(ready) == ["DATA UPDATE SMS MSG=Fire drill\tTAG=253\tUID=%d\tMIN=90\tStartTime=%s" % (uid, start)]
	assert server.api.get(PUBLIC, duration=90, area=2, content_icontains="fire")["data"][0]["delivered"] == 1
	server.api.delete(PUBLIC + "1/")
	assert sent(ready) == ["DATA DELETE SMS UID=%d" % uid]


def now_plus(server, start, minutes):
	return server.value("select to_char(%s::timestamp + make_interval(mins => %s), 'YYYY-MM-DD HH24:MI:SS')", start, minutes)


def test_public_messages_reach_their_terminals_only(server, ready, make_terminal):
	other = make_terminal(approve=False)
	other.register()
	area = server.api.post("/personnel/api/areas/", {"area_code": "9", "area_name": "Yard"})["id"]
	other.approve(area)
	other.obey()
	body = {"start_time": now(server), "duration": LONG}
	server.api.post(PUBLIC, {**body, "content": "yard", "area": area})
	server.api.post(PUBLIC, {**body, "content": "one", "terminal": ready.id})
	server.api.post(PUBLIC, {**body, "content": "all"})
	told = lambda t: [c.split("MSG=")[1].split("\t")[0] for c in sent(t) + t.obey() if " SMS " in c]
	assert (told(ready), told(other)) == (["one", "all"], ["yard", "all"])
	# a terminal that moves is told what is said there, and forgets the rest
	server.api.patch(I + "terminals/%d/" % other.id, {"area": 2})
	assert "UID=30001" in other.poll_until("DATA DELETE SMS", AGAIN)[1]
	status, answer = fails(server.api.delete, "/personnel/api/areas/%d/" % area)
	assert status == 400 and "detail" in answer


def test_a_message_ends(server, ready):
	server.api.post(PUBLIC, {"content": "over", "start_time": now(server, -120), "duration": 60})
	assert server.value("select count(*) from terminal_item") == 0
	server.api.post(PUBLIC, {"content": "now", "start_time": now(server), "duration": 60})
	assert "MSG=now" in sent(ready)[0]
	server.sql("alter table public_message disable trigger user")  # as time passes
	server.sql("update public_message set start_time = start_time - interval '2 hours'")
	server.sql("alter table public_message enable trigger user")
	assert "UID=30002" in ready.poll_until("DATA DELETE SMS", AGAIN)[1]
	assert server.api.get(PUBLIC)["count"] == 2, "what was said stays listed"


# ---------------------------------------------------------------- private messages

def test_private_message(server, ready):
	emp = enrolled(server, ready, "7", first="Ada")
	start = now(server)
	row = server.api.post(PRIVATE, {"employee": emp, "content": "hush: see HR", "start_time": start, "duration": 60})
	uid = server.value("select uid from private_message")
	same(row, {"id": 1, "employee": {"id": emp, "emp_code": "7", "first_name": "Ada", "last_name": ""}, "emp_code": "7",
		"content": "hush: see HR", "start_time": start, "end_time": now_plus(server, start, 60), "duration": 60,
		"last_send": None, "delivered": 0, "update_time": row["update_time"]})
	commands = server.api.get(I + "terminalcommands/", state="queued")["data"]
	assert [c["content"] for c in commands] == [
		"DATA UPDATE SMS MSG=*\tTAG=254\tUID=%d\tMIN=60\tStartTime=%s" % (uid, start),
		"DATA UPDATE USER_SMS PIN=7\tUID=%d" % uid]
	assert sent(ready) == ["DATA UPDATE SMS MSG=hush: see HR\tTAG=254\tUID=%d\tMIN=60\tStartTime=%s" % (uid, start),
		"DATA UPDATE USER_SMS PIN=7\tUID=%d" % uid]
	assert found_in(server, "hush: see HR") == []
	assert server.api.get(PRIVATE, employee=emp)["data"][0]["delivered"] == 1
	server.api.patch(PRIVATE + "1/", {"content": "never mind", "employee": 99})
	assert "MSG=never mind\t" in sent(ready)[0]
	server.api.delete("/personnel/api/employees/%d/" % emp)
	told = sent(ready) + ready.obey()
	assert "DATA DELETE SMS UID=%d" % uid in told and server.api.get(PRIVATE)["count"] == 0


def test_private_message_waits_for_the_person(server, ready):
	emp = hired(server, "7")
	server.api.post(PRIVATE, {"employee": emp, "content": "welcome", "start_time": now(server), "duration": 60})
	first = wait_until(ready.poll)
	assert all("SMS" not in c[1] for c in first), "nobody is there yet to get it"
	ready.ack(*[(c[0], 0) for c in first])
	assert "MSG=welcome\t" in ready.poll_until("DATA UPDATE SMS", AGAIN)[1]


def test_a_private_message_that_was_deleted_does_not_leave(server, ready):
	emp = enrolled(server, ready, "7")
	server.api.post(PRIVATE, {"employee": emp, "content": "oops", "start_time": now(server), "duration": 60})
	server.api.delete(PRIVATE + "1/")
	assert sent(ready) + ready.obey() == ["DATA DELETE SMS UID=30001"]


@pytest.mark.parametrize("body,errors", [
	({}, {"employee": ["This field is required."], "content": ["This field is required."],
		"duration": ["This field is required."]}),
	({"employee": 99, "content": "a\tb", "duration": 0}, {"employee": ['Invalid pk "99" - object does not exist.'],
		"content": ["Enter a valid value."], "duration": ["Ensure this value is greater than or equal to 1."]}),
	({"employee": "x", "content": "c" * 321, "duration": 65536, "start_time": "soon"}, {
		"employee": ["Incorrect type. Expected pk value, received str."],
		"content": ["Ensure this field has no more than 320 characters."],
		"start_time": ["Datetime has wrong format. Use one of these formats instead: YYYY-MM-DD hh:mm:ss."],
		"duration": ["Ensure this value is less than or equal to 65535."]})])
def test_bad_private_messages(server, body, errors):
	assert fails(server.api.post, PRIVATE, body) == (400, errors)


def test_messages_survive_a_new_key(server):
	emp = make_employee(server, "7")
	server.api.post(PRIVATE, {"employee": emp, "content": "sealed", "duration": 60})
	assert "private_message: 1 sealed again" in server.command("key", "rotate").stdout
	assert server.api.get(PRIVATE)["data"][0]["content"] == "sealed"
