"""No bench may rot: each runs in its tiny form, and its own checks hold. What it measures is not looked at."""

import os
import subprocess
import sys

import pytest

from punchd_test.wait import pace

BENCH = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bench")
NAMES = sorted(x for x in os.listdir(BENCH) if x.startswith("bench_"))


def test_each_is_run():
	assert len(NAMES) >= 7


@pytest.mark.parametrize("name", NAMES)
def test_it_runs(name):
	r = subprocess.run([sys.executable, os.path.join(BENCH, name), "--tiny"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
		timeout=120 * pace(), check=False)
	assert r.returncode == 0, r.stdout[-2000:] + r.stderr[-4000:]
	assert " .. " in r.stdout, "it prints a table of figures"
