"""A hotel's own words for its messages: shown, replaced, taken back."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import NotFound
from api.services.post.templates import BUILT_IN, Words, require
from models import Hotel, MessageTemplate, emit, uuid7
from models.auditing import record


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a kind of message; ``own`` if they are the hotel's and not the built-in ones."""

    name: str
    subject: str
    body: str
    own: bool


def list_wordings(session: Session, hotel: Hotel) -> list[Wording]:
    """Return the words of every kind of message."""
    rows = session.scalars(select(MessageTemplate).where(MessageTemplate.hotel_id == hotel.id))
    own = {row.name: Words(row.subject, row.body) for row in rows}
    return [_wording(name, own.get(name)) for name in BUILT_IN]


def set_wording(
    session: Session, hotel: Hotel, name: str, words: Words | None, *, actor: Actor, clock: Clock = SYSTEM_CLOCK
) -> Wording:
    """Use these words for a kind of message; None takes the built-in ones again.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).

    Raises
    ------
    InvalidInput
        With every fault of the words.
    NotFound
        If there is no such kind.
    """
    if name not in BUILT_IN:
        raise NotFound
    if words is not None:
        require(words)
    session.execute(delete(MessageTemplate).where(MessageTemplate.hotel_id == hotel.id, MessageTemplate.name == name))
    if words is not None:
        session.add(
            MessageTemplate(
                hotel_id=hotel.id, name=name, subject=words.subject, body=words.body, created_at=clock.now()
            )
        )
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action="message_template.changed",
        subject=f"message_template:{name}",
        after={"own": words is not None},
        at=clock.now(),
    )
    event = "message_template.changed"
    emit(session, hotel.id, event, {"name": name}, f"{event}:{uuid7()}")
    return _wording(name, words)


def _wording(name: str, own: Words | None) -> Wording:
    words = own or BUILT_IN[name]
    return Wording(name, words.subject, words.body, own is not None)
