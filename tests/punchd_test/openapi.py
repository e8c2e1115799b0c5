"""The server's own description of itself, as tests walk it."""

import copy
import re

METHODS = ("get", "post", "put", "patch", "delete")


class Operation:
	def __init__(self, document, path, method, spec):
		self.document = document
		self.path = path
		self.method = method.upper()
		self.spec = spec

	def __repr__(self):
		return "%s %s" % (self.method, self.path)

	@property
	def body(self):
		"""The schema of bodies, or None."""
		content = self.spec.get("requestBody", {}).get("content", {})
		return content.get("application/json", {}).get("schema")

	@property
	def example(self):
		return copy.deepcopy(self.spec["requestBody"]["content"]["application/json"]["example"])

	@property
	def status(self):
		"""Of success."""
		return next(int(s) for s in self.spec["responses"] if s.startswith("2"))

	@property
	def reply(self):
		"""The schema of a reply in JSON, or None."""
		content = self.spec["responses"][str(self.status)].get("content", {})
		return content.get("application/json", {}).get("schema")

	@property
	def shape(self):
		"""The component of a row that it answers with, or None."""
		schema = self.reply or {}
		if "data" in schema.get("properties", {}):
			schema = schema["properties"]["data"]["items"]
		return schema.get("$ref")

	def param(self, name):
		return next((p for p in self.spec["parameters"] if p["name"] == name), None)

	def at(self, ids):
		"""The path with an id that exists, or None. ids: see Document.fill()."""
		if "{" not in self.path:
			return self.path
		row = ids.get(self.document.collections().get(self.path.split("{")[0]))
		return None if row is None else re.sub(r"{\w+}", str(row), self.path)


class Document:
	def __init__(self, api):
		self.api = api
		self.json = api.request("GET", "/api/docs/openapi.json", authorization="").json()

	def operations(self):
		return [Operation(self, path, method, spec) for path, item in self.json["paths"].items()
			for method, spec in item.items() if method in METHODS]

	def collections(self):
		"""{path of a list: component of its rows}"""
		return {o.path: o.shape for o in self.operations()
			if o.method == "GET" and "{" not in o.path and o.shape and "data" in o.reply.get("properties", {})}

	def schema(self, schema):
		"""A schema that can be used by itself."""
		return {**schema, "components": self.json["components"]}

	def fill(self):
		"""Creates one row of everything by its example; {component: id}."""
		ids, left = {}, [o for o in self.operations()
			if o.method == "POST" and o.status == 201 and o.body is not None]
		while left:
			later, replies = [], []
			for o in left:
				if o.shape in ids:
					continue
				r = self.api.request("POST", o.path, o.example)
				if r.status == 201:
					ids[o.shape] = r.json()["id"]
				else:
					later.append(o)  # perhaps what it refers to is still to come
					replies.append((o, o.example, r))
			assert len(later) < len(left), replies
			left = later
		for path, shape in self.collections().items():
			if shape not in ids and not path.startswith("/staff/"):
				rows = self.api.get(path)["data"]
				if rows and "id" in rows[0]:
					ids[shape] = rows[0]["id"]
		return ids
