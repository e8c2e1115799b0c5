"""What terminals upload beside punches (adms-push 2.2 to 2.11, 3.1): where it goes, and that secrets stay sealed."""

import base64
import datetime
import gzip

import pytest

from punchd_test.contents import sized, template
from punchd_test.dump import found_in
from punchd_test.wait import wait_until

SECRET = "PlantedSecret"


def b64(text):
	return base64.b64encode(text.encode()).decode()


# ---------------------------------------------------------------- OPLOG

def oplog(server):
	return server.sql("""select code, operator, happened, objects, seen_count from operation_log
		order by id""")


def test_operation_log_lines_are_kept_once_and_counted(server, terminal):
	terminal.register()
	lines = ["OPLOG 4\t3\t2026-06-25 16:27:43\t3\t0\t0\t0", "OPLOG 70\t0\t2026-06-25 16:28:10\t4\t0\t0\t0",
		"OPLOG 108\t0\t2026-08-08 06:38:34\tKeyPadBeep\t0\t0\t0", "OPLOG 6\t0\t350154520\t1\t0\t6\t906",
		"OPLOG 0\t0\tnonsense", "OPLOG 3\t\t2026-06-25 16:28:10\t58"]
	assert terminal.push("OPERLOG", *lines) == "OK: 6"
	t = datetime.datetime
	expected = [(4, "3", t(2026, 6, 25, 16, 27, 43), ["3", "0", "0", "0"]),
		(70, "0", t(2026, 6, 25, 16, 28, 10), ["4", "0", "0", "0"]),
		(108, "0", t(2026, 8, 8, 6, 38, 34), ["KeyPadBeep", "0", "0", "0"]),
		(6, "0", t(2010, 11, 23, 17, 8, 40), ["1", "0", "6", "906"]),
		(0, "0", None, []), (3, "", t(2026, 6, 25, 16, 28, 10), ["58"])]
	assert oplog(server) == [x + (1,) for x in expected]
	assert terminal.push("OPERLOG", *(lines + lines[:2])) == "OK: 8"
	assert [x[4] for x in oplog(server)] == [3, 3, 2, 2, 2, 2]
	assert server.value("select count(*) from operation_log where last_seen < first_seen") == 0
	assert terminal.push("OPERLOG", "OPLOG x\t0\t2026-06-25 16:27:43") == "OK: 1"
	assert server.value("select count(*) from reject") == 1


def test_the_same_line_of_another_terminal_is_another(server, make_terminal):
	for _ in range(2):
		t = make_terminal()
		t.register()
		t.push("OPERLOG", "OPLOG 4\t3\t2026-06-25 16:27:43\t3\t0\t0\t0")
	assert server.value("select count(distinct sn) from operation_log") == 2


def test_an_enrolment_as_it_was_captured(server, terminal):
	"""One body, mixed records, in any order; the answer counts all lines."""
	terminal.register()
	body = ["OPLOG 4\t3\t2026-06-25 16:27:43\t3\t0\t0\t0", "OPLOG 30\t0\t2026-06-25 16:28:28\t4\t0\t0\t0",
		"USER PIN=4\tName=User3\tPri=0\tPasswd=1234\tCard=\tGrp=1\tTZ=0000000100000000\tVerify=1\t"
		"ViceCard=\tStartDatetime=0\tEndDatetime=0", "FP PIN=4\tFID=6\tSize=1488\tValid=1\tTMP=" + template(1488),
		"", "RUBBISH x=1", "OPLOG 10\t0\t2026-06-25 16:29:00\t4\t0\t0\t0"]
	assert terminal.push("OPERLOG", *body) == "OK: 6"
	assert [x[0] for x in oplog(server)] == [4, 30, 10]
	assert server.sql("select emp_code, first_name from employee") == [("4", "User3")]
	assert server.value("select count(*) from template") == 1
	assert server.sql("select table_name, reason from reject") == [("OPERLOG", "unknown record")]


# ---------------------------------------------------------------- templates and pictures

def templates(server):
	return server.sql("""select p.code, form, bio_type, bio_no, bio_index, major_ver, minor_ver, bio_format,
		valid, duress, size from template t join pin p on p.id = t.pin_id order by t.id""")


def test_templates_of_every_kind(server, terminal):
	terminal.register()
	terminal.push("OPERLOG", "USER PIN=4", "USER PIN=9001")
	terminal.poll(info="Ver%208,1,1,1,10.0.0.1,10,7,12,1,111")
	size = len(SECRET) + 3
	lines = ["FP PIN=4\tFID=6\tSize=%d\tValid=1\tTMP=%s" % sized(b64(SECRET + "Fp0")),
		"fp pin=4\tfid=7\tsize=%d\tvalid=3\ttmp=%s" % (size, b64(SECRET + "Fp1")),
		"FACE PIN=4\tFID=11\tSIZE=%d\tVALID=1\tTMP=%s" % (size + 1, b64(SECRET + "Face")),
		"FVEIN Pin=4\tFID=2\tIndex=1\tSize=%d\tValid=1\tTmp=%s" % (size + 1, b64(SECRET + "Vein")),
		"BIODATA Pin=9001\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=39\tMinorVer=3\tFormat=0\tTmp="
			+ b64(SECRET + "Light"),
		"BIODATA Pin=9001\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=40\tMinorVer=1\tFormat=0\tTmp="
			+ b64(SECRET + "Other")]
	assert terminal.push("OPERLOG", *lines[:4]) == "OK: 4"
	assert terminal.push("BIODATA", *lines[4:]) == "OK: 2"
	assert templates(server) == [("4", "FP", 1, 6, 0, 10, 0, 0, 1, 0, str(len(b64(SECRET + "Fp0")))),
		("4", "FP", 1, 7, 0, 10, 0, 0, 3, 1, str(size)), ("4", "FACE", 2, 0, 11, 7, 0, 0, 1, 0, str(size + 1)),
		("4", "FVEIN", 7, 2, 1, 0, 0, 0, 1, 0, str(size + 1)),
		("9001", "BIODATA", 9, 0, 0, 39, 3, 0, 1, 0, None), ("9001", "BIODATA", 9, 0, 0, 40, 1, 0, 1, 0, None)]
	assert not found_in(server, SECRET)
	# as upload tables, with and without the record's word; the last one of a key counts
	assert terminal.push("FINGERTMP", "PIN=4\tFID=6\tSize=%d\tValid=1\tTMP=%s" % (len(SECRET), b64(SECRET))) == "OK: 1"
	assert terminal.push("FACE", "PIN=4\tFID=11\tSIZE=%d\tVALID=1\tTMP=%s" % (len(SECRET), b64(SECRET))) == "OK: 1"
	assert len(templates(server)) == 6
	assert server.value("select size from template where form = 'FP' and bio_no = 6") == str(len(SECRET))
	assert not found_in(server, SECRET)


def test_versions_of_a_terminal_survive_a_restart(server, terminal):
	"""FP lines name no version; the INFO that does comes once, at power on."""
	terminal.register()
	terminal.poll(info="Ver%208,1,1,1,10.0.0.1,10,7,12,1,111")
	wait_until(lambda: server.value("select fp_version from terminal_state") == 10, 8)
	line = "FP PIN=4\tFID=6\tSize=4\tValid=1\tTMP=AAAA"
	terminal.push("OPERLOG", "USER PIN=4", line)
	server.restart()
	terminal.poll()
	terminal.push("OPERLOG", line)
	assert [t[5] for t in templates(server)] == [10]


def test_pictures_and_comparison_photos(server, terminal):
	terminal.register()
	terminal.push("OPERLOG", "USER PIN=123")
	one, other = (base64.b64encode(b"\xff\xd8\xff\xe0" + (SECRET + x).encode()).decode() for x in ("Picture", "Photo"))
	lines = ["USERPIC PIN=123\tFileName=123.jpg\tSize=%d\tContent=%s" % sized(one),
		"BIOPHOTO PIN=123\tFileName=123.jpg\tType=9\tNo=0\tIndex=0\tSize=%d\tContent=%s" % sized(other)]
	assert terminal.push("OPERLOG", *lines) == "OK: 2"
	assert terminal.push("BIOPHOTO", lines[1]) == "OK: 1"
	assert terminal.push("USERPIC", lines[0][8:]) == "OK: 1"
	assert server.sql("select form, bio_type, file_name, size from photo order by form") == [
		("BIOPHOTO", 9, "123.jpg", str(len(other))), ("USERPIC", 0, "123.jpg", str(len(one)))]
	assert not found_in(server, SECRET)


def test_records_that_lack_what_matters_are_rejects(server, terminal):
	terminal.register()
	lines = ["FP FID=6\tTMP=AA==", "FP PIN=\tFID=6\tTMP=AA==", "FP PIN=4\tFID=6\tTMP=", "USERPIC PIN=4\tContent=",
		"USER Name=x", "BIODATA Pin=%s\tTmp=AA==" % ("9" * 21)]
	assert terminal.push("OPERLOG", *lines) == "OK: 6"
	assert sorted(r[0] for r in server.sql("select reason from reject")) == sorted(["no PIN", "empty PIN",
		"no template", "no photo", "empty PIN", "PIN too long"])
	assert server.value("select count(*) from template") + server.value("select count(*) from photo") == 0


# ---------------------------------------------------------------- tables without a place of their own

FP = "FP PIN=7\tFID=3\tSize=4\tValid=1\tTMP=AAAA"
FACE = "FACE PIN=7\tFID=0\tSIZE=4\tVALID=1\tTMP=AAAA"
VEIN = "FVEIN Pin=7\tFID=1\tIndex=0\tSize=4\tValid=1\tTmp=AAAA"
BIO = "BIODATA Pin=7\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=39\tMinorVer=3\tFormat=0\tTmp=AAAA"
PANEL = "user uid=1\tcardno=\tpin=9\tpassword=\tgroup=1\tstarttime=0\tendtime=0\tname=Panel\tprivilege=14\tdisable=0\tverify=0"


def test_a_record_goes_its_way_whatever_its_table_is_called(server, terminal):
	terminal.register()
	for n, name in enumerate(("USER", "user", "Users2")):
		assert terminal.push(name, "USER PIN=%d\tName=Seven\tPri=0" % (7 + n)) == "OK: 1"
	assert server.sql("select emp_code, first_name from employee order by 1") == [(x, "Seven") for x in "789"]
	for table, line, form in (("templatev10", FP, "FP"), ("TEMPLATEV10", FP[3:], "FP"), ("FP", FP[3:], "FP"),
			("facetmpv10", FACE, "FACE"), ("facev7", FACE[5:], "FACE"), ("fvtemplate", VEIN, "FVEIN"), ("NEWTHING", FP, "FP"),
			("newthing", BIO, "BIODATA"), ("NEWTHING", "TEMPLATEV10 " + FP[3:], "FP")):
		server.sql("delete from template")
		assert terminal.push(table, line) == "OK: 1"
		assert [r[1] for r in templates(server)] == [form], (table, line)
	for n, line in enumerate(("4\t0\t2026-05-01 08:00:00\t0\t0\t0\t0", "OPLOG 5\t0\t2026-05-01 08:00:00\t0\t0\t0\t0")):
		assert terminal.push("oplog", line) == "OK: 1"
		assert server.value("select count(*) from operation_log") == n + 1, line
	assert server.value("select count(*) from raw_upload") + server.value("select count(*) from reject") == 0


def test_what_access_control_wraps(server, terminal):
	"""tabledata: attendance's lines go the way of the record, a panel's own users create nobody."""
	terminal.register()
	terminal.push("OPERLOG", "USER PIN=7\tName=Seven")

	def wrapped(name, *lines):
		return terminal.push("tabledata&tablename=%s&count=%d" % (name, len(lines)), *lines)
	assert wrapped("BIODATA", BIO) == "BIODATA=1"
	assert wrapped("templatev10", FP) == "templatev10=1"
	assert wrapped("ATTLOG", "7\t2026-05-01 08:00:00\t0\t1") == "ATTLOG=1"
	assert [t[1] for t in templates(server)] == ["BIODATA", "FP"]
	assert server.value("select count(*) from punch") == 1 and server.value("select count(*) from raw_upload") == 0
	assert wrapped("user", PANEL) == "user=1"
	assert wrapped("user", PANEL.replace("pin=9", "pin=10"), "USER PIN=8\tName=Eight", "nonsense") == "user=3"
	assert server.sql("select emp_code from employee order by 1") == [("7",), ("8",)]
	assert server.sql("select table_name, lines from raw_upload order by id") == [("TABLEDATA", 1)] * 3
	assert server.value("select count(*) from reject") == 0
	assert wrapped("user", "USER PIN=1 x=2\tName=x") == "user=1"
	assert server.sql("select table_name, reason from reject") == [("USER", "another column in the PIN")]


def test_a_terminal_in_access_mode_keeps_its_own(server, terminal):
	assert terminal.handshake("options=all&pushver=3.1.2&DeviceType=acc") == "OK"
	server.api.patch("/iclock/api/terminals/%d/" % terminal.id, {"area": 2})
	server.api.post("/personnel/api/employees/", {"emp_code": "7", "department": 1, "area": [2]})
	kept = lambda: server.value("select count(*) from raw_upload")
	wait_until(lambda: terminal.push("tabledata&tablename=user&count=2", PANEL, "USER PIN=8\tName=Eight") == "user=2" and kept())
	assert terminal.push("tabledata&tablename=biodata&count=1", BIO.lower()) == "biodata=1"
	assert terminal.push("NEWTHING", FP) == "OK: 1"
	assert terminal.raw("POST", "/iclock/querydata?SN=%s&type=tabledata&cmdid=1&tablename=user&count=1&packcnt=1&packidx=1"
		% terminal.sn, PANEL).text == "user=1"
	assert server.sql("select emp_code from employee") == [("7",)] and templates(server) == []
	assert kept() == 4


@pytest.mark.parametrize("table, answer", [("ERRORLOG", "OK"), ("ATTPHOTO", "OK"),
	("WORKCODE", "OK: 1"), ("SMS", "OK: 1"), ("NEWTHING", "OK: 1"), ("rtlog", "OK"), ("rtstate", "OK"),
	("tabledata&tablename=user&count=1", "user=1")])
def test_other_tables_are_kept_raw_and_sealed(server, terminal, table, answer):
	terminal.register()
	line = "WORD PIN=1\tName=%s\tIDNum=110101198001010010" % SECRET
	for n in (1, 2):
		assert terminal.push(table, line) == answer
		assert server.sql("select upper(table_name), seen_count, lines from raw_upload") == [
			(table.split("&")[0].upper(), n, 1)]
	assert not found_in(server, SECRET) and not found_in(server, "110101198001010010")


def test_photos_of_punches_in_all_three_ways(server, terminal):
	terminal.register()
	head = "PIN=20150731103012-123.jpg\nSN=%s\nsize=20\nCMD=uploadphoto" % terminal.sn
	body = head.encode() + b"\0\xff\xd8" + SECRET.encode()
	assert terminal.raw("POST", terminal.push_target("ATTPHOTO"), body).text == "OK"
	assert terminal.raw("POST", "/iclock/fdata?SN=%s&PIN=20150731103012-123.jpg&PhotoStamp=9999"
		% terminal.sn, body).text == "OK"
	assert terminal.raw("POST", "/iclock/cdata?SN=%s&PhotoStamp=9999" % terminal.sn,
		head.encode() + b"\npicture=" + b64(SECRET).encode()).text == "OK"
	assert terminal.raw("POST", "/iclock/cdata?SN=%s&FPImage=/tmp/enroll_fp_1.bmp&PIN=982&FID=0" % terminal.sn,
		b"BM" + SECRET.encode()).text == "OK"
	assert terminal.raw("POST", "/iclock/cdata?SN=%s&type=PostVerifyData" % terminal.sn, SECRET).text == "OK"
	assert terminal.raw("POST", "/iclock/edata?SN=%s&table=NEWTHING" % terminal.sn, SECRET).text == "OK: 1"
	assert sorted(r[0] for r in server.sql("select table_name from raw_upload")) == ["NEWTHING", "POSTVERIFYDATA"]
	assert [r[0] for r in server.sql("select seen_count from punch_photo order by 1")] == [1, 2], "twice the same"
	assert server.value("select count(*) from fp_image") == 1
	assert not found_in(server, SECRET)


def test_a_packed_operation_log_is_kept_as_it_came(server, terminal):
	terminal.register()
	body = gzip.compress(("USER PIN=1\tName=" + SECRET).encode())
	reply = terminal.raw("POST", "/iclock/cdata?SN=%s&table=OPERLOG&ContentType=tgz" % terminal.sn, body)
	assert reply.text.startswith("OK")
	assert server.value("select count(*) from reject") + server.value("select count(*) from raw_upload") > 0


def test_what_is_looked_for_would_be_found(server, terminal):
	"""The search for planted values itself, and what may stand in clear: names, PINs."""
	terminal.register()
	terminal.push("OPERLOG", "USER PIN=4\tName=" + SECRET)
	assert found_in(server, SECRET)
	server.sql("create table planted (x bytea)")
	for text in ("Needle01", "xNeedle02", "yzNeedle03"):
		server.sql("insert into planted values (%s), (%s)", base64.b64encode(text.encode()), text.encode())
	for text in ("Needle01", "Needle02", "Needle03"):
		assert found_in(server, text)


# ---------------------------------------------------------------- options and INFO

def test_options_with_commas_in_values(server, terminal):
	terminal.register()
	body = ("~DeviceName=SpeedFace,MAC=00:17:61:00:00:01,TransactionCount=4,~MaxAttLogCount=15,UserCount=2,"
		"~OEMVendor=ZKTECO CO., LTD.,FWVersion=ZAM180-Ver1,FPVersion=10,FaceVersion=58,PvCount=3,"
		"CommPassword=%s,QRCodeDecryptKey=%s,IPAddress=192.168.1.15," % (SECRET, SECRET))
	assert terminal.push("options", body) == "OK"
	said = server.value("select options from terminal")
	assert said["OEMVendor"] == "ZKTECO CO., LTD." and said["DeviceName"] == "SpeedFace"
	assert said["IPAddress"] == "192.168.1.15" and said["MaxAttLogCount"] == "15"
	assert server.sql("""select fw_ver, user_count, transaction_count, fp_version, face_version, palm_count
		from terminal_state""") == [("ZAM180-Ver1", 2, 4, 10, 58, 3)]
	assert server.value("select terminal_name from terminal") == "SpeedFace"
	assert not found_in(server, SECRET), "passwords and keys of the device are none of our business"
	terminal.push("options", "UserCount=9,~Platform=ZAM180_TFT")
	said = server.value("select options from terminal")
	assert (said["UserCount"], said["Platform"], said["MAC"]) == ("9", "ZAM180_TFT", "00:17:61:00:00:01")


def test_options_end_where_the_next_key_begins(server, terminal):
	terminal.register()
	for n, separator in enumerate(["\t", " ", "\n", "\r\n", ",", ", ", ";", "\t,", "&"]):
		server.sql("update terminal set options = '{}', terminal_name = ''")
		body = separator.join(["DeviceName=MB10-VL", "FWVersion=Ver 6.6%d Sep 19 2019" % n, "~OEMVendor=ZKTECO CO., LTD.",
			"UserCount=%d" % n])
		assert terminal.push("options", body + separator) == "OK"
		assert server.value("select options from terminal") == {"DeviceName": "MB10-VL",
			"FWVersion": "Ver 6.6%d Sep 19 2019" % n, "OEMVendor": "ZKTECO CO., LTD.", "UserCount": str(n)}, separator
		assert server.sql("select fw_ver, user_count from terminal_state") == [("Ver 6.6%d Sep 19 2019" % n, n)]
		assert server.value("select terminal_name from terminal") == "MB10-VL"
	terminal.push("options", "devicename=K40,USERCOUNT=12,~platform=ZAM180,OwnWord=1,ownword=2")
	assert server.sql("select terminal_name, user_count from terminal, terminal_state") == [("K40", 12)], "in any spelling"
	said = server.value("select options from terminal")
	assert (said["Platform"], said["OwnWord"], said["ownword"], "platform" in said) == ("ZAM180", "1", "2", False)


def test_the_firmwares_version_has_many_names(server, terminal):
	terminal.register()
	for n, name in enumerate(("FirmVer", "FirmwareVersion", "~FWVer", "Firmware_Version", "fwversion", "FirmwareVer", "Firmware")):
		server.sql("update terminal set options = '{}'")
		assert terminal.push("options", "%s=Ver %d.0 x" % (name, n)) == "OK"
		assert server.value("select fw_ver from terminal_state") == "Ver %d.0 x" % n, name
	# the answer to INFO is read likewise
	server.api.post("/iclock/api/terminalcommands/", {"terminal": terminal.id, "command": "INFO"})
	cid, _ = terminal.poll_until("INFO")
	terminal.raw("POST", "/iclock/devicecmd?SN=" + terminal.sn,
		"ID=%s&Return=0&CMD=INFO\n~DeviceName=X\tFirmVer=Ver 9 b UserCount=7\nMAC=0\n" % cid)
	assert server.sql("select fw_ver, user_count from terminal_state") == [("Ver 9 b", 7)]


def test_options_cannot_grow_without_end(server, terminal):
	terminal.register()
	for n in range(30):
		assert terminal.push("options", ",".join("K%d_%d=%s" % (n, i, "v%d" % i * 20) for i in range(300))) == "OK"
	assert server.value("select octet_length(options::text) from terminal") < 1 << 20


INFOS = {
	5: ("Ver 6.39 Apr 28 2008,2,0,5,10.0.0.9", ("Ver 6.39 Apr 28 2008", 2, 0, None, 5, None, None)),
	6: ("Ver 6.60,2,1,5,10.0.0.9,10", ("Ver 6.60", 2, 1, None, 5, 10, None)),
	10: ("Ver 8.0.4.2-I113-02,143,1,109,172.16.12.182,10,7,12,141,111",
		("Ver 8.0.4.2-I113-02", 143, 1, 141, 109, 10, 7)),
	13: ("ZAM180-NF50VA-Ver3.4.10,1,0,16,192.168.0.25,10,39,12,1,01110,0,0,0",
		("ZAM180-NF50VA-Ver3.4.10", 1, 0, 1, 16, 10, 39)),
}


@pytest.mark.parametrize("raw", [True, False], ids=["raw", "encoded"])
def test_info_of_5_6_10_and_13_fields(server, make_terminal, raw):
	wanted = {}
	for info, expected in INFOS.values():
		t = make_terminal()
		t.register()
		t.poll(info=info if raw else info.replace(" ", "%20").replace(",", "%2C"))
		wanted[t.sn] = expected
	wait_until(lambda: {r[0]: r[1:] for r in server.sql("""select sn, fw_ver, user_count, fp_count,
		face_count, transaction_count, fp_version, face_version from terminal_state
		join terminal t on t.id = terminal_id""")} == wanted, 8)


def test_a_short_info_forgets_nothing(server, terminal):
	terminal.register()
	terminal.poll(info=INFOS[10][0])
	wait_until(lambda: server.value("select face_count from terminal_state") == 141, 8)
	terminal.poll(info="V9,144,1,110,172.16.12.182")
	wait_until(lambda: server.value("select user_count from terminal_state") == 144, 8)
	assert server.sql("select face_count, fp_version, face_version from terminal_state") == [(141, 10, 7)]


def test_odd_infos_harm_nobody(server, terminal):
	terminal.register()
	terminal.obey()
	for info in ("", ",", "," * 300, "x", "V,a,b,c", "V,99999999999999999999,-1,2147483648", "%FF%FE,1,2,3,x",
			"V," + "9" * 3000, "%00,1"):
		assert terminal.raw("GET", "/iclock/getrequest?SN=%s&INFO=%s" % (terminal.sn, info)).text == "OK"


# ---------------------------------------------------------------- a value that the database refuses

def test_a_refused_record_stands_alone(server, terminal):
	terminal.register()
	server.sql("""create function test_poison() returns trigger language plpgsql as $$ begin
		if new.first_name = 'Poison' then raise exception 'no' using errcode = '22000'; end if;
		return new; end $$""")
	server.sql("""create trigger test_poison before insert on employee
		for each row execute function test_poison()""")
	people = ["USER PIN=%d\tName=%s" % (n, "Poison" if n in (13, 77) else "P%d" % n) for n in range(1, 101)]
	logs = ["OPLOG 4\t%d\t2026-06-25 16:27:43\t3" % n for n in range(50)]
	assert terminal.push("OPERLOG", *(people + logs), stamp="5") == "OK: 150"
	assert server.value("select count(*) from employee") == 98
	assert server.value("select count(*) from operation_log") == 50
	assert server.sql("select reason from reject") == [("refused by the database",)] * 2
	assert terminal.options()["OpStamp"] == "5"


def test_a_long_upload_is_written_in_pieces(server, terminal):
	"""Nobody waits for it, and it is all there; a failure in the middle costs only a repetition."""
	terminal.register()
	lines = ["USER PIN=%d\tName=N%d\tPasswd=1\tCard=%d" % (n, n, 1000 + n) for n in range(1, 3001)]
	assert terminal.push("OPERLOG", *lines, stamp="8") == "OK: 3000"
	assert server.value("select count(*) from employee") == 3000
	assert server.value("select count(*) from terminal_person where version = confirmed_version") == 3000
	assert terminal.push("OPERLOG", *lines, stamp="9") == "OK: 3000"
	assert server.value("select count(*) from employee") == 3000
	assert terminal.poll() == [] or "USERINFO PIN" not in str(terminal.obey()), "a line equal to ours queues nothing"
