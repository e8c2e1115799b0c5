"""The conformance checklist of the protocol (adms-push 8), a test for each line; its last line, the
recorded exchanges, is test_captures.py."""

import base64

import pytest

from punchd_test.terminal import Terminal, commands_of
from punchd_test.wait import wait_until

WHEN = "2026-05-01 08:00:00"
HELLO = {1: "options=all", 2: "options=all&pushver=2.1.1&language=69&pushcommkey=0123456789",
	3: "options=all&language=69&pushver=2.4.0&DeviceType=middle%20east&PushOptionsFlag=1",
	5: "options=all&pushver=3.0.1"}
OLD_STAMPS = {"Stamp", "OpStamp", "PhotoStamp"}
NEW_STAMPS = {"ATTLOGStamp", "OPERLOGStamp", "ATTPHOTOStamp", "BIODATAStamp", "IDCARDStamp", "ERRORLOGStamp"}


def ready(make_terminal, query=HELLO[3]):
	t = make_terminal()
	t.handshake(query)
	t.approve()
	t.handshake(query)
	t.obey()
	return t


def test_1_paths_parameters_and_raw_spaces(server, terminal):
	terminal.register()
	sn, info = terminal.sn, "Ver 6.39 Apr 28 2008,2,0,0,192.168.1.201,10,7,15,11,011"
	for start in ("/iclock/", "/iclock/iclock/", "//iclock/", "/ICLOCK/"):
		for end in ("", "/", ".aspx", ".php", ".ASPX"):
			for query in ("SN=" + sn, "sn=%s&x=1" % sn, "x=%41&Sn=" + sn, "SN=%s&INFO=%s" % (sn, info)):
				assert terminal.raw("GET", start + "getrequest" + end + "?" + query).text[:2] in ("OK", "C:")
	wait_until(lambda: terminal.row["fw_ver"] == "Ver 6.39 Apr 28 2008", 15)
	assert terminal.raw("POST", "/iclock/cdata?STAMP=9&tAbLe=attlog&sn=" + sn, "1\t%s\t0\t1\n" % WHEN).text == "OK: 1"
	assert terminal.options()["ATTLOGStamp"] == "9"
	for query in ("", "SN=", "SN=a b", "SN=" + "9" * 33):
		assert terminal.raw("GET", "/iclock/getrequest?" + query).status == 400


def test_2_raw_bodies_and_plain_answers(server, terminal):
	terminal.register()
	for n, kind in enumerate(("text/plain", "application/octet-stream", "application/x-www-form-urlencoded",
			"application/push;charset=UTF-8", "multipart/form-data; boundary=x", None)):
		head = "Host: x\r\nAccept-Encoding: gzip, deflate\r\nTE: chunked\r\nConnection: starting\r\n"
		head += "Content-Type: %s\r\n" % kind if kind else ""
		body = "1%d\t%s\t0\t1\t%%41+%%2B&a=b\n" % (n, WHEN)
		reply = terminal.raw("POST", terminal.push_target("ATTLOG"), body, head)
		# Date, Content-Length, neither chunked nor compressed: check_reply() of every exchange
		assert (reply.status, reply.text, reply.headers["connection"]) == (200, "OK: 1", "close")
		assert "location" not in reply.headers
	assert {r[0] for r in server.sql("select work_code from punch")} == {"%41+%2B&a=b"}


@pytest.mark.parametrize("generation", HELLO)
def test_3_handshakes(server, make_terminal, generation):
	t = ready(make_terminal, HELLO[generation])
	options = t.options(t.handshake(HELLO[generation]))
	assert OLD_STAMPS <= set(options)
	assert (NEW_STAMPS <= set(options)) == (generation > 1) and bool(NEW_STAMPS & set(options)) == (generation > 1)
	assert ("PushProtVer" in options, "PushOptionsFlag" in options) == (generation > 1, generation > 1)
	flag = options["TransFlag"]
	assert flag == {1: "1" * 10, 2: "1" * 10, 5: "1" * 12}.get(generation, flag)
	assert flag.startswith("TransData AttLog\tOpLog") == (generation == 3)
	# the hours or minutes rule
	for zone, said in (("Asia/Kolkata", "330"), ("Asia/Kathmandu", "345"), ("Asia/Dubai", "4"), ("Etc/GMT+12", "-12"),
			("America/Caracas", "-4"), ("Pacific/Apia", "780"), ("Pacific/Marquesas", "-570"), ("Etc/UTC", "0")):
		server.sql("update terminal set zone = %s, fixed_offset = null", zone)
		wait_until(lambda: t.options(t.handshake(HELLO[generation]))["TimeZone"] == said, 10, zone)
	# stamps are stored with their data and come back under both names
	target = "/iclock/cdata?SN=%s%s&Stamp=289503453" % (t.sn, "" if generation == 1 else "&table=ATTLOG")
	assert t.raw("POST", target, "1\t%s\t0\t1\n" % WHEN).text == "OK: 1"
	options = t.options(t.handshake(HELLO[generation]))
	assert options["Stamp"] == options.get("ATTLOGStamp", "289503453") == "289503453"


def test_4_ok_counts_every_line(own_pg, clone, make_server):
	server = make_server(clone(own_pg), admission="auto")
	t = Terminal(server, "CHECK004", approve=False)
	t.register()
	good = "1\t%s\t0\t1" % WHEN
	body = (good + "\n\n \t \nrubbish\n" + good + "\r\n\0\n2\t2026-13-45 99:99:99\t0\n3\t" + WHEN).encode()
	assert t.push("ATTLOG", body) == "OK: 5"
	assert t.push("ATTLOG", body) == "OK: 5"
	assert t.push("ATTLOG", b"") == "OK: 0"
	assert t.push("OPERLOG", "OPLOG 4\t0\t%s" % WHEN, "RUBBISH", "USER PIN=1\tName=A") == "OK: 3"
	assert server.value("select count(*) from punch") == 2
	assert sorted(server.sql("select table_name, seen_count from reject")) == [("ATTLOG", 2), ("ATTLOG", 2), ("OPERLOG", 1)]
	own_pg.stop()
	try:
		for table in ("ATTLOG", "OPERLOG", "BIODATA", "ATTPHOTO", "NEWTABLE"):
			reply = t.raw("POST", t.push_target(table), "9\t%s\t0\t1\n" % WHEN)
			assert reply.status == 200 and reply.text.startswith("ERROR: "), (table, reply)
	finally:
		own_pg.start()


def test_5_attlog_of_every_width(server, terminal):
	terminal.register()
	lines = ["007\t2026-05-01 08:00:0%d" % n + tail for n, tail in enumerate(("\t0\t1", "\t0\t1\t0\t0\t0",
		"\t255\t1\t\t0\t0\t", "\t1\t15\t0\t0\t0\t0\t0\t0", "\t255\t15\t0\t0\t0\t0\t0\t0\t"))]
	odd = ["7\t1970-01-01 00:00:00\t0\t1", "7\t2000-01-01 00:00:00\t0\t1", "7\t2099-01-01 00:00:00\t0\t1"]
	assert terminal.push("ATTLOG", *(lines + odd + ["7\t1971--10--29 -23:-27:-54\t0\t1"])) == "OK: 9"
	rows = server.sql("""select code, punch_state, verify_type from punch p join pin on pin.id = pin_id
		where code = '007' order by punch_time""")
	assert rows == [("007", 0, 1), ("007", 0, 1), ("007", 255, 1), ("007", 1, 15), ("007", 255, 15)]
	assert [r[0].year for r in server.sql("""select punch_time from punch p join pin on pin.id = pin_id
		where code = '7' order by 1""")] == [1970, 2000, 2099]
	assert server.api.get("/iclock/api/rejects/", terminal_sn=terminal.sn)["count"] == 1


def test_6_operlog_mixed(server, make_terminal):
	a, b = ready(make_terminal), ready(make_terminal)
	for t in (a, b):
		t.poll(info="Ver%208,1,1,1,10.0.0.1,10,7,12,1,111")
	tmp = base64.b64encode(b"x" * 22).decode()
	assert tmp.endswith("==")
	assert a.push("OPERLOG", "OPLOG 30\t0\t%s\t4\t0\t0\t0" % WHEN, "FP pin=4\tfid=6\tSIZE=22\tVALID=1\ttmp=" + tmp,
		"USER pin=4\tNAME=Ann=Lee\tpri=0\tPASSWD=12", "OPLOG 6\t0\t%s\t4\t0\t6\t906" % WHEN) == "OK: 4"
	assert server.sql("select emp_code, first_name from employee") == [("4", "Ann=Lee")]
	_, line = b.poll_until("FINGERTMP")
	assert line == "DATA UPDATE FINGERTMP PIN=4\tFID=6\tSize=22\tValid=1\tTMP=" + tmp, "the Size as it came"


def test_7_biodata_of_all_types(server, make_terminal):
	a = ready(make_terminal)
	same, other = ready(make_terminal, HELLO[5]), ready(make_terminal, HELLO[5])
	a.push("OPERLOG", "USER PIN=9001\tName=A")
	versions = "0:13:0:0:0:0:0:3:12:%d:32"
	same.push("options", "MultiBioVersion=" + versions % 39 + ",MultiBioPhotoSupport=0:0:0:0:0:0:0:0:0:0:0")
	other.push("options", "MultiBioVersion=" + versions % 40 + ",MultiBioPhotoSupport=0:0:0:0:0:0:0:0:0:0:0")
	line = "BIODATA Pin=%s\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=%d\tMajorVer=%d\tMinorVer=3\tFormat=0\tTmp=QUJD"
	majors = {1: 13, 7: 3, 8: 12, 9: 39, 10: 32}
	assert a.push("BIODATA", *[line % ("9001", n, majors.get(n, 1)) for n in range(11)]) == "OK: 11"
	assert [r[0] for r in server.sql("select bio_type from template order by 1")] == list(range(11))

	def types(t):
		seen = []
		wait_until(lambda: seen.extend(c for c in t.obey() if "DATA UPDATE BIODATA" in c) or seen, 20)
		return sorted(int(c.split("\tType=")[1].split("\t")[0]) for c in seen)
	assert types(same) == [1, 7, 8, 9, 10]
	assert types(other) == [1, 7, 8, 10], "39 does not go where 40 is"
	# a PIN that nobody knows has a row of its own, and is no employee; its owner comes later
	assert a.push("BIODATA", line % ("77", 9, 39)) == "OK: 1"
	assert server.value("select count(*) from pin where code = '77'") == 1
	assert server.api.get("/personnel/api/employees/", emp_code="77")["count"] == 0
	a.push("OPERLOG", "USER PIN=77\tName=Late")
	assert wait_until(lambda: [c for c in same.obey() if "BIODATA Pin=77" in c], 20)


def test_8_punch_photos(server, terminal):
	terminal.register()
	jpeg = b"\xff\xd8\xff\xe0\0photo\xff\xd9"
	head = "PIN=20260501080000-%d.jpg\nSN=" + terminal.sn + "\nsize=999\nCMD=uploadphoto"
	forms = [(terminal.push_target("ATTPHOTO"), (head % 1).encode() + b"\0" + jpeg),
		(terminal.push_target("ATTPHOTO"), (head % 2).encode() + b"\npicture=" + base64.b64encode(jpeg)),
		("/iclock/fdata?SN=%s&PIN=20260501080000-3.jpg&PhotoStamp=1" % terminal.sn,
			("PIN=20260501080000-3\nSN=%s\nsize=1\nCMD=realupload" % terminal.sn).encode() + b"\0" + jpeg)]
	for target, body in forms:
		assert terminal.raw("POST", target, body).text == "OK"
	for row in server.api.get("/iclock/api/attphotos/")["data"]:
		assert row["punch_time"] == WHEN and server.api.request("GET", row["photo"]).body == jpeg
	assert server.sql("select code from punch_photo p join pin on pin.id = pin_id order by 1") == [("1",), ("2",), ("3",)]


def test_9_options_with_commas(server, terminal):
	terminal.register()
	assert terminal.push("options", "~DeviceName=uFace800/ID,MAC=00:17:61:12:aa:bb,~OEMVendor=ZKTECO CO., LTD.,"
		"Empty=,Padded=  x  ,UserCount=3,") == "OK"
	said = server.value("select options from terminal")
	assert {k: said[k] for k in ("DeviceName", "OEMVendor", "Empty", "Padded", "UserCount")} == {
		"DeviceName": "uFace800/ID", "OEMVendor": "ZKTECO CO., LTD.", "Empty": "", "Padded": "x", "UserCount": "3"}


@pytest.mark.parametrize("info", ["Ver 6.39 Apr 28 2008,2,1,5,10.0.0.9", "Ver 6.60,2,1,5,10.0.0.9,10",
	"Ver 8.0.4.2-I113-02,2,1,5,172.16.12.182,10,7,12,141,111",
	"ZAM180-NF50VA-Ver3.4.10,2,1,5,192.168.0.25,10,39,12,1,01110,0,0,0"])
def test_10_info_of_5_6_10_and_13_fields(server, terminal, info):
	terminal.register()
	terminal.poll(info)
	wait_until(lambda: terminal.row["fw_ver"] == info.split(",")[0], 15)
	row, fields = terminal.row, info.split(",")
	assert (row["user_count"], row["fp_count"], row["transaction_count"]) == (2, 1, 5)
	assert row["face_count"] == (int(fields[8]) if len(fields) > 8 else row["face_count"])


def test_11_acknowledgements(server, make_terminal):
	t = ready(make_terminal)

	def given(n):
		server.sql("select command_add(%s, 'LOG', interval '1 day', null) from generate_series(1, %s)", t.id, n)
		got = []
		wait_until(lambda: got.extend(t.poll()) or len(got) == n)
		return tuple(int(c) for c, _ in got)

	def say(text):
		assert t.raw("POST", "/iclock/devicecmd?SN=" + t.sn, text).text == "OK"

	def states(ids):
		return [r[0] for r in server.sql("select return_value from terminal_command where id = any(%s) order by id", list(ids))]
	ids = given(3)
	say("ID=%d&Return=0&CMD=DATA\nID=%d&Return=-1004&CMD=DATA\nID=%d&Return=2&CMD=CHECK" % ids)
	assert states(ids) == [0, -1004, 2]
	ids = given(2)
	say("ID=%d\nReturn=0\nCMD=Shell\nContent=Tue Mar 24 16:12:26 GMT 2026\n" % ids[0])
	say("ID=%d&Return=0&CMD=INFO\n~DeviceName=SpeedFace-V5L\nMAC=00:17:61:13:aa:bb\nUserCount=9" % ids[1])
	assert states(ids) == [0, 0]
	assert server.value("select options ->> 'DeviceName' from terminal where id = %s", t.id) == "SpeedFace-V5L"
	ids = given(1)
	say("ID=%d&SN=%s&return=-1002" % (ids[0], t.sn))
	assert states(ids) == [-1002]
	for odd in ("ID=4294967296&Return=0&CMD=x", "ID=0&Return=0", "", "&&&", "Return=0", "ID=1&Return=x"):
		say(odd)
	assert t.raw("GET", "/iclock/devicecmd?SN=%s&ID=99&Return=0" % t.sn).text == "OK"


def test_12_batches_dialects_and_no_deletion_by_uid(server, make_terminal):
	t = ready(make_terminal)
	for line in ["DATA QUERY USERINFO PIN=%d" % n for n in range(230)] + ["REBOOT", "LOG"]:
		server.sql("select command_add(%s, %s, interval '1 day', null)", t.id, line)
	batches = []

	def taken():
		text = t.raw("GET", "/iclock/getrequest?SN=" + t.sn).text
		if text != "OK":
			batches.append(text)
			t.ack(*[(c, 0) for c, _ in commands_of(text)])
		return sum(len(commands_of(b)) for b in batches) == 232
	wait_until(taken, 20)
	assert [len(commands_of(b)) for b in batches] == [200, 31, 1] and max(map(len, batches)) <= 40 << 10
	assert commands_of(batches[1])[-1][1] == "REBOOT"
	# a person comes, and goes again, in the words of the generation, never in those of another
	by_generation = {g: ready(make_terminal, HELLO[g]) for g in HELLO}
	server.sql("delete from terminal_command")
	acc = make_terminal()
	acc.handshake("options=all&pushver=3.1.2&DeviceType=acc&PushOptionsFlag=1")
	server.api.patch("/iclock/api/terminals/%d/" % acc.id, {"area": 2})
	assert server.value("select count(*) from terminal_command where terminal_id = %s", acc.id) > 0
	emp = server.api.post("/personnel/api/employees/", {"emp_code": "852", "first_name": "Richard", "department": 1,
		"area": [2], "card_no": "123456789"})["id"]
	card = {1: "[15CD5B0700]", 2: "[15CD5B0700]"}
	for g, terminal in by_generation.items():
		line, = wait_until(terminal.obey)
		verb = "DATA USER" if g == 1 else "DATA UPDATE USERINFO"
		assert line.startswith(verb + " PIN=852\tName=Richard\tPri=0\tPasswd=\tCard=" + card.get(g, "123456789")), line
	server.api.delete("/personnel/api/employees/%d/" % emp)
	for g, terminal in by_generation.items():
		assert wait_until(terminal.obey) == ["DATA DEL_USER PIN=852" if g == 1 else "DATA DELETE USERINFO PIN=852"]
	assert acc.poll() == [], "an access-control device would delete everybody"
	refused = server.api.raw("POST", "/iclock/api/terminalcommands/", {"terminal": acc.id, "command": "DATA DELETE user uid=1"})
	assert (refused.status, refused.json()) == (400, {"command": ["No verb of attendance terminals."]})
	for path, body in (("terminals/clear_user/", {"terminals": [acc.id]}),
			("terminalcommands/", {"terminal": acc.id, "command": "DATA DELETE USERINFO PIN=1"})):
		refused = server.api.raw("POST", "/iclock/api/" + path, body)
		assert refused.status == 400 and "does not know this" in refused.text
	# set to attendance in its menu it is like all others
	acc.handshake(HELLO[5])
	assert wait_until(acc.obey)
