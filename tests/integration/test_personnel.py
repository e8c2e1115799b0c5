"""Employees, their organisation, resignations and actions, down to the terminals."""

import json
import threading

import pytest

from punchd_test.rest import ApiError
from punchd_test.wait import wait_until

P = "/personnel/api/"
E = P + "employees/"
OK = {"code": 0, "msg": "", "data": []}
REQUIRED = ["This field is required."]


@pytest.fixture
def api(server):
	return server.api


def make(api, code="1001", **more):
	return api.post(E, {"emp_code": code, "department": 1, "area": [2], **more})


def item(e):
	return "%s%d/" % (E, e["id"])


def fails(call, *args):
	with pytest.raises(ApiError) as e:
		call(*args)
	assert e.value.status == 400, e.value
	return e.value.json


# ---------------------------------------------------------------- shapes

def test_employee_bytes(server, api):
	r = api.raw("POST", E, {"emp_code": "007", "first_name": "Zoë", "department": 1, "area": [2, 1],
		"hire_date": "2026-10-01"})
	assert r.status == 201
	update_time = r.json()["update_time"]
	assert r.text == ('{"id":1,"emp_code":"007","first_name":"Zoë","last_name":"","nickname":"",'
		'"format_name":"007 Zoë","photo":"","full_name":"Zoë ","device_password":null,'
		'"card_no":null,"department":{"id":1,"dept_code":"1","dept_name":"Department"},'
		'"position":null,"hire_date":"2026-10-01","gender":null,"birthday":null,"verify_mode":0,'
		'"emp_type":null,"contact_tel":null,"office_tel":null,"mobile":null,"national":null,'
		'"city":null,"address":null,"postcode":null,"email":null,"enroll_sn":"","ssn":null,'
		'"religion":null,"enable_att":true,"enable_overtime":true,"enable_holiday":true,'
		'"attemployee":{"id":1,"enable_attendance":true,"enable_overtime":true,'
		'"enable_holiday":true,"enable_schedule":false},"dev_privilege":0,'
		'"area":[{"id":1,"area_code":"1","area_name":"Not Authorized"},'
		'{"id":2,"area_code":"2","area_name":"Head Office"}],"app_status":0,"app_role":1,'
		'"update_time":"%s","fingerprint":"-","face":"-","palm":"-","vl_face":"-","vl_palm":"-",'
		'"vl_face_photo":"-"}' % update_time)
	assert server.value("select to_char(update_time at time zone 'Asia/Kolkata',"
		" 'YYYY-MM-DD HH24:MI:SS') from employee") == update_time


def test_organisation_shapes(api):
	hq = api.post(P + "departments/", {"dept_code": "HQ", "dept_name": "Head"})
	ops = api.post(P + "departments/", {"dept_code": "OPS", "dept_name": "Ops",
		"parent_dept": hq["id"]})
	it = api.post(P + "departments/", {"dept_code": "IT", "dept_name": "It", "parent_dept": ops["id"]})
	assert hq == {"id": 2, "dept_code": "HQ", "dept_name": "Head", "parent_dept": None}
	assert it["parent_dept"] == {"id": 3, "dept_code": "OPS", "dept_name": "Ops", "parent_dept": 2}
	area = api.post(P + "areas/", {"area_code": "WH", "area_name": "Warehouse", "parent_area": 2})
	assert json.dumps(area) == json.dumps({"id": 3, "area_code": "WH", "area_name": "Warehouse",
		"parent_area": {"id": 2, "area_code": "2", "area_name": "Head Office", "parent_area": None},
		"parent_area_name": "Head Office"})
	position = api.post(P + "positions/", {"position_code": "T", "position_name": "Tech"})
	assert list(position) == ["id", "position_code", "position_name", "parent_position",
		"parent_position_name"]
	assert api.get(P + "departments/", parent_dept="2,3")["count"] == 2


# ---------------------------------------------------------------- validation

MESSAGES = [
	("emp_code", None, "This field may not be null."),
	("emp_code", " ", "This field may not be blank."),
	("emp_code", "1" * 21, "Ensure this field has no more than 20 characters."),
	("emp_code", "ä" * 11, "Ensure this field has no more than 20 bytes."),
	("emp_code", "a\tb", "Control characters are not allowed."),
	("emp_code", ["1"], "Not a valid string."),
	("emp_code", True, "Not a valid string."),
	("first_name", "x" * 26, "Ensure this field has no more than 25 characters."),
	("device_password", "1" * 21, "Ensure this field has no more than 20 characters."),
	("address", "x" * 201, "Ensure this field has no more than 200 characters."),
	("department", None, "This field may not be null."),
	("department", "", "This field may not be null."),
	("department", 99, 'Invalid pk "99" - object does not exist.'),
	("department", "99999999999", 'Invalid pk "99999999999" - object does not exist.'),
	("department", "abc", "Incorrect type. Expected pk value, received str."),
	("department", [1], "Incorrect type. Expected pk value, received list."),
	("department", True, "Incorrect type. Expected pk value, received bool."),
	("position", 99, 'Invalid pk "99" - object does not exist.'),
	("area", [], "This list may not be empty."),
	("area", [2, 77], 'Invalid pk "77" - object does not exist.'),
	("area", {"a": 1}, 'Expected a list of items but got type "dict".'),
	("area", None, "This field may not be null."),
	("hire_date", "01-02-2026", "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."),
	("birthday", "2026-02-30", "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."),
	("gender", "X", '"X" is not a valid choice.'),
	("email", "nobody", "Enter a valid email address."),
	("verify_mode", "x", "A valid integer is required."),
	("verify_mode", 256, "Ensure this value is less than or equal to 255."),
	("emp_type", 99999999999, "Ensure this value is less than or equal to 2147483647."),
	("dev_privilege", -1, "Ensure this value is greater than or equal to 0."),
	("app_status", 2, '"2" is not a valid choice.'),
	("app_status", True, "A valid integer is required."),
	("enable_att", "perhaps", "Must be a valid boolean."),
]


def test_employee_messages(api):
	e = make(api)
	read = api.get(E)
	for member, value, message in MESSAGES:
		body = {"emp_code": "1", "department": 1, "area": [2], member: value}
		assert fails(api.post, E, body) == {member: [message]}, (member, value)
		if member != "emp_code":  # which updates ignore
			assert fails(api.patch, item(e), {member: value}) == {member: [message]}, (member, value)
	assert api.get(E) == read


def test_messages_come_together_and_in_order(api):
	make(api, "1")
	errors = fails(api.post, E, {"emp_code": "1", "department": 9, "gender": "Q"})
	assert list(errors.items()) == [
		("emp_code", ["employee with this emp_code already exists."]),
		("department", ['Invalid pk "9" - object does not exist.']),
		("gender", ['"Q" is not a valid choice.']), ("area", REQUIRED)]
	assert fails(api.post, E, {}) == {"emp_code": REQUIRED, "department": REQUIRED, "area": REQUIRED}
	assert fails(api.post, P + "areas/", {"area_code": "1"}) == {
		"area_code": ["area with this area_code already exists."], "area_name": REQUIRED}


def test_every_optional_member_may_be_null(server, api):
	null = {m: None for m in ("first_name last_name nickname device_password card_no position hire_date "
		"gender birthday verify_mode emp_type contact_tel office_tel mobile national city address "
		"postcode email enroll_sn ssn religion enable_att enable_overtime enable_holiday attemployee "
		"dev_privilege app_status app_role").split()}
	e = make(api, **null)
	assert e["hire_date"] == str(server.value("select (now() at time zone 'Asia/Kolkata')::date"))
	assert (e["first_name"], e["enable_att"], e["app_role"]) == ("", True, 1)
	full = api.patch(item(e), {"first_name": "A", "mobile": "1", "gender": "M", "position": 1,
		"birthday": "2000-01-01", "emp_type": 2})
	assert (full["mobile"], full["position"]["id"], full["birthday"]) == ("1", 1, "2000-01-01")
	again = api.put(item(e), null)
	again["update_time"] = e["update_time"]
	assert again == e


def test_text_is_trimmed_and_numbers_are_texts(api):
	e = make(api, 12, first_name="  Ann  ", card_no=99887766, mobile=" 1 ")
	assert (e["emp_code"], e["first_name"], e["card_no"], e["mobile"]) == (
		"12", "Ann", "99887766", "1")
	assert fails(api.post, E, {"emp_code": " 12 ", "department": 1, "area": 2})["emp_code"]


def test_what_was_read_may_be_sent_back(api):
	e = make(api, first_name="A", card_no="5", device_password="1", position=1)
	again = api.put(item(e), e)
	again["update_time"] = e["update_time"]
	assert again == e


def test_both_forms_of_the_attendance_switches(api):
	e = make(api, enable_att=False)
	assert e["attemployee"]["enable_attendance"] is False is e["enable_att"]
	e = api.patch(item(e), {"attemployee": {"enable_attendance": True, "enable_schedule": True}})
	assert e["enable_att"] is True and e["attemployee"]["enable_schedule"] is True
	# a client that knows one form sends the other back as it was
	changed = {"enable_att": False, "attemployee": e["attemployee"]}
	e = api.put(item(e), changed)
	assert e["enable_att"] is False
	e = api.put(item(e), {"enable_att": False, "attemployee": {"enable_attendance": True}})
	assert e["enable_att"] is True
	assert "attemployee" in fails(api.patch, item(e), {"attemployee": {"enable_overtime": "x"}})
	assert "attemployee" in fails(api.patch, item(e), {"attemployee": [1]})


def test_verify_mode_0_is_as_the_terminal_is_set(server, api):
	e = make(api)
	assert server.value("select verify_mode from employee") == -1 and e["verify_mode"] == 0
	assert api.patch(item(e), {"verify_mode": 15})["verify_mode"] == 15
	assert api.patch(item(e), {"verify_mode": 0})["verify_mode"] == 0
	assert server.value("select verify_mode from employee") == -1


def test_codes_that_never_change(api):
	e = make(api)
	assert api.patch(item(e), {"emp_code": "2"})["emp_code"] == "1001"
	d = api.post(P + "departments/", {"dept_code": "A", "dept_name": "A"})
	assert api.patch("%sdepartments/%d/" % (P, d["id"]), {"dept_code": "B"})["dept_code"] == "A"
	a = api.post(P + "areas/", {"area_code": "A", "area_name": "A"})
	assert api.patch("%sareas/%d/" % (P, a["id"]), {"area_code": "B"})["area_code"] == "B"
	assert fails(api.patch, "%sareas/%d/" % (P, a["id"]), {"area_code": "1"}) == {
		"area_code": ["area with this area_code already exists."]}
	assert api.patch("%sareas/%d/" % (P, a["id"]), {"area_code": "B"})["area_code"] == "B"


def test_no_circles_above(api):
	ids = [2]
	for n in range(3):
		ids.append(api.post(P + "areas/", {"area_code": "c%d" % n, "area_name": "x",
			"parent_area": ids[-1]})["id"])
	for parent in ids:
		assert "parent_area" in fails(api.patch, P + "areas/2/", {"parent_area": parent})
	assert api.patch(P + "areas/2/", {"parent_area": 1})["parent_area"]["id"] == 1
	assert api.patch(P + "areas/2/", {"parent_area": None})["parent_area"] is None


# ---------------------------------------------------------------- lists

def test_employee_filters(server, api):
	d = api.post(P + "departments/", {"dept_code": "D", "dept_name": "D"})["id"]
	make(api, "0012", first_name="Anna", last_name="Berg", department=d, card_no="555",
		email="Anna@Example.com", position=1, gender="F")
	make(api, "13", first_name="Bert", nickname="Annabel", area=[1, 2], app_status=1)
	make(api, "14", first_name="Carl", dev_privilege=14)
	api.post(P + "resigns/", {"employee": 3, "resign_date": "2026-01-01"})
	get = lambda **q: [e["emp_code"] for e in api.get(E, **q)["data"]]
	assert get(emp_code="12") == [] and get(emp_code="0012") == ["0012"]
	assert get(emp_code_icontains="1") == ["0012", "13", "14"]
	assert get(first_name="Anna") == ["0012"] and get(first_name="anna") == []
	assert get(first_name_icontains="ANN") == ["0012"] and get(last_name_icontains="er") == ["0012"]
	assert get(department=d) == ["0012"] and get(departments="%d,1" % d) == ["0012", "13", "14"]
	assert get(department=77) == [] and get(department="x") == []
	assert get(areas=1) == ["13"] and get(areas="1,2") == ["0012", "13", "14"]
	assert get(position=1) == get(positions="1,9") == ["0012"]
	assert get(app_status=1) == ["13"] and get(app_role=1) == ["0012", "13", "14"]
	assert get(status=0) == ["0012", "13"] and get(status=100) == ["14"] and get(status=5) == []
	assert get() == ["0012", "13", "14"], "the resigned are shown unless status=0"
	assert get(multiple_employee="3,1") == ["0012", "14"]
	assert get(employee_icontains="anna") == ["0012", "13"] == get(search="anna")
	assert get(card_no="555") == ["0012"] and get(card_no="5") == []
	assert get(email="anna@example.COM") == ["0012"] and get(email="anna") == []
	assert get(gender="F", dev_privilege=0) == ["0012"]
	assert get(company_code="x") == ["0012", "13", "14"]
	assert get(ordering="-emp_code") == ["14", "13", "0012"]
	assert get(ordering="-first_name") == ["14", "13", "0012"]
	assert api.get(P + "employee/", emp_code="13")["data"] == api.get(E, emp_code="13")["data"]


def test_sealed_members_follow_their_lookup(server, api):
	e = make(api, card_no="1", email="a@b.cd")
	api.patch(item(e), {"card_no": "2", "email": None})
	assert api.get(E, card_no="1")["count"] == 0 == api.get(E, email="a@b.cd")["count"]
	assert api.get(E, card_no="2")["count"] == 1
	api.patch(item(e), {"card_no": ""})
	assert api.get(E, card_no="2")["count"] == 0
	assert server.value("select card_hash is null and email_hash is null from employee")


def test_who_may_not_see_cards_may_not_search_by_them(server, tmp_path, api):
	make(api, card_no="1")
	file = tmp_path / "pw"
	file.write_text("a long password")
	assert server.command("user", "add", "eve", "--password-file", str(file)).returncode == 0
	eve = server.new_api("eve", "a long password")
	assert eve.get(E, card_no="1")["count"] == eve.get(E, card_no="2")["count"] == 1
	for method, path, body in (("PATCH", E + "1/", {"first_name": "x"}), ("PUT", E + "1/", {}),
			("DELETE", E + "1/", None), ("POST", P + "resigns/", {}),
			("POST", E + "adjust_area/", {}), ("POST", P + "resigns/reinstatement/", {})):
		r = eve.raw(method, path, body)
		assert (r.status, r.json()["detail"]) == (
			403, "You do not have permission to perform this action."), path
	assert api.get(E)["data"][0]["first_name"] == ""


@pytest.mark.settings(hide_credentials=True)
def test_hidden_credentials_sent_back_as_null_stay(server, api):
	e = make(api, card_no="1", device_password="2")
	assert api.put(item(e), {**e, "mobile": "3"})["mobile"] == "3"
	assert server.value("select card_hash is not null from employee")
	server.settings["hide_credentials"] = False
	server.restart()
	e = server.api.get(item(e))
	assert (e["card_no"], e["device_password"], e["mobile"]) == ("1", "2", "3")


def test_summaries_of_templates(server, api):
	make(api)
	pin = server.value("select pin_id from employee")
	for kind, no, index, version in ((1, 0, 0, 10), (1, 5, 0, 10), (2, 0, 0, 7), (2, 0, 1, 7),
			(8, 0, 0, 5), (9, 0, 0, 58), (10, 0, 0, 0)):
		server.sql("insert into template (pin_id, form, bio_type, bio_no, bio_index, major_ver,"
			" minor_ver, sn, row_key, sealed) values (%s, 'BIODATA', %s, %s, %s, %s, 0, 'x', '', "
			"decode('0100000001' || repeat('00', 28), 'hex'))", pin, kind, no, index, version)
	server.sql("insert into photo (pin_id, form, sn, row_key, sealed) values"
		" (%s, 'BIOPHOTO', 'x', '',"
		" decode('0100000001' || repeat('00', 28), 'hex'))", pin)
	e = api.get(E)["data"][0]
	assert [e[m] for m in ("fingerprint", "face", "palm", "vl_face", "vl_palm", "vl_face_photo")] == [
		"Ver 10:2", "Ver 7:1", "Ver 5:1", "Ver 58:1", "1", "1"]


# ---------------------------------------------------------------- changes at the same time

def test_two_who_change_sealed_members_lose_nothing(api, server):
	e = make(api)
	members = ["mobile", "city", "address", "ssn", "religion", "postcode"]
	errors = []

	def change(member):
		try:
			mine = server.new_api(authorization=api.authorization)
			for n in range(8):
				mine.patch(item(e), {member: "%d" % n})
		except Exception as error:  # told by the main thread
			errors.append(error)

	threads = [threading.Thread(target=change, args=(m,)) for m in members]
	for t in threads:
		t.start()
	for t in threads:
		t.join()
	assert not errors
	e = api.get(item(e))
	assert [e[m] for m in members] == ["7"] * len(members)


def test_the_same_code_from_many_at_once(api, server):
	api.login()
	statuses = []

	def create():
		mine = server.new_api(authorization=api.authorization)
		r = mine.raw("POST", E, {"emp_code": "7", "department": 1, "area": [2]})
		statuses.append((r.status, "" if r.status == 201 else r.text))

	threads = [threading.Thread(target=create) for _ in range(12)]
	for t in threads:
		t.start()
	for t in threads:
		t.join()
	assert sorted(s for s, _ in statuses) == [201] + [400] * 11
	assert {t for s, t in statuses if s == 400} == {
		'{"emp_code":["employee with this emp_code already exists."]}'}


# ---------------------------------------------------------------- deleting

def test_what_is_in_use_stays(server, api):
	d = api.post(P + "departments/", {"dept_code": "D", "dept_name": "D"})["id"]
	p = api.post(P + "positions/", {"position_code": "P", "position_name": "P"})["id"]
	a = api.post(P + "areas/", {"area_code": "A", "area_name": "A"})["id"]
	e = make(api, department=d, position=p, area=[a])
	paths = ["departments/%d/" % d, "positions/%d/" % p, "areas/%d/" % a]
	for path in paths:
		assert list(fails(api.delete, P + path)) == ["detail"]
	api.delete(item(e))
	t = api.post("/iclock/api/terminals/", {"sn": "T1", "alias": "x", "ip_address": "1.1.1.1",
		"area": a})
	assert list(fails(api.delete, P + paths[2])) == ["detail"], "a terminal is there"
	api.delete("/iclock/api/terminals/%d/" % t["id"])
	for path in paths:
		assert api.delete(P + path) is None
		assert api.raw("DELETE", P + path).status == 404
	for path in ("departments/1/", "positions/1/", "areas/1/", "areas/2/"):
		assert list(fails(api.delete, P + path)) == ["detail"]
		assert api.get(P + path)["id"]
	assert api.raw("PATCH", P + "departments/%d/" % d, {"dept_code": "1"}).status == 404
	assert list(fails(api.post, P + "departments/", {"dept_code": "1", "dept_name": "x"})) == ["dept_code"]
	assert list(fails(api.patch, "/iclock/api/terminals/%d/" % api.post("/iclock/api/terminals/", {"sn": "T2",
		"alias": "x", "ip_address": "1.1.1.2", "area": 2})["id"], {"time_zone": "Mars/Olympus"})) == ["time_zone"]
	assert "query_failed" not in server.log(), "ordinary refusals are nothing to warn of"


# ---------------------------------------------------------------- resignations and actions

def test_resign_messages(api):
	e = make(api)
	assert fails(api.post, P + "resigns/", {}) == {"resign_date": REQUIRED, "employee": REQUIRED}
	assert fails(api.post, P + "resigns/", {"employee": 9, "resign_date": "x", "resign_type": 6,
			"disableatt": 2, "reason": "r" * 201}) == {
		"resign_date": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."],
		"resign_type": ['"6" is not a valid choice.'], "disableatt": ["Must be a valid boolean."],
		"employee": ['Invalid pk "9" - object does not exist.'],
		"reason": ["Ensure this field has no more than 200 characters."]}
	r = api.raw("POST", P + "resigns/", {"employee": str(e["id"]), "resign_date": "2026-01-02"})
	assert r.text == ('{"id":1,"resign_date":"2026-01-02","resign_type":1,"disableatt":1,'
		'"employee":{"id":1,"emp_code":"1001","first_name":"","last_name":""},'
		'"first_name":"","last_name":"","reason":""}')
	assert fails(api.post, P + "resigns/", {"employee": 1, "resign_date": "2026-01-02"}) == {
		"employee": ["resign with this employee already exists."]}
	other = make(api, "2")
	assert api.put(P + "resigns/1/", {"employee": other["id"], "resign_type": "3"})["employee"]["id"] == 1
	get = lambda **q: api.get(P + "resigns/", **q)["count"]
	assert get(employee=1) == get(resign_type=3) == get(resign_date="2026-01-02") == 1
	assert get(employee=2) == get(resign_type=1) == get(resign_date="2026-01-03") == 0
	assert api.delete(P + "resigns/1/") is None
	assert api.get(E, status=0)["count"] == 2


def test_lenient_lists_of_actions(api):
	a, b = make(api, "1")["id"], make(api, "2")["id"]
	form = "application/x-www-form-urlencoded"
	for body, type_ in (
			(json.dumps({"employees": [a, b], "areas": [1]}), "application/json"),
			(json.dumps({"employees": [str(a), str(b)], "areas": ["1"]}), "application/json"),
			(json.dumps({"employees": "%d,%d" % (a, b), "areas": 1}), "application/json"),
			("employees=%d&employees=%d&areas=1" % (a, b), form),
			("employees[]=%d&employees[]=%d&areas[0]=1" % (a, b), form)):
		assert api.post(E + "adjust_area/", {"employees": [a, b], "areas": [2]}) == OK
		r = api.raw("POST", E + "adjust_area/", body, {"Content-Type": type_})
		assert (r.status, r.json()) == (200, OK), body
		assert [[x["id"] for x in e["area"]] for e in api.get(E)["data"]] == [[1], [1]], body


ACTIONS = [
	("adjust_area", {}, {"areas": REQUIRED}),
	("adjust_area", {"areas": []}, {"areas": ["This list may not be empty."]}),
	("adjust_area", {"areas": [8]}, {"areas": ['Invalid pk "8" - object does not exist.']}),
	("adjust_department", {}, {"department": REQUIRED}),
	("adjust_department", {"department": 8}, {
		"department": ['Invalid pk "8" - object does not exist.']}),
	("adjust_position", {"position": None}, {"position": ["This field may not be null."]}),
	("adjust_regsin", {}, {"resign_date": REQUIRED}),
	("adjust_resign", {"resign_date": "2026-01-01", "resign_type": 0}, {
		"resign_type": ['"0" is not a valid choice.']}),
	("del_bio_template", {"face": "x"}, {"face": ["Must be a valid boolean."]}),
]


def test_action_messages(api):
	e = make(api)
	before = api.get(E)
	for action, more, expected in ACTIONS:
		path = E + action + "/"
		assert fails(api.post, path, {"employees": [e["id"]], **more}) == expected, action
		assert fails(api.post, path, {"employees": [e["id"], 99], **more}) == {
			"employees": ['Invalid pk "99" - object does not exist.'], **expected}, action
		assert fails(api.post, path, {**more})["employees"] == REQUIRED, action
	assert api.get(E) == before and api.get(P + "resigns/")["count"] == 0


def test_unknown_people_change_nothing(api):
	e = make(api)
	assert fails(api.post, E + "adjust_area/", {"employees": [e["id"], 99], "areas": [1]})
	assert [a["id"] for a in api.get(item(e))["area"]] == [2]
	assert fails(api.post, E + "resync_to_device/", {"emp_code": ["1001", "x"]}) == {
		"emp_code": ["Object with emp_code=x does not exist."]}


def test_resigning_again_takes_the_new_date(api):
	e = make(api)
	for date, kind in (("2026-01-01", 1), ("2026-02-01", 5)):
		assert api.post(E + "adjust_regsin/", {"employees": e["id"], "resign_date": date,
			"resign_type": kind, "disableatt": False, "reason": "r"}) == OK
	rows = api.get(P + "resigns/")["data"]
	assert [(r["resign_date"], r["resign_type"], r["disableatt"], r["reason"]) for r in rows] == [
		("2026-02-01", 5, 0, "r")]


# ---------------------------------------------------------------- down to the terminal

def user_lines(commands):
	return [c for c in commands if "USER" in c and "PIN=" in c]


def test_people_reach_and_leave_terminals(terminal, api):
	terminal.register()
	terminal.obey()
	e = make(api, "7", first_name="Ann", card_no="55", device_password="12")
	line, = user_lines(terminal.obey())
	for part in ("PIN=7", "Name=Ann", "Passwd=12", "Card=55"):
		assert part in line
	api.patch(item(e), {"emp_type": 1})
	assert not user_lines(terminal.obey()), "nothing that a terminal knows has changed"
	api.patch(item(e), {"mobile": "1", "first_name": "Anna"})
	assert any("Name=Anna" in c for c in terminal.obey())
	api.post(E + "adjust_area/", {"employees": [e["id"]], "areas": [1]})
	assert any("DELETE" in c and "PIN=7" in c for c in terminal.obey())
	api.post(E + "adjust_area/", {"employees": [e["id"]], "areas": [1, 2]})
	assert any("UPDATE" in c and "PIN=7" in c for c in terminal.obey())
	api.post(E + "adjust_regsin/", {"employees": [e["id"]], "resign_date": "2026-01-01",
		"resign_type": 1, "disableatt": True})
	assert any("DELETE" in c and "PIN=7" in c for c in terminal.obey())
	api.post(P + "resigns/reinstatement/", {"employees": [e["id"]]})
	assert any("UPDATE" in c and "PIN=7" in c for c in terminal.obey())
	assert api.post(E + "resync_to_device/", {"emp_code": "7"}) == OK
	assert any("UPDATE" in c and "PIN=7" in c for c in terminal.obey())
	api.delete(item(e))
	assert any("DELETE" in c and "PIN=7" in c for c in terminal.obey())


def test_deleted_templates(server, terminal, api):
	terminal.register()
	terminal.obey()
	e = make(api, "7")
	terminal.obey()
	assert api.post(E + "del_bio_template/", {"employees": [e["id"]]}) == OK
	assert not terminal.obey(), "nothing was chosen"
	assert api.post(E + "del_bio_template/", {"employees": [e["id"]], "finger_print": "true",
		"face": 0}) == OK
	commands = wait_until(terminal.obey)
	assert commands and all("7" in c and "DELETE" in c for c in commands)
	row = server.sql("select created_by is not null, expires > now() + interval '6 days'"
		" from terminal_command where content like %s", "%DELETE%")[0]
	assert list(row) == [True, True]
