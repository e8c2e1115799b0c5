"""Backup and restore as docs/operate.md has them, done: database and master key, onto another machine."""

import os
import subprocess

import pytest

from punchd_test.pg import Cluster, Database, as_postgres
from punchd_test.server import MASTER_KEY, run_punchd
from punchd_test.terminal import Terminal


@pytest.fixture
def other_pg():
	cluster = Cluster()
	yield cluster
	cluster.destroy()


def test_backup_and_restore(server, other_pg, make_server):
	api = server.api
	api.post("/personnel/api/employees/", {"emp_code": "1001", "first_name": "Ann", "department": 1,
		"area": [2], "card_no": "7654321", "mobile": "+49 170 1"})
	t = Terminal(server, "BACKUP01")
	t.register()
	assert t.push("ATTLOG", "1001\t2026-05-01 08:00:00\t0\t1") == "OK: 1"
	t.push("OPERLOG", "FP PIN=1001\tFID=6\tSize=8\tValid=1\tTMP=TcdTUzIx")
	assert t.push("ATTLOG", "no punch") == "OK: 1"
	token = api.authorization

	# backup: pg_dump, and the key from wherever it is kept
	dump = os.path.join(server.database.cluster.dir, "punchd.dump")
	subprocess.run(as_postgres([os.path.join(other_pg.bin, "pg_dump"), "-Fc", "-f", dump,
		server.database.conninfo]), check=True, cwd="/")
	with open(dump, "rb") as f:
		copy = f.read()
	assert MASTER_KEY.encode() not in copy and bytes.fromhex(MASTER_KEY) not in copy
	for secret in (b"7654321", b"+49 170 1", b"TcdTUzIx", b"no punch"):
		assert secret not in copy
	plain = subprocess.run(as_postgres([os.path.join(other_pg.bin, "pg_dump"),
		server.database.conninfo]), check=True, cwd="/", capture_output=True).stdout
	for secret in (b"7654321", b"+49 170 1", b"TcdTUzIx", b"no punch"):
		assert secret not in plain, "sealed values must not be readable in a dump"

	# restore into an empty database of another cluster
	other_pg.sql("create database punchd owner punchd")
	subprocess.run(as_postgres([os.path.join(other_pg.bin, "pg_restore"), "--no-owner",
		"--role=punchd", "-d", other_pg.conninfo("punchd", "postgres"), dump]), check=True, cwd="/")
	restored = make_server(Database(other_pg, "punchd"))
	api = restored.new_api(authorization=token)
	assert api.get("/iclock/api/transactions/")["data"][0]["emp_code"] == "1001"
	person = api.get("/personnel/api/employees/", emp_code="1001")["data"][0]
	assert (person["card_no"], person["mobile"]) == ("7654321", "+49 170 1")
	assert person["fingerprint"] != "-"
	assert "no punch" in str(api.get("/iclock/api/rejects/")["data"])
	# and it goes on: ids continue, the terminal is still approved
	t2 = Terminal(restored, "BACKUP01")
	assert t2.push("ATTLOG", "1001\t2026-05-01 08:00:00\t0\t1",
		"1001\t2026-05-01 17:00:00\t1\t1") == "OK: 2"
	rows = api.get("/iclock/api/transactions/")["data"]
	assert [r["id"] for r in rows] == [1, 2]

	# without the key nothing starts
	r = run_punchd("serve", "--listen=127.0.0.1:1", database_url=other_pg.conninfo("punchd"),
		master_key="0" * 64)
	assert r.returncode == 1 and len(r.stderr.strip().splitlines()) == 1
