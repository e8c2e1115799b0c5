"""/iclock/api/transactions/: shape, filters, orders, pages."""

import json
import random
import urllib.parse

import pytest

from punchd_test import ApiError
from punchd_test.punches import PATH, fill, make_employee, make_terminal, second, store

MEMBERS = ["id", "emp", "emp_code", "first_name", "last_name", "department", "position",
	"punch_time", "punch_state", "punch_state_display", "verify_type", "verify_type_display",
	"work_code", "gps_location", "area_alias", "terminal_sn", "temperature", "is_mask",
	"terminal_alias", "upload_time"]


@pytest.fixture
def gate(server):
	make_terminal(server, "GATE1", "Main gate")
	return server


def ids(page):
	return [row["id"] for row in page["data"]]


# ------------------------------------------------------------------ shape


def test_row_has_the_20_members_in_order(gate):
	department = gate.value("insert into department (code, name) values ('9', 'Ops \"ü\"') returning id")
	emp = make_employee(gate, "1001", department, "Test", "", 1)
	store(gate, [("1001", "2025-09-12 09:36:32", "GATE1")], states=[255], masks=[0],
		temperatures=[36.6], codes=["7"])
	r = gate.api.raw("GET", PATH)
	uploaded = gate.value("select to_char(upload_time at time zone 'Asia/Kolkata',"
		" 'YYYY-MM-DD HH24:MI:SS') from punch")
	row = ('{"id":1,"emp":%d,"emp_code":"1001","first_name":"Test","last_name":"",'
		'"department":"Ops \\"ü\\"","position":"Position","punch_time":"2025-09-12 09:36:32",'
		'"punch_state":"255","punch_state_display":"Unknown","verify_type":1,'
		'"verify_type_display":"Fingerprint","work_code":"7","gps_location":"",'
		'"area_alias":"Head Office","terminal_sn":"GATE1","temperature":36.6,"is_mask":"No",'
		'"terminal_alias":"Main gate","upload_time":"%s"}' % (emp, uploaded))
	assert r.text == '{"count":1,"next":null,"previous":null,"msg":"","code":0,"data":[%s]}' % row
	assert r.headers["content-type"] == "application/json"
	one = gate.api.raw("GET", PATH + "1/")
	assert one.text == row
	assert list(one.json()) == MEMBERS


def test_what_is_absent(gate):
	store(gate, [("55", "2025-01-01 08:00:00", "GATE1")], states=[None], verifies=[None],
		masks=[255], temperatures=[255], codes=[None])
	row = gate.api.get(PATH)["data"][0]
	assert (row["emp"], row["first_name"], row["last_name"]) == (None, None, None)
	assert (row["department"], row["position"]) == (None, None)
	assert (row["punch_state"], row["punch_state_display"]) == ("0", "Check In")
	assert (row["verify_type"], row["verify_type_display"]) == (0, "Any")
	assert (row["is_mask"], row["temperature"], row["work_code"]) == (None, 0.0, "")


def test_what_could_not_be_read(gate):
	"""Of before 255 stood for it: the state is null, and the whole line is there."""
	lines = ["O\t1", "i\tx", "?\t1", "\tx", " O \t4", "", "\t"]
	store(gate, [("1", second(i), "GATE1") for i in range(len(lines))], states=[None] * len(lines),
		verifies=[None] * len(lines))
	for i, line in enumerate(lines):
		gate.sql("update punch set rest = convert_to(%s, 'UTF8') where id = %s", "1\t%s\t%s" % (second(i), line), i + 1)
	store(gate, [("2", second(0), "GATE1"), ("3", second(0), "GATE1")], states=[None] * 2, verifies=[None] * 2)
	gate.sql("update punch set rest = '0\t0\t1\t36.55\t97.8\t+28800' where id = %s", len(lines) + 1)
	gate.sql("update punch set rest = convert_to(%s, 'UTF8') where id = %s", "3 %s O x" % second(0), len(lines) + 2)
	rows = gate.api.get(PATH, ordering="id")["data"]
	shown = [(r["punch_state"], r["verify_type"]) for r in rows]
	assert shown == [("1", 1), ("0", 255), ("255", 1), ("0", 255), ("1", 4), ("0", 0), ("0", 0), ("0", 0), ("1", 255)]
	assert [r["punch_state_display"] for r in rows[:4]] == ["Check Out", "Check In", "Unknown", "Check In"]
	assert gate.sql("select punch_state, verify_type from biotime.iclock_transaction order by id") == shown
	assert gate.value("select count(punch_state) from punch") == 0, "what is stored stays"


def test_words(gate):
	states = [0, 1, 2, 3, 4, 5, 6, 255]
	store(gate, [("1", second(i), "GATE1") for i in range(8)], states=states,
		verifies=[0, 1, 3, 4, 15, 25, 29, 77])
	rows = gate.api.get(PATH)["data"]
	assert [r["punch_state_display"] for r in rows] == ["Check In", "Check Out", "Break Out",
		"Break In", "Overtime In", "Overtime Out", "Unknown", "Unknown"]
	assert [r["verify_type_display"] for r in rows] == ["Any", "Fingerprint", "Password", "Card",
		"Face", "Palm", "Palm and Face and Fingerprint", "Unknown"]


def test_alias_and_area_stay_as_they_were(gate):
	store(gate, [("1", second(0), "GATE1")])
	gate.sql("update terminal set alias = 'Side door'")
	gate.sql("update area set name = 'Seat' where id = 2")
	store(gate, [("1", second(1), "GATE1")])
	rows = gate.api.get(PATH)["data"]
	assert [(r["terminal_alias"], r["area_alias"]) for r in rows] == [
		("Main gate", "Head Office"), ("Side door", "Seat")]
	assert gate.api.get(PATH, terminal_alias="Main gate")["count"] == 1
	gate.sql("delete from terminal")
	assert gate.api.get(PATH, terminal_sn="GATE1")["count"] == 2


def test_link_ends_with_the_employee(gate):
	store(gate, [("7", second(0), "GATE1")])
	first = make_employee(gate, "7", first="Ada")
	store(gate, [("7", second(1), "GATE1")])
	assert [r["emp"] for r in gate.api.get(PATH)["data"]] == [first, first]
	gate.sql("delete from employee")
	assert [(r["emp"], r["first_name"]) for r in gate.api.get(PATH)["data"]] == [(None, None)] * 2
	later = make_employee(gate, "7", first="Bob")
	store(gate, [("7", second(2), "GATE1")])
	rows = gate.api.get(PATH)["data"]
	assert [(r["emp"], r["first_name"]) for r in rows] == [(None, None)] * 2 + [(later, "Bob")]
	for params in ({"emp": later}, {"departments": "1"}):
		assert ids(gate.api.get(PATH, **params)) == [3]
	assert gate.api.get(PATH, emp_code="7")["count"] == 3
	assert gate.api.get(PATH, emp=first)["count"] == 0


# ------------------------------------------------------------------ methods


def test_delete_leaves_a_tombstone(gate):
	fill(gate, 3)
	assert gate.api.raw("DELETE", PATH + "2/").status == 204
	assert gate.api.raw("DELETE", PATH + "2/").status == 404
	assert gate.api.raw("GET", PATH + "2/").json() == {"detail": "Not found."}
	assert gate.api.get(PATH)["count"] == 2
	assert store(gate, [("101", second(60), "GATE1")]) == 0
	assert ids(gate.api.get(PATH)) == [1, 3]


@pytest.mark.parametrize("method,path", [("POST", PATH), ("PUT", PATH + "1/"),
	("PATCH", PATH + "1/"), ("DELETE", PATH)])
def test_other_methods(gate, method, path):
	r = gate.api.raw(method, path, {})
	assert r.status == 405
	assert r.json() == {"detail": 'Method "%s" not allowed.' % method}


@pytest.mark.parametrize("path", ["0/", "99/", "x/", "99999999999999999999/"])
def test_no_such_row(gate, path):
	fill(gate, 1)
	for method in ("GET", "DELETE"):
		assert gate.api.raw(method, PATH + path).status == 404


# ------------------------------------------------------------------ pages


def test_links(gate):
	fill(gate, 5)
	r = gate.api.get(PATH + "?start_time=2024-01-01%2000:00:00&page_size=2&&emp_code=")
	base = gate.url + PATH
	tail = "emp_code=&%spage_size=2&start_time=2024-01-01+00%%3A00%%3A00"
	assert r["next"] == base + "?" + tail % "page=2&"
	r = gate.api.get(r["next"][len(gate.url):])
	assert (r["next"], r["previous"]) == (base + "?" + tail % "page=3&", base + "?" + tail % "")
	r = gate.api.get(r["next"][len(gate.url):])
	assert (r["count"], r["next"], ids(r)) == (5, None, [5])


@pytest.mark.parametrize("params", [{}, {"emp_code": "100"}, {"start_time": "2024-01-01"},
	{"ordering": "-punch_time"}, {"ordering": "emp_code"}])
def test_past_the_end(gate, params):
	for page in (2, 1000000, 922337203685):
		with pytest.raises(ApiError) as e:
			gate.api.get(PATH, page=page, **params)
		assert (e.value.status, e.value.json) == (404, {"detail": "Invalid page."})
	assert gate.api.get(PATH, **params)["data"] == []
	fill(gate, 30, people=2)
	n = gate.api.get(PATH, **params)["count"]
	assert gate.api.raw("GET", PATH, page=n // 10 + 2, **params).status == 404
	last = gate.api.get(PATH, page="last", page_size=7, **params)
	assert len(last["data"]) == (n - 1) % 7 + 1 and last["next"] is None
	assert gate.api.get(PATH, page=0, **params) == gate.api.get(PATH, **params)


def test_page_sizes(gate):
	fill(gate, 700)
	for size in (1, 10, 255, 256, 257, 300, 699, 700, 701, 10000000, 99999999999999999999):
		rows = gate.api.walk(PATH, page_size=size)
		assert ids({"data": rows}) == list(range(1, 701)), size
	assert len(gate.api.get(PATH, page_size=0)["data"]) == 10
	assert len(gate.api.get(PATH, limit=13)["data"]) == 13


# ------------------------------------------------------------------ against plain SQL


ORACLE = """
	select p.id from punch p join pin n on n.id = p.pin_id
	join punch_origin o on o.id = p.origin_id
	left join employee e on e.pin_id = p.pin_id and p.id > n.unlinked_up_to
	where true %s order by %s"""

COLUMNS = {"id": "p.id", "emp_code": "n.code", "punch_time": "p.punch_time",
	"upload_time": "p.upload_time", "terminal_sn": "o.sn"}


WALKED = [1, 3, 10, 40, 50, 77, 260, 300, 400, 500, 5000]  # page sizes


def random_filter(rng, server, people, terminals):
	"""Parameters, and the same as SQL."""
	params, where, args = {}, [], []

	def add(name, value, sql, *values):
		if name not in params:
			params[name] = value
			where.append(" and " + sql)
			args.extend(values or [value])

	def when():
		t = second(rng.randrange(0, 40000))
		return t if rng.random() < 0.7 else t.replace(" ", "T")

	for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3])):
		kind = rng.randrange(13)
		code, sn = rng.choice(people), rng.choice(terminals)
		if kind == 0:
			add("emp_code", code, "n.code = %s")
		elif kind == 1:
			add("terminal_sn", sn, "o.sn = %s")
		elif kind == 2:
			add("terminal_alias", "Gate " + sn[-1], "o.alias = %s")
		elif kind in (3, 4):
			t = when()
			add("start_time", t, "p.punch_time >= %s::timestamp")
		elif kind in (5, 6):
			t = when()
			add("end_time", t, "p.punch_time <= %s::timestamp")
		elif kind == 7:
			n = rng.randrange(0, 700)
			add("id_more_than", n, "p.id > %s")
		elif kind == 8:
			add("emp_code_icontains", code[1:], "n.code ilike '%%' || %s || '%%'")
		elif kind == 9:
			add("terminal_sn_icontains", sn[1:].lower(), "o.sn ilike '%%' || %s || '%%'")
		elif kind == 10:
			word = rng.choice([code[:2], sn, "gate " + sn[-1], "nobody", "%"])
			add("search", word, "(n.code ilike %s or o.sn ilike %s or o.alias ilike %s)",
				*["%" + word.replace("%", r"\%") + "%"] * 3)
		elif kind == 11:
			chosen = rng.sample(range(1, 4), rng.randrange(1, 3))
			add("departments", ",".join(map(str, chosen)), "e.department_id = any(%s)", chosen)
		elif kind == 12:
			chosen = rng.sample(range(1, 4), rng.randrange(1, 3))
			add("areas", ",".join(map(str, chosen)), "o.area_id = any(%s)", chosen)
	return params, "".join(where), args


def random_order(rng):
	names = rng.sample(sorted(COLUMNS), rng.choice([0, 1, 1, 1, 2, 3]))
	keys = [(n, rng.random() < 0.5) for n in names]
	text = ",".join(("-" if down else "") + n for n, down in keys)
	if rng.random() < 0.2:
		text += ",nonsense"
	falls = keys[0][1] if keys else False
	sql = [COLUMNS[n] + (" desc" if down else "") for n, down in keys]
	return text, ", ".join(sql + ["p.id" + (" desc" if falls else "")])


def crowd(server, rng, n):
	"""People, terminals and punches, with deletions, ended links and gaps."""
	server.sql("insert into department (code, name) values ('2', 'Two'), ('3', 'Three')")
	server.sql("insert into area (code, name) values ('3', 'Yard')")
	terminals = ["SN%d" % i for i in range(1, 6)]
	for i, sn in enumerate(terminals):
		make_terminal(server, sn, "Gate %d" % (i + 1), 1 + i % 3)
	people = [str(1000 + 7 * i) for i in range(25)]
	for code in people[:15]:
		make_employee(server, code, 1 + int(code) % 3)
	taken = set()
	while len(taken) < n:
		taken.add((rng.choice(people), second(rng.randrange(0, 40000, 5))))
	punches = [(c, t, rng.choice(terminals)) for c, t in sorted(taken, key=lambda p: p[1])]
	late = rng.sample(range(n), n // 10)  # terminals that were offline
	punches = [p for i, p in enumerate(punches) if i not in late] + [punches[i] for i in late]
	for i in range(0, n, 97):
		store(server, punches[i:i + 97])
		if i == n // 97 // 2 * 97:
			server.sql("delete from employee where emp_code = any(%s)", people[3:6])
			make_employee(server, people[4], 2)
	server.sql("select punch_delete(%s::bigint[])", rng.sample(range(1, n + 1), n // 20))
	return people, terminals


def change(server, rng, people, terminals):
	"""Some rows go, or some come."""
	if rng.random() < 0.5:
		alive = [r[0] for r in server.sql("select id from punch")]
		server.sql("select punch_delete(%s::bigint[])", rng.sample(alive, 5))
	else:
		store(server, list({(rng.choice(people), second(rng.randrange(0, 40000))):
			rng.choice(terminals) for _ in range(20)}.items()), flat=True)


@pytest.mark.parametrize("seed", range(4))
def test_any_filter_order_and_page_is_as_in_sql(server, seed):
	rng = random.Random(seed)
	people, terminals = crowd(server, rng, 1000)
	sizes = iter(n for n in range(1, 10000) if n not in WALKED)  # no two jumps on one walk
	for round in range(50):
		params, where, args = random_filter(rng, server, people, terminals)
		text, order = random_order(rng)
		want = [r[0] for r in server.sql(ORACLE % (where, order), *args)]
		if text or rng.random() < 0.5:
			params["ordering"] = text
		size = rng.choice([s for s in WALKED if s > len(want) // 30])
		note = (seed, round, params, size)
		walked = server.api.walk(PATH, page_size=size, **params)
		assert [r["id"] for r in walked] == want, note
		for jump in range(4):
			if jump == 2:
				change(server, rng, people, terminals)
				want = [r[0] for r in server.sql(ORACLE % (where, order), *args)]
			size = next(sizes) + jump % 2 * 300
			page = rng.randrange(1, max(1, (len(want) + size - 1) // size) + 1)
			got = server.api.get(PATH, page=page, page_size=size, **params)
			assert ids(got) == want[(page - 1) * size:page * size], (note, jump, page, size)
			assert got["count"] == len(want), (note, jump)
			assert (got["next"] is None) == (page * size >= len(want)), (note, jump)


@pytest.mark.parametrize("order", ["", "-punch_time", "emp_code,-punch_time"])
def test_all_filters_at_once(server, order):
	rng = random.Random(5)
	people, terminals = crowd(server, rng, 1500)
	server.sql("update pin set unlinked_up_to = 5 where code = %s", people[0])
	params = {"start_time": second(10), "end_time": second(39990), "id_more_than": 7,
		"upload_time": "2001-01-01", "emp_code_icontains": "1", "terminal_sn_icontains": "sn",
		"areas": "1,2,3", "departments": "1,2,3", "search": "gate", "ordering": order}
	walked = server.api.walk(PATH, page_size=300, **params)
	want = server.value("select count(*) from punch p join employee e using (pin_id)"
		" join pin n on n.id = p.pin_id where p.id > greatest(7, n.unlinked_up_to)"
		" and p.punch_time between %s and %s", second(10), second(39990))
	assert len(walked) == len({r["id"] for r in walked}) == want > 600


@pytest.mark.parametrize("params", [{"start_time": "yesterday"}, {"end_time": "2024-13-01"},
	{"start_time": "2024-02-30"}, {"id_more_than": "x"}, {"emp": "x"}, {"departments": "1,x"},
	{"upload_time_more_than": "soon"}, {"emp_code": "nobody"}, {"terminal_sn": "NONE"},
	{"emp": 999}, {"start_time": "2024-02-02", "end_time": "2024-02-01"},
	{"search": "no such thing"}, {"emp_code": "\x7f'\"\\"}])
def test_what_nothing_can_match_is_an_empty_page(gate, params):
	fill(gate, 20)
	r = gate.api.raw("GET", PATH, **params)
	assert r.text == '{"count":0,"next":null,"previous":null,"msg":"","code":0,"data":[]}'


def test_times_are_inclusive_and_lenient(gate):
	fill(gate, 10)
	assert gate.api.get(PATH, start_time=second(60), end_time=second(180))["count"] == 3
	assert gate.api.get(PATH, start_time="2024-01-01", end_time="2024-01-02")["count"] == 10
	assert gate.api.get(PATH, end_time="2024-01-01")["count"] == 1
	assert gate.api.get(PATH, start_time=" 2024-01-01T00:03+05:30 ")["count"] == 7
	assert gate.api.get(PATH, nonsense="1", emp_code="", start_time="")["count"] == 10


def test_times_with_a_zone_are_moments(gate):
	"""Punches from 2024-01-01 00:00 on Asia/Kolkata's clock; a plus in an address is a blank by then."""
	fill(gate, 10)
	gate.sql("update punch set upload_time = timestamptz '2024-05-01 06:30:00Z' + id * interval '1 second'")
	for query, n in (("start_time=2023-12-31T18:35:00Z", 5), ("start_time=2024-01-01T00:05:00+05:30", 5),
			("start_time=2024-01-01T00:05:00%2B05:30", 5), ("start_time=2023-12-31+18:35:00+00", 5),
			("end_time=2023-12-31T15:35:00.000-0300", 6), ("start_time=2023-12-31T18:30:00Z&end_time=2023-12-31T18:31:00Z", 2),
			("start_time=2024-01-01T00:05", 5), ("start_time=2024-01-01T00:05:00+05:3", 0), ("start_time=2024-01-01Z", 0),
			("end_time=9999-12-31T23:59:59Z", 10), ("start_time=0001-01-01T00:00:00%2B14:00", 10),
			("upload_time=2024-05-01T06:30:04Z", 6), ("upload_time_more_than=2024-05-01T12:00:04+05:30", 6)):
		r = gate.api.raw("GET", PATH + "?page_size=100&" + query)
		assert r.json()["count"] == n, query
		r = gate.api.raw("GET", PATH + "export/?export_type=csv&" + query)
		assert len(r.text.splitlines()) == n + 1, query
	report = gate.api.raw("GET", "/att/api/transactionReport/?start_date=2023-12-31T18:30:00Z&end_date=2023-12-31T18:30:00Z").json()
	assert report["count"] == 10


def test_upload_time_cursor_never_misses(gate):
	fill(gate, 30)
	gate.sql("update punch set upload_time = timestamptz '2024-05-01 12:00:00+05:30'"
		" + id * interval '0.4 seconds'")
	for name in ("upload_time", "upload_time_more_than"):
		got = gate.api.get(PATH, **{name: "2024-05-01 12:00:04", "page_size": 100})
		assert ids(got) == list(range(11, 31))
		cursor = got["data"][3]["upload_time"]  # as a client would remember it
		again = gate.api.get(PATH, **{name: cursor, "page_size": 100})
		assert set(ids(again)) >= set(range(15, 31))
	assert gate.api.get(PATH, upload_time="2024-05-01 13:00:00")["count"] == 0


@pytest.mark.settings(timezone="Europe/Berlin")
def test_upload_time_in_the_hour_that_comes_twice(gate):
	fill(gate, 4)
	for i, utc in enumerate(["2024-10-26 23:30", "2024-10-27 00:30", "2024-10-27 01:30",
			"2024-10-27 02:30"]):
		gate.sql("update punch set upload_time = %s::timestamptz where id = %s", utc + "+00", i + 1)
	shown = [r["upload_time"][11:16] for r in gate.api.get(PATH)["data"]]
	assert shown == ["01:30", "02:30", "02:30", "03:30"]
	assert ids(gate.api.get(PATH, upload_time="2024-10-27 02:15:00")) == [2, 3, 4]
	assert ids(gate.api.get(PATH, upload_time="2024-03-31 02:15:00")) == [1, 2, 3, 4]


# ------------------------------------------------------------------ pages while rows come and go


def walk_with(server, meanwhile, size, **params):
	"""Follows next, doing something between the pages."""
	rows, page = [], server.api.get(PATH, page_size=size, **params)
	while True:
		rows += ids(page)
		if page["next"] is None:
			return rows
		meanwhile(rows)
		url = urllib.parse.urlsplit(page["next"])
		try:
			page = server.api.get(url.path + "?" + url.query)
		except ApiError as e:
			assert e.status == 404  # what was to follow has gone
			return rows


@pytest.mark.parametrize("params", [{}, {"ordering": "-id"}, {"ordering": "punch_time"},
	{"ordering": "-punch_time"}, {"ordering": "emp_code"}, {"ordering": "-terminal_sn,punch_time"},
	{"start_time": second(600)}, {"emp_code": "101"}, {"emp_code": "101", "ordering": "-upload_time"},
	{"terminal_sn": "GATE1", "start_time": second(0), "ordering": "punch_time"}])
@pytest.mark.parametrize("size", [10, 260])
def test_deletions_between_pages_hide_no_row(gate, params, size):
	fill(gate, 1500 if size > 256 else 400)
	rng = random.Random(1)
	everything = [r["id"] for r in gate.api.walk(PATH, page_size=100000, **params)]
	deleted = set()

	def meanwhile(seen):
		# some that were shown (also the last one: the page begins behind it), some that were not
		alive = [i for i in everything if i not in deleted and i not in seen]
		victims = {seen[-1], *rng.sample(seen, min(3, len(seen))), *rng.sample(alive, min(2, len(alive)))}
		victims -= deleted
		deleted.update(victims)
		gate.sql("select punch_delete(%s::bigint[])", sorted(victims))

	seen = walk_with(gate, meanwhile, size, **params)
	assert len(seen) == len(set(seen))
	assert [i for i in everything if i in seen or i not in deleted] == seen


def test_rows_that_come_during_a_walk_are_met(gate):
	fill(gate, 100)
	more = iter(range(100, 130))

	def meanwhile(seen):
		n = next(more, None)
		if n is not None:
			store(gate, [("100", second(n * 60), "GATE1")])

	seen = walk_with(gate, meanwhile, 7)
	assert seen == list(range(1, len(seen) + 1)) and len(seen) > 110


def test_a_fresh_jump_is_by_rank(gate):
	fill(gate, 200)
	for page in (1, 2, 3):
		gate.api.get(PATH, page=page)
	gate.sql("select punch_delete(array[3, 5, 15])")
	assert ids(gate.api.get(PATH, page=4)) == list(range(31, 41))  # goes on behind page 3
	assert ids(gate.api.get(PATH, page=1)) == [1, 2, 4, 6, 7, 8, 9, 10, 11, 12]
	assert ids(gate.api.get(PATH, page=5)) == list(range(44, 54))  # 4 is forgotten: by rank
	assert ids(gate.api.get(PATH, page=2))[0] == 13
	assert gate.api.get(PATH)["count"] == 197


def test_counts_follow_writes(gate):
	fill(gate, 50)
	params = {"start_time": second(0), "emp_code_icontains": "10"}
	for i in range(50, 60):
		assert gate.api.get(PATH, **params)["count"] == i
		store(gate, [("100", second(i * 60 + 1), "GATE1")])
	gate.sql("select punch_delete(array[60, 59, 1])")
	assert gate.api.get(PATH, **params)["count"] == 57
	store(gate, [("999", second(1), "GATE1")])
	assert gate.api.get(PATH, **params)["count"] == 57
	assert gate.api.get(PATH)["count"] == 58


def test_blocks_of_ids(gate):
	"""Ranks over several blocks, with a gap as an import would leave it."""
	gate.sql("insert into punch (id, upload_time, punch_time, pin_id, origin_id)"
		" select case when g <= 20000 then g else g + 50000 end,"
		" timestamptz '2024-01-01' + g * interval '1 second',"
		" timestamp '2024-01-01' + g * interval '1 second', (select (pin_ids(array['1']))[1]),"
		" (select origin_id from terminal) from generate_series(1, 40000) g")
	gate.sql("insert into punch_block select id >> 13, count(*) from punch group by 1")
	gate.sql("update punch_counter set last_id = 90000, total = 40000, last_upload = now()")
	want = [r[0] for r in gate.sql("select id from punch order by id")]
	for params, order in (({}, want), ({"ordering": "-id"}, want[::-1])):
		for page in (1, 2, 40, 200, 201, 300, 399, 400):
			assert ids(gate.api.get(PATH, page=page, page_size=100, **params)) == \
				order[(page - 1) * 100:page * 100], (params, page)
	gate.sql("select punch_delete(array(select id from punch where id % 7 = 0))")
	want = [i for i in want if i % 7]
	for page in (1, 90, 171, 300, 342, 343):
		assert ids(gate.api.get(PATH, page=page, page_size=100)) == want[(page - 1) * 100:page * 100]
	store(gate, [("2", second(0), "GATE1")])
	assert ids(gate.api.get(PATH, page="last"))[-1] == 90001
	assert gate.api.get(PATH, id_more_than=70000, page_size=1)["count"] == len(
		[i for i in want if i > 70000]) + 1


def test_big_page_walks_behind_its_rows(gate):
	fill(gate, 1000)
	first = gate.api.get(PATH, page_size=400)
	assert ids(first) == list(range(1, 401))
	gate.sql("select punch_delete(array(select id from punch where id <= 100 or id = 400 or id > 900))")
	second_page = gate.api.get(PATH, page_size=400, page=2)
	assert ids(second_page) == list(range(401, 801))
	assert second_page["next"] is not None
	third = gate.api.get(PATH, page_size=400, page=3)
	assert ids(third) == list(range(801, 901)) and third["next"] is None


def test_json_is_utf8(gate):
	make_employee(gate, "1", first="Zoë\u2028", last='"\\/')
	store(gate, [("1", second(0), "GATE1")])
	raw = gate.api.raw("GET", PATH)
	assert '"first_name":"Zoë\\u2028","last_name":"\\"\\\\/"' in raw.text
	assert json.loads(raw.text)["data"][0]["first_name"] == "Zoë\u2028"
