"""Waiting for conditions; the only place that sleeps."""

import os
import time


def pace():
	"""How many times longer than on a quiet machine things may take here and now."""
	return min(max(os.getloadavg()[0] / os.cpu_count(), 1), 6)


def wait_until(condition, timeout=10.0, what=None, every=0.02):
	"""Returns the first true value of condition(); fails when there is none in time, at the machine's pace."""
	began = time.monotonic()
	while True:
		value = condition()
		if value:
			return value
		if time.monotonic() > began + timeout * pace():
			raise AssertionError(
				"not within %g s: %s" % (timeout, what or getattr(condition, "__name__", condition)))
		time.sleep(every)


def stays(condition, seconds, what=None, every=0.05):
	"""Fails as soon as condition() is false within the time; for things that must not happen."""
	end = time.monotonic() + seconds
	while time.monotonic() < end:
		assert condition(), "no longer true: %s" % (what or condition)
		time.sleep(every)
