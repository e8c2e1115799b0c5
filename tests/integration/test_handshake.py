"""GET cdata: the option block per generation (adms-push 1)."""

import datetime
import re

import pytest

from punchd_test.terminal import Terminal
from punchd_test.wait import wait_until

PUNCH = "7\t2026-05-01 08:00:00\t0\t1"
OLD = {"Stamp", "OpStamp", "PhotoStamp", "ErrorDelay", "Delay", "TransTimes", "TransInterval", "TransFlag",
	"TimeZone", "Realtime", "Encrypt"}
NEW = OLD | {"ATTLOGStamp", "OPERLOGStamp", "ATTPHOTOStamp", "BIODATAStamp", "IDCARDStamp", "ERRORLOGStamp",
	"ServerVer", "PushProtVer", "PushOptionsFlag", "PushOptions", "SupportPing", "MultiBioDataSupport",
	"MultiBioPhotoSupport"}
WORDS = "TransData AttLog\tOpLog\tAttPhoto\tEnrollUser\tChgUser\tEnrollFP\tChgFP\tFPImag\tFACE\tUserPic\tFVEIN\tBioPhoto\tWORKCODE"


@pytest.mark.parametrize("query, generation, keys, flag", [
	("options=all", 1, OLD, "1111111111"),
	("options=all&pushver=2.1.1&language=83&pushcommkey=0123456789", 2, NEW, "1111111111"),
	("options=all&language=69&pushver=2.4.0&PushOptionsFlag=2", 3, NEW, WORDS),
	("options=all&language=69&pushver=2.4.0&DeviceType=middle%20east&PushOptionsFlag=1", 3, NEW, WORDS),
	("options=all&language=69&pushver=2.4.1", 3, NEW, WORDS),
	("options=all&pushver=3.0.1", 5, NEW, "111111111111"),
	("", 1, OLD, "1111111111"),
], ids=["G1", "G2", "G3", "G3-middle-east", "G3-2.4.1", "G5-3.0.1", "bare"])
def test_the_block_of_a_generation(server, terminal, query, generation, keys, flag):
	block = terminal.handshake(query)
	options = terminal.options(block)
	assert set(options) == keys
	assert options["TransFlag"] == flag
	assert options["Encrypt"] == "0" and options["Realtime"] == "1"
	assert 2 <= int(options["Delay"]) <= 60 and int(options["ErrorDelay"]) >= 30
	assert block.endswith("\n") and "\r" not in block and " = " not in block
	assert server.value("select generation from terminal") == generation
	if "PushOptions" in keys:
		assert options["PushProtVer"] == "2.4.1" and options["ServerVer"].startswith("2.4.1 ")
		assert options["PushOptionsFlag"] == "1"
		assert re.fullmatch(r"[01](:[01]){10}", options["MultiBioDataSupport"])


def test_essl_builds_are_of_the_fourth_generation(server, terminal):
	block = terminal.raw("GET", "/iclock/cdata.aspx?SN=%s&options=all&pushver=2.4.1" % terminal.sn).text
	assert terminal.options(block)["TransFlag"] == WORDS
	assert server.value("select generation from terminal") == 4


def test_what_the_terminal_says_of_itself_counts(server, terminal):
	"""A SenseFace announces 2.4.1 like others, and reads TransFlag only as digits (1.4)."""
	terminal.register()
	assert terminal.push("options", "~DeviceName=SenseFace 2A,FWVersion=ZAM70-NF24HA") == "OK"
	wait_until(lambda: terminal.options()["TransFlag"] == "111111111111")
	assert server.value("select generation from terminal") == 5


def test_a_handshake_may_be_posted_with_its_options(server, terminal):
	target = "/iclock/cdata?SN=%s&options=all&pushver=2.4.1&language=69" % terminal.sn
	body = "~DeviceName=Sim\r\nMAC=00:17:61:AA:BB:CC\r\nFWVersion=Ver 8.0\r\n"
	assert set(terminal.options(terminal.raw("POST", target, body).text)) == NEW
	assert server.value("select count(*) from terminal_state where fw_ver = 'Ver 8.0'") == 0, "it waits"
	terminal.approve()
	for path in ("cdata", "edata"):
		assert set(terminal.options(terminal.raw("POST", target.replace("cdata", path), body).text)) == NEW
	assert server.sql("select terminal_name, push_ver, options->>'MAC' from terminal") == [("Sim", "2.4.1", "00:17:61:AA:BB:CC")]
	assert server.value("select fw_ver from terminal_state") == "Ver 8.0"
	assert server.value("select count(*) from reject") == 0
	assert terminal.options(terminal.raw("POST", target, "").text)["Realtime"] == "1"
	# with a table it is an upload
	assert terminal.raw("POST", target + "&table=ATTLOG&Stamp=9", PUNCH).text == "OK: 1"


def test_a_plus_in_info_is_a_blank(server, terminal):
	terminal.register()
	terminal.poll(info="Ver+8.0.4%2Bb,1,0,0,10.0.0.1")
	wait_until(lambda: server.value("select fw_ver from terminal_state") == "Ver 8.0.4+b", 8)


def test_an_access_control_device_is_not_taken_in(server, terminal):
	assert terminal.handshake("options=all&pushver=3.1.2&DeviceType=acc&PushOptionsFlag=1") == "OK"
	assert terminal.raw("POST", "/iclock/registry?SN=" + terminal.sn, "DeviceType=acc").status == 406


def test_a_handshake_can_be_repeated_for_ever(server, terminal):
	blocks = {terminal.handshake() for _ in range(20)}
	assert len(blocks) == 1
	assert server.value("select count(*) from terminal") == 1


# ---------------------------------------------------------------- stamps

def test_stamps_are_kept_per_table_and_said_in_both_families(server, terminal):
	terminal.register()
	options = terminal.options()
	assert {options[k] for k in options if k.endswith("Stamp")} == {"0"}, "first contact asks for all"
	terminal.push("ATTLOG", PUNCH, stamp="289503453")
	terminal.raw("POST", "/iclock/cdata?SN=%s&table=OPERLOG&OpStamp=777" % terminal.sn, "OPLOG 0\t0\t2026-05-01 08:00:00")
	terminal.raw("POST", "/iclock/fdata?SN=%s&PIN=x.jpg&PhotoStamp=888" % terminal.sn, b"x\0y")
	terminal.raw("POST", "/iclock/cdata?SN=%s&table=BIODATA&OpStamp=999" % terminal.sn,
		"BIODATA Pin=1\tNo=0\tIndex=0\tType=9\tMajorVer=39\tTmp=AA==")
	options = terminal.options()
	assert (options["Stamp"], options["ATTLOGStamp"]) == ("289503453", "289503453")
	assert (options["OpStamp"], options["OPERLOGStamp"]) == ("777", "777")
	assert (options["PhotoStamp"], options["ATTPHOTOStamp"]) == ("888", "888")
	assert options["BIODATAStamp"] == "999"
	assert options["IDCARDStamp"] == options["ERRORLOGStamp"] == "0"


def test_the_first_generation_names_no_table(server, terminal):
	terminal.handshake("options=all")
	terminal.approve()
	terminal.raw("POST", "/iclock/cdata?SN=%s&Stamp=289503453" % terminal.sn, "1\t2009-01-03 17:37:33\t0\t1\n")
	terminal.raw("POST", "/iclock/cdata?SN=%s&OpStamp=289504127" % terminal.sn, "OPLOG 4\t0\t289504127\t0\t0\t0\t0\n")
	options = terminal.options(terminal.handshake("options=all"))
	assert (options["Stamp"], options["OpStamp"]) == ("289503453", "289504127")
	assert server.value("select punch_time from punch") == datetime.datetime(2009, 1, 3, 17, 37, 33)
	assert server.value("select happened from operation_log") == datetime.datetime(2009, 1, 3, 17, 48, 47)


def test_a_stamp_of_zero_or_of_rubbish_is_not_kept(server, terminal):
	terminal.register()
	terminal.push("ATTLOG", PUNCH, stamp="12345")
	for stamp in ("0", "000", "", "null", "None", "-1", "1e3", "1%0AX=1", "9" * 21, "%31%00", "12 34"):
		assert terminal.push("ATTLOG", PUNCH, stamp=stamp) == "OK: 1"
		assert terminal.options()["ATTLOGStamp"] == "12345", stamp
	terminal.push("ATTLOG", PUNCH, stamp="9" * 20)
	assert terminal.options()["ATTLOGStamp"] == "9" * 20


def test_a_stamp_of_an_invented_table_is_not_kept(server, terminal):
	terminal.register()
	terminal.push("ATTLOG", PUNCH, stamp="5")
	for table in ("X%3D1%2CATTLOG", "NEWTHING", "A" * 32):
		assert terminal.push(table, "x", stamp="6") == "OK: 1"
	assert terminal.options()["ATTLOGStamp"] == "5"
	assert server.sql("select name from terminal_stamp") == [("ATTLOG",)]


def test_a_stamp_follows_its_data_not_the_other_way_round(server, terminal):
	"""What is not stored must not move the stamp."""
	terminal.register()
	server.sql("alter table punch rename to punch_away")
	assert terminal.push("ATTLOG", PUNCH, stamp="42").startswith("ERROR")
	server.sql("alter table punch_away rename to punch")
	assert terminal.options()["ATTLOGStamp"] == "0"
	assert terminal.push("ATTLOG", PUNCH, stamp="42") == "OK: 1"
	assert terminal.options()["ATTLOGStamp"] == "42"


def test_a_stamp_waits_for_every_write_of_its_upload(server, terminal):
	"""An upload larger than one write, of which the first half is not stored: the second half, which
	is, must not bring the stamp, or the terminal would never send the first half again."""
	terminal.register()
	server.sql("""create function test_full() returns trigger language plpgsql as $$ begin
		if exists (select from newer n join pin on pin.id = n.pin_id where pin.code = 'first') then
			raise exception 'no space left' using errcode = '53100';
		end if;
		return null; end $$""")
	server.sql("""create trigger test_full after insert on punch referencing new table as newer
		for each statement execute function test_full()""")
	lines = ["%s\t2026-05-%02d %02d:%02d:00\t0\t1" % ("rest" if n else "first", n // 1440 + 1,
		n // 60 % 24, n % 60) for n in range(6000)]
	assert terminal.push("ATTLOG", *lines, stamp="77").startswith("ERROR")
	assert 0 < server.value("select count(*) from punch") < 6000, "one of the writes is durable"
	assert server.value("select count(*) from terminal_stamp") == 0
	assert terminal.options()["ATTLOGStamp"] == "0"
	server.sql("drop trigger test_full on punch")
	assert terminal.push("ATTLOG", *lines, stamp="77") == "OK: 6000"
	assert server.value("select count(*) from punch") == 6000
	assert terminal.options()["ATTLOGStamp"] == "77"


def test_approval_asks_for_everything_once_more(server, make_terminal):
	t = make_terminal()
	t.register()
	t.push("ATTLOG", PUNCH, stamp="42")
	t.suspend()
	t.approve()
	wait_until(lambda: t.options()["ATTLOGStamp"] == "0")


# ---------------------------------------------------------------- time zones

ZONES = [("Asia/Kolkata", None), ("America/St_Johns", None), ("Pacific/Auckland", None), ("Asia/Kathmandu", None),
	("America/New_York", None), ("Europe/Berlin", None), ("UTC", None), ("Pacific/Kiritimati", None),
	("Etc/GMT+12", None), ("Australia/Lord_Howe", None), ("Pacific/Chatham", None), ("Asia/Kolkata", -720),
	("Asia/Kolkata", 780), ("UTC", 345), ("UTC", -210), ("UTC", 30), ("UTC", -600)]


def offset_of(zone, fixed):
	"""Minutes east of UTC, by Python's own idea of the zones."""
	if fixed is not None:
		return fixed
	from zoneinfo import ZoneInfo
	return int(datetime.datetime.now(ZoneInfo(zone)).utcoffset().total_seconds() // 60)


def option_of(minutes):
	"""1.6: hours when whole and within 12, else minutes."""
	return minutes // 60 if minutes % 60 == 0 and abs(minutes) <= 720 else minutes


def test_time_zone_in_hours_or_minutes(server, make_terminal):
	for i, (zone, fixed) in enumerate(ZONES):
		t = make_terminal("ZONE%04d" % i, approve=False)
		t.handshake()
		server.sql("update terminal set zone = %s, fixed_offset = %s where sn = %s", zone, fixed, t.sn)
		minutes = offset_of(zone, fixed)
		assert t.options()["TimeZone"] == str(option_of(minutes)), zone
		assert server.value("""select sent_offset from terminal_state join terminal t on t.id = terminal_id
			where sn = %s""", t.sn) == minutes


@pytest.mark.settings(timezone="America/St_Johns")
def test_the_default_zone_is_the_servers(server, terminal):
	minutes = offset_of("America/St_Johns", None)
	assert minutes in (-210, -150)
	assert terminal.options()["TimeZone"] == str(minutes)


def test_a_changed_offset_makes_the_terminal_shake_hands_again(server, terminal):
	"""1.6: nothing carries a rule for summer time, so CHECK goes out after each change; once an hour."""
	terminal.register()
	terminal.obey()
	check = "select count(*) from terminal_command where content = 'CHECK' and state = 'queued'"
	server.sql("select command_check_offsets()")
	assert server.value(check) == 0, "nothing has changed"
	server.sql("update terminal_command set created = now() - interval '2 hours'")
	server.sql("update terminal_state set sent_offset = 60")
	server.sql("select command_check_offsets(), command_check_offsets()")
	assert server.value(check) == 1
	terminal.poll_until("CHECK")
	terminal.handshake()
	assert server.value("select sent_offset from terminal_state") == 330
	assert server.value("select count(*) from terminal_command where content = 'CHECK' and state <> 'done'") == 0


# ---------------------------------------------------------------- odd ones

def test_odd_values_in_the_query(server, terminal):
	for query in ("options=all&pushver=" + "9" * 400, "options=all&pushver=2.4.1&language=%FF%FE",
			"options=all&pushver=%0A2.4.1", "options=all&pushver=2.4.1&DeviceType=" + "x" * 400,
			"options=all&pushver=&language=&DeviceType="):
		assert terminal.handshake(query).startswith("GET OPTION FROM: %s\n" % terminal.sn), query


def test_a_device_type_and_language_are_remembered(server, terminal):
	terminal.handshake("options=all&pushver=2.4.1&language=83&DeviceType=pid&pushcommkey=" + "f" * 32)
	assert server.sql("select push_ver, language, device_type from terminal") == [("2.4.1", "83", "pid")]
	assert "f" * 32 not in server.log()
	dump = server.sql("select t::text from terminal t")[0][0]
	assert "f" * 32 not in dump


def test_a_zone_that_nobody_can_read_is_refused_at_the_door(server, make_terminal):
	"""It would keep all terminals from being read."""
	import psycopg2
	t = make_terminal()
	t.register()
	for change in ("zone = 'Middle/Earth'", "zone = ''", "fixed_offset = 2000000000", "fixed_offset = -1441"):
		with pytest.raises(psycopg2.Error):
			server.sql("update terminal set " + change)
	for value in (2000000000, -100000, 1441):
		r = server.api.raw("PATCH", "/iclock/api/terminals/%d/" % t.id, {"terminal_tz": value})
		assert r.status == 400, r
	assert t.options()["TimeZone"] == "330"
