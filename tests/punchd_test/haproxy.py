"""Headers of the PROXY protocol, and the real HAProxy as a child process."""

import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile

from .net import free_port
from .wait import wait_until

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def line(client):
	"""Version 1."""
	return b"PROXY %s %s %s 40000 8081\r\n" % (b"TCP6" if ":" in client else b"TCP4", client.encode(), client.encode())


def block(client=None, command=1, kind=None, values=b""):
	"""Version 2, with type-length-values behind the addresses."""
	if client is None:
		kind, body = kind or 0, b""
	else:
		family = socket.AF_INET6 if ":" in client else socket.AF_INET
		packed = socket.inet_pton(family, client)
		kind, body = kind or (0x21 if ":" in client else 0x11), packed + packed + struct.pack("!HH", 40000, 8081)
	body += values
	return SIGNATURE + struct.pack("!BBH", 0x20 | command, kind, len(body)) + body


class HAProxy:
	"""In TCP mode; ways: (options of its connection to punchd, port of punchd), one port each."""

	def __init__(self, *ways):
		self.dir = tempfile.mkdtemp(prefix="haproxy-", dir="/tmp")
		self.addresses = [("127.0.0.1", free_port()) for _ in ways]
		config = ["global", "  stats socket %s/stats" % self.dir, "defaults", "  mode tcp", "  timeout connect 10s", "  timeout client 60s",
			"  timeout server 60s"]
		for i, ((options, port), address) in enumerate(zip(ways, self.addresses)):
			config += ["listen way%d" % i, "  bind %s:%d" % address, "  option httpchk GET /healthz", "  http-check expect rstatus ^(200|404)",
				"  server punchd 127.0.0.1:%d check inter 200ms %s" % (port, options)]
		path = os.path.join(self.dir, "haproxy.cfg")
		with open(path, "w", encoding="utf-8") as f:
			f.write("\n".join(config) + "\n")
		self.process = subprocess.Popen(["/usr/sbin/haproxy", "-db", "-f", path], stdin=subprocess.DEVNULL,
			stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
		wait_until(lambda: os.path.exists(self.dir + "/stats"), 20, "HAProxy runs")

	def states(self):
		"""What its health checks say of each way; L7OK: answered (the terminals' port has no /healthz)."""
		with socket.socket(socket.AF_UNIX) as s:
			s.connect(self.dir + "/stats")
			s.sendall(b"show stat\n")
			text = b"".join(iter(lambda: s.recv(65536), b"")).decode()
		rows = [row.split(",") for row in text.lstrip("# ").splitlines() if row]
		return [dict(zip(rows[0], row))["check_status"] for row in rows[1:] if row[1] == "punchd"]

	def stop(self):
		self.process.send_signal(signal.SIGTERM)
		self.process.wait(20)
		shutil.rmtree(self.dir, ignore_errors=True)
