"""What is known of a terminal's state (issue 3): online, last contact, address, counts; at most 5 s late."""

import time

import pytest

from punchd_test.wait import wait_until


def state(server, t):
	return server.sql("""select last_activity, address, user_count, push_time, fw_ver, extract(epoch from
		now() - last_activity) from terminal_state join terminal t on t.id = terminal_id where sn = %s""", t.sn)[0]


def test_every_contact_counts_and_is_written_in_time(server, terminal):
	terminal.register()
	for target in ("getrequest", "ping", "cdata", "devicecmd"):
		server.sql("update terminal_state set last_activity = now() - interval '1 hour'")
		terminal.raw("POST" if target == "devicecmd" else "GET", "/iclock/%s?SN=%s" % (target, terminal.sn))
		wait_until(lambda: state(server, terminal)[5] < 10, 5.5, target)
	assert state(server, terminal)[1] == "127.0.0.1"


def test_counts_of_the_heartbeat(server, terminal):
	terminal.register()
	terminal.poll(info="ZAM180-NF50VA-Ver3.4.10,42,3,16,192.168.0.25,10,39,12,7,01110,0,0,0")
	wait_until(lambda: state(server, terminal)[2] == 42, 5.5)
	row = terminal.row
	assert (row["user_count"], row["transaction_count"], row["fw_ver"], row["state"]) == (
		42, 16, "ZAM180-NF50VA-Ver3.4.10", 1)


def test_an_accepted_upload_is_remembered(server, terminal):
	terminal.register()
	assert state(server, terminal)[3] is None
	terminal.push("ATTLOG", "7\t2026-05-01 08:00:00")
	wait_until(lambda: state(server, terminal)[3] is not None, 5.5)


def test_online_by_its_own_interval(server, terminal):
	terminal.register()
	assert wait_until(lambda: terminal.row)["state"] == 1
	# three intervals, at least two minutes
	for heartbeat, silence, online in ((10, 110, True), (10, 130, False), (60, 170, True), (60, 190, False)):
		server.sql("update terminal set heartbeat = %s", heartbeat)
		time.sleep(0.1)
		server.sql("update terminal_state set last_activity = now() - %s * interval '1 second'", silence)
		assert (terminal.row["state"] == 1) is online, (heartbeat, silence)


def test_many_terminals_are_written_together(server, make_terminal):
	"""One statement for all that were heard of."""
	terminals = [make_terminal(approve=False) for _ in range(60)]
	for t in terminals:
		t.handshake()
	server.sql("update terminal_state set user_count = null")
	writes = "select n_tup_upd from pg_stat_user_tables where relname = 'terminal_state'"
	for i, t in enumerate(terminals):
		t.poll(info="V,%d,0,0,10.0.0.1" % i)
	wait_until(lambda: server.value("select count(user_count) from terminal_state") == 60, 6)
	assert server.sql("select user_count from terminal_state order by terminal_id") == [(i,) for i in range(60)]
	assert server.value(writes) is not None


def test_two_processes_write_the_same_terminals(database, make_server):
	"""Overlapping sets, in whatever order: no deadlock, the newest contact stands."""
	from punchd_test.terminal import Terminal
	a, b = make_server(database), make_server(database)
	sns = ["BOTH%04d" % i for i in range(40)]
	for sn in sns:
		Terminal(a, sn, approve=False).handshake()
	for _ in range(3):
		for sn in sns:
			Terminal(a, sn, approve=False).raw("GET", "/iclock/ping?SN=" + sn)
		for sn in reversed(sns):
			Terminal(b, sn, approve=False).raw("GET", "/iclock/ping?SN=" + sn)
		time.sleep(1)
	time.sleep(4)
	for server in (a, b):
		assert "terminal_states_not_written" not in server.log()
	assert a.value("select deadlocks from pg_stat_database where datname = current_database()") == 0
	assert a.value("select count(*) from terminal_state where last_activity > now() - interval '15 s'") == 40


def test_a_database_that_was_away_gets_what_it_missed(own_pg, clone, make_server):
	from punchd_test.terminal import Terminal
	server = make_server(clone(own_pg))
	t = Terminal(server, "AWAY0001")
	t.register()
	own_pg.stop("immediate")
	assert t.raw("GET", "/iclock/getrequest?SN=%s&INFO=V,77,0,0,10.0.0.1" % t.sn).text == "OK"
	time.sleep(4)
	own_pg.start()
	wait_until(lambda: server.value("select user_count from terminal_state") == 77, 20)


def test_the_state_is_written_before_the_end(server, terminal):
	terminal.register()
	terminal.obey()
	terminal.poll(info="V,55,0,0,10.0.0.1")
	server.stop()
	assert server.value("select user_count from terminal_state") == 55


@pytest.mark.parametrize("address", ["10.1.2.3", "2001:db8::7"])
def test_the_address_behind_a_proxy(database, make_server, address):
	from punchd_test.terminal import Terminal
	server = make_server(database, trusted_proxies="127.0.0.0/8")
	t = Terminal(server, "PROXY001", approve=False)
	t.raw("GET", "/iclock/cdata?SN=%s&options=all&pushver=2.4.1" % t.sn,
		headers="Host: h\r\nX-Forwarded-For: %s\r\nConnection: close\r\n" % address)
	assert server.value("select ip_address from terminal") == address
	wait_until(lambda: server.value("select address from terminal_state") == address, 6)
