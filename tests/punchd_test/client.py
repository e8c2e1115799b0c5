"""Requests exactly as foreign clients write them: no header that they do not send."""

import base64
import http.client
import json
import urllib.parse

from .server import PASSWORD


class Answer:
	def __init__(self, response):
		self.status = response.status
		self.headers = {name.lower(): value for name, value in response.getheaders()}
		self.body = response.read()

	def json(self):
		assert self.headers["content-type"] == "application/json", self
		return json.loads(self.body)

	def __repr__(self):
		return "<%d %r>" % (self.status, self.body[:400])


class Client:
	"""Each call is one request on a connection of its own; redirects are errors to many clients."""

	def __init__(self, server, **headers):
		self.server = server
		self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

	def send(self, method, target, body=None, **headers):
		c = http.client.HTTPConnection(*self.server.address, timeout=60)
		c.putrequest(method, target.replace(" ", "%20"), skip_accept_encoding=True)
		merged = {**self.headers, **{n.replace("_", "-"): v for n, v in headers.items()}}
		if body is not None:
			merged["Content-Length"] = str(len(body))
		for name, value in merged.items():
			if value is not None:
				c.putheader(name, value)
		c.endheaders(body)
		answer = Answer(c.getresponse())
		c.close()
		assert not 300 <= answer.status < 400, "redirected: %r" % answer
		assert "content-encoding" not in answer.headers, "nobody asked for that"
		return answer

	def json(self, method, target, body, **headers):
		headers.setdefault("Content_Type", "application/json")
		return self.send(method, target, json.dumps(body).encode(), **headers)

	def form(self, method, target, fields, **headers):
		return self.send(method, target, urllib.parse.urlencode(fields).encode(),
			Content_Type="application/x-www-form-urlencoded", **headers)

	def get(self, target, **params):
		"""A list or an object; 200."""
		if params:
			target += ("&" if "?" in target else "?") + urllib.parse.urlencode(params)
		answer = self.send("GET", target)
		assert answer.status == 200, (target, answer)
		return answer.json()

	# ---------------------------------------------------------------- logging in

	def token(self, path="/api-token-auth/", scheme="Token", user="admin", password=PASSWORD, **more):
		answer = self.json("POST", path, {"username": user, "password": password, **more})
		assert answer.status == 200, answer
		self.headers["Authorization"] = "%s %s" % (scheme, answer.json()["token"])
		return self

	def jwt(self, scheme="JWT"):
		return self.token("/jwt-api-token-auth/", scheme)

	def basic(self, user="admin", password=PASSWORD):
		pair = base64.b64encode(("%s:%s" % (user, password)).encode()).decode()
		self.headers["Authorization"] = "Basic " + pair
		return self

	# ---------------------------------------------------------------- reading lists

	def follow(self, target, **params):
		"""Requests `next` as it came, until it is null."""
		page = self.get(target, **params)
		rows = page["data"]
		while page["next"] is not None:
			url = urllib.parse.urlsplit(page["next"])
			assert url.scheme == "http" and url.netloc == "%s:%d" % self.server.address, page["next"]
			page = self.get(url.path + "?" + url.query)
			rows += page["data"]
		assert len(rows) == page["count"]
		return rows

	def count_up(self, target, **params):
		"""page=1, 2, ... while next is truthy."""
		rows, number = [], 1
		while True:
			page = self.get(target, **params, page=number)
			rows += page["data"]
			if not page["next"]:
				return rows
			number += 1
