"""A person's own account: who is signed in to it, and another password for it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from api.services.clock import Clock
from api.services.errors import InvalidInput
from api.services.signin import Claims, NotSignedIn, SignInRefused, check_password, hash_password
from models import RefreshToken, Staff, global_session

SHORTEST: Final = 8
"""Characters of a new password."""


def signed_in_person(session: Session, claims: Claims) -> Staff:
    """Return who is behind a sign-in.

    Raises
    ------
    NotSignedIn
        If it was revoked or the person is no longer active.
    """
    mine = (RefreshToken.family == claims.family, RefreshToken.staff_id == claims.staff_id)
    live = session.scalar(select(func.bool_and(RefreshToken.revoked_at.is_(None))).where(*mine))
    staff = session.get(Staff, claims.staff_id)
    if staff is None or not staff.active or not live:
        raise NotSignedIn
    return staff


def email_of(engine: Engine, claims: Claims) -> str:
    """Return what somebody signs in with.

    Raises
    ------
    NotSignedIn
    """
    with global_session(engine) as session:
        return signed_in_person(session, claims).email


def change_password(engine: Engine, clock: Clock, claims: Claims, *, old: str, new: str) -> None:
    """Change one's own password: every other sign-in of the person ends.

    Raises
    ------
    SignInRefused
        If the old one is wrong, or was changed by somebody else in this moment.
    NotSignedIn, Busy
    """
    with global_session(engine) as session:
        seen = signed_in_person(session, claims)
    # No connection is held meanwhile.
    check_password(old, seen)
    password_hash = hash_password(new)
    with global_session(engine) as session:
        staff = locked(session, seen.id)
        if staff.version != seen.version:
            raise SignInRefused
        set_password(session, staff, password_hash, clock.now(), keep=claims.family)
        session.commit()


def reset_password(engine: Engine, clock: Clock, staff_id: int, password: str) -> None:
    """Give somebody another password, for whoever runs the service: every sign-in of the person ends.

    Raises
    ------
    InvalidInput
        If it is too short.
    """
    if len(password) < SHORTEST:
        raise InvalidInput(errors=[{"field": "password", "message": f"is shorter than {SHORTEST} characters"}])
    password_hash = hash_password(password)
    with global_session(engine) as session:
        set_password(session, locked(session, staff_id), password_hash, clock.now())
        session.commit()


def locked(session: Session, staff_id: int) -> Staff:
    """Return a person as they are once nobody else is changing them; new sign-ins wait."""
    how = {"key_share": True}  # what only points to the person does not
    return session.get_one(Staff, staff_id, with_for_update=how, populate_existing=True)


def set_password(
    session: Session, staff: Staff, password_hash: str, now: datetime, *, keep: uuid.UUID | None = None
) -> None:
    """Give a person, `locked`, another password, and end all sign-ins but the one to ``keep``."""
    staff.password_hash = password_hash
    staff.version += 1
    ended = [RefreshToken.staff_id == staff.id, RefreshToken.revoked_at.is_(None)]
    if keep is not None:
        ended.append(RefreshToken.family != keep)
    session.execute(
        update(RefreshToken).where(*ended).values(revoked_at=now).execution_options(synchronize_session=False)
    )
