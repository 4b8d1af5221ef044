"""The page that answers HotelMate's inventory names tests and paths that exist, and is honest about the rest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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


# What HotelMate calls its own insides; here they are other things, and the page says which.
INSIDES = re.compile(r"hotel/\w+\.py|\w+View|\w+\(\)|Room(Assignment|Availability)Serializer")


@pytest.fixture(scope="module")
def inventory(shared_dir: Path) -> str:
    """HotelMate's inventory."""
    return (shared_dir / "seed" / "hotelmate-inventory.md").read_text()


def test_the_page_has_every_name_of_the_inventory(inventory: str) -> None:
    """Endpoints, parameters, fields, states, permissions, test modules: whatever it sets in code."""
    names = set(re.findall(r"`([^`\n]+)`", inventory))
    assert len(names) > 60
    inner = {name for name in names if INSIDES.fullmatch(name)}
    parts = {part.removesuffix(".py") for name in names - inner for part in re.split(r" |(?<=[A-Z])/(?=[A-Z])", name)}
    assert [part for part in sorted(parts) if part not in PAGE] == []


def test_the_page_has_every_line_of_the_lists(inventory: str) -> None:
    def lines(title: str) -> list[str]:
        section = inventory.split(title)[1].split("\n#", maxsplit=1)[0]
        return re.findall(r"^ *(?:- (?:\[ \] )?|\d\. )(.+?) *$", section, re.MULTILINE)

    def rows(title: str) -> list[str]:
        section = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
        return [line for line in section.splitlines() if line.startswith("| ")][1:]

    checks = lines("#### **Pre-Deployment:**") + lines("#### **Post-Deployment:**")
    assert len(rows("Deployment checklist")) == len(checks) == 12
    assert len(rows("Caching")) == len(lines("#### **Caching Strategy:**")) == 3
    strategy = inventory.split("### **Testing Strategy**")[1].split("\n### ", maxsplit=1)[0]
    tests = [line for line in rows("Tests that the inventory asks for") if "test modules" not in line]
    assert len(tests) == len(re.findall(r"^  - ", strategy, re.MULTILINE)) == 16
    for step in ("Check-in", "Check-out"):
        asked = lines(f"**{step} Process:**\n")[:6]
        assert len([row for row in rows("D. Tasks") if row.startswith(f"| {step.lower()} ")]) == len(asked) == 6


def test_the_service_has_every_field_and_parameter_of_the_inventory(inventory: str) -> None:
    document = APP.openapi()
    schemas = document["components"]["schemas"]
    listed, detailed = (set(re.findall(r"\w+", block)) for block in re.findall(r"Fields: (.*?)```", inventory, re.S))
    assert (len(listed), len(detailed)) == (18, 26)
    assert listed - schemas["BookingRowOut"]["properties"].keys() == set()
    assert detailed - schemas["BookingDetailOut"]["properties"].keys() == set()
    model = inventory.split("class BookingCommunication")[1].split("```", maxsplit=1)[0]
    communication = set(re.findall(r"^    (\w+) = models", model, re.M))
    assert communication - {"booking"} - schemas["CommunicationOut"]["properties"].keys() == set()
    sent = set(re.findall(r'"(\w+)":', inventory))
    known = {name for schema in schemas.values() for name in schema.get("properties", {})}
    assert sent - known == set()
    asked = inventory.split("**New Query Parameters:**")[1].split("**Enhanced", maxsplit=1)[0]
    bookings = document["paths"]["/api/staff/hotels/{hotel_slug}/bookings/"]["get"]["parameters"]
    wanted = {"status", "start_date", "end_date"} | set(re.findall(r"^- `(\w+)`", asked, re.M))
    assert wanted - {parameter["name"] for parameter in bookings} == set()
    assert len(wanted) == 7
