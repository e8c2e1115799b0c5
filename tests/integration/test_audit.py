"""The audit trail: who changed what, from where, before and after; and that no row of it can go
unnoticed."""

import csv
import io
import json
import threading

import psycopg2
import pytest

from punchd_test.dump import found_in
from punchd_test.rest import ApiError
from punchd_test.server import PASSWORD
from punchd_test.wait import wait_until

LOGS = "/base/api/auditlogs/"
E = "/personnel/api/employees/"
D = "/personnel/api/departments/"


def logs(server, wanted=1, **filters):
	"""The rows of the trail, oldest first, as soon as there are as many as wanted."""
	def there():
		rows = server.api.walk(LOGS, ordering="id", **filters)
		return rows if len(rows) >= wanted else None
	return wait_until(there, 15, "%d audit rows with %s" % (wanted, filters))


def settled(server):
	"""Everything is in a chain."""
	wait_until(lambda: server.value("select count(*) from audit_pending") == 0, 15,
		"all audit rows are in a chain")


def person(server, code="1001", **more):
	return server.api.post(E, {"emp_code": code, "first_name": "Ada", "department": 1, "area": [2], **more})["id"]


def verify(server):
	r = server.command("audit", "verify")
	return r.returncode, r.stdout + r.stderr


def forge(server, statement):
	"""What only the owner of the tables can do, and by force."""
	server.sql("set session_replication_role = replica; " + statement)


# ---------------------------------------------------------------- what is said

def test_who_what_from_where_before_and_after(server):
	api = server.api
	made = api.post(D, {"dept_code": "D7", "dept_name": "Smithy"})["id"]
	api.patch(D + "%d/" % made, {"dept_name": "Forge"})
	api.delete(D + "%d/" % made)
	create, change, delete = logs(server, 3, resource="department", object_id=made)
	assert (create["kind"], create["user"], create["user_id"], create["address"], create["token"]) == (
		"user", "admin", 1, "127.0.0.1", None)
	assert (create["action"], create["request"], create["state"]) == ("create", "POST " + D, "plain")
	assert create["before"] is None and create["after"]["name"] == "Smithy" and create["after"]["code"] == "D7"
	assert (change["action"], change["before"], change["after"]) == ("change", {"name": "Smithy"}, {"name": "Forge"})
	assert (delete["action"], delete["before"]["name"], delete["after"]) == ("delete", "Forge", None)
	one = api.get(LOGS + "%d/" % change["id"])
	assert one == change


def test_reading_and_what_changes_nothing_leave_no_rows(server):
	settled(server)
	before = server.value("select count(*) from audit_log where action <> 'anchor'")
	server.api.get(E)
	with pytest.raises(ApiError):
		server.api.post(D, {"dept_code": "1", "dept_name": "taken"})
	server.api.patch(D + "1/", {"dept_name": "Department"})
	server.api.post(D, {"dept_code": "last", "dept_name": "x"})
	rows = logs(server, resource="department")
	assert [(r["action"], r["after"]["code"]) for r in rows] == [("create", "last")]
	assert server.value("select count(*) from audit_log where action <> 'anchor'") == before + 1


def test_people_are_sealed_under_keys_of_their_own(server):
	emp = person(server, device_password="78187318", card_no="5550178", mobile="+49 171 9998887")
	server.api.patch(E + "%d/" % emp, {"mobile": "+49 171 1112223", "device_password": "90909091",
		"first_name": "Augusta"})
	create, change = logs(server, 2, resource="employee", object_id=emp)
	assert create["state"] == "personal"
	assert create["after"]["first_name"] == "Ada" and create["after"]["mobile"] == "+49 171 9998887"
	assert create["after"]["device_password"] == "***" and create["after"]["card_no"] == "***"
	assert change["before"]["mobile"] == "+49 171 9998887" and change["after"]["mobile"] == "+49 171 1112223"
	assert change["before"]["first_name"] == "Ada" and change["after"]["first_name"] == "Augusta"
	assert change["after"]["device_password"] == "***" and "card_no" not in change["after"]
	settled(server)
	assert server.value("select count(*) from audit_log where before::text || after::text ~ 'Ada|Augusta'") == 0
	for secret in ("78187318", "90909091", "5550178", "+49 171 9998887", "+49 171 1112223"):
		assert not found_in(server, secret), secret
	assert [r["id"] for r in logs(server, 2, resource="employee", emp_code="1001")] == [create["id"], change["id"]]


def test_actions_imports_and_approvals_are_in_it(server, terminal):
	terminal.register()
	a, b = person(server), person(server, "1002")
	server.api.post(D, {"dept_code": "D7", "dept_name": "Smithy"})
	server.api.post(E + "adjust_department/", {"employees": [a, b], "department": 2})
	moved = logs(server, 2, resource="employee", action="change")
	assert {(r["object_id"], r["after"].get("department_id")) for r in moved if "department_id" in (r["after"] or {})} == {
		(a, 2), (b, 2)}
	server.api.post("/iclock/api/terminals/reboot/", {"terminals": [terminal.id]})
	command = logs(server, resource="terminal_command", search="reboot")[0]
	assert command["after"]["content"] == "REBOOT"
	server.api.post(E + "resync_to_device/", {"employees": [a]})
	assert [r["object_id"] for r in logs(server, action="resync")] == [a]
	r = server.api.raw("POST", "/personnel/api/departments/import/", "dept_code,dept_name\nI1,One\nI2,Two\n",
		{"Content-Type": "text/csv"})
	assert r.status == 200, r
	made = logs(server, 2, resource="department", search="import")
	assert {r["after"]["code"] for r in made} == {"I1", "I2"}
	area = logs(server, resource="terminal", action="change")
	assert any("approved" in r["after"] for r in area), "the approval of the terminal"


def test_terminals_are_not_in_it(server, terminal):
	terminal.register()
	settled(server)
	before = server.value("select count(*) from audit_log where action <> 'anchor'")
	terminal.push("OPERLOG", "USER PIN=4\tName=Anna\tPri=0")
	terminal.push("ATTLOG", "4\t2026-05-04 08:00:00\t0\t1")
	wait_until(lambda: server.value("select count(*) from employee") == 1)
	settled(server)
	assert server.value("select count(*) from audit_log where action <> 'anchor'") == before


def test_tokens_commands_and_staff_are_told_apart(server):
	r = server.command("token", "create", "admin", "--name", "robot")
	assert r.returncode == 0, r.stderr
	token = r.stdout.split()[-1]
	robot = server.new_api()
	robot.authorization = "Token " + token
	robot.post(D, {"dept_code": "R", "dept_name": "Robots"})
	row = logs(server, resource="department")[0]
	assert row["token"] == server.value("select id from token") and row["user"] == "admin"
	made = logs(server, kind="cli", resource="token")[0]
	assert made["request"] == "punchd token create" and made["after"]["hash"] == "***"
	emp = person(server)
	server.api.post(E + "%d/self_password/" % emp, {"self_password": "correct horse"})
	staff = server.new_api("1001", "correct horse").login("/staff-api-token-auth/")
	staff.post("/staff/api/password/", {"old_password": "correct horse", "password": "battery staple"})
	own = logs(server, kind="staff")[0]
	assert (own["user_id"], own["user"], own["resource"]) == (emp, None, "staff_login")
	assert own["after"]["password_hash"] == "***"


@pytest.mark.settings(trusted_proxies="127.0.0.0/8")
def test_the_address_is_the_clients_behind_a_trusted_proxy(server):
	r = server.api.raw("POST", D, {"dept_code": "P", "dept_name": "Proxied"}, {"X-Forwarded-For": "203.0.113.9"})
	assert r.status == 201
	assert logs(server, address="203.0.113.9")[0]["after"]["name"] == "Proxied"


def test_only_superusers_read_it(server):
	r = server.command("user", "add", "clerk", stdin=None)
	assert r.returncode == 0, r.stderr
	password = r.stdout.split()[-1]
	clerk = server.new_api("clerk", password)
	for path in (LOGS, LOGS + "1/", LOGS + "export/?export_type=csv"):
		assert clerk.raw("GET", path).status == 403
	assert server.api.raw("GET", LOGS, authorization="" or None).status == 200
	assert server.api.raw("POST", LOGS, {}).status == 405


def test_the_trail_as_a_file(server):
	server.api.post(D, {"dept_code": "D7", "dept_name": "=1+1"})
	logs(server, resource="department")
	for kind in ("csv", "txt", "xls", "xlsx"):
		r = server.api.raw("GET", LOGS + "export/?export_type=" + kind)
		assert r.status == 200 and len(r.body) > 100, kind
	r = server.api.raw("GET", LOGS + "export/?export_type=csv&resource=department")
	rows = list(csv.DictReader(io.StringIO(r.body.decode("utf-8-sig"))))
	assert len(rows) == 1 and json.loads(rows[0]["after"].lstrip("'"))["name"] == "=1+1"
	r = server.api.raw("GET", LOGS + "export/?export_type=csv&object_id=x")
	assert r.status == 200 and len(r.body.decode().strip().splitlines()) == 1


# ---------------------------------------------------------------- that it is whole

def test_it_is_durable_with_the_change(server):
	server.sigstop()
	server.sigcont()
	server.api.post(D, {"dept_code": "K", "dept_name": "Killed"})
	server.kill9()
	assert server.value("select (select count(*) from audit_pending where resource = 'department')"
		" + (select count(*) from audit_log where resource = 'department')") == 1
	server.restart()
	assert logs(server, resource="department")[0]["after"]["name"] == "Killed"
	assert verify(server)[0] == 0


def test_every_process_has_a_chain(server, make_server, database):
	other = make_server(database)
	wait_until(lambda: server.value("select count(*) from audit_chain") == 2)
	for n in range(5):
		server.api.post(D, {"dept_code": "A%d" % n, "dept_name": "x"})
		other.api.post(D, {"dept_code": "B%d" % n, "dept_name": "x"})
	rows = logs(server, 10, resource="department")
	assert len({r["chain"] for r in rows}) == 2
	settled(server)
	for chain in {r["chain"] for r in rows}:
		seqs = [s for s, in server.sql("select seq from audit_log where chain_id = %s order by seq", chain)]
		assert seqs == list(range(1, len(seqs) + 1))
	status, said = verify(server)
	assert status == 0 and "are whole" in said, said


def test_many_at_once_are_one_whole_chain(server):
	"""Writes of many connections, more than are taken into the chain at a time."""
	def write(n):
		api = server.new_api()
		for i in range(40):
			api.post(D, {"dept_code": "%d-%d" % (n, i), "dept_name": "x"})
	threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
	for t in threads:
		t.start()
	for t in threads:
		t.join()
	settled(server)
	rows = server.sql("select after ->> 'code' from audit_log where resource = 'department'")
	assert len(rows) == len(set(rows)) == 240
	assert verify(server)[0] == 0


FORGERIES = {
	"altered": ("update audit_log set actor_name = 'mallory' where id = %d", "its content was altered"),
	"time": ("update audit_log set happened = happened + interval '1 day' where id = %d", "row"),
	"removed": ("delete from audit_log where id = %d", "it is missing"),
	"rehashed": ("update audit_log set actor_name = 'mallory' where id = %d; update audit_log l set"
		" content_hash = sha256(audit_content(l)) where actor_name = 'mallory'",
		"it does not follow from the row before"),
	"tail": ("delete from audit_log where id >= %d", "the rows after it are missing"),
	"hidden": ("update audit_log set expired = true, before = null, after = null where id = %d",
		"its content was dropped before its time"),
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_tampering_shows(server, kind):
	for n in range(4):
		server.api.post(D, {"dept_code": "A%d" % n, "dept_name": "x"})
	rows = logs(server, 4, resource="department")
	settled(server)
	assert verify(server)[0] == 0
	statement, words = FORGERIES[kind]
	forge(server, statement % rows[1]["id"])
	status, said = verify(server)
	assert status == 1 and "broken: chain %d, row" % rows[1]["chain"] in said and words in said, said


def test_anchors_remember_the_ends_of_chains(server):
	server.api.post(D, {"dept_code": "A", "dept_name": "x"})
	row = logs(server, resource="department")[0]
	settled(server)
	server.restart()  # a chain of its own
	wait_until(lambda: server.value("select max(id) from audit_chain") > row["chain"])
	other = server.value("select max(id) from audit_chain")
	assert server.value("select audit_anchor(%s, true)", other)
	assert server.value("select audit_anchor(%s, false)", other) is None, "once an hour"
	assert verify(server)[0] == 0
	# a whole chain, as if it had never been
	forge(server, "delete from audit_log where chain_id = %d; delete from audit_chain where id = %d" % (
		row["chain"], row["chain"]))
	status, said = verify(server)
	assert status == 1 and "chain %d" % row["chain"] in said and "anchor" in said, said


def test_nothing_changes_it_by_accident(server):
	server.api.post(D, {"dept_code": "A", "dept_name": "x"})
	logs(server, resource="department")
	for statement in ("update audit_log set actor_name = 'x'", "delete from audit_log", "truncate audit_log"):
		with pytest.raises(psycopg2.Error, match="only ever appended"):
			server.sql(statement)


def test_old_content_can_go_and_the_chain_stays(server):
	server.api.post(D, {"dept_code": "A", "dept_name": "x"})
	server.api.post(D, {"dept_code": "B", "dept_name": "x"})
	old, new = logs(server, 2, resource="department")
	settled(server)
	# as if the first had been written two months ago, with all that follows from it
	forge(server, "update audit_log set happened = happened - interval '60 days' where id = %d" % old["id"])
	rows = server.sql("select id from audit_log where chain_id = %s order by seq", old["chain"])
	forge(server, "do $$ declare l audit_log; h bytea := (select sha256(key) from audit_chain where id = %d);"
		" begin for l in select * from audit_log where chain_id = %d order by seq loop"
		" l.content_hash := sha256(audit_content(l));"
		" h := sha256(h || int8send(l.seq) || convert_to(extract(epoch from l.happened)::text, 'UTF8') || l.content_hash);"
		" update audit_log set content_hash = l.content_hash, hash = h where id = l.id; end loop;"
		" update audit_chain set hash = h where id = %d; end $$" % ((old["chain"],) * 3))
	assert len(rows) >= 2 and verify(server)[0] == 0
	assert server.value("select audit_expire(now() + interval '1 year')") == 1, "nothing of the last 30 days"
	assert server.value("select audit_expire(now())") == 0
	status, said = verify(server)
	assert status == 0 and "(1 without content" in said, said
	assert server.api.get(LOGS + "%d/" % old["id"])["state"] == "expired"
	assert server.api.get(LOGS + "%d/" % new["id"])["state"] == "plain"


def test_the_command_lists_it(server):
	server.api.post(D, {"dept_code": "A", "dept_name": "x"})
	logs(server, resource="department")
	r = server.command("audit", "list", "5")
	assert r.returncode == 0 and "POST " + D in r.stdout and "admin" in r.stdout
	assert server.command("audit", "list", "x").returncode == 1
	assert PASSWORD not in r.stdout
