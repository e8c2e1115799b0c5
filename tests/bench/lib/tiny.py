"""The tiny form of a bench, which the tests run: that it runs and that its own checks hold, never how fast."""


def argument(parser):
	parser.add_argument("--tiny", action="store_true", help="the smallest sizes; what falls short is no failure")


def parse(parser, **sizes):
	"""The options; in the tiny form with these sizes."""
	argument(parser)
	options = parser.parse_args()
	if options.tiny:
		for name, value in sizes.items():
			setattr(options, name, value)
	return options


def status(options, out):
	"""What to exit with."""
	return 1 if out.short and not options.tiny else 0
