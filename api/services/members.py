"""The people who work in a hotel, and what each may do there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.bookingdata import fault
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import Conflict, InvalidInput, NotFound, StaleVersion
from api.services.permissions import Permission, permissions_of
from models import Hotel, Membership, Role, Staff, emit
from models.auditing import record

Invite = Callable[[Session, Membership], None]
"""Have an invitation sent, in the session's transaction."""

INVITED_FOR: Final = timedelta(days=7)

# A name that another hotel has given somebody is none of this one's.
_NAME: Final = func.coalesce(Membership.name, Staff.name)


class LastOwner(Conflict):
    """The hotel would have nobody left who may manage its staff."""

    code = "last_owner"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works in the hotel, or is invited to.

    Attributes
    ----------
    granted
        Permissions beyond the role's.
    permissions
        What both come to.
    invited_until
        Until when somebody invited may accept; None of everybody else.
    invitation_sent
        Whether the carrier of mail has taken it.
    """

    staff_id: int
    name: str
    email: str
    role: Role
    granted: tuple[str, ...]
    permissions: tuple[str, ...]
    active: bool
    pending: bool
    invited_until: datetime | None
    invitation_sent: bool
    version: int


def list_members(session: Session, hotel: Hotel, staff_id: int | None = None) -> list[Member]:
    """Return the hotel's people by name, those who have left among them; or one of them."""
    session.flush()
    found = (
        select(Membership, _NAME, Staff.email)
        .join(Staff, Staff.id == Membership.staff_id)
        .where(Membership.hotel_id == hotel.id)
        .order_by(func.lower(_NAME), Staff.id)
        .execution_options(populate_existing=True)
    )
    if staff_id is not None:
        found = found.where(Membership.staff_id == staff_id)
    return [_member(row, name, email) for row, name, email in session.execute(found)]


def names_of(session: Session, hotel_id: int, staff: Collection[int]) -> dict[int, str]:
    """Return what the hotel calls these people, by their ids."""
    if not staff:
        return {}
    here = (Membership.hotel_id == hotel_id) & (Membership.staff_id == Staff.id)
    rows = session.execute(select(Staff.id, _NAME).outerjoin(Membership, here).where(Staff.id.in_(staff)))
    return {row[0]: row[1] for row in rows}


def add_member(
    session: Session,
    hotel: Hotel,
    *,
    email: str,
    name: str,
    password_hash: str,
    role: Role,
    granted: Collection[str] = (),
    actor: Actor,
    invite: Invite,
    clock: Clock = SYSTEM_CLOCK,
) -> Member:
    """Let somebody work in the hotel.

    Whoever has an account by this address already, made by whatever hotel, is only invited: who made it may know its
    password, so the membership cannot be used before whoever reads that mailbox has chosen another.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    password_hash
        Of the first password, of somebody new; hashed before the lock was taken.
    invite
        Has an invitation sent.

    Raises
    ------
    InvalidInput
        If a permission is none.
    Conflict
        If the person works here already.
    """
    _require_permissions(granted)
    now = clock.now()
    # Another hotel may name the same address at this moment, and only one of both makes the account.
    person = {"email": email, "name": name, "password_hash": password_hash, "created_at": now}
    made = session.scalar(insert(Staff).values(person).on_conflict_do_nothing().returning(Staff.id))
    known = select(Staff.id).where(func.lower(Staff.email) == func.lower(email))
    staff_id = session.scalars(known).one() if made is None else made
    here = select(Membership.id).where(Membership.hotel_id == hotel.id, Membership.staff_id == staff_id)
    if session.scalar(here) is not None:
        raise Conflict("This person works here already, or has, or is invited: change the role, or make them active.")
    row = Membership(
        hotel_id=hotel.id,
        staff_id=staff_id,
        role=role,
        permissions=sorted(granted),
        active=made is not None,
        accepted=made is not None,
        name=name if made is None else None,
        version=1,
        created_at=now,
    )
    session.add(row)
    session.flush()
    if not row.accepted:
        _invite(session, row, invite, clock)
    tell_member(session, row, "member.added" if row.accepted else "member.invited", None, actor, clock)
    return list_members(session, hotel, staff_id)[0]


def _invite(session: Session, row: Membership, invite: Invite, clock: Clock) -> None:
    """Invite somebody; a token that they were sent before is worth nothing from now on."""
    row.invited_until, row.invitation_hash = clock.now() + INVITED_FOR, None
    invite(session, row)


def change_member(
    session: Session,
    hotel: Hotel,
    staff_id: int,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    invite: Invite,
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Member:
    """Change somebody's role, further permissions, or whether they work here; it counts from their next request.

    Parameters
    ----------
    values
        Some of ``role``, ``granted``, ``active``. Where somebody has not accepted yet, ``active`` invites them anew, or
        withdraws the invitation.
    invite
        Has an invitation sent.

    Raises
    ------
    LastOwner
        If nobody active would be left as owner.
    InvalidInput, StaleVersion, NotFound
    """
    row = session.scalars(
        select(Membership)
        .where(Membership.hotel_id == hotel.id, Membership.staff_id == staff_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    if if_version is not None and row.version != if_version:
        raise StaleVersion(f"The membership is at version {row.version}.", version=row.version)
    _require_permissions(values.get("granted", ()))
    before = state_of(row)
    row.role = values.get("role", row.role)
    row.permissions = sorted(values.get("granted", row.permissions))
    if values.get("active") and not row.accepted:
        _invite(session, row, invite, clock)
    elif "active" in values:
        row.active, row.invited_until, row.invitation_hash = values["active"], None, None
    if before != state_of(row):
        row.version += 1
        session.flush()
        owners = select(Membership.id).where(
            Membership.hotel_id == hotel.id, Membership.role == Role.OWNER, Membership.active
        )
        if session.scalar(owners.limit(1)) is None:
            raise LastOwner
        tell_member(session, row, "member.changed", before, actor, clock)
    return list_members(session, hotel, staff_id)[0]


def state_of(row: Membership) -> dict[str, Any]:
    """Return what the audit has of a membership."""
    state = {"role": Role(row.role).value, "granted": list(row.permissions), "active": row.active}
    return state if row.accepted else state | {"invited_until": row.invited_until and row.invited_until.isoformat()}


def _member(row: Membership, name: str, email: str) -> Member:
    return Member(
        staff_id=row.staff_id,
        name=name,
        email=email,
        role=row.role,
        granted=tuple(row.permissions),
        permissions=tuple(sorted(permissions_of(row.role, row.permissions))),
        active=row.active,
        pending=row.invited_until is not None,
        invited_until=row.invited_until,
        invitation_sent=row.invitation_hash is not None,
        version=row.version,
    )


def _require_permissions(granted: Collection[str]) -> None:
    known = {permission.value for permission in Permission}
    unknown = [fault("granted", "unknown", f"there is no permission {word}") for word in granted if word not in known]
    if unknown:
        raise InvalidInput(errors=unknown)


def tell_member(
    session: Session, row: Membership, event: str, before: Mapping[str, Any] | None, actor: Actor, clock: Clock
) -> None:
    """Write into audit and outbox what became of a membership."""
    record(
        session,
        hotel_id=row.hotel_id,
        actor=str(actor),
        action=event,
        subject=f"staff:{row.staff_id}",
        before=before,
        after=state_of(row),
        at=clock.now(),
    )
    emit(session, row.hotel_id, event, {"staff_id": row.staff_id}, f"{event}:{row.staff_id}:{row.version}")
