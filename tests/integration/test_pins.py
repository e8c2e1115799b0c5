"""One reading of a PIN on every road (contract 7): blanks around it are padding, and what no terminal can have
is refused, and kept as it came."""

import os

import pytest

from punchd_test.wait import wait_until

WHEN = "2026-05-01 08:00:00"
JPEG = b"\xff\xd8\xff\xe0picture"
# no PIN: another column, what nobody sees at its ends, separators and control characters
ODD = ["48 Name=Al", "48,Name=Al", "48;x=1", "48&Card=1", "48\u00a0Name=Al", "\u00a048", "48\u00a0", "48\u200b", "\ufeff48",
	"48\u3000", "48\u2028", "4\u20288", "48\u0085", "4\x7f8"]
LEGAL = ["O'Brien", '"7"', "a&b", "x=y", "A B", "7,8", "été"]
MIGRATION = os.path.join(os.path.dirname(__file__), "..", "..", "migrations", "0020_pins.sql")


@pytest.fixture
def ready(make_terminal):
	def make(**more):
		t = make_terminal(**more)
		t.register()
		t.obey()
		return t
	return make


def pins(server):
	return sorted(r[0] for r in server.sql("select code from pin"))


def people(server):
	return server.sql("select emp_code, first_name from employee order by 1")


def rejects(server):
	return server.value("select count(*) from reject")


def fdata(t, name, body=JPEG):
	return t.raw("POST", "/iclock/fdata?SN=%s&PIN=%s" % (t.sn, name), body).text


# ---------------------------------------------------------------- padding

def test_blanks_around_a_pin_are_padding_on_every_road(server, ready):
	t = ready()
	lines = ["USER PIN= 7 \tName= Ann \tPasswd= 12 ", "FP PIN=7  \tFID= 1 \tSize=4\tValid=1\tTMP= AAAA ",
		"BIODATA Pin=  7\tNo=0\tIndex=0\tValid=1\tType=9\tMajorVer=39\tMinorVer=3\tFormat=0\tTmp=AAAA",
		"USERPIC PIN= 7\tFileName=7.jpg\tSize=8\tContent=/9j/4AAQ", "OPLOG 6\t 0\t" + WHEN + " \t 7 \t0"]
	assert t.push("OPERLOG", *lines) == "OK: 5"
	assert t.push("USERINFO", " PIN= 8 \tName=Bo") == "OK: 1"
	assert t.push("IDCARD", "PIN= 7 \tIDNum=1") == "OK: 1"
	assert t.push("ATTLOG", "        7\t" + WHEN, "7 \t2026-05-01 08:00:01 \t0\t1", "7\t 2026-05-01 08:00:02\t0\t1",
		"  7 2026-05-01 08:00:03 0 1") == "OK: 4"
	for name in ("20260501080004- 7 .jpg", "20260501080005 - 7.jpg", "7 .jpg"):
		assert fdata(t, name.replace(" ", "%20")) == "OK"
	assert t.raw("POST", "/iclock/cdata?SN=%s&FPImage=/tmp/x.bmp&PIN=%%207%%20&FID=0" % t.sn, b"BM").text == "OK"
	assert pins(server) == ["7", "8"] and rejects(server) == 0
	assert people(server) == [("7", "Ann"), ("8", "Bo")]
	assert server.value("select count(*) from punch p join pin on pin.id = p.pin_id where code = '7'") == 4
	for table in ("template", "photo", "punch_photo", "fp_image", "id_card"):
		assert server.value("select count(*) from %s x join pin on pin.id = x.pin_id where code = '7'" % table) > 0, table
	assert server.sql("select operator, objects from operation_log") == [("0", ["7", "0"])]
	# the USER line of the same body is found behind an operation: nobody is asked for
	assert [c for c in t.obey() if "QUERY" in c] == []
	answer = t.raw("GET", "/iclock/cdata?SN=%s&table=RemoteAtt&PIN=%%207" % t.sn).text
	assert answer.startswith("DATA UPDATE USERINFO PIN=7\tName=Ann\t")


def test_the_mark_of_a_body_goes(server, ready):
	t = ready()
	mark = b"\xef\xbb\xbf"
	assert t.push("ATTLOG", mark + b"7\t" + WHEN.encode() + b"\n" + mark + b"8\t" + WHEN.encode()) == "OK: 2"
	assert t.push("OPERLOG", mark + b"USER PIN=7\tName=Ann\n") == "OK: 1"
	assert t.push("options", mark + b"~DeviceName=MB10,FWVersion=Ver 8\n") == "OK"
	assert pins(server) == ["7"] and people(server) == [("7", "Ann")]
	assert server.sql("select reason from reject") == [("invisible character at an end of the PIN",)], "one mark, at the begin"
	assert server.value("select terminal_name from terminal") == "MB10"


def test_held_punches_are_read_likewise(server, make_terminal):
	t = make_terminal(approve=False)
	t.register()
	body = "\ufeff   7\t%s \t O\t1\n48 Name=Al\t%s\n" % (WHEN, WHEN)
	assert t.push("ATTLOG", body.encode()) == "OK: 2"
	t.approve()
	wait_until(lambda: server.value("select count(*) from punch") == 1)
	assert pins(server) == ["7"] and server.value("select punch_state from punch") == 1
	assert server.sql("select reason from reject") == [("another column in the PIN",)]


# ---------------------------------------------------------------- blanks in place of TABs

PLAIN = {
	"USER PIN=48 Name=Al": ("48", "Al"),
	"USER PIN=48 Name=Al Lee Pri=0 Passwd=1234 Card= Grp=1 TZ=0000000100000000": ("48", "Al Lee"),
	"   USER   PIN=48    Name=Al   Pri=0   ": ("48", "Al"),
	"user pin=48 name=Al": ("48", "Al"),
	"PIN=48 Name=Al": ("48", "Al"),
	"PIN=48": ("48", ""),
}


@pytest.mark.parametrize("table", ["OPERLOG", "USERINFO"])
def test_a_line_padded_with_blanks_is_taken_apart(server, ready, table):
	t, other = ready(), ready()
	lines = [x for x in PLAIN if table == "USERINFO" or "USER" in x.upper()]
	expected = []
	for n, line in enumerate(lines):
		code = str(100 + n)
		assert t.push(table, line.replace("48", code)) == "OK: 1", line
		expected.append((code, PLAIN[line][1]))
	assert people(server) == expected and rejects(server) == 0
	seen = []
	wait_until(lambda: seen.extend(c for c in other.obey() if "USERINFO" in c) or len(seen) == len(lines))
	assert sorted(c.split("\t")[:2] for c in seen) == [["DATA UPDATE USERINFO PIN=" + code, "Name=" + name]
		for code, name in expected]
	assert t.push("OPERLOG", "FP PIN=100 FID=1 Size=4 Valid=1 TMP=AAAA", "USER PIN=101 x=1") == "OK: 2"
	assert server.value("select count(*) from template") == 1
	assert server.sql("select reason from reject") == [("another column in the PIN",)], "not plain"


# ---------------------------------------------------------------- what no terminal can have

def test_a_pin_that_no_terminal_can_have_is_a_reject(server, ready):
	t = ready()
	for n, pin in enumerate(ODD):
		assert t.push("ATTLOG", "", "%s\t%s\t0\t1" % (pin, WHEN)) == "OK: 1"
		assert t.push("OPERLOG", "USER PIN=%s\tName=x" % pin, "FP PIN=%s\tFID=1\tSize=4\tValid=1\tTMP=AAAA" % pin,
			"USERPIC PIN=%s\tContent=/9j/4AAQ" % pin) == "OK: 3"
		assert t.push("USERINFO", "PIN=%s\tGrp=1" % pin) == "OK: 1"
		assert rejects(server) == 5 * (n + 1), pin
		quoted = "".join("%%%02X" % b for b in pin.encode())
		assert fdata(t, "20260501080000-%s.jpg" % quoted, JPEG + pin.encode()) == "OK"
		assert t.raw("POST", "/iclock/cdata?SN=%s&FPImage=/x.bmp&PIN=%s&FID=0" % (t.sn, quoted), b"BM").text == "OK"
		assert t.raw("GET", "/iclock/cdata?SN=%s&table=RemoteAtt&PIN=%s" % (t.sn, quoted)).text == "OK"
	assert pins(server) == [] and people(server) == []
	assert server.value("select count(*) from punch") + server.value("select count(*) from template") == 0


def test_likewise_over_rest_and_in_files(server):
	def create(code):
		return server.api.raw("POST", "/personnel/api/employees/", {"emp_code": code, "department": 1, "area": [2]})

	for pin in ODD:
		r = create(pin)
		assert r.status == 400 and list(r.json()) == ["emp_code"], (pin, r)
	for pin in LEGAL:
		assert create("  %s " % pin).status in (200, 201), pin
	for path, columns, values in (("/iclock/api/transactions/import/", "punch_time", WHEN),
			("/personnel/api/employees/import/", "department,area", "1,2")):
		rows = "".join('"%s",%s\n' % (pin, values) for pin in ODD + ["  9 "])
		r = server.api.request("POST", path, ("emp_code,%s\n%s" % (columns, rows)).encode(), {"mode": "good"},
			{"Content-Type": "text/csv"})
		assert (r.json()["data"]["failed"], r.json()["data"]["created"]) == (len(ODD), 1), (path, r.text)
	assert pins(server) == sorted(LEGAL + ["9"])


def test_legal_ones_count(server, ready):
	t = ready()
	assert t.push("ATTLOG", *["%s\t%s\t0\t1" % (pin, WHEN) for pin in LEGAL]) == "OK: %d" % len(LEGAL)
	assert t.push("OPERLOG", *["USER PIN=%s\tName=x" % pin for pin in LEGAL]) == "OK: %d" % len(LEGAL)
	assert pins(server) == sorted(LEGAL) and rejects(server) == 0
	assert server.value("select count(*) from punch p join employee e using (pin_id)") == len(LEGAL)


def test_control_characters_in_a_code_page(server, ready):
	"""What is a sign in the terminal's own encoding is judged as that sign."""
	t = ready()
	server.api.patch("/iclock/api/terminals/%d/" % t.id, {"code_page": "GBK"})
	wait_until(lambda: server.value("select decoded_as from terminal") == "GBK")
	assert t.push("OPERLOG", b"USER PIN= \xcd\xf5 \tName=x\nUSER PIN=4\xa1\xa1\tName=y\n") == "OK: 2"
	assert pins(server) == ["王"], "A1 A1 is an ideographic blank"


# ---------------------------------------------------------------- what is there already

def test_what_exists_is_told_once_and_stays(server, ready):
	t = ready()
	t.push("ATTLOG", "7\t%s\t0\t1" % WHEN)
	server.sql("update pin set code = '   7'")
	server.api.post("/personnel/api/employees/", {"emp_code": "48", "department": 1, "area": [2]})
	emp = server.value("""insert into employee (emp_code, department_id, row_key, sealed)
		select '48 Name=Al', 1, row_key, sealed from employee returning id""")
	server.sql("insert into pin (code) values ('x=y'), ('O''Brien'), ('9' || chr(8203)), ('7,8'), ('9;Card=1'), ('7''Type=1'), ('A B')")
	server.sql(open(MIGRATION).read()[open(MIGRATION).read().index("with odd"):])
	rows = server.api.get("/iclock/api/alerts/", kind="odd_pin", ordering="id")["data"]
	assert [r["subject"] for r in rows] == ["   7", "48 Name=Al", "9\u200b", "9;Card=1", "7'Type=1"]
	assert "last from " + t.sn in rows[0]["text"] and "employee %d" % emp in rows[1]["text"]
	assert server.value("select count(*) from employee") == 2 and server.value("select count(*) from punch") == 1
