"""What the benches share: release binaries, a PostgreSQL of their own, yardsticks, a table of ratios.

Import this before punchd_test: it makes that package visible and chooses the release build
(PUNCHD_BUILD, PUNCHD_BIN and PUNCHSIM_BIN override it).
"""

import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOT = os.path.dirname(TESTS)

sys.path.insert(0, TESTS)
os.environ.setdefault("PUNCHD_BUILD", os.path.join(ROOT, "build", "release"))
