"""Imports."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.show import say

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from api.services.imports.demand import Demand

Hotel = Annotated[str, typer.Option(help="The hotel's slug.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("import", short_help="Import rooms and bookings from CSV.")(import_)
    app.command("import-demand", short_help="Import the demand of a real hotel.")(import_demand)


def import_(
    hotel: Hotel,
    rooms: Annotated[Path | None, typer.Option(help="Rooms, as CSV in UTF-8.")] = None,
    bookings: Annotated[Path | None, typer.Option(help="Bookings, as CSV in UTF-8.")] = None,
    types: Annotated[Path | None, typer.Option(help="Room types, as CSV: code,name,rank,sleeps,rate.")] = None,
    ladder: Annotated[
        str, typer.Option(help="Type codes from low to high, as STD,DLX; else the order they appear in the rooms.")
    ] = "",
) -> None:
    """Import rooms and bookings: all of them, or none and every fault with its line.

    Rooms: number,type,building,floor,position,sleeps,beds,features,gender (features separated by ;). Bookings:
    reference,check_in,check_out,type,adults,children,first_name,last_name,email,phone,status,room,group,source,total,
    created_at. number and type; reference, check_in, check_out, type and adults are required, the rest may be empty or
    left out.
    """
    from api.cli.database import opened
    from api.services.actor import Actor
    from api.services.hotels import find_hotel
    from api.services.imports import Files, import_files

    if rooms is None and bookings is None and types is None and not ladder:
        raise typer.BadParameter("nothing to import: give --rooms, --bookings or both")
    codes = tuple(code.strip() for code in ladder.split(",") if code.strip())
    files = Files(_bytes(rooms), _bytes(bookings), _bytes(types), codes)
    with opened() as database:
        hotel_id = find_hotel(database.engine, hotel)
        done = import_files(database.engine, hotel_id, files, actor=Actor.system("import"))
    say(
        f"imported {done.types:,} types, {done.rooms:,} rooms, {done.bookings:,} bookings"
        f" ({done.in_rooms:,} of them with a room)"
    )
    for misfit in done.misfits:
        say(f"  kept as it was: {misfit}")


def import_demand(
    file: Annotated[Path, typer.Argument(help="The city hotel's file of the public data set; may be gzipped.")],
    hotel: Hotel,
    known_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what had been booked by the end of this day.")
    ] = None,
) -> None:
    """Import a real hotel's demand: its inventory, and the stays that took place.

    The hotel is made if there is none of that name. Run again with a later --known-on it adds what was booked since.
    """
    from api.cli.database import opened
    from api.services.actor import Actor
    from api.services.imports.demand import import_demand as import_into_hotel
    from api.services.imports.demand import read_demand

    demand = read_demand(file.name, file.read_bytes())
    with opened() as database:
        hotel_id = _demand_hotel(database.engine, hotel, demand)
        begun = time.monotonic()
        wanted = demand.known_on(known_on.date()) if known_on else demand
        done = import_into_hotel(database.engine, hotel_id, wanted, actor=Actor.system("import"))
    kinds = " ".join(f"{kind}{count}" for kind, count in demand.inventory().items())
    say(f"inventory {kinds}: {sum(demand.inventory().values())} rooms")
    say(f"imported {done.bookings:,} bookings in {time.monotonic() - begun:.1f} s")


def _demand_hotel(engine: Engine, slug: str, demand: Demand) -> int:
    from api.services.actor import Actor
    from api.services.errors import NotFound
    from api.services.hotels import find_hotel
    from api.services.imports.demand import create_demand_hotel

    try:
        return find_hotel(engine, slug)
    except NotFound:
        say(f"made hotel {slug}")
        return create_demand_hotel(engine, slug, demand, actor=Actor.system("import"))


def _bytes(path: Path | None) -> bytes | None:
    return None if path is None else path.read_bytes()
