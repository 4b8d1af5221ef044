"""Version 2 of the format: what is written reads back equal, what is wrong is named, and the documented file works."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

from allocator.__main__ import main
from allocator.errors import InvalidProblem
from allocator.flexible.problem import FlexibleProblem
from allocator.flexible.serialize import digest, from_json, load, plan_from_json, plan_to_json, to_json
from allocator.problem import Problem
from allocator.serialize import problem_from_json, problem_to_json
from tests.allocator.flexible.problems import flexible_problem, random_parts
from tests.allocator.problems import random_problem
from tests.allocator.test_serialize import GOOD

DOCS = Path(__file__).resolve().parents[3] / "docs" / "instance-format.md"
MOVABLE = {"id": "M", "room": "101", "earliest": 0, "latest": 9, "duration": 2}


def documented() -> list[dict[str, Any]]:
    """Return the JSON documents of version 2 in the page of the format: a result, and its instance."""
    blocks = re.findall(r"```json\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    return [document for document in map(json.loads, blocks) if document["schema_version"] == 2]


def spoiled(**changes: Any) -> dict[str, Any]:
    """Return a good document of version 2 with parts replaced."""
    return copy.deepcopy(GOOD) | {"schema_version": 2} | changes


def stay(**changes: Any) -> dict[str, Any]:
    """Return a good document with the fields of its only stay changed."""
    return spoiled(stays=[GOOD["stays"][0] | changes])


def faults(document: Any) -> list[str]:
    """Return the faults of a document as text."""
    with pytest.raises(InvalidProblem) as caught:
        from_json(document)
    return [str(fault) for fault in caught.value.faults]


def test_the_documented_file_is_solved_checked_and_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result, instance = documented()
    path, out = tmp_path / "instance.json", tmp_path / "result.json"
    path.write_text(json.dumps(instance))
    assert main(["solve", str(path), "--time-limit", "20", "--quiet", "--out", str(out)]) == 0
    solved = json.loads(out.read_text())
    ours = {"score", "bound", "status", "stopped_by", "closures", "gap", "instance", "schema_version"}
    assert {key: solved[key] for key in ours} == {key: result[key] for key in ours}
    assert solved["plan"]["C"] == result["plan"]["C"]
    assert solved.keys() == result.keys()
    for document in (solved, result):
        out.write_text(json.dumps(document))
        assert main(["check", str(path), str(out)]) == 0
        assert main(["score", str(path), str(out)]) == 0
        assert re.search(r"total +620\n", capsys.readouterr().out)
    result["plan"]["C"][0]["nights"] = 1
    out.write_text(json.dumps(result))
    assert main(["check", str(path), str(out)]) == 1
    assert "parts: C has parts of 1, 3 nights, 5 in all" in capsys.readouterr().out


@pytest.mark.parametrize("seed", range(20))
def test_what_is_written_reads_back_equal(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    problem = flexible_problem(rng)
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(to_json(problem)))
    again = load(path)
    assert again == problem
    assert isinstance(again, FlexibleProblem)
    assert digest(again) == digest(problem)
    plan = random_parts(rng, problem)
    assert plan_from_json(problem, json.loads(json.dumps(plan_to_json(plan)))) == plan


def test_version_1_is_read_as_ever(tmp_path: Path) -> None:
    problem = random_problem(Random(1))
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(problem_to_json(problem)))
    again = load(path)
    assert isinstance(again, Problem)
    assert again == problem
    assert from_json(problem_to_json(problem) | {"schema_version": 2}) == FlexibleProblem(problem)
    for version in (3, "2", None, True, 2.0):
        path.write_text(json.dumps(GOOD | {"schema_version": version}))
        with pytest.raises(InvalidProblem, match="is not schema version"):
            load(path)
    with pytest.raises(InvalidProblem, match="unknown field"):
        problem_from_json(GOOD | {"movable_closures": []})


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (stay(max_parts=0), "stays[A].max_parts: 0 is not in 1..1000000000"),
        (stay(max_parts="2"), 'stays[A].max_parts: "2" is not an integer'),
        (stay(max_parts=None), "stays[A].max_parts: null is not an integer"),
        (stay(max_parts=2, nights=4), "stays[A].max_parts: cannot be split by the night: 4 nights do not begin before"),
        (
            stay(max_parts=2, nights=401, end=500),
            "stays[A].max_parts: a stay of 401 nights cannot be split, only up to",
        ),
        (spoiled(rooms=[GOOD["rooms"][0] | {"ready": "noon"}]), 'rooms[101].ready: "noon" is not an integer or null'),
        (spoiled(rooms=[GOOD["rooms"][0] | {"ready": 10**10}]), "rooms[101].ready: 10000000000 is not in"),
        (spoiled(weights={"split": -1}), "weights.split: -1 is not in 0..1000000000"),
        (spoiled(weights={"readiness": 0.5}), "weights.readiness: 0.5 is not an integer"),
        (spoiled(policy={"longest_wait": -1}), "policy.longest_wait: -1 is not in 0..1000000000"),
        (spoiled(movable_closures=3), "instance.movable_closures: 3 is not a list"),
        (spoiled(movable_closures=[None]), "movable_closures[0].id: is required"),
        (spoiled(movable_closures=[MOVABLE, MOVABLE]), "movable_closures[M]: duplicate id, given 2 times"),
        (spoiled(movable_closures=[MOVABLE | {"id": ""}]), "movable_closures[]: an id may not be empty"),
        (spoiled(movable_closures=[MOVABLE | {"room": "9"}]), "movable_closures[M].room: unknown room '9'"),
        (spoiled(movable_closures=[MOVABLE | {"duration": 0}]), "movable_closures[M].duration: 0 is not in 1.."),
        (spoiled(movable_closures=[MOVABLE | {"step": 0}]), "movable_closures[M].step: 0 is not in 1.."),
        (spoiled(movable_closures=[MOVABLE | {"start": 0}]), "movable_closures[M].start: unknown field"),
        (
            spoiled(movable_closures=[MOVABLE | {"latest": 1}]),
            "movable_closures[M]: 2 slots do not fit between 0 and 1",
        ),
        (
            spoiled(movable_closures=[MOVABLE | {"latest": 10**6}]),
            "movable_closures[M].step: 999999 possible starts, at most 10000",
        ),
        (
            stay(room="101", locked=True) | {"movable_closures": [MOVABLE | {"latest": 4}]},
            "movable_closures[M]: cannot be held: whenever it begins, somebody is locked in its room",
        ),
        (
            spoiled(rooms=[GOOD["rooms"][0] | {"ready": 10**6}], weights={"readiness": 10**4}),
            "weights.readiness: a wait of 1000000 slots would cost 10000000000, above 1000000000",
        ),
        (
            stay(max_parts=400, nights=400, end=400) | {"weights": {"split": 10**9, "upgrade": 0}},
            None,  # large, but it can be counted
        ),
        (
            stay(max_parts=400, nights=400, end=400, unplaced_penalty=10**9, wishes=[{"weight": 10**9, "room": "101"}])
            | {"weights": {"split": 10**9}},
            "stays: the worst costs add up to",
        ),
        (spoiled(rooms=[]), "movable_closures[M].room: unknown room '101'"),
    ],
)
def test_each_fault_is_named(document: dict[str, Any], fault: str | None) -> None:
    if fault is None:
        assert from_json(document).base.name == "good"
        return
    if document["rooms"] == []:
        document["movable_closures"] = [MOVABLE]
    assert any(line.startswith(fault) for line in faults(document)), faults(document)


def test_all_faults_come_at_once_and_none_twice() -> None:
    document = spoiled(
        rooms=[*GOOD["rooms"], {"id": "104", "ready": True}],
        stays=[GOOD["stays"][0] | {"max_parts": -1}, GOOD["stays"][0] | {"id": "B", "end": -1, "max_parts": 2}],
        movable_closures=[MOVABLE | {"room": "104"}, MOVABLE | {"id": "N", "room": "105", "latest": 0}],
        surprise=1,
    )
    assert sorted(faults(document)) == [
        "instance.surprise: unknown field",
        "movable_closures[N].room: unknown room '105'",
        "movable_closures[N]: 2 slots do not fit between 0 and 0: 0",
        "rooms[104].ready: true is not an integer or null",
        "rooms[104].type: is required",
        "stays[A].max_parts: -1 is not in 1..1000000000",
        "stays[B]: empty period: end -1 is not after start 0",
    ]


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ([], "plan: missing"),
        ({"plan": {"A": 5}}, "plan[A]: 5 is not a room id, a list of parts or null"),
        ({"plan": {"A": []}}, "plan[A]: [] is not a room id, a list of parts or null"),
        ({"plan": {"A": [{"room": "1"}]}}, "plan[A][0].nights: is required"),
        ({"plan": {"A": [{"room": 1, "nights": 2}, None]}}, "plan[A][1].room: is required"),
        ({"plan": {}, "closures": {"M": "1"}}, "closures: not an object of slots by movable closure"),
        ({"plan": {}, "closures": 3}, "closures: not an object of slots by movable closure"),
    ],
)
def test_a_plan_that_is_none_is_refused(document: Any, fault: str) -> None:
    with pytest.raises(InvalidProblem) as caught:
        plan_from_json(from_json(spoiled()), document)
    assert any(str(found).startswith(fault) for found in caught.value.faults)
