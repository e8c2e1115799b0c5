"""What a terminal says of a person counts in the areas they share; elsewhere it waits until somebody takes it or the person comes."""

import base64
import json
import pathlib
import secrets
import threading

import pytest

from punchd_test.dump import found_in
from punchd_test.wait import stays, wait_until

P = "/personnel/api/"
E = P + "employees/"
ROOT = pathlib.Path(__file__).parents[2]
ALERTS = "/iclock/api/alerts/"
SECRET = base64.b64encode(b"a finger of somebody else").decode()
PHOTO = base64.b64encode(b"\xff\xd8\xff\xe0 a face of somebody else").decode()
LATER = base64.b64encode(b"the finger of the week after").decode()
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"pixels" * 20 + b"\xff\xd9"


class Site:
	"""Two areas, a terminal in each; the people are of PO2 only."""

	def __init__(self, server, make_terminal):
		self.server, self.api, self.make_terminal = server, server.api, make_terminal
		self.one, self.two = self.area("PO1"), self.area("PO2")
		self.poa, self.pob = self.terminal(self.one), self.terminal(self.two)

	def area(self, code):
		return self.api.post(P + "areas/", {"area_code": code, "area_name": code})["id"]

	def terminal(self, area, **more):
		t = self.make_terminal(**more)
		t.handshake()
		t.approve(area)
		t.handshake()
		t.obey()
		return t

	def person(self, code, *areas, **more):
		made = self.api.post(E, {"emp_code": code, "department": 1, "area": list(areas or [self.two]), **more})["id"]
		self.pob.obey()
		return made

	def read(self, code):
		return self.api.get(E, emp_code=code)["data"][0]

	def claims(self, **params):
		return [(c["terminal_sn"], c["emp_code"], c["what"]) for c in self.api.get(P + "claims/", ordering="emp_code", **params)["data"]]

	def alerts(self, **params):
		return self.api.get(ALERTS, kind="claim_waits", **params)["data"]

	def take(self, *ids, **more):
		self.api.post(E + "take_claims/", {"employees": list(ids), **more})

	def drop(self, *ids, **more):
		self.api.post(E + "drop_claims/", {"employees": list(ids), **more})

	def sent(self, t, word):
		return [c for c in t.obey() if word in c]

	def count(self, table):
		return self.server.value("select count(*) from " + table)


@pytest.fixture
def site(server, make_terminal):
	return Site(server, make_terminal)


def test_card_password_and_finger_of_another_area_are_not_planted(site):
	empty, boss = site.person("EMPTY"), site.person("BOSS", first_name="Boss")
	assert site.poa.push("OPERLOG", "USER PIN=EMPTY\tName=Evelyn Stranger\tPri=14\tPasswd=66667777\tCard=9999",
		"FP PIN=BOSS\tFID=0\tSize=%d\tValid=1\tTMP=%s" % (len(SECRET), SECRET)) == "OK: 2"
	stays(lambda: site.pob.poll() == [], 1)
	p = site.read("EMPTY")
	assert [p[k] or "" for k in ("first_name", "card_no", "device_password")] == ["", "", ""]
	assert site.count("template") == 0
	assert site.claims() == [(site.poa.sn, "BOSS", "FP 0"), (site.poa.sn, "EMPTY", "card number, password, name")]
	assert not found_in(site.server, SECRET) and not found_in(site.server, "66667777") and not found_in(site.server, "Evelyn Stranger")
	# one alert each, whatever comes after, and however often
	for _ in range(2):
		site.poa.push("OPERLOG", "USER PIN=EMPTY\tName=Evelyn Stranger\tPasswd=66667777\tCard=9999", "FP PIN=EMPTY\tFID=5\tTMP=" + SECRET)
	by_person = {a["subject"]: a for a in site.alerts()}
	assert len(site.alerts()) == 2 and set(by_person) == {"EMPTY", "BOSS"}
	assert by_person["EMPTY"]["count"] == 2 and by_person["BOSS"]["count"] == 1
	text = by_person["EMPTY"]["text"]
	assert "card number, password, name, FP 5" in text and E + "take_claims/" in text and "6666" not in text
	# taken: it goes where it would have gone
	site.take(empty, boss)
	wait_until(lambda: site.read("EMPTY")["card_no"] == "9999")
	p = site.read("EMPTY")
	assert (p["first_name"], p["device_password"], p["dev_privilege"]) == ("Evelyn Stranger", "66667777", 0)
	sent = []
	wait_until(lambda: sent.extend(site.pob.obey()) or len([c for c in sent if "FINGERTMP" in c]) == 2)
	assert [c for c in sent if "USERINFO" in c and "Card=9999" in c and "Passwd=66667777" in c]
	assert [c for c in sent if "FINGERTMP PIN=BOSS" in c and SECRET in c]
	assert site.claims() == [] and site.count("person_claim") == 0
	assert site.alerts(acknowledged=False) == [] and {a["acknowledged_by"] for a in site.alerts()} == {"admin"}
	notes = site.api.get("/base/api/auditlogs/", action="take_claims")["data"]
	assert sorted(n["object_id"] for n in notes) == sorted([empty, boss])


# table, line, what is told, where it goes when it is taken
KINDS = [
	("OPERLOG", "USER PIN=7\tName=Eve", "name", None),
	("OPERLOG", "USER PIN=7\tPasswd=6666\tGrp=3\tTZ=0001000100000000", "password", None),
	("OPERLOG", "USER PIN=7\tCard=[15CD5B07]", "card number", None),
	("USERINFO", "USER PIN=7\tCard=9999", "card number", None),
	("USERINFO", "PIN=7\tCard=9999\tPasswd=1", "card number, password", None),
	("OPERLOG", "FP PIN=7\tFID=3\tValid=1\tTMP=" + SECRET, "FP 3", "template"),
	("FINGERTMP", "FP PIN=7\tFID=3\tValid=1\tTMP=" + SECRET, "FP 3", "template"),
	("OPERLOG", "FACE PIN=7\tFID=4\tValid=1\tTMP=" + SECRET, "FACE 4", "template"),
	("OPERLOG", "FVEIN Pin=7\tFID=2\tIndex=1\tValid=1\tTMP=" + SECRET, "FVEIN 2", "template"),
	("BIODATA", "BIODATA Pin=7\tNo=0\tIndex=0\tValid=1\tType=9\tMajorVer=39\tTMP=" + SECRET, "BIODATA 0", "template"),
	("BIODATA", "BIODATA Pin=7\tNo=1\tIndex=0\tValid=1\tType=8\tMajorVer=12\tTMP=" + SECRET, "BIODATA 1", "template"),
	("OPERLOG", "BIOPHOTO PIN=7\tFileName=7.jpg\tType=9\tContent=" + PHOTO, "BIOPHOTO", "photo"),
	("BIOPHOTO", "BIOPHOTO PIN=7\tFileName=7.jpg\tType=9\tContent=" + PHOTO, "BIOPHOTO", "photo"),
	("OPERLOG", "USERPIC PIN=7\tFileName=7.jpg\tContent=" + PHOTO, "USERPIC", "photo"),
	("IDCARD", "IDCARD PIN=7\tSNNum=1\tIDNum=110101198001010010\tName=Eve\tPhoto=" + SECRET, "ID card", "id_card"),
]


@pytest.mark.parametrize("table, line, what, goes", KINDS)
def test_each_kind_waits_and_is_taken(site, table, line, what, goes):
	emp = site.person("7")
	assert site.poa.push(table, line).startswith("OK")
	assert site.claims() == [(site.poa.sn, "7", what)]
	assert [site.count(t) for t in ("template", "photo", "id_card", "fp_image", "raw_upload", "reject")] == [0] * 6
	(alert,) = site.alerts()
	assert (alert["subject"], alert["terminal_sn"], alert["count"]) == ("7", site.poa.sn, 1) and what in alert["text"]
	site.take(emp)
	if goes:
		assert site.count(goes) == 1
	else:
		wait_until(lambda: site.read("7")["card_no"] or site.read("7")["device_password"] or site.read("7")["first_name"])
	wait_until(lambda: site.count("person_claim") == 0)


def test_images_of_fingers_wait(site):
	emp = site.person("7")
	for finger in (1, 2):
		assert site.poa.raw("POST", "/iclock/cdata?SN=%s&FPImage=x&PIN=7&FID=%d" % (site.poa.sn, finger), JPEG).text == "OK"
	assert site.claims() == [(site.poa.sn, "7", "image of finger 1, image of finger 2")] and site.count("fp_image") == 0
	site.take(emp)
	assert site.server.sql("select finger, sn from fp_image order by 1") == [(1, site.poa.sn), (2, site.poa.sn)]


@pytest.mark.parametrize("query", ["options=all", "options=all&pushver=2.2.14", "options=all&pushver=2.4.1&DeviceType=att&PushOptionsFlag=1",
	"options=all&pushver=3.1.2&DeviceType=att&PushOptionsFlag=1"])
def test_of_every_generation(site, query):
	emp = site.person("7")
	site.poa.handshake(query)
	assert site.poa.push("OPERLOG", "USER PIN=7\tCard=9999\tPasswd=6666", "FP PIN=7\tFID=0\tTMP=" + SECRET) == "OK: 2"
	assert site.claims() == [(site.poa.sn, "7", "card number, password, FP 0")] and not site.read("7")["card_no"]
	site.drop(emp)
	assert site.claims() == []


def test_punches_and_their_photos_count_as_ever(site):
	site.person("7")
	assert site.poa.push("ATTLOG", "7\t2026-05-01 08:00:00\t0\t1") == "OK: 1"
	head = ("PIN=20260501080000-7.jpg\nSN=%s\nsize=7\nCMD=uploadphoto" % site.poa.sn).encode()
	assert site.poa.raw("POST", site.poa.push_target("ATTPHOTO"), head + b"\0" + JPEG).text == "OK"
	assert (site.count("punch"), site.count("punch_photo"), site.count("photo"), site.count("bio_photo")) == (1, 1, 0, 0)
	assert site.claims() == [] and site.alerts() == []


def test_who_shares_one_of_several_areas_needs_no_confirmation(site):
	site.person("7", site.one, site.two)
	site.poa.obey()
	site.poa.push("OPERLOG", "USER PIN=7\tCard=9999", "FP PIN=7\tFID=0\tTMP=" + SECRET)
	assert site.read("7")["card_no"] == "9999" and site.count("template") == 1
	wait_until(lambda: site.sent(site.pob, "FINGERTMP"))
	assert site.claims() == [] and site.alerts() == []


def test_a_batch_tells_them_apart(site):
	site.person("7", site.one), site.person("8"), site.person("9", site.one)
	site.poa.obey()
	lines = ["%s PIN=%s\t%s" % (kind, pin, rest) for pin in "7890" for kind, rest in (("USER", "Card=55" + pin),
		("FP", "FID=1\tTMP=" + SECRET), ("BIOPHOTO", "Type=9\tContent=" + PHOTO))]
	assert site.poa.push("OPERLOG", *lines) == "OK: 12"
	for table in ("template", "photo"):
		assert site.server.sql("select code from %s join pin on pin.id = pin_id order by 1" % table) == [("0",), ("7",), ("9",)], table
	assert [site.read(pin)["card_no"] for pin in "7890"] == ["557", None, "559", "550"]
	assert site.claims() == [(site.poa.sn, "8", "card number, BIOPHOTO, FP 1")]


def test_people_without_an_area_and_above_it_share_none(site):
	site.person("7")
	site.server.sql("delete from employee_area")
	below = site.api.post(P + "areas/", {"area_code": "B", "area_name": "B", "parent_area": site.one})["id"]
	site.person("8", below)
	site.poa.push("OPERLOG", "USER PIN=7\tCard=9999", "FP PIN=8\tFID=1\tTMP=" + SECRET)
	assert site.claims() == [(site.poa.sn, "7", "card number"), (site.poa.sn, "8", "FP 1")]


def test_text_that_is_decoded_later_waits_too(site):
	site.person("7")
	assert site.poa.push("OPERLOG", "USER PIN=7\tName=\u0418\u0440\u0438\u043d\u0430\tCard=9999\n".encode("cp1251")) == "OK: 1"
	assert site.claims() == [] and site.count("reject") == 1
	site.server.sql("update terminal set code_page = 'CP1251'")
	wait_until(lambda: site.claims() == [(site.poa.sn, "7", "card number, name")], 20)
	assert not site.read("7")["card_no"] and site.count("reject") == 0


# ---------------------------------------------------------------- who becomes somebody later

def test_what_was_planted_before_the_person_is_there(site):
	site.poa.push("OPERLOG", "FP PIN=NEW\tFID=0\tTMP=" + SECRET, "USERPIC PIN=NEW\tContent=" + PHOTO)
	assert site.claims() == [(site.poa.sn, "NEW", "USERPIC, FP 0")] and site.alerts() == []
	site.person("NEW")
	stays(lambda: site.pob.poll() == [], 1)
	assert (site.count("template"), site.count("photo")) == (0, 0)
	(alert,) = site.alerts()
	assert alert["subject"] == "NEW" and "USERPIC, FP 0" in alert["text"]


@pytest.mark.parametrize("lines", [["USER PIN=7\tName=x", "FP PIN=7\tFID=0\tTMP=" + SECRET],
	["FP PIN=7\tFID=0\tTMP=" + SECRET, "USER PIN=7\tName=x"]])
@pytest.mark.parametrize("apart", [False, True])
def test_whom_the_terminal_created_is_of_its_area(site, lines, apart):
	other = site.terminal(site.one)
	for upload in ([[x] for x in lines] if apart else [lines]):
		site.poa.push("OPERLOG", *upload)
	assert site.count("template") == 1 and site.claims() == [] and site.alerts() == []
	sent = []
	wait_until(lambda: sent.extend(other.obey()) or [c for c in sent if "FINGERTMP" in c])
	assert not site.sent(site.poa, "FINGERTMP"), "it has it already"


# ---------------------------------------------------------------- coming to an area

def comes(site, how, emp):
	if how == "the person":
		site.api.patch(E + "%d/" % emp, {"area": [site.one, site.two]})
	elif how == "adjust_area":
		site.api.post(E + "adjust_area/", {"employees": [emp], "areas": [site.one]})
	elif how == "the terminal":
		site.api.patch("/iclock/api/terminals/%d/" % site.poa.id, {"area": site.two})
	else:
		site.server.sql("insert into employee_area values (%s, %s)", emp, site.one)


@pytest.mark.parametrize("how", ["the person", "adjust_area", "the terminal", "SQL"])
def test_who_comes_to_the_area_brings_it_along(site, how):
	emp = site.person("7", first_name="Rest")
	site.poa.push("OPERLOG", "USER PIN=7\tName=Eve\tCard=9999", "FP PIN=7\tFID=0\tTMP=" + SECRET, "USERPIC PIN=7\tContent=" + PHOTO)
	site.poa.push("OPERLOG", "USER PIN=8\tName=other", "FP PIN=9\tFID=0\tTMP=" + SECRET)
	comes(site, how, emp)
	assert (site.count("template"), site.count("photo")) == (1, 1)
	wait_until(lambda: site.read("7")["card_no"] == "9999")
	assert site.read("7")["first_name"] == "Rest"
	wait_until(lambda: site.server.sql("select code from person_claim join pin on pin.id = pin_id") == [("9",)])
	assert site.alerts(acknowledged=False) == []


def test_what_is_newer_is_not_replaced_by_what_waited(site):
	emp = site.person("7")
	site.poa.push("OPERLOG", "FP PIN=7\tFID=0\tTMP=" + SECRET, "FP PIN=7\tFID=1\tTMP=" + SECRET)
	site.pob.push("OPERLOG", "FP PIN=7\tFID=0\tTMP=" + LATER)
	comes(site, "the person", emp)
	assert site.server.sql("select bio_no, sn from template order by 1") == [(0, site.pob.sn), (1, site.poa.sn)]
	assert site.count("person_claim") == 0


def test_the_flagged_area_is_shared_by_nobody(site):
	emp = site.person("7")
	site.poa.push("OPERLOG", "FP PIN=7\tFID=0\tTMP=" + SECRET)
	site.api.patch("/iclock/api/terminals/%d/" % site.poa.id, {"area": 1})
	site.api.patch(E + "%d/" % emp, {"area": [1, site.two]})
	assert site.count("template") == 0 and len(site.claims()) == 1


# ---------------------------------------------------------------- newest only, and bounds

def test_the_newest_of_each_thing_waits(site):
	emp = site.person("7")
	for card in ("1", "2", "3"):
		site.poa.push("OPERLOG", "USER PIN=7\tCard=" + card, "FP PIN=7\tFID=0\tTMP=" + SECRET, "FP PIN=7\tFID=0\tTMP=" + LATER)
	site.poa.push("OPERLOG", "USER PIN=7\tPasswd=77")
	assert site.count("person_claim") == 3 and site.claims() == [(site.poa.sn, "7", "card number, password, FP 0")]
	site.take(emp)
	wait_until(lambda: site.read("7")["card_no"] == "3" and site.read("7")["device_password"] == "77")
	wait_until(lambda: [c for c in site.sent(site.pob, "FINGERTMP") if LATER in c])


def test_what_is_known_already_claims_nothing(site):
	site.person("7", first_name="Rest", card_no="55", device_password="1")
	site.pob.push("OPERLOG", "FP PIN=7\tFID=0\tTMP=" + SECRET, "USERPIC PIN=7\tContent=" + PHOTO)
	site.poa.push("OPERLOG", "USER PIN=7\tName=Eve\tCard=9999\tPasswd=6666", "FP PIN=7\tFID=0\tTMP=" + SECRET,
		"USERPIC PIN=7\tContent=" + PHOTO)
	assert site.claims() == [] and site.alerts() == [] and site.read("7")["card_no"] == "55"


def test_at_most_1000_people_wait_of_a_terminal(site):
	site.server.sql("""with p as (insert into pin (code) select 'w' || n from generate_series(1, 999) n returning id, code),
		e as (insert into employee (emp_code, department_id, row_key, sealed) select p.code, 1, x.row_key, x.sealed
			from p, (select row_key, sealed from secret limit 1) x returning pin_id)
		select count(*) from e""")
	site.server.sql("""insert into person_claim (terminal_id, pin_id, slot, words, place, row_key, sealed, content_hash)
		select %s, e.pin_id, 'card_no', 'card number', 'person_claim.sealed', e.row_key, e.sealed, '' from employee e""", site.poa.id)
	for code in ("7", "8", "9"):
		site.person(code)
	assert site.poa.push("OPERLOG", *["USER PIN=%s\tCard=9%s" % (c, c) for c in "789"]) == "OK: 3"
	assert site.poa.push("OPERLOG", "FP PIN=8\tFID=0\tTMP=" + SECRET, "FP PIN=w5\tFID=0\tTMP=" + SECRET) == "OK: 2"
	assert site.server.value("select count(distinct pin_id) from person_claim") == 1000
	assert site.server.value("select count(*) from person_claim c join pin on pin.id = pin_id where code = 'w5'") == 2, "whoever waits already"
	(alert,) = [a for a in site.alerts() if a["subject"] == ""]
	assert "too much waits" in alert["text"] and "3 times so far" in alert["text"]


def refused(site):
	return [a["text"].split(", ")[-1] for a in site.alerts() if a["subject"] == ""]


def test_at_most_60_things_of_a_person_wait(site):
	emp = site.person("7")
	lines = ["BIODATA Pin=7\tNo=%d\tIndex=0\tType=1\tMajorVer=%d\tTMP=%s" % (no, major, SECRET) for major in range(1, 11) for no in range(10)]
	assert site.poa.push("BIODATA", *lines) == "OK: 100"
	assert site.count("person_claim") == 60 and refused(site) == ["40 times so far"]
	assert site.poa.push("BIODATA", lines[0].replace(SECRET, LATER), lines[99]) == "OK: 2"
	assert site.count("person_claim") == 60 and refused(site) == ["41 times so far"]
	assert site.server.value("select count(*) from person_claim where received = (select max(received) from person_claim)") == 1, "the newest of what waits already"
	(alert,) = [a for a in site.alerts() if a["subject"] == "7"]
	assert alert["text"].count("BIODATA") <= 20
	site.person("8")
	site.poa.push("OPERLOG", "FP PIN=8\tFID=0\tTMP=" + SECRET)
	assert site.count("person_claim") == 61, "of others as before"
	site.drop(emp)
	assert site.poa.push("BIODATA", lines[99]) == "OK: 1" and site.count("person_claim") == 2


def test_at_most_16_mib_of_a_person_wait(site):
	site.person("7")
	site.poa.push("OPERLOG", "FP PIN=7\tFID=0\tTMP=" + SECRET)
	site.server.sql("update person_claim set sealed = sealed || convert_to(repeat('x', (16 << 20) - octet_length(sealed) - 100), 'UTF8')")
	site.poa.push("OPERLOG", "FP PIN=7\tFID=1\tTMP=" + SECRET, "FP PIN=7\tFID=2\tTMP=" + SECRET)
	assert site.server.value("select sum(octet_length(sealed)) from person_claim") <= 16 << 20
	assert site.count("person_claim") == 2 and refused(site) == ["1 times so far"]
	site.poa.push("OPERLOG", "FP PIN=7\tFID=0\tTMP=" + LATER)
	site.poa.push("OPERLOG", "FP PIN=7\tFID=2\tTMP=" + SECRET)
	assert site.count("person_claim") == 3 and refused(site) == ["1 times so far"]


def test_templates_that_no_terminal_has_are_set_aside(site):
	site.person("7")
	bad = ["Type=11", "Type=-1", "Type=1\tNo=100", "Type=1\tNo=-1", "Type=1\tIndex=2000000000", "Type=1\tMajorVer=1000", "Type=1\tMajorVer=-1"]
	site.poa.push("BIODATA", *["BIODATA Pin=7\t%s\tTMP=%s" % (b, SECRET) for b in bad])
	site.poa.push("OPERLOG", "FP PIN=7\tFID=100\tTMP=" + SECRET, "FACE PIN=7\tFID=-1\tTMP=" + SECRET, "FVEIN Pin=7\tFID=0\tIndex=100\tTMP=" + SECRET,
		"BIOPHOTO PIN=7\tType=11\tContent=" + PHOTO)
	assert site.count("reject") == len(bad) + 4 and site.claims() == []
	assert {r for (r,) in site.server.sql("select distinct reason from reject")} == {"no such type of template", "no such place of a template", "no such finger",
		"no such version of a template", "no such type of photo"}
	for b in ("Type=3\tNo=99\tIndex=99\tMajorVer=999", "Type=0"):
		assert site.poa.push("BIODATA", "BIODATA Pin=7\t%s\tTMP=%s" % (b, SECRET)) == "OK: 1"
	assert site.count("person_claim") == 2


def test_what_is_kept_nowhere_is_not_acknowledged(site):
	site.person("7")
	site.server.sql("alter table terminal disable trigger terminal_deleted") # the process does not hear of it
	site.server.sql("delete from terminal where id = %s", site.poa.id)
	for table, line in (("OPERLOG", "FP PIN=7\tFID=0\tTMP=" + SECRET), ("OPERLOG", "USERPIC PIN=7\tContent=" + PHOTO),
			("IDCARD", "IDCARD PIN=7\tIDNum=110101198001010010")):
		assert "OK" not in site.poa.push(table, line), line
	assert [site.count(t) for t in ("template", "photo", "id_card", "person_claim")] == [0] * 4


# ---------------------------------------------------------------- deciding

def test_what_was_taken_is_not_replaced_before_it_is_filled_in(site):
	emp = site.person("7")
	site.poa.push("OPERLOG", "USER PIN=7\tCard=1111")
	site.server.sql("update person_claim set due = true") # nobody is woken
	assert site.poa.push("OPERLOG", "USER PIN=7\tCard=2222") == "OK: 1"
	site.server.sql("select terminal_wake(array[%s])", site.poa.id)
	wait_until(lambda: site.read("7")["card_no"] == "1111")
	wait_until(lambda: site.count("person_claim") == 0)
	assert site.alerts(acknowledged=False)[0]["subject"] == "7" and emp


def test_of_what_several_terminals_say_the_newest_is_taken(site):
	emp = site.person("7")
	other = site.terminal(site.one)
	site.poa.push("OPERLOG", "FP PIN=7\tFID=0\tTMP=" + SECRET)
	other.push("OPERLOG", "FP PIN=7\tFID=0\tTMP=" + SECRET)
	site.poa.push("OPERLOG", "FP PIN=7\tFID=0\tTMP=" + LATER)
	site.take(emp)
	assert site.server.sql("select sn from template") == [(site.poa.sn,)]
	wait_until(lambda: [c for c in site.sent(site.pob, "FINGERTMP") if LATER in c])


def test_dropped(site):
	emp = site.person("7")
	other = site.terminal(site.one)
	for t in (site.poa, other):
		t.push("OPERLOG", "USER PIN=7\tCard=9999", "FP PIN=7\tFID=0\tTMP=" + SECRET)
	site.drop(emp, terminal=site.poa.id)
	assert site.claims() == [(other.sn, "7", "card number, FP 0")]
	assert [a["terminal_sn"] for a in site.alerts(acknowledged=False)] == [other.sn]
	site.drop(emp)
	assert site.claims() == [] and site.alerts(acknowledged=False) == [] and not site.read("7")["card_no"]
	assert (site.count("person_claim"), site.count("template")) == (0, 0)


def test_one_terminals_and_a_card_that_is_somebody_elses(site):
	emp = site.person("7")
	other = site.terminal(site.one)
	site.poa.push("OPERLOG", "USER PIN=7\tCard=1111")
	other.push("OPERLOG", "USER PIN=7\tCard=2222\tPasswd=5")
	site.take(emp, terminal=other.id)
	wait_until(lambda: site.read("7")["card_no"] == "2222")
	site.take(emp, terminal=site.poa.id)
	wait_until(lambda: site.count("person_claim") == 0)
	assert site.read("7")["card_no"] == "2222", "it fills what is empty and overwrites nothing"


def test_taking_needs_the_right_and_the_area(site):
	emp = site.person("7")
	site.poa.push("OPERLOG", "USER PIN=7\tCard=9999")
	site.server.sql("insert into account_group (name, permissions) values ('look', %s), ('change', %s)",
		["personnel.view_employee", "iclock.view_alert"], ["personnel.view_employee", "personnel.change_employee", "iclock.view_alert"])

	def login(name, group, areas=None):
		password = secrets.token_hex(12)
		body = {"username": name, "password": password, "groups": [site.server.value("select id from account_group where name = %s", group)]}
		site.api.post("/base/api/users/", {**body, "areas": areas})
		return site.server.new_api(name, password)

	looker, both = login("looker", "look"), login("both", "change", [site.one, site.two])
	ones, twos = login("ones", "change", [site.one]), login("twos", "change", [site.two])
	for action in ("take_claims/", "drop_claims/"):
		assert looker.raw("POST", E + action, {"employees": [emp]}).status == 403
		assert ones.raw("POST", E + action, {"employees": [emp]}).status == 400
		assert twos.raw("POST", E + action, {"employees": [emp], "terminal": site.poa.id}).status == 400
		assert twos.raw("POST", E + action, {"employees": [emp]}).status == 200, "of a terminal that is not there for them it takes nothing"
	for api, n in ((looker, 1), (both, 1), (ones, 0), (twos, 0)):
		assert api.get(P + "claims/")["count"] == n
	assert not site.read("7")["card_no"]
	both.post(E + "take_claims/", {"employees": [emp]})
	wait_until(lambda: site.read("7")["card_no"] == "9999")
	assert site.alerts()[0]["acknowledged_by"] == "both"


def test_a_member_that_cannot_be_opened_is_told_and_stops_no_other(site):
	emp, other = site.person("7"), site.person("8")
	site.poa.push("OPERLOG", "USER PIN=7\tCard=9999", "USER PIN=8\tCard=8888")
	site.server.sql("update person_claim set sealed = overlay(sealed placing '\\x00' from 20) where pin_id = (select id from pin where code = '7')")
	site.take(emp, other)
	wait_until(lambda: site.read("8")["card_no"] == "8888")
	assert site.claims() == [(site.poa.sn, "7", "card number")] and not site.read("7")["card_no"]
	(alert,) = site.alerts(acknowledged=False)
	assert "could not be stored" in alert["text"]


def test_a_person_who_cannot_be_opened_loses_no_claim(site):
	emp, other = site.person("7"), site.person("8")
	site.poa.push("OPERLOG", "USER PIN=7\tCard=9999", "USER PIN=8\tCard=8888")
	site.server.sql("update employee set sealed = overlay(sealed placing '\\x00' from 20) where id = %s", emp)
	site.take(emp, other)
	wait_until(lambda: site.server.sql("select code, due from person_claim join pin on pin.id = pin_id") == [("7", False)])
	assert site.read("8")["card_no"] == "8888"
	(alert,) = site.alerts(acknowledged=False)
	assert alert["subject"] == "7" and "could not be stored" in alert["text"]


def test_two_processes_fill_in_at_once(site, make_server):
	second = make_server(site.server.database)
	ids = [site.person("p%d" % n) for n in range(20)]
	site.poa.push("OPERLOG", *["USER PIN=p%d\tName=n%d\tCard=77%02d\tPasswd=%d" % (n, n, n, n) for n in range(20)])
	second.new_api().post(E + "take_claims/", {"employees": ids})
	wait_until(lambda: site.count("person_claim") == 0, 20)
	got = sorted((e["emp_code"], e["first_name"], e["card_no"], e["device_password"]) for e in site.api.get(E, page_size=100)["data"])
	assert got == sorted(("p%d" % n, "n%d" % n, "77%02d" % n, str(n)) for n in range(20))


@pytest.mark.parametrize("what", ["image", "taking", "filling in"])
def test_terminals_are_locked_before_people(site, what):
	"""As their deletion does: whoever waits for the terminal holds no person."""
	emp = site.person("7")
	site.poa.push("OPERLOG", "USER PIN=7\tCard=9999")
	doing = {
		"image": lambda: site.poa.raw("POST", "/iclock/cdata?SN=%s&FPImage=x&PIN=7&FID=1" % site.poa.sn, JPEG),
		"taking": lambda: site.take(emp),
		"filling in": lambda: site.server.sql("update person_claim set due = true; select terminal_wake(array[%s])", site.poa.id)}[what]
	deleting = site.server.database.connect()
	with deleting.cursor() as c:
		c.execute("select from terminal where id = %s for update", [site.poa.id])
		thread = threading.Thread(target=doing)
		thread.start()
		wait_until(lambda: site.server.value("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()") > 0)
		c.execute("select from employee where id = %s for update nowait", [emp])
		c.execute("select from pin where code = '7' for update nowait")
		c.execute("select from terminal_person where pin_id = (select id from pin where code = '7') for update nowait")
	deleting.rollback()
	deleting.close()
	thread.join()


# ---------------------------------------------------------------- its ends

def test_it_ends_with_the_employee_and_with_the_terminal(site):
	emp = site.person("7")
	site.person("8")
	site.poa.push("OPERLOG", "USER PIN=7\tCard=9999", "FP PIN=7\tFID=0\tTMP=" + SECRET, "FP PIN=8\tFID=0\tTMP=" + SECRET)
	site.api.delete(E + "%d/" % emp)
	assert site.claims() == [(site.poa.sn, "8", "FP 0")]
	assert [a["subject"] for a in site.alerts(acknowledged=False)] == ["8"]
	site.api.delete("/iclock/api/terminals/%d/" % site.poa.id)
	assert site.count("person_claim") == 0


def test_erased_and_handed_out(site):
	emp = site.person("7")
	site.poa.push("OPERLOG", "USER PIN=7\tCard=9999\tPasswd=6666", "FP PIN=7\tFID=0\tTMP=" + SECRET, "USERPIC PIN=7\tContent=" + PHOTO)
	site.poa.push("IDCARD", "IDCARD PIN=7\tIDNum=110101198001010010")
	site.poa.raw("POST", "/iclock/cdata?SN=%s&FPImage=x&PIN=7&FID=1" % site.poa.sn, JPEG)
	file = json.loads(site.api.raw("GET", E + "%d/export/" % emp).text)
	assert sorted(c["text"] for c in file["claims"]) == ["6666", "9999"]
	assert [c["text"] for c in file["claimed_templates"] + file["claimed_photos"]] == [SECRET, PHOTO]
	assert "110101198001010010" in file["claimed_id_cards"][0]["text"]
	assert base64.b64decode(file["claimed_fingerprint_images"][0]["base64"]) == JPEG
	receipt = site.api.post(E + "%d/erase/" % emp, {})
	assert receipt["removed"]["claims"] == 6
	assert site.count("person_claim") == 0 and site.alerts() == []
	site.pob.push("OPERLOG", "FP PIN=7\tFID=0\tTMP=" + SECRET)
	assert site.count("person_claim") == 0, "nothing of who is still to be removed there"


@pytest.mark.parametrize("erased", [False, True])
def test_whom_a_terminal_only_spoke_of_is_removed_there(site, erased):
	emp = site.person("7")
	site.poa.push("OPERLOG", "USER PIN=7\tCard=9999", "FP PIN=7\tFID=0\tTMP=" + SECRET)
	if erased:
		made = site.api.post(E + "%d/erase/" % emp, {})["id"]
		open_at = lambda: [s for (s,) in site.server.sql("select sn from erasure_terminal where erasure_id = %s and confirmed is null", made)]
		site.pob.obey()
		assert open_at() == [site.poa.sn]
	else:
		site.api.delete(E + "%d/" % emp)
	site.poa.push("OPERLOG", "USER PIN=7\tName=Eve\tCard=9999", "FP PIN=7\tFID=0\tTMP=" + SECRET)
	assert [site.count(t) for t in ("employee", "person_claim", "template")] == [0] * 3
	sent = []
	wait_until(lambda: sent.extend(site.poa.obey()) or [c for c in sent if "DELETE USERINFO PIN=7" in c])
	wait_until(lambda: site.server.value("select count(*) from terminal_person where terminal_id = %s", site.poa.id) == 0)
	assert not erased or open_at() == []


def test_what_was_kept_of_nobody_before_the_upgrade_waits(site):
	gone = site.terminal(site.one)
	site.person("8")
	site.poa.push("OPERLOG", "USER PIN=NEW\tName=x", "FP PIN=NEW\tFID=3\tTMP=" + SECRET, "USERPIC PIN=NEW\tContent=" + PHOTO)
	gone.push("OPERLOG", "FACE PIN=NEW\tFID=0\tTMP=" + SECRET)
	site.pob.push("OPERLOG", "FP PIN=8\tFID=0\tTMP=" + SECRET)
	# as an older server left it: the PIN is nobody's, what was said of it is live
	site.server.sql("alter table employee disable trigger user")
	site.server.sql("delete from employee where emp_code = 'NEW'")
	site.server.sql("alter table employee enable trigger user")
	site.server.sql("delete from terminal_person where pin_id = (select id from pin where code = 'NEW')")
	site.api.delete("/iclock/api/terminals/%d/" % gone.id)
	assert (site.count("template"), site.count("photo")) == (3, 1)
	text = (ROOT / "migrations" / "0017_claims.sql").read_text()
	site.server.sql(text[text.index("-- What terminals had said of PINs"):text.index("-- one column more")])
	assert site.server.sql("select code from template join pin on pin.id = pin_id") == [("8",)] and site.count("photo") == 0
	assert site.claims() == [(site.poa.sn, "NEW", "USERPIC, FP 3")]
	emp = site.person("NEW")
	stays(lambda: [c for c in site.pob.poll() if SECRET in c] == [], 1)
	(alert,) = site.alerts(acknowledged=False)
	assert alert["subject"] == "NEW"
	site.take(emp)
	wait_until(lambda: [c for c in site.sent(site.pob, "FINGERTMP") if "FID=3" in c and SECRET in c])


def test_templates_that_are_deleted_do_not_wait_on(site):
	emp = site.person("7")
	site.poa.push("OPERLOG", "USER PIN=7\tCard=9999", "FP PIN=7\tFID=0\tTMP=" + SECRET, "FACE PIN=7\tFID=0\tTMP=" + SECRET)
	site.api.post(E + "del_bio_template/", {"employees": [emp], "finger_print": True})
	assert site.claims() == [(site.poa.sn, "7", "card number, FACE 0")]


def test_retention_and_biometrics_that_are_not_kept(site):
	site.person("7")
	site.poa.push("OPERLOG", "USER PIN=7\tCard=9999", "FP PIN=7\tFID=0\tTMP=" + SECRET)
	site.poa.push("IDCARD", "IDCARD PIN=7\tIDNum=110101198001010010")
	assert site.server.value("select biometrics_count()") == 2
	site.server.sql("select biometrics_remove()")
	assert site.claims() == [(site.poa.sn, "7", "card number")]
	site.server.sql("update person_claim set received = now() - interval '100 days'")
	site.server.sql("select * from retention_step(0, 0, 99, 0, 0, true)")
	assert site.count("person_claim") == 0 and site.alerts(acknowledged=False) == []


@pytest.mark.settings(store_biometrics="off")
def test_without_biometrics_only_members_wait(site):
	site.person("7")
	site.poa.push("OPERLOG", "USER PIN=7\tCard=9999", "FP PIN=7\tFID=0\tTMP=" + SECRET)
	site.poa.push("OPERLOG", "FP PIN=NEW\tFID=0\tTMP=" + SECRET)
	assert site.claims() == [(site.poa.sn, "7", "card number")]


def test_keys_are_rotated_and_it_can_still_be_taken(site):
	emp = site.person("7")
	site.poa.push("OPERLOG", "USER PIN=7\tCard=9999", "FP PIN=7\tFID=0\tTMP=" + SECRET)
	r = site.server.command("key", "rotate")
	assert r.returncode == 0 and "person_claim: 2 sealed again\n" in r.stdout, r
	assert site.server.value("select count(distinct substr(sealed, 2, 4)) from (select sealed from person_claim union all select sealed from employee) x") == 1
	site.take(emp)
	wait_until(lambda: site.read("7")["card_no"] == "9999")
	wait_until(lambda: [c for c in site.sent(site.pob, "FINGERTMP") if SECRET in c])
