"""JSON web tokens: what is accepted as one, new keys while the server runs, and the end of the old ones."""

import base64
import hashlib
import hmac
import json
import time

import pytest

from punchd_test.server import PASSWORD
from punchd_test.wait import wait_until

A = "/personnel/api/areas/"


def b64(data):
	return base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=").decode()


def parts(token):
	return [json.loads(base64.urlsafe_b64decode(p + "=" * (-len(p) % 4))) for p in token.split(".")[:2]]


def login(server):
	r = server.api.request("POST", "/jwt-api-token-auth/", {"username": "admin", "password": PASSWORD}, authorization="")
	return r.json()["token"]


def status(server, token):
	return server.api.request("GET", A, authorization="JWT " + token).status


def test_what_is_not_ours(server):
	token = login(server)
	head, claims, signature = token.split(".")
	header, said = parts(token)
	assert status(server, token) == 200 and header == {"typ": "JWT", "alg": "HS256"}
	forged = [head + "." + claims + ".", head + "." + claims, head + "." + claims + "." + signature[:-2] + "AA", "..", "a.b.c", token + ".", "." + token,
		head + "." + b64({**said, "user_id": 2}) + "." + signature, head + "." + b64({**said, "exp": said["exp"] + 1}) + "." + signature]
	for changed in ({"alg": "none"}, {"alg": "None"}, {"alg": ""}, {"alg": "HS512"}, {"alg": "HS384"}, {"alg": "RS256"}, {"alg": "ES256"}, {"alg": None},
			{"alg": "HS256", "kid": "../../../../dev/null"}, {"kid": "' or 1=1--"}, {"kid": "k" * 3000}, {"kid": 7}, {"kid": ""}, {"kid": "0" * 16}):
		other = b64({**header, **changed})
		forged += [other + "." + claims + ".", other + "." + claims + "." + signature]
		for key in (b"", b"secret", b"\0" * 32, b"jwt", b"your-256-bit-secret"):
			for digest in (hashlib.sha256, hashlib.sha512):
				forged.append("%s.%s.%s" % (other, claims, b64(hmac.new(key, (other + "." + claims).encode(), digest).digest())))
	for text in forged:
		r = server.api.request("GET", A, authorization="JWT " + text)
		assert r.status == 401 and r.json()["detail"] in ("Error decoding signature.", "Invalid token."), (text, r)
		r = server.api.request("POST", "/jwt-api-token-refresh/", {"token": text}, authorization="")
		assert r.status == 400, (text, r)


@pytest.mark.settings(jwt_lifetime="1s")
def test_an_expired_one(server):
	token = login(server)
	wait_until(lambda: time.time() > parts(token)[1]["exp"])
	r = server.api.request("GET", A, authorization="JWT " + token)
	assert r.status == 401 and r.json() == {"detail": "Signature has expired."}


@pytest.mark.slow
def test_new_keys_while_the_server_runs(server):
	old = login(server)
	assert server.command("key", "jwt").returncode == 0
	new = wait_until(lambda: next((t for t in [login(server)] if "kid" in parts(t)[0]), None), 30)
	header = parts(new)[0]
	assert list(header) == ["typ", "alg", "kid"] and len(header["kid"]) == 16
	# a name that is another's, or nobody's
	for kid in ("0" * 16, "", 7, None, "k" * 3000):
		assert status(server, b64({**header, "kid": kid}) + new[new.index("."):]) == 401, kid
	assert status(server, old) == status(server, new) == 200
	server.restart()
	assert status(server, old) == status(server, new) == 200
	assert parts(login(server))[0]["kid"] == parts(new)[0]["kid"]
	refreshed = server.api.request("POST", "/jwt-api-token-refresh/", {"token": old}, authorization="").json()["token"]
	assert parts(refreshed)[0]["kid"] == parts(new)[0]["kid"]
	r = server.command("key", "jwt", "--end-others")
	assert r.returncode == 0, r.stderr
	wait_until(lambda: status(server, old) == status(server, new) == 401, 30)
	assert status(server, login(server)) == 200
	server.restart()
	assert status(server, old) == status(server, new) == 401


def test_there_are_not_too_many_keys(server):
	for n in range(7):
		assert server.command("key", "jwt").returncode == 0, n
	r = server.command("key", "jwt")
	assert r.returncode == 1 and "--end-others" in r.stderr
	server.restart()
	assert status(server, login(server)) == 200
	assert server.value("select count(*) from secret where name like 'jwt%'") == 8
