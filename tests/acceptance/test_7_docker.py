"""Issue section 7: docker (what can be said without an engine)."""

import os
import re

from punchd_test.server import ROOT


def read(name):
	with open(os.path.join(ROOT, "docker", name), encoding="utf-8") as f:
		return f.read()


def test_dockerfile():
	text = read("Dockerfile")
	assert re.search(r"^ARG BASE=debian:12\.\d+-slim$", text, re.M)
	assert len(re.findall(r"^FROM \$\{BASE\}", text, re.M)) == 2, "multi-stage on Debian slim"
	assert re.search(r"^USER (?!root|0)\S+", text, re.M)
	assert re.search(r"HEALTHCHECK .*\n?.*punchd.*health", text)


def test_compose():
	text = read("compose.yaml")
	for word in ("punchd:", "postgres", "healthcheck:", "init:", "read_only: true",
			"service_completed_successfully", "service_healthy", "PUNCHD_MASTER_KEY_FILE",
			"PUNCHD_DATABASE_URL_FILE"):
		assert word in text, word
	assert "PUNCHD_DEVICE_LISTEN" in read("compose.split.yaml")
	assert not re.search(r"(?m)^ *\w*PASSWORD: *\w", text), "no password in the file"
