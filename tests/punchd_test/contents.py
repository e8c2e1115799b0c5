"""Templates and pictures as terminals write them: base64 of so many characters."""

import base64
import hashlib


def noise(size, seed=""):
	"""Bytes that are always the same of one seed."""
	out = b""
	while len(out) < size:
		out += hashlib.sha256(("%s %d" % (seed, len(out))).encode()).digest()
	return out[:size]


def template(characters=808, seed="", padding=0):
	"""Base64 of so many characters, of which `padding` are '='."""
	assert characters % 4 == 0 and padding < 3
	return base64.b64encode(noise(characters // 4 * 3 - padding, seed)).decode()


def picture(characters=808, seed="", padding=0):
	"""The same, and begins as a JPEG."""
	assert characters % 4 == 0 and padding < 3
	return base64.b64encode(b"\xff\xd8\xff\xe0" + noise(characters // 4 * 3 - padding - 4, seed)).decode()


def fp(pin, finger, value, size=None, valid=1):
	return "FP PIN=%s\tFID=%s\tSize=%s\tValid=%s\tTMP=%s" % (
		pin, finger, len(value) if size is None else size, valid, value)


def wrap(record, width=76, end="\n"):
	"""The record with a line end after so many characters of its last value."""
	head, _, value = record.rpartition("\t")
	key, _, value = value.partition("=")
	lines = [value[i:i + width] for i in range(0, len(value), width)]
	return "%s\t%s=%s" % (head, key, end.join(lines))


def sized(value):
	"""(its length, itself), for "Size=%d\\tTMP=%s"."""
	return len(value), value
