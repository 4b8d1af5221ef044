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
from tests.api.conftest import clock, grand, other
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
