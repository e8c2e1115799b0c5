"""Sealed values as SECURITY.md describes them, made and opened by libcrypto: what an older punchd left."""

import ctypes
import ctypes.util
import hashlib
import hmac
import json
import os

from .server import MASTER_KEY

CRYPTO = ctypes.CDLL(ctypes.util.find_library("crypto"))
for _name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_gcm"):
	getattr(CRYPTO, _name).restype = ctypes.c_void_p
GET_TAG, SET_TAG = 0x10, 0x11


def gcm(key, nonce, bound, text, tag=None):
	"""Seals (tag None; returns text and tag) or opens."""
	ctx, n = ctypes.c_void_p(CRYPTO.EVP_CIPHER_CTX_new()), ctypes.c_int()
	out, end = ctypes.create_string_buffer(len(text) + 16), ctypes.create_string_buffer(16)
	assert CRYPTO.EVP_CipherInit_ex(ctx, ctypes.c_void_p(CRYPTO.EVP_aes_256_gcm()), None, key, nonce, tag is None) == 1
	assert CRYPTO.EVP_CipherUpdate(ctx, None, ctypes.byref(n), bound, len(bound)) == 1
	assert CRYPTO.EVP_CipherUpdate(ctx, out, ctypes.byref(n), text, len(text)) == 1
	if tag is not None:
		assert CRYPTO.EVP_CIPHER_CTX_ctrl(ctx, SET_TAG, 16, tag) == 1
	assert CRYPTO.EVP_CipherFinal_ex(ctx, end, ctypes.byref(n)) == 1, "not what was sealed"
	if tag is None:
		assert CRYPTO.EVP_CIPHER_CTX_ctrl(ctx, GET_TAG, 16, end) == 1
	CRYPTO.EVP_CIPHER_CTX_free(ctx)
	return out.raw[:len(text)] + (end.raw if tag is None else b"")


class Sealed:
	"""Of one database whose server has run, so that it has keys."""

	def __init__(self, database):
		self.database = database
		self.id, wrapped = database.sql("select id, wrapped from data_key where current")[0]
		head = self.id.to_bytes(4, "big")
		self.key = self._open(bytes.fromhex(MASTER_KEY), "data_key.wrapped", head + bytes(12), bytes(wrapped))
		row_key, sealed = database.sql("select row_key, sealed from secret where name = 'lookup'")[0]
		self.lookup = self.open("secret.sealed", row_key, sealed)

	@staticmethod
	def _open(key, place, row_key, sealed):
		return gcm(key, sealed[5:17], place.encode() + b"\0" + row_key, sealed[17:-16], sealed[-16:])

	def open(self, place, row_key, sealed):
		return self._open(self.key, place, bytes(row_key), bytes(sealed))

	def close(self, place, row_key, plain):
		nonce = os.urandom(12)
		return (b"\1" + self.id.to_bytes(4, "big") + nonce
			+ gcm(self.key, nonce, place.encode() + b"\0" + bytes(row_key), plain))

	def hash(self, text):
		return hmac.new(self.lookup, text.encode(), hashlib.sha256).digest()

	def person(self, code):
		"""The sealed record of an employee."""
		row_key, sealed = self.database.sql("select row_key, sealed from employee where emp_code = %s", code)[0]
		return json.loads(self.open("employee.sealed", row_key, sealed))

	def card_as_typed(self, code, card):
		"""Gives somebody a card as it was stored before cards had one form."""
		row_key = self.database.value("select row_key from employee where emp_code = %s", code)
		record = {**self.person(code), "card_no": card}
		self.database.sql("update employee set sealed = %s, card_hash = %s where emp_code = %s",
			self.close("employee.sealed", row_key, json.dumps(record).encode()), self.hash(card), code)
