"""Makes a server ready for the service: its roles, its database, its tables."""

from urllib.parse import urlsplit

from models.embedded.server import Server
from models.migrate import upgrade
from models.roles import ensure_database, ensure_roles


def provision(server: Server, database: str | None = None) -> None:
    """Create what is missing of roles, database and tables; what is there is only brought up to date.

    Without a name it is the database of the service (`Server.app_url`). It needs the server's superuser.
    On a server that has roles and database, ``models.migrate.upgrade`` is enough.
    """
    name = database or urlsplit(server.app_url()).path.removeprefix("/")
    provide_empty(server, name)
    upgrade(server.owner_url(name))


def provide_empty(server: Server, database: str) -> None:
    """Create the roles, with the passwords that the server's URLs carry, and the database, without a table."""
    ensure_roles(
        server.superuser_url,
        owner_password=urlsplit(server.owner_url()).password,
        app_password=urlsplit(server.app_url()).password,
    )
    ensure_database(server.superuser_url, database)
