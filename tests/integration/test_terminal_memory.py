"""What terminals hold, and lose: stamps go with the log they count (adms-push 1.5), and a terminal that was
reset is noticed, told of, and filled again when that is sure."""

import pytest

from punchd_test.alerts import alert, alerts, oplog
from punchd_test.net import Connection
from punchd_test.terminal import Terminal
from punchd_test.wait import wait_until

PUNCH = "7\t2026-05-01 08:00:00\t0\t1"
LOG = "OPLOG 4\t0\t2026-05-01 08:00:00\t0\t0\t0\t0"
BIODATA = "BIODATA Pin=7\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=1\tMajorVer=10\tMinorVer=0\tFormat=0\tTmp=" + "QUJD" * 64


@pytest.fixture
def ready(make_terminal):
	t = make_terminal()
	t.register()
	t.obey()
	return t


def stamped(t):
	"""Every table has a stamp: one that came before the process had heard of a clear does not count."""
	photo = b"PIN=20260501080000-7.jpg\nSN=%s\nsize=4\nCMD=uploadphoto\0\xff\xd8\xff\xd9" % t.sn.encode()

	def known():
		for table, line, stamp in (("ATTLOG", PUNCH, "5"), ("OPERLOG", LOG, "6"), ("BIODATA", BIODATA, "8")):
			assert t.push(table, line, stamp=stamp) == "OK: 1"
		assert t.push("ATTPHOTO", photo, stamp="7") == "OK"
		return stamps(t) == {"ATTLOG": "5", "OPERLOG": "6", "ATTPHOTO": "7", "BIODATA": "8"}
	wait_until(known, 10, "every table has its stamp")


def stamps(t):
	options = t.options()
	return {name: options[name + "Stamp"] for name in ("ATTLOG", "OPERLOG", "ATTPHOTO", "BIODATA")}


def forgotten(t):
	return {name for name, stamp in stamps(t).items() if stamp == "0"}


def queue(server, t, command):
	cid = server.api.post("/iclock/api/terminalcommands/", {"terminal": t.id, "command": command})["id"]
	return t.poll_until(command) and cid


EMPTIED = {"CLEAR LOG": {"ATTLOG"}, "CLEAR PHOTO": {"ATTPHOTO"}, "CLEAR BIODATA": {"BIODATA"},
	"CLEAR ALL USERINFO": {"OPERLOG", "BIODATA"}, "CLEAR DATA": {"ATTLOG", "OPERLOG", "ATTPHOTO", "BIODATA"}}


def test_a_clearing_takes_the_stamps_along(server, ready):
	for command, tables in EMPTIED.items():
		stamped(ready)
		refused = queue(server, ready, command)
		ready.ack((refused, -1))
		assert forgotten(ready) == set(), command + " was refused"
		odd = queue(server, ready, command)
		ready.ack((odd, 3))
		assert forgotten(ready) == set(), command + " was not done"
		done = queue(server, ready, command)
		assert forgotten(ready) == set(), command + " was not answered yet"
		ready.ack((done, 0))
		assert forgotten(ready) == tables, command
	stamped(ready), "and they count again"


def test_a_clearing_that_was_never_answered_may_have_happened(server, ready):
	stamped(ready)
	cid = queue(server, ready, "CLEAR LOG")
	server.sql("update terminal_command set sent = now() - interval '1 hour' where id = %s", cid)
	server.sql("select command_expire()")
	assert forgotten(ready) == {"ATTLOG"}
	stamped(ready)
	cid = server.api.post("/iclock/api/terminalcommands/", {"terminal": ready.id, "command": "CLEAR LOG"})["id"]
	server.sql("update terminal_command set expires = now() - interval '1 hour' where id = %s", cid)
	server.sql("select command_expire()")
	assert forgotten(ready) == set(), "this one was never sent"


def test_every_process_forgets(server, make_server, ready):
	"""The same stamp again, to the process that did not hear of the clearing."""
	other = Terminal(make_server(server.database), ready.sn)
	assert ready.push("ATTLOG", PUNCH, stamp="9999") == "OK: 1"
	assert other.options()["ATTLOGStamp"] == "9999"
	cid = queue(server, other, "CLEAR LOG")
	other.ack((cid, 0))
	assert ready.options()["ATTLOGStamp"] == "0"
	# not by a handshake: what the first process knew of stamps is gone
	other.push("ATTLOG", PUNCH, stamp="9999")
	cid = queue(server, other, "CLEAR LOG")
	other.ack((cid, 0))
	wait_until(lambda: ready.push("ATTLOG", PUNCH, stamp="9999") == "OK: 1"
		and other.options()["ATTLOGStamp"] == "9999", 10)


def upload_in_flight(t, table, line, stamp):
	"""An upload whose body is not there yet; finish() sends it."""
	c = Connection(t.address, 30)
	request = t.request_bytes("POST", t.push_target(table, stamp), line + "\n")
	c.send(request[:-1])

	def finish():
		c.send(request[-1:])
		reply = c.read_reply()
		c.close()
		return reply.text
	return finish


def test_an_upload_that_began_before_brings_no_stamp_back(server, make_server, ready):
	other = Terminal(make_server(server.database), ready.sn)
	for t in (ready, other):
		for table, line in (("ATTLOG", PUNCH), ("OPERLOG", LOG)):
			stamped(ready)
			finish = upload_in_flight(t, table, line, "55")
			assert server.probe("/healthz") == t.server.probe("/healthz") == 200, "its head is read"
			cid = queue(server, ready, "CLEAR DATA")
			ready.ack((cid, 0))
			server.api.post("/iclock/api/terminals/%d/sync/" % ready.id, {})
			assert finish() == "OK: 1"
			assert stamps(ready)[table] == "0", table
			# one that begins now does
			wait_until(lambda: ready.push(table, line, stamp="56") == "OK: 1" and stamps(ready)[table] == "56", 10)


def test_everything_is_asked_for_also_while_it_uploads(server, ready):
	stamped(ready)
	finish = upload_in_flight(ready, "ATTLOG", PUNCH, "55")
	assert server.probe("/healthz") == 200
	server.api.post("/iclock/api/terminals/upload_transaction/", {"terminals": [ready.id]})
	assert finish() == "OK: 1"
	assert forgotten(ready) == {"ATTLOG"}


ALL = {"ATTLOG", "OPERLOG", "ATTPHOTO", "BIODATA"}


@pytest.mark.parametrize("when", [None, "2000-01-01 00:00:12"])
def test_cleared_at_its_menu(server, ready, when):
	for n, (code, tables) in enumerate({13: ALL, 22: ALL, 38: ALL, 23: {"ATTLOG"}, 43: {"ATTLOG"}, 105: {"ATTLOG"},
			35: {"ATTPHOTO"}, 4: set(), 56: set()}.items()):
		stamped(ready)
		oplog(server, ready, code, str(n), when=when)
		# the upload that told has a stamp of its own, of what came before
		assert forgotten(ready) - {"OPERLOG"} == tables - {"OPERLOG"}, code
		assert ("OPERLOG" in forgotten(ready)) == ("OPERLOG" in tables), code
		times = server.sql("select times from terminal_forgotten")
		oplog(server, ready, code, str(n), when=when)
		assert server.sql("select times from terminal_forgotten") == times, "told again, it is not believed twice"
	oplog(server, ready, 13, "old", when="2019-05-05 05:05:05")
	assert forgotten(ready) == set(), "before the terminal was ours"
	if when is None:
		a = alert(server, "data_lost")
		assert a["text"].startswith("data were restored from a backup") or a["count"] == 4


# ---------------------------------------------------------------- INFO

def people(server, t, *codes):
	for code in codes:
		server.api.post("/personnel/api/employees/", {"emp_code": code, "first_name": "x", "department": 1, "area": [2]})
	seen = []
	wait_until(lambda: seen.extend(t.obey()) or sum("USERINFO PIN=" in c for c in seen) >= len(codes))
	assert states(server, t) == {"complete"}


def states(server, t):
	return {row["state"] for row in server.api.get("/iclock/api/terminalpeople/", terminal=t.id)["data"]}


def info(users, punches):
	return "Ver1,%s,0,%s,10.0.0.5,10,7,0,0,1100000000" % (users, punches)


def counted(server, t, users, punches):
	"""INFO, and that it was written."""
	last = "select s.counted::text from terminal_state s join terminal t on t.id = s.terminal_id where sn = %s"
	before = server.value(last, t.sn)
	commands = t.poll(info=info(users, punches))
	wait_until(lambda: server.value(last, t.sn) != before, 10, every=0.1)
	return commands


def said(server, t, users, punches, address="127.0.0.1"):
	"""As a process writes an INFO that it has just heard."""
	server.sql("""select terminal_seen(array[id], array[n.at], array[%s], array[null], array[%s], array[0], array[0],
		array[null::int], array[%s], array[10], array[7], array[null::timestamp], array[n.at])
		from terminal, (select clock_timestamp() at time zone 'UTC' as at) n where sn = %s""", address, users, punches, t.sn)


def minute_later(server):
	server.sql("update terminal_state set empty_since = empty_since - interval '61 seconds'")


def refilled(server):
	server.sql("select terminals_refill()")
	return server.value("select count(refilled) from terminal_state")


def fills(server, t, n):
	"""Its people are sent again, at once."""
	commands = []
	wait_until(lambda: commands.extend(t.obey()) or sum("USERINFO PIN=" in c for c in commands) >= n, 20)
	return commands


def test_a_reset_terminal_is_noticed_told_and_filled_again(server, ready):
	people(server, ready, "1", "2", "3")
	assert ready.push("ATTLOG", PUNCH, stamp="900") == "OK: 1"
	said(server, ready, 3, 1205)
	assert alerts(server, "data_lost") == []
	counted(server, ready, 0, 4)
	assert alert(server, "data_lost")["text"] == (
		"it holds 0 users, and 3 were confirmed there; it holds 4 punches, and said 1205 before")
	assert not refilled(server), "once may be an error"
	said(server, ready, 0, 4)
	assert not refilled(server) and ready.options()["ATTLOGStamp"] == "900", "not within a minute"
	assert alert(server, "data_lost")["count"] == 1
	minute_later(server)
	server.restart()
	counted(server, ready, 0, 4)
	commands = fills(server, ready, 3)
	assert "CHECK" in commands and any(c.startswith("DATA QUERY ATTLOG StartTime=2000") for c in commands)
	assert ready.options()["ATTLOGStamp"] == "0", "its four punches are asked for"
	assert alert(server, "data_lost")["text"] == "it holds nobody: its people are sent again, and its punches asked for"
	assert states(server, ready) == {"complete"}


def test_filled_again_once_a_day_and_by_who_counts(server, ready):
	people(server, ready, "1")
	ready.push("ATTLOG", PUNCH, stamp="900")

	def empty():
		for _ in range(3):
			said(server, ready, 0, 4)
			minute_later(server)
		return refilled(server)
	said(server, ready, 1, 4)
	assert empty() and fills(server, ready, 1) and ready.options()["ATTLOGStamp"] == "900", "no punch is missing"
	a_day = "update terminal_state set refilled = refilled - interval '%d hours' returning refilled::text"
	for hours, users, again in ((25, 0, False), (25, 1, True), (23, 1, False), (2, 1, True)):
		before = server.value(a_day % hours)
		said(server, ready, users, 4)
		empty()
		assert (server.value("select refilled::text from terminal_state") != before) == again, (hours, users)
		ready.obey()


def test_templates_come_with_the_people(server, ready, make_terminal):
	other = make_terminal()
	other.register()
	for t in (ready, other):
		said(server, t, 0, 0)
	people(server, ready, "7")
	template = "QUJD" * 200
	other.push("FINGERTMP", "PIN=7\tFID=1\tSize=%d\tValid=1\tTMP=%s" % (len(template), template))
	wait_until(lambda: any("FINGERTMP" in c for c in ready.obey()), 20)
	for _ in range(2):
		said(server, ready, 0, 0)
		minute_later(server)
	commands = []
	wait_until(lambda: commands.extend(ready.obey()) or any("FINGERTMP" in c for c in commands), 20)
	kinds = [c.split(" ")[2] for c in commands if c.startswith("DATA UPDATE")]
	assert kinds == ["USERINFO", "FINGERTMP"], "the user first"


def test_what_is_no_reset(server, ready, make_terminal):
	"""A few users less, people who were not sent yet, a clearing of ours, two terminals of one number."""
	said(server, ready, 0, 0)
	people(server, ready, "1", "2", "3")
	# INFO in the poll that takes people was said before them
	for code in ("4", "5"):
		server.api.post("/personnel/api/employees/", {"emp_code": code, "first_name": "x", "department": 1, "area": [2]})
	got = wait_until(lambda: ready.poll(info=info(3, 7)))
	ready.ack(*[(c[0], 0) for c in got])
	wait_until(lambda: server.value("select counted_users = 3 from terminal_state"), 10)
	wait_until(lambda: ready.obey() is not None and states(server, ready) == {"complete"})
	said(server, ready, 5, 7)
	assert alerts(server, "data_lost") == []
	# some less
	for _ in range(3):
		said(server, ready, 4, 7)
		minute_later(server)
	assert alert(server, "data_lost")["text"] == "it holds 4 users, and 5 were confirmed there"
	assert alert(server, "data_lost")["count"] == 1
	# twins: one is empty, the other is not where the first was
	for address in ("127.0.0.2", "127.0.0.3", "127.0.0.2", "127.0.0.3"):
		said(server, ready, 0, 7, address)
		minute_later(server)
	assert server.value("select not refill from terminal_state")
	said(server, ready, 5, 7)
	# by us
	done = queue(server, ready, "CLEAR LOG")
	ready.ack((done, 0))
	server.api.post("/iclock/api/alerts/%d/acknowledge/" % alert(server, "data_lost")["id"])
	said(server, ready, 5, 0)
	server.api.post("/iclock/api/terminals/clear_all/", {"terminals": [ready.id]})
	ready.ack((ready.poll_until("CLEAR DATA")[0], 0))
	for _ in range(3):
		said(server, ready, 0, 0)
		minute_later(server)
	assert not refilled(server) and ready.poll() == [], "it stays empty until sync"
	assert alerts(server, "data_lost", acknowledged="false") == []
	# a waiting one is nobody's business
	waiting = make_terminal(approve=False)
	waiting.handshake()
	for users in (9, 0, 0):
		said(server, waiting, users, 100 * users)
	assert alerts(server, "data_lost", acknowledged="false") == []


def test_people_who_were_confirmed_since_count(server, ready):
	"""The same number as before, which is too small now."""
	said(server, ready, 1, 0)
	people(server, ready, "1", "2", "3")
	said(server, ready, 1, 0)
	assert alert(server, "data_lost")["text"] == "it holds 1 users, and 3 were confirmed there"


def test_counts_among_options_count_too(server, ready):
	people(server, ready, "1")
	ready.push("options", "~DeviceName=MB10,UserCount=1,TransactionCount=40")
	assert alerts(server, "data_lost") == []
	ready.push("options", "~DeviceName=MB10,UserCount=0,TransactionCount=0")
	assert alert(server, "data_lost")["text"].startswith("it holds 0 users, and 1 were confirmed there; it holds 0 punches")
	minute_later(server)
	said(server, ready, 0, 0)
	wait_until(lambda: refilled(server))
	# the answer to INFO was made before the people that left with it
	people_before = ready.obey()
	server.api.post("/iclock/api/alerts/%d/acknowledge/" % alert(server, "data_lost")["id"])
	said(server, ready, 1, 0)
	server.sql("select command_add(%s, 'INFO', interval '1 day', null)", ready.id)
	server.api.post("/personnel/api/employees/", {"emp_code": "2", "first_name": "x", "department": 1, "area": [2]})
	got = wait_until(lambda: (lambda c: c if len(c) == 2 else None)(ready.poll()))
	assert [c.split(" ")[0] for _, c in got] == ["INFO", "DATA"], people_before
	body = "ID=%s&Return=0&CMD=INFO\nUserCount=1\nID=%s&Return=0&CMD=DATA\n" % (got[0][0], got[1][0])
	assert ready.raw("POST", "/iclock/devicecmd?SN=" + ready.sn, body).text == "OK"
	assert alerts(server, "data_lost", acknowledged="false") == []
