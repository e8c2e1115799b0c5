"""Measured against a yardstick, several times in turn; medians, spread, and what is asked for."""

import statistics


class Figure:
	"""One line of the table: a figure per round, its bound and the wish.

	better "more": at least `need`, reach for `wish`; "less": at most.
	"""

	def __init__(self, name, unit="", need=None, wish=None, better="more", note=""):
		self.name = name
		self.unit = unit
		self.need = need
		self.wish = wish
		self.better = better
		self.note = note
		self.values = []

	def add(self, value):
		self.values.append(value)
		return value

	@property
	def median(self):
		return statistics.median(self.values)

	def reaches(self, bound):
		if bound is None:
			return True
		return self.median >= bound if self.better == "more" else self.median <= bound

	def verdict(self):
		if self.need is None and self.wish is None:
			return ""
		if not self.reaches(self.need):
			return "SHORT"
		return "reached" if self.reaches(self.wish) else "enough"


def number(value):
	if value is None:
		return ""
	if abs(value) >= 1000:
		return "{:,.0f}".format(value)
	return "%.3g" % value if abs(value) < 100 else "%.0f" % value


class Report:
	"""Collects figures in the order in which they are first named."""

	def __init__(self):
		self.figures = {}

	def add(self, name, value, **more):
		figure = self.figures.get(name)
		if figure is None:
			figure = self.figures[name] = Figure(name, **more)
		figure.add(value)
		return value

	def rows(self):
		for f in self.figures.values():
			sign = ">=" if f.better == "more" else "<="
			yield (f.name, number(f.median), f.unit,
				"%s .. %s" % (number(min(f.values)), number(max(f.values))), str(len(f.values)),
				"%s %s" % (sign, number(f.need)) if f.need is not None else "",
				number(f.wish), f.verdict(), f.note)

	def print(self):
		head = ("", "median", "unit", "spread", "runs", "at least", "reach", "", "")
		table = [head, *self.rows()]
		widths = [max(len(row[i]) for row in table) for i in range(len(head))]
		for row in table:
			cells = [row[0].ljust(widths[0])]
			cells += [row[i].rjust(widths[i]) for i in range(1, len(row) - 1)]
			print("  ".join(cells + [row[-1]]).rstrip())

	@property
	def short(self):
		"""Names of what falls short."""
		return [f.name for f in self.figures.values() if f.verdict() == "SHORT"]
