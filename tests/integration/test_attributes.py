"""/personnel/api/customattributes/: members of employees that are defined at run time."""

import pytest

from punchd_test.dump import found_in
from punchd_test.rest import ApiError

E, C = "/personnel/api/employees/", "/personnel/api/customattributes/"


def fails(call, *args):
	with pytest.raises(ApiError) as e:
		call(*args)
	return e.value.status, e.value.json


def hired(server):
	return server.api.post(E, {"emp_code": "7", "department": 1, "area": [2]})["id"]


def test_attribute_shape(server):
	row = server.api.post(C, {"attr_name": "Global ID"})
	assert row == {"id": 1, "attr_name": "Global ID", "attr_type": "text"} and list(row) == ["id", "attr_name", "attr_type"]
	assert server.api.get(C, attr_name_icontains="glob", search="id")["data"] == [row]
	assert server.api.patch(C + "1/", {"attr_name": "GID", "attr_type": "date"}) == {**row, "attr_name": "GID"}, "the type is fixed"


def test_members_follow_the_others(server):
	emp = hired(server)
	before = list(server.api.get(E + "%d/" % emp))
	for name, kind in (("Global ID", "text"), ("Height", "number"), ("Visa", "date"), ("Licence", "boolean")):
		server.api.post(C, {"attr_name": name, "attr_type": kind})
	row = server.api.get(E + "%d/" % emp)
	assert list(row) == before + ["Global ID", "Height", "Visa", "Licence"]
	assert [row[k] for k in list(row)[-4:]] == [None] * 4
	row = server.api.patch(E + "%d/" % emp, {"Global ID": " GID-0001 ", "Height": "1.75", "Visa": "2027-01-31", "Licence": "yes"})
	assert [row[k] for k in list(row)[-4:]] == ["GID-0001", 1.75, "2027-01-31", True]
	assert server.api.get(E)["data"] == [row]
	assert found_in(server, "GID-0001") == [], "personal: sealed"
	assert server.api.patch(E + "%d/" % emp, {"first_name": "Ada"})["Global ID"] == "GID-0001", "others stay"
	server.api.patch(C + "1/", {"attr_name": "GID"})
	row = server.api.patch(E + "%d/" % emp, {"Height": None, "Visa": "", "Global ID": "ignored"})
	assert [row[k] for k in list(row)[-4:]] == ["GID-0001", None, None, True] and "GID" in row
	server.api.delete(C + "1/")
	assert "GID" not in server.api.get(E + "%d/" % emp)
	again = server.api.post(C, {"attr_name": "GID"})
	assert again["id"] != 1 and server.api.get(E + "%d/" % emp)["GID"] is None, "a new attribute has no values"


def test_given_on_create(server):
	server.api.post(C, {"attr_name": "CNIC"})
	row = server.api.post(E, {"emp_code": "8", "department": 1, "area": [2], "CNIC": 3520112345671})
	assert row["CNIC"] == "3520112345671"
	server.command("key", "rotate")
	assert server.api.get(E, emp_code="8")["data"][0]["CNIC"] == "3520112345671"


def test_bad_values(server):
	emp = hired(server)
	for name, kind in (("T", "text"), ("N", "number"), ("D", "date"), ("B", "boolean")):
		server.api.post(C, {"attr_name": name, "attr_type": kind})
	assert fails(server.api.patch, E + "%d/" % emp, {"T": "x" * 201, "N": "many", "D": "31.1.2027", "B": "perhaps"}) == (400, {
		"T": ["Ensure this field has no more than 200 characters."], "N": ["A valid number is required."],
		"D": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."], "B": ["Must be a valid boolean."]})
	assert fails(server.api.patch, E + "%d/" % emp, {"T": ["x"]}) == (400, {"T": ["Not a valid string."]})
	assert fails(server.api.post, E, {"T": ["x"], "department": 1, "area": [2]}) == (
		400, {"emp_code": ["This field is required."], "T": ["Not a valid string."]})


@pytest.mark.parametrize("body,errors", [
	({}, {"attr_name": ["This field is required."]}),
	({"attr_name": "first_name"}, {"attr_name": ["Employees have a member of this name."]}),
	({"attr_name": "a[b]"}, {"attr_name": ["Enter a valid value."]}),
	({"attr_name": "Known"}, {"attr_name": ["custom attribute with this attr_name already exists."]}),
	({"attr_name": "x" * 51, "attr_type": "secret"}, {"attr_name": ["Ensure this field has no more than 50 characters."],
		"attr_type": ['"secret" is not a valid choice.']})])
def test_bad_attributes(server, body, errors):
	server.api.post(C, {"attr_name": "Known"})
	assert fails(server.api.post, C, body) == (400, errors)
