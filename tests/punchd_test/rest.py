"""A REST client like those written for ZKBio Time, on http.client."""

import base64
import http.client
import json
import urllib.parse


class ApiError(Exception):
	def __init__(self, response):
		super().__init__("%d %s" % (response.status, response.text[:500]))
		self.status = response.status
		self.response = response
		self.json = response.json_or_none()


class Response:
	def __init__(self, status, headers, body):
		self.status = status
		self.headers = headers
		self.body = body

	@property
	def text(self):
		return self.body.decode("utf-8")

	def json(self):
		assert self.headers.get("content-type") == "application/json", self.headers
		return json.loads(self.text)

	def json_or_none(self):
		try:
			return json.loads(self.text)
		except ValueError:
			return None

	def __repr__(self):
		return "<%d %s>" % (self.status, self.text[:300])


class Api:
	"""get() and its kin return the decoded body of a 2xx and raise ApiError otherwise."""

	def __init__(self, address, user=None, password=None, authorization=None, timeout=60.0):
		self.address = address
		self.user = user
		self.password = password
		self.authorization = authorization
		self.timeout = timeout
		self.connection = None

	def login(self, path="/api-token-auth/", scheme="Token"):
		r = self.request("POST", path, {"username": self.user, "password": self.password},
			authorization="")
		if r.status != 200:
			raise ApiError(r)
		self.authorization = "%s %s" % (scheme, r.json()["token"])
		return self

	def basic(self):
		pair = "%s:%s" % (self.user, self.password)
		self.authorization = "Basic " + base64.b64encode(pair.encode()).decode()
		return self

	def close(self):
		if self.connection:
			self.connection.close()
			self.connection = None

	def request(self, method, path, body=None, params=None, headers=None, authorization=None):
		"""Any request; no error is raised for a status. authorization="" sends none."""
		if authorization is None and self.authorization is None and self.user:
			self.login()
		if authorization is None:
			authorization = self.authorization
		head = {"Accept": "*/*"}
		if authorization:
			head["Authorization"] = authorization
		if body is not None and not isinstance(body, (bytes, str)):
			body = json.dumps(body).encode()
			head["Content-Type"] = "application/json"
		if params:
			path += ("&" if "?" in path else "?") + urllib.parse.urlencode(params, doseq=True)
		head.update(headers or {})
		return self._exchange(method, path, body, head)

	def _exchange(self, method, path, body, head):
		fresh = self.connection is None
		if fresh:
			self.connection = http.client.HTTPConnection(*self.address, timeout=self.timeout)
		try:
			self.connection.request(method, path.replace(" ", "%20"), body, head)
			r = self.connection.getresponse()
			data = r.read()
		except (ConnectionError, http.client.BadStatusLine, BrokenPipeError):
			self.close()
			if fresh or method not in ("GET", "HEAD"):
				raise
			return self._exchange(method, path, body, head)  # an idle connection had ended
		except BaseException:
			self.close()
			raise
		headers = {name.lower(): value for name, value in r.getheaders()}
		if r.will_close:
			self.close()
		return Response(r.status, headers, data)

	def _call(self, method, path, body=None, params=None):
		if method in ("POST", "PUT", "PATCH", "DELETE"):
			self.close()  # never lose a write to an idle connection that ends just now
		r = self.request(method, path, body, params)
		if not 200 <= r.status < 300:
			raise ApiError(r)
		return r.json() if r.body else None

	def get(self, path, **params):
		return self._call("GET", path, None, params)

	def post(self, path, body=None):
		return self._call("POST", path, {} if body is None else body)

	def put(self, path, body):
		return self._call("PUT", path, body)

	def patch(self, path, body):
		return self._call("PATCH", path, body)

	def delete(self, path):
		return self._call("DELETE", path)

	def raw(self, method, path, body=None, headers=None, **params):
		return self.request(method, path, body, params, headers)

	def walk(self, path, **params):
		"""All rows of a list, by following `next`."""
		rows, page = [], self.get(path, **params)
		while True:
			rows += page["data"]
			if page["next"] is None:
				assert page["count"] == len(rows), (page["count"], len(rows))
				return rows
			url = urllib.parse.urlsplit(page["next"])
			page = self.get(url.path + "?" + url.query)
