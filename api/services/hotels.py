"""Making and finding hotels, their people and their policy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError

from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import Conflict, InvalidInput, NotFound
from api.services.transaction import change_hotel
from models import (
    Hotel,
    HotelSession,
    Membership,
    Role,
    Staff,
    bump_version,
    default_policy,
    emit,
    global_session,
    hotel_by_slug,
    hotel_session,
    new_hotel_id,
    record,
)

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def create_hotel(
    engine: Engine,
    slug: str,
    *,
    name: str = "",
    timezone: str = "UTC",
    currency: str = "EUR",
    business_date: date | None = None,
    check_in_time: time = time(15),
    check_out_time: time = time(11),
    turnaround_minutes: int = 0,
    policy: Mapping[str, Any] | None = None,
    actor: Actor,
    clock: Clock = SYSTEM_CLOCK,
) -> int:
    """Make a hotel and return its id.

    Parameters
    ----------
    business_date
        The hotel's first own day; if not given, the date on its own clock.
    policy
        What differs from `models.default_policy`.

    Raises
    ------
    InvalidInput
        With every fault.
    Conflict
        If another hotel has the slug.
    """
    faults = (
        [] if SLUG.fullmatch(slug) else [_fault("slug", f"{slug!r} is not small letters, digits and single dashes")]
    )
    if timezone not in available_timezones():
        faults.append(_fault("timezone", f"there is no time zone {timezone!r}"))
    if not re.fullmatch(r"[A-Z]{3}", currency):
        faults.append(_fault("currency", f"{currency!r} is not a currency of three capitals"))
    if not 0 <= turnaround_minutes <= 1440:
        faults.append(_fault("turnaround_minutes", "is not in 0 .. 1440"))
    faults += policy_faults(policy or {})
    if faults:
        raise InvalidInput(errors=faults)
    now = clock.now()
    first_day = business_date or now.astimezone(ZoneInfo(timezone)).date()
    with global_session(engine) as session:
        hotel_id = new_hotel_id(session)
    hotel = Hotel(
        id=hotel_id,
        slug=slug,
        name=name or slug,
        timezone=timezone,
        currency=currency,
        business_date=first_day,
        check_in_time=check_in_time,
        check_out_time=check_out_time,
        turnaround_minutes=turnaround_minutes,
        policy=_merged(default_policy(), policy or {}),
        created_at=now,
    )
    with hotel_session(engine, hotel_id) as session:
        session.add(hotel)
        try:
            session.flush()
        except IntegrityError as error:
            raise Conflict(f"There is already a hotel {slug}.") from error
        after = {"name": hotel.name, "timezone": timezone, "currency": currency, "business_date": first_day.isoformat()}
        record(
            session,
            hotel_id=hotel_id,
            actor=str(actor),
            action="hotel.created",
            subject=f"hotel:{slug}",
            after=after,
            at=now,
        )
        emit(session, hotel_id, "hotel.created", {"hotel": slug}, f"hotel.created:{hotel_id}")
        session.commit()
    return hotel_id


def find_hotel(engine: Engine, slug: str) -> int:
    """Return the id of the hotel.

    Raises
    ------
    NotFound
    """
    with global_session(engine) as session:
        found = hotel_by_slug(session, slug)
    if found is None:
        raise NotFound(f"There is no hotel {slug}.")
    return found


def all_hotels(engine: Engine) -> list[Hotel]:
    """Return every hotel, by id: for whoever runs the service, never for a request.

    Row security shows one hotel at a time, so each is visited in turn.
    """
    with hotel_session(engine, 0) as session:
        query = text(
            "SELECT last_value FROM pg_sequences WHERE schemaname = 'public' AND sequencename = 'hotel_id_seq'"
        )
        last = session.scalar(query) or 0
        found: list[Hotel] = []
        for hotel_id in range(1, last + 1):
            session.execute(text("SELECT set_config('app.hotel_id', :id, true)"), {"id": str(hotel_id)})
            found += session.scalars(select(Hotel).where(Hotel.id == hotel_id))
    return found


def policy_faults(policy: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what is wrong with (part of) an allocation policy, one mapping for each fault."""
    known = default_policy()
    faults = [_fault(f"policy.{name}", "is not part of the policy") for name in policy if name not in known]
    ranges = {"horizon_nights": (1, 730), "freeze_hours": (0, 8760), "time_limit_s": (1, 86_400)}
    ranges |= {"move_budget": (0, 10**9), "upgrades_allowed": (0, 1000)}
    for name, (low, high) in ranges.items():
        value = policy.get(name, low)
        if value is None and known[name] is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            faults.append(_fault(f"policy.{name}", f"{value!r} is not a number in {low} .. {high}"))
    flags = [name for name in ("split_allowed", "auto_apply") if not isinstance(policy.get(name, False), bool)]
    faults += [_fault(f"policy.{name}", "is neither true nor false") for name in flags]
    nightly = policy.get("nightly_local_time", "03:00")
    if not isinstance(nightly, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", nightly, re.ASCII):
        faults.append(_fault("policy.nightly_local_time", f"{nightly!r} is not a time as 03:00"))
    for name in ("weights", "unplaced", "move"):
        given = policy.get(name, {})
        if not isinstance(given, Mapping):
            faults.append(_fault(f"policy.{name}", "is not a mapping"))
            continue
        for part, value in given.items():
            numbers = value if part == "gap" and isinstance(value, list) else [value]
            if part not in known[name]:
                faults.append(_fault(f"policy.{name}.{part}", "is not part of the policy"))
            elif part == "gap" and not isinstance(value, list):
                faults.append(_fault(f"policy.{name}.{part}", "is not a list of penalties by length"))
            elif not all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n <= 10**9 for n in numbers):
                faults.append(_fault(f"policy.{name}.{part}", f"{value!r} is not made of integers in 0 .. 1000000000"))
    return faults


def set_policy(
    engine: Engine, hotel_id: int, changes: Mapping[str, Any], *, actor: Actor, clock: Clock = SYSTEM_CLOCK
) -> dict[str, Any]:
    """Change parts of a hotel's allocation policy and return the whole.

    Raises
    ------
    InvalidInput
        With every fault.
    """
    faults = policy_faults(changes)
    if faults:
        raise InvalidInput(errors=faults)

    def work(session: HotelSession, hotel: Hotel) -> dict[str, Any]:
        before = _merged(default_policy(), hotel.policy)
        after = _merged(before, changes)
        hotel.policy = after
        hotel.version += 1
        record(
            session,
            hotel_id=hotel_id,
            actor=str(actor),
            action="hotel.policy_changed",
            subject=f"hotel:{hotel.slug}",
            before={name: before[name] for name in changes},
            after={name: after[name] for name in changes},
            at=clock.now(),
        )
        bump_version(session, hotel_id)
        return dict(hotel.policy)

    return change_hotel(engine, hotel_id, work)


def set_business_date(engine: Engine, hotel_id: int, day: date, *, actor: Actor, clock: Clock = SYSTEM_CLOCK) -> None:
    """Put a hotel on another day, for replays and corrections: the day of a hotel at work is rolled by its night audit.

    Nobody is checked in or out and no no-show is marked.
    """

    def work(session: HotelSession, hotel: Hotel) -> None:
        before = {"business_date": hotel.business_date.isoformat()}
        hotel.business_date = day
        hotel.version += 1
        record(
            session,
            hotel_id=hotel_id,
            actor=str(actor),
            action="hotel.business_date_set",
            subject=f"hotel:{hotel.slug}",
            before=before,
            after={"business_date": day.isoformat()},
            at=clock.now(),
        )
        bump_version(session, hotel_id)

    change_hotel(engine, hotel_id, work)


def create_staff(engine: Engine, email: str, name: str, password: str) -> int:
    """Make a person who may sign in, and return the id; what they may do comes with `add_member`.

    Raises
    ------
    InvalidInput
        With every fault.
    Conflict
        If somebody has the address.
    """
    from api.services.account import SHORTEST
    from api.services.signin import hash_password

    faults = []
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email) or len(email) > 254:
        faults.append(_fault("email", f"{email!r} is not an e-mail address"))
    if len(password) < SHORTEST:
        faults.append(_fault("password", f"is shorter than {SHORTEST} characters"))
    if not name.strip():
        faults.append(_fault("name", "is empty"))
    if faults:
        raise InvalidInput(errors=faults)
    with global_session(engine) as session:
        person = Staff(email=email, name=name.strip(), password_hash=hash_password(password))
        session.add(person)
        try:
            session.commit()
        except IntegrityError as error:
            raise Conflict(f"Somebody already signs in as {email}.") from error
        return person.id


def find_staff(engine: Engine, email: str) -> int:
    """Return the id of the person who signs in with this address.

    Raises
    ------
    NotFound
    """
    with global_session(engine) as session:
        found = session.scalar(select(Staff.id).where(func.lower(Staff.email) == email.lower()))
    if found is None:
        raise NotFound(f"Nobody signs in as {email}.")
    return found


def add_member(
    engine: Engine, hotel_id: int, staff_id: int, role: Role, *, actor: Actor, clock: Clock = SYSTEM_CLOCK
) -> None:
    """Give a person a role in a hotel, in place of the one they may have; at once, for whoever runs the service."""

    def work(session: HotelSession, _: Hotel) -> None:
        query = select(Membership).where(Membership.hotel_id == hotel_id, Membership.staff_id == staff_id)
        member = session.scalars(query).one_or_none()
        before = None if member is None else {"role": member.role, "active": member.active}
        if member is None:
            session.add(Membership(hotel_id=hotel_id, staff_id=staff_id, role=role, created_at=clock.now()))
        else:
            member.role, member.accepted, member.active, member.version = role, True, True, member.version + 1
            member.invited_until = member.invitation_hash = None
        record(
            session,
            hotel_id=hotel_id,
            actor=str(actor),
            action="member.added" if before is None else "member.changed",
            subject=f"staff:{staff_id}",
            before=before,
            after={"role": role, "active": True},
            at=clock.now(),
        )

    change_hotel(engine, hotel_id, work)


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy with changes, which may give parts of its mappings."""
    return dict(base) | {
        name: {**base[name], **value} if isinstance(value, Mapping) else value for name, value in changes.items()
    }


def _fault(field: str, message: str) -> dict[str, str]:
    return {"field": field, "message": message}
