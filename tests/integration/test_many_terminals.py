"""No terminal waits for another, none suffers for another (promises 4 and 6)."""

import threading
import time

from punchd_test.wait import wait_until

POISON_PIN = "666"


def all_at_once(functions):
	threads = [threading.Thread(target=f) for f in functions]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join(90)
		assert not thread.is_alive()


def test_a_poison_pin_among_50_terminals(server, make_terminal):
	"""The database refuses one person's punches. Their lines end among the rejects, whoever's upload
	they came in; nobody sees an error, and every other line is stored once."""
	terminals = [make_terminal() for _ in range(50)]
	for t in terminals:
		t.register()
	server.sql("""create function test_poison() returns trigger language plpgsql as $$ begin
		if (select code from pin where id = new.pin_id) = '666' then
			raise exception 'refused' using errcode = '22000'; end if;
		return new; end $$""")
	server.sql("create trigger test_poison before insert on punch for each row execute function test_poison()")
	answers, poison = {}, (7, 31, 49)

	def upload(i):
		for n in range(4):
			lines = ["%d\t2026-05-04 %02d:%02d:00\t0\t1" % (1000 + i, n, m) for m in range(10)]
			if i in poison and n == 2:
				lines.insert(5, "%s\t2026-05-04 12:00:%02d\t0\t1" % (POISON_PIN, i))
			answers[i, n] = (len(lines), terminals[i].push("ATTLOG", *lines))
	all_at_once([lambda i=i: upload(i) for i in range(50)])
	assert {(i, n): a for (i, n), (lines, a) in answers.items() if a != "OK: %d" % lines} == {}
	assert server.sql("select count(*), max(id), (select total from punch_counter) from punch") == [(2000, 2000, 2000)]
	assert sorted(server.sql("select sn, reason from reject")) == sorted(
		(terminals[i].sn, "refused by the database") for i in poison)
	# the same poison again is the same reject
	assert terminals[7].push("ATTLOG", "%s\t2026-05-04 12:00:07\t0\t1" % POISON_PIN) == "OK: 1"
	assert server.value("select seen_count from reject where sn = %s", terminals[7].sn) == 2


def test_a_refused_raw_line_spoils_no_punch(server, make_terminal):
	"""A reject that the database refuses is nobody else's trouble either."""
	a, b = make_terminal(), make_terminal()
	for t in (a, b):
		t.register()
	server.sql("""create function test_poison() returns trigger language plpgsql as $$ begin
		raise exception 'refused' using errcode = '22000'; end $$""")
	server.sql("create trigger test_poison before insert on reject for each row execute function test_poison()")
	answers = {}

	def upload(t, name, line):
		for n in range(10):
			answers[name, n] = t.push("ATTLOG", line % n)
	all_at_once([lambda: upload(a, "bad", "rubbish %d"), lambda: upload(b, "good", "7\t2026-05-01 08:00:%02d")])
	assert {v for (name, _), v in answers.items() if name == "good"} == {"OK: 1"}
	assert server.value("select count(*) from punch") == 10
	assert {v for (name, _), v in answers.items() if name == "bad"} == {"ERROR: not stored"}, "never OK for nothing"


def test_heartbeats_while_others_upload_much(server, make_terminal):
	busy = [make_terminal() for _ in range(4)]
	idle = make_terminal()
	for t in busy + [idle]:
		t.register()
	idle.obey()
	end, times = threading.Event(), []

	def punches(t, i):
		n = 0
		while not end.is_set():
			n += 1
			assert t.push("ATTLOG", *["%d\t2026-%02d-%02d %02d:%02d:%02d" % (100 * i + m, 1 + n % 12, 1 + n // 12 % 28,
				m % 24, m // 24 % 60, n % 60) for m in range(500)]) == "OK: 500"

	def people(t):
		n = 0
		while not end.is_set():
			n += 1
			assert t.push("OPERLOG", *["USER PIN=%d\tName=N%d\tPasswd=1" % (m + 2000 * (n % 3), n)
				for m in range(2000)]) == "OK: 2000"

	def heartbeats():
		stop = time.monotonic() + 8
		while time.monotonic() < stop:
			start = time.monotonic()
			assert idle.poll() == [] or True
			times.append(time.monotonic() - start)
		end.set()
	all_at_once([heartbeats, lambda: people(busy[3])] + [lambda i=i: punches(busy[i], i) for i in range(3)])
	times.sort()
	assert len(times) > 50
	assert times[len(times) * 95 // 100] < 1.0, "p95 %.2f s" % times[len(times) * 95 // 100]


def test_everybody_comes_back_at_once(database, make_server, make_sim):
	"""A restart in the middle of a storm: every punch that was acknowledged is there once."""
	from punchd_test.sim import Load
	server = make_server(database, admission="auto", log_level="warn")
	load = Load(server, "storm", "--terminals", "100", "--punches", "200", "--lines", "20", "--people", "500")
	try:
		wait_until(lambda: server.value("select count(*) from punch") > 1000, 60)
		server.kill9()
		server.start()
		figures = load.figures(120)
		acked = {(line.split("\t")[0], line.split("\t")[1]) for _, line in load.acked()}
	finally:
		load.cleanup()
	stored = {(p, str(t)) for p, t in database.sql("select code, punch_time from punch join pin on pin.id = pin_id")}
	assert acked <= stored, figures
	assert database.sql("select count(*) = count(distinct (pin_id, punch_time)), count(*) = max(id) from punch") == [
		(True, True)]


def test_a_terminal_on_two_connections_at_once(server, make_terminal):
	t = make_terminal()
	t.register()
	answers = []

	def upload(shift):
		for n in range(20):
			answers.append(t.push("ATTLOG", *["%d\t2026-05-01 08:%02d:%02d" % (p, n, (p + shift) % 3) for p in range(10)]))
	all_at_once([lambda s=s: upload(s) for s in range(6)])
	assert set(answers) == {"OK: 10"}
	assert server.sql("select count(*), max(id), count(distinct (pin_id, punch_time)) from punch") == [(600, 600, 600)]


def test_shutdown_with_requests_that_wait_for_the_database(own_pg, clone, make_server):
	"""Nothing of it is acknowledged, nothing leaks, nothing is used after its end."""
	from punchd_test.terminal import Terminal
	server = make_server(clone(own_pg))
	known = Terminal(server, "DOWN0000")
	known.register()
	own_pg.sigstop()
	requests = [(known, "POST", known.push_target("ATTLOG"), "7\t2026-05-01 08:00:00\n"),
		(known, "POST", known.push_target("OPERLOG"), "USER PIN=7\tName=x\n"),
		(known, "GET", "/iclock/cdata?SN=%s&options=all" % known.sn, ""),
		(known, "POST", "/iclock/devicecmd?SN=" + known.sn, "ID=1&Return=0\n")]
	for n in range(1, 4):
		t = Terminal(server, "DOWN000%d" % n, approve=False)
		requests.append((t, "GET", "/iclock/cdata?SN=%s&options=all" % t.sn, ""))
	connections = []
	for t, method, target, body in requests:
		c = t.connect()
		c.send(t.request_bytes(method, target, body))
		connections.append(c)
	time.sleep(1)
	stop = threading.Thread(target=server.process.send_signal, args=(15,))
	stop.start()
	try:
		server.process.wait(40)
	finally:
		own_pg.sigcont()
	for c in connections:
		c.sock.settimeout(5)
		try:
			assert b"OK: " not in c.sock.recv(4096)
		except OSError:
			pass
		c.close()
	server.check_end()
