"""Waiting for conditions; the only place that sleeps."""

import time


def wait_until(condition, timeout=10.0, what=None, every=0.02):
	"""Returns the first true value of condition(); fails when there is none in time."""
	end = time.monotonic() + timeout
	while True:
		value = condition()
		if value:
			return value
		if time.monotonic() > end:
			raise AssertionError(
				"not within %g s: %s" % (timeout, what or getattr(condition, "__name__", condition)))
		time.sleep(every)


def stays(condition, seconds, what=None, every=0.05):
	"""Fails as soon as condition() is false within the time; for things that must not happen."""
	end = time.monotonic() + seconds
	while time.monotonic() < end:
		assert condition(), "no longer true: %s" % (what or condition)
		time.sleep(every)
