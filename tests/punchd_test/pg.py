"""Real PostgreSQL clusters in temporary directories: Unix socket only, default durability."""

import glob
import itertools
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile

import psycopg2

from .wait import wait_until

SETTINGS = {
	"listen_addresses": "''",
	"max_connections": "200",
	"log_line_prefix": "'%m %p %d '",
}


def pg_bin():
	"""The newest installed PostgreSQL, as punchd chooses it."""
	found = glob.glob("/usr/lib/postgresql/*/bin/initdb")
	if not found:
		path = shutil.which("initdb")
		assert path, "no PostgreSQL found; install postgresql-15"
		return os.path.dirname(path)
	return os.path.dirname(max(found, key=lambda p: int(re.findall(r"/(\d+)/bin", p)[0])))


def as_postgres(argv):
	"""The command, run as user postgres when we are root (PostgreSQL refuses root)."""
	return ["runuser", "-u", "postgres", "--"] + argv if os.getuid() == 0 else argv


def in_memory(least=8 << 30):
	"""A directory whose fsync costs nothing, for clusters that outlive no power cut; /tmp on small
	machines. A database is made for each test: on a disk, that takes most of the suite's time."""
	try:
		room = os.statvfs("/dev/shm")
	except OSError:
		return "/tmp"
	return "/dev/shm" if room.f_bavail * room.f_frsize >= least else "/tmp"


class Cluster:
	"""One PostgreSQL of our own."""

	def __init__(self, data_under="/tmp", settings=None):
		self._make_dir(data_under)
		self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
			"--locale=C.UTF-8", "--no-sync")
		self.set("unix_socket_directories", "'%s'" % self.dir)
		for name, value in {**SETTINGS, **(settings or {})}.items():
			self.set(name, value)
		self.start()
		# not a superuser: what an administrator would give
		self.sql("create role punchd login createdb", database="postgres")

	def _make_dir(self, data_under):
		self.dir = tempfile.mkdtemp(prefix="punchd-pg-", dir=data_under)
		self.bin = pg_bin()
		self.data = os.path.join(self.dir, "data")
		self.log = os.path.join(self.dir, "log")
		self.names = itertools.count(1)
		self.template_ready = False
		if os.getuid() == 0:
			user = pwd.getpwnam("postgres")
			os.chown(self.dir, user.pw_uid, user.pw_gid)
		os.chmod(self.dir, 0o755)

	def _run(self, program, *args, check=True):
		return subprocess.run(as_postgres([os.path.join(self.bin, program), *args]), cwd="/",
			check=check, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

	# ---------------------------------------------------------------- life

	def start(self):
		r = self._run("pg_ctl", "-D", self.data, "-l", self.log, "-w", "-t", "60", "-s", "start",
			check=False)
		assert r.returncode == 0, "PostgreSQL did not start:\n" + self.log_text()[-3000:]

	def stop(self, mode="fast"):
		self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "-s", "stop", check=False)

	def set(self, name, value):
		"""A setting, from the next start on."""
		with open(os.path.join(self.data, "postgresql.conf"), "a", encoding="utf-8") as conf:
			conf.write("%s = %s\n" % (name, value))

	@property
	def postmaster(self):
		try:
			with open(os.path.join(self.data, "postmaster.pid"), encoding="utf-8") as f:
				return int(f.readline())
		except FileNotFoundError:
			return None

	def processes(self):
		"""Postmaster and its children."""
		master = self.postmaster
		pids = [master]
		for stat in glob.glob("/proc/[0-9]*/stat"):
			try:
				with open(stat, encoding="utf-8") as f:
					fields = f.read().rsplit(")", 1)[1].split()
			except (FileNotFoundError, ProcessLookupError):
				continue
			if int(fields[1]) == master:
				pids.append(int(stat.split("/")[2]))
		return pids

	def _signal_all(self, number):
		for pid in self.processes():
			try:
				os.kill(pid, number)
			except ProcessLookupError:
				pass

	def kill9(self):
		"""kill -9 of all its processes, as a power cut would."""
		os.kill(self.postmaster, signal.SIGSTOP)  # it starts no further ones
		pids = self.processes()
		self._signal_all(signal.SIGKILL)
		wait_until(lambda: not any(_alive(p) for p in pids), 20, "PostgreSQL is dead")
		# where nobody reaps it the dead postmaster still counts as running
		for stale in ("data/postmaster.pid", ".s.PGSQL.5432.lock", ".s.PGSQL.5432"):
			try:
				os.unlink(os.path.join(self.dir, stale))
			except FileNotFoundError:
				pass

	def sigstop(self):
		self._signal_all(signal.SIGSTOP)

	def sigcont(self):
		self._signal_all(signal.SIGCONT)

	def destroy(self):
		if os.path.exists(self.data) and self.postmaster:
			self.sigcont()
			self.stop("immediate")
		shutil.rmtree(self.dir, ignore_errors=True)

	# ---------------------------------------------------------------- databases

	def conninfo(self, database, user="punchd"):
		return "host=%s port=5432 user=%s dbname=%s" % (self.dir, user, database)

	def connect(self, database, user="postgres"):
		return psycopg2.connect(self.conninfo(database, user))

	def sql(self, statement, *args, database="postgres"):
		"""Runs one statement outside a transaction; rows as tuples, None without a result."""
		connection = self.connect(database)
		try:
			connection.autocommit = True
			with connection.cursor() as cursor:
				cursor.execute(statement, args or None)
				return cursor.fetchall() if cursor.description else None
		finally:
			connection.close()

	def make_template(self, migrate):
		"""Migrates the template database once; migrate(conninfo) runs `punchd migrate`."""
		if not self.template_ready:
			self.sql("create database punchd_template owner punchd")
			migrate(self.conninfo("punchd_template"))
			self.template_ready = True

	def clone(self, migrate):
		"""A fresh migrated database."""
		self.make_template(migrate)
		name = "t%d" % next(self.names)
		self.sql("create database %s template punchd_template owner punchd" % name)
		return Database(self, name)

	def empty(self):
		name = "t%d" % next(self.names)
		self.sql("create database %s owner punchd" % name)
		return Database(self, name)

	def log_text(self):
		with open(self.log, encoding="utf-8", errors="replace") as f:
			return f.read()


class Standby(Cluster):
	"""A streaming copy of another cluster, which from now on waits for it with each commit. Promoted,
	it waits for nobody: the copy was taken before."""

	def __init__(self, primary, data_under="/tmp"):  # pylint: disable=super-init-not-called
		self.primary = primary
		self._make_dir(data_under)
		self._run("pg_basebackup", "-D", self.data, "-d", primary.conninfo("postgres", "postgres"),
			"-X", "stream", "-c", "fast", "--no-sync")
		self.set("unix_socket_directories", "'%s'" % self.dir)
		self.set("primary_conninfo", "'%s application_name=standby'" % (
			primary.conninfo("postgres", "postgres")))
		with open(os.path.join(self.data, "standby.signal"), "w", encoding="utf-8"):
			pass
		self.set("wal_retrieve_retry_interval", "'100ms'")
		self.start()
		try:
			primary.sql("alter system set synchronous_standby_names = 'standby'")
			primary.sql("select pg_reload_conf()")
			wait_until(lambda: primary.sql(
				"select pid from pg_stat_replication where sync_state = 'sync'"),
				30, "the standby is synchronous")
		except AssertionError:
			self.destroy()
			raise

	def promote(self):
		self._run("pg_ctl", "-D", self.data, "-w", "-s", "promote")


class Database:
	def __init__(self, cluster, name):
		self.cluster = cluster
		self.name = name

	@property
	def conninfo(self):
		return self.cluster.conninfo(self.name)

	def sql(self, statement, *args):
		return self.cluster.sql(statement, *args, database=self.name)

	def value(self, statement, *args):
		return self.sql(statement, *args)[0][0]

	def connect(self):
		return self.cluster.connect(self.name)

	def drop(self):
		self.cluster.sql("drop database if exists %s with (force)" % self.name)


def _alive(pid):
	try:
		with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
			return f.read().rsplit(")", 1)[1].split()[0] != "Z"
	except (FileNotFoundError, ProcessLookupError):
		return False
