"""In transit: who speaks which TLS, certificates replaced under open connections, plain HTTP refused."""

import os
import signal

import pytest

from punchd_test.net import Connection, free_port
from punchd_test.pg import Cluster
from punchd_test.rest import Api
from punchd_test.server import PASSWORD, run_punchd
from punchd_test.terminal import Terminal
from punchd_test.tls import Session, make_certificate, spoken
from punchd_test.wait import wait_until

CBC = "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA"


@pytest.fixture
def tls(database, make_server, tmp_path):
	"""tls(**settings): TLS on `listen`. Its readiness is asked for on metrics_listen, which is plain."""
	def make(**settings):
		cert, key = make_certificate(tmp_path)
		plain = free_port()
		server = make_server(database, wait=False, tls_cert=cert, tls_key=key, metrics_listen="127.0.0.1:%d" % plain,
			**settings)
		wait_until(lambda: status(plain, "/readyz") == 200, 60, "ready")
		return server
	return make


def status(port, path):
	try:
		with Connection(("127.0.0.1", port)) as c:
			c.send(("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path).encode())
			return c.read_reply().status
	except OSError:
		return None


def test_rest_speaks_1_2_and_1_3_with_forward_secrecy_only(tls):
	server = tls()
	assert spoken(server.address, "1.2") == "TLSv1.2" and spoken(server.address, "1.3") == "TLSv1.3"
	for version in ("1.0", "1.1"):
		assert spoken(server.address, version) is None
	assert spoken(server.address, "1.2", "ECDHE-ECDSA-AES128-GCM-SHA256")
	for weak in (CBC, "aNULL:eNULL:@SECLEVEL=0", "PSK", "AES128-SHA", "AES128-GCM-SHA256"):
		assert spoken(server.address, "1.2", weak) is None, weak


def test_what_is_no_tls_gets_nothing(tls):
	server = tls()
	with Connection(server.address) as c:
		c.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		assert c.closed_by_peer() or True
	with Session(server.address) as s:
		assert s.request("GET", "/healthz")[0] == 200


def test_rest_says_hsts_and_plain_http_does_not(tls, server):
	secure = tls()
	with Session(secure.address) as s:
		code, headers, _ = s.request("GET", "/personnel/api/areas/")
	assert code == 401 and headers["strict-transport-security"] == "max-age=31536000"
	assert "strict-transport-security" not in server.api.raw("GET", "/personnel/api/areas/").headers
	with Session(secure.address) as s:
		assert "strict-transport-security" not in s.request("GET", "/iclock/getrequest?SN=X1")[1], "terminals read no such line"


def test_new_certificates_are_taken_without_dropping_connections(tls, tmp_path):
	server = tls()
	with Session(server.address) as old:
		first = old.certificate
		assert old.request("GET", "/healthz", keep=True)[0] == 200
		make_certificate(tmp_path, common_name="renewed")
		server.signal(signal.SIGHUP)
		wait_until(lambda: server.log_contains("tls_reloaded"))
		with Session(server.address) as new:
			assert new.certificate != first
			assert new.request("GET", "/healthz")[0] == 200
		assert old.request("GET", "/healthz", keep=True)[0] == 200, "the open connection goes on"
		# one that cannot be used changes nothing
		with open(os.path.join(str(tmp_path), "server.crt"), "w", encoding="utf-8") as f:
			f.write("no certificate")
		server.signal(signal.SIGHUP)
		wait_until(lambda: server.log_contains("tls_not_reloaded"))
		with Session(server.address) as third:
			assert third.certificate != first and third.request("GET", "/healthz")[0] == 200
		assert old.request("GET", "/healthz")[0] == 200


def test_a_certificate_is_renewed_under_an_upload(tls, tmp_path):
	"""Half of the body before SIGHUP, half after."""
	server = tls(admission="auto")
	line = b"7\t2026-05-01 08:00:00\t0\t1\n"
	with Session(server.address) as s:
		s.sock.sendall(b"POST /iclock/cdata?SN=TLS1&table=ATTLOG&Stamp=1 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
			% len(line) + line[:9])
		make_certificate(tmp_path, common_name="renewed")
		server.signal(signal.SIGHUP)
		wait_until(lambda: server.log_contains("tls_reloaded"))
		s.sock.sendall(line[9:])
		assert s.sock.recv(65536).endswith(b"OK: 1")


@pytest.mark.parametrize("oldest,good,bad", [(None, ("1.2", "1.3"), ("1.0", "1.1")), ("1.0", ("1.0", "1.1", "1.2", "1.3"), ()),
	("1.1", ("1.1", "1.2"), ("1.0",)), ("1.3", ("1.3",), ("1.2",))])
def test_the_terminals_port_has_a_policy_of_its_own(database, make_server, tmp_path, oldest, good, bad):
	cert, key = make_certificate(tmp_path)
	device = free_port()
	settings = {} if oldest is None else {"device_tls_min": oldest}
	make_server(database, device_listen="127.0.0.1:%d" % device, device_tls_cert=cert, device_tls_key=key, **settings)
	for version in good:
		assert spoken(("127.0.0.1", device), version), version
	for version in bad:
		assert spoken(("127.0.0.1", device), version) is None, version
	if oldest != "1.3":
		assert spoken(("127.0.0.1", device), "1.2", CBC), "old firmware has nothing better"


def test_bad_policies_do_not_start(database):
	for settings, why in (({"device_tls_min": "SSLv3"}, "device_tls_min"), ({"https_only": "on"}, "https_only leaves no way in")):
		r = run_punchd("serve", database_url=database.conninfo, **settings)
		assert r.returncode == 1 and why in r.stderr, r.stderr


# ---------------------------------------------------------------- https_only

def proxied(server, path, proto, method="GET"):
	headers = {"X-Forwarded-Proto": proto} if proto else {}
	return Api(server.address).request(method, path, headers=headers, authorization="")


@pytest.mark.settings(https_only=True, trusted_proxies="127.0.0.1")
def test_plain_http_is_for_terminals_and_health_only(server, terminal):
	for path in ("/healthz", "/readyz"):
		assert proxied(server, path, None).status == 200
	for path in ("/personnel/api/areas/", "/api/docs/", "/api-token-auth/", "/nothing", "/metrics", "/", "/iclock/api/terminals/"):
		for proto in (None, "http", "https, http"):
			for method in ("GET", "POST", "OPTIONS"):
				r = proxied(server, path, proto, method)
				assert r.status == 403 and "HTTPS" in r.text and "location" not in r.headers, (path, proto, r)
	assert proxied(server, "/personnel/api/areas/", "https").status == 401
	assert proxied(server, "/personnel/api/areas/", "http, https").status == 401
	r = Api(server.address).request("POST", "/api-token-auth/", {"username": "admin", "password": PASSWORD},
		headers={"X-Forwarded-Proto": "https"}, authorization="")
	assert r.status == 200 and r.headers["strict-transport-security"]
	assert terminal.handshake().startswith("GET OPTION")
	assert terminal.push("ATTLOG", "7\t2026-05-01 08:00:00\t0\t1") == "OK: 1"


@pytest.mark.settings(https_only=True, trusted_proxies="192.0.2.1")
def test_nobody_else_says_that_it_was_https(server):
	assert proxied(server, "/personnel/api/areas/", "https").status == 403


def test_with_tls_https_only_serves_rest_there(tls):
	server = tls(https_only=True)
	with Session(server.address) as s:
		assert s.request("GET", "/personnel/api/areas/")[0] == 401


# ---------------------------------------------------------------- the other connections

def test_terminals_that_announce_encryption_go_on_without(server, terminal):
	"""adms-push 5: the maker's library is closed; 404, and Encrypt=0 in the options."""
	terminal.register()
	block = terminal.options(terminal.handshake("options=all&pushver=2.4.1&Encrypt=1&EncryptFlag=1000000000"))
	assert block["Encrypt"] == "0" and "EncryptFlag" not in block
	for kind, body in (("publickey", "PublicKey=QUJD"), ("factors", "Factors=QUJD")):
		r = terminal.raw("POST", "/iclock/exchange?SN=%s&type=%s" % (terminal.sn, kind), body)
		assert r.status == 404 and r.text.startswith("ERROR"), r
	assert terminal.push("ATTLOG", "7\t2026-05-01 08:00:00\t0\t1") == "OK: 1"


@pytest.fixture
def tls_cluster(tmp_path):
	cert, key = make_certificate(tmp_path, "pg")
	other, _ = make_certificate(tmp_path, "other", "somebody else")
	port = free_port()
	cluster = Cluster()
	for source, name in ((cert, "server.crt"), (key, "server.key")):
		with open(source, encoding="utf-8") as f:
			text = f.read()
		path = os.path.join(cluster.data, name)
		with open(path, "w", encoding="utf-8") as f:
			f.write(text)
		owner = os.stat(cluster.data)
		os.chown(path, owner.st_uid, owner.st_gid)
		os.chmod(path, 0o600)
	with open(os.path.join(cluster.data, "postgresql.conf"), "a", encoding="utf-8") as f:
		f.write("ssl = on\nlisten_addresses = '127.0.0.1'\nport = %d\n" % port)
	cluster.stop()
	cluster.start()
	yield cluster, port, cert, other
	cluster.destroy()


def test_sslmode_is_passed_on_as_given(tls_cluster, make_server, tmp_path):
	cluster, port, cert, other = tls_cluster
	where = "host=127.0.0.1 port=%d user=punchd dbname=postgres" % port
	import psycopg2
	admin = psycopg2.connect("host=127.0.0.1 port=%d user=postgres dbname=postgres sslmode=require" % port)
	admin.autocommit = True
	admin.cursor().execute("create database tls owner punchd encoding 'UTF8' template template0")
	where = where.replace("dbname=postgres", "dbname=tls")

	def migrate(**settings):
		return run_punchd("migrate", database_url=where + " sslmode=%(mode)s sslrootcert=%(root)s" % settings)
	r = migrate(mode="verify-full", root=other)
	assert r.returncode == 1 and "certificate" in r.stderr, r.stderr
	r = migrate(mode="verify-full", root=cert)
	assert r.returncode == 0, r.stderr
	assert make_server is not None

	class Remote:  # as Server wants a database
		conninfo = where + " sslmode=verify-full sslrootcert=" + cert
	server = make_server(Remote())
	cursor = admin.cursor()
	cursor.execute("select bool_and(s.ssl), count(*) from pg_stat_ssl s join pg_stat_activity a using (pid)"
		" where a.usename = 'punchd' and a.datname = 'tls'")
	assert cursor.fetchone()[0] is True, "every connection, those of terminals and LISTEN too"
	t = Terminal(server, "OVERTLS1", approve=False)
	assert t.handshake().startswith("GET OPTION")
	admin.close()
