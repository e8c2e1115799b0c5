"""Two roles in PostgreSQL: one owns the schema and migrates, the other is the server's."""

import os
import shutil
import tempfile

import psycopg2
import pytest

from punchd_test.server import run_punchd
from punchd_test.wait import wait_until

D = "/personnel/api/departments/"


@pytest.fixture
def roles(pg):
	"""A fresh database that `keeper` owns, and where `clerk` is nobody."""
	for role in ("keeper", "clerk"):
		if not pg.sql("select 1 from pg_roles where rolname = %s", role):
			pg.sql("create role %s login" % role)
	db = pg.empty()
	pg.sql("alter database %s owner to keeper" % db.name)
	yield db
	db.drop()


def conninfo(db, role):
	return db.cluster.conninfo(db.name, role)


def as_clerk(db, statement):
	connection = psycopg2.connect(conninfo(db, "clerk"))
	try:
		connection.autocommit = True
		with connection.cursor() as cursor:
			cursor.execute(statement)
			return cursor.fetchall() if cursor.description else None
	finally:
		connection.close()


def serve(make_server, db, **more):
	return make_server(db, database_url=conninfo(db, "clerk"), database_owner_url=conninfo(db, "keeper"), **more)


def test_the_server_works_with_rows_alone(make_server, roles):
	server = serve(make_server, roles)
	made = server.api.post(D, {"dept_code": "A", "dept_name": "x"})["id"]
	emp = server.api.post("/personnel/api/employees/", {"emp_code": "7", "department": made, "area": [2],
		"mobile": "0171"})["id"]
	rows = wait_until(lambda: server.api.get("/base/api/auditlogs/", resource="employee")["data"])
	assert rows[0]["after"]["mobile"] == "0171"
	assert server.api.post("/personnel/api/employees/%d/erase/" % emp)["removed"]["employee"] == 1
	assert roles.sql("select distinct tableowner from pg_tables where schemaname = 'public'") == [("keeper",)]
	r = server.command("audit", "verify")
	assert r.returncode == 0, r.stderr
	server.restart()
	assert server.api.get(D)["count"] == 2


@pytest.mark.parametrize("statement", [
	"create table mine (n int)", "alter table department add column x int", "drop table punch",
	"truncate punch", "create trigger t before insert on punch for each row execute function audit_changed()",
	"create or replace function audit_link(int, bigint[], bigint[], bytea[]) returns int language sql as 'select 1'",
	"alter table audit_log disable trigger all", "update audit_log set actor_name = 'x'",
	"delete from audit_log", "truncate audit_log", "delete from audit_pending",
	"insert into audit_log (chain_id, seq, happened, content_hash, hash) values (1, 99, now(), '', '')",
	"update audit_chain set seq = 0", "insert into audit_expiry (before, rows) values (now(), 1)",
	"insert into schema_migration (number, name, checksum) values (99, 'x', 'x')",
	"select setval('audit_log_id_seq', 1)",
	"select audit_append(1, null::audit_pending, 1, null)", "set session_replication_role = replica",
])
def test_what_the_servers_role_cannot(make_server, roles, statement):
	if not roles.sql("select to_regclass('punch')")[0][0]:
		r = run_punchd("migrate", database_url=conninfo(roles, "clerk"),
			database_owner_url=conninfo(roles, "keeper"))
		assert r.returncode == 0, r.stderr
	with pytest.raises(psycopg2.errors.InsufficientPrivilege):
		as_clerk(roles, statement)
	assert as_clerk(roles, "select count(*) from audit_log") == [(0,)]


def test_it_serves_without_the_owner_once_the_schema_is_there(make_server, roles):
	r = run_punchd("migrate", database_url=conninfo(roles, "clerk"), database_owner_url=conninfo(roles, "keeper"))
	assert r.returncode == 0, r.stderr
	server = make_server(roles, database_url=conninfo(roles, "clerk"))
	assert server.api.get(D)["count"] == 1


def refused(**settings):
	r = run_punchd("serve", timeout=30, listen="127.0.0.1:0", admin_password="correct horse battery", **settings)
	assert r.returncode == 1, r.stderr
	said = [line for line in r.stderr.splitlines() if line.startswith("punchd: ")]
	assert len(said) == 1, r.stderr
	return said[0]


def test_one_role_for_both_is_refused(pg, roles):
	assert "owns the tables" in refused(database_url=conninfo(roles, "keeper"),
		database_owner_url=conninfo(roles, "keeper"))
	pg.sql("create role helper login in role keeper")
	try:
		assert "member" in refused(database_url=conninfo(roles, "helper"),
			database_owner_url=conninfo(roles, "keeper"))
	finally:
		pg.sql("drop role helper")
	assert "superuser" in refused(database_url=conninfo(roles, "postgres"),
		database_owner_url=conninfo(roles, "keeper"))


@pytest.fixture
def embedded():
	directory = tempfile.mkdtemp(prefix="punchd-emb-", dir="/tmp")
	os.chmod(directory, 0o755)
	yield os.path.join(directory, "data")
	shutil.rmtree(directory, ignore_errors=True)


def test_the_embedded_cluster_has_two_roles(embedded, make_server):
	server = make_server(None, data_dir=embedded)
	server.api.post(D, {"dept_code": "A", "dept_name": "x"})
	wait_until(lambda: server.api.get("/base/api/auditlogs/", resource="department")["data"])
	with open(embedded + "/pg/postmaster.pid", encoding="utf-8") as f:
		directory = f.read().splitlines()[4]

	def sql(user, statement):
		connection = psycopg2.connect(host=directory, user=user, dbname="punchd")
		try:
			connection.autocommit = True
			with connection.cursor() as cursor:
				cursor.execute(statement)
				return cursor.fetchall() if cursor.description else None
		finally:
			connection.close()
	assert {u for u, in sql("punchd", "select distinct usename from pg_stat_activity"
		" where application_name ~ 'punchd'")} == {"punchd_app"}
	with pytest.raises(psycopg2.errors.InsufficientPrivilege):
		sql("punchd_app", "alter table department add column x int")
	with pytest.raises(psycopg2.errors.InsufficientPrivilege):
		sql("punchd_app", "delete from audit_log")
	assert sql("punchd_app", "show log_parameter_max_length") == [("0",)]
	server.restart()
	assert server.api.get(D)["count"] == 2
