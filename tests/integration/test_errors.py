"""Bad input of every kind at every endpoint that writes, answered in the words of DRF (§1.5).

Endpoints and their members come from /api/docs/openapi.json, so that a new resource is walked as soon
as it has a route. What the document cannot know is in the tables below.
"""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from punchd_test.openapi import Document
from punchd_test.wait import wait_until

# what a member that is no text is told about a text that it cannot be
WRONG = {
	"integer": ("nine", ["A valid integer is required."]),
	"boolean": ("perhaps", ["Must be a valid boolean."]),
	"string": ({"a": 1}, ["Not a valid string."]),
	"date": ("04.05.2026", ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."]),
	"time": ("noon", ["Datetime has wrong format. Use one of these formats instead: YYYY-MM-DD hh:mm:ss."]),
	"id": ("nobody", ["Incorrect type. Expected pk value, received str."]),
	"ids": (True, ['Expected a list of items but got type "bool".']),
}


ABSENT = 2000000000
UNUSED = {"string": "B2", "id": 2}  # the second employee has nothing that hangs on her

pytestmark = [pytest.mark.settings(attendance_approval=True, dangerous_commands=True),
	pytest.mark.timeout(600)]


@pytest.fixture
def world(server):
	document = Document(server.api)
	ids = document.fill()
	server.api.post("/personnel/api/employees/", {"emp_code": "FREE", "department": 1, "area": [1]})
	return document, ids


def writers(document):
	return [o for o in document.operations()
		if o.body is not None and not o.path.startswith("/staff/")]  # for staff alone


def kind_of(schema):
	"""A key of WRONG, or None for what takes anything."""
	types = schema.get("type")
	types = types if isinstance(types, list) else [types]
	if "array" in types:
		return "ids"
	if "x-references" in schema:
		return "id"
	if "boolean" in types:
		return "boolean"
	if schema.get("format") == "date":
		return "date"
	if str(schema.get("pattern", "")).startswith("^\\d{4}-"):
		return "time"
	return types[0]


def body_of(o):
	"""The example, with unique members that no row has yet."""
	body = o.example
	for name, schema in o.body["properties"].items():
		if schema.get("x-unique") and name in body:
			body[name] = UNUSED[kind_of(schema)]
	return body


def nullable(schema):
	return "null" in schema.get("type", ()) if isinstance(schema.get("type"), list) else False


class Walk:
	"""Sends one bad body after another; what is not answered as it should be is gathered."""

	def __init__(self, world, api):
		self.document, self.ids = world
		self.api = api
		self.wrong = []
		self.asked = 0

	def expect(self, o, body, status, reply, what, headers=None):
		path = o.at(self.ids)
		if path is None:
			self.wrong.append((o, "no row to write to"))
			return
		r = self.api.request(o.method, path, body, headers=headers)
		self.asked += 1
		good = r.status == status and (reply(r.json_or_none()) if callable(reply) else r.json_or_none() == reply)
		if not good:
			self.wrong.append((o, what, body, r))

	def member(self, o, name, value, messages, what):
		body = body_of(o)
		body[name] = value
		self.expect(o, body, 400, {name: messages}, what)

	def done(self, at_least):
		assert not self.wrong, "%d of %d:\n%s" % (len(self.wrong), self.asked,
			"\n".join(map(repr, self.wrong[:40])))
		assert self.asked >= at_least, "the document has lost its endpoints"


@pytest.fixture
def walk(world, server):
	return Walk(world, server.api)


# ---------------------------------------------------------------- bodies


def test_not_json(walk):
	json_type = {"Content-Type": "application/json"}
	for o in writers(walk.document):
		for body in (b"{", b"{\"a\":1,}", b"nonsense", b"{\"a\":\"\xff\"}"):
			walk.expect(o, body, 400, lambda j: list(j) == ["detail"] and
				j["detail"].startswith("JSON parse error - "), "not JSON", json_type)
	walk.done(200)


def test_not_an_object(walk):
	for o in writers(walk.document):
		for body, name in (([1], "list"), ("text", "str"), (7, "int"), (None, "NoneType")):
			if body is None:
				continue  # no data at all: see missing
			walk.expect(o, json.dumps(body).encode(), 400,
				{"non_field_errors": ["Invalid data. Expected a dictionary, but got %s." % name]},
				"no object", {"Content-Type": "application/json"})
	walk.done(150)


def test_wrong_content_type(walk):
	for o in writers(walk.document):
		for kind in ("text/plain", "application/xml"):
			walk.expect(o, b"a=1", 415, {"detail": "Unsupported media type \"%s\" in request." % kind},
				"content type", {"Content-Type": kind})
	walk.done(100)


def test_wrong_method(walk):
	"""On every path, every method that it does not have."""
	have = {}
	for o in walk.document.operations():
		have.setdefault(o.path, []).append(o)
	for path, operations in have.items():
		methods = {o.method for o in operations}
		at = operations[0].at(walk.ids) or path.replace("{id}", "1")
		for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
			r = walk.api.request(method, at, {})
			walk.asked += 1
			allowed = set(r.headers.get("allow", "").split(", ")) - {"HEAD", "OPTIONS"}
			if r.status != 405 or r.json_or_none() != {"detail": 'Method "%s" not allowed.' % method} or \
					allowed != methods:
				walk.wrong.append((method, at, r, allowed, methods))
	walk.done(200)


# ---------------------------------------------------------------- members


def test_missing(walk):
	for o in writers(walk.document):
		required = o.body.get("required", [])
		for name in required:
			body = body_of(o)
			del body[name]
			walk.expect(o, body, 400, {name: ["This field is required."]}, "missing")
		if required:
			walk.expect(o, {}, 400, {n: ["This field is required."] for n in required}, "all missing")
	walk.done(100)


def test_null(walk):
	for o in writers(walk.document):
		required = o.body.get("required", [])
		for name, schema in o.body["properties"].items():
			if not nullable(schema):
				walk.member(o, name, None, ["This field may not be null."], "null")
			elif required:
				# nothing is stored: something else is missing
				body = body_of(o)
				del body[required[0]]
				walk.expect(o, {**body, name: None}, 400, lambda j, n=name: n not in j, "null is fine")
	walk.done(300)


def test_blank(walk):
	for o in writers(walk.document):
		for name, schema in o.body["properties"].items():
			if kind_of(schema) == "string" and schema.get("minLength"):
				for blank in ("", " \t "):
					walk.member(o, name, blank, ["This field may not be blank."], "blank")
			elif kind_of(schema) == "ids" and schema.get("minItems"):
				walk.member(o, name, [], ["This list may not be empty."], "empty")
	walk.done(150)


def test_too_long(walk):
	for o in writers(walk.document):
		for name, schema in o.body["properties"].items():
			if "maxLength" in schema and "enum" not in schema and schema.get("format") != "email":
				n = schema["maxLength"]
				walk.member(o, name, "9" * (n + 1),
					["Ensure this field has no more than %d characters." % n], "too long")
	walk.done(80)


def test_wrong_type(walk):
	for o in writers(walk.document):
		for name, schema in o.body["properties"].items():
			kind = kind_of(schema)
			if "enum" in schema and kind == "string":
				continue  # any text is a choice: see bad choice
			value, messages = WRONG[kind]
			walk.member(o, name, value, messages, "wrong type")
	walk.done(300)


def test_out_of_range(walk):
	for o in writers(walk.document):
		for name, schema in o.body["properties"].items():
			if "maximum" in schema and "x-references" not in schema:
				walk.member(o, name, schema["maximum"] + 1,
					["Ensure this value is less than or equal to %d." % schema["maximum"]], "too big")
				walk.member(o, name, schema["minimum"] - 1,
					["Ensure this value is greater than or equal to %d." % schema["minimum"]], "too small")
	walk.done(50)


def test_bad_choice(walk):
	for o in writers(walk.document):
		for name, schema in o.body["properties"].items():
			if "enum" in schema and kind_of(schema) != "boolean":
				walk.member(o, name, 77 if kind_of(schema) == "integer" else "77",
					['"77" is not a valid choice.'], "bad choice")
	walk.done(10)


def test_unknown_key(walk):
	message = ['Invalid pk "%d" - object does not exist.' % ABSENT]
	for o in writers(walk.document):
		for name, schema in o.body["properties"].items():
			if kind_of(schema) == "id":
				walk.member(o, name, ABSENT, message, "unknown key")
			elif kind_of(schema) == "ids" and schema["items"] == {"type": "integer"}:
				walk.member(o, name, [1, ABSENT], message, "unknown key in a list")
	walk.done(50)


def test_unknown_member(walk):
	"""Ignored; where a member too many may do harm at a terminal, refused."""
	for o in writers(walk.document):
		if o.body.get("additionalProperties") is False:
			known = ", ".join(o.body["properties"]) or "none"
			walk.member(o, "nonsense", 1, ['Unknown field "nonsense"; known are: %s.' % known], "unknown member")
	walk.done(30)


def test_duplicate(walk, server):
	"""A second row with the unique members of one that is there."""
	for o in writers(walk.document):
		unique = [n for n, s in o.body["properties"].items() if s.get("x-unique")]
		if o.status != 201 or not unique:
			continue
		rows = walk.api.get(o.path, page_size=1000)["data"]
		assert rows, o
		for name in unique:
			row = next((r[name] for r in reversed(rows) if r[name] is not None), None)
			if row is None:  # none has it
				continue
			body = {**body_of(o), **{n: "4711" if n == "card_no" else "other-%s" % n[:5] for n in unique
				if kind_of(o.body["properties"][n]) == "string"}}
			body[name] = row["id"] if isinstance(row, dict) else row
			walk.expect(o, body, 400, lambda j, n=name: list(j) == [n] and len(j[n]) == 1 and
				j[n][0].endswith(" with this %s already exists." % n), "duplicate of " + name)
	walk.done(10)
	assert "query_failed" not in server.log()


def test_what_is_no_number_is_no_id(walk):
	"""404 for every method, not "405" or "allowed are": there is nothing that could be asked of it."""
	paths = {o.path for o in walk.document.operations() if "{id}" in o.path}
	assert len(paths) > 60
	for path in sorted(paths):
		for word in ("nonsense", "1a", "-1"):
			for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
				r = walk.api.request(method, path.replace("{id}", word), None if method == "GET" else {})
				assert (r.status, r.json()) == (404, {"detail": "Not found."}), (method, path, word, r)
				assert "allow" not in r.headers or r.headers["allow"] == "OPTIONS", (method, path, r)
	assert walk.api.request("POST", "/iclock/api/terminals/%d/" % ABSENT, {}).status == 405


def test_rows_that_are_not_there(walk):
	for o in walk.document.operations():
		if "{" not in o.path or o.path.startswith("/staff/"):  # these are for staff alone
			continue
		for row in (ABSENT, 99999999999999999999, "x", "-1", "1.5"):
			body = body_of(o) if o.body is not None else None
			r = walk.api.request(o.method, o.path.replace("{id}", str(row)), body)
			walk.asked += 1
			if r.status != 404 or r.json_or_none() != {"detail": "Not found."}:
				walk.wrong.append((o, row, r))
	walk.done(150)


def test_nothing_was_stored(walk, server):
	"""What was refused above leaves no trace: the walk over all members once more, and a count."""
	def count():
		wait_until(lambda: server.value("select count(*) from audit_pending") == 0, 15)
		return {path: walk.api.get(path)["count"] for path in walk.document.collections()
			if "Report" not in path and "dailyAbsent" not in path and not path.startswith("/staff/")}
	before = count()
	test_missing(walk)
	test_wrong_type(walk)
	test_unknown_key(walk)
	assert count() == before


@pytest.mark.parametrize("path, member, table, column, body", [
	("/personnel/api/departments/", "dept_code", "department", "code", {"dept_name": "x"}),
	("/personnel/api/positions/", "position_code", "position", "code", {"position_name": "x"}),
	("/personnel/api/customattributes/", "attr_name", "custom_attribute", "name", {}),
	("/att/api/payCodes/", "code", "pay_code", "code", {"name": "x"}),
	("/iclock/api/workcodes/", "code", "work_code", "code", {"alias": "x"}),
	("/base/api/users/", "username", "account", "name", {"password": "Long-Pass-4711"}),
	("/base/api/groups/", "name", "account_group", "name", {}),
])
def test_who_is_second_at_the_same_moment_is_told_the_same(server, path, member, table, column, body):
	first = server.api.post(path, {**body, member: "71"})
	other = server.database.connect()
	with other.cursor() as cursor, ThreadPoolExecutor(1) as pool:
		cursor.execute("update " + table + " set " + column + " = '72' where id = %s", (first["id"],))
		second = pool.submit(server.api.request, "POST", path, {**body, member: "72"})
		wait_until(lambda: server.value("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"), 10, "it waits")
		other.commit()
		told = second.result()
	other.close()
	again = server.api.request("POST", path, {**body, member: "72"})
	assert (told.status, told.json()) == (400, again.json()) and again.status == 400
