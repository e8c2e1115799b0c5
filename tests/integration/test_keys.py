"""Keys at rest: rotation on a live server and after kill -9, retiring, another master key, and the guard
that lets nothing into a sealed column that is not sealed."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading

import psycopg2
import pytest

from punchd_test.server import MASTER_KEY, ROOT, environment, punchd_bin
from punchd_test.wait import wait_until

E = "/personnel/api/employees/"
OTHER_KEY = "ff" * 32
TEMPLATE = "FP PIN=7\tFID=%d\tSize=12\tValid=1\tTMP=%s"


def tables():
	"""As `punchd key` knows them."""
	with open(os.path.join(ROOT, "server", "cli", "key.c"), encoding="utf-8") as f:
		return re.findall(r'\{ "(\w+)", "\w+", (?:"\1\.sealed"|NULL) \}', f.read())


def keys_in_use(server):
	"""Ids of the keys that values are sealed under, over all tables."""
	sql = " union ".join("select substr(sealed, 2, 4) from %s" % t for t in tables())
	return sorted(int.from_bytes(bytes(r[0]), "big") for r in server.sql(sql))


def people(server, n):
	server.api.post(E, {"emp_code": "1", "department": 1, "area": [2], "mobile": "+49 1"})
	server.sql("""insert into employee (emp_code, department_id, row_key, sealed)
		select g::text, 1, e.row_key, e.sealed from generate_series(2, %s) g, employee e""", n)


def popen(server, *args):
	env = environment(**{k: v for k, v in server.settings.items()
		if k in ("database_url", "master_key", "data_dir", "timezone")})
	env.update(server.env)
	return subprocess.Popen([punchd_bin(), *args], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
		stderr=subprocess.STDOUT, text=True, cwd="/")


def done(result):
	assert result.returncode == 0, result.stdout + result.stderr
	return result.stdout


def refused(result):
	assert result.returncode == 1 and len(result.stderr.splitlines()) == 1, result.stdout + result.stderr
	return result.stderr


def test_every_sealed_column_is_in_the_rotation_and_guarded(server):
	columns = server.sql("""select c.table_name, c.column_name from information_schema.columns c
		join information_schema.tables t using (table_schema, table_name)
		where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.data_type = 'bytea'
		and c.column_name like 'sealed%'""")
	assert sorted(columns) == sorted((t, "sealed") for t in tables())
	guarded = server.sql("select tgrelid::regclass::text from pg_trigger where tgname = 'seal_guard'")
	assert sorted(r[0] for r in guarded) == sorted(tables())


def test_nothing_gets_in_that_is_not_sealed(server):
	people(server, 1)
	row_key, sealed = server.sql("select row_key, sealed from employee")[0]
	insert = "insert into employee (emp_code, department_id, row_key, sealed) values ('9', 1, %s, %s)"
	plain = b'{"mobile":"+49 89 5550001112223334445"}'
	for value in (plain, b"\2" + bytes(sealed)[1:], bytes(sealed)[:32]):
		with pytest.raises(psycopg2.Error) as e:
			server.sql(insert, row_key, value)
		assert e.value.pgcode == "58K01"
		with pytest.raises(psycopg2.Error):
			server.sql("update employee set sealed = %s", value)
	with pytest.raises(psycopg2.Error) as e:
		server.sql(insert, row_key, b"\1\0\0\0\7" + bytes(sealed)[5:])
	assert e.value.pgcode == "58K02"
	server.sql(insert, row_key, sealed)


@pytest.mark.parametrize("stage", ["waiting", "is current", "secret:", "employee:"])
def test_a_killed_rotation_goes_on_with_the_same_key(server, stage):
	people(server, 3000 if stage == "secret:" else 500)
	rotation = popen(server, "key", "rotate")
	for line in rotation.stdout:
		if stage in line:
			break
	rotation.send_signal(signal.SIGKILL)
	rotation.wait()
	if stage != "waiting":
		assert "rotation not finished" in done(server.command("key", "status"))
	text = done(server.command("key", "rotate"))
	assert "going on with key 2" in text, text
	assert server.sql("select id, current, rotated is not null from data_key order by id") == [
		(1, False, False), (2, True, True)]
	assert keys_in_use(server) == [2]
	status = done(server.command("key", "status"))
	assert re.search(r"\b1 +older .* 0 *$", status, re.M) and re.search(r"\b2 +current .*employee \d+", status)
	assert {r["mobile"] for r in server.api.get(E, page_size=100)["data"]} == {"+49 1"}


def test_rotation_and_retirement_on_a_live_server(server, make_terminal):
	"""Clients and terminals write all the while, none hears an error, and nothing is left unreadable."""
	people(server, 300)
	t = make_terminal()
	t.register()
	api, over, written = server.new_api(), threading.Event(), []
	waiting = make_terminal(approve=False)
	waiting.handshake()
	assert waiting.push("OPERLOG", "USER PIN=held\tName=Ada", "FP PIN=held\tFID=1\tTMP=VGVtcGxhdGU=") == "OK: 2"

	def write():
		emp = api.get(E, emp_code="1")["data"][0]["id"]
		n = 0
		while not over.is_set():
			n += 1
			api.patch(E + "%d/" % emp, {"mobile": "+49 %d" % n})
			written.append(t.push("OPERLOG", TEMPLATE % (n % 10, "VGVtcGxh%04d" % (n % 10000))))

	writer = threading.Thread(target=write)
	writer.start()
	try:
		done(server.command("key", "rotate"))
		text = done(server.command("key", "retire"))
	finally:
		over.set()
		writer.join()
	assert "key 1 is retired and thrown away" in text
	assert written and set(written) == {"OK: 1"}
	assert server.sql("select id from data_key") == [(2,)] and keys_in_use(server) == [2]
	server.restart()
	assert server.api.get(E, emp_code="1")["data"][0]["mobile"] == "+49 %d" % len(written)
	waiting.approve()
	wait_until(lambda: server.value("select count(*) from held_upload") == 0)
	assert server.api.get(E, emp_code="held")["count"] == 1
	assert server.value("select count(*) from template join pin on pin.id = pin_id where code = 'held'") == 1
	assert "unreadable" not in server.log()


def test_what_is_in_use_is_not_retired(server):
	people(server, 3)
	assert "no older key" in done(server.command("key", "retire"))
	refused(server.command("key", "retire", "1"))
	refused(server.command("key", "retire", "x"))
	old = server.value("select sealed from employee where emp_code = '2'")
	done(server.command("key", "rotate"))
	server.sql("update employee set sealed = %s where emp_code = '2'", old)
	kept = server.command("key", "retire", "1")
	assert kept.returncode == 1 and "key 1 stays: 1 values" in kept.stdout and "employee 1" in kept.stdout
	assert server.value("select retired from data_key where id = 1") is None
	refused(server.command("key", "retire", "2"))
	server.sql("delete from employee where emp_code = '2'")
	assert "thrown away" in done(server.command("key", "retire", "1"))
	with pytest.raises(psycopg2.Error) as e:
		server.sql("update employee set sealed = %s where emp_code = '3'", old)
	assert e.value.pgcode == "58K02", "a server that slept through it all cannot write under it"


def key_file(path, key):
	with open(path, "w", encoding="utf-8") as f:
		f.write(key + "\n")
	os.chmod(path, 0o600)
	return str(path)


def test_another_master_key(database, make_server, tmp_path):
	path, new = key_file(tmp_path / "master.key", MASTER_KEY), key_file(tmp_path / "new.key", OTHER_KEY)
	server = make_server(database, master_key=None, env={"PUNCHD_MASTER_KEY_FILE": path})
	old = make_server(database)  # knows the key only as text
	people(server, 3)
	refused(server.command("key", "master", env=server.env))
	refused(server.command("key", "master", "--new-key-file", path, env=server.env))
	refused(server.command("key", "master", "--new-key-file", str(tmp_path / "none"), env=server.env))
	before = database.sql("select wrapped from data_key")
	done(server.command("key", "master", "--new-key-file", new, env=server.env))
	assert before != database.sql("select wrapped from data_key")
	for s in (server, old):
		wait_until(lambda s=s: "master_key_replaced" in s.log(), 15, "it is told")
		s.api.patch(E + "1/", {"mobile": "+49 2"})
		assert s.probe("/readyz") == 200, "it goes on"
	refused(server.command("key", "status", env=server.env))

	os.replace(new, path)
	wait_until(lambda: "master_key_read_again" in server.log(), 15)
	done(server.command("key", "rotate", env=server.env))
	assert server.probe("/readyz") == 200
	server.api.patch(E + "1/", {"mobile": "+49 3"})
	assert server.api.get(E + "1/")["mobile"] == "+49 3"
	wait_until(lambda: old.probe("/readyz") == 503, 15, "it cannot read what the others write")
	server.restart()
	assert server.api.get(E + "1/")["mobile"] == "+49 3"
	assert OTHER_KEY not in server.log() + old.log()


def test_a_wrong_master_key_writes_nothing(server):
	people(server, 3)
	server.stop()
	before = server.sql("select row_key, sealed from employee order by id"), server.sql("select wrapped from data_key")
	assert "master key" in refused(server.command("serve", master_key=OTHER_KEY))
	assert "master key" in refused(server.command("key", "rotate", master_key=OTHER_KEY))
	assert "master_key" in refused(server.command("serve", master_key=None)).lower()
	assert before == (server.sql("select row_key, sealed from employee order by id"),
		server.sql("select wrapped from data_key"))


@pytest.fixture
def data_dir():
	"""Where PostgreSQL's user may enter."""
	directory = tempfile.mkdtemp(prefix="punchd-emb-", dir="/tmp")
	os.chmod(directory, 0o755)
	yield os.path.join(directory, "data")
	shutil.rmtree(directory, ignore_errors=True)


def test_the_embedded_master_key_is_replaced_whatever_is_killed(data_dir, make_server):
	server = make_server(None, data_dir=data_dir)
	directory = server.settings["data_dir"]
	path, following = os.path.join(directory, "master.key"), os.path.join(directory, "master.key.next")
	server.api.post(E, {"emp_code": "1", "department": 1, "area": [2], "mobile": "+49 1"})

	def content():
		with open(path, encoding="utf-8") as f:
			return f.read()

	first = content()
	done(server.command("key", "master"))
	second = content()
	assert first != second and len(second) == 65 and not os.path.exists(following)
	assert os.stat(path).st_mode & 0o777 == 0o600 and os.stat(path).st_uid == os.stat(directory).st_uid
	wait_until(lambda: "master_key_read_again" in server.log(), 15)

	# killed behind the database's commit: the file beside is the one
	server.stop()
	os.rename(path, following)
	key_file(path, first.strip())
	server.start()
	assert content() == second and not os.path.exists(following)

	# real kills, as soon as the new key stands beside the old one and at the end
	for _ in range(6):
		command = popen(server, "key", "master")
		wait_until(lambda: os.path.exists(following) or command.poll() is not None, 60, every=0.001)
		command.kill()
		command.communicate()
		server.kill9()
		server.start()
		assert server.api.get(E)["data"][0]["mobile"] == "+49 1"
	done(server.command("key", "master"))
	server.restart()
	assert server.api.get(E)["data"][0]["mobile"] == "+49 1"


@pytest.mark.slow
def test_keys_that_a_killed_command_left_are_removed_when_nobody_needs_them(data_dir, make_server):
	server = make_server(None, data_dir=data_dir)
	path = os.path.join(server.settings["data_dir"], "master.key")
	left = [path + end for end in (".next", ".next.new", ".new")]
	server.api.post(E, {"emp_code": "1", "department": 1, "area": [2], "mobile": "+49 1"})
	with open(path, encoding="utf-8") as f:
		own = f.read()

	def plant():
		for file in left:
			key_file(file, OTHER_KEY)
	plant()
	done(server.command("key", "status"))
	assert not [file for file in left if os.path.exists(file)]

	# a command that holds the lock may be about to put one of them in force
	command = popen(server, "key", "rotate")
	assert command.stdout.readline(), "it is at work"
	plant()
	done(server.command("key", "status"))
	assert [os.path.exists(file) for file in left] == [True] * 3
	command.kill()
	command.communicate()

	server.restart()
	assert not [file for file in left if os.path.exists(file)]
	assert server.log().count("unused_master_key_removed") == 3
	with open(path, encoding="utf-8") as f:
		assert f.read() == own
	assert server.api.get(E)["data"][0]["mobile"] == "+49 1"
