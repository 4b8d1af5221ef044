"""Signing in: passwords, access tokens, refresh tokens that are used once, and who somebody is in a hotel."""

from __future__ import annotations

import hashlib
import secrets
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Final, TypeVar

import jwt
from pwdlib import PasswordHash
from sqlalchemy import Engine, delete, func, select, text, update
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.clock import Clock
from api.services.errors import Busy, NotFound, ServiceError
from api.services.permissions import permissions_of
from models import RefreshToken, Role, Staff, global_session
from models.prepared import PREPARED

T = TypeVar("T")

ALGORITHM: Final = "HS256"
AUDIENCE: Final = "keyrack"
MAX_ID: Final = 2**63 - 1

_HASHES: Final = PasswordHash.recommended()
# Argon2 takes 64 MB and a core for each: sign-ins at once must take neither the machine nor all threads of the service.
_HASHING: Final = threading.BoundedSemaphore(2)
_WAITING: Final = threading.BoundedSemaphore(4)


class SignInRefused(ServiceError):
    """E-mail or password is wrong."""

    code = "sign_in_refused"


class NotSignedIn(ServiceError):
    """Sign in first: the token is missing, wrong, expired or revoked."""

    code = "not_signed_in"


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """How tokens are made: the secret that signs access tokens, and the lifetimes."""

    secret: str
    access_lifetime: timedelta
    refresh_lifetime: timedelta


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in gives; the refresh token can be used once, and only its hash is kept."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token proves: who, and by which sign-in."""

    staff_id: int
    family: uuid.UUID


def hash_password(password: str) -> str:
    """Return the salted argon2id hash of a password."""
    with _HASHING:
        return _HASHES.hash(password)


def sign_in(engine: Engine, keys: TokenKeys, clock: Clock, *, email: str, password: str) -> Tokens:
    """Check a password and start a sign-in.

    An unknown e-mail, a wrong password and a person no longer active take the same time and get the same answer.

    Raises
    ------
    SignInRefused
    Busy
        If too many sign in at this moment.
    """

    def issue(session: Session, staff_id: int) -> Tokens:
        return issue_tokens(session, keys, clock.now(), staff_id, uuid.uuid4())

    return begin_sign_in(engine, clock, issue, email=email, password=password)


def begin_sign_in(engine: Engine, clock: Clock, begin: Callable[[Session, int], T], *, email: str, password: str) -> T:
    """Note that the person whose e-mail and password these are signs in, and return what ``begin`` makes of their id.

    Both in one transaction, and only while the password is still the one that was looked at: a sign-in that is under
    way does not outlive the end of all those with the old one.

    Raises
    ------
    SignInRefused, Busy
    """
    with global_session(engine) as session:
        staff = session.scalar(select(Staff).where(func.lower(Staff.email) == email.strip().lower()))
    # No connection is held meanwhile.
    better = check_password(password, staff)
    assert staff is not None  # `check_password` refuses nobody
    now = clock.now()
    with global_session(engine) as session:
        values: dict[str, Any] = {"last_sign_in_at": now} | ({"password_hash": better} if better else {})
        unchanged = (Staff.id == staff.id, Staff.active, Staff.version == staff.version)
        if session.scalar(update(Staff).where(*unchanged).values(values).returning(Staff.id)) is None:
            raise SignInRefused
        session.execute(delete(RefreshToken).where(RefreshToken.staff_id == staff.id, RefreshToken.expires_at < now))
        begun = begin(session, staff.id)
        session.commit()
    return begun


def refresh(engine: Engine, keys: TokenKeys, clock: Clock, token: str) -> Tokens:
    """Exchange a refresh token for new tokens. One that was used before revokes all that came of its sign-in.

    Raises
    ------
    NotSignedIn
    """
    now = clock.now()
    with global_session(engine) as session:
        found = _locked_family(session, token)
        if found is None:
            raise NotSignedIn
        active = session.scalar(select(Staff.active).where(Staff.id == found.staff_id))
        if found.used_at is not None or not active:
            # Somebody else has the token too, and nobody can tell who is the thief.
            end_sign_in(session, found.family, now)
            session.commit()
            raise NotSignedIn
        if found.revoked_at is not None or found.expires_at <= now:
            raise NotSignedIn
        found.used_at = now
        tokens = issue_tokens(session, keys, now, found.staff_id, found.family)
        session.commit()
    return tokens


def revoke(engine: Engine, clock: Clock, token: str) -> None:
    """End a sign-in, with its access tokens; an unknown token is no error, so that nothing is learnt."""
    with global_session(engine) as session:
        found = _locked_family(session, token)
        if found is not None:
            end_sign_in(session, found.family, clock.now())
            session.commit()


def read_access_token(keys: TokenKeys, clock: Clock, token: str) -> Claims:
    """Return what an access token proves.

    Raises
    ------
    NotSignedIn
    """
    try:
        claims, expires = _proven(keys.secret, token)
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, OSError) as error:
        raise NotSignedIn from error
    if expires <= clock.now():
        raise NotSignedIn
    return claims


@lru_cache(1_000)
def _proven(secret: str, token: str) -> tuple[Claims, datetime]:
    """Return what a token proves by its signature, and until when; that never changes, so it is worked out once."""
    told: Mapping[str, Any] = jwt.decode(
        token,
        secret,
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        # The injected clock decides whether it is still good, each time.
        options={"require": ["exp", "sub", "sid"], "verify_exp": False, "verify_iat": False},
    )
    staff_id = int(told["sub"])
    if not 0 < staff_id <= MAX_ID:
        raise NotSignedIn
    return Claims(staff_id, uuid.UUID(told["sid"])), datetime.fromtimestamp(float(told["exp"]), UTC)


# One round trip: who asks, the hotel entered, and of its rows only those of that hotel.
_PERSON: Final = text("""
SELECT set_config('app.hotel_id', coalesce(hotel_by_slug(:slug)::text, ''), true);
SELECT s.active, m.hotel_id, m.role, m.permissions,
       (SELECT bool_and(revoked_at IS NULL) FROM refresh_token WHERE family = :family AND staff_id = :staff) AS live
FROM staff s LEFT JOIN membership m ON m.staff_id = s.id AND m.active
     AND m.hotel_id = nullif(current_setting('app.hotel_id'), '')::bigint
WHERE s.id = :staff
""").execution_options(**PREPARED)


def actor_of(engine: Engine, claims: Claims, hotel_slug: str) -> tuple[int, Actor]:
    """Return the hotel and who the caller is in it, as memberships stand at this moment.

    An absent hotel and one where the person does not work take the same statements and the same answer.

    Raises
    ------
    NotSignedIn
        If the sign-in was revoked or the person is no longer active.
    NotFound
    """
    asked = {"slug": hotel_slug, "staff": claims.staff_id, "family": claims.family}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:  # one message, one answer
        row = connection.execute(_PERSON, asked).one_or_none()
    if row is None or not row.active or not row.live:
        raise NotSignedIn
    if row.hotel_id is None:
        raise NotFound
    return row.hotel_id, Actor.staff(claims.staff_id, permissions_of(Role(row.role), row.permissions))


def check_password(password: str, staff: Staff | None) -> str | None:
    """Return a better hash of somebody's password, if there is one; nobody's takes as long as a wrong one.

    Raises
    ------
    SignInRefused, Busy
    """
    if not _WAITING.acquire(blocking=False):
        raise Busy("Too many are signing in; try again in a moment.")
    try:
        with _HASHING:
            right, better = _HASHES.verify_and_update(password, staff.password_hash if staff else _nobodys_hash())
    finally:
        _WAITING.release()
    if staff is None or not right or not staff.active:
        raise SignInRefused
    return better


@cache
def _nobodys_hash() -> str:
    return _HASHES.hash(secrets.token_urlsafe(16))


def _token_hash(token: str) -> bytes:
    # The token is 256 random bits: nothing slower than SHA-256 would protect it better.
    return hashlib.sha256(token.encode(errors="replace")).digest()


def issue_tokens(session: Session, keys: TokenKeys, now: datetime, staff_id: int, family: uuid.UUID) -> Tokens:
    """Make the next tokens of a sign-in, in the session's transaction; the caller knows who is behind it."""
    token = secrets.token_urlsafe(32)
    session.add(
        RefreshToken(
            staff_id=staff_id,
            family=family,
            token_hash=_token_hash(token),
            expires_at=now + keys.refresh_lifetime,
            created_at=now,
        )
    )
    claims = {"sub": str(staff_id), "sid": str(family), "aud": AUDIENCE, "iat": now, "exp": now + keys.access_lifetime}
    return Tokens(
        access_token=jwt.encode(claims, keys.secret, ALGORITHM),
        expires_in=int(keys.access_lifetime.total_seconds()),
        refresh_token=token,
        refresh_expires_in=int(keys.refresh_lifetime.total_seconds()),
    )


def _locked_family(session: Session, token: str) -> RefreshToken | None:
    """Return the token as it is once nobody else is changing its sign-in.

    All tokens of the sign-in are locked, in order, so a revocation never misses one that is being made.
    """
    family = session.scalar(select(RefreshToken.family).where(RefreshToken.token_hash == _token_hash(token)))
    if family is None:
        return None
    tokens = select(RefreshToken).where(RefreshToken.family == family).order_by(RefreshToken.id)
    held = session.scalars(tokens.with_for_update()).all()
    return next((found for found in held if found.token_hash == _token_hash(token)), None)


def end_sign_in(session: Session, family: uuid.UUID, now: datetime) -> None:
    """Revoke all tokens of a sign-in, in the session's transaction."""
    session.execute(
        update(RefreshToken)
        .where(RefreshToken.family == family, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
