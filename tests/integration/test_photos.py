"""Pictures of employees, and comparison photos with their approval: sealed, behind a login, sent to
terminals."""

import base64

import pytest

from punchd_test.dump import dump, found_in
from punchd_test.punches import make_employee
from punchd_test.rest import ApiError
from punchd_test.wait import wait_until

E, B = "/personnel/api/employees/", "/iclock/api/biophotos/"
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 3 + b"the face of Ada\xff\xd9"
OTHER = b"\xff\xd8\xff\xe0another face\xff\xd9"
TEXT = base64.b64encode(JPEG).decode()
REQUIRED = ["This field is required."]


def fails(call, *args):
	with pytest.raises(ApiError) as e:
		call(*args)
	return e.value.status, e.value.json


def multipart(file, name="photo", **fields):
	part = b"--cut\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
	body = b"".join(part % (k.encode(), str(v).encode()) for k, v in fields.items())
	body += (b"--cut\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
		% name.encode()) + file + b"\r\n--cut--\r\n"
	return body, {"Content-Type": "multipart/form-data; boundary=cut"}


def upload(server, path, body, headers, method="POST"):
	r = server.api.request(method, path, body, headers=headers)
	return r.status, r.json_or_none()


@pytest.fixture
def emp(server):
	return server.api.post(E, {"emp_code": "7", "first_name": "Ada", "department": 1, "area": [2]})["id"]


def test_no_photo(server, emp):
	assert server.api.get(E + "%d/" % emp)["photo"] == ""
	for path in (E + "%d/photo/" % emp, "/auth_files/photo/7.jpg", "/auth_files/photo/none.jpg", E + "99/photo/"):
		r = server.api.request("GET", path)
		assert (r.status, r.json()) == (404, {"detail": "Not found."}), path
	assert server.api.raw("DELETE", E + "%d/photo/" % emp).status == 404


@pytest.mark.parametrize("how", ["bytes", "file", "base64", "data", "form"])
def test_upload_and_download(server, emp, how):
	path = E + "%d/photo/" % emp
	body, headers = {"bytes": (JPEG, {"Content-Type": "image/jpeg"}), "file": multipart(JPEG),
		"base64": ({"photo": TEXT}, None), "data": ({"photo": "data:image/jpeg;base64," + TEXT}, None),
		"form": (("photo=" + TEXT.replace("+", "%2B")).encode(), {"Content-Type": "application/x-www-form-urlencoded"})}[how]
	assert upload(server, path, body, headers, "PUT") == (200, {"photo": "/auth_files/photo/7.jpg"})
	row = server.api.get(E + "%d/" % emp)
	assert row["photo"] == "/auth_files/photo/7.jpg"
	for at in (row["photo"], path, "/personnel/api/employee/%d/photo/" % emp):
		r = server.api.request("GET", at)
		assert (r.status, r.body, r.headers["content-type"]) == (200, JPEG, "image/jpeg")
		assert r.headers["cache-control"] == "no-store" and r.headers["x-content-type-options"] == "nosniff"
		assert server.api.request("GET", at, authorization="").status == 401


def test_photo_is_sealed_and_replaced(server, emp):
	path = E + "%d/photo/" % emp
	upload(server, path, {"photo": TEXT}, None)
	assert found_in(server, "the face of Ada") == [] and found_in(server, TEXT[:60]) == []
	assert "1 sealed again" in server.command("key", "rotate").stdout
	assert server.api.request("GET", path).body == JPEG
	upload(server, path, OTHER, {"Content-Type": "image/jpeg"})
	assert server.api.request("GET", path).body == OTHER
	assert server.value("select count(*) from photo") == 1
	assert server.api.raw("DELETE", path).status == 204
	assert server.api.get(E + "%d/" % emp)["photo"] == ""
	upload(server, path, {"photo": TEXT}, None)
	server.api.delete(E + "%d/" % emp)
	make_employee(server, "7")
	assert server.api.request("GET", "/auth_files/photo/7.jpg").status == 404, "somebody else"


@pytest.mark.parametrize("body,headers,status,answer", [
	({}, None, 400, {"photo": REQUIRED}),
	({"photo": None}, None, 400, {"photo": ["This field may not be null."]}),
	({"photo": "%%%"}, None, 400, {"photo": ["Upload a valid image, as a file or as base64."]}),
	({"photo": 7}, None, 400, {"photo": ["Not a valid string."]}),
	({"photo": base64.b64encode(b"<script>alert(1)</script>").decode()}, None, 400,
		{"photo": ["Upload a valid image. Terminals take JPEG only."]}),
	(b"\x89PNG\r\n\x1a\n....", {"Content-Type": "image/png"}, 400,
		{"photo": ["Upload a valid image. Terminals take JPEG only."]}),
	(b"\xff\xd8\xff" + b"x" * (1 << 20), {"Content-Type": "image/jpeg"}, 400, {"photo": ["The picture is larger than 1 MiB."]}),
	(b"x", {"Content-Type": "text/plain"}, 415, {"detail": 'Unsupported media type "text/plain" in request.'}),
	(b"--cut\r\nnothing", {"Content-Type": "multipart/form-data; boundary=cut"}, 400, {"detail": "Malformed or oversized form."}),
	(b"[]", {"Content-Type": "application/json"}, 400, {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]})], ids=range(10))
def test_bad_pictures(server, emp, body, headers, status, answer):
	assert upload(server, E + "%d/photo/" % emp, body, headers) == (status, answer)


def test_odd_codes_have_another_path(server):
	emp = make_employee(server, "a/b é")
	path = E + "%d/photo/" % emp
	assert upload(server, path, {"photo": TEXT}, None) == (200, {"photo": path})
	assert server.api.request("GET", server.api.get(E + "%d/" % emp)["photo"]).body == JPEG


def test_readers_see_and_do_not_write(server, emp):
	path = E + "%d/photo/" % emp
	upload(server, path, {"photo": TEXT}, None)
	server.command("user", "add", "reader", "--password-file", "/dev/stdin", stdin="secret word 1\n")
	reader = server.new_api("reader", "secret word 1")
	assert reader.request("GET", path).body == JPEG
	assert [reader.request(m, path, {"photo": TEXT}).status for m in ("PUT", "POST", "DELETE")] == [403] * 3


def test_picture_goes_to_terminals(server, emp, make_sim, make_terminal):
	sim = make_sim(server, "--sn", "PIC00001", "--profile", "g3")
	sim("handshake")
	make_terminal("PIC00001").approve()
	upload(server, E + "%d/photo/" % emp, {"photo": TEXT}, None)
	wait_until(lambda: sim("poll") is not None and server.value(
		"select count(*) from terminal_person where user_there and bio_sent = bio_version and bio_version > 0") == 1, 30, every=0.2)
	server.api.raw("DELETE", E + "%d/photo/" % emp)
	assert server.value("select content from terminal_command where content like 'DATA DELETE%%'") == "DATA DELETE USERPIC PIN=7"


# ---------------------------------------------------------------- comparison photos

def test_biophoto_waits_for_approval(server, emp):
	body, headers = multipart(JPEG, "register_photo", employee=emp, remark="front")
	status, row = upload(server, B, body, headers)
	assert status == 201
	expected = {"id": 1, "employee": {"id": emp, "emp_code": "7", "first_name": "Ada", "last_name": ""}, "emp_code": "7",
		"first_name": "Ada", "last_name": "", "enroll_sn": "", "register_photo": B + "1/photo/",
		"register_time": row["register_time"], "approval_photo": "", "approval_state": 0, "approval_time": None,
		"remark": "front"}
	assert row == expected and list(row) == list(expected)
	assert server.api.get(B, employee=emp, approval_state=0)["data"] == [row]
	assert server.value("select count(*) from photo") == 0, "not used before its approval"
	r = server.api.request("GET", row["register_photo"])
	assert (r.body, r.headers["content-type"]) == (JPEG, "image/jpeg")
	assert server.api.request("GET", row["register_photo"], authorization="").status == 401
	row = server.api.post(B + "1/approve/", {"remark": "fine"})
	assert (row["approval_state"], row["approval_photo"], row["remark"]) == (1, B + "1/photo/", "fine") and row["approval_time"]
	assert server.sql("select form, bio_type from photo") == [("BIOPHOTO", 9)]
	assert server.api.get(E + "%d/" % emp)["vl_face_photo"] != "-"
	assert found_in(server, "the face of Ada") == [] and found_in(server, TEXT[:60]) == []
	assert fails(server.api.post, B + "1/reject/") == (400, {"detail": "This photo is approved already."})
	assert "bio_photo: 1 sealed again" in server.command("key", "rotate").stdout
	assert server.api.request("GET", row["register_photo"]).body == JPEG
	server.api.delete(B + "1/")
	assert server.value("select count(*) from photo") == 1, "what terminals compare with stays"


def test_biophoto_rejected(server, emp):
	server.api.post(B, {"employee": emp, "register_photo": TEXT})
	row = server.api.post(B + "1/reject/", {"remark": "eyes closed"})
	assert (row["approval_state"], row["approval_photo"], row["remark"]) == (2, "", "eyes closed")
	assert server.value("select count(*) from photo") == 0
	assert server.api.post(B + "1/approve/")["approval_state"] == 1, "on second thoughts"
	for action in ("approve", "reject"):
		assert fails(server.api.post, B + "9/%s/" % action) == (404, {"detail": "Not found."})


def test_bad_biophotos(server, emp):
	assert fails(server.api.post, B, {}) == (400, {"employee": REQUIRED, "register_photo": REQUIRED})
	assert fails(server.api.post, B, {"employee": 99, "register_photo": TEXT}) == (
		400, {"employee": ['Invalid pk "99" - object does not exist.']})
	server.command("user", "add", "reader", "--password-file", "/dev/stdin", stdin="secret word 1\n")
	reader = server.new_api("reader", "secret word 1")
	assert fails(reader.post, B, {"employee": emp, "register_photo": TEXT})[0] == 403
	server.api.post(B, {"employee": emp, "register_photo": TEXT})
	assert fails(reader.post, B + "1/approve/")[0] == 403
	server.api.delete(E + "%d/" % emp)
	assert server.api.get(B)["count"] == 0
