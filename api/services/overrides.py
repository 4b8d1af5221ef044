"""Breaking a rule by name, with a reason: who may, which rules, and of which version."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from allocator.rules import RULES
from api.services.actor import Actor
from api.services.errors import InvalidInput, VersionRequired


def require_override(
    actor: Actor, override: Mapping[str, str], if_version: int | None, breakable: Collection[str]
) -> None:
    """Refuse an override that may not be made; an empty one is none.

    Parameters
    ----------
    override
        Reason by rule.
    if_version
        The version that the caller decided on.
    breakable
        The rules that a person may break here.

    Raises
    ------
    InvalidInput
        With every fault of the rules and reasons.
    Forbidden, VersionRequired
    """
    if not override:
        return
    faults = []
    for rule, reason in override.items():
        if rule not in breakable and rule not in RULES:
            faults.append({"field": f"override.{rule}", "message": f"there is no rule {rule}"})
        elif rule not in breakable:
            faults.append({"field": f"override.{rule}", "message": f"{rule} may never be broken"})
        elif not reason.strip():
            faults.append({"field": f"override.{rule}", "message": "needs a reason"})
    if faults:
        raise InvalidInput("The override has faults.", errors=faults)
    actor.need("can_override_rules")
    if if_version is None:
        raise VersionRequired
