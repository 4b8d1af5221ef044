"""Problems and results as JSON, ``schema_version`` 1: the exchange format of ``docs/instance-format.md``.

Reading is strict: unknown fields, missing fields and wrong types are faults like any other, and all faults of a
file are reported at once.
"""

from __future__ import annotations

import gc
import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from allocator.errors import Fault, InvalidProblem
from allocator.plan import Plan
from allocator.problem import (
    Closure,
    Group,
    Link,
    Policy,
    Problem,
    Room,
    RoomType,
    Stay,
    Weights,
    Wish,
)
from allocator.reading import (
    BOOL,
    COSTS,
    INT,
    INT_OR_NULL,
    INTS,
    LIST,
    OBJECT,
    REQUIRED,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    TEXTS_OR_NULL,
    Json,
    Kind,
    Reader,
    Spec,
)
from allocator.result import Proof, Score, SolveResult
from allocator.validate import problem_faults

SCHEMA_VERSION: Final = 1


def load_problem(path: str | Path) -> Problem:
    """Read a problem from a JSON file (``.gz`` too).

    Raises
    ------
    InvalidProblem
        With every fault of the file.
    OSError
        If it cannot be read.
    """
    with no_collection():
        return problem_from_json(load_json(path))


@contextmanager
def no_collection() -> Iterator[None]:
    """Hold the garbage collector: it finds nothing in a million new objects, and takes two thirds of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def load_json(path: str | Path) -> Json:
    """Read a JSON document from a file, unpacking it if it is compressed."""
    raw = Path(path).read_bytes()
    try:
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        return json.loads(raw)
    except (ValueError, RecursionError, EOFError, OSError) as error:
        raise InvalidProblem([Fault(str(path), f"not a JSON document: {error}")]) from None


def problem_from_json(data: Json) -> Problem:
    """Make a problem of a decoded instance document.

    Raises
    ------
    InvalidProblem
        With every fault of the document.
    """
    reader = _Reader()
    instance = reader.record(data, "instance", _INSTANCE)
    if instance is None:
        raise InvalidProblem(reader.faults)
    horizon = reader.record(instance["horizon"], "horizon", _HORIZON) or {"slots": 0, "slots_per_night": 1}
    weights = reader.record(instance["weights"], "weights", _WEIGHTS) or {}
    values: dict[str, Any] = {
        "name": instance["name"] or "",
        "origin": instance["origin"],
        "comment": instance["comment"],
        "slots": horizon["slots"] or 0,
        "slots_per_night": horizon["slots_per_night"] or 1,
        "room_types": reader.items(instance, "room_types", _ROOM_TYPE, RoomType),
        "rooms": reader.items(instance, "rooms", _ROOM, Room),
        "links": tuple(reader.links(instance["links"] or [])),
        "closures": reader.items(instance, "closures", _CLOSURE, Closure),
        "stays": reader.items(instance, "stays", _STAY, Stay),
        "groups": reader.items(instance, "groups", _GROUP, Group),
        "weights": Weights(**{name: value for name, value in weights.items() if value is not None}),
        "policy": Policy(**(reader.record(instance["policy"], "policy", _POLICY) or {})),
    }
    if reader.faults:  # what could be read is judged too, so that one round of corrections is enough
        draft = object.__new__(Problem)
        draft.__dict__.update(values)
        raise InvalidProblem([*reader.faults, *problem_faults(draft, reader.broken)])
    return Problem(**values)


def problem_to_json(problem: Problem) -> dict[str, Json]:
    """Return the instance document of a problem; reading it back gives an equal problem."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": problem.name,
        "origin": problem.origin,
        "comment": problem.comment,
        "horizon": {"slots": problem.slots, "slots_per_night": problem.slots_per_night},
        **{
            part: [_plain(item) for item in getattr(problem, part)]
            for part in ("room_types", "rooms", "links", "closures", "stays", "groups")
        },
        "weights": _plain(problem.weights),
        "policy": _plain(problem.policy),
    }


def canonical(problem: Problem) -> bytes:
    """Return the problem as canonical JSON: what its digest is taken over, and what a run stores."""
    return json.dumps(problem_to_json(problem), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(problem: Problem) -> str:
    """Return the SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(problem)).hexdigest()


def result_to_json(problem: Problem, result: SolveResult) -> dict[str, Json]:
    """Return the result document of a solve."""
    return {
        "schema_version": SCHEMA_VERSION,
        "instance": problem.name,
        "status": result.status,
        "score": {"total": result.score.total, "terms": dict(result.score.terms)},
        "bound": result.bound,
        "gap": result.gap,
        "stopped_by": result.stopped_by,
        "wall_time_s": round(result.wall_time_s, 3),
        "plan": dict(result.plan.rooms),
        "proof": {
            "seed": result.proof.seed,
            "workers": result.proof.workers,
            "versions": dict(result.proof.versions),
            "instance_digest": result.proof.instance_digest,
        },
        "notes": list(result.notes),
    }


def result_from_json(data: Json) -> SolveResult:
    """Read a result document of our own (a stored run's); its prices are kept elsewhere.

    Raises
    ------
    InvalidProblem
        If it has no plan.
    KeyError
        If another part is missing: it is not one of ours.
    """
    return SolveResult(
        plan=plan_from_json(data),
        score=Score(data["score"]["terms"]),
        bound=data["bound"],
        status=data["status"],
        stopped_by=data["stopped_by"],
        wall_time_s=data["wall_time_s"],
        proof=Proof(**data["proof"]),
        notes=tuple(data["notes"]),
    )


def plan_from_json(data: Json) -> Plan:
    """Read the plan of a result document.

    Raises
    ------
    InvalidProblem
        If there is no ``plan`` object of room ids or nulls by stay id.
    """
    plan = data.get("plan") if isinstance(data, dict) else None
    if not isinstance(plan, dict):
        raise InvalidProblem([Fault("plan", "missing, or not an object of rooms by stay")])
    faults = [
        Fault(f"plan[{stay}]", f"{room!r} is not a room id or null")
        for stay, room in plan.items()
        if room is not None and not isinstance(room, str)
    ]
    if faults:
        raise InvalidProblem(faults)
    return Plan(plan)


def _plain(item: Any) -> dict[str, Json]:
    plain = {}
    for spec in fields(item):
        value = getattr(item, spec.name)
        if value is None and isinstance(item, Wish | Link):
            continue  # one kind of wish, one kind of link: the others' fields are absent
        if isinstance(value, frozenset):
            value = sorted(value)
        elif isinstance(value, tuple):
            value = [_plain(v) if isinstance(v, Wish) else v for v in value]
        elif isinstance(value, Mapping):
            value = dict(value)
        plain[spec.name] = value
    return plain


# --- reading -----------------------------------------------------------------------------------------------------

_VERSION: Final[Kind] = (f"schema version {SCHEMA_VERSION}", lambda v: type(v) is int and v == SCHEMA_VERSION)
_LINK_KIND: Final[Kind] = ("connecting or component", lambda v: v in ("connecting", "component"))

_INSTANCE: Final[Spec] = {
    "schema_version": (_VERSION, REQUIRED),
    "name": (TEXT, REQUIRED),
    "origin": (TEXT, ""),
    "comment": (TEXT, ""),
    "horizon": (OBJECT, REQUIRED),
    "room_types": (LIST, REQUIRED),
    "rooms": (LIST, REQUIRED),
    "links": (LIST, ()),
    "closures": (LIST, ()),
    "stays": (LIST, REQUIRED),
    "groups": (LIST, ()),
    "weights": (OBJECT, None),
    "policy": (OBJECT, None),
}
_HORIZON: Final[Spec] = {"slots": (INT, REQUIRED), "slots_per_night": (INT, 1)}
_ROOM_TYPE: Final[Spec] = {"id": (TEXT, REQUIRED), "rank": (INT, 0)}
_ROOM: Final[Spec] = {
    "id": (TEXT, REQUIRED),
    "type": (TEXT, REQUIRED),
    "sleeps": (INT, 1),
    "beds": (INT, 1),
    "building": (TEXT_OR_NULL, None),
    "floor": (INT, 0),
    "position": (INT, 0),
    "features": (TEXTS, ()),
    "gender": (TEXT, "any"),
    "use_cost": (INT, 0),
}
_LINK: Final[Spec] = {"kind": (_LINK_KIND, REQUIRED), "rooms": (TEXTS, REQUIRED), "suite": (TEXT, None)}
_CLOSURE: Final[Spec] = {
    "id": (TEXT, REQUIRED),
    "room": (TEXT, REQUIRED),
    "start": (INT, REQUIRED),
    "end": (INT, REQUIRED),
}
_STAY: Final[Spec] = {
    "id": (TEXT, REQUIRED),
    "start": (INT, REQUIRED),
    "end": (INT, REQUIRED),
    "nights": (INT, REQUIRED),
    "type": (TEXT, REQUIRED),
    "unplaced_penalty": (INT, REQUIRED),
    "types_allowed": (TEXTS, ()),
    "party": (INT, 1),
    "gender": (TEXT_OR_NULL, None),
    "needs": (TEXTS, ()),
    "allowed_rooms": (TEXTS_OR_NULL, None),
    "forbidden_rooms": (TEXTS, ()),
    "wishes": (LIST, ()),
    "room_costs": (COSTS, None),
    "room": (TEXT_OR_NULL, None),
    "locked": (BOOL, False),
    "move_penalty": (INT, 0),
    "group": (TEXT_OR_NULL, None),
}
_WISH: Final[Spec] = {
    "weight": (INT, REQUIRED),
    "feature": (TEXT, None),
    "room": (TEXT, None),
    "min_floor": (INT, None),
    "max_floor": (INT, None),
}
_GROUP: Final[Spec] = {"id": (TEXT, REQUIRED), "wants_connecting": (BOOL, False)}
_WEIGHTS: Final[Spec] = {"upgrade": (INT, 0), "apart": (INT, 0), "gap": (INTS, ()), "not_connecting": (INT, 0)}
_POLICY: Final[Spec] = {"move_budget": (INT_OR_NULL, None)}

_SETS: Final = frozenset({"features", "needs", "allowed_rooms", "forbidden_rooms"})


class _Reader(Reader):
    """Reads the parts of an instance."""

    def items(self, instance: Mapping[str, Any], part: str, spec: Spec, make: Callable[..., Any]) -> tuple[Any, ...]:
        """Read a list of objects with ids; broken ones are left out, their ids remembered."""
        made = []
        for i, data in enumerate(instance[part] or ()):
            name = data.get("id") if type(data) is dict else None
            where = f"{part}[{name if type(name) is str else i}]"
            before = len(self.faults)
            if data is None:
                self.faults.append(Fault(where, "must be an object"))
            record = self.record(data, where, spec)
            if record is not None and part == "stays":
                record["wishes"] = tuple(self._wishes(record["wishes"] or (), where))
                if record["room_costs"] is None:
                    del record["room_costs"]
            if record is not None and len(self.faults) == before:
                sets = {key: frozenset(record[key]) for key in _SETS & record.keys() if record[key] is not None}
                made.append(make(**(record | sets)))
            elif type(name) is str:
                self.broken.setdefault(part, set()).add(name)
        return tuple(made)

    def links(self, data: tuple[Json, ...] | list[Json]) -> Iterator[Link]:
        """Read the links; they have no ids."""
        for i, link in enumerate(data):
            before = len(self.faults)
            record = self.record({} if link is None else link, f"links[{i}]", _LINK)
            if record is not None and len(self.faults) == before:
                yield Link(**record)

    def _wishes(self, data: tuple[Json, ...], where: str) -> Iterator[Wish]:
        for i, wish in enumerate(data):
            before = len(self.faults)
            record = self.record({} if wish is None else wish, f"{where}.wishes[{i}]", _WISH)
            if record is not None and len(self.faults) == before:
                yield Wish(**record)
