"""Fixtures of all pytest directories: pg (per run), server (per test), terminal, sim."""

import itertools
import os
import shutil

import pytest

from punchd_test.pg import Cluster, Standby, in_memory
from punchd_test.server import Server, punchd_bin, run_punchd
from punchd_test.sim import Sim, punchsim_bin
from punchd_test.terminal import Terminal

serials = itertools.count(1)


def migrate(conninfo):
	r = run_punchd("migrate", database_url=conninfo)
	assert r.returncode == 0, r.stderr


@pytest.fixture(scope="session")
def pg():
	"""One cluster for all tests of this run (of each worker)."""
	assert os.path.exists(punchd_bin()), "no %s; ./test builds it" % punchd_bin()
	cluster = Cluster(in_memory())
	yield cluster
	cluster.destroy()


@pytest.fixture
def own_pg():
	"""A cluster for this test alone, to be killed, stopped and tuned."""
	cluster = Cluster()
	yield cluster
	cluster.destroy()


@pytest.fixture
def own_standby(own_pg):
	"""A synchronous standby of own_pg, likewise."""
	standby = Standby(own_pg)
	yield standby
	standby.destroy()


@pytest.fixture
def database(pg):
	"""A fresh migrated database."""
	db = pg.clone(migrate)
	yield db
	db.drop()


@pytest.fixture(scope="session")
def clone():
	"""clone(cluster) -> a fresh migrated Database of that cluster."""
	return lambda cluster: cluster.clone(migrate)


@pytest.hookimpl(tryfirst=True, hookwrapper=True)
def pytest_runtest_makereport(item, call):
	outcome = yield
	setattr(item, "report_" + call.when, outcome.get_result())


@pytest.fixture
def make_server(request):
	"""make_server(database, **settings); all are stopped, and must have run cleanly."""
	servers = []

	def make(database=None, **settings):
		server = Server(database, **settings)
		servers.append(server)
		return server

	yield make
	errors = []
	for server in servers:
		try:
			server.stop()
		except AssertionError as e:
			errors.append(str(e))
	report = getattr(request.node, "report_call", None)
	if report is not None and report.failed:
		for server in servers:
			print("--- log of %s\n%s" % (server.url, server.log()[-6000:]))
	for server in servers:
		shutil.rmtree(server.dir, ignore_errors=True)
	assert not errors, "\n".join(errors)


@pytest.fixture
def server(request, database, make_server):
	"""punchd on a fresh database; settings by @pytest.mark.settings(name=value)."""
	settings = {}
	for marker in reversed(list(request.node.iter_markers("settings"))):
		settings.update(marker.kwargs)
	return make_server(database, **settings)


@pytest.fixture
def make_terminal(server):
	"""make_terminal(sn=..., approve=True, on=server)"""
	def make(sn=None, approve=True, on=None, **more):
		return Terminal(on or server, sn or "TEST%08d" % next(serials), approve, **more)
	return make


@pytest.fixture
def terminal(make_terminal):
	return make_terminal()


@pytest.fixture
def make_sim():
	"""make_sim(server, *options): a running `punchsim run --manual` with a control channel."""
	assert os.path.exists(punchsim_bin()), "no %s; ./test builds it" % punchsim_bin()
	sims = []

	def make(server, *options, **more):
		sim = Sim(server, *options, **more)
		sims.append(sim)
		return sim

	yield make
	for sim in sims:
		sim.stop()


@pytest.fixture
def sim(server, make_sim):
	return make_sim(server)
