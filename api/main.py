"""The web application: ``uvicorn api.main:app``, or `create_app` with settings of one's own."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from sqlalchemy.orm import configure_mappers

from allocator.answers import warm
from api import errors, logs
from api.access import Service, refuse_unguarded
from api.live import Changes
from api.metrics import Measure, Meters
from api.middleware import Observe, TrailingSlash
from api.openapi import describe
from api.routes import (
    account,
    aliases,
    answers,
    assignment,
    auth,
    bookings,
    catalogue,
    closures,
    desk,
    health,
    house,
    inventory,
    jobs,
    lifecycle,
    metrics,
    office,
    pages,
    payments,
    people,
    post,
    public,
    rooms,
    runs,
    session,
    tapechart,
)
from api.services.clock import SYSTEM_CLOCK, Clock, ShiftedClock
from api.services.signin import TokenKeys
from api.settings import Settings
from models import make_engine


def create_app(settings: Settings, *, clock: Clock = SYSTEM_CLOCK) -> FastAPI:
    """Return the application. It reads no environment and opens no connection until it is asked something.

    Raises
    ------
    RuntimeError
        If a route does not say who may call it.
    """
    app = FastAPI(
        title="Keyrack",
        summary="Room allocation for hotels",
        version="0.1.0",
        lifespan=_lifespan,
        openapi_url="/api/openapi.json",
        docs_url="/api/docs/",
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
    )
    app.state.service = Service(
        settings=settings,
        engine=make_engine(
            settings.database_url.get_secret_value(), pool_size=settings.threads, max_overflow=0, pool_timeout=10
        ),
        clock=clock,
        keys=TokenKeys(settings.secret_key.get_secret_value(), settings.access_lifetime, settings.refresh_lifetime),
    )
    app.state.changes = Changes(app.state.service.engine.url)
    for routes in (
        auth,
        session,
        account,
        rooms,
        closures,
        bookings,
        assignment,
        desk,
        lifecycle,
        house,
        inventory,
        catalogue,
        office,
        aliases,
        runs,
        answers,
        tapechart,
        jobs,
        people,
        metrics,
        post,
        public,
        payments,
        health,
        pages,
    ):
        # Not `include_router`, which makes every route anew for each app (0.5 s): these are complete as they are.
        app.router.routes.extend(routes.router.routes)
    errors.install(app)
    app.add_middleware(TrailingSlash)
    app.state.meters = Meters()
    app.add_middleware(Measure, meters=app.state.meters)
    app.add_middleware(Observe, max_body_bytes=settings.max_body_bytes)
    refuse_unguarded(app)
    describe(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    # As many threads as connections: who has a thread never waits for the pool.
    anyio.to_thread.current_default_thread_limiter().total_tokens = service.settings.threads
    yield
    await app.state.changes.close()
    service.engine.dispose()


def settle() -> None:
    """Load what questions need, and take what the process keeps for its whole life out of the collector's sight.

    Else the first who asks why waits a second for imports, and every hundredth request or so, whatever it asks, 150 ms
    while 200,000 objects that never go are looked through. For a process that serves one application and nothing else.
    """
    configure_mappers()
    warm()
    gc.collect()
    gc.freeze()


def __getattr__(name: str) -> Any:
    """Make ``api.main:app`` from the environment when a server asks for it, not when somebody imports the module."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    settings = Settings.from_environment()
    logs.configure(settings.log_level)
    app = create_app(settings, clock=ShiftedClock(settings.clock_ahead_s))
    settle()
    return app
