"""What may be done with a booking as it stands: the one place that says so, to screens and to the services."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from api.services.actor import Actor, permitted
from api.services.errors import WrongState
from api.services.permissions import Permission
from models import Booking, BookingStatus, Hotel

NOT_CLEAN: Final = "not_clean"
"""The one thing against a check-in that may be overridden by name."""

OCCUPIED: Final = "occupied"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that may be done with a booking, or the codes of why not."""

    name: str
    allowed: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A booking and the room it holds.

    Attributes
    ----------
    room
        Number of its room; None without one.
    clean
        Whether that room is ready for a guest.
    occupied
        Whether somebody else is still in it.
    moved
        Whether the guest has changed rooms in house.
    """

    hotel: Hotel
    booking: Booking
    room: str | None
    clean: bool = True
    occupied: bool = False
    moved: bool = False

    @property
    def facts(self) -> Facts:
        """What decides which verbs are possible."""
        booking = self.booking
        return Facts(
            self.hotel.business_date,
            booking.status,
            booking.check_in,
            booking.check_out,
            booking.locked,
            self.room is None,
            self.clean,
            self.occupied,
            self.moved,
        )


class Facts(NamedTuple):
    """All that verbs depend on, plain: most bookings of a list share theirs, and are judged once."""

    today: date
    status: BookingStatus
    check_in: date
    check_out: date
    locked: bool
    roomless: bool
    clean: bool
    occupied: bool
    moved: bool


Reasons = Callable[[Facts], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Verb:
    """Who may do something, in which states of the booking, and what else may be against it."""

    permission: Permission
    states: Collection[BookingStatus]
    against: Reasons


def _nothing(_: Facts) -> Iterator[str]:
    yield from ()


def _locked(facts: Facts) -> Iterator[str]:
    if facts.locked:
        yield "locked"


def _locked_or_ended(facts: Facts) -> Iterator[str]:
    yield from _locked(facts)
    if facts.check_out < facts.today:
        yield "too_late"


def _locked_or_roomless(facts: Facts) -> Iterator[str]:
    yield from _locked(facts)
    yield from _roomless(facts)


def _not_locked(facts: Facts) -> Iterator[str]:
    if not facts.locked:
        yield "not_locked"


def _roomless(facts: Facts) -> Iterator[str]:
    if facts.roomless:
        yield "no_room"


def _before_arrival(facts: Facts) -> Iterator[str]:
    if facts.today < facts.check_in:
        yield "too_early"


def _over(facts: Facts) -> Iterator[str]:
    """A day use is over after its day, a night stay on the day it leaves."""
    if facts.today >= max(facts.check_out, facts.check_in + timedelta(days=1)):
        yield "too_late"


def _arriving(facts: Facts) -> Iterator[str]:
    yield from _roomless(facts)
    yield from _before_arrival(facts)
    yield from _over(facts)
    if facts.occupied:
        yield OCCUPIED
    if not facts.clean:
        yield NOT_CLEAN


def _departed(facts: Facts) -> Iterator[str]:
    yield from _roomless(facts)
    if facts.today > facts.check_out:
        yield "too_late"


def _moved(facts: Facts) -> Iterator[str]:
    if facts.moved:
        yield "moved"


_S = BookingStatus
_BOOKINGS, _ROOMS, _DESK = Permission.MANAGE_BOOKINGS, Permission.ASSIGN_ROOMS, Permission.MANAGE_CHECKIN
_TO_COME = (_S.PENDING_PAYMENT, _S.CONFIRMED)

VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "confirm": Verb(_BOOKINGS, (_S.PENDING_PAYMENT,), _nothing),
        "cancel": Verb(_BOOKINGS, _TO_COME, _nothing),
        "no_show": Verb(_BOOKINGS, (_S.CONFIRMED,), _before_arrival),
        "reinstate": Verb(_BOOKINGS, (_S.CANCELLED, _S.NO_SHOW), _over),
        "check_in": Verb(_DESK, (_S.CONFIRMED,), _arriving),
        "undo_check_in": Verb(_DESK, (_S.CHECKED_IN,), _moved),
        "check_out": Verb(_DESK, (_S.CHECKED_IN,), _nothing),
        "undo_check_out": Verb(_DESK, (_S.COMPLETED,), _departed),
        "new_pin": Verb(_DESK, (_S.CHECKED_IN,), _nothing),
        "assign_room": Verb(_ROOMS, (_S.CONFIRMED,), _locked_or_ended),
        "unassign_room": Verb(_ROOMS, (_S.CONFIRMED,), _locked_or_roomless),
        "lock": Verb(_ROOMS, (*_TO_COME, _S.CHECKED_IN), _locked_or_roomless),
        "move_room": Verb(_ROOMS, (_S.CHECKED_IN,), _roomless),
        "swap": Verb(_ROOMS, (_S.CONFIRMED,), _locked_or_roomless),
        "amend": Verb(_BOOKINGS, (*_TO_COME, _S.CHECKED_IN), _nothing),
        "unlock": Verb(_ROOMS, tuple(_S), _not_locked),
    }
)
"""Every verb on a booking, with the states it starts from."""

MESSAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "wrong_status": "{booking} is {status}",
        "no_room": "{booking} has no room",
        "locked": "{booking} must keep its room",
        "not_locked": "{booking} is not locked",
        "too_early": "{booking} arrives on {check_in}, the hotel's day is {today}",
        "too_late": "{booking} ends on {check_out}, the hotel's day is {today}",
        "moved": "{booking} has changed rooms since it checked in",
        OCCUPIED: "somebody is still in {room}",
        NOT_CLEAN: "{room} is not clean",
    }
)


def reasons_against(verb: str, standing: Standing) -> list[str]:
    """Return the codes of everything that forbids a verb now; empty if nothing does. Permissions are not looked at."""
    return [*_against(verb, standing.facts)]


@lru_cache(4_096)
def _against(verb: str, facts: Facts) -> tuple[str, ...]:
    rule = VERBS[verb]
    wrong = () if facts.status in rule.states else ("wrong_status",)
    return (*wrong, *rule.against(facts))


def require(verb: str, standing: Standing, *, except_for: Collection[str] = ()) -> None:
    """Refuse a verb that the booking's state forbids.

    Raises
    ------
    WrongState
        With ``state`` and ``reasons``, the codes of `actions_on`.
    """
    reasons = [reason for reason in reasons_against(verb, standing) if reason not in except_for]
    if not reasons:
        return
    booking = standing.booking
    # Where the status is wrong, the rest only confuses.
    told = reasons[:1] if reasons[0] == "wrong_status" else reasons
    words = [
        MESSAGES[reason].format(
            booking=booking.booking_id,
            status=booking.status,
            room=standing.room,
            check_in=booking.check_in,
            check_out=booking.check_out,
            today=standing.hotel.business_date,
        )
        for reason in told
    ]
    raise WrongState(f"{'; '.join(words)}.", state=booking.status.value, reasons=reasons)


def actions_on(actor: Actor, standing: Standing) -> tuple[Action, ...]:
    """Return every verb with whether the actor may do it now, so that a screen need not guess."""
    return _actions(actor.permissions, standing.facts)


@lru_cache(1_024)
def _actions(permissions: frozenset[str], facts: Facts) -> tuple[Action, ...]:
    found = []
    for name, verb in VERBS.items():
        denied = () if permitted(permissions, verb.permission) else ("no_permission",)
        reasons = (*denied, *_against(name, facts))
        found.append(Action(name, not reasons, reasons))
    return tuple(found)
