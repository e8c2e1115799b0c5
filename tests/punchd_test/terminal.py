"""A terminal, as it writes on the wire: request heads by hand, one socket per request."""

from .net import Connection, Reply
from .wait import wait_until

HEAD = (
	"Host: %(host)s\r\n"
	"User-Agent: iClock Proxy/1.09\r\n"
	"Connection: close\r\n"
	"Accept: */*\r\n"
)


class Terminal:
	"""terminal.push("ATTLOG", "7\\t2024-05-02 08:59:58\\t0\\t1") == "OK: 1" """

	def __init__(self, server, sn, approve=True, address=None, push_version="2.4.1"):
		self.server = server
		self.sn = sn
		self.wants_approval = approve
		self.address = address or server.device_address
		self.push_version = push_version

	# ---------------------------------------------------------------- requests

	def request_bytes(self, method, target, body=b"", headers=None, content_length=True):
		"""The request as a terminal writes it; headers is text with CRLFs, or None."""
		if isinstance(body, str):
			body = body.encode("utf-8")
		if isinstance(target, str):
			target = target.encode("utf-8")
		head = headers if headers is not None else HEAD % {"host": "%s:%d" % self.address}
		if method == "POST" and content_length:
			head += "Content-Length: %d\r\n" % len(body)
		return (method.encode() + b" " + target + b" HTTP/1.1\r\n" + head.encode("latin-1")
			+ b"\r\n" + body)

	def raw(self, method, target, body=b"", headers=None, timeout=30.0):
		"""One exchange on a connection of its own; the reply is checked as 0.8 wants it."""
		with Connection(self.address, timeout) as c:
			c.send(self.request_bytes(method, target, body, headers))
			reply = c.read_reply(head_only=method == "HEAD")
		check_reply(reply)
		return reply

	def connect(self, timeout=30.0):
		return Connection(self.address, timeout)

	# ---------------------------------------------------------------- protocol

	def handshake(self, query=None):
		"""GET cdata with options=all; returns the option block as text."""
		if query is None:
			query = "options=all&language=69&pushver=%s&DeviceType=att&PushOptionsFlag=1" % (
				self.push_version)
		return self.raw("GET", "/iclock/cdata?SN=%s&%s" % (self.sn, query)).text

	def options(self, block=None):
		"""The option block as a dictionary."""
		lines = (block if block is not None else self.handshake()).split("\n")
		assert lines[0] == "GET OPTION FROM: " + self.sn, lines[0]
		return dict(line.split("=", 1) for line in lines[1:] if line)

	def register(self):
		"""Handshake, and approval by REST unless the terminal was made without."""
		block = self.handshake()
		assert block.startswith("GET OPTION FROM: %s\n" % self.sn), block
		if self.wants_approval:
			self.approve()
			block = self.handshake()
		return block

	def approve(self, area=2):
		"""Moves it to an area, and waits until that is known where it polls: on approval it is asked
		for what it uploaded while it waited. Those commands are answered, and returned."""
		self.server.api.patch("/iclock/api/terminals/%d/" % self.id, {"area": area})
		commands = wait_until(self.poll, 10, "%s is asked again after its approval" % self.sn)
		self.ack(*[(c[0], 0, c[1].split(" ")[0]) for c in commands])
		return [c[1] for c in commands]

	def suspend(self):
		"""Moves it to the flagged area, and waits until that is known where it polls (its log needs
		log_level info for that)."""
		self.server.api.patch("/iclock/api/terminals/%d/" % self.id, {"area": 1})

		def known():
			self.handshake()
			seen = [x for x in self.server.log().splitlines() if "handshake sn=%s " % self.sn in x]
			return seen and "approved=no" in seen[-1]
		wait_until(known, 10, "the suspension of %s is known" % self.sn)

	@property
	def row(self):
		"""The terminal as REST shows it, None when the server does not know it."""
		rows = self.server.api.get("/iclock/api/terminals/", sn=self.sn)["data"]
		return rows[0] if rows else None

	@property
	def id(self):
		return wait_until(lambda: self.row, what="terminal %s is known" % self.sn)["id"]

	def push(self, table, *lines, stamp="9999", query=""):
		"""Uploads lines (each gets its LF, unless bytes are given) and returns the reply's text."""
		if len(lines) == 1 and isinstance(lines[0], bytes):
			body = lines[0]
		else:
			body = "".join(line + "\n" for line in lines).encode("utf-8")
		return self.raw("POST", self.push_target(table, stamp, query), body).text

	def push_target(self, table, stamp="9999", query=""):
		return "/iclock/cdata?SN=%s&table=%s&Stamp=%s%s" % (self.sn, table, stamp, query)

	def poll(self, info=None):
		"""getrequest; returns [(id, command), ...] in order, [] for OK."""
		target = "/iclock/getrequest?SN=" + self.sn
		if info is not None:
			target += "&INFO=" + info
		return commands_of(self.raw("GET", target).text)

	def ack(self, *results):
		"""devicecmd; results are (id, return value, CMD) or (id, return value)."""
		body = "".join(
			"ID=%s&Return=%s&CMD=%s\n" % (r[0], r[1], r[2] if len(r) > 2 else "DATA")
			for r in results)
		return self.raw("POST", "/iclock/devicecmd?SN=" + self.sn, body).text

	def poll_until(self, wanted, timeout=10.0):
		"""Polls until a command contains `wanted`; answers the others with 0. Returns (id, text)."""
		def found():
			hit = None
			for cid, text in self.poll():
				if wanted in text and not hit:
					hit = (cid, text)
				else:
					self.ack((cid, 0, text.split(" ")[0]))
			return hit
		return wait_until(found, timeout, "command with %r for %s" % (wanted, self.sn), 0.1)

	def obey(self, timeout=10.0, quiet=3):
		"""Polls and answers everything with 0 until `quiet` polls bring nothing; returns the texts."""
		seen, empty = [], 0

		def done():
			nonlocal empty
			commands = self.poll()
			empty = 0 if commands else empty + 1
			for cid, text in commands:
				seen.append(text)
				self.ack((cid, 0, text.split(" ")[0]))
			return empty >= quiet
		wait_until(done, timeout, "the queue of %s is empty" % self.sn, 0.1)
		return seen


def commands_of(text):
	if text.strip() in ("OK", ""):
		return []
	commands = []
	for line in text.split("\n"):
		if not line:
			continue
		assert line.startswith("C:"), "not a command line: %r" % line
		_, cid, command = line.split(":", 2)
		commands.append((cid, command))
	return commands


def check_reply(reply):
	"""What every answer to a terminal must look like (adms-push 0.8)."""
	assert reply.status in (200, 400, 404, 406, 413), reply
	assert "date" in reply.headers and reply.headers["date"].endswith(" GMT"), reply.raw_head
	assert "content-length" in reply.headers, reply.raw_head
	assert reply.headers.get("content-type", "").split(";")[0] in ("text/plain", "image/jpeg"), (
		reply.raw_head)
	assert "transfer-encoding" not in reply.headers, reply.raw_head
	assert "content-encoding" not in reply.headers, reply.raw_head


__all__ = ["Terminal", "Reply", "commands_of", "check_reply"]
