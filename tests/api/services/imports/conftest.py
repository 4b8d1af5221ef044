"""Fixtures of the import tests."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.api.services.imports.desk import ROOMS, Desk, make_desk


@pytest.fixture
def desk(app_engine: Engine) -> Desk:
    """A hotel without rooms."""
    return make_desk(app_engine)


@pytest.fixture
def house(desk: Desk) -> Desk:
    """A hotel with the rooms of `ROOMS`."""
    desk.take(rooms=ROOMS)
    return desk
