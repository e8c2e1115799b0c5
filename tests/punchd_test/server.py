"""The real punchd as a child process."""

import http.client
import os
import re
import signal
import subprocess
import tempfile

import pytest

from .net import free_port
from .rest import Api
from .wait import wait_until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PASSWORD = "correct horse battery staple"
MASTER_KEY = "00112233445566778899aabbccddeeff" * 2
SANITIZER = re.compile(
	r"ERROR: (Address|Leak|Thread|Memory)Sanitizer|runtime error:|UndefinedBehaviorSanitizer"
	r"|AddressSanitizer:DEADLYSIGNAL|Assertion .* failed")


def build_dir():
	return os.environ.get("PUNCHD_BUILD", os.path.join(ROOT, "build", "asan"))


def punchd_bin():
	return os.environ.get("PUNCHD_BIN", os.path.join(build_dir(), "server", "punchd"))


def environment(**settings):
	"""The process environment with punchd's settings in it, and none of the caller's."""
	env = {k: v for k, v in os.environ.items() if not k.startswith(("PUNCHD_", "PG"))}
	env["ASAN_OPTIONS"] = ("detect_leaks=1:exitcode=99:strict_string_checks=1:quarantine_size_mb=8"
		":detect_stack_use_after_return=1")
	env["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1:exitcode=99"
	for name, value in settings.items():
		if value is None:
			continue
		if value is True or value is False:
			value = "on" if value else "off"
		env["PUNCHD_" + name.upper()] = str(value)
	return env


def run_punchd(*args, timeout=60, stdin=None, env=None, **settings):
	"""One administrative command; returns the CompletedProcess with text output."""
	settings.setdefault("master_key", MASTER_KEY)
	merged = environment(**settings)
	merged.update(env or {})
	return subprocess.run([punchd_bin(), *args], env=merged, input=stdin, text=True,
		stdin=None if stdin is not None else subprocess.DEVNULL, capture_output=True,
		timeout=timeout, check=False, cwd="/")


class Server:
	"""`punchd serve` on one database. Several may share a Database."""

	def __init__(self, database=None, wait=True, args=(), env=None, **settings):
		self.database = database
		self.dir = tempfile.mkdtemp(prefix="punchd-srv-", dir="/tmp")
		self.port = int(str(settings.pop("port", 0)) or 0) or free_port()
		self.settings = {
			"listen": "127.0.0.1:%d" % self.port,
			"database_url": database.conninfo if database else None,
			"master_key": MASTER_KEY if database else None,
			"data_dir": os.path.join(self.dir, "data"),
			"admin_user": "admin",
			"admin_password": PASSWORD,
			"timezone": "Asia/Kolkata",
			"log_level": "debug",
			"reconcile_time": "off",  # or it would come in the midst of a test of that hour
			**settings,
		}
		self.args = list(args)
		self.env = env or {}
		self.process = None
		self.expect_dead = False
		self.log_path = os.path.join(self.dir, "log")
		self.out_path = os.path.join(self.dir, "out")
		self._api = None
		self.start(wait)

	# ---------------------------------------------------------------- life

	def start(self, wait=True):
		env = environment(**self.settings)
		env.update(self.env)
		self.expect_dead = False
		with open(self.log_path, "ab") as err, open(self.out_path, "ab") as out:
			self.process = subprocess.Popen([punchd_bin(), "serve", *self.args], env=env,
				stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=self.dir,
				start_new_session=True)
		if wait:
			self.wait_ready()
		return self

	def wait_ready(self, timeout=60):
		def ready():
			assert self.process.poll() is None, "punchd ended with %d:\n%s" % (
				self.process.returncode, self.log()[-4000:])
			return self.probe("/readyz") == 200
		try:
			wait_until(ready, timeout, "/readyz answers 200", 0.05)
		except AssertionError:
			print(self.log()[-4000:])
			raise

	def probe(self, path, timeout=5):
		"""Status of a GET without a login; None when nobody answers."""
		c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
		try:
			c.request("GET", path)
			return c.getresponse().status
		except (OSError, http.client.HTTPException):
			return None
		finally:
			c.close()

	def stop(self, timeout=30):
		"""SIGTERM; asserts a clean end."""
		if self.process.poll() is None:
			self.process.send_signal(signal.SIGTERM)
		try:
			self.process.wait(timeout)
		except subprocess.TimeoutExpired:
			self.process.kill()
			self.process.wait()
			raise AssertionError("punchd did not end on SIGTERM:\n" + self.log()[-4000:]) from None
		self.check_end()

	def check_end(self):
		log = self.log()
		found = SANITIZER.search(log)
		assert not found, "sanitizer report:\n" + log[max(0, found.start() - 500):][:8000]
		if not self.expect_dead:
			assert self.process.returncode == 0, "exit %s:\n%s" % (
				self.process.returncode, log[-4000:])

	def kill9(self):
		self.expect_dead = True
		self.process.kill()
		self.process.wait()
		self._api = None

	def restart(self):
		if self.process.poll() is None:
			self.stop()
		self._api = None
		return self.start()

	def sigstop(self):
		os.kill(self.process.pid, signal.SIGSTOP)

	def sigcont(self):
		os.kill(self.process.pid, signal.SIGCONT)

	def signal(self, number):
		self.process.send_signal(number)

	# ---------------------------------------------------------------- looking at it

	@property
	def address(self):
		return ("127.0.0.1", self.port)

	@property
	def device_address(self):
		listen = self.settings.get("device_listen")
		if not listen:
			return self.address
		host, port = listen.split(",")[0].rsplit(":", 1)
		return (host, int(port))

	@property
	def url(self):
		return "http://127.0.0.1:%d" % self.port

	@property
	def api(self):
		"""A client logged in as the first superuser."""
		if self._api is None:
			self._api = self.new_api()
		return self._api

	def new_api(self, user="admin", password=PASSWORD, **more):
		return Api(self.address, user, password, **more)

	def sql(self, statement, *args):
		return self.database.sql(statement, *args)

	def value(self, statement, *args):
		return self.database.value(statement, *args)

	def log(self):
		with open(self.log_path, encoding="utf-8", errors="replace") as f:
			return f.read()

	def stdout(self):
		with open(self.out_path, encoding="utf-8", errors="replace") as f:
			return f.read()

	def log_contains(self, text):
		return text in self.log()

	def command(self, *args, **more):
		"""An administrative command on the same database."""
		settings = {k: v for k, v in self.settings.items() if k in (
			"database_url", "master_key", "data_dir", "timezone")}
		return run_punchd(*args, **{**settings, **more})

	def memory(self):
		"""RssAnon in bytes."""
		with open("/proc/%d/status" % self.process.pid, encoding="utf-8") as f:
			for line in f:
				if line.startswith("RssAnon:"):
					return int(line.split()[1]) * 1024
		return 0

	def open_files(self):
		"""Only root may look into a process that keeps its memory to itself."""
		if os.getuid() != 0:
			pytest.skip("needs root")
		return len(os.listdir("/proc/%d/fd" % self.process.pid))
