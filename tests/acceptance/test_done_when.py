"""Issue, "Done when"."""

import json
import os
import subprocess

import pytest

from punchd_test.server import ROOT
from punchd_test.wait import wait_until

CAPTURE = ("18292\t2026-07-16 01:59:44\t255\t15\t0\t0\t0\t0\t0\t0\t\n")


def curl(*args):
	r = subprocess.run(["curl", "-sS", *args], capture_output=True, check=True)
	return r.stdout.decode()


@pytest.mark.settings(admission="auto")
def test_an_upload_sent_with_curl_appears_in_transactions_and_csv(server):
	sn = "ZHM2252009230"
	curl("%s/iclock/cdata.aspx?SN=%s&options=all&pushver=2.4.1" % (server.url, sn))
	assert curl("--data-binary", CAPTURE, "%s/iclock/cdata.aspx?SN=%s&table=ATTLOG&Stamp=9999" % (
		server.url, sn)) == "OK: 1"
	token = json.loads(curl("-d", "username=admin", "--data-urlencode",
		"password=" + server.settings["admin_password"], server.url + "/api-token-auth/"))["token"]
	head = ("-H", "Authorization: Token " + token)
	row = json.loads(curl(*head, server.url + "/iclock/api/transactions/"))["data"][0]
	assert (row["emp_code"], row["punch_time"], row["verify_type_display"]) == (
		"18292", "2026-07-16 01:59:44", "Face")
	csv = curl(*head, server.url + "/iclock/api/transactions/export/?export_type=csv")
	assert "18292" in csv.splitlines()[1] and "2026-07-16 01:59:44" in csv


def test_reboot_and_template_deletion_reach_a_terminal_and_are_recorded_as_done(server, make_sim):
	sn = "SIM0000001"
	sim = make_sim(server, "--sn", sn)
	sim("handshake")
	row = server.api.get("/iclock/api/terminals/", sn=sn)["data"][0]
	server.api.patch("/iclock/api/terminals/%d/" % row["id"], {"area": 2})
	wait_until(lambda: sim("poll") and sim.state()["commands"], what="approval is known to it")
	sim("enrol 77 Dora")
	sim("enrol-fp 77 6")
	person = server.api.get("/personnel/api/employees/", emp_code="77")["data"][0]
	assert person["fingerprint"] != "-"
	server.api.post("/personnel/api/employees/del_bio_template/", {"employees": [person["id"]],
		"finger_print": True})
	server.api.post("/iclock/api/terminals/reboot/", {"terminals": [row["id"]]})

	def done():
		sim("poll", ok=False)
		states = dict(server.sql("select content, state from terminal_command"))
		return states.get("REBOOT") == "done" and any(
			"FINGERTMP PIN=77" in c and s == "done" for c, s in states.items())
	wait_until(done, 30, "both commands are done", 0.2)
	commands = server.api.get("/iclock/api/terminalcommands/", page_size=100)["data"]
	assert any("REBOOT" in str(c) for c in commands)
	person = server.api.get("/personnel/api/employees/", emp_code="77")["data"][0]
	assert person["fingerprint"] == "-"


def test_the_bench_is_there():
	assert os.listdir(os.path.join(ROOT, "tests", "bench"))
