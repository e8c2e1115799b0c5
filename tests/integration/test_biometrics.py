"""store_biometrics = off: terminals and clients work, and nothing of anybody's body is kept or asked for."""

import base64

import pytest

from punchd_test.contents import sized
from punchd_test.dump import dump, forms
from punchd_test.wait import wait_until

E, O = "/personnel/api/employees/", "/iclock/api/terminals/"
OFF = pytest.mark.settings(store_biometrics="off")
SECRET = "PlantedFeature"
B64 = base64.b64encode(SECRET.encode()).decode()
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF" + SECRET.encode() + b"\0\n\xff\xd9"
REFUSED = {"detail": "Not while the setting store_biometrics is off."}
PICTURE = base64.b64encode(JPEG).decode()
TABLES = ("template", "photo", "punch_photo", "fp_image", "bio_photo", "id_card", "raw_upload", "reject")

LINES = [
	("OPERLOG", "FP PIN=7\tFID=1\tSize=%d\tValid=1\tTMP=%s" % sized(B64)),
	("OPERLOG", "FACE PIN=7\tFID=0\tSIZE=%d\tVALID=1\tTMP=%s" % sized(B64)),
	("OPERLOG", "FVEIN Pin=7\tFID=1\tIndex=0\tSize=%d\tValid=1\tTmp=%s" % sized(B64)),
	("OPERLOG", "USERPIC PIN=7\tFileName=7.jpg\tSize=%d\tContent=%s" % sized(PICTURE)),
	("OPERLOG", "BIOPHOTO PIN=7\tFileName=7.jpg\tType=9\tSize=%d\tContent=%s" % sized(PICTURE)),
	("OPERLOG", "BROKEN PIN=7\tTMP=" + B64),
	("OPERLOG", "FP FID=1\tTMP=" + B64),
	("FINGERTMP", "FP PIN=7\tFID=1\tTMP=" + B64),
	("FINGERTMP", B64),
	("OPERLOG", B64),
	("FACE", "rubbish " + SECRET),
	("BIODATA", "BIODATA Pin=7\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=58\tMinorVer=0\tFormat=0\tTmp=" + B64),
	("BIOPHOTO", "PIN=7\tContent=" + PICTURE),
	("USERPIC", "PIN=7\tContent=" + PICTURE),
	("IDCARD", "PIN=7\tIDNum=1\tPhoto=" + B64),
	("TABLEDATA", "templatev10 size=8\ttemplate=" + B64),
	("templatev20", "x=" + SECRET),
]


def ready(make_terminal):
	t = make_terminal()
	t.register()
	t.obey()
	return t


def upload_everything(t):
	for table, line in LINES:
		for _ in range(2):
			assert t.push(table, line) in ("OK: 1", "OK"), (table, line)
	head = ("PIN=20260501080000-7.jpg\nSN=%s\nsize=7\nCMD=uploadphoto" % t.sn).encode()
	for body in (head + b"\0" + JPEG, head + b"\npicture=" + base64.b64encode(JPEG), b"no photo " + JPEG):
		assert t.raw("POST", t.push_target("ATTPHOTO"), body).text == "OK"
		assert t.raw("POST", "/iclock/fdata?SN=%s&PhotoStamp=7" % t.sn, body).text == "OK"
	assert t.raw("POST", "/iclock/cdata?SN=%s&FPImage=x&PIN=7&FID=1" % t.sn, JPEG).text == "OK"
	assert t.raw("POST", "/iclock/cdata?SN=%s&table=OPERLOG&ContentType=tgz" % t.sn, JPEG).text.startswith("OK: ")
	assert t.raw("POST", "/iclock/cdata?SN=%s&type=PostVerifyData" % t.sn, SECRET).text == "OK"


def rows(server):
	return {t: server.value("select count(*) from " + t) for t in TABLES}


@OFF
def test_uploads_are_acknowledged_and_not_kept(server, make_terminal):
	t = ready(make_terminal)
	upload_everything(t)
	assert t.push("OPERLOG", "USER PIN=7\tName=Ada\tPasswd=4711\tCard=", stamp="77") == "OK: 1"
	assert t.push("ATTLOG", "7\t2026-05-01 08:00:00\t0\t15") == "OK: 1"
	assert rows(server) == dict.fromkeys(TABLES, 0)
	content = dump(server.database) + server.log().encode()
	assert not [form for form in forms(SECRET) if form in content]
	assert server.api.get(E)["data"][0]["first_name"] == "Ada"
	assert server.value("select count(*) from punch") == 1
	assert t.push("SOMETHINGNEW", "A=1") == "OK: 1"
	assert rows(server)["raw_upload"] == 1, "what is none is kept as ever"


@OFF
def test_people_behind_many_templates_are_not_lost(server, make_terminal):
	t = ready(make_terminal)
	assert t.push("OPERLOG", *["FP PIN=%d\tFID=1\tTMP=%s" % (n, B64) for n in range(600)], "USER PIN=7\tName=Ada") == "OK: 601"
	assert server.api.get(E)["data"][0]["emp_code"] == "7"
	assert rows(server) == dict.fromkeys(TABLES, 0)


@OFF
def test_stamps_of_what_is_not_kept_go_on(server, make_terminal):
	t = ready(make_terminal)
	assert t.raw("POST", t.push_target("ATTPHOTO", "4711"), b"PIN=1.jpg\nCMD=uploadphoto\0" + JPEG).text == "OK"
	assert t.push("BIODATA", LINES[11][1], stamp="4712") == "OK: 1"
	options = t.options()
	assert (options["ATTPHOTOStamp"], options["BIODATAStamp"]) == ("4711", "4712")


@OFF
def test_nothing_of_the_kind_is_asked_for(server, make_terminal):
	t = ready(make_terminal)
	options = t.options()
	for word in ("FP", "Photo", "FACE", "Pic", "FVEIN"):
		assert word not in options["TransFlag"], options["TransFlag"]
	assert set(options["MultiBioDataSupport"]) == set(options["MultiBioPhotoSupport"]) == {"0", ":"}
	emp = server.api.post(E, {"emp_code": "7", "department": 1, "area": [2]})["id"]
	asked = t.obey()
	assert not [c for c in asked if "FINGERTMP" in c or "BIO" in c or "PHOTO" in c.upper()], asked
	for action, more in (("enroll_fp", {"pin": "7", "finger": 1}), ("enroll_bio", {"pin": "7", "type": 9}),
			("query_templates", {"type": 1}),
			("query_photos", {"start_time": "2026-05-01 08:00:00", "end_time": "2026-05-02 08:00:00"})):
		r = server.api.raw("POST", O + action + "/", {"terminals": [t.id], **more})
		assert (r.status, r.json()) == (403, REFUSED), action
	for line in ("ENROLL_FP PIN=7\tFID=1", "ENROLL_BIO TYPE=9\tPIN=7", "DATA QUERY FINGERTMP PIN=7",
			"DATA QUERY BIODATA Type=9", "DATA QUERY ATTPHOTO StartTime=2026-05-01 08:00:00\tEndTime=2026-05-02 08:00:00"):
		r = server.api.raw("POST", "/iclock/api/terminalcommands/", {"terminal": t.id, "command": line})
		assert (r.status, r.json()) == (403, REFUSED), line
	r = server.api.raw("POST", "/iclock/api/biophotos/", {"employee": emp, "register_photo": base64.b64encode(JPEG).decode()})
	assert (r.status, r.json()) == (403, REFUSED)
	assert t.obey() == []


def test_what_is_there_already_is_removed_by_a_command(database, make_server):
	from punchd_test.terminal import Terminal
	server = make_server(database)
	t = Terminal(server, "BIO00001")
	t.register()
	t.obey()
	upload_everything(t)
	emp = server.api.post(E, {"emp_code": "7", "department": 1, "area": [2]})["id"]
	portrait = base64.b64encode(JPEG[:8] + b"a portrait" + b"\xff\xd9").decode()
	server.api.post(E + "%d/photo/" % emp, {"photo": portrait})
	assert min(v for k, v in rows(server).items() if k != "bio_photo") > 0, rows(server)
	assert server.command("biometrics", "remove").returncode == 1, "not while it is on"
	server.stop()
	started = server.command("serve", store_biometrics="off")
	assert started.returncode == 1 and "punchd biometrics remove" in started.stderr
	removed = server.command("biometrics", "remove", store_biometrics="off")
	assert removed.returncode == 0 and "removed" in removed.stdout, removed
	server.settings["store_biometrics"] = "off"
	server.start()
	wait_until(lambda: server.probe("/readyz") == 200)
	assert rows(server) == {**dict.fromkeys(TABLES, 0), "photo": 1}, "a portrait given by a client stays"
	content = dump(server.database)
	assert not [form for form in forms(SECRET) if form in content]
