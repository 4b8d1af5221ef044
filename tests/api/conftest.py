"""Fixtures of the HTTP tests."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from api import logs
from api.main import create_app
from api.services.clock import SetClock
from api.settings import Settings
from tests.api.services.hotels import SmallHotel, make_hotel
from tests.api.web import Web, serving
from tests.databases import Database


@pytest.fixture
def clock() -> SetClock:
    """The service's clock: noon of the business date of `make_hotel`, until a test moves it."""
    return SetClock(datetime(2026, 3, 10, 12, tzinfo=UTC))


@pytest.fixture(autouse=True, scope="session")
def _logs() -> Iterator[None]:
    """Log as the entry points do."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def web(database: Database, app_engine: Engine, clock: SetClock) -> Iterator[Web]:
    """The service, running on the test's database."""
    settings = Settings.for_demo(database.app_url, threads=8)
    with serving(create_app(settings, clock=clock), app_engine) as running:
        yield running


@pytest.fixture
def grand(app_engine: Engine) -> SmallHotel:
    """A hotel."""
    return make_hotel(app_engine)


@pytest.fixture
def other(app_engine: Engine) -> SmallHotel:
    """Another hotel, whose things must never show in the first."""
    return make_hotel(app_engine, slug="other")
