"""What the watch over the terminals tells, and how to make it speak."""

import socket

from .net import Connection
from .wait import wait_until

PATH = "/iclock/api/alerts/"


def alerts(server, kind=None, **params):
	rows = server.api.get(PATH, page_size=1000, ordering="id", **params, **({"kind": kind} if kind else {}))["data"]
	return rows


def alert(server, kind, timeout=10):
	"""The only one of a kind, when it comes."""
	rows = wait_until(lambda: alerts(server, kind), timeout, "an alert %s" % kind)
	assert len(rows) == 1, rows
	return rows[0]


def from_address(t, address, target):
	"""A request of the terminal from another address of the loopback."""
	c = Connection.__new__(Connection)
	c.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
	c.sock.settimeout(30)
	c.sock.bind((address, 0))
	c.sock.connect(t.address)
	c.rest = b""
	with c:
		c.send(t.request_bytes("GET", target))
		return c.read_reply().text


def oplog(server, t, code, *objects, operator="0", when=None):
	when = when or server.value("select to_char(now() at time zone 'Asia/Kolkata', 'YYYY-MM-DD HH24:MI:SS')")
	objects = (list(objects) + ["0"] * 4)[:4]
	assert t.push("OPERLOG", "OPLOG %d\t%s\t%s\t%s" % (code, operator, when, "\t".join(objects))) == "OK: 1"
