"""From the bytes of a CSV file to a frame of parsed cells, with every fault of form on the way."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import pandas as pd

from api.services.imports.cells import Parser
from api.services.imports.faults import Faults

BINARY = {
    b"PK\x03\x04": "a zip or Excel file",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip file",
    b"\xd0\xcf\x11\xe0": "an Excel file",
}
WIDE = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
TOO_MANY_LINES = 20
"""So many lines of a wrong encoding are named one by one; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file.

    Attributes
    ----------
    required
        The column must be there and no cell of it may be empty.
    default
        What an empty cell, or one of an absent column, means.
    """

    name: str
    parse: Parser
    required: bool = False
    default: Any = None


def read_table(file: str, data: bytes, columns: Sequence[Column], faults: Faults) -> pd.DataFrame:
    """Return the parsed cells, one column for each of ``columns``, indexed by line.

    A cell with a fault is None. The frame is empty if the file cannot be read as a table at all.

    Parameters
    ----------
    file
        Its name in the faults.
    data
        UTF-8, with or without a byte order mark; separated by commas; the first line names the columns.
    """
    cells = _read_cells(file, data, columns, faults)
    parsed = {column.name: _parse(file, cells, column, faults) for column in columns}
    return pd.DataFrame(parsed, index=cells.index, dtype=object)


def repeated(frame: pd.DataFrame, file: str, column: str, faults: Faults) -> None:
    """Note every value of a column that an earlier line has too."""
    values = frame[column].dropna()
    first: dict[Any, Any] = {}
    for line, value in values[values.duplicated(keep=False)].items():
        if value in first:
            faults.add(file, line, column, f"{value} is already on line {first[value]}")
        else:
            first[value] = line


def _parse(file: str, cells: pd.DataFrame, column: Column, faults: Faults) -> pd.Series:
    """Parse each distinct text once: a file of years has few distinct dates."""
    if column.name not in cells:
        return pd.Series([column.default] * len(cells), index=cells.index, dtype=object)
    codes, distinct = pd.factorize(cells[column.name])
    values: list[Any] = []
    for place, cell in enumerate(distinct):
        value, fault = column.default, ""
        if cell:
            try:
                value = column.parse(cell)
            except ValueError as error:
                value, fault = None, str(error)
        elif column.required:
            fault = "is empty"
        if fault:
            for line in cells.index[codes == place]:
                faults.add(file, line, column.name, fault)
        values.append(value)
    return pd.Series([values[code] for code in codes], index=cells.index, dtype=object)


def _read_cells(file: str, data: bytes, columns: Sequence[Column], faults: Faults) -> pd.DataFrame:
    """Return the stripped texts of all well-formed records, indexed by line."""
    nothing = pd.DataFrame(index=pd.Index([], dtype="int64", name="line"))
    text = _decode(file, data, faults)
    if text is None:
        return nothing
    records = _records(file, text, faults)
    if not records:
        if not _failed(file, faults):
            faults.add(file, 0, "", "the file is empty")
        return nothing
    (header_line, first), rest = records[0], records[1:]
    header = [name.strip().casefold() for name in first]
    if not _header_fits(file, header_line, header, columns, faults):
        return nothing
    if not rest and not _failed(file, faults):
        faults.add(file, 0, "", "the file has no line below its header")
    kept = [(line, row) for line, row in rest if len(row) == len(header)]
    for line, row in rest:
        if len(row) != len(header):
            faults.add(file, line, "", f"has {len(row)} cells, the header has {len(header)}")
    index = pd.Index([line for line, _ in kept], dtype="int64", name="line")
    return pd.DataFrame([[cell.strip() for cell in row] for _, row in kept], columns=header, index=index, dtype=object)


def _failed(file: str, faults: Faults) -> bool:
    return any(fault.file == file for fault in faults.found)


def _decode(file: str, data: bytes, faults: Faults) -> str | None:
    for magic, what in BINARY.items():
        if data.startswith(magic):
            faults.add(file, 1, "", f"is not a CSV file but {what}")
            return None
    for mark, what in WIDE.items():
        if data.startswith(mark):
            faults.add(file, 1, "", f"is in {what}; save it as UTF-8")
            return None
    if b"\x00" in data:
        faults.add(file, data.count(b"\n", 0, data.index(b"\x00")) + 1, "", "is not a CSV file: it has NUL bytes")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        bad = [(number, error) for number, line in enumerate(data.split(b"\n"), 1) if (error := _undecodable(line))]
    for number, error in bad[:TOO_MANY_LINES]:
        faults.add(file, number, "", f"is not UTF-8: byte {error.object[error.start]:#04x} at {error.start + 1}")
    if len(bad) > TOO_MANY_LINES:
        faults.add(
            file, bad[TOO_MANY_LINES][0], "", f"is not UTF-8, and {len(bad) - TOO_MANY_LINES - 1} lines after it"
        )
    return None


def _undecodable(line: bytes) -> UnicodeDecodeError | None:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return error
    return None


def _records(file: str, text: str, faults: Faults) -> list[tuple[int, list[str]]]:
    """Return the records that are not blank, each with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records, line = [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                records.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        faults.add(file, line, "", f"is not CSV, so this line and those after it were not read: {error}")
    return records


def _header_fits(file: str, line: int, header: list[str], columns: Sequence[Column], faults: Faults) -> bool:
    known = [column.name for column in columns]
    missing = [column.name for column in columns if column.required and column.name not in header]
    if len(header) == 1 and header[0] not in known:
        tail = " - is it separated by something else?" if any(mark in header[0] for mark in ";\t|") else ""
        faults.add(file, line, "", f"the header has one column where commas should separate {','.join(known)}{tail}")
        return False
    for name in missing:
        faults.add(file, line, name, "the column is missing")
    for name in dict.fromkeys(header):
        if name not in known:
            near = get_close_matches(name, known, 1)
            faults.add(
                file, line, name or "(no name)", "is not a column of this file" + (f"; {near[0]}?" if near else "")
            )
        if header.count(name) > 1:
            faults.add(file, line, name or "(no name)", "the column is there twice")
    return not missing and set(header) <= set(known) and len(set(header)) == len(header)
