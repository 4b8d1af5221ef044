"""What a role may do in its hotel: the one table of roles x permissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from models import Role


class Permission(StrEnum):
    """What a route, or a part of what it does, may ask of its caller."""

    VIEW = "can_view"
    ASSIGN_ROOMS = "can_assign_rooms"
    OVERRIDE_RULES = "can_override_rules"
    RUN_ALLOCATION = "can_run_allocation"
    MANAGE_BOOKINGS = "can_manage_bookings"
    MANAGE_CHECKIN = "can_manage_checkin"
    CONTACT_GUESTS = "can_contact_guests"
    VERIFY_PIN = "can_verify_pin"
    MANAGE_HOUSEKEEPING = "can_manage_housekeeping"
    MANAGE_ROOMS = "can_manage_rooms"
    MANAGE_SETTINGS = "can_manage_settings"
    SEE_AUDIT = "can_see_audit"
    SEE_REPORTS = "can_see_reports"
    MANAGE_STAFF = "can_manage_staff"
    ERASE_GUESTS = "can_erase_guests"


_VIEWER = frozenset({Permission.VIEW, Permission.SEE_REPORTS})
_HOUSEKEEPING = frozenset({Permission.VIEW, Permission.MANAGE_HOUSEKEEPING})
_RECEPTION = _HOUSEKEEPING | {
    Permission.ASSIGN_ROOMS,
    Permission.MANAGE_BOOKINGS,
    Permission.MANAGE_CHECKIN,
    Permission.CONTACT_GUESTS,
    Permission.VERIFY_PIN,
}
_MANAGER = frozenset(Permission) - {Permission.MANAGE_STAFF, Permission.ERASE_GUESTS}

ROLES: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.OWNER: frozenset(Permission),
        Role.MANAGER: _MANAGER,
        Role.RECEPTION: _RECEPTION,
        Role.HOUSEKEEPING: _HOUSEKEEPING,
        Role.VIEWER: _VIEWER,
    }
)


def permissions_of(role: Role, granted: Iterable[str] = ()) -> frozenset[str]:
    """Return what a membership allows: its role's permissions and those granted to the person beyond it.

    A word that is no permission grants nothing.
    """
    known = {permission.value for permission in Permission}
    return frozenset(permission.value for permission in ROLES[role]) | (known & set(granted))
