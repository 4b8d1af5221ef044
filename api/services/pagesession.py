"""The sign-in of a page: one secret in a cookie that no script can read, renewed by the service as it is used.

The secret is replaced when it is older than an access token may be. Several tabs ask at the same time and an answer may
get lost, so the old secret works on until its successor has been seen, and `GRACE` longer. Whoever comes with it after
that has a copy, and nobody can tell whose is the copy: the whole sign-in ends.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, delete, select, text, update
from sqlalchemy.orm import Session

from api.services.account import signed_in_person
from api.services.clock import Clock
from api.services.permissions import permissions_of
from api.services.signin import Claims, NotSignedIn, TokenKeys, begin_sign_in, end_sign_in
from models import Hotel, Membership, RefreshToken, Role, global_session, hotel_session, hotels_of_staff
from models.prepared import PREPARED

GRACE: Final = timedelta(minutes=1)
FORGOTTEN: Final = timedelta(days=1)
"""A secret replaced so long ago is unknown, so that a page left open does not pile them up."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """Who comes with a secret, and the secret that takes its place, if it is time for that."""

    claims: Claims
    successor: str | None


@dataclass(frozen=True, slots=True)
class Workplace:
    """A hotel where somebody works, and what they may do there."""

    slug: str
    name: str
    role: Role
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, and where they work, by the hotels' names."""

    name: str
    email: str
    hotels: tuple[Workplace, ...]


def begin(engine: Engine, keys: TokenKeys, clock: Clock, *, email: str, password: str) -> tuple[Claims, str]:
    """Check a password as `signin.sign_in` does; return who it is and the secret for the cookie.

    Raises
    ------
    SignInRefused
    Busy
        If too many sign in at this moment.
    """

    def issue(session: Session, staff_id: int) -> tuple[Claims, str]:
        claims = Claims(staff_id, uuid.uuid4())
        return claims, _issue(session, keys, clock.now(), claims)

    return begin_sign_in(engine, clock, issue, email=email, password=password)


# What there is to know of a secret, and whether older ones still wait for it to be seen, or a younger one was given.
_KNOWN: Final = text("""
SELECT t.id, t.staff_id, t.family, t.created_at, t.used_at, t.expires_at, s.active,
       (SELECT bool_and(o.revoked_at IS NULL) FROM refresh_token o WHERE o.family = t.family) AS live,
       EXISTS (SELECT FROM refresh_token o WHERE o.family = t.family AND o.id < t.id AND o.used_at IS NULL) AS new,
       (SELECT max(o.created_at) FROM refresh_token o WHERE o.family = t.family AND o.id > t.id) AS succeeded_at
FROM refresh_token t JOIN staff s ON s.id = t.staff_id
WHERE t.token_hash = :hash
""").execution_options(**PREPARED)


def recognise(engine: Engine, keys: TokenKeys, clock: Clock, secret: str) -> Recognised:
    """Return who comes with a secret.

    Raises
    ------
    NotSignedIn
        If it is unknown, expired or revoked, or its successor was seen more than `GRACE` ago: then all of the sign-in
        is revoked.
    """
    now = clock.now()
    with global_session(engine) as session:
        row = session.execute(_KNOWN, {"hash": _hash(secret)}).one_or_none()
        if row is None or not row.active or not row.live or row.expires_at <= now:
            raise NotSignedIn
        claims = Claims(row.staff_id, row.family)
        if row.used_at is not None:
            if now - row.used_at > GRACE:
                end_sign_in(session, row.family, now)
                session.commit()
                raise NotSignedIn
            return Recognised(claims, None)
        successor = None
        if row.new:
            session.execute(
                update(RefreshToken)
                .where(RefreshToken.family == row.family, RefreshToken.id < row.id, RefreshToken.used_at.is_(None))
                .values(used_at=now)
                .execution_options(synchronize_session=False)
            )
        if now - row.created_at >= keys.access_lifetime and (
            row.succeeded_at is None or now - row.succeeded_at >= GRACE
        ):
            successor = _issue(session, keys, now, claims)
            old = (RefreshToken.family == row.family, RefreshToken.used_at < now - FORGOTTEN)
            session.execute(delete(RefreshToken).where(*old).execution_options(synchronize_session=False))
        session.commit()
    return Recognised(claims, successor)


def end(engine: Engine, clock: Clock, secret: str) -> None:
    """Sign out; an unknown secret is no error, so that nothing is learnt."""
    with global_session(engine) as session:
        found = select(RefreshToken.family).where(RefreshToken.token_hash == _hash(secret))
        family = session.scalar(found)
        if family is not None:
            end_sign_in(session, family, clock.now())
            session.commit()


def person_of(engine: Engine, claims: Claims) -> Person:
    """Return a person's name, and the hotels where they work at this moment.

    Raises
    ------
    NotSignedIn
        If the sign-in was revoked or they are no longer active.
    """
    with global_session(engine) as session:
        staff = signed_in_person(session, claims)
        hotels = hotels_of_staff(session, claims.staff_id)
    places = [place for hotel_id in hotels if (place := workplace(engine, hotel_id, claims.staff_id))]
    return Person(staff.name, staff.email, tuple(sorted(places, key=lambda place: (place.name, place.slug))))


def workplace(engine: Engine, hotel_id: int, staff_id: int) -> Workplace | None:
    """Return what somebody may do in a hotel; None if they do not work there any more."""
    with hotel_session(engine, hotel_id) as session:
        row = session.execute(
            select(Hotel.slug, Hotel.name, Membership.role, Membership.permissions)
            .join(Membership, Membership.hotel_id == Hotel.id)
            .where(Hotel.id == hotel_id, Membership.staff_id == staff_id, Membership.active)
        ).one_or_none()
    if row is None:
        return None
    return Workplace(row.slug, row.name, row.role, tuple(sorted(permissions_of(row.role, row.permissions))))


def _hash(secret: str) -> bytes:
    # Not the hash of a refresh token: neither opens the other's door.
    return hashlib.sha256(b"page session " + secret.encode(errors="replace")).digest()


def _issue(session: Session, keys: TokenKeys, now: datetime, claims: Claims) -> str:
    secret = secrets.token_urlsafe(32)
    session.add(
        RefreshToken(
            staff_id=claims.staff_id,
            family=claims.family,
            token_hash=_hash(secret),
            expires_at=now + keys.refresh_lifetime,
            created_at=now,
        )
    )
    session.flush()
    return secret
