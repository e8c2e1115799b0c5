"""Promise 7 as a whole: everything personal is planted once, wherever it can come in; then the database as
pg_dump writes it, PostgreSQL's own log with every statement in it, and our logs are searched."""

import base64
import json
import urllib.parse

import pytest

from punchd_test.contents import sized
from punchd_test.dump import dump, forms
from punchd_test.pg import Cluster
from punchd_test.server import MASTER_KEY, PASSWORD
from punchd_test.terminal import Terminal

E = "/personnel/api/employees/"

# by REST
PERSON = {"device_password": "Wq7Zr4Kp", "card_no": "8471203956", "birthday": "1961-11-23",
	"contact_tel": "+49 30 7712345", "office_tel": "+49 30 7754321", "mobile": "+49 171 5588123",
	"national": "Ruritanian", "city": "Strelsau", "address": "Zenda Castle 12/3", "postcode": "ZQ9 4XJ",
	"email": "rudolf.rassendyll@example.net", "ssn": "993-44-8812", "religion": "Zoroastrian"}
CHANGED = {"mobile": "+49 171 6699234", "email": "r.elphberg@example.net", "card_no": "9582314067"}
ATTRIBUTE, MESSAGE, STAFF = "Clearance Omega/7", "meet me at the 7th gate", "staff Passphrase+1"
USER_PASSWORD = "another Passphrase/2"
# by terminals; binary ones stand there in base64 or as they are
TEXTS = {k: "Planted%sSecret" % k for k in ("Fp", "Face", "Fvein", "Biodata", "Userpic", "Biophoto", "Attphoto", "Fpimage",
	"Portrait", "Register", "Raw", "Package", "Reject", "Operlog", "Held", "Heldname", "Heldfp", "Heldpic", "Error", "Sms", "Idname", "Edata", "File")}
PASSWD, CARD, IDNUM = "Hk3Vn8Ty", "7361092845", "110101198001013377"
# of the server itself
SERVER = {"admin password": PASSWORD, "master key": MASTER_KEY}

JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF%s\0\n\xff\xd9"


def jpeg(name):
	return JPEG % TEXTS[name].encode()


def b64(value):
	return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()


def spellings(text):
	for form in forms(text):
		yield form
	for quoted in (urllib.parse.quote(text, safe=""), urllib.parse.quote_plus(text), json.dumps(text)[1:-1],
			text.replace(" ", "")):
		yield quoted.encode()


def plant_by_rest(server, secrets):
	api = server.api
	api.post("/personnel/api/customattributes/", {"attr_name": "Clearance"})
	emp = api.post(E, {"emp_code": "7", "first_name": "Rudolf", "department": 1, "area": [2], "Clearance": ATTRIBUTE,
		**PERSON})["id"]
	row = api.get(E + "%d/" % emp)
	assert row["card_no"] == PERSON["card_no"] and row["Clearance"] == ATTRIBUTE, "they did come in"
	api.patch(E + "%d/" % emp, CHANGED)
	api.get(E, card_no=CHANGED["card_no"])
	api.get(E, email=CHANGED["email"])
	api.request("GET", E, params={"search": PERSON["mobile"]})
	for body in ({"emp_code": "8", "department": 99, **PERSON}, {"emp_code": "7", "department": 1, "area": [2], **PERSON}):
		assert api.raw("POST", E, body).status == 400
	api.post(E + "%d/self_password/" % emp, {"self_password": STAFF})
	api.post(E + "%d/photo/" % emp, {"photo": b64(jpeg("Portrait"))})
	photo = api.post("/iclock/api/biophotos/", {"employee": emp, "register_photo": b64(jpeg("Register"))})
	api.post("/iclock/api/biophotos/%d/approve/" % photo["id"], {})
	api.post("/iclock/api/privatemessages/", {"employee": emp, "content": MESSAGE, "duration": 60})
	secrets.update(PERSON, **{"changed " + k: v for k, v in CHANGED.items()})
	secrets.update(attribute=ATTRIBUTE, message=MESSAGE, staff=STAFF)


def plant_by_terminal(server, secrets):
	t = Terminal(server, "DUMP00001")
	t.register()
	pushes = [("OPERLOG", "USER PIN=9\tName=Ann\tPri=0\tPasswd=%s\tCard=%s\tGrp=1" % (PASSWD, CARD)),
		("OPERLOG", "FP PIN=9\tFID=1\tSize=%d\tValid=1\tTMP=%s" % sized(b64(TEXTS["Fp"]))),
		("OPERLOG", "FACE PIN=9\tFID=0\tSIZE=%d\tVALID=1\tTMP=%s" % sized(b64(TEXTS["Face"]))),
		("OPERLOG", "FVEIN Pin=9\tFID=1\tIndex=0\tSize=%d\tValid=1\tTmp=%s" % sized(b64(TEXTS["Fvein"]))),
		("OPERLOG", "USERPIC PIN=9\tFileName=9.jpg\tSize=%d\tContent=%s" % sized(b64(jpeg("Userpic")))),
		("BIOPHOTO", "BIOPHOTO PIN=9\tFileName=9.jpg\tType=9\tSize=%d\tContent=%s" % sized(b64(jpeg("Biophoto")))),
		("BIODATA", "BIODATA Pin=9\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=58\tMinorVer=0\tFormat=0\tTmp="
			+ b64(TEXTS["Biodata"])),
		("OPERLOG", "NONSENSE PIN=9\tX=" + TEXTS["Operlog"]),
		("ATTLOG", "%s\tno time" % TEXTS["Reject"]),
		("IDCARD", "PIN=9\tSNNum=1\tIDNum=%s\tName=%s\tPhoto=AAAA" % (IDNUM, TEXTS["Idname"])),
		("ERRORLOG", "ErrCode=D01E0001\tErrMsg=\tDataOrigin=cmd\tCmdId=5\tAdditional=" + TEXTS["Error"]),
		("SMS", "SMS MSG=%s\tTAG=253\tUID=5\tMIN=60\tStartTime=2026-05-01 08:00:00" % TEXTS["Sms"]),
		("SOMETHINGNEW", "A=1\tB=" + TEXTS["Raw"])]
	for table, line in pushes * 2:
		assert t.push(table, line).startswith("OK"), line
	head = ("PIN=20260501080000-9.jpg\nSN=%s\nsize=7\nCMD=uploadphoto\0" % t.sn).encode()
	assert t.raw("POST", t.push_target("ATTPHOTO"), head + jpeg("Attphoto")).text == "OK"
	assert t.raw("POST", "/iclock/cdata?SN=%s&FPImage=x&PIN=9&FID=1" % t.sn, jpeg("Fpimage")).text == "OK"
	assert t.raw("POST", "/iclock/cdata?SN=%s&table=OPERLOG&ContentType=tgz" % t.sn, TEXTS["Package"]).text.startswith("OK")
	assert t.raw("POST", "/iclock/edata?SN=%s&table=ELSE" % t.sn, TEXTS["Edata"]).text.startswith("OK")
	waiting = Terminal(server, "DUMP00002", approve=False)
	waiting.register()
	assert waiting.push("ATTLOG", "9\t2026-05-01 08:00:00\t0\t1\t%s" % TEXTS["Held"]) == "OK: 1"
	assert waiting.push("OPERLOG", "USER PIN=9\tName=" + TEXTS["Heldname"],
		"FP PIN=9\tFID=1\tTMP=" + b64(TEXTS["Heldfp"])) == "OK: 2"
	assert waiting.raw("POST", waiting.push_target("ATTPHOTO"), head + jpeg("Heldpic")).text == "OK"
	assert server.value("select held_lines from terminal where sn = %s", waiting.sn) == 4
	secrets.update(TEXTS, passwd=PASSWD, card=CARD, idnum=IDNUM)
	return t


def plant_a_file(server, t):
	"""What GetFile brings."""
	cid = server.api.post("/iclock/api/terminalcommands/", {"terminal": t.id, "command": "GetFile /x"})["id"]
	t.poll_until("GetFile")
	t.raw("POST", "/iclock/devicecmd?SN=" + t.sn, "ID=%d\nReturn=0\nCMD=GetFile\nFILENAME=x\nContent=%s" % (cid, TEXTS["File"]))
	result = server.api.request("GET", "/iclock/api/terminalcommands/%d/result/" % cid)
	assert TEXTS["File"] in result.text, "it did come in"


def plant_accounts(server, secrets):
	made = server.command("user", "add", "clerk", "--password-file", "-", stdin=USER_PASSWORD + "\n")
	assert made.returncode == 0, made.stderr
	clerk = server.new_api("clerk", USER_PASSWORD).login()
	jwt = server.new_api("clerk", USER_PASSWORD).login("/jwt-api-token-auth/", "JWT")
	token = server.command("token", "create", "clerk").stdout.split()[-1]
	for api in (clerk, jwt, server.new_api(authorization="Token " + token)):
		assert api.request("GET", E).status == 200
	server.new_api().request("POST", "/api-token-auth/", {"username": "clerk", "password": "a wrong Passphrase"},
		authorization="")
	secrets.update({"user password": USER_PASSWORD, "login token": clerk.authorization.split()[1],
		"jwt": jwt.authorization.split()[1], "token": token, "wrong password": "a wrong Passphrase"})


@pytest.fixture(params=["parameters", "no parameters"])
def logged(request):
	"""A cluster that logs every statement, and its parameters or not."""
	length = -1 if request.param == "parameters" else 0
	cluster = Cluster(settings={"log_statement": "'all'", "log_min_duration_statement": 0,
		"log_parameter_max_length": length, "log_parameter_max_length_on_error": length,
		"log_min_error_statement": "'debug5'", "log_error_verbosity": "'verbose'"})
	yield cluster
	cluster.destroy()


def test_no_secret_is_readable_anywhere(logged, clone, make_server):
	server = make_server(clone(logged), dangerous_commands="on")
	secrets = dict(SERVER)
	plant_by_rest(server, secrets)
	t = plant_by_terminal(server, secrets)
	other = Terminal(server, "DUMP00003")
	other.handshake()
	told = other.approve() + other.obey()
	assert any(PASSWD in c and CARD in c for c in told), "they leave for another terminal"
	plant_a_file(server, t)
	plant_accounts(server, secrets)
	server.restart()
	assert server.command("key", "rotate").returncode == 0
	assert server.api.get(E, emp_code="7")["data"][0]["mobile"] == CHANGED["mobile"]
	keys = [bytes(r[0]) for r in server.sql("select wrapped from data_key")]
	assert len(keys) == 2 and not any(bytes.fromhex(MASTER_KEY) in k for k in keys)

	places = {"database": dump(server.database), "PostgreSQL's log": logged.log_text().encode(),
		"punchd's log": server.log().encode(), "punchd's output": server.stdout().encode()}
	assert b"insert into employee" in places["PostgreSQL's log"].lower(), "statements are in it"
	assert all(len(s) >= 7 for s in secrets.values()) and len(secrets) > 40
	lower = {k: v.lower() for k, v in places.items()}
	found = {(name, place) for name, text in secrets.items() for place in places for form in set(spellings(text))
		if form in places[place] or form.lower() in lower[place]}
	assert not found


def test_the_search_finds_what_is_there(server):
	"""Names stay readable: in every form that is looked for, they are found."""
	server.api.post(E, {"emp_code": "7", "first_name": "PlantedReadable", "department": 1, "area": [2]})
	content = dump(server.database)
	assert any(form in content for form in spellings("PlantedReadable"))
	for name, holder in (("hex", b"xx".join([b"PlantedReadable".hex().encode()] * 2)),
			("base64", base64.b64encode(b"a PlantedReadable b")), ("base64 1", base64.b64encode(b"aPlantedReadable"))):
		assert any(form in holder for form in spellings("PlantedReadable")), name
