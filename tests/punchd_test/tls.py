"""Certificates made for a test, and clients that speak exactly one version of TLS."""

import os
import socket
import ssl
import subprocess
import warnings

VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2,
	"1.3": ssl.TLSVersion.TLSv1_3}


def make_certificate(directory, name="server", common_name="localhost"):
	"""A self-signed pair; (certificate, key), the same paths when made again under the same name."""
	cert, key = (os.path.join(str(directory), "%s.%s" % (name, end)) for end in ("crt", "key"))
	subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
		"-days", "2", "-subj", "/CN=" + common_name, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
		"-keyout", key, "-out", cert], check=True, capture_output=True)
	return cert, key


def context(low="1.2", high="1.3", ciphers=None):
	"""A client that trusts anybody: tests look at the certificate themselves."""
	c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
	c.check_hostname = False
	c.verify_mode = ssl.CERT_NONE
	old = low in ("1.0", "1.1")
	c.set_ciphers(ciphers or ("ALL:@SECLEVEL=0" if old else "ALL"))
	with warnings.catch_warnings():
		warnings.simplefilter("ignore", DeprecationWarning)  # the old ones are what is tested
		c.minimum_version, c.maximum_version = VERSIONS[low], VERSIONS[high]
	return c


class Session:
	"""One TLS connection; request() may be called again and again while it is kept alive."""

	def __init__(self, address, low="1.2", high="1.3", ciphers=None):
		raw = socket.create_connection(address, 20)
		try:
			self.sock = context(low, high, ciphers).wrap_socket(raw)
		except BaseException:
			raw.close()
			raise

	def __enter__(self):
		return self

	def __exit__(self, *exc):
		self.sock.close()

	@property
	def certificate(self):
		return self.sock.getpeercert(True)

	def request(self, method, target, body=b"", keep=False, headers=""):
		"""(status, headers, body)"""
		self.sock.sendall(("%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: %s\r\n%sContent-Length: %d\r\n\r\n" % (
			method, target, "keep-alive" if keep else "close", headers, len(body))).encode() + body)
		got = b""
		while b"\r\n\r\n" not in got:
			got += self._more()
		head, body = got.split(b"\r\n\r\n", 1)
		lines = head.decode().split("\r\n")
		fields = {n.lower(): v.strip() for n, v in (x.split(":", 1) for x in lines[1:])}
		while len(body) < int(fields.get("content-length", 0)):
			body += self._more()
		return int(lines[0].split(" ")[1]), fields, body

	def _more(self):
		data = self.sock.recv(65536)
		assert data, "closed"
		return data


def spoken(address, version, ciphers=None):
	"""Whether a handshake in exactly this version succeeds."""
	try:
		with Session(address, version, version, ciphers) as s:
			return s.sock.version()
	except (ssl.SSLError, ConnectionError, OSError):
		return None
