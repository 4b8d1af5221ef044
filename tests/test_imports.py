"""The direction of imports, as `pyproject.toml` states it: nothing breaks it, and breaking it is noticed."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

FORBIDDEN = [
    ("allocator.period", "models.engine"),
    ("allocator.period", "api.services"),
    ("allocator.period", "datetime"),
    ("allocator.period", "sqlalchemy"),
    ("allocator.period", "ortools"),
    ("models.engine", "allocator"),
    ("models.engine", "benchmarks"),
    ("api.services.clock", "fastapi"),
]


def lint(tree: Path) -> "subprocess.CompletedProcess[str]":
    """Run the contracts on a tree, in a process of its own: import-linter caches what it saw."""
    run = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    return subprocess.run([sys.executable, "-c", run], cwd=tree, capture_output=True, text=True, check=False)


def test_the_contracts_are_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_breaking_any_is_noticed(tmp_path: Path) -> None:
    for package in ("allocator", "api", "benchmarks", "models"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for importer, imported in FORBIDDEN:
        with (tmp_path / f"{importer.replace('.', '/')}.py").open("a") as source:
            source.write(f"\nimport {imported}\n")
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert [pair for pair in FORBIDDEN if " -> ".join(pair) not in done.stdout] == []
