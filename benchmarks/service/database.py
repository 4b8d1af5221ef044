"""A database for one measurement: made, provisioned, used, and gone."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from models import make_engine
from models.embedded import halt, start
from models.embedded.provision import provision


@contextmanager
def throwaway(*, durable: bool = False) -> Iterator[Engine]:
    """Yield an engine, as the service has it, to a database that is gone afterwards.

    Parameters
    ----------
    durable
        As in production: every commit reaches the disk.
    """
    folder = tempfile.mkdtemp(prefix="keyrack-bench-")
    try:
        with start(folder, durable=durable) as server:
            provision(server)
            engine = make_engine(server.app_url())
            try:
                yield engine
            finally:
                engine.dispose()
    finally:
        halt(folder)
        shutil.rmtree(folder, ignore_errors=True)
