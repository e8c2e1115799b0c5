"""Who may do what, as an administrator sets it over REST and by command, and what the others try."""

import pytest

from punchd_test.net import free_port
from punchd_test.rest import ApiError
from punchd_test.server import PASSWORD, run_punchd
from punchd_test.wait import wait_until

U, G, T, E = "/base/api/users/", "/base/api/groups/", "/base/api/tokens/", "/personnel/api/employees/"
DENIED = {"detail": "You do not have permission to perform this action."}
OWN = "Her-own-Password-1"


def user(server, name="rita", **more):
	return server.api.post(U, {"username": name, "password": OWN, **more})


def as_user(server, name="rita", password=OWN):
	return server.new_api(user=name, password=password)


def with_token(server, text):
	api = server.new_api()
	api.authorization = "Token " + text
	return api


def test_an_administrator_sets_up_a_branch(server):
	area = server.api.post("/personnel/api/areas/", {"area_code": "B", "area_name": "Branch"})["id"]
	group = server.api.post(G, {"name": "Branch managers", "permissions": ["personnel.*_employee", "att.*"]})
	assert group["permissions"] == ["personnel.*_employee", "att.*"]
	made = user(server, groups=[group["id"]], areas=[area])
	assert made["groups"] == [group["id"]] and made["areas"] == [area] and made["departments"] is None
	assert "password" not in made and made["is_superuser"] is False and made["is_active"] is True
	rita = as_user(server)
	assert rita.get(E)["count"] == 0
	rita.post(E, {"emp_code": "1", "department": 1, "area": [area]})
	assert rita.get(E)["count"] == 1
	me = rita.get(U + "me/")
	assert me["areas"] == [area] and "personnel.delete_employee" in me["permissions"] and "iclock.view_terminal" not in me["permissions"]
	assert rita.request("GET", "/iclock/api/terminals/").json() == DENIED
	server.api.patch(U + "%d/" % made["id"], {"areas": None, "groups": [1]})
	wait_until(lambda: rita.request("GET", "/iclock/api/terminals/").status == 200)
	assert rita.request("DELETE", E + "1/").json() == DENIED


def test_permissions_are_listed(server):
	rows = server.api.get("/base/api/permissions/", page_size=1000)
	assert rows["count"] == len(rows["data"]) > 80
	by_name = {r["codename"]: r for r in rows["data"]}
	assert by_name["personnel.view_employee"] == {"codename": "personnel.view_employee", "app": "personnel", "subject": "employee", "by_name_only": False}
	assert by_name["personnel.view_credential"]["by_name_only"] is True
	assert server.api.get("/base/api/permissions/", page=2, page_size=7)["data"] == rows["data"][7:14]


def test_groups(server):
	for bad in ("employee", "personnel.view", "nothing.view_employee", "personnel.see_employee", "", "*", "x" * 300):
		r = server.api.request("POST", G, {"name": "x", "permissions": [bad]})
		assert r.status == 400 and "permissions" in r.json(), (bad, r)
	group = server.api.post(G, {"name": "x", "permissions": []})["id"]
	made = user(server, groups=[1, group])
	r = server.api.request("POST", U, {"username": "u", "password": OWN, "groups": [99]})
	assert r.json() == {"groups": ['Invalid pk "99" - object does not exist.']}
	server.api.delete(G + "%d/" % group)
	assert server.api.get(U + "%d/" % made["id"])["groups"] == [1]
	assert server.api.request("DELETE", G + "1/").status == 400
	assert server.api.request("DELETE", G + "%d/" % group).status == 404


def test_readers_read_and_see_no_credentials(server):
	server.api.post(E, {"emp_code": "1", "department": 1, "area": [2], "card_no": "4711", "device_password": "99"})
	user(server)
	rita = as_user(server)
	row = rita.get(E)["data"][0]
	assert row["card_no"] is None and row["device_password"] is None
	assert rita.request("POST", E, {}).json() == DENIED
	group = server.api.post(G, {"name": "cards", "permissions": ["personnel.view_credential"]})["id"]
	server.sql("update account set groups = groups || %s where name = 'rita'", group)
	wait_until(lambda: rita.get(E)["data"][0]["card_no"] == "4711")


def test_nobody_rises(server):
	"""Whatever a user sends, they do not become more than they are."""
	group = server.api.post(G, {"name": "all", "permissions": ["*.*", "base.view_user", "base.view_group"]})["id"]
	made = user(server, groups=[group])
	rita, own = as_user(server), U + "%d/" % made["id"]
	for method, path, body in (("POST", U, {"username": "eve", "password": OWN, "is_superuser": True}), ("PATCH", own, {"is_superuser": True}),
			("PUT", own, {"groups": [1, group]}), ("PATCH", own, {"areas": None}), ("DELETE", U + "1/", None), ("PATCH", U + "1/", {"password": OWN}),
			("POST", G, {"name": "y", "permissions": ["base.view_auditlog"]}), ("PATCH", G + "%d/" % group, {"permissions": ["base.view_auditlog"]}),
			("DELETE", G + "%d/" % group, None), ("POST", T, {"name": "x", "user": 1})):
		r = rita.request(method, path, body)
		assert r.status == 403 and r.json() == DENIED, (method, path, r)
	before = server.sql("select superuser, groups, token_generation from account where name = 'rita'")
	rita.request("POST", U + "me/password/", {"old_password": "wrong", "new_password": "Another-one-2", "is_superuser": True})
	server.api.patch(own, {"id": 1, "token_generation": 77, "password_hash": "x", "created": "2020-01-01 00:00:00"})
	assert server.sql("select superuser, groups, token_generation from account where name = 'rita'") == before


def test_tokens(server):
	user(server)
	rita = as_user(server)
	t = rita.post(T, {"name": "payroll", "scope": ["personnel.view_employee"]})
	assert len(t["token"]) == 64 and t["username"] == "rita"
	assert t["token"] not in str(server.sql("select * from token")) and t["token"] not in server.log()
	assert "token" not in rita.get(T + "%d/" % t["id"])
	payroll = with_token(server, t["token"])
	assert payroll.get(E)["count"] == 0
	assert payroll.request("GET", "/personnel/api/departments/").json() == DENIED
	wait_until(lambda: rita.get(T + "%d/" % t["id"])["last_used"])
	# others' are not there
	admins = server.api.post(T, {"name": "mine"})
	assert rita.request("GET", T + "%d/" % admins["id"]).status == 404 and rita.request("DELETE", T + "%d/" % admins["id"]).status == 404
	assert [x["id"] for x in rita.get(T)["data"]] == [t["id"]] and server.api.get(T)["count"] == 2
	assert with_token(server, admins["token"]).get(U)["count"] == 2
	rita.delete(T + "%d/" % t["id"])
	wait_until(lambda: payroll.request("GET", E).status == 401)
	assert server.api.get(T + "%d/" % t["id"])["revoked"]


def test_a_scope_is_the_most_a_token_may(server):
	narrow = with_token(server, server.api.post(T, {"scope": ["personnel.view_employee", "personnel.add_employee"]})["token"])
	assert narrow.get(E)["count"] == 0
	assert narrow.get(U + "me/")["permissions"] == ["personnel.view_employee", "personnel.add_employee"]
	assert narrow.get(U + "me/")["is_superuser"] is False
	for method, path, body in (("GET", U, None), ("POST", U, {"username": "eve", "password": OWN}), ("POST", T, {"name": "x"}), ("POST", T, {"scope": None}),
			("POST", T, {"scope": ["personnel.*"]}), ("POST", T, {"scope": ["personnel.view_employee"], "user": 2}),
			("POST", U + "me/password/", {"old_password": PASSWORD, "new_password": "Another-one-2"})):
		r = narrow.request(method, path, body)
		assert r.status in (403, 400) and (r.status == 403 or "user" in r.json()), (method, path, body, r)
	assert narrow.post(T, {"scope": ["personnel.view_employee"]})["scope"] == ["personnel.view_employee"]
	nothing = with_token(server, server.api.post(T, {"scope": []})["token"])
	assert nothing.request("GET", E).json() == DENIED and nothing.get(U + "me/")["permissions"] == []
	user(server)  # a reader's token with a wider scope is a reader's all the same
	wide = with_token(server, as_user(server).post(T, {"scope": ["*.*"]})["token"])
	assert wide.request("POST", E, {}).json() == DENIED
	for bad in (["nonsense"], ["personnel.view_employee", "x"], [7]):
		assert server.api.request("POST", T, {"scope": bad}).status == 400, bad


def test_tokens_end(server):
	made = user(server)
	rita = as_user(server)
	old = with_token(server, rita.post(T, {"expires": "2020-01-01 00:00:00"})["token"])
	assert old.request("GET", E).status == 401
	live = with_token(server, rita.post(T, {"expires": "2090-01-01 00:00:00"})["token"])
	assert live.get(E)["count"] == 0
	server.api.patch(U + "%d/" % made["id"], {"is_active": False})
	wait_until(lambda: live.request("GET", E).status == 401 and rita.request("GET", E).status == 401)
	server.api.patch(U + "%d/" % made["id"], {"is_active": True})
	assert live.request("GET", E).status == 401, "a token that was revoked stays so"


def test_a_new_password(server):
	user(server)
	rita, other = as_user(server), as_user(server)
	assert rita.get(E) == other.get(E)
	jwt = server.new_api(user="rita", password=OWN)
	jwt.authorization = "JWT " + jwt.request("POST", "/jwt-api-token-auth/", {"username": "rita", "password": OWN}, authorization="").json()["token"]
	assert rita.request("POST", U + "me/password/", {"old_password": "wrong-wrong", "new_password": "Another-one-2"}).json() == {"old_password": ["Invalid password."]}
	assert rita.request("POST", U + "me/password/", {"old_password": OWN, "new_password": "short"}).status == 400
	assert rita.request("POST", U + "me/password/", {"old_password": OWN, "new_password": "Another-one-2"}).status == 200
	for api in (rita, other, jwt):
		wait_until(lambda: api.request("GET", E).status == 401)
	with pytest.raises(ApiError):
		as_user(server).get(E)
	assert as_user(server, password="Another-one-2").get(E)["count"] == 0
	server.api.patch(U + "%d/" % server.value("select id from account where name = 'rita'"), {"password": OWN})
	assert as_user(server).get(E)["count"] == 0
	assert not server.value("select count(*) from account where password_hash not like '$argon2id$%'")


POOR = ("password", "PassW0rd!", "Admin@123", "12345678", "qwertyui", "aaaaaaaa", "abcabcabc", "iloveyou2", "zkteco123")


def test_passwords_that_are_guessed_first_are_refused(server, tmp_path):
	"""By whatever way a password comes; the one of before stays."""
	made = user(server, email="margaret.t@example.com")
	one, before = U + "%d/" % made["id"], server.sql("select name, password_hash from account order by id")
	ann = server.api.post(E, {"emp_code": "70071", "department": 1, "area": [2]})["id"]
	login = E + "%d/self_password/" % ann
	server.api.post(login, {"self_password": OWN})
	staff = server.new_api("70071", OWN).login("/staff-api-token-auth/")
	rita = as_user(server)
	file = tmp_path / "password"

	def refused(poor, *requests):
		for api, method, path, body in requests:
			r = api.request(method, path, body)
			assert r.status == 400 and list(r.json()) == [list(body)[-1]], (poor, path, r)
	for poor in POOR + ("70071abc", "my-70071"):
		refused(poor, (server.api, "POST", login, {"self_password": poor}),
			(staff, "POST", "/staff/api/password/", {"old_password": OWN, "password": poor}))
	for poor in POOR + ("rita-2026", "I-am-Rita", "r1ta----", "margaret.t-1"):
		refused(poor, (server.api, "POST", U, {"username": "rita", "email": "margaret.t@example.com", "password": poor}),
			(server.api, "PATCH", one, {"password": poor}), (rita, "POST", U + "me/password/", {"old_password": OWN, "new_password": poor}))
		file.write_text(poor)
		for words in (("add", "marita"), ("passwd", "rita")):
			if poor in POOR or words[0] == "passwd":
				r = server.command("user", *words, "--password-file", str(file))
				assert r.returncode == 1 and len(r.stderr.strip().splitlines()) == 1 and "password " in r.stderr, (poor, r)
	assert server.sql("select name, password_hash from account order by id") == before
	assert as_user(server).get(E)["count"] == 1
	assert server.new_api("70071", OWN).login("/staff-api-token-auth/").get("/staff/api/employee/")["id"] == ann


def test_the_first_superusers_password(server):
	"""Judged when it makes one; where there is one already it may be as it always was."""
	server.stop()
	server.sql("delete from account")
	for poor in ("x", "password1", "admin-2026", "12345678"):
		r = run_punchd("serve", listen="127.0.0.1:%d" % free_port(), database_url=server.database.conninfo, admin_password=poor)
		assert r.returncode == 1 and "admin_password" in r.stderr.strip().splitlines()[-1] and poor not in r.stderr, (poor, r)
	assert server.value("select count(*) from account") == 0
	server.start()
	assert server.api.get(E)["count"] == 0
	server.stop()
	server.settings["admin_password"] = "x"
	server.start()
	assert server.api.get(E)["count"] == 0


def test_the_last_superuser_stays(server):
	for method, body in (("DELETE", None), ("PATCH", {"is_superuser": False}), ("PATCH", {"is_active": False})):
		r = server.api.request(method, U + "1/", body)
		assert r.status == 400 and "last superuser" in r.text, (method, r)
	second = user(server, is_superuser=True)["id"]
	assert server.api.request("PATCH", U + "1/", {"email": "a@example.com"}).status == 200
	server.api.delete(U + "%d/" % second)
	assert server.api.request("DELETE", U + "1/").status == 400


def test_bodies_of_users(server):
	for body, member in (({"username": "a:b", "password": OWN}, "username"), ({"username": "a\nb", "password": OWN}, "username"),
			({"username": "admin", "password": OWN}, "username"), ({"username": "x"}, "password"), ({"username": "x", "password": "short"}, "password"),
			({"username": "x", "password": None}, "password"), ({"username": "x", "password": " "}, "password"), ({"username": "x", "password": "y" * 2000}, "password"),
			({"username": "x", "password": OWN, "areas": [77]}, "areas"), ({"username": "x", "password": OWN, "areas": ["x"]}, "areas"),
			({"username": "x", "password": OWN, "groups": None}, "groups"), ({"username": "x", "password": OWN, "departments": {"a": 1}}, "departments")):
		r = server.api.request("POST", U, body)
		assert r.status == 400 and member in r.json(), (body, r)
	assert user(server, "y", areas=[])["areas"] == []
	assert server.api.get(U)["count"] == 2


def test_what_changed_is_in_the_audit_trail_without_secrets(server):
	made = user(server)["id"]
	server.api.patch(U + "%d/" % made, {"groups": [], "password": "Another-one-2"})
	rows = wait_until(lambda: [x for x in server.api.get("/base/api/auditlogs/", resource="account", page_size=50)["data"] if x["action"] != "add" and x["object_id"] == str(made)
		or x["object_id"] == made])
	assert rows
	assert "argon2" not in server.api.request("GET", "/base/api/auditlogs/", params={"page_size": 100}).text


def test_the_same_by_command(server):
	def run(*words, code=0):
		r = server.command(*words)
		assert r.returncode == code, (words, r.stdout, r.stderr)
		return r.stdout + r.stderr
	run("group", "add", "Night shift", "--permissions", "personnel.view_*,att.*")
	assert "Night shift" in run("group", "list") and "Readers" in run("group", "list")
	assert "personnel.see_x is not a permission" in run("group", "add", "bad", "--permissions", "personnel.see_x", code=1)
	run("user", "add", "nora", "--groups", "Night shift", "--areas", "2", "--departments", "1")
	assert server.sql("select groups, areas, departments from account where name = 'nora'") == [([2], [2], [1])]
	listed = run("user", "list")
	assert "Night shift" in listed and "nora" in listed
	assert "no group Nowhere" in run("user", "set", "nora", "--groups", "Nowhere", code=1)
	assert "no area XX" in run("user", "set", "nora", "--areas", "2,XX", code=1)
	assert server.sql("select areas from account where name = 'nora'") == [([2],)]
	run("user", "set", "nora", "--areas", "all", "--groups", "Readers")
	assert server.sql("select groups, areas, departments from account where name = 'nora'") == [([1], None, [1])]
	run("user", "disable", "nora")
	run("user", "enable", "nora")
	token = run("token", "create", "nora", "--scope", "personnel.view_department").strip()
	api = with_token(server, token)
	assert api.get("/personnel/api/departments/")["count"] == 1 and api.request("GET", E).json() == DENIED
	assert "personnel.view_department" in run("token", "list")
	assert "is not a permission" in run("token", "create", "nora", "--scope", "x", code=1)
	run("group", "set", "Night shift", "--permissions", "att.view_report")
	assert server.sql("select permissions from account_group where id = 2") == [(["att.view_report"],)]
	run("group", "remove", "Night shift")
	assert "belongs to the system" in run("group", "remove", "Readers", code=1)
	run("user", "add", "plain")
	assert server.sql("select groups, areas from account where name = 'plain'") == [([1], None)]
