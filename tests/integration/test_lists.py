"""Envelope, paging, filters and ordering over resources; bodies that are not JSON."""

import json
import urllib.parse

import pytest

from punchd_test.net import Closed, Connection
from punchd_test.rest import ApiError

P = "/personnel/api/"
AREAS, PEOPLE = P + "areas/", P + "employees/"


@pytest.fixture
def api(server):
	return server.api


def fill(server, n, name="Zone"):
	server.sql("insert into area (code, name) select 'z' || lpad(g::text, 5, '0'), %s || ' ' || g"
		" from generate_series(1, %s) g", name, n)


def codes(page):
	return [row["area_code"] for row in page["data"]]


def status(call, *args, **params):
	with pytest.raises(ApiError) as e:
		call(*args, **params)
	return e.value.status, e.value.json


# ---------------------------------------------------------------- paging

def test_envelope_bytes(server, api):
	r = api.raw("GET", AREAS, page_size=1)
	assert r.text == ('{"count":2,"next":"%s/personnel/api/areas/?page=2&page_size=1","previous":null,'
		'"msg":"","code":0,"data":[{"id":1,"area_code":"1","area_name":"Not Authorized",'
		'"parent_area":null,"parent_area_name":null}]}' % server.url)
	assert r.headers["content-type"] == "application/json"
	assert r.headers["allow"] == "GET, POST, HEAD, OPTIONS"
	assert "Accept" in r.headers["vary"]
	r = api.raw("GET", AREAS + "1/")
	assert r.headers["allow"] == "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"


def test_walk_meets_every_row_once(server, api):
	fill(server, 57)
	rows = api.walk(AREAS, page_size=7)
	assert len({r["id"] for r in rows}) == 59


SIZES = [
	({}, 10), ({"page_size": 20}, 20), ({"limit": 20}, 20), ({"page_size": 5, "limit": 20}, 5),
	({"page_size": 0}, 10), ({"page_size": -3}, 10), ({"page_size": "x"}, 10),
	({"page_size": "x", "limit": 7}, 7), ({"page_size": "99999999999999999999999"}, 32),
	({"page_size": 5000000}, 32), ({"page": 0}, 10), ({"page": ""}, 10), ({"page": 4}, 2),
	({"page": "last"}, 2), ({"page": "last", "page_size": 32}, 32), ({"format": "json"}, 10),
]


def test_page_sizes(server, api):
	fill(server, 30)
	for params, rows in SIZES:
		page = api.get(AREAS, **params)
		assert page["count"] == 32 and len(page["data"]) == rows, params


def test_invalid_pages(server, api):
	fill(server, 30)
	for page in ("5", "-1", "x", "1.0", "99999999999999999999", "922337203685477580"):
		assert status(api.get, AREAS, page=page) == (404, {"detail": "Invalid page."}), page


def test_an_empty_list_has_one_page(api):
	empty = {"count": 0, "next": None, "previous": None, "msg": "", "code": 0, "data": []}
	assert api.get(P + "employees/") == empty
	assert api.get(P + "employees/", page="last") == empty
	assert status(api.get, P + "employees/", page=2)[0] == 404
	assert api.get(P + "employees/", department="x") == empty, "no row can match"
	assert status(api.get, P + "employees/", department="x", page=2)[0] == 404


def test_links(server, api):
	fill(server, 30)
	page = api.get(AREAS + "?page=2&&page_size=3&b=%C3%A4%20%2B&b=1&area_name=&x~=.-_&q")
	query = "area_name=&b=%C3%A4+%2B&b=1{}&page_size=3&q=&x~=.-_"
	assert page["next"] == server.url + AREAS + "?" + query.format("&page=3")
	assert page["previous"] == server.url + AREAS + "?" + query.format("")
	assert api.get(AREAS, page=2)["previous"] == server.url + AREAS, "no ? when nothing is left"
	assert api.get("/personnel/api/areas?page=2")["next"] == server.url + AREAS + "?page=3"
	assert api.get("/personnel/api/area/?page=2")["next"].endswith("/personnel/api/area/?page=3")
	r = api.raw("GET", AREAS, headers={"Host": "bio.example:81"})
	assert r.json()["next"] == "http://bio.example:81" + AREAS + "?page=2"
	assert api.get(AREAS, page=4)["next"] is None


@pytest.mark.settings(trusted_proxies="127.0.0.1")
def test_links_behind_a_proxy(server, api):
	fill(server, 30)
	r = api.raw("GET", AREAS, headers={"X-Forwarded-Proto": "https",
		"X-Forwarded-Host": "bio.example.com"})
	assert r.json()["next"] == "https://bio.example.com" + AREAS + "?page=2"


def test_a_strangers_forwarded_headers_are_not_believed(server, api):
	fill(server, 30)
	r = api.raw("GET", AREAS, headers={"X-Forwarded-Proto": "https",
		"X-Forwarded-Host": "bio.example.com"})
	assert r.json()["next"] == server.url + AREAS + "?page=2"


# ---------------------------------------------------------------- big pages

def test_counts_that_are_kept(server, api):
	"""Of big tables rows are counted as they come and go; a filter counts anew."""
	def counts():
		return [api.get(PEOPLE, **f)["count"] for f in ({}, {"page_size": 1000}, {"page": "last"},
			{"emp_code_icontains": "9"})]
	for n in range(1, 41):
		api.post(PEOPLE, {"emp_code": "9%d" % n, "department": 1, "area": [2]})
	assert counts() == [40] * 4
	server.sql("begin; delete from employee where id <= 7; rollback;")
	assert counts() == [40] * 4
	api.delete("%s1/" % PEOPLE)
	server.sql("delete from employee where id in (2, 3, 4)")
	assert counts() == [36] * 4
	assert server.value("select count(*) from tally where name = 'employee'") > 32
	server.sql("select tally_fold()")
	assert server.sql("select n from tally where name = 'employee'") == [(36,)]
	assert counts() == [36] * 4
	assert api.raw("GET", PEOPLE, page=5).status == 404
	for left in server.sql("select id from employee"):
		api.delete("%s%d/" % (PEOPLE, left[0]))
	assert counts() == [0] * 4


def test_big_pages_are_streamed_whole_and_in_order(server, api):
	fill(server, 2500)
	r = api.raw("GET", AREAS, page_size=100000)
	assert r.headers.get("transfer-encoding") == "chunked"
	page = r.json()
	assert page["count"] == 2502 and page["next"] is None
	assert [x["id"] for x in page["data"]] == list(range(1, 2503))
	down = api.get(AREAS, page_size=1200, ordering="-area_code", area_code_icontains="z")
	assert codes(down) == ["z%05d" % n for n in range(2500, 1300, -1)]
	assert down["next"].endswith("page=2&page_size=1200")
	assert api.raw("HEAD", AREAS, page_size=100000).body == b""


def test_rows_that_come_and_go_while_a_page_is_read(server, api):
	"""The ids are fixed at the start: nothing comes twice, what has gone is left out."""
	fill(server, 20000, "x" * 25)
	with Connection(server.address, rcvbuf=4096) as c:
		c.send(("GET %s?page_size=100000 HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n" % (
			AREAS, api.login().authorization)).encode())
		c.read_head()
		server.sql("delete from area where code = 'z20000'")
		server.sql("insert into area (code, name) values ('z00000a', 'late')")
		body = c.read_chunked()
	rows = json.loads(body)["data"]
	got = [r["area_code"] for r in rows]
	assert len(got) == len(set(got)) == 20001
	assert "z20000" not in got and "z00000a" not in got


def test_a_reader_who_stops_holds_no_connection_to_the_database(server, api):
	fill(server, 20000, "x" * 25)
	authorization = api.login().authorization
	readers = []
	for _ in range(20):  # more than db_pool_size
		c = Connection(server.address, rcvbuf=4096)
		c.send(("GET %s?page_size=100000 HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n" % (
			AREAS, authorization)).encode())
		c.read_head()
		readers.append(c)
	assert api.get(AREAS)["count"] == 20002
	for c in readers:
		c.close()


def test_a_failed_piece_cuts_the_reply(server, api):
	fill(server, 20000, "x" * 25)
	with Connection(server.address, rcvbuf=4096) as c:
		c.send(("GET %s?page_size=100000 HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n" % (
			AREAS, api.login().authorization)).encode())
		c.read_head()
		server.sql("alter table area rename column name to title")
		with pytest.raises(Closed):
			c.read_chunked()
	server.sql("alter table area rename column title to name")
	assert api.get(AREAS)["count"] == 20002


# ---------------------------------------------------------------- filters and order

def test_filters(server, api):
	fill(server, 12)
	server.sql("insert into area (code, name) values ('p%', '100% Ä_b')")
	get = lambda **q: codes(api.get(AREAS, page_size=100, **q))
	assert get(area_code="z00003") == ["z00003"]
	assert get(area_code=" z00003 ") == ["z00003"], "compared trimmed"
	assert get(area_code="Z00003") == [] and get(area_code="z0000") == []
	assert get(area_code_icontains="Z0000") == ["z%05d" % n for n in range(1, 10)]
	assert get(area_name_icontains="zone 1") == ["z00001", "z00010", "z00011", "z00012"]
	assert get(area_name_icontains="%") == ["p%"] and get(area_name_icontains="_") == ["p%"]
	assert get(area_name_icontains="ä_B") == ["p%"]
	assert get(area_name_icontains="\\") == []
	assert get(search="zone 12") == ["z00012"], "every word must be somewhere"
	assert get(search="zone,z00003") == ["z00003"]
	assert len(get(area_code="", unknown="x", area_name="")) == 15
	assert get(id="1") == ["1"] and get(id="x") == [] and get(id="99999999999999999999") == []
	assert get(parent_area="1,2") == [] and get(parent_area="9999999999") == []
	r = api.raw("GET", AREAS + "?area_name=%FF")
	assert r.status == 200 and r.json()["count"] == 0, "no text can be that"
	r = api.raw("GET", AREAS + "?area_name=%00x")
	assert r.status == 200 and r.json()["count"] == 0


def test_filters_are_parameters_not_text(server, api):
	evil = "x' or true; drop table area; --"
	assert api.get(AREAS, area_name=evil)["count"] == 0
	assert api.get(AREAS, area_name_icontains=evil, search=evil)["count"] == 0
	assert api.get(AREAS, ordering=evil)["count"] == 2
	assert api.get(AREAS, ordering="name desc; drop table area")["count"] == 2


ORDERS = [
	("", ["1", "2", "b", "a", "c"]), ("id", ["1", "2", "b", "a", "c"]),
	("-id", ["c", "a", "b", "2", "1"]), (" -id", ["c", "a", "b", "2", "1"]),
	("area_code", ["1", "2", "a", "b", "c"]), ("-area_code", ["c", "b", "a", "2", "1"]),
	("area_name,-area_code", ["2", "1", "c", "a", "b"]), ("nonsense", ["1", "2", "b", "a", "c"]),
	("nonsense,-area_code", ["c", "b", "a", "2", "1"]), ("-area_name", ["b", "c", "a", "1", "2"]),
	("id,id,-id", ["1", "2", "b", "a", "c"]), (",,", ["1", "2", "b", "a", "c"]),
]


def test_ordering(server, api):
	server.sql("insert into area (code, name) values ('b', 'Z'), ('a', 'Same'), ('c', 'Same')")
	for ordering, expected in ORDERS:
		assert codes(api.get(AREAS, ordering=ordering)) == expected, ordering


def test_order_with_plus_for_a_blank(server, api):
	assert codes(api.get(AREAS + "?ordering=+-id")) == ["2", "1"]


# ---------------------------------------------------------------- requests of any shape

def test_writes_in_every_content_type(server, api):
	bodies = [
		("application/json;charset=UTF-8", '{"area_code":"j","area_name":"\\u00c4"}'),
		("application/x-www-form-urlencoded; charset=utf-8", "area_code=f&area_name=%C3%84"),
		("multipart/form-data; boundary=B", '--B\r\nContent-Disposition: form-data; '
			'name="area_code"\r\n\r\nm\r\n--B\r\nContent-Disposition: form-data; '
			'name="area_name"\r\n\r\nÄ\r\n--B--\r\n'),
	]
	for type_, body in bodies:
		r = api.raw("POST", AREAS, body.encode(), {"Content-Type": type_})
		assert r.status == 201 and r.json()["area_name"] == "Ä", (type_, r)
		assert "Ä" in r.text, "not escaped"
	r = api.raw("POST", AREAS, b"area_code=n&area_name=x", {})
	assert r.status == 201, "a form without a Content-Type"


BODIES = [
	("application/json", "", 400, {"area_code": ["This field is required."],
		"area_name": ["This field is required."]}),
	("application/json", "x", 400, {
		"detail": "JSON parse error - Expecting value: line 1 column 1 (char 0)"}),
	("application/json", '"x"', 400, {
		"non_field_errors": ["Invalid data. Expected a dictionary, but got str."]}),
	("application/json", "[" * 5000, 400, None),
	("application/json", '{"area_code":"\\u0000","area_name":"x"}', 400, None),
	("application/json", b'{"area_code":"\xff","area_name":"x"}', 400, None),
	("text/xml", "<a/>", 415, {"detail": 'Unsupported media type "text/xml" in request.'}),
	("multipart/form-data", "x", 400, None),
]


def test_bodies_that_are_no_object(server, api):
	for type_, body, code, expected in BODIES:
		r = api.raw("POST", AREAS, body, {"Content-Type": type_})
		assert r.status == code, body
		assert r.json() == expected if expected else list(r.json()) == ["detail"], body
		assert api.get(AREAS)["count"] == 2


def test_bodies_of_gets_are_ignored(api):
	for body in ("[]", "{}", "nonsense", ""):
		assert api.raw("GET", AREAS, body, {"Content-Type": "application/json"}).status == 200


def test_methods(api):
	r = api.raw("PATCH", AREAS, {})
	assert (r.status, r.json()) == (405, {"detail": 'Method "PATCH" not allowed.'})
	assert r.headers["allow"] == "GET, POST, HEAD, OPTIONS"
	assert api.raw("POST", AREAS + "1/", {}).status == 405
	r = api.raw("OPTIONS", AREAS)
	assert r.status == 200 and r.headers["allow"] == "GET, POST, HEAD, OPTIONS"
	assert isinstance(r.json(), dict)
	r = api.raw("HEAD", AREAS)
	assert r.status == 200 and r.body == b"" and int(r.headers["content-length"]) > 50


def test_404(api):
	for path in ("/personnel/api/x/", "/personnel/api", AREAS + "x/", AREAS + "1/x/", "/iclock/api/x/",
			"/att/api/shift/", "/base/api/x", "/staff/api/x/"):
		r = api.raw("GET", path)
		assert (r.status, r.json()) == (404, {"detail": "Not found."}), path
	for path in ("/x/", "/api/x/"):
		r = api.raw("GET", path)
		assert r.status == 404 and r.headers["content-type"].startswith("text/html"), path
		assert "Page not found" in r.text


def test_ids_out_of_range_are_not_found(api):
	for n in ("0", "-1", "2147483648", "99999999999999999999", "1x", "%31x"):
		assert api.raw("GET", AREAS + urllib.parse.quote(n, safe="%") + "/").status == 404


def test_the_database_away_and_back(own_pg, clone, make_server):
	server = make_server(clone(own_pg))
	api = server.api.login()
	api.get(AREAS)
	own_pg.stop()
	r = api.raw("GET", AREAS)
	assert r.status == 503 and "detail" in r.json()
	r = server.new_api().request("POST", "/api-token-auth/", {"username": "a", "password": "b"},
		authorization="")
	assert r.status == 503 and "detail" in r.json()
	own_pg.start()
	server.wait_ready()
	assert api.get(AREAS)["count"] == 2
