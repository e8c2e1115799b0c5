"""Logins and credentials: what is believed, for how long, and what failures cost."""

import base64
import hashlib
import hmac
import itertools
import json
import threading
import time

import pytest

from punchd_test.net import Connection
from punchd_test.server import PASSWORD
from punchd_test.wait import wait_until

AREAS = "/personnel/api/areas/"
TOKEN = "/api-token-auth/"
JWT = "/jwt-api-token-auth/"
REFRESH = "/jwt-api-token-refresh/"
WRONG = {"non_field_errors": ["Unable to log in with provided credentials."]}


def post(server, path, body, **headers):
	return server.new_api().request("POST", path, body, headers=headers, authorization="")


def login(server, path=TOKEN, user="admin", password=PASSWORD):
	return post(server, path, {"username": user, "password": password})


def ask(server, authorization, path=AREAS):
	return server.new_api().request("GET", path, authorization=authorization)


def segments(token):
	return [json.loads(base64.urlsafe_b64decode(s + "==")) for s in token.split(".")[:2]]


def add_user(server, tmp_path, name="eve", password="a long password", *more):
	file = tmp_path / "password"
	file.write_text(password)
	assert server.command("user", "add", name, "--password-file", str(file), *more).returncode == 0
	return server.new_api(name, password)


def passwd(server, tmp_path, name, password):
	file = tmp_path / "password"
	file.write_text(password)
	assert server.command("user", "passwd", name, "--password-file", str(file)).returncode == 0


# ---------------------------------------------------------------- logging in

def test_multipart_login(server):
	body = "".join('--XX\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % pair
		for pair in (("username", "admin"), ("password", PASSWORD))) + "--XX--\r\n"
	r = post(server, TOKEN, body, **{"Content-Type": "multipart/form-data; boundary=XX"})
	assert r.status == 200, r


def test_a_login_by_e_mail_is_one_on_every_route_and_form(server, tmp_path):
	"""As Odoo's module and the cloud edition's page send it, and wherever else a name is asked for."""
	server.api.patch("/base/api/users/1/", {"email": "Bio.Time@example.com"})
	mail = "bio.time@EXAMPLE.com"
	for path in (TOKEN, JWT, "/base/api/session/"):
		token = login(server, path).json().get("token")
		for body in ({"email": mail, "password": PASSWORD, "company": "Test BioTime"},
				{"email": mail, "password": PASSWORD}, {"username": mail, "password": PASSWORD},
				{"username": " %s " % mail, "password": PASSWORD, "company": "x"},
				{"username": None, "email": mail, "password": PASSWORD},
				{"username": "", "email": mail, "password": PASSWORD},
				{"username": "admin", "email": "somebody@else", "password": PASSWORD},
				{"email": "admin", "password": PASSWORD, "company": "x"}):
			r = post(server, path, body)
			assert r.status == 200, (path, body, r)
			assert path != TOKEN or r.json()["token"] == token
		r = post(server, path, "password=%s&email=%s" % (PASSWORD.replace(" ", "+"), mail),
			**{"Content-Type": "application/x-www-form-urlencoded"})
		assert r.status == 200, (path, r)
		assert post(server, path, {"email": mail, "password": "wrong"}).json() == WRONG
		assert post(server, path, {"email": " ", "password": "x"}).json() == {
			"email": ["This field may not be blank."]}
	me = server.new_api(mail, PASSWORD).basic().get("/base/api/users/me/")
	assert (me["username"], me["email"]) == ("admin", "Bio.Time@example.com")
	server.new_api(mail, PASSWORD).basic().post("/personnel/api/positions/", {"position_code": "7", "position_name": "x"})
	assert wait_until(lambda: server.api.get("/base/api/auditlogs/", user="admin", resource="position")["count"])
	made = server.command("token", "create", mail)
	assert made.returncode == 0 and ask(server, "Token " + made.stdout.strip()).status == 200
	add_user(server, tmp_path)
	server.sql("update account set email = 'eve@x' where name = 'eve'")
	passwd(server, tmp_path, "EVE@x", "another password")
	assert server.command("user", "set", "eve@X", "--groups", "Readers").returncode == 0
	assert login(server, TOKEN, "Eve@x", "another password").status == 200
	assert server.command("user", "disable", "Eve@X").returncode == 0
	assert login(server, TOKEN, "eve@x", "another password").json() == WRONG
	assert server.command("user", "enable", "eve@x").returncode == 0
	assert login(server, TOKEN, "eve@x", "another password").status == 200


def test_whose_e_mail_it_is(server, tmp_path):
	"""A name goes before an e-mail; what two have, or nobody, is nobody's."""
	passwords = {name: "long password %d" % n for n, name in enumerate(("ann", "bob", "shop@x", "carl", "dora"))}
	for name, mail in zip(passwords, ("shared@x", "SHARED@x", "", "shop@X", "")):
		add_user(server, tmp_path, name, passwords[name])
		server.sql("update account set email = %s where name = %s", mail, name)
	for user, whose in (("shared@x", "ann"), ("shared@x", "bob"), ("shop@x", "carl"), ("", "dora"), ("ANN", "ann")):
		assert login(server, TOKEN, user, passwords[whose]).status == 400, user
	assert login(server, TOKEN, "shop@x", passwords["shop@x"]).status == 200
	assert login(server, TOKEN, "SHOP@X", passwords["carl"]).status == 200, "names are told apart by case"
	assert server.command("user", "passwd", "shared@x").returncode == 1
	server.sql("delete from account where name = 'bob'")
	assert login(server, TOKEN, "Shared@X", passwords["ann"]).status == 200


def test_staff_log_in_by_e_mail_too(server):
	def person(code, mail, login=True):
		made = server.api.post("/personnel/api/employees/", {"emp_code": code, "first_name": code, "department": 1,
			"area": [2], "email": mail})
		if login:
			server.api.post("/personnel/api/employees/%d/self_password/" % made["id"], {"self_password": "of %s, long" % code})

	person("51", "Ann@example.com")
	person("52", "two@example.com")
	person("53", "Two@example.com")
	person("54", "ann@example.com", login=False)
	for path in ("/staff-api-token-auth/", "/staff-jwt-api-token-auth/"):
		for body in ({"email": "ann@Example.com"}, {"username": "ANN@example.com"}, {"username": "51"}):
			r = post(server, path, {**body, "password": "of 51, long"})
			assert r.status == 200, (path, body, r)
			token = r.json()["token"]
		assert ask(server, "Token " + token, "/staff/api/employee/").json()["emp_code"] == "51"
		assert post(server, path, {"email": "two@example.com", "password": "of 52, long"}).json() == WRONG
		assert post(server, path, {"email": "ann@example.com", "password": "of 54, long"}).json() == WRONG


BAD_LOGINS = [
	({}, {"username": ["This field is required."], "password": ["This field is required."]}),
	({"username": "", "password": " "}, {"username": ["This field may not be blank."],
		"password": ["This field may not be blank."]}),
	({"username": None, "password": "x"}, {"username": ["This field may not be null."]}),
	({"username": ["x"], "password": "x"}, {"username": ["Not a valid string."]}),
	([], {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}),
	("{", {"detail": "JSON parse error - Expecting property name enclosed in double quotes: "
		"line 1 column 2 (char 1)"}),
]


def test_bad_login_bodies(server):
	for path, (body, expected) in itertools.product((TOKEN, JWT), BAD_LOGINS):
		r = post(server, path, body if isinstance(body, str) else json.dumps(body),
			**{"Content-Type": "application/json"})
		assert (r.status, r.json()) == (400, expected), body


def test_a_huge_login_body_is_refused_unread(server):
	assert post(server, TOKEN, "[" * 100000, **{"Content-Type": "application/json"}).status == 413


def test_blanks_around_the_name_do_not_matter_those_of_the_password_do(server):
	assert login(server, user=" admin ").status == 200
	r = login(server, password=PASSWORD + " ")
	assert (r.status, r.json()) == (400, WRONG)


def test_login_replies_name_their_methods(server):
	assert login(server).headers["allow"] == "POST, OPTIONS"
	r = server.new_api().request("GET", TOKEN, authorization="")
	assert (r.status, r.json()) == (405, {"detail": 'Method "GET" not allowed.'})
	assert r.headers["allow"] == "POST, OPTIONS"


# ---------------------------------------------------------------- general tokens

def test_the_login_token_follows_from_secret_account_and_generation(server):
	first = login(server).json()["token"]
	assert len(first) == 40 and int(first, 16) >= 0
	server.restart()
	assert login(server).json()["token"] == first
	server.sql("update account set token_generation = token_generation + 1 where name = 'admin'")
	wait_until(lambda: ask(server, "Token " + first).status == 401, 4)
	second = login(server).json()["token"]
	assert second != first
	assert ask(server, "Token " + second).status == 200
	assert ask(server, "Token " + first).json() == {"detail": "Invalid token."}
	dump = server.value("select string_agg(a::text, ' ') from account a")
	assert first not in dump and second not in dump


def test_an_old_login_hash_alone_opens_nothing(server):
	"""Left behind by a revocation that raised only the generation."""
	token = login(server).json()["token"]
	server.sql("update account set token_generation = token_generation + 1, login_hash = %s",
		hashlib.sha256(token.encode()).digest())
	server.restart()
	assert ask(server, "Token " + token).json() == {"detail": "Invalid token."}


def test_created_tokens_expire_and_are_revoked(server):
	made = server.command("token", "create", "admin", "--name", "erp", "--expires", "1")
	token = made.stdout.strip()
	assert len(token) == 64
	assert ask(server, "Token " + token).status == 200
	wait_until(lambda: server.value("select last_used is not null from token"))
	server.sql("update token set expires = now() - interval '1 second'")
	wait_until(lambda: ask(server, "Token " + token).status == 401, 4)
	assert ask(server, "Token " + token).json() == {"detail": "Invalid token."}
	server.sql("update token set expires = null")
	wait_until(lambda: ask(server, "Token " + token).status == 200, 4)
	server.sql("update token set revoked = now()")
	wait_until(lambda: ask(server, "Token " + token).status == 401, 4)


def test_last_used_is_not_written_with_every_request(server):
	token = server.command("token", "create", "admin").stdout.strip()
	ask(server, "Token " + token)
	first = server.value("select last_used from token")
	time.sleep(2.5)  # longer than accounts are remembered
	ask(server, "Token " + token)
	assert server.value("select last_used from token") == first is not None
	server.sql("update token set last_used = now() - interval '2 minutes'")
	wait_until(lambda: ask(server, "Token " + token) and server.value(
		"select last_used > now() - interval '1 minute' from token"), 5)


def test_accounts_are_remembered_for_moments_only(server):
	"""A request costs no look-up of its own, and a disabled account is out within seconds."""
	api = server.api
	api.get(AREAS)
	before = server.value("select sum(idx_scan + seq_scan) from pg_stat_user_tables"
		" where relname = 'account'")
	for _ in range(30):
		api.get(AREAS)
	time.sleep(1.2)  # statistics come late
	after = server.value("select sum(idx_scan + seq_scan) from pg_stat_user_tables"
		" where relname = 'account'")
	assert after - before <= 6
	server.sql("update account set active = false")
	wait_until(lambda: ask(server, api.authorization).status == 401, 4)
	assert ask(server, api.authorization).json() == {"detail": "User inactive or deleted."}


# ---------------------------------------------------------------- JSON web tokens

def test_jwt_bytes(server):
	token = login(server, JWT).json()["token"]
	head, claims = segments(token)
	assert token.startswith("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.")
	assert list(head.items()) == [("typ", "JWT"), ("alg", "HS256")]
	assert list(claims) == ["user_id", "username", "exp", "email", "orig_iat"]
	assert claims["user_id"] == server.value("select id from account where name = 'admin'")
	assert abs(claims["orig_iat"] - time.time()) < 30


@pytest.mark.settings(jwt_lifetime="2s", jwt_superset_body=False)
def test_jwt_expires_and_body_without_superset(server):
	r = login(server, JWT).json()
	assert list(r) == ["token"]
	assert ask(server, "JWT " + r["token"]).status == 200
	wait_until(lambda: ask(server, "JWT " + r["token"]).status == 401, 6)
	answer = ask(server, "JWT " + r["token"])
	assert answer.json() == {"detail": "Signature has expired."}
	assert answer.headers["www-authenticate"] == 'JWT realm="api"'
	assert post(server, REFRESH, {"token": r["token"]}).json() == {
		"non_field_errors": ["Signature has expired."]}


@pytest.mark.settings(jwt_lifetime="0")
def test_jwt_for_ever(server):
	claims = segments(login(server, JWT).json()["token"])[1]
	assert claims["exp"] - claims["orig_iat"] > 50 * 365 * 86400


@pytest.mark.settings(jwt_lifetime="1h")
def test_refresh(server):
	r = login(server, JWT).json()
	for body in ({"token": r["token"]}, {"refresh": r["refresh"]}, {"token": r["refresh"]}):
		again = post(server, REFRESH, body)
		assert again.status == 200
		assert segments(again.json()["token"])[1]["orig_iat"] == segments(r["token"])[1]["orig_iat"]
		assert again.json()["access"] == again.json()["token"]
		assert ask(server, "JWT " + again.json()["token"]).status == 200
	late = segments(r["refresh"])[1]
	assert late["exp"] - late["orig_iat"] == 7 * 86400 and late["token_type"] == "refresh"
	assert ask(server, "JWT " + r["refresh"]).status == 401, "only good for refreshing"
	assert post(server, REFRESH, {}).json() == {"token": ["This field is required."]}
	for bad in ("x", "a.b.c", r["token"][:-3] + "AAA"):
		answer = post(server, REFRESH, {"token": bad})
		assert (answer.status, answer.json()) == (400, {
			"non_field_errors": ["Error decoding signature."]})
	server.sql("update account set active = false")
	wait_until(lambda: post(server, REFRESH, {"token": r["token"]}).json() == {
		"non_field_errors": ["User account is disabled."]}, 4)


def test_a_new_password_ends_tokens_and_jwts_and_later_ones_work_at_once(server, tmp_path):
	eve = add_user(server, tmp_path)
	token = login(server, TOKEN, "eve", "a long password").json()["token"]
	jwt = login(server, JWT, "eve", "a long password").json()["token"]
	assert ask(server, "Token " + token).status == ask(server, "JWT " + jwt).status == 200
	passwd(server, tmp_path, "eve", "another password")
	fresh = login(server, JWT, "eve", "another password").json()["token"]
	assert login(server, JWT, "eve", "a long password").json() == WRONG
	wait_until(lambda: ask(server, "Token " + token).status == 401
		and ask(server, "JWT " + jwt).status == 401, 4)
	assert ask(server, "JWT " + fresh).status == 200, "made in the second of the change"
	assert post(server, REFRESH, {"token": jwt}).status == 400
	assert eve.basic().raw("GET", AREAS).status == 401


def test_a_jwt_of_another_installation_is_worth_nothing(server, make_server, clone, pg):
	other = make_server(clone(pg))
	assert ask(other, "JWT " + login(server, JWT).json()["token"]).json() == {
		"detail": "Error decoding signature."}


@pytest.mark.parametrize("header", [{"typ": "JWT", "alg": "none"}, {"typ": "JWT", "alg": "HS512"},
	{"typ": "JWT", "alg": "RS256"}])
def test_algorithms_are_pinned(server, header):
	claims = login(server, JWT).json()["token"].split(".")[1]
	head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
	for key in (b"", b"secret", bytes(32)):
		mac = base64.urlsafe_b64encode(hmac.new(key, ("%s.%s" % (head, claims)).encode(),
			"sha512" if "512" in header["alg"] else "sha256").digest()).rstrip(b"=").decode()
		for signature in ("", mac):
			r = ask(server, "JWT %s.%s.%s" % (head, claims, signature))
			assert r.json() == {"detail": "Error decoding signature."}


# ---------------------------------------------------------------- the header

REFUSALS = [
	("", "Authentication credentials were not provided.", 'JWT realm="api"'),
	("Bearer abc", "Authentication credentials were not provided.", 'JWT realm="api"'),
	("JWT", "Invalid Authorization header. No credentials provided.", 'JWT realm="api"'),
	("JWT a b", "Invalid Authorization header. Credentials string should not contain spaces.",
		'JWT realm="api"'),
	("jwt xyz", "Error decoding signature.", 'JWT realm="api"'),
	("Token", "Invalid token header. No credentials provided.", "Token"),
	("Token xyz", "Invalid token.", "Token"),
	("token " + "F" * 40, "Invalid token.", "Token"),
	("Basic", "Invalid basic header. No credentials provided.", 'Basic realm="api"'),
	("Basic a b", "Invalid basic header. Credentials string should not contain spaces.",
		'Basic realm="api"'),
	("Basic !!!!", "Invalid basic header. Credentials not correctly base64 encoded.",
		'Basic realm="api"'),
	("basic bm9jb2xvbg==", "Invalid basic header. Credentials not correctly base64 encoded.",
		'Basic realm="api"'),
	("BASIC bm9ib2R5Ong=", "Invalid username/password.", 'Basic realm="api"'),
]


def test_refusals(server):
	for header, detail, challenge in REFUSALS:
		r = ask(server, header)
		assert (r.status, r.json(), r.headers["www-authenticate"]) == (401, {"detail": detail}, challenge), header


def test_basic_is_cheap_the_second_time(server):
	api = server.new_api().basic()
	api.get(AREAS)
	start = time.monotonic()
	for _ in range(40):
		api.get(AREAS)
	assert time.monotonic() - start < 40 * 0.02, "no Argon2 with every request"
	wrong = server.new_api(password="x").basic()
	assert wrong.raw("GET", AREAS).status == 401


def test_basic_passwords_may_hold_colons_and_any_letter(server, tmp_path):
	api = add_user(server, tmp_path, "eve", "p\u00e4ss:w\u00f6rd:1")
	assert api.basic().get(AREAS)["count"] == 2


def test_disabled_accounts_look_like_wrong_passwords(server, tmp_path):
	api = add_user(server, tmp_path)
	assert api.basic().raw("GET", AREAS).status == 200
	assert server.command("user", "disable", "eve").returncode == 0
	assert login(server, TOKEN, "eve", "a long password").json() == WRONG
	wait_until(lambda: api.raw("GET", AREAS).status == 401, 4)
	assert api.raw("GET", AREAS).json() == {"detail": "Invalid username/password."}


# ---------------------------------------------------------------- failures cost time

@pytest.mark.settings(trusted_proxies="127.0.0.0/8")
def test_many_failures_are_refused_but_lock_nobody_else_out(server):
	def attempt(address, password="wrong", user="admin"):
		return post(server, TOKEN, {"username": user, "password": password},
			**{"X-Forwarded-For": address})

	threads = [threading.Thread(target=attempt, args=("198.51.100.1",)) for _ in range(30)]
	for t in threads:
		t.start()
	for t in threads:
		t.join()
	r = attempt("198.51.100.1", PASSWORD)
	assert r.status == 429, "also with the right one: guessing must not pay"
	assert 0 < int(r.headers["retry-after"]) <= 400
	assert r.json()["detail"].startswith("Request was throttled. Expected available in ")
	assert attempt("198.51.100.1", "x", "somebody").status == 429
	start = time.monotonic()
	r = attempt("192.0.2.7", PASSWORD)
	assert r.status == 200, "the owner, from an address that has not failed"
	assert time.monotonic() - start < 5
	api = server.new_api()
	r = api.request("GET", AREAS, headers={"X-Forwarded-For": "198.51.100.1"},
		authorization=api.basic().authorization)
	assert r.status == 429, "Basic is a login too"
	token = "Token " + attempt("192.0.2.7", PASSWORD).json()["token"]
	r = api.request("GET", AREAS, headers={"X-Forwarded-For": "198.51.100.1"}, authorization=token)
	assert r.status == 200, "tokens are not passwords"


def test_wrong_names_take_as_long_as_wrong_passwords(server):
	"""Both go through Argon2: without it an unknown name would answer in about a millisecond."""
	def seconds(user):
		start = time.monotonic()
		assert login(server, TOKEN, user, "wrong").json() == WRONG
		return time.monotonic() - start
	login(server)
	known, unknown = seconds("admin"), seconds("nobody")
	known, unknown = min(known, seconds("admin")), min(unknown, seconds("nobody"))
	assert unknown > known / 3 and known > unknown / 3


def test_logins_do_not_hold_up_others(server):
	"""Argon2 runs beside the loop, two at a time; who gives up is forgotten."""
	body = json.dumps({"username": "nobody", "password": "x"}).encode()
	request = (b"POST /api-token-auth/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
		b"Content-Length: %d\r\n\r\n" % len(body)) + body
	connections = [Connection(server.address) for _ in range(40)]
	for c in connections:
		c.send(request)
	start = time.monotonic()
	assert server.probe("/healthz") == 200
	assert time.monotonic() - start < 0.5
	for c in connections:
		c.close()
	wait_until(lambda: login(server).status in (200, 429), 20)
	assert server.probe("/readyz") == 200


def test_nothing_secret_is_logged(server):
	token = login(server).json()["token"]
	jwt = login(server, JWT).json()["token"]
	ask(server, "Token " + token)
	ask(server, "JWT " + jwt)
	login(server, password="some wrong password")
	log = server.log()
	for secret in (token, jwt, jwt.split(".")[2], PASSWORD, "some wrong password"):
		assert secret not in log
