"""Alembic's environment: runs on the connection that `models.migrate.upgrade` gives it."""

from alembic import context

from models import Base
from models.migrate import COMPARE

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata, **COMPARE)
with context.begin_transaction():
    context.run_migrations()
