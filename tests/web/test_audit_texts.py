"""The audit in words: nothing is written into it anywhere that the pages could not say."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from api.services import inventory
from models import RunState
from tests.api.services.hotels import SmallHotel
from tests.web.screen import Screens

API = Path(__file__).resolve().parents[2] / "api"
WRITERS = {"record", "record_many", "Change", "Audit"}
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
# Of this form, and something else: events alone, log and module names, fields of a policy.
OTHERS = {
    "room.cleaning_requested",
    "payment_intent.succeeded",
    "policy.nightly_local_time",
    "index.html",
    "uvicorn.access",
    "api.jobs",
}
KINDS = [kind.word for kind in vars(inventory).values() if isinstance(kind, inventory.Kind)]
FILLED_IN = {
    "run.{}": {f"run.{state.value.lower()}" for state in RunState} - {"run.queued"},
    "{}.{}": {f"{kind}.{what}" for kind, what in itertools.product(KINDS, ("created", "changed", "removed"))},
}
"""The actions that are put together, by their form: each run state but the first, and what is done with each kind."""


def written() -> Iterator[str]:
    """Give every text of the service that has the form of an action, and the form of those that are filled in."""
    for path in API.rglob("*.py"):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and ACTION.fullmatch(node.value):
                yield node.value
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in WRITERS:
                told = [keyword.value for keyword in node.keywords if keyword.arg == "action"] + node.args[1:2]
                for form in told:
                    if isinstance(form, ast.JoinedStr):
                        yield "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in form.values)  # type: ignore[misc]


def test_every_audited_action_is_said_in_both_languages() -> None:
    found = set(written())
    forms = {name for name in found if "{" in name}
    assert forms == set(FILLED_IN)
    actions = (found - forms - OTHERS).union(*FILLED_IN.values())
    assert {"booking.created", "room.moved", "run.applied", "group.removed", "pin.locked"} <= actions
    source = (API / "static" / "messages.js").read_text()
    said = dict(re.findall(r'^  "audit\.([\w.]+)": \["([^"]+", "[^"]+)"\],$', source, re.M))
    assert actions - said.keys() == set()
    assert said.keys() - actions == set(), "texts that nothing needs"
    assert [name for name, texts in said.items() if len(set(texts.split('", "'))) < 2] == [], "not translated"


@pytest.mark.faults
def test_the_trail_of_a_booking_is_told_in_words(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(1, 4, room="101")
    desk = screens.web.member("eve", grand.id)
    where = f"/api/staff/hotels/grand/bookings/{booking}/"
    assert desk.post(where + "assign-room/", json={"room_number": "103"}).is_success
    assert desk.post(where + "lock/", json={"reason": "anniversary"}).is_success
    assert desk.patch(where, json={"check_out": "2026-03-13", "guest": {"phone": "+351 555"}}).is_success
    for locale, name, told in (
        (
            "en-GB",
            "Audit trail",
            ("Booking changed", "Departure 14 Mar → 13 Mar · Changed Telephone", "Room locked", "Room 101 → 103"),
        ),
        (
            "de-DE",
            "Protokoll",
            (
                "Buchung geändert",
                "Abreise 14. März → 13. März · Geändert Telefon",
                "Zimmer fixiert",
                "Zimmer 101 → 103",
            ),
        ),
    ):
        screen = screens.desk(grand, locale=locale)
        screen.bar(booking).click()
        screen.panel.get_by_text(name, exact=True).click()
        trail = screen.panel.locator(".audit li")
        expect(trail).to_have_count(3)
        for text in (*told, "“anniversary”", "Eve"):
            expect(trail.filter(has_text=text).first).to_be_visible()
        expect(screen.panel.locator(".audit")).not_to_contain_text("_")
