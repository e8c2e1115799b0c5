"""More statements at once than the requests' pool has connections."""

import threading

from punchd_test.net import Connection
from punchd_test.wait import stays, wait_until

STRANGER = (b"GET /personnel/api/areas/ HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n"
	b"Authorization: Token " + b"0" * 40 + b"\r\n\r\n")


def test_a_pool_that_stays_busy_hurts_nobody_but_those_who_wait(server):
	apis = [server.new_api(timeout=120).login() for _ in range(9)]
	strangers = [Connection(server.address, timeout=120) for _ in range(9)]
	statuses = []

	def ask(api):
		statuses.append(api.raw("GET", "/personnel/api/areas/").status)

	with server.database.connect() as holder:
		holder.cursor().execute("lock table area in access exclusive mode")
		threads = [threading.Thread(target=ask, args=(api,)) for api in apis]
		for t in threads:
			t.start()
		wait_until(lambda: server.value("select count(*) from pg_locks where not granted"
			" and database = (select oid from pg_database where datname = current_database())") >= 8,
			30, "all eight connections wait")
		for c in strangers:
			c.send(STRANGER)
		# what looks after the keys does so twice meanwhile, and /readyz needs none of the eight
		stays(lambda: server.process.poll() is None and server.probe("/readyz", timeout=30) == 200, 11)
	for t in threads:
		t.join(120)
	assert statuses == [200] * len(apis), statuses
	for c in strangers:
		assert c.read_reply().status == 401
		c.close()
	assert server.probe("/readyz") == 200
