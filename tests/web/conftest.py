"""Fixtures of the tests of the pages: a real browser on the real service and database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import Engine

from api.main import create_app
from api.services.clock import SetClock
from api.settings import Settings
from models import BookingStatus, ClosureKind, Group, Occupancy
from tests.api.conftest import clock, grand, other
from tests.api.services.hotels import SmallHotel, at
from tests.api.web import Web, serving
from tests.conftest import RUN_FOLDER
from tests.databases import Database
from tests.web.chromium import find_chromium
from tests.web.screen import Screens

__all__ = ["clock", "grand", "other"]


# Not for the whole session: while Playwright is there its event loop counts as running, and nobody else may start one.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser, one a worker."""
    executable = find_chromium(Path(os.environ[RUN_FOLDER]))
    if executable is None:
        reason = "no Chromium here, and it cannot be installed: set KEYRACK_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=20_000)  # a loaded machine is slow, not wrong
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        launched = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def web(database: Database, app_engine: Engine, clock: SetClock) -> Iterator[Web]:
    """The service, running on the test's database."""
    settings = Settings.for_demo(database.app_url, threads=8)
    with serving(create_app(settings, clock=clock), app_engine) as running:
        yield running


@pytest.fixture
def screens(browser: Browser, web: Web) -> Iterator[Screens]:
    """Windows of the browser, each with its own person; they close before the service does."""
    with Screens(browser, web) as opened:
        yield opened


@pytest.fixture
def full(grand: SmallHotel) -> SmallHotel:
    """A hotel with one of everything that the chart can show."""
    grand.add_room("001", "STD", floor=0, beds=3)
    grand.add_room("201", "DLX", floor=2, position=1, features=["sea view"], housekeeping_status="DIRTY")
    grand.add_room("202", "DLX", floor=2, position=2)
    grand.add_room("201S", "DLX", floor=2, position=3)
    grand.link("201S", ["201"])
    with grand.session() as session:
        session.add(Group(hotel_id=grand.id, name="Wedding"))
        session.commit()
        group = session.query(Group).one().id
    grand.book(0, 3, room="101", group_id=group)
    grand.book(0, 2, group_id=group)
    grand.book(-2, 2, room="102", status=BookingStatus.CHECKED_IN)
    grand.book(-2, 0, room="103", status=BookingStatus.CHECKED_IN)
    grand.book(-1, 0, room="104", status=BookingStatus.COMPLETED)
    grand.book(1, 4, room="104", locked=True, lock_reason="anniversary", priority=2)
    grand.book(3, 6, status=BookingStatus.PENDING_PAYMENT)
    grand.book(4, 6, room="202", priority=1)
    grand.book(1, 5, room="001", bed=2)
    grand.close("103", at(2, 12), at(4, 14))
    grand.book(0, 1, room="103")
    with grand.session() as session:
        session.add(
            Occupancy(
                hotel_id=grand.id,
                room_id=grand.rooms["202"],
                kind="CLOSURE",
                closure_kind=ClosureKind.OOS,
                origin="STAFF",
                starts_at=at(0, 12),
                ends_at=at(2, 12),
                reason="deep cleaning",
            )
        )
        session.commit()
    return grand
