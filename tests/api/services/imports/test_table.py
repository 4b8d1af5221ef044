"""Reading CSV: whatever the bytes, either the cells or faults."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from api.services.imports.cells import day, integer, text
from api.services.imports.faults import Faults
from api.services.imports.table import Column, read_table

COLUMNS = (
    Column("name", text(50), default=""),
    Column("nights", integer(0, 99), required=True),
    Column("from", day),
)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\",;=' "), max_size=20)
rows = st.lists(st.tuples(words, st.integers(0, 99)), min_size=1, max_size=8)


@given(rows, st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_what_was_written_is_what_is_read(written: list[tuple[str, int]], mark: bool, ending: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=ending)
    writer.writerow(["nights", "name"])
    writer.writerows((nights, name) for name, nights in written)
    faults = Faults()
    frame = read_table("f", out.getvalue().encode("utf-8-sig" if mark else "utf-8"), COLUMNS, faults)
    assert faults.found == []
    assert list(zip(frame["name"], frame["nights"], strict=True)) == [
        (name.strip(), nights) for name, nights in written
    ]
    lines = out.getvalue().replace("\r\n", "\n").split("\n")
    assert [int(line) for line in frame.index] == _first_lines(written, lines)


def _first_lines(written: list[tuple[str, int]], lines: list[str]) -> list[int]:
    """Return the line each record begins on, by counting the line breaks inside the ones before it."""
    found, line = [], 2
    for name, _ in written:
        found.append(line)
        line += 1 + name.count("\n")
    assert line == len(lines)
    return found


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda t: ("nights,name,from\n" + t).encode("utf-8", "replace"))
)
def test_any_bytes_end_in_cells_or_faults(data: bytes) -> None:
    faults = Faults()
    frame = read_table("f", data, COLUMNS, faults)
    assert list(frame.columns) == ["name", "nights", "from"]
    assert not frame.empty or faults.found
    for fault in faults.found:
        assert 0 <= fault.line <= data.count(b"\n") + data.count(b"\r") + 1


def test_a_cell_with_a_fault_is_told_on_each_of_its_lines() -> None:
    faults = Faults()
    read_table("f", b"nights\nx\n1\nx\n\n", COLUMNS, faults)
    assert [str(fault) for fault in faults.found] == [
        "f:2: nights: 'x' is not a whole number",
        "f:4: nights: 'x' is not a whole number",
    ]
