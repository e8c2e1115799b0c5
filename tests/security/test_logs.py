"""A full run with planted secrets, then a look at our log, our output, PostgreSQL's log (every statement in it) and the
whole database: whatever was said as a secret stands in none of them, plain, in hex or in base64."""

import base64

import pytest

from punchd_test.dump import forms, found_in
from punchd_test.net import Connection
from punchd_test.pg import Cluster
from punchd_test.rest import Api
from punchd_test.server import MASTER_KEY, PASSWORD
from punchd_test.terminal import Terminal
from punchd_test.wait import wait_until

PLANT = {n: "Pl4nted%sSecretQx" % n for n in ("Card", "Pass", "Addr", "Phone", "Natl", "Tmp", "Photo", "IdCard", "Raw", "Key", "Wrong",
	"Query", "Reject", "Held", "Staff", "Body", "Opt", "Msg", "Chunk")}


@pytest.fixture
def loud(clone):
	"""Every statement and its parameters, as an administrator in trouble may set it; and every error."""
	cluster = Cluster(settings={"log_statement": "'all'", "log_min_error_statement": "'debug1'", "log_min_duration_statement": "0",
		"log_error_verbosity": "'verbose'", "log_connections": "on"})
	yield clone(cluster)
	cluster.destroy()


def b64(text):
	return base64.b64encode(text.encode() * 4).decode()


def people(server):
	emp = server.api.post("/personnel/api/employees/", {"emp_code": "7", "first_name": "Ann", "department": 1, "area": [2],
		"card_no": "80408040", "device_password": "77665544", "address": PLANT["Addr"], "contact_tel": PLANT["Phone"],
		"national": PLANT["Natl"], "ssn": PLANT["Natl"], "email": "planted.mail.qx@example.com", "birthday": "1971-03-19"})
	server.api.post("/personnel/api/employees/%d/self_password/" % emp["id"], {"self_password": PLANT["Staff"]})
	server.api.request("POST", "/iclock/api/privatemessages/", {"employee": emp["id"], "content": PLANT["Msg"],
		"start_time": "2026-05-01 08:00:00", "duration": 60})
	for path in ("/staff-api-token-auth/", "/staff-jwt-api-token-auth/"):
		assert server.new_api().request("POST", path, {"username": "7", "password": PLANT["Staff"]}, authorization="").status == 200


def uploads(server):
	t = Terminal(server, "LOUD0001", approve=False)
	t.handshake("options=all&pushver=2.4.1&pushcommkey=" + PLANT["Key"])
	waiting = Terminal(server, "WAITING1", approve=False)
	assert waiting.push("ATTLOG", "7\t2026-05-01 08:00:00\t0\t1\t" + PLANT["Held"]) == "OK: 1"
	assert waiting.push("OPERLOG", "USER PIN=9\tName=%s\tPasswd=%s" % (PLANT["Held"], PLANT["Pass"][:8]),
		"FP PIN=9\tFID=1\tTMP=" + b64(PLANT["Tmp"])) == "OK: 2"
	t.approve()
	t.obey()
	t.push("OPERLOG", "USER PIN=8\tName=Bob\tPasswd=%s\tCard=%s" % (PLANT["Pass"][:8], PLANT["Card"]),
		"FP PIN=8\tFID=1\tSize=%d\tValid=1\tTMP=%s" % (len(b64(PLANT["Tmp"])), b64(PLANT["Tmp"])),
		"USERPIC PIN=8\tFileName=8.jpg\tContent=/9j/" + b64(PLANT["Photo"]), "nonsense %s" % PLANT["Reject"])
	t.push("BIODATA", "BIODATA Pin=8\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=39\tMinorVer=1\tFormat=0\tTmp=" + b64(PLANT["Tmp"]))
	t.push("IDCARD", "IDCARD PIN=8\tSN=1\tIDNum=%s\tName=%s" % (PLANT["IdCard"], PLANT["IdCard"]))
	t.push("MYSTERY", "x=" + PLANT["Raw"])
	t.push("ATTLOG", "%s\t\x01\tx" % PLANT["Reject"])
	t.raw("POST", "/iclock/cdata?SN=%s&table=ATTPHOTO&Stamp=1" % t.sn, b"PIN=20260501080000-8.jpg\nSN=x\nsize=4\nCMD=uploadphoto\0\xff\xd8"
		+ PLANT["Photo"].encode())
	t.raw("POST", "/iclock/cdata?SN=%s&AuthType=CARD" % t.sn, "PIN=0\tTMP=" + PLANT["Card"])
	t.obey()
	return t


def requests_that_fail(server):
	token = server.new_api().login().authorization
	nobody = Api(server.address)
	nobody.request("POST", "/api-token-auth/", {"username": "admin", "password": PLANT["Wrong"]}, authorization="")
	nobody.request("GET", "/personnel/api/areas/", authorization="Basic " + base64.b64encode(("admin:" + PLANT["Wrong"]).encode()).decode())
	nobody.request("GET", "/personnel/api/areas/", authorization="Token " + PLANT["Wrong"])
	nobody.request("GET", "/personnel/api/areas/?token=%s&password=%s" % (PLANT["Query"], PLANT["Query"]), authorization="")
	nobody.request("POST", "/personnel/api/employees/", '{"card_no": "%s' % PLANT["Body"], headers={"Content-Type": "application/json"},
		authorization=token)
	for members in ({"card_no": PLANT["Body"] * 9}, {"address": PLANT["Body"] * 90, "birthday": PLANT["Body"]}, {"emp_code": "7", "ssn": PLANT["Natl"]}):
		server.api.request("POST", "/personnel/api/employees/", {"emp_code": "9", "first_name": "x", "department": 1, "area": [2], **members})
	server.api.request("POST", "/personnel/api/employees/import/", ("emp_code,first_name,card_no,address\n9,x,%s,%s\n" % (
		PLANT["Body"], PLANT["Addr"])).encode(), headers={"Content-Type": "text/csv"})
	for cut in (b"{", b"\0" * 4, PLANT["Chunk"].encode()):
		with Connection(server.address) as c:
			c.send(b"POST /api-token-auth/ HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nX: %s\r\nTransfer-Encoding: chunked\r\n\r\nzz%s\r\n" % (
				PLANT["Chunk"].encode(), PLANT["Chunk"].encode(), cut))
			c.read_reply()
	return token


@pytest.mark.slow
def test_planted_secrets_stand_nowhere(loud, make_server):
	server = make_server(loud)
	people(server)
	uploads(server)
	token = requests_that_fail(server)
	jwt = server.new_api().login("/jwt-api-token-auth/", "JWT").authorization
	made = server.command("token", "create", "admin").stdout.strip()
	assert Api(server.address).request("GET", "/personnel/api/areas/", authorization="Token " + made).status == 200
	# a failing statement in the midst of a write: PostgreSQL's error must not quote what was written
	server.sql("alter table employee add constraint planted check (first_name <> 'Fails')")
	r = server.api.request("POST", "/personnel/api/employees/", {"emp_code": "10", "first_name": "Fails", "department": 1, "area": [2],
		"address": PLANT["Addr"], "card_no": "80408041"})
	assert r.status in (400, 500)
	wait_until(lambda: server.value("select count(*) from upload_log") > 0, 15)
	assert server.command("key", "rotate").returncode == 0
	server.restart()
	secrets = [*PLANT.values(), "planted.mail.qx@example.com", token.split(" ")[1], jwt.split(" ")[1], jwt.split(".")[2], made, MASTER_KEY, PASSWORD,
		"77665544", "80408040"]
	for secret in secrets:
		assert found_in(server, secret) == [], secret
	logs = (server.log() + server.stdout() + loud.cluster.log_text()).encode()
	assert not [f for f in forms(b64(PLANT["Tmp"])) if f in logs]
	# and the look itself finds what does stand there
	assert found_in(server, "LOUD0001") and b"insert into" in logs.lower()
