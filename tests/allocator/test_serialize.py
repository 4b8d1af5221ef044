"""The exchange format: what is written reads back equal, and what is wrong is named, all at once."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from allocator.__main__ import main
from allocator.errors import InvalidProblem
from allocator.serialize import digest, load_problem, plan_from_json, problem_from_json, problem_to_json
from tests.allocator.problems import random_problem

GOOD: dict[str, Any] = {
    "schema_version": 1,
    "name": "good",
    "horizon": {"slots": 30},
    "room_types": [{"id": "STD", "rank": 0}],
    "rooms": [{"id": "101", "type": "STD"}, {"id": "102", "type": "STD"}, {"id": "103", "type": "STD"}],
    "stays": [{"id": "A", "start": 0, "end": 3, "nights": 3, "type": "STD", "unplaced_penalty": 100}],
}


def faults(document: Any) -> list[str]:
    """Return the faults of a document as text."""
    with pytest.raises(InvalidProblem) as caught:
        problem_from_json(document)
    return [str(fault) for fault in caught.value.faults]


def spoiled(**changes: Any) -> dict[str, Any]:
    """Return the good document with parts replaced."""
    return copy.deepcopy(GOOD) | changes


def stay(**changes: Any) -> dict[str, Any]:
    """Return the good document with the fields of its only stay changed."""
    return spoiled(stays=[GOOD["stays"][0] | changes])


def test_defaults_are_the_documented_ones() -> None:
    problem = problem_from_json(GOOD)
    room, guest = problem.rooms[0], problem.stays[0]
    assert (problem.slots_per_night, room.sleeps, room.beds, guest.party) == (1, 1, 1, 1)
    assert (room.use_cost, room.floor, room.gender, guest.allowed_rooms, guest.room) == (0, 0, "any", None, None)
    assert (problem.weights.gap, problem.policy.move_budget) == ((), None)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_written_reads_back_equal(seed: int, tmp_path: Path) -> None:
    problem = random_problem(Random(seed))
    path = tmp_path / "problem.json.gz"
    path.write_bytes(gzip.compress(json.dumps(problem_to_json(problem)).encode()))
    again = load_problem(path)
    assert again == problem
    assert digest(again) == digest(problem)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (3, "instance: must be an object"),
        (spoiled(schema_version=2), "instance.schema_version: 2 is not schema version 1"),
        (spoiled(extra=1), "instance.extra: unknown field"),
        (spoiled(rooms=None), "instance.rooms: null is not a list"),
        (spoiled(rooms=[GOOD["rooms"][0]] * 2), "rooms[101]: duplicate id, given 2 times"),
        (spoiled(rooms=[{"id": "101", "type": "XXX"}]), "rooms[101].type: unknown room type 'XXX'"),
        (spoiled(rooms=[{"id": "101", "type": "STD", "beds": 0}]), "rooms[101].beds: 0 is not in 1..1000000000"),
        (spoiled(rooms=[{"id": "101", "type": "STD", "sleeps": 2.0}]), "rooms[101].sleeps: 2.0 is not an integer"),
        (spoiled(rooms=[{"id": "101", "type": "STD", "sleeps": True}]), "rooms[101].sleeps: true is not an integer"),
        (spoiled(closures=[{"id": "C", "room": "9", "start": 0, "end": 1}]), "closures[C].room: unknown room '9'"),
        (spoiled(closures=[{"id": "C", "room": "101", "start": 1, "end": 1}]), "closures[C]: empty period: end 1 is"),
        (spoiled(links=[{"kind": "connecting", "rooms": ["101", "9"]}]), "links[0].rooms: unknown room '9'"),
        (spoiled(links=[{"kind": "component", "rooms": ["101"]}]), "links[0].suite: a component link needs the suite"),
        (
            spoiled(
                links=[
                    {"kind": "component", "suite": "101", "rooms": ["102"]},
                    {"kind": "component", "suite": "102", "rooms": ["103"]},
                ]
            ),
            "links[0].rooms: '102' is a suite itself",
        ),
        (spoiled(weights={"gap": [1, -1]}), "weights.gap[1]: -1 is not in 0..1000000000"),
        (spoiled(policy={"move_budget": -1}), "policy.move_budget: -1 is not in 0..1000000000"),
        (stay(end=0), "stays[A]: empty period: end 0 is not after start 0"),
        (stay(nights=0), "stays[A].nights: 0 is not in 1..1000000000"),
        (stay(type="XXX"), "stays[A].type: unknown room type 'XXX'"),
        (stay(types_allowed=["XXX"]), "stays[A].types_allowed: unknown room type 'XXX'"),
        (stay(room="9"), "stays[A].room: unknown room '9'"),
        (stay(room_costs={"9": 1}), "stays[A].room_costs: unknown room '9'"),
        (stay(room_costs={"101": 10**9 + 1}), "stays[A].room_costs.101: 1000000001 is not in 0..1000000000"),
        (stay(wishes=[{"weight": 1}]), "stays[A].wishes[0]: needs exactly one of feature, room, min_floor, max_floor"),
        (stay(wishes=[{"weight": 1, "room": "101", "feature": "x"}]), "stays[A].wishes[0]: needs exactly one of"),
        (stay(group="G"), "stays[A].group: unknown group 'G'"),
        (stay(gender="x"), "stays[A].gender: 'x' is not female, male or null"),
        (stay(locked=True), "stays[A].locked: a locked stay needs the room it is locked in"),
        (stay(party=None), "stays[A].party: null is not an integer"),
        (
            spoiled(
                stays=[
                    {**GOOD["stays"][0], "id": f"S{i}", "nights": 10**9, "wishes": [{"weight": 10**9, "room": "101"}]}
                    for i in range(2)
                ]
            ),
            "stays: the stays' worst costs add up to 2000000000000000000, which must stay below 2^53",
        ),
    ],
)
def test_each_fault_is_named(document: Any, fault: str) -> None:
    assert any(line.startswith(fault) for line in faults(document)), faults(document)


def locked(name: str, start: int, end: int, room: str) -> dict[str, Any]:
    """Return a locked stay."""
    return {**GOOD["stays"][0], "id": name, "start": start, "end": end, "room": room, "locked": True}


def test_locked_stays_that_clash_are_refused() -> None:
    assert "overlap" in faults(spoiled(stays=[locked("A", 0, 3, "101"), locked("B", 2, 4, "101")]))[0]
    problem_from_json(spoiled(stays=[locked("A", 0, 3, "101"), locked("B", 3, 4, "101")]))
    closure = {"id": "C", "room": "101", "start": 2, "end": 4}
    assert "closure of 101" in faults(spoiled(stays=[locked("A", 0, 3, "101")], closures=[closure]))[0]
    suite = [{"kind": "component", "suite": "103", "rooms": ["101", "102"]}]
    clash = [locked("A", 0, 3, "103"), locked("B", 2, 4, "102")]
    assert "share" in faults(spoiled(stays=clash, links=suite))[0]
    assert "shares" in faults(spoiled(stays=[locked("A", 0, 3, "103")], links=suite, closures=[closure]))[0]


def test_all_faults_come_at_once_and_none_twice() -> None:
    document = spoiled(
        rooms=[*GOOD["rooms"], {"id": "104"}, {"id": "105", "type": "XXX"}],
        stays=[
            {**GOOD["stays"][0], "room": "104"},  # the room is faulty, but it is there
            {**GOOD["stays"][0], "id": "B", "end": -1, "party": "two"},
            {**GOOD["stays"][0], "id": "C", "end": -1},
        ],
    )
    assert sorted(faults(document)) == [
        "rooms[104].type: is required",
        "rooms[105].type: unknown room type 'XXX'",
        'stays[B].party: "two" is not an integer',
        "stays[C]: empty period: end -1 is not after start 0",
    ]


@pytest.mark.parametrize("text", ["", "{", "[1", "\xff", "[" * 100_000])
def test_a_file_that_is_no_json_is_one_fault(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="latin-1")
    assert main(["check", str(path), str(path)]) == 2
    assert "not a JSON document" in capsys.readouterr().err


def test_commands_score_and_check_a_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    instance, result = tmp_path / "i.json", tmp_path / "r.json"
    instance.write_text(json.dumps(GOOD))
    result.write_text(json.dumps({"plan": {"A": "101"}}))
    assert main(["check", str(instance), str(result)]) == 0
    assert main(["score", str(instance), str(result)]) == 0
    result.write_text(json.dumps({"plan": {"A": "999"}}))
    assert main(["check", str(instance), str(result)]) == 1
    assert "unknown room 999" in capsys.readouterr().out
    assert main(["check", str(instance), str(tmp_path / "absent")]) == 2
    with pytest.raises(InvalidProblem):
        plan_from_json({"plan": {"A": 5}})
