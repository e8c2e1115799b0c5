"""Any combination of filters, search and ordering equals the same in plain SQL written by hand, for
employees and terminals (punches: test_transactions.py)."""

import random

import pytest

from punchd_test.rest import ApiError

EMPLOYEES, TERMINALS = "/personnel/api/employees/", "/iclock/api/terminals/"
NAMES = ["Ann", "anna", "Bob", "Böb", "O'Neil", "50%", "a_b", "back\\slash", "", "ANNE MARIE", "日本"]


def like(text):
	for c in "\\%_":
		text = text.replace(c, "\\" + c)
	return "%" + text + "%"


def crowd(server, rng):
	server.sql("insert into department (code, name) select 'd' || g, 'D ' || g from generate_series(2, 6) g")
	server.sql("insert into position (code, name) select 'p' || g, 'P ' || g from generate_series(2, 4) g")
	server.sql("insert into area (code, name) select 'a' || g, 'A ' || g from generate_series(3, 7) g")
	for i in range(120):
		emp = server.value("insert into employee (emp_code, first_name, last_name, nickname, department_id,"
			" position_id, hire_date, gender, emp_type, app_status, dev_privilege, enroll_sn, row_key, sealed)"
			" values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '\\x00',"
			" decode('0100000001' || repeat('00', 28), 'hex')) returning id",
			"%s%d" % (rng.choice(["", "E", "e", "00"]), i), rng.choice(NAMES), rng.choice(NAMES), rng.choice(NAMES),
			rng.randrange(1, 7), rng.choice([None, 1, 2, 3, 4]), "2026-01-%02d" % rng.randrange(1, 6),
			rng.choice([None, "M", "F"]), rng.choice([None, 1, 2]), rng.randrange(2), rng.choice([0, 14]),
			rng.choice(["", "SN1"]))
		for area in rng.sample(range(1, 8), rng.randrange(1, 4)):
			server.sql("insert into employee_area (employee_id, area_id) values (%s, %s)", emp, area)
		if rng.random() < 0.2:
			server.sql("insert into resign (employee_id, resign_date) values (%s, '2026-02-01')", emp)
	for i in range(60):
		server.sql("insert into terminal (sn, alias, ip_address, area_id) values (%s, %s, %s, %s)",
			"%s%04d" % (rng.choice(["AB", "ab", "X_"]), i), rng.choice(NAMES) + str(i % 7),
			"10.0.0.%d" % rng.randrange(1, 5), rng.randrange(1, 8))


# parameter -> (a value, SQL over t, its argument); None: no row can match

def text(column):
	def make(rng, server, table):
		values = [r[0] for r in server.sql("select %s from %s t where %s <> '' order by t.id" % (
			column, table, column))]
		value = rng.choice(values)
		value = rng.choice([value, value, "nobody", " " + value + " "])
		return value, column + " = %s", value.strip()
	return make


def contains(*columns):
	def make(rng, server, table):
		value = rng.choice(["a", "N", "0", "_", "%", "\\", "ö", "'", "50%", "本", "zz"])
		return value, "(" + " or ".join(c + " ilike %s" for c in columns) + ")", [like(value)] * len(columns)
	return make


def number(column, *values):
	def make(rng, server, table):
		value = rng.choice(values)
		return value, column + " = %s", value
	return make


def ids(condition, most):
	def make(rng, server, table):
		some = [rng.randrange(1, most + 2) for _ in range(rng.randrange(1, 4))]
		return rng.choice([",", ", "]).join(map(str, some)), condition, some
	return make


def words(*columns):
	"""?search=: every word somewhere."""
	def make(rng, server, table):
		some = rng.sample(["a", "n", "0", "b", "e", "_", "1"], rng.randrange(1, 3))
		one = "(" + " or ".join(c + " ilike %s" for c in columns) + ")"
		return rng.choice([" ", ",", ", "]).join(some), " and ".join([one] * len(some)), [
			like(w) for w in some for _ in columns]
	return make


def day(rng, server, table):
	value = "2026-01-%02d" % rng.randrange(1, 6)
	return value, "t.hire_date = %s", value


IN_AREA = "t.id in (select employee_id from employee_area where area_id = any(%s))"
PERSON = ("t.emp_code", "t.first_name", "t.last_name", "t.nickname")
FILTERS = {
	EMPLOYEES: {
		"emp_code": text("t.emp_code"), "first_name": text("t.first_name"), "last_name": text("t.last_name"),
		"nickname": text("t.nickname"), "enroll_sn": text("t.enroll_sn"),
		"emp_code_icontains": contains("t.emp_code"), "first_name_icontains": contains("t.first_name"),
		"last_name_icontains": contains("t.last_name"), "nickname_icontains": contains("t.nickname"),
		"employee_icontains": contains(*PERSON), "search": words(*PERSON),
		"department": ids("t.department_id = any(%s)", 6), "departments": ids("t.department_id = any(%s)", 6),
		"position": ids("t.position_id = any(%s)", 4), "positions": ids("t.position_id = any(%s)", 4),
		"areas": ids(IN_AREA, 7), "area": ids(IN_AREA, 7), "multiple_employee": ids("t.id = any(%s)", 120),
		"app_status": number("t.app_status", 0, 1, 7), "emp_type": number("t.emp_type", 1, 2),
		"dev_privilege": number("t.dev_privilege", 0, 14), "gender": text("t.gender"), "hire_date": day,
		"status": number("case when exists (select from resign x where x.employee_id = t.id) then 100 else 0 end", 0, 100),
	},
	TERMINALS: {
		"sn": text("t.sn"), "alias": text("t.alias"), "ip_address": text("t.ip_address"),
		"sn_icontains": contains("t.sn"), "alias_icontains": contains("t.alias"), "search": words("t.sn", "t.alias"),
		"area": ids("t.area_id = any(%s)", 7), "state": number("3", 1, 3), "id": number("t.id", 1, 5, 9999),
	},
}
ORDERS = {
	EMPLOYEES: {n: "t." + n for n in ("id", "emp_code", "first_name", "last_name", "nickname", "hire_date", "update_time")},
	TERMINALS: {n: "t." + n for n in ("id", "sn", "alias")},
}


def random_order(rng, known):
	names = rng.sample(sorted(known) + ["nonsense", "sealed", ""], rng.randrange(0, 4))
	keys = [(n, rng.random() < 0.5) for n in names]
	usable = [(known[n], down) for n, down in keys if n in known] or [(known["id"], False)]
	usable.append(("t.id", usable[0][1]))
	return rng.choice([",", " , "]).join(("-" if down else "") + n for n, down in keys), ", ".join(
		c + (" desc" if down else "") for c, down in usable)


@pytest.mark.parametrize("path,table", [(EMPLOYEES, "employee"), (TERMINALS, "terminal")])
@pytest.mark.parametrize("seed", range(3))
def test_any_combination_is_as_in_sql(server, path, table, seed):
	rng = random.Random(seed)
	crowd(server, rng)
	found = 0
	for round in range(120):
		params, where, args = {}, [], []
		for name in rng.sample(sorted(FILTERS[path]), rng.choice([0, 1, 1, 2, 2, 3, 4])):
			value, condition, given = FILTERS[path][name](rng, server, table)
			params[name] = value
			where.append(condition)
			several = isinstance(given, list) and condition.count("%s") == len(given) and "any(%s)" not in condition
			args += given if several else [given]
		order, by = random_order(rng, ORDERS[path])
		if order:
			params["ordering"] = order
		want = [r[0] for r in server.sql("select t.id from %s t where %s order by %s" % (
			table, " and ".join(["true"] + where), by), *args)]
		got = server.api.walk(path, page_size=rng.choice([7, 50, 1000]), **params)
		assert [r["id"] for r in got] == want, (round, params)
		found += bool(want) and bool(where)
	assert found > 25, "most found nothing"


@pytest.mark.parametrize("path", [EMPLOYEES, TERMINALS])
def test_what_cannot_be_is_an_empty_list(server, path):
	crowd(server, random.Random(9))
	for name in ("department", "area", "id", "state", "status", "hire_date", "multiple_employee"):
		if name in FILTERS[path]:
			assert server.api.get(path, **{name: "x"})["count"] == 0, name
			assert server.api.get(path, **{name: ""})["count"] > 50, name
	for page in ("0", ""):
		assert len(server.api.get(path, page=page)["data"]) == 10
	with pytest.raises(ApiError) as e:
		server.api.get(path, page=99)
	assert (e.value.status, e.value.json) == (404, {"detail": "Invalid page."})


@pytest.mark.settings(admission="auto")
def test_a_cursor_meets_everything_while_punches_come(server, make_terminal):
	"""§5.2: by the last id, and by the last upload_time, while four terminals upload at once."""
	import threading
	terminals = [make_terminal("SYNC%04d" % n, approve=False) for n in range(4)]
	for t in terminals:
		t.register()

	def upload(n, t):
		for i in range(25):
			assert t.push("ATTLOG", *["%d\t2026-05-%02d %02d:%02d:00\t0\t1" % (n * 10 + k, n + 1, i // 2, i % 2 * 30 + k)
				for k in range(3)]) == "OK: 3"
	threads = [threading.Thread(target=upload, args=(n, t)) for n, t in enumerate(terminals)]
	for t in threads:
		t.start()
	by_id, by_time, since = [], {}, "2000-01-01 00:00:00"
	api, over = server.new_api(), False
	while True:
		over = not any(t.is_alive() for t in threads)
		rows = api.get("/iclock/api/transactions/", id_more_than=by_id[-1] if by_id else 0, page_size=17)["data"]
		by_id += [r["id"] for r in rows]
		late = api.get("/iclock/api/transactions/", upload_time_more_than=since, ordering="upload_time", page_size=100000)["data"]
		by_time.update((r["id"], r) for r in late)
		if late:
			since = late[-1]["upload_time"]
		if over and not rows:
			break
	for t in threads:
		t.join()
	stored = [r[0] for r in server.sql("select id from punch order by id")]
	assert by_id == stored == list(range(1, len(stored) + 1)) and len(stored) == 300
	assert sorted(by_time) == stored
