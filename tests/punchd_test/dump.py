"""Looks for planted values wherever they must not be: database, logs."""

import base64
import os
import subprocess

from .pg import as_postgres


def dump(database):
	"""All of a database as pg_dump writes it; bytea stands there in hex."""
	cluster = database.cluster
	return subprocess.run(as_postgres([os.path.join(cluster.bin, "pg_dump"), "-h", cluster.dir,
		"-U", "postgres", "--inserts", database.name]), cwd="/", check=True, capture_output=True).stdout


def forms(text):
	"""How a value may stand somewhere: plain, hex, base64 at each of three offsets."""
	raw = text.encode("utf-8")
	yield raw
	yield raw.hex().encode()
	for shift in range(3):
		code = base64.b64encode(b"\0" * shift + raw)
		whole = code[(shift * 8 + 5) // 6:len(code) - len(code) % 4 or None].rstrip(b"=")
		yield whole[:-1]


def found_in(server, text):
	"""Where a value is found: [] is what a secret should give. At least 6 characters."""
	assert len(text) >= 6, "too short to be looked for"
	places = {"database": dump(server.database), "punchd's log": server.log().encode(),
		"punchd's output": server.stdout().encode(), "PostgreSQL's log": server.database.cluster.log_text().encode()}
	return [(place, form) for place, content in places.items() for form in forms(text)
		if form in content or form.upper() in content]
