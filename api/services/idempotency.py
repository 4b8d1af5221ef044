"""A request that names itself has one effect and one answer, however often it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import Clock
from api.services.errors import InvalidInput
from models import Hotel, IdempotencyKey

KEPT_FOR: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered with."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The name that a caller gave to a request, what was asked (method and path), and the body's digest."""

    scope: str
    key: str
    digest: bytes

    @classmethod
    def of(cls, actor: Actor, asked: str, key: str, body: bytes) -> RequestKey:
        """Return the key of a request; callers do not share their names."""
        return cls(f"{actor} {asked}", key, hashlib.sha256(body).digest())


def known_answer(session: Session, hotel: Hotel, request: RequestKey | None) -> Answer | None:
    """Return the answer that was given to a request of this name, if there was one.

    Raises
    ------
    InvalidInput
        If the name was used for another body.
    """
    if request is None:
        return None
    named = (IdempotencyKey.scope == request.scope, IdempotencyKey.key == request.key)
    known = session.scalars(select(IdempotencyKey).where(IdempotencyKey.hotel_id == hotel.id, *named)).one_or_none()
    if known is None:
        return None
    if known.body_digest != request.digest or known.status is None:
        fault = {"in": "header", "field": "Idempotency-Key", "code": "reused", "message": "used for another body"}
        raise InvalidInput(errors=[fault])
    return Answer(known.status, known.body or b"", {**known.headers, "Idempotency-Replayed": "true"})


def once(
    session: Session, hotel: Hotel, clock: Clock, request: RequestKey | None, work: Callable[[], Answer]
) -> Answer:
    """Do ``work`` and keep its answer in the same transaction; give the kept answer if it was done before.

    Under the hotel lock (`change_hotel`), so that of many at once the others wait for the first one's answer. A
    request that was refused leaves nothing, and may be sent again under its name.

    Raises
    ------
    InvalidInput
        If the name was used for another body.
    """
    if request is None:
        return work()
    now = clock.now()
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.hotel_id == hotel.id, IdempotencyKey.expires_at <= now))
    known = known_answer(session, hotel, request)
    if known is not None:
        return known
    answer = work()
    session.add(
        IdempotencyKey(
            hotel_id=hotel.id,
            scope=request.scope,
            key=request.key,
            body_digest=request.digest,
            status=answer.status,
            headers=dict(answer.headers),
            body=answer.body,
            created_at=now,
            expires_at=now + KEPT_FOR,
        )
    )
    session.flush()
    return answer
