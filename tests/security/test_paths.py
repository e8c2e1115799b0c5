"""Files of the machine, read or written through anything that looks like a path (ZKBio Time's record:
unauthenticated arbitrary file read by /iclock/file?SN=..&url=.., in CISA's list of exploited holes)."""

import base64
import itertools
import os

import pytest

from punchd_test.net import Connection
from punchd_test.rest import Api

SECRET = "planted-file-content-7f3a9c"
DOTS = ["../", "..\\", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "%252e%252e%252f", "..%252f", "..%c0%af", "%c0%ae%c0%ae/",
	"..%u2215", "....//", "...\\.\\", ".%00./", "..;/", "..//", "./../", "%2e./"]
TARGETS = ["etc/passwd", "proc/self/environ", "etc/passwd%00.jpg", "windows/win.ini"]
PREFIXES = ["/", "file:///", "file://localhost/", "C:\\", "\\\\127.0.0.1\\c$\\", "", "~/", "/iclock/../", "//", "/proc/self/root/",
	"http://127.0.0.1:1/", "php://filter/resource=/"]


def spellings(path=""):
	"""At least 200 ways to write a path that leads out of wherever one is; then those of `path`."""
	found = [dots * depth + target for dots in DOTS for depth in (1, 4, 9) for target in TARGETS]
	found += [prefix + target for prefix in PREFIXES for target in TARGETS]
	for form in (path, base64.b64encode(path.encode()).decode(), path.replace("/", "%2f"), path.replace("/", "//"),
			".." + path, "../" * 12 + path.lstrip("/"), "file://" + path, path + "%00", path + "%20", path + "."):
		found += [form] if path else []
	return found


@pytest.fixture
def planted(server):
	path = os.path.join(server.dir, "planted.txt")
	with open(path, "w", encoding="utf-8") as f:
		f.write(SECRET)
	return path


def is_leak(body):
	return SECRET.encode() in body or b"root:x:0" in body or b"PUNCHD_" in body or b"[fonts]" in body


class Wire:
	"""Requests as they stand, on one connection while it lasts."""

	def __init__(self, address):
		self.address = address
		self.connection = None

	def get(self, target, method="GET", head="", body=b""):
		if self.connection is None:
			self.connection = Connection(self.address)
		self.connection.send(("%s %s HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n%sContent-Length: %d\r\n\r\n" % (
			method, target, head, len(body))).encode("latin-1") + body)
		reply = self.connection.read_reply(head_only=method == "HEAD")
		if reply.headers.get("connection") != "keep-alive":
			self.connection.close()
			self.connection = None
		return reply


def test_there_are_enough_spellings():
	assert len(set(spellings("/tmp/x"))) >= 200


def test_files_of_the_machine_through_iclock(server, terminal, planted):
	"""Without a login, as a stranger, and as an approved terminal."""
	terminal.register()
	wire = Wire(server.address)
	for sn, spelling in itertools.product((terminal.sn, "STRANGER1"), spellings(planted)):
		raw = spelling.replace(" ", "%20")
		for target in ("/iclock/file?SN=%s&url=%s" % (sn, raw), "/iclock/%s?SN=%s" % (raw, sn),
				"/iclock/file/%s?SN=%s" % (raw, sn), "/iclock/photo/%s?SN=%s" % (raw, sn)):
			reply = wire.get(target)
			assert not is_leak(reply.body), target
			assert reply.status in (200, 400, 403, 404) and len(reply.body) < 4096, (target, reply)
			assert reply.status != 200 or reply.text in ("OK", "ERROR: not authorised"), (target, reply)


def test_files_of_the_machine_below_every_prefix(server, planted):
	"""The web server's own paths; nothing is served from a directory, so nothing may be found."""
	wire = Wire(server.address)
	auth = "Authorization: %s\r\n" % server.new_api().login().authorization
	for prefix in ("/", "/api/docs/", "/files/", "/static/", "/media/", "/personnel/api/employees/", "/iclock/api/attphotos/"):
		for spelling in spellings(planted):
			reply = wire.get(prefix + spelling.replace(" ", "%20"), head=auth)
			assert not is_leak(reply.body), prefix + spelling
			assert reply.status in (400, 401, 403, 404, 405, 200), (prefix, spelling, reply)
			if reply.status == 200:  # "/api/docs/" + "" and its kin: our own page
				assert prefix == "/api/docs/" or b"<!DOCTYPE html>" in reply.body, (prefix, spelling)


PATH_WORDS = ("file", "path", "photo", "url", "name", "dir", "template", "picture", "image", "export", "report")


def looks_like_a_path(name):
	return any(word in name.lower() for word in PATH_WORDS)


def test_every_parameter_that_looks_like_a_path(server, planted):
	from punchd_test.openapi import Document
	document = Document(server.api)
	tried = 0
	some = spellings(planted)[::7] + [planted]
	for o in document.operations():
		if o.method != "GET" or "{" in o.path or o.path.startswith(("/staff/", "/docs/", "/api/docs")):
			continue
		names = [p["name"] for p in o.spec.get("parameters", []) if p["in"] == "query" and looks_like_a_path(p["name"])]
		for name, value in itertools.product(names + ["file", "path", "url"], some if names else some[:6]):
			r = server.api.request("GET", o.path, params={name: value, "page_size": 1})
			assert r.status in (200, 400), (o, name, value, r)
			assert not is_leak(r.body), (o, name, value)
			tried += 1
	assert tried > 300, tried


def test_nothing_is_written_where_names_say(server, terminal, planted):
	"""Upload names, zip entries, PINs and photos' names: none of them becomes a file's."""
	terminal.register()
	before = {d: sorted(os.listdir(d)) for d in ("/tmp", "/etc", server.dir, "/")}
	for spelling in spellings(planted):
		name = spelling.replace("%00", "\0").replace(" ", "")
		body = ("PIN=%s\nSN=%s\nsize=10\nCMD=uploadphoto\0" % (name, terminal.sn)).encode("utf-8", "replace") + b"\xff\xd8" + b"x" * 8
		terminal.raw("POST", "/iclock/cdata?SN=%s&table=ATTPHOTO&Stamp=1" % terminal.sn, body)
		terminal.raw("POST", "/iclock/fdata?SN=%s&table=ATTPHOTO&PIN=%s" % (terminal.sn, spelling.replace(" ", "%20")), b"\xff\xd8x")
		terminal.push("USERPIC", "PIN=1\tFileName=%s\tSize=8\tContent=/9j/4AAQ" % name.replace("\0", ""))
	with open(planted, encoding="utf-8") as f:
		assert f.read() == SECRET
	for directory in ("/etc", server.dir, "/"):
		assert sorted(os.listdir(directory)) == before[directory], directory
	ours = [n for n in os.listdir("/tmp") if n not in before["/tmp"] and not n.startswith(("punchd-", "pytest"))]
	assert not [n for n in ours if "photo" in n or n.endswith((".jpg", ".ini"))], ours


def test_photos_need_their_token(server, terminal):
	"""Guessing ids is of no use; the address of a photo holds a hash."""
	api = Api(server.address)
	for name in ("1-1-99999999999-%s.jpg" % ("0" * 64), "1.jpg", "1-1-1-.jpg", "-1-1-1-%s.jpg" % ("f" * 64)):
		assert api.request("GET", "/iclock/photo/" + name, authorization="").status == 404
