"""Issue section 3: terminals."""

import re
import time

import pytest

from punchd_test.terminal import Terminal, commands_of
from punchd_test.wait import stays, wait_until

PUNCH = "7\t2026-05-01 08:00:00\t0\t1"


# ---------------------------------------------------------------- paths, parameters, bodies

@pytest.mark.parametrize("path", ["/iclock/getrequest", "/iclock/getrequest/", "/iclock/getrequest.aspx",
	"/iclock/getrequest.php", "/iclock/iclock/getrequest", "//iclock/getrequest", "/ICLOCK/GetRequest"])
def test_path_variants(server, terminal, path):
	terminal.handshake()
	assert terminal.raw("GET", path + "?SN=" + terminal.sn).text == "OK"


@pytest.mark.parametrize("query", ["SN=%s&table=ATTLOG&Stamp=9999", "sn=%s&TABLE=attlog&stamp=9999",
	"table=ATTLOG&SN=%s", "SN=%s&Stamp=289503453", "Stamp=9999&sn=%s"])
def test_parameter_variants(server, terminal, query):
	terminal.register()
	assert terminal.raw("POST", "/iclock/cdata?" + query % terminal.sn, PUNCH).text == "OK: 1"
	assert server.value("select count(*) from punch") == 1


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream",
	"application/x-www-form-urlencoded", "application/push;charset=UTF-8",
	"multipart/form-data; boundary=x", None])
def test_bodies_are_taken_raw_whatever_their_type(server, terminal, kind):
	terminal.register()
	head = "Host: h\r\nConnection: close\r\n" + ("Content-Type: %s\r\n" % kind if kind else "")
	assert terminal.raw("POST", terminal.push_target("ATTLOG"), PUNCH, head).text == "OK: 1"
	assert terminal.raw("POST", "/iclock/devicecmd?SN=" + terminal.sn, "ID=1&Return=0&CMD=DATA",
		head).text == "OK"


@pytest.mark.parametrize("query", ["", "SN=", "SN=" + "A" * 33, "SN=a%20b", "SN=a/b", "SN=%00"])
def test_a_missing_or_malformed_sn_is_400(server, terminal, query):
	reply = terminal.raw("GET", "/iclock/getrequest?" + query)
	assert (reply.status, reply.text) == (400, "ERROR: SN")


def test_serial_numbers_are_compared_exactly(server, make_terminal):
	make_terminal("Abc1").handshake()
	make_terminal("ABC1").handshake()
	assert server.value("select count(*) from terminal") == 2


def test_answers_have_the_head_every_generation_accepts(server, terminal):
	reply = terminal.raw("GET", "/iclock/getrequest?SN=" + terminal.sn)
	assert reply.headers["content-length"] == "2"
	assert reply.headers["content-type"].startswith("text/plain")
	assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", reply.headers["date"])
	assert reply.headers["connection"].lower() == "close"


def test_keep_alive_only_when_asked_for_by_name(server, terminal):
	terminal.handshake()
	poll = "/iclock/getrequest?SN=" + terminal.sn
	with terminal.connect() as c:
		for _ in range(3):
			c.send(terminal.request_bytes("GET", poll, headers="Connection: Keep-Alive\r\n"))
			assert c.read_reply().text == "OK"
	for value in ("", "Connection: starting\r\n", "Connection: close\r\n"):
		with terminal.connect() as c:
			c.send(terminal.request_bytes("GET", poll, headers=value))
			assert c.read_reply().text == "OK"
			assert c.closed_by_peer()


def test_exchange_is_404_and_registry_406(server, terminal):
	terminal.handshake()
	assert terminal.raw("POST", "/iclock/exchange?SN=%s&type=publickey" % terminal.sn,
		"PublicKey=x").status == 404
	assert terminal.raw("POST", "/iclock/registry?SN=" + terminal.sn, "DeviceType=acc").status == 406
	assert terminal.raw("GET", "/iclock/ping?SN=" + terminal.sn).text == "OK"


# ---------------------------------------------------------------- handshake

def test_handshake_of_the_first_generation(server, terminal):
	options = terminal.options(terminal.handshake("options=all"))
	assert set(options) == {"Stamp", "OpStamp", "PhotoStamp", "ErrorDelay", "Delay", "TransTimes",
		"TransInterval", "TransFlag", "TimeZone", "Realtime", "Encrypt"}
	assert re.fullmatch(r"1+", options["TransFlag"])


def test_handshake_of_later_generations(server, terminal):
	options = terminal.options()
	for key in ("Stamp", "OpStamp", "PhotoStamp", "ATTLOGStamp", "OPERLOGStamp", "ATTPHOTOStamp",
			"PushProtVer", "ServerVer", "PushOptionsFlag", "PushOptions", "SupportPing"):
		assert key in options, key
	assert options["Encrypt"] == "0"
	assert options["TransFlag"].startswith("TransData AttLog\tOpLog\t")


def test_first_contact_asks_for_everything_and_stamps_are_stored(server, terminal):
	options = terminal.options()
	assert (options["ATTLOGStamp"], options["Stamp"], options["OpStamp"]) == ("0", "0", "0")
	terminal.register()
	terminal.push("ATTLOG", PUNCH, stamp="12345")
	options = terminal.options()
	assert (options["ATTLOGStamp"], options["Stamp"]) == ("12345", "12345")
	terminal.push("ATTLOG", PUNCH, stamp="0")  # the answer to a query: not to be stored
	terminal.push("ATTLOG", PUNCH, stamp="1%0AX=1")
	assert terminal.options()["ATTLOGStamp"] == "12345"


@pytest.mark.parametrize("zone, shown, sent", [("Asia/Kolkata", 330, "330"), ("Asia/Dubai", 4, "4"),
	("Asia/Kathmandu", 345, "345"), ("Pacific/Kiritimati", 14, "840"), ("UTC", 0, "0"),
	("Etc/GMT+12", -12, "-12")])
def test_time_zone_by_the_hours_or_minutes_rule(database, make_server, zone, shown, sent):
	server = make_server(database, timezone=zone)
	t = Terminal(server, "ZONE0001")
	assert t.options()["TimeZone"] == sent
	assert t.row["terminal_tz"] == shown


def test_writing_terminal_tz_back_changes_nothing_another_value_fixes_it(server, terminal):
	terminal.register()
	path = "/iclock/api/terminals/%d/" % terminal.id
	server.api.patch(path, {"terminal_tz": 330})
	assert server.value("select fixed_offset from terminal") is None
	server.api.patch(path, {"terminal_tz": 8})
	wait_until(lambda: terminal.options()["TimeZone"] == "8")
	assert terminal.row["terminal_tz"] == 8


# ---------------------------------------------------------------- uploads

@pytest.mark.parametrize("line", ["7\t2026-05-01 08:00:00", "7\t2026-05-01 08:00:00\t0",
	"7\t2026-05-01 08:00:00\t0\t1", "7\t2026-05-01 08:00:00\t0\t1\tW",
	"7\t2026-05-01 08:00:00\t0\t1\t0\t0", "7\t2026-05-01 08:00:00\t0\t1\t0\t0\t0",
	"7\t2026-05-01 08:00:00\t0\t1\t\t0\t0\t\r", "7\t2026-05-01 08:00:00\t0\t1\t0\t0\t0\t0\t0\t0",
	"7\t2026-05-01 08:00:00\t0\t1\t0\t0\t0\t0\t0\t0\t", "7\t2026-05-01 08:00:00\t0\t1\t0\t0\t0\t1\t36.5\t97.7\t+28800\te30=",
	"7 2026-05-01 08:00:00 0 1"])
def test_attlog_of_every_width(server, terminal, line):
	terminal.register()
	assert terminal.push("ATTLOG", line) == "OK: 1"
	row = server.api.get("/iclock/api/transactions/")["data"][0]
	assert (row["emp_code"], row["punch_time"]) == ("7", "2026-05-01 08:00:00")


def test_every_non_blank_line_counts(server, terminal):
	terminal.register()
	assert terminal.push("ATTLOG", PUNCH, PUNCH, "", "nonsense", "  ", "8\t2026-13-45 99:00:00\t0\t1") == "OK: 4"
	assert terminal.push("ATTLOG", b"") == "OK: 0"
	assert server.value("select count(*) from punch") == 1
	assert server.api.get("/iclock/api/rejects/")["count"] == 2


def test_operlog_user_lines_create_people(server, terminal):
	terminal.register()
	assert terminal.push("OPERLOG", "USER PIN=4\tName=Anna Maria\tPri=14\tPasswd=1234\tCard=\tGrp=1",
		"OPLOG 6\t0\t2026-05-01 08:00:00\t4\t0\t6\t906") == "OK: 2"
	person = server.api.get("/personnel/api/employees/", emp_code="4")["data"][0]
	assert person["first_name"] == "Anna Maria"
	assert person["department"]["id"] == 1 and [a["id"] for a in person["area"]] == [2]
	assert person["dev_privilege"] == 0, "Pri typed in at a terminal never raises it"
	log = server.sql("select code, operator, objects from operation_log")
	assert log == [(6, "0", ["4", "0", "6", "906"])]


def test_user_lines_fill_and_never_overwrite(server, terminal):
	terminal.register()
	server.api.post("/personnel/api/employees/", {"emp_code": "5", "first_name": "Rest",
		"department": 1, "area": [2]})
	terminal.push("OPERLOG", "USER PIN=5\tName=Terminal\tPri=0\tPasswd=99\tCard=777")
	person = server.api.get("/personnel/api/employees/", emp_code="5")["data"][0]
	assert person["first_name"] == "Rest" and person["card_no"] == "777"
	terminal.push("OPERLOG", "USER PIN=5\tName=\tPri=0\tPasswd=\tCard=")
	assert server.api.get("/personnel/api/employees/", emp_code="5")["data"][0]["card_no"] == "777"


def test_templates_and_pictures_are_stored_sealed(server, terminal):
	terminal.register()
	terminal.push("OPERLOG", "USER PIN=4", "FP PIN=4\tFID=6\tSize=9\tValid=1\tTMP=U2VhbGVkVG1w",
		"USERPIC PIN=4\tFileName=4.jpg\tSize=20\tContent=/9j/4FNlYWxlZFBpYw==")
	terminal.push("BIODATA", "BIODATA Pin=4\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=39\t"
		"MinorVer=3\tFormat=0\tTmp=U2VhbGVkVG1w")
	assert server.sql("select form, bio_type, major_ver > 0 from template order by id") == [
		("FP", 1, False), ("BIODATA", 9, True)]
	assert server.value("select count(*) from photo") == 1
	for table, text in (("template", "U2VhbGVkVG1w"), ("photo", "/9j/4FNlYWxlZFBpYw==")):
		assert server.value("select count(*) from %s where sealed::text like '%%%%%s%%%%'" % (
			table, text.encode().hex())) == 0


@pytest.mark.parametrize("table", ["ATTPHOTO", "IDCARD", "ERRORLOG", "NEWTHING"])
def test_other_tables_are_kept_raw_sealed_and_acknowledged(server, terminal, table):
	terminal.register()
	text = "SOMETHING A=1\tSecretWord=abcdefgh"
	assert terminal.push(table, text).startswith("OK")
	assert terminal.push(table, text).startswith("OK")
	rows = server.sql("select upper(table_name), seen_count, sealed from raw_upload")
	assert [(r[0], r[1]) for r in rows] == [(table, 2)]
	assert b"SecretWord" not in bytes(rows[0][2])


def test_options_upload(server, terminal):
	terminal.register()
	assert terminal.push("options", "~DeviceName=SpeedFace,FWVersion=Ver 1,UserCount=3,"
		"~OEMVendor=ZKTECO CO., LTD.,FPCount=2").startswith("OK")
	wait_until(lambda: terminal.row["terminal_name"] == "SpeedFace")
	assert server.value("select options->>'OEMVendor' from terminal") == "ZKTECO CO., LTD."


@pytest.mark.parametrize("info", ["Ver 6.39 Apr 28 2008,2,0,5,10.0.0.9", "Ver 6.60,2,1,5,10.0.0.9,10",
	"V,2,1,5,10.0.0.9,10,7,12,141,111", "V,2,1,5,10.0.0.9,10,39,12,1,01110,0,0,0"])
def test_info_of_5_6_10_and_13_fields(server, terminal, info):
	terminal.register()
	terminal.raw("GET", ("/iclock/getrequest?SN=%s&INFO=%s" % (terminal.sn, info)))
	wait_until(lambda: terminal.row["user_count"] == 2 and terminal.row["transaction_count"] == 5)
	assert terminal.row["fw_ver"] == info.split(",")[0]


# ---------------------------------------------------------------- commands

@pytest.mark.parametrize("body", ["ID=%s&Return=0&CMD=REBOOT", "ID=%s&Return=0&CMD=REBOOT\n",
	"ID=%s\nReturn=0\nCMD=REBOOT\n", "ID=%s\r\nReturn=0\r\nCMD=REBOOT\r\n",
	"ID=%s&SN=x&return=0&CMD=REBOOT", "ID=%s&Return=0"])
def test_devicecmd_in_every_form(server, terminal, body):
	terminal.register()
	terminal.obey()
	server.api.post("/iclock/api/terminals/reboot/", {"terminals": [terminal.id]})
	cid, _ = terminal.poll_until("REBOOT")
	assert terminal.raw("POST", "/iclock/devicecmd?SN=" + terminal.sn, body % cid).text == "OK"
	wait_until(lambda: server.value("select state from terminal_command where id = %s", cid) == "done")


def test_a_result_counts_only_for_its_terminal(server, make_terminal):
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
		t.obey()
	server.api.post("/iclock/api/terminals/reboot/", {"terminals": [a.id]})
	cid, _ = a.poll_until("REBOOT")
	assert b.ack((cid, 0, "REBOOT")) == "OK"
	assert server.value("select state from terminal_command where id = %s", cid) == "sent"
	assert a.ack(("999999", 0)) == "OK", "unknown ids are OK too"


def test_commands_survive_a_restart_in_order_and_reboot_ends_the_batch(server, terminal):
	terminal.register()
	terminal.obey()
	for action in ("clear_capture", "reboot", "upload_transaction"):
		server.api.post("/iclock/api/terminals/%s/" % action, {"terminals": [terminal.id]})
	server.restart()
	first = wait_until(terminal.poll)
	assert [c[1] for c in first][-1] == "REBOOT" and first[0][1].startswith("CLEAR PHOTO")
	terminal.ack(*[(c[0], 0) for c in first])
	later = terminal.obey()
	assert any("ATTLOG" in c or c == "CHECK" for c in later)


def test_dangerous_commands_are_sent_once(server, terminal):
	terminal.register()
	terminal.obey()
	server.api.post("/iclock/api/terminals/reboot/", {"terminals": [terminal.id]})
	terminal.poll_until("REBOOT")
	server.sql("update terminal_command set sent = now() - interval '1 hour'")
	server.restart()
	stays(lambda: not [c for c in terminal.poll() if "REBOOT" in c[1]], 2)
	terminal.handshake()  # without an answer it is done at the next handshake
	wait_until(lambda: server.value(
		"select state from terminal_command where content = 'REBOOT'") == "done")


def test_a_reply_holds_at_most_200_commands_and_40_kilobytes(server, terminal):
	terminal.register()
	terminal.obey()
	server.sql("""insert into terminal_command (terminal_id, content, resend)
		select id, 'DATA QUERY USERINFO PIN=' || n, true from terminal, generate_series(1, 450) n""")
	seen = 0
	while seen < 450:
		text = wait_until(lambda: _some(terminal))
		batch = commands_of(text)
		assert len(batch) <= 200 and len(text) <= 40 << 10
		terminal.ack(*[(c[0], 0) for c in batch])
		seen += len(batch)


def _some(terminal):
	text = terminal.raw("GET", "/iclock/getrequest?SN=" + terminal.sn).text
	return text if text != "OK" else None


def test_a_command_leaves_within_a_second_of_its_commit(server, terminal):
	terminal.register()
	terminal.obey()
	server.api.post("/iclock/api/terminals/reboot/", {"terminals": [terminal.id]})
	time.sleep(1)  # the promise is about the first heartbeat that begins after it
	assert [c[1] for c in terminal.poll()] == ["REBOOT"]


def test_commands_wait_while_listen_is_down_and_are_read_again(server, terminal):
	terminal.register()
	terminal.obey()
	server.sql("""select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and query ilike 'listen%%'""")
	server.sql("""insert into terminal_command (terminal_id, content, resend)
		select id, 'REBOOT', false from terminal""")
	terminal.poll_until("REBOOT", timeout=30)


# ---------------------------------------------------------------- admission

def test_an_unknown_terminal_waits_and_its_punches_are_published_on_approval(server, make_terminal):
	t = make_terminal(approve=False)
	assert t.register().startswith("GET OPTION FROM:")
	assert t.push("ATTLOG", PUNCH, "8\t2026-05-01 08:00:01\t0\t1") == "OK: 2"
	assert t.push("OPERLOG", "USER PIN=7\tName=Ghost").startswith("OK")
	assert t.poll() == [], "no commands and no people for a waiting terminal"
	assert server.api.get("/iclock/api/transactions/")["count"] == 0
	assert server.api.get("/personnel/api/employees/")["count"] == 0
	assert t.row["area"]["area_name"] == "Not Authorized"
	asked = t.approve()
	rows = wait_until(lambda: server.api.get("/iclock/api/transactions/")["data"])
	assert [(r["id"], r["emp_code"]) for r in rows] == [(1, "7"), (2, "8")]
	# the people it had uploaded meanwhile are asked for again
	assert "CHECK" in asked and "DATA QUERY USERINFO" in asked
	assert t.options()["OpStamp"] == "0"


@pytest.mark.settings(admission="auto")
def test_admission_auto(server, make_terminal):
	t = make_terminal(approve=False)
	t.register()
	assert t.push("ATTLOG", PUNCH) == "OK: 1"
	assert server.api.get("/iclock/api/transactions/")["count"] == 1
	assert t.row["area"]["id"] == 2


@pytest.mark.settings(admission="closed")
def test_admission_closed(server, make_terminal):
	t = make_terminal(approve=False)
	assert t.handshake() == "ERROR: not authorised"
	assert t.push("ATTLOG", PUNCH) == "ERROR: not authorised"
	assert server.value("select count(*) from terminal") == 0


def test_approval_in_advance(server, make_terminal):
	server.api.post("/iclock/api/terminals/", {"sn": "AHEAD001", "alias": "Gate",
		"ip_address": "10.0.0.1", "area": 2})
	t = make_terminal("AHEAD001", approve=False)
	t.register()
	assert t.push("ATTLOG", PUNCH) == "OK: 1"
	assert server.api.get("/iclock/api/transactions/")["data"][0]["terminal_alias"] == "Gate"


def test_suspension_holds_new_punches_and_keeps_the_old(server, terminal):
	terminal.register()
	terminal.push("ATTLOG", PUNCH)
	terminal.suspend()
	assert terminal.push("ATTLOG", "8\t2026-05-01 09:00:00\t0\t1") == "OK: 1"
	assert server.api.get("/iclock/api/transactions/")["count"] == 1
	terminal.approve()
	wait_until(lambda: server.api.get("/iclock/api/transactions/")["count"] == 2)


def test_the_cap_of_a_waiting_terminal(server, make_terminal):
	t = make_terminal(approve=False)
	t.register()
	line = "7\t2026-05-01 08:00:00\t0\t1\n"
	big = (line * 100000).encode()
	assert t.raw("POST", t.push_target("ATTLOG"), big).text == "OK: 100000"
	assert t.push("ATTLOG", PUNCH + "\t5") == "ERROR: not authorised"


def test_device_listen_serves_terminals_and_nothing_else(database, make_server):
	from punchd_test.net import free_port
	port = free_port()
	server = make_server(database, device_listen="127.0.0.1:%d" % port)
	t = Terminal(server, "APART001")
	t.register()
	assert t.push("ATTLOG", PUNCH) == "OK: 1"
	on_rest = Terminal(server, "APART002", address=server.address)
	with on_rest.connect() as c:
		c.send(on_rest.request_bytes("GET", "/iclock/cdata?SN=APART002&options=all"))
		assert c.read_reply().status == 404
	for path in ("/iclock/api/transactions/", "/api-token-auth/", "/healthz", "/api/docs/"):
		with t.connect() as c:
			c.send(t.request_bytes("GET", path))
			assert c.read_reply().status in (400, 404), path


def test_terminal_state_is_at_most_5_seconds_late(server, terminal):
	terminal.register()
	assert terminal.row["state"] == 1
	terminal.raw("GET", "/iclock/getrequest?SN=%s&INFO=V9,42,0,0,10.1.1.1" % terminal.sn)
	wait_until(lambda: terminal.row["user_count"] == 42, timeout=6)
	assert terminal.row["last_activity"]
