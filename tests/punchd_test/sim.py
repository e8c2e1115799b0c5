"""punchsim as a child process, driven over its control channel."""

import json
import os
import subprocess
import tempfile

from .server import SANITIZER, build_dir, environment


def punchsim_bin():
	return os.environ.get("PUNCHSIM_BIN", os.path.join(build_dir(), "punchsim", "punchsim"))


class Sim:
	"""Simulated terminals that do only what they are told (unless manual=False)."""

	def __init__(self, server, *options, manual=True):
		argv = [punchsim_bin(), "run", "--server", "%s:%d" % server.device_address,
			"--control-stdin", *(["--manual"] if manual else []), *options]
		self.log = tempfile.TemporaryFile("w+", prefix="punchsim-")
		self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
			stderr=self.log, text=True, env=environment(), cwd="/")

	def __call__(self, line, sn=None, ok=True):
		"""One control command; returns its reply. sim("punch 7", sn="SIM0000001")"""
		self.process.stdin.write(("@%s " % sn if sn else "") + line + "\n")
		self.process.stdin.flush()
		text = self.process.stdout.readline()
		assert text, "punchsim ended: " + self.log_text()
		reply = json.loads(text)
		if ok:
			assert reply.get("ok", True), reply
		return reply

	def state(self, sn=None):
		return self("state", sn)

	def log_text(self):
		self.log.seek(0)
		return self.log.read()

	def stop(self):
		if self.process.poll() is None:
			try:
				self.process.stdin.write("quit\n")
				self.process.stdin.close()
			except OSError:
				pass
			try:
				self.process.wait(20)
			except subprocess.TimeoutExpired:
				self.process.kill()
				self.process.wait()
		self.process.stdout.close()
		text = self.log_text()
		self.log.close()
		assert not SANITIZER.search(text), text[:4000]


class Load:
	"""`punchsim load` in the background; its figures at the end."""

	def __init__(self, server, mode, *options):
		self.acked_path = tempfile.mktemp(prefix="punchsim-acked-")
		self.process = subprocess.Popen([punchsim_bin(), "load", "--server",
			"%s:%d" % server.device_address, "--mode", mode, "--acked-file", self.acked_path,
			*options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
			text=True, env=environment(), cwd="/")

	def running(self):
		return self.process.poll() is None

	def figures(self, timeout=120):
		out, err = self.process.communicate(timeout=timeout)
		assert not SANITIZER.search(err), err[:4000]
		return json.loads(out.strip().splitlines()[-1])

	def kill(self):
		self.process.kill()
		self.process.communicate()

	def acked(self):
		"""[(sn, line), ...] of all punches that the server acknowledged."""
		if not os.path.exists(self.acked_path):
			return []
		with open(self.acked_path, encoding="utf-8") as f:
			text = f.read()
		lines = text.split("\n")[:-1]  # what follows the last LF was cut by a kill
		return [tuple(line.split("\t", 1)) for line in lines]

	def cleanup(self):
		if self.running():
			self.kill()
		if os.path.exists(self.acked_path):
			os.unlink(self.acked_path)
