"""What terminals say of people and others are given: whole or not at all (adms-push 2.2, 2.5, 2.6).

Records that go on in further lines are put together; values that are no base64, have another size
than they say or belong to no finger are kept aside, and what was known before stays."""

import base64
import io
import itertools
import tarfile

import pytest

from punchd_test.contents import fp, noise, picture, template, wrap
from punchd_test.server import Server
from punchd_test.terminal import Terminal
from punchd_test.wait import stays, wait_until

pins = itertools.count(640)
serials = itertools.count(1)


class Site:
	"""Two terminals of one area: what the first says the second is given."""

	def __init__(self, server):
		self.server = server
		self.a, self.b = (self.terminal() for _ in range(2))
		self.seen = []

	def terminal(self, info="Ver 8.0.4.6,1,1,1,10.0.0.1,10,40,12,1,11111"):
		t = Terminal(self.server, "WHOLE%04d" % next(serials))
		t.handshake()
		t.push("options", "FWVersion=8,MultiBioVersion=0:10:7:0:0:0:0:3:12:40:32,PhotoFunOn=1,"
			"MultiBioPhotoSupport=0:0:0:0:0:0:0:0:0:1:0")
		t.poll(info=info)
		t.obey()
		return t

	def person(self):
		pin = str(next(pins))
		assert self.a.push("OPERLOG", "USER PIN=%s\tName=Ann" % pin) == "OK: 1"
		return pin

	def given(self, word, pin):
		"""All commands so far that the second terminal was given of a person."""
		self.seen += self.b.obey(quiet=2)
		return [c for c in self.seen if word in c and ("IN=%s\t" % pin in c or "in=%s\t" % pin in c)]

	def templates(self, pin):
		"""{(type, no, index): text}"""
		rows = self.server.api.get("/iclock/api/biodatas/", emp_code=pin, templates="true")["data"]
		return {(r["bio_type"], r["bio_no"], r["bio_index"]): r["bio_tmp"] for r in rows}

	def picture(self, pin):
		"""The picture of an employee as base64, None: there is none."""
		who = self.server.api.get("/personnel/api/employees/", emp_code=pin)["data"][0]["id"]
		reply = self.server.api.raw("GET", "/personnel/api/employees/%d/photo/" % who)
		return base64.b64encode(reply.body).decode() if reply.status == 200 else None

	def rejects(self, of=None):
		"""Reasons of what was kept aside since this was last asked for."""
		mark, self.mark = getattr(self, "mark", 0), self.server.value("select coalesce(max(id), 0) from reject")
		return [r[0] for r in self.server.sql("select reason from reject where id > %s order by id", mark)]


@pytest.fixture(scope="module")
def site(pg, clone):
	server = Server(clone(pg), admission="auto")
	yield Site(server)
	server.stop()


@pytest.fixture(autouse=True)
def fresh(request):
	if "site" in request.fixturenames:
		request.getfixturevalue("site").rejects()


def body(*records, end="\n"):
	return "".join(r + end for r in records).encode()


# ---------------------------------------------------------------- records that go on

WIDTHS = [(76, "\n"), (76, "\r\n"), (64, "\n"), (1, "\n"), (76, "\n\n"), (76, "\n \t\r\n"), (76, "\n  "), (75, "\n")]


@pytest.mark.parametrize("width, end", WIDTHS)
def test_a_wrapped_repetition_changes_nothing(site, width, end):
	pin, value = site.person(), template(808, "same")
	assert site.a.push("OPERLOG", fp(pin, 1, value)) == "OK: 1"
	wait_until(lambda: site.given("FINGERTMP", pin))
	before = site.server.sql("select id, version, update_time from template order by id")
	wrapped = wrap(fp(pin, 1, value), width, end)
	lines = len([x for x in wrapped.split("\n") if x.strip()])
	assert site.a.push("OPERLOG", body(wrapped)) == "OK: %d" % lines
	assert site.templates(pin) == {(1, 1, 0): value}
	assert site.server.sql("select id, version from template order by id") == [r[:2] for r in before]
	assert site.rejects() == []
	stays(lambda: len(site.given("FINGERTMP", pin)) == 1, 0.5)


KINDS = [
	("OPERLOG", "FP PIN=%s\tFID=1\tSize=%d\tValid=1\tTMP=%s", template, (1, 1, 0)),
	("FINGERTMP", "PIN=%s\tFID=2\tSize=%d\tValid=1\tTMP=%s", template, (1, 2, 0)),
	("FINGERTMP", "fp pin=%s\tfid=2\tsize=%d\tvalid=1\ttmp=%s", template, (1, 2, 0)),
	("OPERLOG", "templatev10 pin=%s\tfingerid=4\tsize=%d\tvalid=1\ttemplate=%s", template, (1, 4, 0)),
	("FACE", "FACE PIN=%s\tFID=11\tSIZE=%d\tVALID=1\tTMP=%s", template, (2, 0, 11)),
	("OPERLOG", "FVEIN Pin=%s\tFID=2\tIndex=1\tSize=%d\tValid=1\tTmp=%s", template, (7, 2, 1)),
	("BIODATA", "BIODATA Pin=%s\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=40\tMinorVer=1\tFormat=0\tSize=%d\tTmp=%s",
		template, (9, 0, 0)),
	("BIODATA", "Pin=%s\tNo=3\tIndex=0\tType=1\tMajorVer=13\tsize=%d\ttmp=%s", template, (1, 3, 0)),
	("USERPIC", "USERPIC PIN=%s\tFileName=1.jpg\tSize=%d\tContent=%s", picture, None),
	("OPERLOG", "userpic pin=%s\tfilename=1.jpg\tsize=%d\tcontent=%s", picture, None),
]


@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("table, line, make, place", KINDS)
def test_records_are_put_together(site, table, line, make, place, padding):
	"""Each kind, wrapped, between two others; the last line may end in '=' or '=='."""
	pin, other = site.person(), site.person()
	# 76 goes into 684 nine times: the last line is then as long as the others
	for characters in (684, 688, 808):
		value, next_one = make(characters, "%s %d" % (pin, characters), padding), make(40, other + str(characters))
		first = wrap(line % (pin, len(value), value))
		lines = len(first.split("\n")) + 1
		assert site.a.push(table, first, line % (other, len(next_one), next_one)) == "OK: %d" % lines
		if place:
			assert site.templates(pin) == {place: value} and site.templates(other) == {place: next_one}
		else:
			assert site.picture(pin) == value and site.picture(other) == next_one
	assert site.rejects() == []


def test_no_key_is_what_ends_in_an_equals_sign(site):
	"""The last line of base64 may read as a key: `PIN=` and `No==` are four digits of it."""
	pin = site.person()
	for ending in ("PIN=", "No==", "TMP=", "Pri=", "Zm9v"):
		value = template(760, pin + ending) + ending
		record = "BIODATA Pin=%s\tNo=1\tIndex=0\tType=10\tMajorVer=32\tTmp=%s" % (pin, value)
		assert site.a.push("BIODATA", wrap(record)) == "OK: 11"
		assert site.templates(pin) == {(10, 1, 0): value}
	assert site.rejects() == []


@pytest.mark.parametrize("form", ["%s\tSize=808\n%s=%s", "%s\nSize=808\n%s=%s", "%s\tSize=808\n%s=\n%s", "%s\tSize=808\t%s=\n%s",
	"%s\tSize= 808 \r\n%s=\r\n%s", "%s\tSize=\t%s=%s", "%s\t%s=%s\nSize=808"])
def test_a_key_on_a_line_of_its_own(site, form):
	for word, key, head, make in (("USERPIC", "Content", "FileName=1.jpg", picture), ("userpic", "content", "filename=1.jpg", picture),
			("FP", "TMP", "FID=4\tValid=1", template)):
		pin = site.person()
		value = make(808, pin)
		text = form % ("%s PIN=%s\t%s" % (word, pin, head), key, value)
		lines = len([x for x in text.split("\n") if x.strip()])
		assert site.a.push("OPERLOG", body(text)) == "OK: %d" % lines
		assert (site.picture(pin) if make is picture else site.templates(pin)[(1, 4, 0)]) == value
	assert site.rejects() == []


def test_every_pair_on_a_line_of_its_own(site):
	pin, other = site.person(), site.person()
	for table in ("FINGERTMP", "OPERLOG"):
		values = [template(120, table + p, padding=1) for p in (pin, other)]
		text = "".join("FP PIN=%s\nFID=5\nSize=120\nTMP=%s\nValid=1\n" % x for x in zip((pin, other), values))
		assert site.a.push(table, text.encode()) == "OK: 10"
		assert [site.templates(p) for p in (pin, other)] == [{(1, 5, 0): v} for v in values]
	assert site.rejects() == []


def test_a_wrapped_photo_of_comparison(site):
	pin = site.person()
	good, other = picture(808, "good"), picture(1200, "other", padding=2)
	line = "BIOPHOTO PIN=%s\tFileName=%s.jpg\tType=9\tSize=%d\tContent=%s"
	photo = lambda: site.server.value("""select content_hash from photo join pin on pin.id = pin_id
		where code = %s and form = 'BIOPHOTO'""", pin)
	assert site.a.push("BIOPHOTO", line % (pin, pin, 808, good)) == "OK: 1"
	before = photo()
	assert site.a.push("BIOPHOTO", wrap(line % (pin, pin, 808, good))) == "OK: 11"
	assert photo() == before, "the same"
	assert site.a.push("BIOPHOTO", wrap(line % (pin, pin, 1200, other))) == "OK: 16"
	assert photo() != before and site.rejects() == []
	# and cut: nothing of it
	before = photo()
	cut = wrap(line % (pin, pin, 808, good)).split("\n")
	assert site.a.push("BIOPHOTO", *cut[:1]) == "OK: 1"
	assert site.a.push("BIOPHOTO", *cut[:5]) == "OK: 5"
	assert photo() == before
	assert site.rejects() == ["Size says 808, the value has 76", "Size says 808, the value has 380"]


def test_packed(site):
	pin, value = site.person(), template(3000, "packed")
	data = io.BytesIO()
	text = body(wrap(fp(pin, 1, value)), "OPLOG 4\t0\t2026-05-02 09:00:00\t0\t0\t0\t0")
	with tarfile.open(fileobj=data, mode="w:gz") as tar:
		info = tarfile.TarInfo("oplog")
		info.size = len(text)
		tar.addfile(info, io.BytesIO(text))
	assert site.a.push("OPERLOG", data.getvalue(), query="&ContentType=tgz") == "OK: 41"
	assert site.templates(pin) == {(1, 1, 0): value} and site.rejects() == []


def test_no_piece_cuts_a_record(site):
	"""Pieces of an upload have 500 records and a megabyte; beyond 64 KiB threads work on them."""
	pin, people = site.person(), ["%d" % (100000 + n) for n in range(4)]
	log = ["OPLOG 4\t0\t2026-05-02 09:%02d:%02d\t%d\t0\t0\t0" % (n // 60 % 60, n % 60, n) for n in range(499)]
	value = template(90000, "pieces")
	record = wrap(fp(pin, 1, value))
	lines = len(log) * 2 + len(record.split("\n"))
	assert site.a.push("OPERLOG", *log, record, *[x.replace("OPLOG 4", "OPLOG 5") for x in log]) == "OK: %d" % lines
	assert site.templates(pin) == {(1, 1, 0): value}
	# over the megabyte, wrapped as narrow as can be
	assert site.a.push("OPERLOG", *["USER PIN=%s\tName=x" % p for p in people]) == "OK: 4"
	values = [template(400000, p) for p in people]
	wrapped = [wrap(fp(p, 2, v), 4) for p, v in zip(people, values)]
	assert site.a.push("OPERLOG", *wrapped) == "OK: 400000"
	for p, v in zip(people, values):
		assert site.templates(p) == {(1, 2, 0): v}
	assert site.rejects() == []


def test_a_refused_record_stands_alone_with_all_its_lines(site):
	"""The database does not take one value: halves are halves of records."""
	people = [site.person() for _ in range(5)]
	site.server.sql("""create function test_poison() returns trigger language plpgsql as $$ begin
		if new.size = '76' then raise exception 'poison' using errcode = '22000'; end if; return new; end $$""")
	site.server.sql("create trigger test_poison before insert on template for each row execute function test_poison()")
	try:
		values = [template(76 if n == 2 else 200, p) for n, p in enumerate(people)]
		records = [wrap(fp(p, 1, v), 20) for p, v in zip(people, values)]
		lines = sum(len(r.split("\n")) for r in records)
		assert site.a.push("OPERLOG", *records) == "OK: %d" % lines
	finally:
		site.server.sql("drop trigger test_poison on template")
		site.server.sql("drop function test_poison")
	assert [site.templates(p) for p in people] == [
		{} if n == 2 else {(1, 1, 0): v} for n, v in enumerate(values)]
	assert site.rejects() == ["refused by the database"]


def test_what_does_not_fit_together_is_refused_whole(site):
	pin, good = site.person(), template(808, "good")
	place = {(1, 1, 0): good}
	assert site.a.push("OPERLOG", fp(pin, 1, good)) == "OK: 1"
	wait_until(lambda: site.given("FINGERTMP", pin))
	other = template(808, "other")
	pieces = wrap(fp(pin, 1, other)).split("\n")
	cases = [
		(pieces[:4], "Size says 808, the value has 304"),
		(pieces[:4] + pieces[5:], "Size says 808, the value has 732"),
		(pieces[:4] + ["@@@@not base64@@@"] + pieces[5:], "not base64"),
		(pieces[:4] + [pieces[4].replace(pieces[4][40], " ")] + pieces[5:], "not base64"),
		(pieces + pieces[-1:], "Size says 808, the value has 856"),
		(pieces[:-1] + [pieces[-1][:-1]], "not base64"),
		(pieces + ["Valid=x"], "Valid is no number") if "Valid=1" not in pieces[0] else (pieces + ["x="], "not base64"),
	]
	for lines, reason in cases:
		assert site.a.push("OPERLOG", *lines) == "OK: %d" % len(lines)
		assert site.rejects() == [reason]
	# a type that says no size
	line = "BIODATA Pin=%s\tNo=0\tIndex=0\tType=9\tMajorVer=40\tTmp=%s"
	face = template(400, "face")
	assert site.a.push("BIODATA", line % (pin, face)) == "OK: 1"
	place[(9, 0, 0)] = face
	pieces = wrap(line % (pin, template(400, "another"))).split("\n")
	assert site.a.push("BIODATA", *pieces[:2], "@@@@not base64@@@", *pieces[3:]) == "OK: %d" % len(pieces)
	assert site.rejects() == ["not base64"]
	assert site.templates(pin) == place
	stays(lambda: len(site.given("FINGERTMP", pin)) == 1, 0.5)


def test_lines_that_belong_to_nothing(site):
	"""More of a value that has not begun; a record of a kind that nobody knows; a log between."""
	pin, value = site.person(), template(200, "alone")
	lines = wrap(fp(pin, 1, value)).split("\n")
	assert site.a.push("OPERLOG", *lines[1:]) == "OK: 2"
	assert site.rejects() == ["unknown record"] * 2
	assert site.a.push("BIODATA", *lines[1:]) == "OK: 2"
	assert site.rejects() == ["no PIN"]
	oplog = "OPLOG 4\t0\t2026-05-02 09:00:00\t0\t0\t0\t0"
	assert site.a.push("OPERLOG", oplog, *lines[1:], oplog) == "OK: 4"
	assert site.rejects() == []  # known by now
	for unknown in ("NEWKIND PIN=1\tA=2", "SOMELOG 4\t0\t2026-05-02 09:00:00\t0", "nothing of ours", "7\t2026-05-02 09:00:00\t0\t1"):
		assert site.a.push("OPERLOG", fp(pin, 1, value), unknown) == "OK: 2"
		assert site.templates(pin) == {(1, 1, 0): value}
		assert site.rejects() == ["unknown record"]
	assert site.a.push("OPERLOG", "NEWKIND PIN=1\tTMP=" + lines[0][-70:], *lines[1:]) == "OK: 3"
	assert site.rejects() == ["unknown record"], "one, whole"


def test_without_biometrics_no_fragment_is_kept(pg, clone):
	server = Server(clone(pg), admission="auto", store_biometrics="off")
	try:
		t = Terminal(server, "NOBIO1")
		t.handshake()
		lines = wrap(fp("7", 1, template(808))).split("\n")
		assert t.push("OPERLOG", *lines) == "OK: 11"
		assert t.push("OPERLOG", *lines[1:]) == "OK: 10"
		assert t.push("OPERLOG", lines[0].replace("FP ", "NEWFP "), *lines[1:]) == "OK: 11"
		assert server.sql("select reason from reject union all select table_name from raw_upload") == []
	finally:
		server.stop()


def test_hostile_continuations(site):
	"""Millions of lines that go on for ever: one record, refused, in no more time than they take to read."""
	pin = site.person()
	count = (12 << 20) // 5
	assert site.a.push("OPERLOG", fp(pin, 1, "AAAA").encode() + b"\nAAAA" * count + b"\n") == "OK: %d" % (count + 1)
	assert site.rejects() == ["line too long"]
	assert site.a.push("BIODATA", b"BIODATA Pin=1\tTmp=\n" + b"A=1\n" * count) == "OK: %d" % (count + 1)
	assert site.rejects() == ["line too long"]
	assert site.a.push("FINGERTMP", b"PIN=1\n" * 20000) == "OK: 20000"
	assert site.rejects() == ["no template"]
	assert site.templates(pin) == {}


# ---------------------------------------------------------------- what is refused

BAD = [
	("FP PIN=%s\tFID=2\tSize=8\tValid=1\tTMP=@@@@not base64@@@", "not base64"),
	("FP PIN=%s\tFID=2\tSize=8\tValid=1\tTMP=AAAABBBBB", "not base64"),
	("FP PIN=%s\tFID=2\tValid=1\tTMP=AAAA=BBB", "not base64"),
	("FP PIN=%s\tFID=2\tValid=1\tTMP=A===", "not base64"),
	("FP PIN=%s\tFID=2\tValid=1\tTMP=====", "not base64"),
	("FP PIN=%s\tFID=2\tValid=1\tTMP=AAAA BBBB", "not base64"),
	("FP PIN=%s\tFID=2\tValid=1\tTMP=AAA-BBB_", "not base64"),
	("FP PIN=%s\tFID=2\tSize=9\tValid=1\tTMP=AAAABBBB", "Size says 9, the value has 8"),
	("FP PIN=%s\tFID=2\tSize=0\tValid=1\tTMP=AAAABBBB", "Size says 0, the value has 8"),
	("FP PIN=%s\tFID=2\tSize=x\tValid=1\tTMP=AAAABBBB", "Size is no number"),
	("FP PIN=%s\tFID=2\tSize=-8\tValid=1\tTMP=AAAABBBB", "Size is no number"),
	("FP PIN=%s\tFID=2\tSize=99999999999999999999\tValid=1\tTMP=AAAABBBB", "Size is no number"),
	("FP PIN=%s\tFID=77\tSize=8\tValid=1\tTMP=AAAABBBB", "no such finger"),
	("FP PIN=%s\tFID=10\tSize=8\tValid=1\tTMP=AAAABBBB", "no such finger"),
	("FP PIN=%s\tFID=-1\tSize=8\tValid=1\tTMP=AAAABBBB", "no such finger"),
	("FP PIN=%s\tFID=x\tSize=8\tValid=1\tTMP=AAAABBBB", "FID is no number"),
	("FP PIN=%s\tSize=8\tValid=1\tTMP=AAAABBBB", "no FID"),
	("FP PIN=%s\tFID=2\tSize=8\tValid=4\tTMP=AAAABBBB", "Valid is out of range"),
	("FACE PIN=%s\tFID=15\tSIZE=8\tVALID=1\tTMP=AAAABBBB", "no such place of a template"),
	("FACE PIN=%s\tFID=2\tSIZE=95040\tVALID=1\tTMP=AAAABBBB", "Size says 95040, the value has 8"),
	("FVEIN Pin=%s\tFID=10\tIndex=0\tSize=8\tValid=1\tTmp=AAAABBBB", "no such finger"),
	("FVEIN Pin=%s\tFID=2\tIndex=3\tSize=8\tValid=1\tTmp=AAAABBBB", "no such place of a template"),
	("BIODATA Pin=%s\tNo=10\tIndex=0\tType=1\tMajorVer=13\tTmp=AAAABBBB", "no such finger"),
	("BIODATA Pin=%s\tNo=0\tIndex=0\tType=11\tMajorVer=13\tTmp=AAAABBBB", "no such type of template"),
	("BIODATA Pin=%s\tNo=0\tIndex=x\tType=9\tMajorVer=40\tTmp=AAAABBBB", "Index is no number"),
	("BIODATA Pin=%s\tNo=2\tIndex=0\tType=10\tMajorVer=32\tTmp=AAAABBBB", "no such place of a template"),
	("BIODATA Pin=%s\tNo=0\tIndex=0\tType=9\tMajorVer=40\tTmp=@@@@", "not base64"),
	("USERPIC PIN=%s\tFileName=1.jpg\tSize=8\tContent=@@@@@@@@", "not base64"),
	("USERPIC PIN=%s\tFileName=1.jpg\tSize=8\tContent=AAAABBBB", "no JPEG"),
	("USERPIC PIN=%s\tFileName=1.jpg\tSize=9000\tContent=/9j/AAAA", "Size says 9000, the value has 8"),
	("USERPIC PIN=%s\tFileName=1.jpg\tSize=8\tContent=iVBORw0K", "no JPEG"),
	("BIOPHOTO PIN=%s\tFileName=1.jpg\tType=9\tSize=95040\tContent=/9j/AAAA", "Size says 95040, the value has 8"),
	("BIOPHOTO PIN=%s\tFileName=1.jpg\tType=9\tContent=/9j/", "no JPEG"),
]


def test_bad_contents_are_kept_aside(site):
	"""Each after a good one of the same place, which stays; and known content again, but with a wrong
	size, changes nothing."""
	pin = site.person()
	good = {(1, 2, 0): "QUJDREVG", (2, 0, 2): "QUJDREVG", (7, 2, 0): "QUJDREVG", (9, 0, 0): "QUJDREVG"}
	photo = picture(40, "good")
	assert site.a.push("OPERLOG", "FP PIN=%s\tFID=2\tSize=6\tValid=1\tTMP=QUJDREVG" % pin, "FACE PIN=%s\tFID=2\tSIZE=8\tVALID=1\tTMP=QUJDREVG" % pin,
		"FVEIN Pin=%s\tFID=2\tIndex=0\tSize= 8 \tValid=1\tTmp=QUJDREVG" % pin,
		"BIODATA Pin=%s\tNo=0\tIndex=0\tType=9\tMajorVer=40\tTmp=QUJDREVG" % pin,
		"USERPIC PIN=%s\tFileName=1.jpg\tSize=40\tContent=%s" % (pin, photo),
		"BIOPHOTO PIN=%s\tFileName=1.jpg\tType=9\tContent=%s" % (pin, photo)) == "OK: 6"
	rows = lambda: site.server.sql("""select t.id, version, t.size from template t join pin on pin.id = pin_id where code = %s
		union all select p.id, version, p.size from photo p join pin on pin.id = pin_id where code = %s order by 2""", pin, pin)
	before = rows()
	for line, reason in BAD:
		assert site.a.push("OPERLOG", line % pin) == "OK: 1"
		assert site.rejects() == [reason], line
	assert site.a.push("OPERLOG", "FP PIN=%s\tFID=2\tSize=7\tValid=1\tTMP=QUJDREVG" % pin) == "OK: 1"
	assert site.rejects() == ["Size says 7, the value has 8"]
	assert rows() == before
	assert site.templates(pin) == good and site.picture(pin) == photo
	wait_until(lambda: site.given("USERPIC", pin))
	commands = "".join(site.given("", pin))
	assert "@" not in commands and "AAAABBBB" not in commands


@pytest.mark.parametrize("size", ["", "Size=\t", "Size= 808\t", "Size=\t", "Size=808 \t", "Size=606\t", "SIZE=0808\t"])
def test_sizes_that_are_right(site, size):
	pin, value = site.person(), template(808, "size")
	assert site.a.push("OPERLOG", "FP PIN=%s\tFID= 3 \t%sValid= 1\tTMP=%s" % (pin, size, value)) == "OK: 1"
	assert site.templates(pin) == {(1, 3, 0): value} and site.rejects() == []
	command = wait_until(lambda: site.given("FINGERTMP", pin))
	assert command[0].endswith("TMP=" + value)


# ---------------------------------------------------------------- what is stored already

def alerts(server, **query):
	return server.api.get("/iclock/api/alerts/", kind="content_broken", acknowledged="false", **query)["data"]


def problems(server, pin):
	return [r["problem"] for r in server.api.get("/iclock/api/biodatas/", emp_code=pin)["data"]]


def missing(server, terminal, pin):
	return server.api.get("/iclock/api/terminalpeople/", terminal_sn=terminal.sn, emp_code=pin)["data"][0]["missing"]


def test_what_is_stored_and_fails_is_not_sent(site):
	"""The last guard: also what the walk has not come to, or was put there by hand."""
	server, pin, value = site.server, site.person(), template(808, "guard")
	wait_until(lambda: server.value("select count(*) from walk where done is not null") == 4, 30)
	line = fp(pin, 1, value)
	server.sql("update terminal set people_held = true where id = %s", site.b.id)  # sent nothing yet
	assert site.a.push("OPERLOG", line, fp(pin, 2, value), fp(pin, 3, value)) == "OK: 3"
	server.sql("""update template t set size = '9999' from pin where pin.id = pin_id and code = %s and bio_no = 1;
		update template t set bio_no = 77 from pin where pin.id = pin_id and code = %s and bio_no = 3""", pin, pin)
	server.sql("update terminal set people_held = false where id = %s", site.b.id)
	server.sql("select terminal_wake(array[%s])", site.b.id)
	assert [c.split("\t")[1] for c in wait_until(lambda: site.given("FINGERTMP", pin))] == ["FID=2"]
	assert sorted(wait_until(lambda: [p for p in problems(server, pin) if p])) == [
		"Size says 9999, the value has 808", "no such finger"]
	assert "fingerprint template of finger 1; what is stored is damaged: Size says 9999" in missing(server, site.b, pin)
	told = alerts(server, terminal_sn=site.a.sn)
	assert len(told) == 1 and "2 templates and photos that came from here are damaged" in told[0]["text"] and "of %s" % pin in told[0]["text"]
	# its terminal is asked, and says it again: the same content, with a size that is right
	assert {"DATA QUERY FINGERTMP PIN=%s\tFID=1" % pin, "DATA QUERY FINGERTMP PIN=%s" % pin} <= set(site.a.obey())
	assert site.a.push("OPERLOG", line) == "OK: 1"
	assert [c.split("\t")[1] for c in wait_until(lambda: (lambda g: len(g) > 1 and g)(site.given("FINGERTMP", pin)))] == ["FID=2", "FID=1"]
	assert [p for p in problems(server, pin) if p] == ["no such finger"]


def test_a_photo_that_fails_is_not_given_by_its_address(site):
	server, pin, value = site.server, site.person(), picture(808, "guard")
	assert site.a.push("BIOPHOTO", "BIOPHOTO PIN=%s\tFileName=1.jpg\tType=9\tSize=808\tContent=%s" % (pin, value)) == "OK: 1"
	server.sql("update photo set size = '9' from pin where pin.id = pin_id and code = %s", pin)
	cid, command = site.b.poll_until("BIOPHOTO PIN=%s\t" % pin)
	assert site.b.raw("GET", "/" + command.split("Url=")[1]).status == 404
	wait_until(lambda: server.value("select problem from photo join pin on pin.id = pin_id where code = %s", pin))
	site.b.ack((cid, -1008))
	stays(lambda: site.given("BIOPHOTO", pin) == [], 0.5)
	assert missing(server, site.b, pin) == "face photo; what is stored is damaged: Size says 9, the value has 808"
	assert "DATA QUERY USERINFO PIN=%s" % pin in site.a.obey()


def test_the_walk_through_what_was_stored(database, make_server):
	"""Once, by one of two servers, which goes on where the last one stopped."""
	server = make_server(database, admission="auto")
	a = Terminal(server, "WALK1")
	a.handshake()
	a.poll(info="Ver 8.0.4.6,1,1,1,10.0.0.1,10,7,12,1,11111")
	a.obey()
	people = ["%d" % n for n in range(300)]
	value, photo = template(400, "walk"), picture(400, "walk")
	server.api.post("/personnel/api/employees/", {"emp_code": "FAR", "department": 1,
		"area": [server.api.post("/personnel/api/areas/", {"area_code": "9", "area_name": "Far"})["id"]]})
	assert a.push("OPERLOG", *["USER PIN=%s\tName=x" % p for p in people], *[fp(p, 1, value) for p in people],
		*["USERPIC PIN=%s\tSize=400\tContent=%s" % (p, photo) for p in people], fp("FAR", 1, value), fp("FAR", 2, value),
		"USERPIC PIN=FAR\tSize=400\tContent=" + photo) == "OK: 903"
	wait_until(lambda: server.value("select count(*) from walk where done is not null") == 4, 30)
	server.stop()
	of = lambda code: "(select id from pin where code = '%s')" % code
	database.sql("update template set size = '1' where pin_id in (%s, %s)" % (of("5"), of("250")))
	database.sql("update photo set size = '1' where pin_id = " + of("250"))
	database.sql("update person_claim set details = jsonb_set(details, '{size}', '\"1\"') where words in ('FP 1', 'USERPIC')")
	database.sql("update walk set done = null, place = 0")
	database.sql("update walk set place = (select id from template where pin_id = %s) where name = 'templates'" % of("5"))
	servers = [make_server(database, admission="auto") for _ in range(2)]
	wait_until(lambda: database.value("select count(*) from walk where done is not null") == 4, 60)
	assert database.sql("select code, problem from template t join pin p on p.id = pin_id where problem is not null") == [
		("250", "Size says 1, the value has 400")], "who was passed already is not looked at again"
	assert database.sql("select code, problem from photo t join pin p on p.id = pin_id where problem is not null") == [
		("250", "Size says 1, the value has 400")]
	assert database.sql("select words from person_claim where not due and place <> 'person_claim.sealed'") == [("FP 2",)]
	reason = "what this terminal said of somebody of another area: Size says 1, the value has 400"
	assert database.sql("select table_name, reason from reject order by 1") == [("FINGERTMP", reason), ("USERPIC", reason)]
	assert sum(s.log().count("walk_done") for s in servers) == 4
	assert [r["text"].split(":")[0] for r in alerts(servers[0])] == ["2 templates and photos that came from here are damaged, and sent to nobody"]
	assert database.sql("select content from terminal_command where state = 'queued' and content like '%% PIN=%%' order by 1") == [
		("DATA QUERY FINGERTMP PIN=250\tFID=1",), ("DATA QUERY USERINFO PIN=250",)]
