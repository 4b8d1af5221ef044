"""Hotels and staff."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from api.cli.show import say, table

hotels = typer.Typer(
    help="Hotels: make, list, show, change their allocation policy.", no_args_is_help=True, rich_markup_mode=None
)
staff = typer.Typer(
    help="People who work with the service, and their roles in hotels.", no_args_is_help=True, rich_markup_mode=None
)

Slug = Annotated[str, typer.Argument(help="The hotel's short name in addresses.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(hotels, name="hotel")
    app.add_typer(staff, name="staff")


@hotels.command("create")
def create(
    slug: Slug,
    name: Annotated[str, typer.Option(help="The hotel's name; the slug if not given.")] = "",
    timezone: Annotated[str, typer.Option(help="IANA time zone.")] = "UTC",
    currency: Annotated[str, typer.Option(help="ISO 4217 code.")] = "EUR",
    business_date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First own day; its clock's date if not given.")
    ] = None,
    check_in: Annotated[datetime, typer.Option(formats=["%H:%M"], help="Check-in time.")] = datetime(2000, 1, 1, 15),  # noqa: DTZ001
    check_out: Annotated[datetime, typer.Option(formats=["%H:%M"], help="Check-out time.")] = datetime(2000, 1, 1, 11),  # noqa: DTZ001
    turnaround: Annotated[int, typer.Option(help="Minutes from check-out until a room is ready.")] = 0,
) -> None:
    """Make a hotel, without rooms yet."""
    from api.cli.database import opened
    from api.services.actor import Actor
    from api.services.hotels import create_hotel

    with opened() as database:
        create_hotel(
            database.engine,
            slug,
            name=name,
            timezone=timezone,
            currency=currency,
            business_date=business_date.date() if business_date else None,
            check_in_time=check_in.time(),
            check_out_time=check_out.time(),
            turnaround_minutes=turnaround,
            actor=Actor.system("command"),
        )
    say(f"made hotel {slug}; next: keyrack import --hotel {slug} --rooms rooms.csv --bookings bookings.csv")


@hotels.command("list")
def list_() -> None:
    """List the hotels."""
    from api.cli.database import opened
    from api.services.hotels import all_hotels

    with opened() as database:
        rows = [[h.slug, h.name, h.business_date, h.timezone, h.currency] for h in all_hotels(database.engine)]
    table(["slug", "name", "business date", "time zone", "currency"], rows)


@hotels.command("show")
def show(slug: Slug) -> None:
    """Show a hotel, what it has, and its policy."""
    from sqlalchemy import func, select

    from api.cli.database import opened
    from api.services.hotels import find_hotel
    from api.services.transaction import read_hotel
    from models import Booking, Hotel, HotelSession, Occupancy, Room

    def read(session: HotelSession, hotel: Hotel) -> dict[str, Any]:
        counts = {
            model.__tablename__: session.scalar(select(func.count()).where(model.hotel_id == hotel.id))
            for model in (Room, Booking, Occupancy)
        }
        return {
            "slug": hotel.slug,
            "name": hotel.name,
            "time zone": hotel.timezone,
            "currency": hotel.currency,
            "business date": hotel.business_date,
            "check-in": f"{hotel.check_in_time:%H:%M}",
            "check-out": f"{hotel.check_out_time:%H:%M}",
            "turnaround": f"{hotel.turnaround_minutes} minutes",
            "rooms": counts["room"],
            "bookings": counts["booking"],
            "occupancies": counts["occupancy"],
            "version": hotel.allocation_version,
            "policy": json.dumps(hotel.policy, sort_keys=True),
        }

    with opened() as database:
        facts = read_hotel(database.engine, find_hotel(database.engine, slug), read)
    for name, value in facts.items():
        say(f"{name:<14} {value}")


@hotels.command("policy")
def policy(
    slug: Slug,
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Such as horizon_nights=45 or weights.gap=[12,5].")
    ] = None,
) -> None:
    """Show the allocation policy of a hotel, or change parts of it (values are JSON)."""
    from api.cli.database import opened
    from api.services.actor import Actor
    from api.services.hotels import find_hotel, set_policy
    from api.services.transaction import read_hotel

    wanted: dict[str, Any] = {}
    for change in changes or []:
        key, _, text = change.partition("=")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        outer, _, inner = key.partition(".")
        if inner:
            wanted.setdefault(outer, {})[inner] = value
        else:
            wanted[outer] = value
    with opened() as database:
        hotel_id = find_hotel(database.engine, slug)
        if wanted:
            whole = set_policy(database.engine, hotel_id, wanted, actor=Actor.system("command"))
        else:
            whole = read_hotel(database.engine, hotel_id, lambda _, hotel: dict(hotel.policy))
    for name, value in whole.items():
        say(f"{name:<20} {json.dumps(value)}")


@hotels.command("business-date")
def business_date(
    slug: Slug, day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The hotel's own day.")]
) -> None:
    """Put a hotel on another day, to replay or to correct; nobody is checked in or out by that."""
    from api.cli.database import opened
    from api.services.actor import Actor
    from api.services.hotels import find_hotel, set_business_date

    with opened() as database:
        hotel_id = find_hotel(database.engine, slug)
        set_business_date(database.engine, hotel_id, day.date(), actor=Actor.system("command"))
    say(f"{slug} is on {day:%Y-%m-%d}")


@staff.command("create")
def create_person(
    email: Annotated[str, typer.Argument(help="What the person signs in with.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="KEYRACK_NEW_PASSWORD")
    ],
) -> None:
    """Make a person who may sign in; ``staff add`` gives them a role in a hotel.

    An address is one account, at however many hotels: one that has an account already is refused, and nothing of it is
    changed.
    """
    from api.cli.database import opened
    from api.services.hotels import create_staff

    with opened() as database:
        create_staff(database.engine, email, name, password)
    say(f"made {email}; next: keyrack staff add {email} --hotel SLUG --role reception")


@staff.command("add")
def add(
    email: Annotated[str, typer.Argument(help="What the person signs in with.")],
    hotel: Annotated[str, typer.Option(help="The hotel's slug.")],
    role: Annotated[str, typer.Option(help="owner, manager, reception, housekeeping or viewer.")],
) -> None:
    """Give a person a role in a hotel, at once.

    Nobody is asked and no mail is sent. An account that another hotel has made keeps its name and its password, which
    that hotel may know: ``staff password`` gives it another. A hotel's owner (``POST .../staff/``) can only invite
    somebody who has an account; the person then accepts by mail and chooses the password.
    """
    from api.cli.database import opened
    from api.services.actor import Actor
    from api.services.errors import InvalidInput
    from api.services.hotels import add_member, find_hotel, find_staff
    from models import Role

    if role not in list(Role):
        message = f"{role!r} is none of {', '.join(Role)}"
        raise InvalidInput("There is no such role.", errors=[{"field": "role", "message": message}])
    with opened() as database:
        engine = database.engine
        add_member(
            engine, find_hotel(engine, hotel), find_staff(engine, email), Role(role), actor=Actor.system("command")
        )
    say(f"{email} is {role} of {hotel}")


@staff.command("password")
def password_of(
    email: Annotated[str, typer.Argument(help="What the person signs in with.")],
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="KEYRACK_NEW_PASSWORD")
    ],
) -> None:
    """Give a person another password, at all hotels; whatever is signed in with the old one ends."""
    from api.cli.database import opened
    from api.services.account import reset_password
    from api.services.clock import SYSTEM_CLOCK
    from api.services.hotels import find_staff

    with opened() as database:
        reset_password(database.engine, SYSTEM_CLOCK, find_staff(database.engine, email), password)
    say(f"{email} has another password")
