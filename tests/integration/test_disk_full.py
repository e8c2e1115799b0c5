"""A full disk: ERROR: for terminals, 503 or 500 JSON for clients, and service when there is room."""

import os
import shutil
import subprocess
import tempfile

import pytest

from punchd_test.pg import Cluster
from punchd_test.terminal import Terminal
from punchd_test.wait import wait_until


@pytest.fixture
def small_disk():
	"""A file system of 160 MB, which needs root and mount."""
	if os.getuid() != 0:
		pytest.skip("mounting a small file system needs root")
	directory = tempfile.mkdtemp(prefix="punchd-full-", dir="/tmp")
	r = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m,mode=755", "tmpfs", directory],
		capture_output=True, text=True, check=False)
	if r.returncode != 0:
		os.rmdir(directory)
		pytest.skip("no mount here: " + r.stderr.strip())
	yield directory
	subprocess.run(["umount", "-l", directory], check=False)
	shutil.rmtree(directory, ignore_errors=True)


def test_full_disk(small_disk, clone, make_server):
	cluster = Cluster(small_disk, {"wal_recycle": "off", "max_wal_size": "'48MB'",
		"min_wal_size": "'32MB'"})
	try:
		server = make_server(clone(cluster))
		t = Terminal(server, "FULL0001")
		t.register()
		assert t.push("ATTLOG", "1\t2026-04-01 08:00:00\t0\t1") == "OK: 1"
		ballast = os.path.join(small_disk, "ballast")
		with open(ballast, "wb") as f:
			while True:
				try:
					f.write(b"\0" * 65536)
					f.flush()
				except OSError:
					break
		acked, refused = 1, None
		for minute in range(1, 2000):
			# until PostgreSQL notices: what fits into the last pages may still be stored
			lines = ["%d\t2026-04-02 08:%02d:%02d\t0\t1\t%s" % (minute, n // 60, n % 60, "w" * 20)
				for n in range(500)]
			answer = t.push("ATTLOG", *lines)
			if answer != "OK: 500":
				refused = (answer, lines)
				break
			acked += 500
		assert refused, "the disk never got full"
		assert refused[0].startswith("ERROR:"), refused[0]
		assert server.probe("/healthz") == 200
		assert t.raw("GET", "/iclock/getrequest?SN=FULL0001").status == 200
		os.unlink(ballast)
		if not cluster_alive(cluster):
			cluster.start()  # PostgreSQL itself may end when its log has no room
		wait_until(lambda: server.probe("/readyz") == 200, 60, "ready again")
		wait_until(lambda: t.push("ATTLOG", *refused[1]) == "OK: 500", 60)
		assert server.value("select count(*) from punch") == acked + 500
	finally:
		cluster.destroy()


def cluster_alive(cluster):
	try:
		cluster.sql("select 1")
		return True
	except Exception:  # whatever the driver says
		return False
