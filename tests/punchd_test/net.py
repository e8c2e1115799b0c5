"""Ports below the kernel's ephemeral range, and raw exchanges over a socket."""

import itertools
import os
import re
import socket

_worker = int((re.findall(r"\d+", os.environ.get("PYTEST_XDIST_WORKER", "")) or ["0"])[0])
# each worker of a run has a range of its own; the process id keeps two runs apart
_ports = itertools.cycle(
	range(11000 + (os.getppid() % 20) * 1000 + _worker % 8 * 120,
		11000 + (os.getppid() % 20) * 1000 + _worker % 8 * 120 + 120))


def free_port():
	for port in itertools.islice(_ports, 120):
		with socket.socket() as s:
			s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
			try:
				s.bind(("127.0.0.1", port))
				return port
			except OSError:
				continue
	raise RuntimeError("no free port on the loopback interface")


def unread(sock):
	"""Bytes that the peer of this connection has not taken yet; IPv4 on this machine."""
	mine = "%08X:%04X" % (int.from_bytes(socket.inet_aton(sock.getsockname()[0]), "little"), sock.getsockname()[1])
	with open("/proc/net/tcp", encoding="utf-8") as f:
		for words in map(str.split, f):
			if words[2] == mine:
				return int(words[4].split(":")[1], 16)
	return 0


class Reply:
	"""An HTTP reply: status, headers (lower-case names), body (bytes)."""

	def __init__(self, status, reason, headers, body, version, raw_head):
		self.status = status
		self.reason = reason
		self.headers = headers
		self.body = body
		self.version = version
		self.raw_head = raw_head

	@property
	def text(self):
		return self.body.decode("utf-8")

	def __repr__(self):
		return "<%d %r>" % (self.status, self.body[:200])


class Closed(Exception):
	"""The server closed the connection; .received is what came before."""

	def __init__(self, received):
		super().__init__("connection closed after %r" % (received[:200],))
		self.received = received


class Connection:
	"""One TCP connection on which requests are sent byte by byte."""

	def __init__(self, address, timeout=30.0, rcvbuf=None):
		self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
		if rcvbuf:
			self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
		self.sock.settimeout(timeout)
		self.sock.connect(address)
		self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		self.rest = b""

	def __enter__(self):
		return self

	def __exit__(self, *exc):
		self.close()

	def close(self):
		self.sock.close()

	def reset(self):
		"""Ends the connection with RST instead of FIN."""
		self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
		self.sock.close()

	def send(self, data):
		self.sock.sendall(data)

	def _more(self):
		try:
			data = self.sock.recv(65536)
		except ConnectionResetError:
			data = b""
		if not data:
			raise Closed(self.rest)
		self.rest += data

	def read_head(self):
		while b"\r\n\r\n" not in self.rest:
			self._more()
		head, self.rest = self.rest.split(b"\r\n\r\n", 1)
		return head

	def read_exactly(self, n):
		while len(self.rest) < n:
			self._more()
		data, self.rest = self.rest[:n], self.rest[n:]
		return data

	def read_chunked(self):
		body = b""
		while True:
			while b"\r\n" not in self.rest:
				self._more()
			size, self.rest = self.rest.split(b"\r\n", 1)
			n = int(size, 16)
			piece = self.read_exactly(n + 2)
			assert piece.endswith(b"\r\n"), "a chunk does not end in CRLF"
			if n == 0:
				return body
			body += piece[:-2]

	def read_reply(self, head_only=False):
		head = self.read_head()
		lines = head.decode("latin-1").split("\r\n")
		version, status, reason = (lines[0].split(" ", 2) + [""])[:3]
		headers = {}
		for line in lines[1:]:
			name, value = line.split(":", 1)
			assert name.lower() not in headers or name.lower() in ("set-cookie", "warning"), (
				"header twice: " + name)
			headers[name.lower()] = value.strip()
		if head_only or int(status) in (204, 304):
			body = b""
		elif headers.get("transfer-encoding", "").lower() == "chunked":
			body = self.read_chunked()
		elif "content-length" in headers:
			body = self.read_exactly(int(headers["content-length"]))
		else:
			try:
				while True:
					self._more()
			except Closed:
				body, self.rest = self.rest, b""
		return Reply(int(status), reason, headers, body, version, head)

	def closed_by_peer(self, timeout=5.0):
		"""True when the server closes without sending anything further."""
		self.sock.settimeout(timeout)
		try:
			return self.sock.recv(1) == b""
		except ConnectionResetError:
			return True
		except socket.timeout:
			return False
