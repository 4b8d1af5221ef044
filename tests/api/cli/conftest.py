"""The ``keyrack`` command on the test's database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from api.cli import main
from tests.databases import Database


@dataclass(frozen=True, slots=True)
class Said:
    """What a command left: its exit code and the lines it printed."""

    code: int
    out: list[str]
    err: list[str]


Keyrack = Callable[..., Said]


@pytest.fixture
def keyrack(database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Keyrack:
    """Run the command with these words, in this process."""
    monkeypatch.setenv("DATABASE_URL", database.app_url)
    monkeypatch.setenv("MIGRATION_URL", database.owner_url)

    def run(*words: object) -> Said:
        monkeypatch.setattr("sys.argv", ["keyrack", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        return Said(0 if code is None else int(code), said.out.splitlines(), said.err.splitlines())

    return run
