"""Issue section 8: that the tests are there (they run by themselves)."""

import glob
import os
import re

import pytest

from punchd_test.server import ROOT

TESTS = os.path.join(ROOT, "tests")


@pytest.mark.parametrize("word", ["parse|http", "query|form", "record", "devicecmd", "json|body",
	"filter"])
def test_fuzz_target_for(word):
	targets = [os.path.basename(p) for p in glob.glob(os.path.join(TESTS, "fuzz", "fuzz_*.c"))]
	assert any(re.search(word, t) for t in targets), (word, targets)


@pytest.mark.parametrize("name", ["captures", "crash", "two_processes", "sigstop", "database_lost",
	"disk_full", "hostile_http", "cli", "backup_restore"])
def test_integration_test_of(name):
	assert os.path.exists(os.path.join(TESTS, "integration", "test_%s.py" % name))


def test_unit_tests_of_pure_modules():
	names = {os.path.basename(p) for p in glob.glob(os.path.join(TESTS, "unit", "test_*.c"))}
	for module in ("record", "punch", "devicecmd", "parse", "route", "arena", "config", "filter"):
		assert "test_%s.c" % module in names, module


def test_mutations_are_named_and_tried():
	with open(os.path.join(TESTS, "mutations.md"), encoding="utf-8") as f:
		rows = [x for x in f.read().splitlines() if x.startswith("| ") and "---" not in x][1:]
	assert len(rows) >= 6
	for row in rows:
		columns = [c.strip() for c in row.strip("|").split("|")]
		assert len(columns) == 4 and columns[3] == "yes", row


def test_the_project_copies_no_recordings():
	assert not [p for p in glob.glob(os.path.join(ROOT, "**", "*.jsonl"), recursive=True)
		if "/build/" not in p]
