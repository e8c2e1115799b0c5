"""Drives the real punchd against a real PostgreSQL, over sockets only.

Nothing in here knows the server's code: what it sends is written down byte by byte, so that a
misreading of the protocols is not made twice.
"""

from .pg import Cluster, Database
from .rest import Api, ApiError
from .server import Server
from .sim import Sim
from .terminal import Reply, Terminal
from .wait import wait_until

__all__ = [
	"Api",
	"ApiError",
	"Cluster",
	"Database",
	"Reply",
	"Server",
	"Sim",
	"Terminal",
	"wait_until",
]
