"""Issue section 1: a newcomer's two commands, and what the README promises."""

import json
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile

import pytest

from punchd_test.net import free_port
from punchd_test.server import ROOT, environment, run_punchd
from punchd_test.wait import wait_until


def read(*path):
	with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
		return f.read()


@pytest.fixture
def home():
	directory = tempfile.mkdtemp(prefix="punchd-run-", dir="/tmp")
	os.chmod(directory, 0o755)
	yield directory
	shutil.rmtree(directory, ignore_errors=True)


class Script:
	"""./run in a process group of its own, as a terminal would start it."""

	def __init__(self, home, *args):
		self.port = free_port()
		self.home = home.encode()
		self.out = os.path.join(home, "out")
		env = {k: v for k, v in os.environ.items() if not k.startswith(("PUNCHD_", "ASAN", "UBSAN"))}
		env["PUNCHD_DATA_DIR"] = os.path.join(home, "data")
		with open(self.out, "wb") as out:
			self.process = subprocess.Popen([os.path.join(ROOT, "run"), *args,
				"--listen=127.0.0.1:%d" % self.port], stdin=subprocess.DEVNULL, stdout=out,
				stderr=subprocess.STDOUT, cwd=home, env=env, start_new_session=True,
				# ignored where the tests run in the background, and a shell cannot trap it then
				preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

	def text(self):
		with open(self.out, encoding="utf-8", errors="replace") as f:
			return f.read()

	def wait_for(self, pattern, timeout):
		def found():
			assert self.process.poll() is None or re.search(pattern, self.text()), self.text()
			return re.search(pattern, self.text())
		return wait_until(found, timeout, "%r in the output of run" % pattern, 0.2)

	def ctrl_c(self):
		os.killpg(self.process.pid, signal.SIGINT)
		try:
			self.process.wait(40)
		except subprocess.TimeoutExpired:
			left = subprocess.run(["ps", "-o", "pid,ppid,stat,wchan:20,args", "-s", str(self.process.pid)],
				capture_output=True, text=True, check=False).stdout
			pytest.fail("still there:\n%s\n%s" % (left, self.text()))

	def nothing_is_left(self):
		"""No process of its session (PostgreSQL has sessions of its own: none on its data)."""
		for name in filter(str.isdigit, os.listdir("/proc")):
			try:
				with open("/proc/%s/stat" % name, encoding="utf-8") as f:
					fields = f.read().rsplit(")", 1)[1].split()
				with open("/proc/%s/cmdline" % name, "rb") as f:
					command = f.read()
			except (FileNotFoundError, ProcessLookupError):
				continue
			if fields[0] != "Z" and (fields[3] == str(self.process.pid) or self.home in command):
				return False
		return True


@pytest.mark.timeout(600)
def test_run_prints_address_and_password_and_stops_on_ctrl_c(home):
	first = Script(home)
	first.wait_for(r"127\.0\.0\.1:%d" % first.port, 400)
	password = first.wait_for(r"password\W+(\S+)", 60).group(1)
	alias = first.wait_for(r"alias punchd=.*", 10).group()
	users = subprocess.run(["bash", "-c", "shopt -s expand_aliases\n%s\npunchd user list" % alias], cwd="/", env=environment(),
		capture_output=True, text=True, check=True).stdout
	assert "admin" in users, "the line that it prints makes the README's commands work in another shell"
	first.ctrl_c()
	assert first.process.returncode == 0, first.text()
	wait_until(first.nothing_is_left, 20, "all of it is gone")
	second = Script(home)
	second.wait_for(r"127\.0\.0\.1:%d" % second.port, 200)
	assert password not in second.text()
	second.ctrl_c()
	wait_until(second.nothing_is_left, 20)


@pytest.mark.timeout(600)
def test_run_demo_shows_data_within_a_minute(home):
	demo = Script(home, "--demo")
	demo.wait_for(r"password \S+", 400)
	demo.wait_for(r"punch +\d+ +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +DEMO\d+", 60)
	demo.ctrl_c()
	wait_until(demo.nothing_is_left, 30, "terminals, server and database are gone")


def test_presets_and_install():
	presets = {p["name"]: p for p in json.loads(read("CMakePresets.json"))["configurePresets"]}
	assert presets["release"]["binaryDir"].endswith("build/release")
	assert presets["asan"]["binaryDir"].endswith("build/asan")
	build = os.environ.get("PUNCHD_BUILD", os.path.join(ROOT, "build", "asan"))
	with tempfile.TemporaryDirectory() as prefix:
		subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True,
			capture_output=True)
		assert sorted(os.listdir(os.path.join(prefix, "bin"))) == ["punchd", "punchsim"]


def test_missing_packages_are_installed_by_name():
	packages = [x.split() for x in read("scripts", "packages").splitlines()
		if x and not x.startswith("#")]
	assert all(len(p) == 2 and p[1] in ("build", "test", "nightly") for p in packages)
	assert "apt-get install" in read("scripts", "common.sh")


def test_ci_calls_test():
	assert "./test" in read(".ci", "run")
	for script in ("run", "test", ".ci/run", "tests/nightly"):
		assert os.access(os.path.join(ROOT, script), os.X_OK), script
		subprocess.run(["bash", "-n", os.path.join(ROOT, script)], check=True)


PAGES = ["README.md", "SECURITY.md", "CHANGELOG.md", os.path.join("adms", "PROTOCOL.md"),
	*(os.path.join("docs", x) for x in sorted(os.listdir(os.path.join(ROOT, "docs"))))]


@pytest.mark.parametrize("heading", ["Two commands", "Connecting a terminal", "For ERP integrators",
	"Settings", "Backup and restore", "Upgrade", "disk", "differs from ZKBio Time"])
def test_documents_have(heading):
	headings = [x for page in PAGES for x in read(page).splitlines() if x.startswith("#")]
	assert any(heading.lower() in x.lower() for x in headings), headings


def test_readme_is_read_in_two_minutes():
	assert len(read("README.md").encode()) <= 4096
	linked = set(re.findall(r"\]\(docs/(\w[\w-]*\.md)", read("README.md")))
	assert linked == set(os.listdir(os.path.join(ROOT, "docs"))), "every page has a way to it"


def slug(heading):
	return re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
	for target, anchor in re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]*))?\)", read(page)):
		path = os.path.normpath(os.path.join(os.path.dirname(page), target)) if target else page
		assert os.path.exists(os.path.join(ROOT, path)), (page, target)
		if anchor:
			assert anchor in [slug(h) for h in re.findall(r"(?m)^#+ (.*)$", read(path))], (page, target, anchor)


def test_locks_are_those_of_the_code():
	"""No two uses have one number, but for those that are meant to exclude each other."""
	told = set(re.findall(r"(?m)^\| (\d{7,}),? ", read("docs", "house.md")))
	used = set()
	for folder in ("migrations/functions", "server", "db", "adms", "api"):
		for name in glob.glob(folder + "/**/*", root_dir=ROOT, recursive=True):
			if name.endswith((".sql", ".c", ".h")):
				used |= set(re.findall(r"(?:_lock\(|_LOCK \")(\d{7,})", read(name)))
	assert told == used, told ^ used


def test_settings_page_is_those_of_the_program():
	help_text = run_punchd("--help").stdout
	in_help = set(re.findall(r"^\s+--([a-z_]+)\s", help_text, re.M))
	in_help |= {x.lower() for x in re.findall(r"\bPUNCHD_([A-Z_]+)\b", help_text)}
	table = {}
	settings = read("docs", "settings.md").split("| name | default | meaning |")[1].split("\n\n")[0]
	for line in settings.splitlines():
		m = re.match(r"\| `(\w+)` \| (.*?) \| .* \|$", line)
		if m:
			table[m.group(1)] = m.group(2).strip("`")
	printed = run_punchd("config", master_key=None).stdout
	effective = {}
	for line in printed.splitlines():
		m = re.match(r"(\w+)\s*=?\s*(.*)", line)
		if m and not line.startswith("#"):
			effective[m.group(1)] = m.group(2)
	assert set(table) == set(effective), set(table) ^ set(effective)
	assert set(table) <= in_help, set(table) - in_help
	for name, value in table.items():
		if value not in ("empty", "generated", "the machine's"):
			assert value in effective[name], (name, value, effective[name])
