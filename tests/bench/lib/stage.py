"""PostgreSQL, punchd and punchsim as the benches need them."""

import json
import subprocess

from punchd_test.pg import Cluster, as_postgres
from punchd_test.server import Server, environment, run_punchd
from punchd_test.sim import punchsim_bin

# durability as PostgreSQL's defaults have it; the rest as punchd's embedded cluster sets it
SETTINGS = {"shared_buffers": "'1GB'", "max_wal_size": "'2GB'", "jit": "off"}


def migrate(conninfo):
	r = run_punchd("migrate", database_url=conninfo)
	assert r.returncode == 0, r.stderr


def cluster(**settings):
	return Cluster(settings={**SETTINGS, **settings})


def database(pg):
	"""A fresh migrated database."""
	return pg.clone(migrate)


def server(db, **settings):
	return Server(db, **{"admission": "auto", "log_level": "info", **settings})


def load(target, mode, *options, timeout=900):
	"""Runs `punchsim load`; its figures. target: what has a device_address."""
	run = subprocess.run([punchsim_bin(), "load", "--server", "%s:%d" % target.device_address,
		"--mode", mode, *map(str, options)], stdin=subprocess.DEVNULL, capture_output=True,
		text=True, env=environment(), timeout=timeout, check=False)
	assert run.stdout.strip(), run.stderr
	return json.loads(run.stdout.strip().splitlines()[-1])


def psql(db, *commands):
	"""Runs psql as its own process per list of commands given, all at once; waits for all."""
	running = [subprocess.Popen(as_postgres([db.cluster.bin + "/psql", "-X", "-q", "-v",
		"ON_ERROR_STOP=1", "-d", db.cluster.conninfo(db.name, "postgres"), "-c", command]), cwd="/",
		stdin=subprocess.DEVNULL) for command in commands]
	codes = [p.wait() for p in running]
	assert not any(codes), "psql failed: %s" % codes


def pgbench(db, script, clients, seconds):
	"""Transactions per second of one prepared script, and the latency's average in ms."""
	run = subprocess.run(as_postgres([db.cluster.bin + "/pgbench", "-n", "-M", "prepared", "-f",
		script, "-c", str(clients), "-j", "1", "-T", str(max(1, round(seconds))),
		db.cluster.conninfo(db.name, "postgres")]), cwd="/", capture_output=True, text=True,
		check=False)
	assert run.returncode == 0, run.stderr
	figures = dict(line.split(" = ", 1) for line in run.stdout.splitlines() if " = " in line)
	return float(figures["tps"].split()[0]), float(figures["latency average"].split()[0])
