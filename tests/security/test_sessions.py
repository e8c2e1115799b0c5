"""Logins of web pages: what a browser gets, keeps and sends, and what another site can make it send."""

import re

import pytest

from punchd_test.server import PASSWORD
from punchd_test.terminal import Terminal

S, A = "/base/api/session/", "/personnel/api/areas/"
CSRF = {"detail": "CSRF Failed: CSRF token missing or incorrect."}


class Browser:
	def __init__(self, server, api=None):
		self.api = api or server.new_api()
		self.cookies, self.csrf = {}, None

	def request(self, method, path, body=None, csrf=True, **headers):
		head = {name.replace("_", "-"): value for name, value in headers.items()}
		if self.cookies:
			head.setdefault("Cookie", "; ".join("%s=%s" % c for c in self.cookies.items()))
		if csrf and self.csrf and method != "GET":
			head.setdefault("X-CSRFToken", self.csrf)
		r = self.api.request(method, path, body, headers=head, authorization="")
		for line in [v for k, v in r.headers.items() if k.lower() == "set-cookie"]:
			name, value = re.match(r"([^=]+)=([^;]*)", line).groups()
			self.cookies[name] = value
			if "Max-Age=0" in line:
				del self.cookies[name]
			self.attributes = line
		return r

	def login(self, user="admin", password=PASSWORD, **more):
		r = self.request("POST", S, {"username": user, "password": password}, **more)
		if r.status == 200:
			self.csrf = r.json()["csrf_token"]
		return r

	@property
	def id(self):
		return next(iter(self.cookies.values()))


@pytest.fixture
def browser(server):
	return Browser(server)


def area(n):
	return {"area_code": "s%d" % n, "area_name": "s"}


def test_a_day_of_a_page(server, browser):
	assert browser.request("GET", A).status == 401
	r = browser.login()
	assert r.status == 200 and r.json()["username"] == "admin" and r.json()["is_superuser"] is True
	assert re.fullmatch("punchd_session=[0-9a-f]{64}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict", browser.attributes)
	assert browser.request("GET", A).status == 200
	assert browser.request("GET", S).json()["csrf_token"] == browser.csrf
	assert browser.request("POST", A, area(1)).status == 201
	kept = dict(browser.cookies)
	r = browser.request("DELETE", S)
	assert r.status == 204 and "Max-Age=0" in browser.attributes and not browser.cookies
	browser.cookies = kept
	assert browser.request("GET", A).status == 401
	assert server.value("select count(*) from page_session") == 0


def test_the_id_is_nowhere_but_in_the_cookie(server, browser):
	browser.login()
	assert browser.id not in str(server.sql("select * from page_session")) and browser.id not in server.log()
	assert browser.id not in browser.request("GET", S).text


def test_what_another_site_can_send_changes_nothing(server, browser):
	assert browser.request("POST", S, {"username": "admin", "password": PASSWORD}, Origin="http://evil.example").json() == CSRF
	browser.login()
	own = server.url
	for headers in ({"csrf": False}, {"X_CSRFToken": ""}, {"X_CSRFToken": "0" * 64}, {"X_CSRFToken": browser.csrf[:-1]},
			{"X_CSRFToken": browser.csrf + "0"}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": own + ".evil.example"},
			{"Origin": own.replace("http:", "https:")}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}):
		for method, path, body in (("POST", A, area(2)), ("DELETE", A + "2/", None), ("PATCH", A + "2/", {"area_name": "x"}), ("DELETE", S, None)):
			r = browser.request(method, path, body, **headers)
			assert r.status == 403 and r.json() == CSRF, (headers, method, r)
	assert server.value("select count(*) from area") == 2
	assert browser.request("POST", A, area(3), Origin=own, Sec_Fetch_Site="same-origin").status == 201
	other = Browser(server)
	other.login()
	assert browser.request("POST", A, area(4), X_CSRFToken=other.csrf).json() == CSRF
	assert "access-control-allow-origin" not in {k.lower() for k in browser.request("GET", A, Origin="http://evil.example").headers}


def test_an_id_is_never_taken_over(server, browser):
	browser.cookies = {"punchd_session": "ab" * 32}
	browser.login()
	first = browser.id
	assert first != "ab" * 32
	browser.login()
	assert browser.id != first


def test_cookies_that_are_none(server, browser):
	browser.login()
	good = browser.id
	for cookie in ("", "punchd_session", "punchd_session=", "punchd_session=" + good[:-1], "punchd_session=" + good + "0", "punchd_session=" + good.upper(),
			"punchd_session=%s; punchd_session=%s" % (good, "ab" * 32), "xpunchd_session=" + good, "punchd_session=" + "'or 1=1--".ljust(64, "0"),
			"__Host-punchd_session=" + good, "punchd_session=" + "0" * 4000):
		assert browser.request("GET", A, Cookie=cookie).status == 401, cookie
	assert browser.request("GET", A, Cookie="a=b; punchd_session=%s; c" % good).status == 200


def test_a_header_wins(server, browser):
	browser.login()
	assert browser.api.request("GET", A, headers={"Cookie": "punchd_session=" + browser.id}, authorization="Token " + "0" * 40).status == 401


@pytest.mark.settings(session_lifetime="1h", session_idle="10m")
def test_sessions_end(server, browser):
	def ended(change, *args):
		browser.login()
		server.sql(change, *args)
		wait = Browser(server)
		wait.login()  # not remembered for a moment longer
		wait.request("DELETE", S)
		return browser.request("GET", A).status == 401
	assert ended("update page_session set last_used = now() - interval '11 minutes'")
	assert ended("update page_session set expires = now()")
	assert ended("update account set token_generation = token_generation + 1 where name = 'admin'")
	assert not ended("update page_session set last_used = now() - interval '9 minutes'")
	assert server.value("select now() - max(last_used) < interval '1 minute' from page_session"), "use keeps it alive"
	assert ended("update account set active = false where name = 'admin'")
	assert browser.login().status == 400


def test_a_new_password_ends_them(server, browser, tmp_path):
	new = tmp_path / "p"
	new.write_text("another-Password-1")
	browser.login()
	assert server.command("user", "passwd", "admin", "--password-file", str(new)).returncode == 0
	other = Browser(server)
	assert other.login().status == 400 and other.login(password="another-Password-1").status == 200
	other.request("DELETE", S)
	assert browser.request("GET", A).status == 401


def test_of_many_the_oldest_ends(server):
	many = [Browser(server) for _ in range(21)]
	for b in many:
		assert b.login().status == 200
	assert server.value("select count(*) from page_session") == 20
	assert many[-1].request("GET", A).status == 200
	assert many[0].request("GET", A).status == 401


def test_wrong_passwords_are_told_as_everywhere(server, browser):
	r = browser.login(password="wrong")
	assert r.status == 400 and r.json() == {"non_field_errors": ["Unable to log in with provided credentials."]}
	assert browser.login(user="nobody", password="wrong").json() == r.json()
	assert not browser.cookies


def test_terminals_know_no_cookies(server, browser):
	browser.login()
	terminal = Terminal(server, "COOKIE0001", approve=False)
	terminal.handshake()
	r = terminal.raw("GET", "/iclock/getrequest?SN=COOKIE0001", headers="Cookie: punchd_session=%s\r\n" % browser.id)
	assert r.text == "OK"


@pytest.mark.settings(trusted_proxies="127.0.0.1")
def test_over_https(browser):
	"""(test_tls.py has the transport itself)"""
	secure = {"X_Forwarded_Proto": "https"}
	assert browser.login(**secure).status == 200
	assert browser.attributes.startswith("__Host-punchd_session=") and browser.attributes.endswith("; Secure")
	assert browser.request("GET", A, **secure).status == 200
	assert browser.request("GET", A).status == 401, "not over plain HTTP"
	assert browser.request("GET", A, Cookie="punchd_session=" + browser.id, **secure).status == 401
