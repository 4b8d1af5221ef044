"""The ``keyrack`` command: what it prints and what it exits with."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from api.cli.service import take_port
from api.services.signin import check_password
from models import Staff, global_session, make_engine
from tests.api.cli.conftest import Keyrack
from tests.databases import Database

ROOMS = "number,type,floor,sleeps\n" + "".join(f"{number},STD,1,2\n" for number in range(101, 105)) + "201,DLX,2,2\n"
HEAD = "reference,check_in,check_out,type,adults,status,room\n"
BOOKINGS = HEAD + (
    "A,2026-03-09,2026-03-12,STD,2,CHECKED_IN,101\n"
    "B,2026-03-10,2026-03-13,STD,2,,\n"
    "C,2026-03-11,2026-03-13,STD,1,,\n"
    "D,2026-03-12,2026-03-14,DLX,2,,\n"
)


@pytest.fixture
def grand(keyrack: Keyrack, tmp_path: Path) -> Path:
    """A hotel with rooms, made by the command; the folder where its files lie."""
    said = keyrack("hotel", "create", "grand", "--timezone", "Europe/Lisbon", "--business-date", "2026-03-10")
    assert said.code == 0
    (tmp_path / "rooms.csv").write_text(ROOMS)
    (tmp_path / "bookings.csv").write_text(BOOKINGS)
    assert keyrack("import", "--hotel", "grand", "--rooms", tmp_path / "rooms.csv").code == 0
    return tmp_path


def test_help_imports_nothing_heavy() -> None:
    heavy = "{'sqlalchemy', 'pandas', 'numpy', 'rich', 'fastapi', 'uvicorn', 'ortools', 'numba', 'procrastinate'}"
    code = f"import sys, api.cli; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_a_night_from_nothing(keyrack: Keyrack, grand: Path) -> None:
    said = keyrack("import", "--hotel", "grand", "--bookings", grand / "bookings.csv")
    assert (said.code, said.out) == (0, ["imported 0 types, 0 rooms, 4 bookings (1 of them with a room)"])
    night = keyrack("nightly", "--hotel", "grand")
    assert night.code == 0
    told = dict(line.split(None, 1) for line in night.out if re.match(r"  \w", line))
    assert {name: told[name] for name in ("rooms", "stays", "placed", "unplaced", "moved")} == {
        "rooms": "5",
        "stays": "4",
        "placed": "4  (3 of them new)",
        "unplaced": "0",
        "moved": "0",
    }
    assert any(re.match(r"run [0-9a-f-]{36}  nightly  2026-03-10  APPLIED", line) for line in night.out)
    again = keyrack("nightly", "--hotel", "grand")
    assert "  moved            0" in again.out
    assert "  nothing has changed since: its plan stands" in again.out
    proposal = keyrack("solve", "--hotel", "grand", "--apply")
    assert proposal.code == 0
    assert proposal.out[-1] == "applied: 0 placed, 0 moved, 0 released"
    assert keyrack("verify").out == ["1 hotels checked, 0 findings"]


def test_bad_files_end_in_lines_and_exit_code_2(keyrack: Keyrack, grand: Path) -> None:
    bad = grand / "bad.csv"
    bad.write_text(HEAD + "A,2026-03-12,2026-03-11,STD,2,,\nA,2026-03-12,2026-03-13,XXL,2,,999\n")
    said = keyrack("import", "--hotel", "grand", "--bookings", bad)
    assert (said.code, said.out) == (2, [])
    assert said.err == [
        "The import has 4 faults; nothing was imported.",
        "  bookings:2: check_out: 2026-03-11 is before check-in 2026-03-12",
        "  bookings:3: reference: A is already on line 2",
        "  bookings:3: room: there is no room 999",
        "  bookings:3: type: there is no type XXL",
    ]


@pytest.mark.parametrize(
    ("words", "code", "last"),
    [
        (("import", "--hotel", "nowhere", "--rooms", __file__), 2, "There is no hotel nowhere."),
        (("import", "--hotel", "nowhere", "--rooms", "/no/such.csv"), 2, "/no/such.csv: No such file or directory"),
        (("nightly", "--hotel", "nowhere"), 2, "There is no hotel nowhere."),
        (("nightly",), 2, "Error: Invalid value: give either --hotel SLUG or --all"),
        (("hotel", "create", "Not A Slug"), 2, "  slug: 'Not A Slug' is not small letters, digits and single dashes"),
        (("staff", "add", "x@y.z", "--hotel", "h", "--role", "king"), 2, "  role: 'king' is none of owner, manager,"),
        (("verify", "--hotel", "nowhere"), 2, "There is no hotel nowhere."),
    ],
)
def test_what_a_user_may_get_wrong(keyrack: Keyrack, words: tuple[str, ...], code: int, last: str) -> None:
    said = keyrack(*words)
    assert said.code == code
    assert said.err[-1].startswith(last)


def test_hotels_and_their_policy(keyrack: Keyrack, grand: Path) -> None:
    assert grand.is_dir()
    listed = keyrack("hotel", "list").out
    assert [line.split()[:2] for line in listed] == [["slug", "name"], ["grand", "grand"]]
    assert "rooms          5" in keyrack("hotel", "show", "grand").out
    assert keyrack("hotel", "policy", "grand", "weights.gap=[9]", "horizon_nights=30").code == 0
    policy = {line.split(None, 1)[0]: line.split(None, 1)[1] for line in keyrack("hotel", "policy", "grand").out}
    assert policy["horizon_nights"] == "30"
    assert '"gap": [9]' in policy["weights"]
    assert '"upgrade": 100' in policy["weights"]
    wrong = keyrack("hotel", "policy", "grand", "horizon_nights=never", "weights.luck=1", "mood=good")
    assert wrong.code == 2
    assert sorted(line.strip().split(":")[0] for line in wrong.err[1:]) == [
        "policy.horizon_nights",
        "policy.mood",
        "policy.weights.luck",
    ]
    assert keyrack("hotel", "create", "grand").code == 1


def test_people_get_roles_and_passwords(keyrack: Keyrack, grand: Path, database: Database) -> None:
    assert grand.is_dir()
    made = keyrack("staff", "create", "ana@example.org", "--name", "Ana", "--password", "correct horse")
    assert made.code == 0
    assert keyrack("staff", "create", "ANA@example.org", "--name", "A", "--password", "correct horse").code == 1
    assert keyrack("staff", "create", "bo", "--name", " ", "--password", "short").code == 2
    for role in ("reception", "manager"):
        said = keyrack("staff", "add", "ana@example.org", "--hotel", "grand", "--role", role)
        assert said.out == [f"ana@example.org is {role} of grand"]
    assert keyrack("staff", "add", "nobody@example.org", "--hotel", "grand", "--role", "viewer").code == 2
    for email, word, code in (
        ("ANA@example.org", "battery staple", 0),
        ("ana@example.org", "short", 2),
        ("no@x.y", "battery staple", 2),
    ):
        assert keyrack("staff", "password", email, "--password", word).code == code
    engine = make_engine(database.app_url)
    with global_session(engine) as session:
        check_password("battery staple", session.scalars(select(Staff)).one())
    engine.dispose()


def test_every_hotel_that_is_due_gets_its_night(keyrack: Keyrack, grand: Path) -> None:
    assert keyrack("import", "--hotel", "grand", "--bookings", grand / "bookings.csv").code == 0
    assert keyrack("nightly", "--all").out[0] == "grand"
    assert keyrack("nightly", "--all").out == ["no hotel is due"]


def test_the_database_is_migrated_by_name_only(keyrack: Keyrack) -> None:
    assert keyrack("migrate").out == ["the database is up to date"]


def test_answers_are_sent_at_once() -> None:
    """Asyncio turns Nagle's algorithm off for sockets that it knows for TCP: by their protocol."""
    with take_port("127.0.0.1", 0) as taken:
        assert taken.proto == socket.IPPROTO_TCP
