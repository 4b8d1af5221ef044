"""``python -m allocator`` as a stranger runs it: results judged by somebody else, poison refused with all faults."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.allocator.test_serialize import GOOD

FAMILIES = (
    *("town-1", "city-1", "boutique-1", "groups-1", "hostel-1"),
    pytest.param("giant-1", marks=pytest.mark.faults),  # half a minute for the largest hotel there is
)


def allocator(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command and return what it said."""
    command = [sys.executable, "-m", "allocator", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def judged(shared_dir: Path, instance: Path, result: Path) -> str:
    """Return the verdict of the independent judge; fail if it finds anything wrong."""
    command = [sys.executable, shared_dir / "tools" / "judge.py", instance, result]
    verdict = subprocess.run(command, capture_output=True, text=True, check=False)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    return verdict.stdout


@pytest.mark.parametrize("family", FAMILIES)
def test_the_judge_accepts_the_result_of_every_family(family: str, shared_dir: Path, tmp_path: Path) -> None:
    packed = shared_dir / "data" / "instances" / f"{family}.json.gz"
    instance, result = tmp_path / "instance.json", tmp_path / "result.json"
    instance.write_bytes(gzip.decompress(packed.read_bytes()))
    ran = allocator("solve", packed, "--time-limit", "4", "--out", result, "--quiet")
    assert ran.returncode == 0, ran.stderr
    assert "violations 0" in judged(shared_dir, instance, result)


def test_the_judge_accepts_the_result_of_patient_admission(shared_dir: Path, tmp_path: Path) -> None:
    instance, result = tmp_path / "instance.json", tmp_path / "result.json"
    convert = [
        sys.executable,
        shared_dir / "tools" / "pas_to_instance.py",
        shared_dir / "data" / "pas" / "testdata01.txt",
    ]
    instance.write_bytes(subprocess.run(convert, capture_output=True, check=True).stdout)
    ran = allocator("solve", instance, "--time-limit", "4", "--out", result, "--quiet")
    assert ran.returncode == 0, ran.stderr
    assert "violations 0" in judged(shared_dir, instance, result)


def stay(name: str, **changes: Any) -> dict[str, Any]:
    """Return a stay of the good document under another name."""
    return {**GOOD["stays"][0], "id": name} | changes


def test_a_poisoned_instance_ends_with_every_fault_and_exit_2(tmp_path: Path) -> None:
    poisoned = GOOD | {
        "rooms": [*GOOD["rooms"], GOOD["rooms"][0], {"id": "104", "type": "XXX"}],
        "stays": [stay("A"), stay("A"), stay("B", end=-5), stay("C", unplaced_penalty=10**30), stay("D", wishes=[{}])],
        "surprise": True,
    }
    path = tmp_path / "poisoned.json"
    path.write_text(json.dumps(poisoned))
    ran = allocator("solve", path)
    assert ran.returncode == 2
    assert ran.stdout == ""
    for fault in (
        "rooms[101]: duplicate id",
        "rooms[104].type: unknown room type 'XXX'",
        "stays[A]: duplicate id",
        "stays[B]: empty period",
        "stays[C].unplaced_penalty: 1000000000000000000000000000000 is not in",
        "stays[D].wishes[0].weight: is required",
        "instance.surprise: unknown field",
    ):
        assert fault in ran.stderr


def test_clashing_locks_and_overflowing_weights_end_with_exit_2(tmp_path: Path) -> None:
    locked = {"room": "101", "locked": True}
    path = tmp_path / "clash.json"
    heavy = [{"weight": 10**9, "feature": "quiet"}]
    path.write_text(
        json.dumps(GOOD | {"stays": [stay("A", **locked), stay("B", **locked), stay("C", nights=10**9, wishes=heavy)]})
    )
    ran = allocator("solve", path)
    assert ran.returncode == 2
    assert "locked stays A, B overlap" in ran.stderr
    assert "must stay below 2^53" in ran.stderr


def test_a_signal_ends_the_search_with_the_best_plan_so_far(shared_dir: Path, tmp_path: Path) -> None:
    packed = shared_dir / "data" / "instances" / "boutique-1.json.gz"
    instance, result = tmp_path / "instance.json", tmp_path / "result.json"
    instance.write_bytes(gzip.decompress(packed.read_bytes()))
    command = [sys.executable, "-m", "allocator", "solve", packed, "--time-limit", "300", "--out", result]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stderr is not None
        process.stderr.readline()  # the first sign of life
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
    assert process.returncode == 0
    assert json.loads(result.read_text())["stopped_by"] == "signal"
    assert "violations 0" in judged(shared_dir, instance, result)


def test_it_is_said_when_the_search_dies_and_the_plan_comes_all_the_same(shared_dir: Path, tmp_path: Path) -> None:
    packed = shared_dir / "data" / "instances" / "boutique-1.json.gz"
    result = tmp_path / "result.json"
    command = [sys.executable, "-m", "allocator", "solve", packed, "--time-limit", "300", "--out", result]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stderr is not None
        process.stderr.readline()  # the first sign of life
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        told = process.stderr.read()
    assert process.returncode == 0
    assert told.splitlines()[-1] == json.loads(result.read_text())["notes"][0]
    assert "The solving process died" in told
