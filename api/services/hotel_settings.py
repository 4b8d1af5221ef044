"""A hotel's settings: its name and hours, what it shows to everybody, and the terms of booking with it.

What everybody may see is named here, one by one: a setting that is not is nobody's but the staff's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Final
from zoneinfo import available_timezones

from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.bookingdata import fault
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import InvalidInput, StaleVersion
from api.services.hotels import policy_faults
from models import Hotel, bump_version, default_policy, emit
from models.auditing import record

HOUSE: Final = ("name", "timezone", "check_in_time", "check_out_time", "turnaround_minutes")
"""Columns of the hotel."""

PUBLIC: Final[Mapping[str, Any]] = {
    "description": "",
    "address": "",
    "city": "",
    "country": "",
    "email": "",
    "phone": "",
    "website": "",
    "cancellation_policy": "",
    "languages": [],
    "amenities": [],
    "images": [],
}
"""What a hotel shows to everybody, with what it is where the hotel has not said."""

TERMS: Final[Mapping[str, Any]] = {
    "promo_codes": [],
    "payment_minutes": 60,
    "place_pending": False,
    "keep_guests_days": None,
}
"""Terms of booking, with what they are where the hotel has not said; kept with the policy, never shown to guests."""


@dataclass(frozen=True, slots=True)
class PromoCode:
    """A code that takes some per cent off, for stays that begin in a period (both days included; None is open)."""

    code: str
    percent: int
    starts: date | None
    ends: date | None

    def holds(self, check_in: date) -> bool:
        """Tell whether it counts for a stay that begins on this day."""
        return (self.starts is None or self.starts <= check_in) and (self.ends is None or check_in <= self.ends)


def settings_of(hotel: Hotel) -> dict[str, Any]:
    """Return everything that staff may see and change."""
    return {name: getattr(hotel, name) for name in HOUSE} | {
        "currency": hotel.currency,
        "business_date": hotel.business_date,
        "public": public_of(hotel),
        "policy": {name: hotel.policy.get(name, value) for name, value in default_policy().items()},
        **{name: hotel.policy.get(name, value) for name, value in TERMS.items()},
        "version": hotel.version,
    }


def public_of(hotel: Hotel) -> dict[str, Any]:
    """Return what the hotel shows to everybody."""
    return {name: hotel.public_settings.get(name, value) for name, value in PUBLIC.items()}


def promo_code(hotel: Hotel, code: str) -> PromoCode | None:
    """Return the hotel's promo code of this name, in whatever letters; None if there is none."""
    for told in hotel.policy.get("promo_codes", ()):
        if told["code"].casefold() == code.strip().casefold():
            return PromoCode(told["code"], told["percent"], _day(told.get("from")), _day(told.get("to")))
    return None


def payment_minutes(hotel: Hotel) -> int:
    """Return after how many minutes an unpaid booking expires."""
    return int(hotel.policy.get("payment_minutes", TERMS["payment_minutes"]))


def keep_guests_days(hotel: Hotel) -> int | None:
    """Return how many days after their last departure guests are erased; None if they are kept."""
    days: int | None = hotel.policy.get("keep_guests_days", TERMS["keep_guests_days"])
    return days


def change_settings(
    session: Session,
    hotel: Hotel,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Hotel:
    """Change some settings; hours count for stays that are given a room from now on.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    values
        Some of `HOUSE` and `TERMS`, ``public`` (some of `PUBLIC`) and ``policy`` (some of `models.default_policy`).

    Raises
    ------
    InvalidInput
        With every fault.
    StaleVersion
    """
    if if_version is not None and hotel.version != if_version:
        raise StaleVersion(f"The settings are at version {hotel.version}.", version=hotel.version)
    faults = [fault(f["field"], "invalid", f["message"]) for f in policy_faults(values.get("policy", {}))]
    if "timezone" in values and values["timezone"] not in available_timezones():
        faults.append(fault("timezone", "unknown", f"there is no time zone {values['timezone']}"))
    if faults:
        raise InvalidInput("The settings have faults: each is named.", errors=faults)
    before = settings_of(hotel)
    for name in HOUSE:
        if name in values:
            setattr(hotel, name, values[name])
    hotel.public_settings = {**hotel.public_settings, **values.get("public", {})}
    hotel.policy = _policy(hotel, values)
    after = settings_of(hotel)
    changed = [name for name in before if before[name] != after[name]]
    if not changed:
        return hotel
    hotel.version += 1
    session.flush()
    bump_version(session, hotel.id)
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action="hotel.settings_changed",
        subject=f"hotel:{hotel.slug}",
        before={name: _plain(before[name]) for name in changed},
        after={name: _plain(after[name]) for name in changed},
        at=clock.now(),
    )
    payload = {"hotel": hotel.slug, "fields": changed}
    emit(session, hotel.id, "hotel.settings_changed", payload, f"hotel.settings_changed:{hotel.version}")
    return hotel


def _policy(hotel: Hotel, values: Mapping[str, Any]) -> dict[str, Any]:
    policy = dict(hotel.policy)
    for name, value in values.get("policy", {}).items():
        old = policy.get(name, default_policy()[name])
        policy[name] = {**old, **value} if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return policy | {name: values[name] for name in TERMS if name in values}


def _day(told: str | None) -> date | None:
    return None if told is None else date.fromisoformat(told)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | time) else value
