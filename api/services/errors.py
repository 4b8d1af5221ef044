"""What a service may answer instead of doing what was asked; ``api.errors`` turns each into a problem document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar


class ServiceError(Exception):
    """The request could not be carried out.

    Attributes
    ----------
    code
        Machine-readable, snake_case, one for each class.
    detail
        One sentence for a person; the class's own first line if none is given.
    errors
        Single faults, each a mapping with at least ``message``.
    extra
        Further plain JSON values of this kind of error (the rule, the rival, what changed, ...).
    """

    code: ClassVar[str] = "service_error"

    def __init__(self, detail: str | None = None, *, errors: Iterable[Mapping[str, Any]] = (), **extra: Any) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip().splitlines()[0]
        self.errors: tuple[dict[str, Any], ...] = tuple(dict(error) for error in errors)
        self.extra: dict[str, Any] = extra
        super().__init__(self.detail)


class NotFound(ServiceError):
    """There is no such thing here."""

    code = "not_found"


class Forbidden(ServiceError):
    """Your role in this hotel does not allow this."""

    code = "forbidden"


class InvalidInput(ServiceError):
    """The request has faults."""

    code = "invalid_input"


class Conflict(ServiceError):
    """The request does not fit the state of the hotel."""

    code = "conflict"


class RuleBroken(Conflict):
    """A rule of the house forbids it.

    Attributes
    ----------
    rule
        Name of the rule, as in `allocator.rules.RULES`.
    extra
        ``rule``, ``room``, ``booking_id`` or ``closure_id`` of the rival (None if there is none), ``overridable``,
        ``remedy`` (what would make it possible) and ``broken``: every rule broken, each with rule, reason and rivals.
    """

    code = "rule_broken"

    def __init__(
        self,
        detail: str | None = None,
        *,
        rule: str,
        room: str | None = None,
        booking_id: str | None = None,
        closure_id: str | None = None,
        remedy: str | None = None,
        overridable: bool = False,
        broken: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self.rule = rule
        self.room = room
        self.booking_id = booking_id
        self.closure_id = closure_id
        super().__init__(
            detail,
            rule=rule,
            room=room,
            booking_id=booking_id,
            closure_id=closure_id,
            remedy=remedy,
            overridable=overridable,
            broken=[dict(item) for item in broken],
        )


class RoomTaken(RuleBroken):
    """The room is already taken at that time."""

    code = "room_taken"

    def __init__(self, detail: str | None = None, **data: Any) -> None:
        super().__init__(detail, **{"rule": "no_overlap", **data})


class RoomClosed(RuleBroken):
    """The room is closed at that time."""

    code = "room_closed"

    def __init__(self, detail: str | None = None, **data: Any) -> None:
        super().__init__(detail, **{"rule": "closed", **data})


class StaleRun(Conflict):
    """The hotel has changed where the plan would write: nothing was written; solve again.

    Attributes
    ----------
    changes
        What changed, each a mapping with ``what``, ``message`` and the ids concerned.
    """

    code = "stale_run"

    def __init__(self, changes: Sequence[Mapping[str, Any]], detail: str | None = None) -> None:
        self.changes = tuple(dict(change) for change in changes)
        super().__init__(detail, errors=self.changes, changes=list(self.changes))


class WrongState(Conflict):
    """It is not in a state that allows this."""

    code = "wrong_state"


class UndoRefused(Conflict):
    """Something depends on the run that was to be undone: nothing was undone.

    Attributes
    ----------
    dependents
        What depends on it, each a mapping with ``message`` and the ids concerned.
    """

    code = "undo_refused"

    def __init__(self, dependents: Sequence[Mapping[str, Any]], detail: str | None = None) -> None:
        self.dependents = tuple(dict(item) for item in dependents)
        super().__init__(detail, errors=self.dependents, dependents=list(self.dependents))


class StaleVersion(ServiceError):
    """It has changed since you read it."""

    code = "stale_version"


class VersionRequired(ServiceError):
    """An override needs the version that you decided on."""

    code = "version_required"


class Busy(ServiceError):
    """The hotel is being changed by somebody else; try again in a moment."""

    code = "busy"
