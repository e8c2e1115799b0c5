"""A card number has one form, decimal without leading zeros, and one card is one person's."""

import io
import threading

import openpyxl
import pytest

from punchd_test.rest import ApiError
from punchd_test.sealed import Sealed
from punchd_test.wait import stays, wait_until

P = "/personnel/api/"
E = P + "employees/"
NO_NUMBER = "A card number is decimal digits, at most 18446744073709551615."
TAKEN = "employee with this card_no already exists."
WRONG = ("1.23457E+11", "ABC", "-5", "+5", "123 45678", "1234567.0", "1,234", "0x12", "١٢٣", "１２３", "12\u00a0",
	"18446744073709551616", "[123]", "[xx]", "B1CB740000")


def ready(make_terminal, **more):
	t = make_terminal(**more)
	t.register()
	t.obey()
	return t


def person(server, code, **more):
	return server.api.post(E, {"emp_code": code, "department": 1, "area": [2], **more})["id"]


def card_of(server, code):
	return server.api.get(E, emp_code=code)["data"][0]["card_no"]


def verify(t, tmp):
	return t.raw("POST", "/iclock/cdata?SN=%s&AuthType=CARD" % t.sn, "PIN=0\tSize=10\tTMP=" + tmp).text


def holder(t, tmp):
	"""Whose card it is, as the terminal hears it; None: nobody's."""
	said = verify(t, tmp)
	return said.split("PIN=")[1].split("\t")[0] if said.startswith("AUTH=Success") else None


def found(server, card):
	return [e["emp_code"] for e in server.api.get(E, card_no=card, ordering="emp_code")["data"]]


def refusal(call, *args):
	with pytest.raises(ApiError) as e:
		call(*args)
	assert e.value.status == 400, e.value
	return e.value.json


def alerts(server, kind):
	return {a["subject"]: a["text"] for a in server.api.get("/iclock/api/alerts/", kind=kind, acknowledged="false")["data"]}


# ---------------------------------------------------------------- one form

def test_it_is_one_number_everywhere(server, make_terminal):
	t = ready(make_terminal)
	i = person(server, "6001", first_name="Ann", card_no="0007654321")
	assert t.obey() == ["DATA UPDATE USERINFO PIN=6001\tName=Ann\tPri=0\tPasswd=\tCard=7654321"]
	assert [holder(t, tmp) for tmp in ("B1CB740000", "7654321", "0007654321", "[B1CB740000]")] == ["6001"] * 4
	assert verify(t, "7654321").startswith("AUTH=Success\tPIN=6001\t")
	for said in ("7654321", "0007654321", "[B1CB740000]", " 7654321 "):
		assert found(server, said) == ["6001"]
	assert card_of(server, "6001") == "7654321"
	# what is the same number changes nothing: programs compare, and write again
	state = "select (select sum(version) from terminal_person), (select count(*) from terminal_command)," \
		" (select count(*) from audit_log where resource = 'employee'), (select count(*) from audit_pending)," \
		" row_key, sealed from employee"
	wait_until(lambda: server.value("select count(*) from audit_pending") == 0)
	before = server.sql(state)
	for said in ("7654321", "0007654321", 7654321, " 07654321", "[B1CB740000]"):
		assert server.api.patch(E + "%d/" % i, {"card_no": said})["card_no"] == "7654321"
	assert server.sql(state) == before and t.poll() == []
	for none in ("0", "0000000000", "[0000000000]", "", None):
		server.api.patch(E + "%d/" % i, {"card_no": "12"})
		assert server.api.patch(E + "%d/" % i, {"card_no": none})["card_no"] is None
		assert holder(t, "12") is None and found(server, "12") == []
	assert server.api.patch(E + "%d/" % i, {"card_no": "18446744073709551615"})["card_no"] == "18446744073709551615"
	assert holder(t, "FFFFFFFFFFFFFFFF") == "6001"


def test_what_is_no_number_is_an_error(server):
	i = person(server, "1", card_no="5")
	for wrong in WRONG:
		told = {"card_no": [NO_NUMBER]} if len(wrong) <= 20 else {"card_no": ["Ensure this field has no more than 20 characters."]}
		assert refusal(server.api.post, E, {"emp_code": "2", "department": 1, "area": [2], "card_no": wrong}) == told
		assert refusal(server.api.patch, E + "%d/" % i, {"card_no": wrong}) == told
		assert refusal(server.api.put, E + "%d/" % i, {"emp_code": "1", "department": 1, "area": [2], "card_no": wrong}) == told
	for wrong in (1.23457e11, 1234567.0, -5, True, [5]):
		assert "card_no" in refusal(server.api.patch, E + "%d/" % i, {"card_no": wrong})
	assert "card_no" in refusal(server.api.patch, E + "%d/" % i, {"card_no": "0" * 21})
	assert card_of(server, "1") == "5" and found(server, "ABC") == []


def book_of(*rows):
	book = openpyxl.Workbook()
	for row in rows:
		book.active.append(row)
	out = io.BytesIO()
	book.save(out)
	return out.getvalue()


def test_files_name_the_row(server):
	for code in ("4001", "4002"):
		person(server, code)
	cards = P + "employees/import_cards/"
	wrong = [w for w in WRONG if "," not in w and len(w) <= 20]
	file = "emp_code,card_no\n" + "".join("4001,%s\n" % w for w in wrong[:1]) + "4002,0000123\n"
	reply = server.api.request("POST", cards, file.encode(), {}, {"Content-Type": "text/csv"})
	assert reply.status == 400
	assert [(e["row"], e["emp_code"], e["errors"]) for e in reply.json()["data"]["errors"]] == [
		(2, "4001", {"card_no": [NO_NUMBER]})]
	for w in wrong:
		for path, extra in ((cards, ""), (P + "employees/import/", ",1,2")):
			head = "emp_code,card_no" + (",department,area" if extra else "")
			reply = server.api.request("POST", path, ("%s\n4001,%s%s\n" % (head, w, extra)).encode(), {"update": 1},
				{"Content-Type": "text/csv"})
			assert reply.status == 400 and reply.json()["data"]["failed"] == 1, (path, w, reply)
	xlsx = book_of(["emp_code", "card_no"], ["4001", 7654321], ["4002", "1.23457E+11"])
	reply = server.api.request("POST", cards, xlsx, {"mode": "good"}, {"Content-Type": "application/octet-stream"})
	assert [(e["row"], e["errors"]) for e in reply.json()["data"]["errors"]] == [(3, {"card_no": [NO_NUMBER]})]
	assert (card_of(server, "4001"), card_of(server, "4002")) == ("7654321", None)


# ---------------------------------------------------------------- one person

def test_one_live_card_is_one_persons(server, make_terminal):
	t = ready(make_terminal)
	a, b = person(server, "1", card_no="7654322"), person(server, "2")
	body = {"emp_code": "3", "department": 1, "area": [2]}
	for same in ("7654322", "0007654322", "[B2CB740000]"):
		assert refusal(server.api.post, E, {**body, "card_no": same}) == {"card_no": [TAKEN]}
		assert refusal(server.api.patch, E + "%d/" % b, {"card_no": same}) == {"card_no": [TAKEN]}
	assert holder(t, "7654322") == "1"
	# who has left, or is deleted, lets go of it
	resign = server.api.post(P + "resigns/", {"employee": a, "resign_date": "2026-01-01", "resign_type": 1, "reason": "x"})
	server.api.patch(E + "%d/" % b, {"card_no": "7654322"})
	assert holder(t, "7654322") == "2"
	for back in ({"resigns": [resign["id"]]}, {"employees": [a]}):
		assert refusal(server.api.post, P + "resigns/reinstatement/", back) == {"card_no": [TAKEN]}
	server.api.patch(E + "%d/" % a, {"nickname": "Al", "card_no": "7654322"})  # as it is shown
	server.api.delete(E + "%d/" % b)
	server.api.post(P + "resigns/reinstatement/", {"employees": [a]})
	assert holder(t, "7654322") == "1"
	server.api.patch(E + "%d/" % a, {"card_no": "7"})
	assert server.api.post(E, {**body, "card_no": "7654322"})["card_no"] == "7654322"
	assert server.sql("select count(*) from card_holder") == [(2,)]


def test_of_two_at_the_same_moment_one_wins(server):
	ids = [person(server, "%d" % n) for n in range(8)]
	apis = [server.new_api().login() for _ in ids]
	for card in range(1000, 1010):
		start, said = threading.Barrier(len(ids)), []

		def write(n, start=start, said=said, card=card):
			start.wait()
			said.append(apis[n].request("PATCH", E + "%d/" % ids[n], {"card_no": "%d" % card}))
		threads = [threading.Thread(target=write, args=(n,)) for n in range(len(ids))]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join()
		assert sorted(r.status for r in said) == [200] + [400] * (len(ids) - 1)
		assert all(r.json() == {"card_no": [TAKEN]} for r in said if r.status == 400)
		assert len(found(server, card)) == 1


def test_rows_of_a_file_see_each_other(server):
	for code in ("1", "2", "3"):
		person(server, code)
	person(server, "9", card_no="90")
	path = P + "employees/import_cards/"
	file = b"emp_code,card_no\n1,0077\n2,77\n3,090\n"
	for params in ({}, {"dry_run": 1}, {"dry_run": 1, "mode": "good"}, {"mode": "good"}):
		reply = server.api.request("POST", path, file, params, {"Content-Type": "text/csv"}).json()["data"]
		assert [(e["emp_code"], list(e["errors"])) for e in reply["errors"]] == [("2", ["card_no"]), ("3", ["card_no"])], params
	assert [card_of(server, c) for c in ("1", "2", "3")] == ["77", None, None]


# ---------------------------------------------------------------- USER lines

def test_user_lines(server, make_terminal):
	t = ready(make_terminal)
	person(server, "1", card_no="0100")
	assert t.push("OPERLOG", "USER PIN=10\tName=Ten\tPri=0\tCard=0000200", "USER PIN=11\tName=Eleven\tCard=[C800000000]",
		"USER PIN=12\tName=Twelve\tPasswd=4\tCard=ABC", "USER PIN=13\tName=Thirteen\tCard=1.5E+9",
		"USER PIN=14\tName=Fourteen\tCard=300\tViceCard=x", "USER PIN=15\tName=Fifteen\tCard=100", "USER PIN=16\tName=Sixteen\tCard=0",
		) == "OK: 7"
	t.obey()
	people = {e["emp_code"]: (e["first_name"], e["card_no"]) for e in server.api.get(E)["data"]}
	assert people == {"1": ("", "100"), "10": ("Ten", "200"), "11": ("Eleven", None), "12": ("Twelve", None),
		"13": ("Thirteen", None), "14": ("Fourteen", "300"), "15": ("Fifteen", None), "16": ("Sixteen", None)}
	rejects = sorted(server.api.get("/iclock/api/rejects/")["data"], key=lambda r: r["raw"])
	assert [(r["reason"], r["raw"].split("\t")[0]) for r in rejects] == [
		("the person was taken, the card number cannot be read", "USER PIN=12"),
		("the person was taken, the card number cannot be read", "USER PIN=13"),
		("the person was taken, the second card number cannot be read", "USER PIN=14")]
	assert sorted(alerts(server, "card_in_use")) == ["11", "15"]
	assert "100" not in alerts(server, "card_in_use")["15"].replace("15", "")
	assert (holder(t, "200"), holder(t, "100")) == ("10", "1")
	# of people who are here already
	person(server, "20", first_name="Twenty")
	t.obey()
	assert t.push("OPERLOG", "USER PIN=20\tName=Twenty\tPasswd=77\tCard=100") == "OK: 1"
	row = server.api.get(E, emp_code="20")["data"][0]
	assert (row["card_no"], row["device_password"]) == (None, "77") and "20" in alerts(server, "card_in_use")
	assert t.push("OPERLOG", "USER PIN=20\tName=Twenty\tPasswd=77\tCard=00101") == "OK: 1"
	assert card_of(server, "20") == "101" and holder(t, "101") == "20"


def test_a_card_that_the_walk_has_not_reached_is_somebodys(server, make_terminal):
	t = ready(make_terminal)
	person(server, "1", card_no="77")
	person(server, "2", first_name="B")
	server.sql("delete from card_holder")
	server.sql("update walk set done = null, place = 0, taken = now() + interval '1 hour', taker = 0 where name = 'cards'")
	assert t.push("OPERLOG", "USER PIN=2\tName=B\tCard=77", "USER PIN=3\tName=C\tCard=77") == "OK: 2"
	assert [card_of(server, code) for code in "123"] == ["77", None, None]
	assert holder(t, "77") == "1" and sorted(alerts(server, "card_in_use")) == ["2", "3"]


def test_the_same_card_from_two_terminals_at_once(server, make_terminal):
	terminals = [ready(make_terminal) for _ in range(2)]
	for t in terminals:
		t.obey()
	start = threading.Barrier(2)

	def push(n):
		start.wait()
		for k in range(20):
			assert terminals[n].push("OPERLOG", *["USER PIN=%d%03d\tName=a\tCard=%d" % (n + 1, k, 5000 + k)]) == "OK: 1"
	threads = [threading.Thread(target=push, args=(n,)) for n in range(2)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	assert server.value("select count(*) from employee") == 40
	assert server.sql("select count(*), count(distinct card_hash), (select count(employee_id) from card_holder)"
		" from employee where card_hash is not null") == [(20, 20, 20)]


# ---------------------------------------------------------------- cards that are stored already

def typed(server, cards):
	"""Cards as an older punchd stored them, and the walk still to come. Ends with the server stopped."""
	for code in cards:
		person(server, code, first_name="P" + code)
	server.stop()
	sealed = Sealed(server.database)
	for code, card in cards.items():
		sealed.card_as_typed(code, card)
	server.sql("delete from card_holder")
	server.sql("update walk set place = 0, done = null where name = 'cards'")
	server.sql("update terminal_person set version = 1, sent_version = 1, confirmed_version = 1")
	server.sql("delete from alert")
	return sealed


def done(server):
	return server.value("select done is not null from walk where name = 'cards'")


def test_stored_cards_are_brought_into_the_form_once(server, make_terminal):
	t = ready(make_terminal)
	sealed = typed(server, {"1": "0007654321", "2": "7654322", "3": "ABC", "4": "0055", "5": "55", "6": "0", "7": "66"})
	times = server.sql("select emp_code, update_time from employee order by 1")
	server.sql("update walk set taken = now() + interval '1 hour' where name = 'cards'")  # by another process
	server.start()
	assert [holder(t, tmp) for tmp in ("7654321", "0007654321", "B1CB740000", "7654322", "66")] == ["1", "1", "1", "2", "7"]
	assert found(server, "7654321") == found(server, "0007654321") == ["1"] and found(server, "ABC") == ["3"]
	one, record = server.api.get(E, emp_code="1")["data"][0], "select sealed from employee where emp_code = '1'"
	was = server.value(record)
	assert server.api.patch(E + "%d/" % one["id"], {"card_no": one["card_no"]})["card_no"] == "7654321"
	assert server.value(record) == was, "written back as it is shown"
	assert refusal(server.api.post, E, {"emp_code": "8", "department": 1, "area": [2], "card_no": "7654321"}) == {
		"card_no": [TAKEN]}
	stays(lambda: not done(server), 0.5, "only one process at a time")
	server.sql("update walk set taken = null")
	wait_until(lambda: done(server), 20)
	assert [sealed.person(str(n)).get("card_no") for n in range(1, 8)] == ["7654321", "7654322", "ABC", "55", "55", None, "66"]
	assert [holder(t, tmp) for tmp in ("7654321", "B1CB740000", "7654322", "66", "55", "0055", "ABC")] == [
		"1", "1", "2", "7", None, None, None]
	told = alerts(server, "card_unclear")
	assert sorted(told) == ["3", "4", "5"] and "no number" in told["3"] and "somebody else's" in told["4"]
	assert server.sql("select emp_code, update_time from employee order by 1") == times, "nobody was changed"
	assert t.poll() == [] and server.value("select max(version) from terminal_person") == 1
	# what is unclear is given to nobody, and a third cannot have it
	new = ready(make_terminal)
	server.api.post(E + "resync_to_device/", {"employees": [e["id"] for e in server.api.get(E)["data"]]})
	sent = {line.split("PIN=")[1].split("\t")[0]: line.partition("\tCard=")[1:] for line in new.obey()}
	sent.update({line.split("PIN=")[1].split("\t")[0]: line.partition("\tCard=")[1:] for line in t.obey()})
	assert {code: card for code, (_, card) in sent.items() if card} == {"1": "7654321", "2": "7654322", "7": "66"}
	assert [code for code, (key, _) in sorted(sent.items()) if not key] == ["3", "4", "5"], "nor taken away"
	assert refusal(server.api.post, E, {"emp_code": "8", "department": 1, "area": [2], "card_no": "55"}) == {"card_no": [TAKEN]}
	# other members can be written, and what is shown be written back
	ids = {e["emp_code"]: e["id"] for e in server.api.get(E)["data"]}
	for code, card in (("3", "ABC"), ("4", "55")):
		assert server.api.patch(E + "%d/" % ids[code], {"mobile": "1", "card_no": card})["card_no"] == card
	# one of the two lets go: it is the other's, who gets it everywhere
	t.obey()
	server.api.patch(E + "%d/" % ids["4"], {"card_no": "56"})
	assert (holder(t, "55"), holder(t, "56")) == ("5", "4") and sorted(alerts(server, "card_unclear")) == ["3"]
	assert any("PIN=5\t" in c and c.endswith("\tCard=55") for c in t.obey())
	server.api.patch(E + "%d/" % ids["3"], {"card_no": "57"})
	assert alerts(server, "card_unclear") == {} and holder(t, "57") == "3"


def test_the_walk_goes_on_after_a_kill_and_is_done_once(server, make_server):
	person(server, "a")
	server.stop()
	sealed = Sealed(server.database)
	row_key = server.value("select row_key from employee")
	server.sql("insert into employee (emp_code, department_id, row_key, sealed, card_hash)"
		" select 'P' || n, 1, %s, %s, decode(lpad(to_hex(n), 64, '0'), 'hex') from generate_series(1, 900) n", row_key,
		sealed.close("employee.sealed", row_key, b"{}"))
	for n, row in enumerate(server.sql("select emp_code from employee where emp_code like 'P%%' order by id")):
		if n % 3:
			sealed.card_as_typed(row[0], "%08d" % (n + 1))
	server.sql("update employee set card_hash = null where card_hash < '\\x0000000000000000000000000000000000000000000000000000000000010000'")
	server.sql("delete from card_holder")
	server.sql("update walk set place = 0, done = null where name = 'cards'")
	server.start()
	wait_until(lambda: server.value("select place from walk where name = 'cards'") > 0, every=0.005)
	server.kill9()
	servers = [make_server(server.database), make_server(server.database)]
	wait_until(lambda: done(servers[0]), 90)
	assert server.sql("select count(*), count(distinct hash), count(employee_id) from card_holder") == [(600, 600, 600)]
	assert server.sql("select count(*) from employee e join card_holder h on h.hash = e.card_hash and h.employee_id = e.id") == [(600,)]
	assert sealed.person("P3")["card_no"] == "3" and card_of(servers[1], "P3") == "3"
	wait_until(lambda: sum(s.log().count("walk_done name=cards") for s in servers) == 1)
