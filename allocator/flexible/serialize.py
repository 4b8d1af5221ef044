"""Problems, plans and results of both versions of ``docs/instance-format.md`` as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from allocator.errors import Fault, InvalidProblem
from allocator.flexible.problem import FlexiblePlan, FlexibleProblem, MovableClosure, Part
from allocator.flexible.result import FlexibleResult
from allocator.flexible.validate import closure_faults, field_faults
from allocator.problem import Problem
from allocator.reading import INT, INT_OR_NULL, LIST, REQUIRED, TEXT, Json, Reader, Spec
from allocator.serialize import load_json, no_collection, problem_from_json, problem_to_json

SCHEMA_VERSION: Final = 2

_STAY: Final[Spec] = {"max_parts": (INT, 1)}
_ROOM: Final[Spec] = {"ready": (INT_OR_NULL, None)}
_WEIGHTS: Final[Spec] = {"split": (INT, 0), "readiness": (INT, 0)}
_POLICY: Final[Spec] = {"longest_wait": (INT_OR_NULL, None)}
_INSTANCE: Final[Spec] = {"movable_closures": (LIST, ())}
_MOVABLE: Final[Spec] = {
    "id": (TEXT, REQUIRED),
    "room": (TEXT, REQUIRED),
    "earliest": (INT, REQUIRED),
    "latest": (INT, REQUIRED),
    "duration": (INT, REQUIRED),
    "step": (INT_OR_NULL, None),
}


def load(path: str | Path) -> Problem | FlexibleProblem:
    """Read a problem of either version from a JSON file (``.gz`` too).

    Raises
    ------
    InvalidProblem
        With every fault of the file.
    OSError
        If it cannot be read.
    """
    with no_collection():
        data = load_json(path)
        version = data.get("schema_version") if type(data) is dict else None
        return from_json(data) if type(version) is int and version == SCHEMA_VERSION else problem_from_json(data)


def from_json(data: dict[str, Json]) -> FlexibleProblem:
    """Make a problem of a decoded instance document of version 2.

    Raises
    ------
    InvalidProblem
        With every fault of the document.
    """
    reader = Reader()
    plain = dict(data)
    own = _taken(reader, plain, "instance", _INSTANCE)
    stays = _taken_from_items(reader, plain, "stays", _STAY)
    rooms = _taken_from_items(reader, plain, "rooms", _ROOM)
    weights = _taken_from_part(reader, plain, "weights", _WEIGHTS)
    policy = _taken_from_part(reader, plain, "policy", _POLICY)
    faults: list[Fault] = []
    base = None
    try:
        base = problem_from_json(plain | {"schema_version": 1})
    except InvalidProblem as error:
        faults += error.faults
    night = base.slots_per_night if base is not None else 1
    values: dict[str, Any] = {
        "max_parts": {s: r["max_parts"] for s, r in stays.items() if r["max_parts"] not in (None, 1)},
        "ready": {s: r["ready"] for s, r in rooms.items() if r["ready"] is not None},
        "movable": tuple(_movable(reader, own["movable_closures"] or (), night)),
        **{name: value or 0 for name, value in weights.items()},
        **policy,
    }
    faults += reader.faults
    if base is None or faults:  # what could be read is judged too, so that one round of corrections is enough
        numbers = {name: value for name, value in values.items() if name != "movable"}
        faults += [*field_faults(**numbers), *closure_faults(values["movable"], _ids(data, "rooms"))]
        raise InvalidProblem(faults)
    return FlexibleProblem(base, **values)


def to_json(problem: FlexibleProblem) -> dict[str, Json]:
    """Return the instance document of a problem; reading it back gives an equal problem."""
    document = problem_to_json(problem.base) | {"schema_version": SCHEMA_VERSION}
    for stay in document["stays"]:
        stay["max_parts"] = problem.max_parts.get(stay["id"], 1)
    for room in document["rooms"]:
        room["ready"] = problem.ready.get(room["id"])
    document["weights"] |= {"split": problem.split, "readiness": problem.readiness}
    document["policy"] |= {"longest_wait": problem.longest_wait}
    names = tuple(_MOVABLE)
    document["movable_closures"] = [{name: getattr(m, name) for name in names} for m in problem.movable]
    return document


def digest(problem: FlexibleProblem) -> str:
    """Return the SHA-256 of the problem as canonical JSON, in hexadecimal."""
    text = json.dumps(to_json(problem), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def plan_to_json(plan: FlexiblePlan) -> dict[str, Json]:
    """Return the fields of a result document that say what a plan decides."""
    rooms = {
        stay: [{"room": p.room, "nights": p.nights} for p in parts]
        if len(parts) > 1
        else parts[0].room
        if parts
        else None
        for stay, parts in plan.parts.items()
    }
    return {"plan": rooms, "closures": dict(plan.starts)}


def plan_from_json(problem: FlexibleProblem, data: Json) -> FlexiblePlan:
    """Read the plan of a result document.

    Raises
    ------
    InvalidProblem
        If ``plan`` is no object of rooms, lists of parts or nulls by stay, or ``closures`` none of slots by closure.
    """
    plan = data.get("plan") if isinstance(data, dict) else None
    starts = data.get("closures", {}) if isinstance(data, dict) else None
    reader = Reader()
    if not isinstance(plan, dict):
        reader.faults.append(Fault("plan", "missing, or not an object of rooms by stay"))
        plan = {}
    if not isinstance(starts, dict) or not all(type(t) is int for t in starts.values()):
        reader.faults.append(Fault("closures", "not an object of slots by movable closure"))
        starts = {}
    nights = {stay.id: stay.nights for stay in problem.base.stays}
    parts = {stay: _parts(reader, stay, value, nights.get(stay, 1)) for stay, value in plan.items()}
    if reader.faults:
        raise InvalidProblem(reader.faults)
    return FlexiblePlan(parts, starts)


def result_to_json(problem: FlexibleProblem, result: FlexibleResult) -> dict[str, Json]:
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
        **plan_to_json(result.plan),
        "proof": {
            "seed": result.proof.seed,
            "workers": result.proof.workers,
            "versions": dict(result.proof.versions),
            "instance_digest": result.proof.instance_digest,
        },
        "notes": list(result.notes),
    }


_PART: Final[Spec] = {"room": (TEXT, REQUIRED), "nights": (INT, REQUIRED)}


def _parts(reader: Reader, stay: str, value: Json, nights: int) -> tuple[Part, ...]:
    if value is None:
        return ()
    if type(value) is str:
        return (Part(value, nights),)
    if type(value) is not list or not value:
        reader.faults.append(Fault(f"plan[{stay}]", f"{value!r} is not a room id, a list of parts or null"))
        return ()
    before = len(reader.faults)
    records = [reader.record({} if p is None else p, f"plan[{stay}][{k}]", _PART) for k, p in enumerate(value)]
    if len(reader.faults) > before:
        return ()
    return tuple(Part(**record) for record in records if record is not None)


def _taken(reader: Reader, record: dict[str, Json], where: str, spec: Spec) -> dict[str, Any]:
    """Take the fields of version 2 out of a record, and read them."""
    fields = {name: record.pop(name) for name in spec if name in record}
    return reader.record(fields, where, spec) or {}


def _taken_from_part(reader: Reader, document: dict[str, Json], part: str, spec: Spec) -> dict[str, Any]:
    record = document.get(part)
    if type(record) is dict:
        document[part] = record = dict(record)
    return _taken(reader, record if type(record) is dict else {}, part, spec)


def _taken_from_items(reader: Reader, document: dict[str, Json], part: str, spec: Spec) -> dict[str, dict[str, Any]]:
    """Take the fields of version 2 out of a list of records with ids; return them by id."""
    items = document.get(part)
    if type(items) is not list:
        return {}
    document[part] = copies = [dict(item) if type(item) is dict else item for item in items]
    found = {}
    for item in copies:
        if type(item) is dict and type(item.get("id")) is str and not spec.keys().isdisjoint(item):
            found[item["id"]] = _taken(reader, item, f"{part}[{item['id']}]", spec)
    return found


def _movable(reader: Reader, items: tuple[Json, ...], night: int) -> list[MovableClosure]:
    made = []
    for i, item in enumerate(items):
        name = item.get("id") if type(item) is dict else None
        before = len(reader.faults)
        where = f"movable_closures[{name if type(name) is str else i}]"
        record = reader.record({} if item is None else item, where, _MOVABLE)
        if record is not None and len(reader.faults) == before:
            made.append(MovableClosure(**(record | {"step": night if record["step"] is None else record["step"]})))
    return made


def _ids(document: Mapping[str, Json], part: str) -> set[str]:
    """Return the ids of a list of records, whatever else is wrong with them."""
    items = document.get(part)
    records = [item for item in items if type(item) is dict] if type(items) is list else []
    return {item["id"] for item in records if type(item.get("id")) is str}
