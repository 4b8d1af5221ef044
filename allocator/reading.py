"""Reading JSON records strictly: unknown fields, missing fields and wrong types are faults, all reported at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from allocator.errors import Fault

Json = Any

REQUIRED: Final = object()
Kind = tuple[str, Callable[[Json], bool]]


def _is_int(value: Json) -> bool:
    return type(value) is int


def _is_texts(value: Json) -> bool:
    return type(value) is list and all(type(v) is str for v in value)


TEXT: Final[Kind] = ("text", lambda v: type(v) is str)
TEXT_OR_NULL: Final[Kind] = ("text or null", lambda v: v is None or type(v) is str)
INT: Final[Kind] = ("an integer", _is_int)
INT_OR_NULL: Final[Kind] = ("an integer or null", lambda v: v is None or type(v) is int)
BOOL: Final[Kind] = ("true or false", lambda v: type(v) is bool)
TEXTS: Final[Kind] = ("a list of texts", _is_texts)
TEXTS_OR_NULL: Final[Kind] = ("a list of texts or null", lambda v: v is None or _is_texts(v))
INTS: Final[Kind] = ("a list of integers", lambda v: type(v) is list and all(type(x) is int for x in v))
COSTS: Final[Kind] = (
    "an object of integers by room",
    lambda v: type(v) is dict and all(type(x) is int for x in v.values()),
)
LIST: Final[Kind] = ("a list", lambda v: type(v) is list)
OBJECT: Final[Kind] = ("an object", lambda v: type(v) is dict)

Spec = Mapping[str, tuple[Kind, Any]]
"""By name of a field what it holds, and its default (or ``REQUIRED``)."""


@dataclass
class Reader:
    """Reads records field by field, collecting faults instead of stopping at the first."""

    faults: list[Fault] = field(default_factory=list)
    broken: dict[str, set[str]] = field(default_factory=dict)

    def record(self, data: Json, where: str, spec: Spec) -> dict[str, Any] | None:
        """Return the fields of an object with defaults filled in; a faulty field is reported and None."""
        if data is None:
            return None
        if type(data) is not dict:
            self.faults.append(Fault(where, "must be an object"))
            return None
        record = {}
        for name, (kind, default) in spec.items():
            value = data.get(name, default)
            if value is default and name not in data:
                if default is REQUIRED:
                    self.faults.append(Fault(f"{where}.{name}", "is required"))
                    value = None
            elif not kind[1](value):
                self.faults.append(Fault(f"{where}.{name}", f"{_short(value)} is not {kind[0]}"))
                value = None
            record[name] = tuple(value) if type(value) is list else value
        for name in sorted(data.keys() - spec.keys()):
            self.faults.append(Fault(f"{where}.{name}", "unknown field"))
        return record


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:37] + "..."
