"""Passwords: none by default, none told apart, none guessed, nobody locked out; tokens that are none."""

import base64
import hashlib
import hmac
import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from punchd_test.server import PASSWORD
from punchd_test.wait import wait_until

AREAS = "/personnel/api/areas/"
LOGINS = ["/api-token-auth/", "/jwt-api-token-auth/", "/staff-api-token-auth/", "/staff-jwt-api-token-auth/"]
# of ZKBio Time, its relatives, terminals, and of those who install them
DEFAULTS = [("admin", "admin"), ("admin", "Admin@123"), ("admin", "admin123"), ("admin", "password"), ("admin", "123456"),
	("admin", "12345678"), ("admin", "zkteco"), ("admin", "biotime"), ("administrator", "administrator"), ("root", "root"),
	("root", "colorkey"), ("root", "solokey"), ("zkteco", "zkteco"), ("biotime", "biotime"), ("admin", ""), ("", ""),
	("employee", "employee"), ("postgres", "postgres"), ("punchd", "punchd"), ("1", "1"), ("1", "123456"), ("admin", "manager")]


def login(server, user, password, path=LOGINS[0], **headers):
	return server.new_api().request("POST", path, {"username": user, "password": password}, headers=headers, authorization="")


@pytest.mark.settings(admin_password=None, trusted_proxies="127.0.0.1")
def test_no_default_credentials(server):
	"""An installation that nobody has configured: the first password is random and printed once."""
	for n, (user, password) in enumerate(DEFAULTS):
		for path in LOGINS:
			r = login(server, user, password, path, **{"X-Forwarded-For": "10.0.%d.1" % n})
			assert r.status == 400 and "token" not in r.json(), (user, password, path, r)
	(password,) = [x.split(": ")[1] for x in server.stdout().splitlines() if x.startswith("admin password: ")]
	assert len(password) >= 16 and login(server, "admin", password, **{"X-Forwarded-For": "10.9.9.9"}).status == 200
	assert password not in server.log()


def employee_with_login(server, code="5"):
	emp = server.api.post("/personnel/api/employees/", {"emp_code": code, "first_name": "Ann", "department": 1, "area": [2]})
	server.api.post("/personnel/api/employees/%d/self_password/" % emp["id"], {"self_password": "a long password"})


@pytest.mark.settings(trusted_proxies="127.0.0.1")
def test_unknown_and_wrong_sound_and_last_the_same(server):
	"""By text: status, body and headers. By time: both run Argon2id once, and failures of names that nobody has
	slow them like others; medians, for the machine is shared."""
	employee_with_login(server)
	times = {}
	for path, known in ((LOGINS[0], "admin"), (LOGINS[1], "admin"), (LOGINS[2], "5"), (LOGINS[3], "5")):
		said = {}
		for n in range(7):
			for user in (known, "nobody"):
				start = time.monotonic()
				r = login(server, user, "wrong", path, **{"X-Forwarded-For": "10.%d.%d.%d" % (LOGINS.index(path), n, len(user))})
				times.setdefault((path, user == known), []).append(time.monotonic() - start)
				said.setdefault(user == known, set()).add((r.status, r.text, tuple(sorted(k for k in r.headers if k != "date"))))
		assert said[True] == said[False] and len(said[True]) == 1, said
		known_time, unknown_time = statistics.median(times[path, True]), statistics.median(times[path, False])
		assert unknown_time > known_time / 2 and known_time > unknown_time / 2, (path, known_time, unknown_time)
		assert min(times[path, False]) > 0.005, "an answer without any work tells that nobody is there"


@pytest.mark.settings(trusted_proxies="127.0.0.1")
def test_an_e_mail_is_no_second_name_to_guess_at(server):
	"""Failures by name and by e-mail are one account's, and only the account is named in the log. Whether an e-mail is
	known shows neither in words nor in time."""
	server.api.patch("/base/api/users/1/", {"email": "chief@example.com"})
	times, said = {}, {}
	for n in range(7):
		for user in ("chief@example.com", "other@example.com"):
			start = time.monotonic()
			r = login(server, user, "wrong", **{"X-Forwarded-For": "10.1.%d.%d" % (n, user < "d")})
			times.setdefault(user, []).append(time.monotonic() - start)
			said.setdefault(user, set()).add((r.status, r.text, tuple(sorted(k for k in r.headers if k != "date"))))
	known, unknown = (statistics.median(t) for t in times.values())
	assert len(set.union(*said.values())) == 1 and known > unknown / 2 and unknown > known / 2, (known, unknown, said)
	names = ["admin", "chief@example.com", "Chief@Example.COM"]
	at_once(40, lambda n: login(server, names[n % 3], "wrong", **{"X-Forwarded-For": "198.51.100.%d" % n}))
	lines = [x for x in server.log().splitlines() if "login_failed" in x]
	assert sum("account=admin" in x for x in lines) == 47 and sum("account" in x for x in lines) == 47, lines
	assert "example.com" not in "".join(lines)
	here = {"X-Forwarded-For": "203.0.113.9"}
	assert login(server, "admin", "wrong", **here).status == 400
	for user in names:
		assert login(server, user, PASSWORD, **here).status == 429, "thirty failures, and one from here"
	assert login(server, "other@example.com", "wrong", **here).status == 400


def test_a_login_that_failed_is_logged_with_the_account_and_never_with_what_was_typed(server):
	employee_with_login(server)
	login(server, "admin", "wrong")
	login(server, "hunter2, typed in the wrong box", "admin")
	login(server, "5", "wrong", LOGINS[2])
	server.new_api("admin", "also wrong").basic().raw("GET", AREAS)
	lines = [x.split("login_failed ")[1] for x in server.log().splitlines() if "login_failed" in x]
	assert lines == ["address=127.0.0.1 account=admin", "address=127.0.0.1", "address=127.0.0.1 employee=5",
		"address=127.0.0.1 account=admin"]
	assert "hunter2" not in server.log()


def test_what_is_no_login_is_no_failure(server):
	"""A client that tries one form after the other, and members that are missing."""
	api = server.new_api()
	for n in range(30):
		for body in ({}, {"username": "admin"}, {"password": "x"}, {"company": "x", "password": "x"}, {"email": "admin"},
				{"username": None, "password": "x"}, {"username": "admin", "password": ""}, []):
			assert api.request("POST", LOGINS[n % 4], body, authorization="").status == 400
	assert "login_failed" not in server.log()
	assert login(server, "admin", PASSWORD).status == 200


def at_once(n, attempt):
	"""Wrong logins are answered late: several wait side by side."""
	with ThreadPoolExecutor(8) as pool:
		return list(pool.map(attempt, range(n)))


def test_what_is_throttled_says_until_when(server):
	assert login(server, "admin", "wrong").status == 400
	at_once(20, lambda n: login(server, "admin", "wrong"))
	r = wait_until(lambda: [x for x in [login(server, "nobody", "wrong")] if x.status == 429], 30)[0]
	seconds = int(r.headers["retry-after"])
	assert 1 <= seconds <= 400 and "throttled" in r.json()["detail"]


@pytest.mark.settings(trusted_proxies="127.0.0.1")
def test_strangers_do_not_lock_the_owner_out(server):
	"""Neither from many addresses, nor from the very address that the owner sits behind."""
	here = {"X-Forwarded-For": "192.0.2.7"}
	assert login(server, "admin", PASSWORD, **here).status == 200
	at_once(40, lambda n: login(server, "admin", "wrong", **{"X-Forwarded-For": "198.51.100.%d" % n}))
	at_once(25, lambda n: login(server, "guess%d" % n, "wrong", **here))
	assert login(server, "guess1", "wrong", **here).status == 429
	start = time.monotonic()
	assert login(server, "admin", PASSWORD, **here).status == 200
	assert time.monotonic() - start < 3


# ---------------------------------------------------------------- tokens

def b64(data):
	return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forge(header, claims, key=b"", digest="sha256"):
	text = "%s.%s" % (b64(json.dumps(header).encode()), b64(json.dumps(claims).encode()))
	return text + "." + (b64(hmac.new(key, text.encode(), digest).digest()) if key is not None else "")


def refused(server, token, words=("JWT", "Token")):
	for scheme in words:
		r = server.new_api().request("GET", AREAS, authorization="%s %s" % (scheme, token))
		assert r.status == 401, (scheme, token, r)


def test_forged_web_tokens(server):
	good = login(server, "admin", PASSWORD, LOGINS[1]).json()["token"]
	head, body, signature = good.split(".")
	claims = json.loads(base64.urlsafe_b64decode(body + "=="))
	original = json.loads(base64.urlsafe_b64decode(head + "=="))
	forged = [forge({"typ": "JWT", "alg": alg}, claims, key) for alg in ("none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512",
		"RS256", "ES256", "PS256", "HS256 ", "hs256", None) for key in (None, b"", b"secret", bytes(32), b"\0", b"public key")]
	forged += [forge({**original, **more}, claims, b"") for more in ({"kid": "../../dev/null"}, {"kid": "' or 1=1 --"},
		{"jku": "http://127.0.0.1:1/k"}, {"jwk": {"kty": "oct", "k": ""}}, {"x5u": "file:///etc/passwd"}, {"crit": ["exp"]})]
	# tampered: another user, a later end, the signature of other claims
	for change in ({"user_id": 2}, {"exp": claims["exp"] + 86400}, {"username": "root"}, {"user_id": "1"}, {"user_id": None},
			{"orig_iat": claims["orig_iat"] + 5}):
		forged.append("%s.%s.%s" % (head, b64(json.dumps({**claims, **change}).encode()), signature))
	for n in range(0, len(good), 7):
		forged.append(good[:n] + ("A" if good[n] != "A" else "B") + good[n + 1:])
	forged += [head + "." + body + ".", head + ".." + signature, "." + body + "." + signature, good + ".x", good[:-1], good + "="]
	assert len(forged) > 100
	for token in forged:
		if token.rsplit(".", 1)[0] == good.rsplit(".", 1)[0] and base64.urlsafe_b64decode(
				token.rsplit(".", 1)[1] + "===") == base64.urlsafe_b64decode(signature + "==="):
			continue  # the same bytes written otherwise
		refused(server, token)
		assert server.new_api().request("POST", "/jwt-api-token-refresh/", {"token": token}, authorization="").status == 400
	assert server.new_api().request("GET", AREAS, authorization="JWT " + good).status == 200


@pytest.mark.settings(jwt_lifetime="1s")
def test_expired_web_tokens(server):
	token = login(server, "admin", PASSWORD, LOGINS[1]).json()["token"]
	wait_until(lambda: server.new_api().request("GET", AREAS, authorization="JWT " + token).status == 401, 5)
	refused(server, token)


def test_credentials_in_the_address_are_not_looked_at(server):
	"""They would stand in logs and histories."""
	token = login(server, "admin", PASSWORD).json()["token"]
	jwt = login(server, "admin", PASSWORD, LOGINS[1]).json()["token"]
	for name in ("token", "access_token", "auth_token", "api_key", "apikey", "key", "jwt", "Authorization", "authorization", "session", "sessionid"):
		for value in (token, jwt, "Token " + token, "JWT " + jwt):
			r = server.new_api().request("GET", AREAS, params={name: value}, authorization="")
			assert r.status == 401, (name, r)
		r = server.new_api().request("GET", AREAS, headers={"Cookie": "%s=%s" % (name, token)}, authorization="")
		assert r.status == 401, name
	assert server.new_api().request("GET", AREAS, params={"username": "admin", "password": PASSWORD}, authorization="").status == 401
	r = server.new_api().request("POST", LOGINS[0] + "?username=admin&password=" + PASSWORD.replace(" ", "%20"), authorization="")
	assert r.status == 400 and "token" not in r.json()
	assert token not in server.log() and jwt not in server.log()


def test_methods_are_what_the_request_line_says(server):
	"""No override by header or parameter turns a read into a write."""
	server.api.post("/personnel/api/departments/", {"dept_code": "9", "dept_name": "x"})
	target = "/personnel/api/departments/%d/" % server.value("select id from department where code = '9'")
	for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
		server.api.request("GET", target, headers={name: "DELETE"})
		server.api.request("GET", target, params={"_method": "DELETE", "method": "DELETE"})
	assert server.value("select count(*) from department where code = '9'") == 1


def test_hmac_of_the_test_is_right():
	"""forge() itself: with the right key it would be accepted elsewhere."""
	key = hashlib.sha256(b"k").digest()
	token = forge({"alg": "HS256"}, {"a": 1}, key)
	text, signature = token.rsplit(".", 1)
	assert b64(hmac.new(key, text.encode(), "sha256").digest()) == signature
