"""Who belongs where (contract 7): moves between areas, resignations and deletions bring each terminal
the right additions and removals, once, whatever happens to the process in between."""

import threading
import time

import pytest

from punchd_test.wait import wait_until

TERMINALS = "/iclock/api/terminals/"
EMPLOYEES = "/personnel/api/employees/"


def area(server, code):
	return server.api.post("/personnel/api/areas/", {"area_code": code, "area_name": "Area " + code})["id"]


def create(server, code, *areas):
	return server.api.post(EMPLOYEES, {"emp_code": code, "first_name": "N" + code, "department": 1,
		"area": list(areas)})["id"]


def short(commands):
	"""+7 for a user record of PIN 7 that is written, -7 for one that is deleted."""
	words = {"DATA UPDATE USERINFO PIN": "+", "DATA DELETE USERINFO PIN": "-"}
	return [words[c.split("=")[0]] + c.split("=")[1].split("\t")[0] for c in commands if "USERINFO PIN" in c
		and "QUERY" not in c]


class Place:
	"""Two areas, a terminal in each, people 1, 2 and 3 in the first."""

	def __init__(self, server, make_terminal):
		self.server = server
		self.north, self.south = area(server, "80"), area(server, "81")
		self.people = {}
		for code in ("1", "2", "3"):
			self.people[code] = create(server, code, self.north)
		self.a, self.b = make_terminal(), make_terminal()
		for t, where in ((self.a, self.north), (self.b, self.south)):
			t.handshake()
			t.approve(where)
			t.handshake()
		assert sorted(short(self.a.obey())) in ([], ["+1", "+2", "+3"]) and short(self.b.obey()) == []
		self.same()

	def patch_person(self, code, *areas):
		self.server.api.patch(EMPLOYEES + "%d/" % self.people[code], {"area": list(areas)})

	def patch_terminal(self, t, where):
		self.server.api.patch(TERMINALS + "%d/" % t.id, {"area": where})

	def same(self):
		"""What is wanted is what the areas say, and all of it is confirmed."""
		wanted = "select terminal_id, pin_id from person_wanted order by 1, 2"
		marked = """select terminal_id, pin_id from terminal_person join terminal t on t.id = terminal_id
			where wanted and t.approved order by 1, 2"""
		assert self.server.sql(wanted) == self.server.sql(marked)
		assert self.server.value("select count(*) from terminal_person where version <> confirmed_version or not wanted") == 0

	def told(self, a, b):
		"""Exactly these commands reach the two, in any order."""
		got = {t: [] for t in (self.a, self.b)}

		def all_there():
			for t in got:
				got[t] += short(t.obey(quiet=1))
			return len(got[self.a]) >= len(a) and len(got[self.b]) >= len(b)
		wait_until(all_there, 20, "%s and %s" % (a, b), 0.1)
		for t in got:
			got[t] += short(t.obey())
		assert (sorted(got[self.a]), sorted(got[self.b])) == (sorted(a), sorted(b))
		self.same()

	def kill(self):
		self.server.kill9()
		self.server.start()


@pytest.fixture
def place(server, make_terminal):
	return Place(server, make_terminal)


def test_every_move_with_a_kill_9_behind_it(server, place):
	p = place
	p.patch_person("1", p.south)
	p.kill()
	p.told(["-1"], ["+1"])
	p.patch_person("1", p.south, p.north)
	p.kill()
	p.told(["+1"], [])
	# the terminal moves
	p.patch_terminal(p.b, p.north)
	p.kill()
	p.told([], ["+2", "+3"])
	p.patch_terminal(p.b, p.south)
	p.kill()
	p.told([], ["-2", "-3"])
	# suspended: it is told nothing, and what it knows is not wrong when it comes back
	p.patch_terminal(p.b, 1)
	p.kill()
	p.told([], [])
	p.patch_terminal(p.b, p.south)
	p.kill()
	p.told([], [])
	resign = server.api.post("/personnel/api/resigns/", {"employee": p.people["1"], "resign_date": "2026-05-01",
		"resign_type": 1, "disableatt": True, "reason": "x"})["id"]
	p.kill()
	p.told(["-1"], ["-1"])
	server.api.post("/personnel/api/resigns/reinstatement/", {"resigns": [resign]})
	p.kill()
	p.told(["+1"], ["+1"])
	server.api.delete(EMPLOYEES + "%d/" % p.people["1"])
	p.kill()
	p.told(["-1"], ["-1"])
	create(server, "1", p.south)
	p.kill()
	p.told([], ["+1"])
	assert server.value("select count(*) from terminal_person") == 3


def test_there_and_back_before_the_poll_is_one_command(place):
	p = place
	for _ in range(3):
		p.patch_person("1", p.south)
		p.kill()
		p.patch_person("1", p.north)
	p.kill()
	# b was to get it and is not any more: it may hold it, so the removal goes out, once
	p.told(["+1"], ["-1"])
	for where in (p.south, p.north, p.south):
		p.patch_person("2", where)
	p.told(["-2"], ["+2"])


def test_kill_9_between_the_poll_and_the_answer(place):
	p = place
	p.patch_person("1", p.south)
	taken = {t: wait_until(t.poll) for t in (p.a, p.b)}
	p.kill()
	for t, commands in taken.items():
		assert t.poll() == [], "it is on its way"
		t.ack(*[(cid, 0) for cid, _ in commands])
	p.told([], [])
	# the answers are lost with the terminals' power: after their handshake the same again, once
	p.patch_person("1", p.north)
	taken = {t: short([c for _, c in wait_until(t.poll)]) for t in (p.a, p.b)}
	p.kill()
	for t in taken:
		t.handshake()
	p.told(["+1"], ["-1"])


def test_kill_9_in_the_middle_of_a_change(server, place):
	"""All of it or nothing: the areas of people and what terminals are told never disagree."""
	p = place
	ids = list(p.people.values())
	for n in range(3):
		with server.database.connect() as other, other.cursor() as cursor:
			cursor.execute("select from terminal_person where terminal_id = %s for update", (p.a.id,))
			call = threading.Thread(target=lambda: quietly(server, {"employees": ids, "areas": [p.south]}))
			call.start()
			wait_until(lambda: server.value("""select count(*) from pg_stat_activity
				where wait_event_type = 'Lock' and datname = current_database()"""), what="the change waits")
			server.kill9()
			if n == 1:
				cursor.execute("""select pg_terminate_backend(pid) from pg_stat_activity
					where usename = 'punchd' and datname = current_database()""")
		other.close()
		call.join()
		wait_until(lambda: server.value("""select count(*) from pg_stat_activity where usename = 'punchd'
			and datname = current_database()""") == 0, 20, "its sessions are over")
		server.start()
		moved = server.value("select count(*) from employee_area where area_id = %s", p.south) == 3
		assert server.value("select count(*) from employee_area") == 3
		p.told(["-1", "-2", "-3"] if moved else [], ["+1", "+2", "+3"] if moved else [])
		server.api.post(EMPLOYEES + "adjust_area/", {"employees": ids, "areas": [p.north]})
		p.told(["+1", "+2", "+3"] if moved else [], ["-1", "-2", "-3"] if moved else [])


def test_very_many_people_marked_at_once_delay_nobody_else(server, make_terminal):
	"""Those who are sent again are locked until all of them are marked. Terminals answer about them
	meanwhile, and wait; all others go on."""
	far = area(server, "80")
	elsewhere = make_terminal()
	elsewhere.handshake()
	elsewhere.approve(far)
	someone = create(server, "9", far)
	near = [make_terminal() for _ in range(8)]
	for t in near:
		t.register()
	ids = [create(server, str(n), 2) for n in range(100, 120)]
	for t in (elsewhere, *near):
		wait_until(lambda t=t: short(t.obey()))
	for n in ids:
		server.api.patch(EMPLOYEES + "%d/" % n, {"first_name": "Other"})
	taken = {t: wait_until(t.poll) for t in near}
	answers = []
	with server.database.connect() as other, other.cursor() as cursor:
		cursor.execute("select person_resend(%s)", (ids,))
		calls = [threading.Thread(target=lambda t=t, c=c: answers.append(t.ack(*[(cid, 0) for cid, _ in c])))
			for t, c in taken.items()]
		for call in calls:
			call.start()
		wait_until(lambda: server.value("""select count(*) > 0 from pg_stat_activity
			where wait_event_type = 'Lock' and datname = current_database()"""), what="the answers wait")
		server.api.patch(EMPLOYEES + "%d/" % someone, {"first_name": "Changed"})
		start = time.monotonic()
		cid, text = elsewhere.poll_until("Name=Changed", 3)
		assert elsewhere.push("ATTLOG", "9\t2026-05-01 08:00:00\t0\t1") == "OK: 1"
		for t in near:
			assert t.poll() == [] and t.push("ATTLOG", "7\t2026-05-01 08:00:%02d\t0\t1" % len(t.sn)) == "OK: 1"
		assert time.monotonic() - start < 3
		assert answers == []
	other.close()
	for call in calls:
		call.join()
	assert answers == ["OK"] * 8
	elsewhere.ack((cid, 0))
	for t in near:
		assert sorted(short(t.obey())) == ["+%d" % n for n in range(100, 120)], "each once"
	assert not server.log_contains("deadlock")


def quietly(server, body):
	try:
		server.new_api().raw("POST", EMPLOYEES + "adjust_area/", body)
	except OSError:
		pass
	except Exception:  # http.client's own, when the process dies
		pass
