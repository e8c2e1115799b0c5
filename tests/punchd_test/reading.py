"""What an upload should leave behind, read by the specification alone.

Independent of the server's parsers on purpose: tests compare the two readings.
"""

import datetime
import re

PIN = re.compile(r"[^\x00-\x1f\x7f]{1,20}\Z")
TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\Z")
WORDS = ("USER", "FP", "FACE", "FVEIN", "USERPIC", "BIOPHOTO", "BIODATA", "OPLOG")


def lines_of(body):
	"""Non-blank lines without LF and one CR."""
	lines = [x[:-1] if x.endswith(b"\r") else x for x in body.split(b"\n")]
	return [x for x in lines if x.strip(b" \t\r\0")]


def time_of(text):
	if not TIME.match(text):
		return None
	try:
		t = datetime.datetime.strptime(text.replace("T", " "), "%Y-%m-%d %H:%M:%S")
	except ValueError:
		return None
	return t if t.year >= 1900 else None


def number(text):
	return int(text) if re.fullmatch(r"[+-]?\d+", text or "") else None


def punch_of(line):
	"""(pin, time, state, verify, work code), or None for a line that is no punch."""
	text = line.decode("utf-8", "replace")
	columns = text.split("\t")
	if "\t" not in text:
		m = re.match(r"(\S+) (\S+ \S+)(?: (\S+))?(?: (\S+))?(?: (\S+))?", text)
		columns = [c for c in m.groups() if c is not None] if m else [text]
	if len(columns) < 2 or not PIN.match(columns[0]):
		return None
	when = time_of(columns[1])
	if when is None:
		return None
	columns += [None] * 3
	return (columns[0], when, number(columns[2]), number(columns[3]), columns[4])


def national_id_of(line):
	"""Column 8 of a person-ID terminal."""
	columns = line.decode("utf-8", "replace").split("\t")
	return columns[7] if len(columns) > 7 and re.fullmatch(r"\d{15}|\d{17}[\dXx]", columns[7]) else None


def pairs_of(line):
	"""("USER", {"pin": "4", ...}) of a key=value line; the word is "" when there is none."""
	text = line.decode("utf-8", "replace")
	word, _, rest = text.partition(" ")
	if word not in WORDS and not word.isupper() or "=" in word:
		word, rest = "", text
	pairs = {}
	for field in rest.split("\t"):
		key, _, value = field.partition("=")
		pairs.setdefault(key.strip().lower(), value)
	return word, pairs


def encoded_time(n):
	n, sec = divmod(n, 60)
	n, minute = divmod(n, 60)
	n, hour = divmod(n, 24)
	n, day = divmod(n, 31)
	year, month = divmod(n, 12)
	return datetime.datetime(year + 2000, month + 1, day + 1, hour, minute, sec)


def oplog_of(line):
	"""(code, operator, time or None, [objects])"""
	columns = line.decode("utf-8", "replace").split(" ", 1)[1].split("\t")
	when = time_of(columns[2]) or (
		encoded_time(int(columns[2])) if columns[2].isdigit() else None)
	return (int(columns[0]), columns[1], when, columns[3:7])


def template_of(word, pairs):
	"""(pin, form, type, no, index, major)"""
	n = {k: int(v) for k, v in pairs.items() if re.fullmatch(r"-?\d+", v)}
	if word == "BIODATA":
		return (pairs["pin"], word, n["type"], n["no"], n["index"], n["majorver"])
	kind, no, index = {
		"FP": (1, n.get("fid", 0), 0),
		"FACE": (2, 0, n.get("fid", 0)),
		"FVEIN": (7, n.get("fid", 0), n.get("index", 0)),
	}[word]
	return (pairs["pin"], word, kind, no, index, 0)
