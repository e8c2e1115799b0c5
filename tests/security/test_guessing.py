"""Guesses at passwords, many at once: from one address no more are looked at than one after the other
would be, and from many they keep out nobody who knows theirs."""

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor

from punchd_test.server import PASSWORD
from punchd_test.wait import wait_until

LOGIN = "/api-token-auth/"


def attempt(server, source, user, password, timeout=60):
	"""Status of a login from an address of the loopback network; None when there was no answer."""
	c = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout, source_address=(source, 0))
	try:
		c.request("POST", LOGIN, json.dumps({"username": user, "password": password}), {"Content-Type": "application/json"})
		return c.getresponse().status
	except (OSError, http.client.HTTPException):
		return None
	finally:
		c.close()


def test_no_more_than_twenty_of_one_burst_are_looked_at(server):
	"""However many come side by side, as one name or as many. The others are told to come later."""
	with ThreadPoolExecutor(120) as pool:
		said = list(pool.map(lambda n: attempt(server, "127.1.1.1", "user%d" % (n % 7), "wrong %d" % n), range(240)))
	judged = said.count(400)
	assert 15 <= judged <= 23, said  # one more is forgiven in ten seconds
	assert set(said) <= {400, 429, 503}, said
	assert server.log().count("login_failed") == judged
	assert attempt(server, "127.1.1.1", "admin", PASSWORD) == 429
	assert attempt(server, "127.1.1.2", "admin", PASSWORD) == 200


def test_the_right_password_side_by_side_is_no_guess(server):
	"""A program that opens thirty connections at once, each with the same login."""
	with ThreadPoolExecutor(30) as pool:
		said = list(pool.map(lambda n: attempt(server, "127.1.1.1", "admin", PASSWORD), range(60)))
	assert said == [200] * 60


def test_many_addresses_that_guess_keep_nobody_out(server):
	"""Somebody who was never here since the start, whatever names are guessed at."""
	server.api.post("/base/api/users/", {"username": "anna", "password": PASSWORD})
	stop = threading.Event()
	done = [0] * 150

	def guess(n):
		while not stop.is_set():
			attempt(server, "127.2.%d.%d" % (n // 100, n % 100 + 1), "admin" if n % 5 == 0 else "user%d.%d" % (n, done[n]), "wrong")
			done[n] += 1

	threads = [threading.Thread(target=guess, args=(n,)) for n in range(len(done))]
	for thread in threads:
		thread.start()
	try:
		wait_until(lambda: server.log().count("login_failed") >= 150, 120, "each has guessed")
		said = [attempt(server, "127.3.0.%d" % n, "anna", PASSWORD) for n in range(1, 4)]
		said += [attempt(server, "127.3.1.%d" % n, "admin", PASSWORD) for n in range(1, 4)]
		assert said == [200] * 6, (said, sum(done))
	finally:
		stop.set()
		for thread in threads:
			thread.join()
