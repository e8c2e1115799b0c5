"""Terminals, people and punches made by SQL, where a test is about reading them."""

import datetime

PATH = "/iclock/api/transactions/"


def make_terminal(server, sn, alias, area=2):
	return server.value("insert into terminal (sn, alias, area_id) values (%s, %s, %s) returning id",
		sn, alias, area)


def make_employee(server, code, department=1, first="", last="", position=None):
	return server.value("insert into employee (emp_code, department_id, first_name, last_name,"
		" position_id, row_key, sealed) values (%s, %s, %s, %s, %s, '\\x00',"
		" decode('0100000001' || repeat('00', 28), 'hex')) returning id",
		code, department, first, last, position)


def store(server, punches, flat=False, **columns):
	"""punches: (code, time, terminal sn), or flat: ((code, time), sn); how many were new."""
	if flat:
		punches = [(*key, sn) for key, sn in punches]
	n = len(punches)
	return server.value(
		"select (punch_store_lines(pin_ids(%s), %s::timestamp[], (select array_agg(t.origin_id order by o)"
		" from unnest(%s) with ordinality u (sn, o) join terminal t using (sn)),"
		" array_fill(0::smallint, array[%s]), %s::smallint[], %s::smallint[], %s::smallint[],"
		" %s::real[], %s::text[], array_fill(null::bytea, array[%s])))[1]",
		[p[0] for p in punches], [p[1] for p in punches], [p[2] for p in punches], n,
		columns.get("states", [0] * n), columns.get("verifies", [1] * n),
		columns.get("masks", [None] * n), columns.get("temperatures", [None] * n),
		columns.get("codes", ["0"] * n), n)


def second(n, start=datetime.datetime(2024, 1, 1)):
	return str(start + datetime.timedelta(seconds=n))


def fill(server, n, people=7, step=60):
	store(server, [(str(100 + i % people), second(i * step), "GATE1") for i in range(n)])
