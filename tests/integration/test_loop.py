"""Nobody holds up the loop: however an upload is made, others are answered between its pieces.

Measured is the processor time of the longest turn of the loop, which the metrics tell: how busy the
machine is makes no difference.
"""

import re

import pytest

from punchd_test.wait import wait_until

MIB = 1 << 20


def most(size):
	"""Seconds of the ASan build, in which libpq's own copy of a megabyte takes several milliseconds; the
	release build takes less than a tenth of it."""
	return 0.2 + 0.01 * (size >> 20)


def longest_turn(server):
	"""In seconds, since it was asked for the last time."""
	return int(re.search("^punchd_loop_longest_turn_us (.*)$", server.api.raw("GET", "/metrics").text, re.M)[1]) / 1e6


def longest_while(server, exchange):
	"""What exchange() returns, and the longest turn meanwhile."""
	longest_turn(server)
	said = exchange()
	longest = longest_turn(server)
	print("longest turn %.1f ms" % (longest * 1000))
	return said, longest


def upload(terminal, table, body, query=""):
	"""The reply's text; patient, for the machine may be busy."""
	return terminal.raw("POST", terminal.push_target(table, query=query), body, timeout=110).text


def oplog(n):
	return b"".join(b"OPLOG 4\t0\t2026-11-%02d %02d:%02d:%02d\t0\t0\t0\t0\n" % (
		i // 86400 + 1, i // 3600 % 24, i // 60 % 60, i % 60) for i in range(n))


def junk(n):
	return b"".join(b"%x\tjunk\n" % (i * 7919) for i in range(n))


UPLOADS = [
	("ATTLOG", b"".join(b"%c\n" % (97 + i % 26) for i in range(300000)), "OK: 300000"),
	("ATTLOG", junk(20000), "OK: 20000"),
	("ATTLOG", b"7\t2026-11-02 08:00:00\t" + b"x" * (16 * MIB) + b"\n7\t2026-11-02 08:00:01\t0\t1\n", "OK: 2"),
	("ATTLOG", b"\n" * (20 * MIB) + b" " * (10 * MIB) + b"\n7\t2026-11-02 08:00:02\t0\t1\n", "OK: 1"),
	("OPERLOG", oplog(20000), "OK: 20000"),
	("OPERLOG", b"\r\n" * (10 * MIB) + b"OPLOG 4\t0\t2026-11-02 08:00:00\t0\t0\t0\t0\n", "OK: 1"),
	("OPERLOG", b"USER PIN=1\tName=" + b"n" * (20 * MIB) + b"\n", "OK: 1"),
	("OPERLOG", b"FP PIN=1\tFID=1\tValid=1\tTMP=" + b"A" * (900 << 10) + b"\n", "OK: 1"),
	("BIODATA", b"BIODATA Pin=1\tNo=0\tIndex=0\tValid=1\tType=9\tTmp=" + b"A" * (30 * MIB) + b"\n", "OK: 1"),
	("BIODATA", b"BIODATA Pin=1\tNo=0\tIndex=0\tValid=1\tType=9\tTmp=\n" + b"AAAA\n" * (20 * MIB // 5), "OK: %d" % (20 * MIB // 5 + 1)),
	("USERPIC", b"userpic pin=1\nContent=\n" + (b"/9j/" + b"A" * 72 + b"\n") * 10000 + b"\n" * MIB, "OK: 10002"),
	("ERRORLOG", b"ERRORLOG ErrCode=D01E0001\tErrMsg=" + b"m" * (20 * MIB) + b"\n", "OK"),
	("NOBODYKNOWS", b"x=1\ty=2\n" * (30 * MIB // 8), "OK: %d" % (30 * MIB // 8)),
	("ATTPHOTO", b"PIN=20261102080000-7.jpg\nSN=1\nsize=1\nCMD=uploadphoto\0\xff\xd8" + b"\xff" * (30 * MIB), "OK"),
	("ATTPHOTO", b"PIN=20261102080000-7.jpg\nSN=1\nsize=1\npicture=" + b"/9j/" * (30 * MIB // 4), "OK"),
	("FPIMAGE", b"BM" + b"\0" * (30 * MIB), "OK"),
	("OPTIONS", b"a" * 100 + b"=1," + b"b=2," * (30 * MIB // 4), "OK"),
]


@pytest.mark.parametrize("table,body,answer", UPLOADS, ids=["%s-%d" % (u[0], i) for i, u in enumerate(UPLOADS)])
def test_no_upload_holds_up_the_others(server, make_terminal, table, body, answer):
	terminal = make_terminal()
	terminal.register()
	query = "&FPImage=1&PIN=1&FID=1" if table == "FPIMAGE" else ""
	said, longest = longest_while(server, lambda: upload(terminal, table, body, query))
	assert said == answer
	assert longest < most(len(body))


def test_an_upload_kept_until_approval_holds_up_nobody(server, make_terminal):
	"""Neither when it comes nor when it is given to ingest."""
	waiting = make_terminal(approve=False)
	waiting.register()
	body = b"\n" * (4 * MIB) + b"7\t2026-11-02 08:00:00\t0\t1\n" + b"x" * (10 * MIB)
	said, longest = longest_while(server, lambda: upload(waiting, "ATTLOG", body))
	assert said == "OK: 2"
	assert longest < most(len(body))

	def released():
		waiting.approve()
		wait_until(lambda: server.value("select count(*) from reject"), 60)
	_, longest = longest_while(server, released)
	assert longest < most(len(body))
	assert server.value("select count(*) from punch") == 1


def test_results_of_commands_hold_up_nobody(server, make_terminal):
	terminal = make_terminal()
	terminal.register()
	for body in (b"ID=1&Return=0&CMD=DATA\n" * 1000000, b"ID=1&Return=0&CMD=INFO\n" + b"a=b\n" * (20 * MIB // 4),
			b"ID=1&Return=0&CMD=Shell&Content=" + b"x" * (30 * MIB)):
		said, longest = longest_while(server, lambda: terminal.raw("POST", "/iclock/devicecmd?SN=" + terminal.sn, body, timeout=110).text)
		assert said == "OK"
		assert longest < most(len(body))
