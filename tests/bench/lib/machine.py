"""What processes use of the machine, and a process that uses as much as told."""

import os
import resource
import subprocess
import sys
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")


def raise_file_limit():
	"""Thousands of connections need as many descriptors, in children too."""
	_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
	resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def cpu_seconds(*pids):
	"""User and system time of the processes so far."""
	total = 0
	for pid in pids:
		with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
			fields = f.read().rsplit(")", 1)[1].split()
		total += int(fields[11]) + int(fields[12])
	return total / TICK


def rss_anon(pid):
	"""Bytes."""
	with open("/proc/%d/status" % pid, encoding="utf-8") as f:
		for line in f:
			if line.startswith("RssAnon:"):
				return int(line.split()[1]) * 1024
	return 0


class RssPeak(threading.Thread):
	"""The highest RssAnon of a process while the block runs."""

	def __init__(self, pid):
		super().__init__(daemon=True)
		self.pid = pid
		self.peak = 0
		self.over = threading.Event()

	def run(self):
		while not self.over.wait(0.1):
			self.peak = max(self.peak, rss_anon(self.pid))

	def __enter__(self):
		self.start()
		return self

	def __exit__(self, *exc):
		self.over.set()
		self.join()


# Keeps its own CPU time at share x elapsed time, in pieces of a few milliseconds, so that it
# competes for the machine as the load generator does.
BURNER = """
import sys, time
share = float(sys.argv[1])
start, cpu = time.monotonic(), time.process_time()
while True:
	behind = share * (time.monotonic() - start) - (time.process_time() - cpu)
	if behind <= 0:
		time.sleep(0.002)
		continue
	end = time.process_time() + min(behind, 0.005)
	while time.process_time() < end:
		pass
"""


class Burner:
	"""Uses `share` of one core while the block runs."""

	def __init__(self, share):
		self.share = share
		self.process = None

	def __enter__(self):
		if self.share > 0:
			self.process = subprocess.Popen([sys.executable, "-c", BURNER, "%.4f" % self.share])
			time.sleep(0.05)
		return self

	def __exit__(self, *exc):
		if self.process:
			self.process.kill()
			self.process.wait()
