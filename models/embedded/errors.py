"""What the launcher says when it cannot give a server."""


class EmbeddedError(RuntimeError):
    """No PostgreSQL server can be given; the message says what is missing and what to set."""
