"""The people who work in a hotel, and what each may do there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.services.actor import Actor
from api.services.bookingdata import fault
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.errors import Conflict, InvalidInput, NotFound, StaleVersion
from api.services.permissions import Permission, permissions_of
from models import Hotel, Membership, Role, Staff, emit
from models.auditing import record


class LastOwner(Conflict):
    """The hotel would have nobody left who may manage its staff."""

    code = "last_owner"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works in the hotel.

    Attributes
    ----------
    granted
        Permissions beyond the role's.
    permissions
        What both come to.
    """

    staff_id: int
    name: str
    email: str
    role: Role
    granted: tuple[str, ...]
    permissions: tuple[str, ...]
    active: bool
    version: int


def list_members(session: Session, hotel: Hotel, staff_id: int | None = None) -> list[Member]:
    """Return the hotel's people by name, those who have left among them; or one of them."""
    session.flush()
    found = (
        select(Membership, Staff.name, Staff.email)
        .join(Staff, Staff.id == Membership.staff_id)
        .where(Membership.hotel_id == hotel.id)
        .order_by(func.lower(Staff.name), Staff.id)
        .execution_options(populate_existing=True)
    )
    if staff_id is not None:
        found = found.where(Membership.staff_id == staff_id)
    return [_member(row, name, email) for row, name, email in session.execute(found)]


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
    clock: Clock = SYSTEM_CLOCK,
) -> Member:
    """Let somebody work in the hotel.

    Who signs in with this address already (another hotel may have made them) keeps name and password: those are
    theirs, not this hotel's.

    Parameters
    ----------
    session
        Under the hotel lock (`change_hotel`).
    password_hash
        Of the first password; hashed before the lock was taken.

    Raises
    ------
    InvalidInput
        If a permission is none.
    Conflict
        If the person works here already.
    """
    _require_permissions(granted)
    person = session.scalars(select(Staff).where(func.lower(Staff.email) == email.lower())).one_or_none()
    if person is None:
        person = Staff(email=email, name=name, password_hash=password_hash, created_at=clock.now())
        session.add(person)
        session.flush()
    known = select(Membership.id).where(Membership.hotel_id == hotel.id, Membership.staff_id == person.id)
    if session.scalar(known) is not None:
        raise Conflict("This person works here already, or has: change the role, or make them active again.")
    session.add(
        Membership(
            hotel_id=hotel.id, staff_id=person.id, role=role, permissions=sorted(granted), created_at=clock.now()
        )
    )
    session.flush()
    after = {"role": role.value, "granted": sorted(granted), "active": True}
    _tell(session, hotel, person.id, "member.added", None, after, 1, actor, clock)
    return list_members(session, hotel, person.id)[0]


def change_member(
    session: Session,
    hotel: Hotel,
    staff_id: int,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    if_version: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Member:
    """Change somebody's role, further permissions, or whether they work here; it counts from their next request.

    Parameters
    ----------
    values
        Some of ``role``, ``granted``, ``active``.

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
    before = _state(row)
    row.role = values.get("role", row.role)
    row.active = values.get("active", row.active)
    row.permissions = sorted(values.get("granted", row.permissions))
    after = _state(row)
    if before != after:
        row.version += 1
        session.flush()
        owners = select(Membership.id).where(
            Membership.hotel_id == hotel.id, Membership.role == Role.OWNER, Membership.active
        )
        if session.scalar(owners.limit(1)) is None:
            raise LastOwner
        _tell(session, hotel, staff_id, "member.changed", before, after, row.version, actor, clock)
    return list_members(session, hotel, staff_id)[0]


def _state(row: Membership) -> dict[str, Any]:
    return {"role": Role(row.role).value, "granted": list(row.permissions), "active": row.active}


def _member(row: Membership, name: str, email: str) -> Member:
    return Member(
        staff_id=row.staff_id,
        name=name,
        email=email,
        role=row.role,
        granted=tuple(row.permissions),
        permissions=tuple(sorted(permissions_of(row.role, row.permissions))),
        active=row.active,
        version=row.version,
    )


def _require_permissions(granted: Collection[str]) -> None:
    known = {permission.value for permission in Permission}
    unknown = [fault("granted", "unknown", f"there is no permission {word}") for word in granted if word not in known]
    if unknown:
        raise InvalidInput(errors=unknown)


def _tell(
    session: Session,
    hotel: Hotel,
    staff_id: int,
    event: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    version: int,
    actor: Actor,
    clock: Clock,
) -> None:
    record(
        session,
        hotel_id=hotel.id,
        actor=str(actor),
        action=event,
        subject=f"staff:{staff_id}",
        before=before,
        after=after,
        at=clock.now(),
    )
    emit(session, hotel.id, event, {"staff_id": staff_id}, f"{event}:{staff_id}:{version}")
