"""Who acts: a member of staff, a part of the system, or a guest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from api.services.errors import Forbidden

ALL: frozenset[str] = frozenset({"*"})


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever a change is recorded for; ``str()`` is what the audit stores (``staff:5``).

    Attributes
    ----------
    id
        Of staff the staff id, of the system its part (``nightly``), of a guest the booking id.
    permissions
        By name, in the hotel acted on; the system has every one.
    """

    kind: Literal["staff", "system", "guest"]
    id: str | int
    staff_id: int | None = None
    permissions: frozenset[str] = frozenset()

    @classmethod
    def system(cls, part: str) -> Actor:
        """Return a part of the service itself: it may do everything."""
        return cls("system", part, None, ALL)

    @classmethod
    def staff(cls, staff_id: int, permissions: frozenset[str] = frozenset()) -> Actor:
        """Return a member of staff with the permissions of their membership."""
        return cls("staff", staff_id, staff_id, permissions)

    def may(self, permission: str) -> bool:
        """Tell whether the actor has a permission."""
        return permitted(self.permissions, permission)

    def need(self, permission: str) -> None:
        """Refuse an actor without a permission.

        Raises
        ------
        Forbidden
        """
        if not self.may(permission):
            raise Forbidden(f"This needs the permission {permission}.", permission=permission)

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def permitted(permissions: frozenset[str], permission: str) -> bool:
    """Tell whether a permission is among these, or every one."""
    return permission in permissions or "*" in permissions
