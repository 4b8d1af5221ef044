"""Faults of imported files: collected all at once, each with its file, line and column."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from api.services.errors import InvalidInput


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with one file.

    Attributes
    ----------
    line
        As an editor counts, from 1; a record that spans lines is named by its first. 0 is the file as a whole.
    column
        Name of the column; empty for the line as a whole.
    """

    file: str
    line: int
    column: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.column}: {self.message}" if self.column else f"{place}: {self.message}"


@dataclass(slots=True)
class Faults:
    """The faults found so far, over all files of one import."""

    found: list[Fault] = field(default_factory=list)

    def add(self, file: str, line: Hashable, column: str, message: str) -> None:
        """Note one fault."""
        self.found.append(Fault(file, int(str(line)), column, message))

    def check(self) -> None:
        """Refuse the import if anything was found.

        Raises
        ------
        ImportRefused
            With every fault, by file and line.
        """
        if self.found:
            raise ImportRefused(self.found)


class ImportRefused(InvalidInput):
    """The files have faults; nothing was imported.

    Attributes
    ----------
    faults
        All of them, by file, line and column.
    """

    code = "import_refused"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        many = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__(f"The import has {many}; nothing was imported.", errors=[_as_json(f) for f in self.faults])


def _as_json(fault: Fault) -> dict[str, Any]:
    return {
        "file": fault.file,
        "line": fault.line or None,
        "column": fault.column or None,
        "message": fault.message,
        "text": str(fault),
    }
