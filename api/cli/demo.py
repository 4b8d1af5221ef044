"""The demo: a hotel from nothing to an assigned night, and the service on it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.show import progress, say, show_outcome

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from api.services.clock import ShiftedClock

EMAIL, PASSWORD = "demo@example.org", "harbour-house"

LOOPBACK = "127.0.0.1"
"""The sign-in is known to everybody, so nobody else may reach it."""

GAP_LIMIT = 0.01
"""Good enough for the demo: it stops there instead of using all of its time."""


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("demo", short_help="A sample hotel, its night, and the service on it.")(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after the night.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Let the database server run on afterwards.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make another hotel from nothing beside the first.")] = False,
    files: Annotated[Path | None, typer.Option(help="Also write the hotel's CSV files into this folder.")] = None,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Make a sample hotel, assign its night, and run the service on it.

    The second time it takes up the same hotel: as long as nothing has changed its plan stands, and nothing moves.
    """
    from api.cli.database import opened
    from api.cli.service import run, take_port
    from api.services.demo import SLUG
    from api.services.nightly import run_night

    if files is not None:
        _write_files(files)
    taken = None if once else take_port(LOOPBACK, port)
    with opened(keep=keep) as db:
        slug = f"{SLUG}-{secrets.token_hex(3)}" if fresh else SLUG
        hotel_id = _hotel(db.engine, slug)
        clock = _clock(db.engine, hotel_id)
        params = {"gap_limit": GAP_LIMIT, "workers": 2}
        with progress(slug) as sign:
            outcome = run_night(db.engine, hotel_id, progress=sign, clock=clock, params=params)
        if not show_outcome(outcome.solved, outcome):
            raise typer.Exit(1)
        if taken is None:
            return
        _sign_in(db.engine, hotel_id)
        os.environ["DATABASE_URL"] = db.url
        os.environ["KEYRACK_DEMO"] = "1"
        os.environ["KEYRACK_CLOCK_AHEAD_S"] = str(clock.ahead_s)
        os.environ.setdefault("KEYRACK_LOG_LEVEL", "WARNING")
        os.environ.setdefault("KEYRACK_SECRET_KEY", secrets.token_urlsafe(48))
        os.environ.setdefault("KEYRACK_MAILBOX", str(_mailbox()))
        os.environ.setdefault("KEYRACK_ADDRESS", f"http://{LOOPBACK}:{taken.getsockname()[1]}")
        run(taken, worker=True, ready=lambda port: _say_where(slug, port))


def _say_where(slug: str, port: int) -> None:
    """Say how to get in; by now somebody answers there."""
    say()
    say(f"open      http://{LOOPBACK}:{port}/hotels/{slug}/")
    say(f"api       http://{LOOPBACK}:{port}/api/docs/")
    say(f"hotel     {slug}")
    say(f"sign in   {EMAIL}  {PASSWORD}")
    say(f"mail      {os.environ['KEYRACK_MAILBOX']} (nothing leaves this machine)")
    say("stop with Ctrl-C")


def _mailbox() -> Path:
    """Return the folder that the demo writes its mail into."""
    share = os.environ.get("XDG_DATA_HOME")
    return (Path(share) if share else Path.home() / ".local" / "share") / "keyrack-mail"


def _hotel(engine: Engine, slug: str) -> int:
    """Return the demo hotel, made if it is not there."""
    from api.services.clock import ShiftedClock
    from api.services.demo.build import TIMEZONE, build_demo
    from api.services.demo.season import BUSINESS_DATE
    from api.services.errors import NotFound
    from api.services.hotels import find_hotel

    try:
        return find_hotel(engine, slug)
    except NotFound:
        hotel_id, done = build_demo(engine, slug, clock=ShiftedClock.on(BUSINESS_DATE, TIMEZONE))
        say(f"imported {done.rooms:,} rooms and {done.bookings:,} bookings ({done.in_rooms:,} of them with a room)")
        return hotel_id


def _clock(engine: Engine, hotel_id: int) -> ShiftedClock:
    """Return a clock on which it is the hotel's own day: nobody checks in on a day that is long past."""
    from api.services.clock import ShiftedClock
    from models import Hotel, hotel_session

    with hotel_session(engine, hotel_id) as session:
        hotel = session.get_one(Hotel, hotel_id)
        return ShiftedClock.on(hotel.business_date, hotel.timezone)


def _sign_in(engine: Engine, hotel_id: int) -> None:
    """See to it that the demo's person may sign in."""
    from api.services.actor import Actor
    from api.services.errors import NotFound
    from api.services.hotels import add_member, create_staff, find_staff
    from models import Role

    try:
        staff_id = find_staff(engine, EMAIL)
    except NotFound:
        staff_id = create_staff(engine, EMAIL, "Demo", PASSWORD)
    add_member(engine, hotel_id, staff_id, Role.OWNER, actor=Actor.system("demo"))


def _write_files(folder: Path) -> None:
    from api.services.demo import SEED
    from api.services.demo.files import bookings_csv, rooms_csv, types_csv
    from api.services.demo.season import draw

    folder.mkdir(parents=True, exist_ok=True)
    texts = {"types": types_csv(), "rooms": rooms_csv(), "bookings": bookings_csv(draw(SEED).stays)}
    for name, text in texts.items():
        (folder / f"{name}.csv").write_bytes(text)
