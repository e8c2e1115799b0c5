"""Every administrative command: what it does, its exit code, and one line when it fails."""

import os
import pwd
import re
import stat
import subprocess

import pytest

from punchd_test.net import free_port
from punchd_test.pg import as_postgres, pg_bin
from punchd_test.rest import ApiError
from punchd_test.server import MASTER_KEY, PASSWORD, environment, punchd_bin, run_punchd
from punchd_test.terminal import Terminal
from punchd_test.wait import wait_until


def one_line(result, code=1):
	assert result.returncode == code, (result.returncode, result.stdout, result.stderr)
	lines = result.stderr.strip().splitlines()
	assert len(lines) == 1, "one line that says what to do, not: " + result.stderr
	return lines[0]


def ok(result):
	assert result.returncode == 0, result.stderr
	return result.stdout


@pytest.mark.parametrize("argv", [
	["--no_such_setting=1"], ["serve", "--nonsense"], ["frobnicate"], ["user"], ["user", "frobnicate"],
	["key", "frobnicate"], ["user", "list", "--frobnicate"],
], ids=" ".join)
def test_unknown_options_and_commands_exit_2(argv):
	one_line(run_punchd(*argv), 2)


@pytest.mark.parametrize("argv", [["user", "add"], ["device", "approve"], ["token", "create"],
	["token", "revoke"]], ids=" ".join)
def test_a_missing_argument_says_the_usage(argv):
	assert "usage: punchd " + " ".join(argv) in one_line(run_punchd(*argv))


def test_help_and_version():
	text = ok(run_punchd("--help"))
	for word in ("serve", "migrate", "config", "health", "user", "token", "device", "key", "--listen"):
		assert word in text, word
	assert re.match(r"punchd \d+\.\d+", ok(run_punchd("--version")))


@pytest.mark.parametrize("setting, value", [
	("listen", "nowhere"), ("db_pool_size", "0"), ("db_pool_size", "many"), ("max_body", "12Q"),
	("timezone", "Mars/Olympus"), ("admission", "perhaps"), ("jwt_superset_body", "maybe"),
	("master_key", "abc"), ("trusted_proxies", "10.0.0.0/99"), ("jwt_lifetime", "-1"),
])
def test_bad_settings_stop_the_start_with_place_and_reason(setting, value):
	r = run_punchd("serve", **{"database_url": "host=/nowhere dbname=x", setting: value})
	line = one_line(r)
	assert "PUNCHD_" + setting.upper() in line or setting in line
	assert one_line(run_punchd("config", **{setting: value}))


def test_config_prints_where_each_setting_came_from(tmp_path):
	file = tmp_path / "punchd.conf"
	file.write_text("# a comment\nlog_level = warn\ndb_pool_size = 3\nadmission = auto\n")
	text = ok(run_punchd("config", "--config=%s" % file, "--admission=closed", db_pool_size="4",
		admin_password="sesame"))
	line = {x.split()[0]: x for x in text.splitlines() if x.strip() and not x.startswith("#")}
	assert "warn" in line["log_level"] and str(file) in line["log_level"]
	assert "4" in line["db_pool_size"] and "PUNCHD_DB_POOL_SIZE" in line["db_pool_size"]
	assert "closed" in line["admission"]
	assert "sesame" not in text and MASTER_KEY not in text


def test_config_file_errors_name_the_line(tmp_path):
	file = tmp_path / "punchd.conf"
	file.write_text("log_level = warn\n\nfrobnicate = 1\n")
	line = one_line(run_punchd("config", "--config=%s" % file))
	assert "3" in line and "frobnicate" in line
	assert one_line(run_punchd("config", "--config=%s" % (tmp_path / "absent")))


def test_secrets_are_not_taken_from_the_command_line(tmp_path):
	line = one_line(run_punchd("config", "--admin_password=sesame"))
	assert "sesame" not in line and "admin_password" in line
	file = tmp_path / "pw"
	file.write_text("sesame\n")
	both = run_punchd("config", env={"PUNCHD_ADMIN_PASSWORD_FILE": str(file)},
		admin_password="other")
	assert "admin_password" in one_line(both).lower()
	ok(run_punchd("config", env={"PUNCHD_ADMIN_PASSWORD_FILE": str(file)}))


def test_migrate(pg):
	db = pg.empty()
	ok(run_punchd("migrate", database_url=db.conninfo))
	assert db.sql("select code, name from area order by id") == [
		("1", "Not Authorized"), ("2", "Head Office")]
	assert db.sql("select code, name from department") == [("1", "Department")]
	assert db.sql("select code, name from position") == [("1", "Position")]
	ok(run_punchd("migrate", database_url=db.conninfo))  # once more: nothing to do
	db.drop()


def test_serve_without_a_key_says_how_to_make_one(database):
	line = one_line(run_punchd("serve", "--listen=127.0.0.1:%d" % free_port(),
		database_url=database.conninfo, master_key=None))
	assert "master_key" in line.lower() and "openssl rand -hex 32" in line


def test_serve_with_a_foreign_key_refuses(server):
	one_line(run_punchd("serve", "--listen=127.0.0.1:%d" % free_port(),
		database_url=server.database.conninfo, master_key="f" * 64))


def test_port_taken(server, database):
	line = one_line(run_punchd("serve", "--listen=127.0.0.1:%d" % server.port,
		database_url=database.conninfo, log_level="error"))
	assert str(server.port) in line


def test_health(server):
	assert run_punchd("health", "http://127.0.0.1:%d" % server.port).returncode == 0
	assert run_punchd("health", listen="127.0.0.1:%d" % server.port).returncode == 0
	one_line(run_punchd("health", "http://127.0.0.1:%d" % free_port()))


def test_user_commands(server, tmp_path):
	password = tmp_path / "pw"
	password.write_text("a long password\n")
	ok(server.command("user", "add", "eve", "--password-file", str(password)))
	assert "already" in one_line(server.command("user", "add", "eve", "--password-file", str(password)))
	ok(server.command("user", "add", "root2", "--superuser", "--password-file", str(password)))
	text = ok(server.command("user", "list"))
	assert "admin" in text and "eve" in text and "root2" in text
	eve = server.new_api("eve", "a long password").login()
	assert eve.get("/personnel/api/areas/")["count"] == 2
	with pytest.raises(ApiError) as e:
		eve.post("/personnel/api/areas/", {"area_code": "9", "area_name": "x"})
	assert e.value.status == 403
	server.new_api("root2", "a long password").post(
		"/personnel/api/areas/", {"area_code": "9", "area_name": "x"})

	password.write_text("another password\n")
	ok(server.command("user", "passwd", "eve", "--password-file", str(password)))
	wait_until(lambda: eve.raw("GET", "/personnel/api/areas/").status == 401, 5,
		"tokens of before have ended")
	with pytest.raises(ApiError):
		server.new_api("eve", "a long password").login()
	eve = server.new_api("eve", "another password").login()
	ok(server.command("user", "disable", "eve"))
	wait_until(lambda: eve.raw("GET", "/personnel/api/areas/").status == 401, 5)
	with pytest.raises(ApiError) as e:
		server.new_api("eve", "another password").login()
	assert e.value.json == {"non_field_errors": ["Unable to log in with provided credentials."]}
	one_line(server.command("user", "passwd", "nobody", "--password-file", str(password)))
	one_line(server.command("user", "disable", "nobody"))


def test_user_add_prints_a_random_password_once(server):
	text = ok(server.command("user", "add", "frank"))
	words = re.findall(r"\S{12,}", text)
	assert any(_can_log_in(server, "frank", w) for w in words), text
	assert words[-1] not in ok(server.command("user", "list"))


def _can_log_in(server, user, password):
	r = server.new_api(user, password).raw("POST", "/api-token-auth/",
		{"username": user, "password": password}, None)
	return r.status == 200


def test_token_commands(server):
	text = ok(server.command("token", "create", "admin", "--name", "erp", "--expires", "30"))
	token = re.search(r"\b[0-9a-f]{64}\b", text).group(0)
	api = server.new_api(authorization="Token " + token)
	assert api.get("/personnel/api/areas/")["count"] == 2
	listed = ok(server.command("token", "list"))
	assert token not in listed and "erp" in listed
	row = next(x for x in listed.splitlines() if "erp" in x)
	ok(server.command("token", "revoke", re.search(r"\d+", row).group(0)))
	wait_until(lambda: api.raw("GET", "/personnel/api/areas/").status == 401, 5)
	one_line(server.command("token", "create", "nobody"))
	one_line(server.command("token", "revoke", "999999"))
	assert server.value("select count(*) from token where encode(hash, 'hex') like %s",
		"%" + token[:16] + "%") == 0


def test_device_commands(server):
	t = Terminal(server, "CLI00001", approve=False)
	t.register()
	assert "CLI00001" in ok(server.command("device", "list"))
	assert t.push("ATTLOG", "1\t2026-05-01 08:00:00\t0\t1") == "OK: 1"
	assert server.api.get("/iclock/api/transactions/")["count"] == 0
	ok(server.command("device", "approve", "CLI00001"))
	wait_until(lambda: server.api.get("/iclock/api/transactions/")["count"] == 1)
	assert t.row["area"]["id"] == 2
	one_line(server.command("device", "approve", "CLI00001", "--area", "nowhere"))
	one_line(server.command("device", "approve", "NOSUCHSN"))
	ok(server.command("device", "remove", "CLI00001"))
	wait_until(lambda: t.row is None)
	rows = server.api.get("/iclock/api/transactions/")["data"]
	assert rows[0]["terminal_sn"] == "CLI00001", "its punches stay"
	one_line(server.command("device", "remove", "CLI00001"))


def test_key_commands(server):
	server.api.post("/personnel/api/employees/", {"emp_code": "1", "department": 1, "area": [2],
		"card_no": "1234567", "mobile": "+49 1"})
	before = ok(server.command("key", "status"))
	ok(server.command("key", "rotate"))
	after = ok(server.command("key", "status"))
	assert before != after
	assert MASTER_KEY not in before + after
	for _ in range(2):
		row = server.api.get("/personnel/api/employees/")["data"][0]
		assert (row["card_no"], row["mobile"]) == ("1234567", "+49 1")
		server.restart()
	# a running server reads values under the new key too
	server.api.patch("/personnel/api/employees/%d/" % row["id"], {"mobile": "+49 2"})
	assert server.api.get("/personnel/api/employees/")["data"][0]["mobile"] == "+49 2"


def test_commands_without_a_database_fail_in_one_line(tmp_path):
	for argv in (["user", "list"], ["device", "list"], ["key", "status"], ["token", "list"],
			["migrate"]):
		one_line(run_punchd(*argv, database_url="host=%s dbname=none" % tmp_path))


# every command of --help but those that make a database, and those that want none
COMMANDS = ["user add eve", "user set eve --groups Readers", "user enable eve", "user list", "user passwd eve",
	"user disable eve", "group list", "group add g --permissions att.*", "group set g --permissions att.*",
	"group remove g", "token create admin", "token list", "token revoke 1", "device list", "device approve SN1",
	"device remove SN1", "device remove --waiting", "key status", "key rotate", "key retire", "key master",
	"key master --new-key-file key", "key jwt", "retention run --retention_logs=30", "biometrics remove --store_biometrics=off", "audit verify", "audit list",
	"import-biotime . --report report"]
NEED_NONE = {"serve", "migrate", "config", "health"}


def in_directory(directory, *argv, **settings):
	return subprocess.run([punchd_bin(), *argv], env=environment(**settings), cwd=directory, text=True,
		stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)


def test_no_command_makes_a_database(tmp_path):
	"""Not in the default directory, nor in one that is named; they say where they looked, and leave nothing there."""
	help_text = ok(run_punchd("--help")).split("Commands:\n")[1].split("\n\n")[0]
	told = {re.match(r"  ((?:(?:user|group|token|device|key|retention|biometrics|audit) )?\S+)", line).group(1)
		for line in help_text.splitlines()}
	assert told == NEED_NONE | {" ".join(c.split()[:2]) if c.split()[0] in ("user", "group", "token", "device", "key",
		"retention", "biometrics", "audit") else c.split()[0] for c in COMMANDS}
	os.mkdir(tmp_path / "empty")
	os.mkdir(tmp_path / "begun")
	(tmp_path / "begun" / "punchd.lock").write_text("serve 1\n")
	(tmp_path / "begun" / "master.key").write_text("0" * 64)
	before = sorted(os.walk(tmp_path))
	for n, command in enumerate(COMMANDS):
		for setting, place in [(None, "data"), ("empty", "empty"), ("./no/such", "no/such"),
				("%s/begun" % tmp_path, "begun")][:4 if n < 2 else 1]:
			line = one_line(in_directory(tmp_path, *command.split(), data_dir=setting))
			assert "there is no database of punchd in %s/%s: " % (tmp_path, place) in line, (command, line)
			assert "--data_dir" in line and "punchd serve or punchd migrate first" in line
			assert sorted(os.walk(tmp_path)) == before, command


def test_a_database_without_a_schema_is_named(pg, embedded, make_server):
	db = pg.empty()
	line = one_line(run_punchd("user", "list", database_url=db.conninfo))
	assert db.name in line and pg.dir in line and "punchd migrate" in line and "database_url" in line
	assert db.value("select count(*) from pg_class where relnamespace = 'public'::regnamespace") == 0
	db.drop()
	# of a first start that was cut short: a cluster, and no database in it
	os.mkdir(embedded)
	if os.getuid() == 0:
		os.chown(embedded, pwd.getpwnam("postgres").pw_uid, -1)
	subprocess.run(as_postgres([os.path.join(pg_bin(), "initdb"), "-D", embedded + "/pg", "-U", "punchd", "-A", "trust",
		"-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]), cwd="/", check=True, stdout=subprocess.DEVNULL)
	for _ in range(2):
		assert "no database of punchd in %s:" % embedded in one_line(run_punchd("user", "list", data_dir=embedded))
	ok(run_punchd("migrate", data_dir=embedded))
	assert "name" in ok(run_punchd("user", "list", data_dir=embedded))
	server = make_server(None, data_dir=embedded, master_key=MASTER_KEY)
	subprocess.run([os.path.join(pg_bin(), "psql"), "-qc", "drop table schema_migration",
		"host=%s/run user=punchd dbname=punchd" % embedded], check=True, env=environment())
	server.stop()
	line = one_line(run_punchd("user", "list", data_dir=embedded))
	assert "the database in %s has no schema: " % embedded in line and "punchd migrate" in line


@pytest.fixture
def embedded(tmp_path_factory, make_server):
	import tempfile
	directory = tempfile.mkdtemp(prefix="punchd-emb-", dir="/tmp")
	os.chmod(directory, 0o755)
	yield os.path.join(directory, "data")
	import shutil
	shutil.rmtree(directory, ignore_errors=True)


def test_embedded_database(embedded, make_server):
	"""First start, key and password; a command meanwhile; a kill; a second start; a command alone."""
	server = make_server(None, data_dir=embedded, admin_password=None)
	password = re.search(r"password\W+(\S+)", server.stdout()).group(1)
	api = server.new_api("admin", password).login()
	api.post("/personnel/api/areas/", {"area_code": "9", "area_name": "Kept"})
	key = os.path.join(embedded, "master.key")
	assert stat.S_IMODE(os.stat(key).st_mode) == 0o600
	assert stat.S_IMODE(os.stat(embedded).st_mode) == (0o711 if os.getuid() == 0 else 0o700)
	assert password not in server.log()
	settings = {"data_dir": embedded, "master_key": None}
	assert "admin" in ok(run_punchd("user", "list", **settings)), "works while it runs"
	second = run_punchd("serve", "--listen=127.0.0.1:%d" % free_port(), **settings)
	assert one_line(second), "a second serve on one data_dir is refused"

	server.kill9()
	server.start()
	assert password not in server.stdout().split(password, 1)[1], "printed on the first start only"
	assert api.get("/personnel/api/areas/", area_code="9")["count"] == 1
	server.stop()
	assert not os.path.exists(os.path.join(embedded, "pg", "postmaster.pid"))
	assert "admin" in ok(run_punchd("user", "list", **settings)), "starts the cluster for its own time"
	assert not os.path.exists(os.path.join(embedded, "pg", "postmaster.pid"))
	server.start()
	assert server.new_api("admin", password).login()


def test_the_first_password_comes_from_the_setting(server):
	assert server.new_api("admin", PASSWORD).login()
	assert PASSWORD not in server.stdout() + server.log()


def test_a_changed_migration_and_a_newer_schema_are_refused(server):
	server.stop()
	def refusal():
		return one_line(run_punchd("serve", "--listen=127.0.0.1:%d" % free_port(),
			database_url=server.database.conninfo))
	server.sql("update schema_migration set checksum = 'x' || checksum where number = 1")
	assert "0001" in refusal()
	server.sql("update schema_migration set checksum = substr(checksum, 2) where number = 1")
	server.sql("insert into schema_migration (number, name, checksum) values (9999, 'later', 'x')")
	assert "newer" in refusal()
