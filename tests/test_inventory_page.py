"""The page that answers HotelMate's inventory names tests and paths that exist, and is honest about the rest."""

from __future__ import annotations

import re
from pathlib import Path

from api.access import guards
from tests.api.test_access import APP

TESTS = Path(__file__).resolve().parent
PAGE = (TESTS.parent / "docs" / "inventory.md").read_text()


def test_every_test_it_names_exists() -> None:
    named = set(re.findall(r"`((?:[a-z_]+/)+test_[a-z_]+\.py)(?:::(test_[a-z0-9_]+))?`", PAGE))
    assert len(named) > 80
    missing = [
        f"{file}::{test}"
        for file, test in sorted(named)
        if not (TESTS / file).is_file() or (test and f"def {test}(" not in (TESTS / file).read_text())
    ]
    assert missing == []


def test_every_path_it_names_is_a_route_or_said_to_be_missing() -> None:
    routes = {f"{method} {path}" for method, path, _ in guards(APP)}
    lines = [line for line in PAGE.splitlines() if "not built yet" not in line]
    named = {path for line in lines for path in re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`]*)`", line)}
    assert named - routes == set()


def test_every_line_of_a_table_has_a_proof_or_a_reason() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    assert len(rows) > 100
    assert [row for row in rows if not row.rstrip(" |").split("|")[-1].strip()] == []
