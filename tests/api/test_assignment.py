"""Rooms given and taken away by hand, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from models import AuditEntry, Role, hotel_session
from tests.api.services.hotels import SmallHotel
from tests.api.test_errors import problem
from tests.api.web import Web

BOOKINGS = "/api/staff/hotels/grand/bookings/"


def assign(client: httpx.Client, booking: str, room: str, *, headers: Any = None, **more: Any) -> httpx.Response:
    return client.post(f"{BOOKINGS}{booking}/assign-room/", json={"room_number": room} | more, headers=headers)


def test_a_room_is_given_and_taken_away(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id, Role.RECEPTION)
    booking = grand.book(1, 3)
    given = assign(client, booking, "102", notes="near the lift")
    assert (given.status_code, given.json()["room_number"], given.headers["etag"]) == (200, "102", '"2"')
    assert client.get(f"{BOOKINGS}{booking}/").json()["assigned_room_number"] == "102"
    moved = assign(client, booking, "103").json()
    assert (moved["previous_room_number"], moved["version"]) == ("102", 3)
    taken = client.delete(f"{BOOKINGS}{booking}/assign-room/", params={"reason": "guest asked"})
    assert (taken.json()["assigned_room_number"], taken.json()["version"]) == (None, 4)
    with hotel_session(web.engine, grand.id) as session:
        told = session.execute(
            select(AuditEntry.action, AuditEntry.actor).where(AuditEntry.subject == f"booking:{booking}")
        ).all()
    actor = f"staff:{web.people['ada']}"
    assert [tuple(row) for row in told] == [
        ("room.assigned", actor),
        ("room.moved", actor),
        ("room.unassigned", actor),
    ]


def test_a_room_taken_names_the_rule_and_the_rival(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    rival, booking = grand.book(1, 3, room="101"), grand.book(2, 4)
    found = problem(assign(client, booking, "101"), 409, "room_taken")
    assert (found["rule"], found["booking_id"], found["room"]) == ("no_overlap", rival, "101")
    assert found["remedy"]
    assert found["overridable"] is False


def test_an_override_needs_a_permission_a_reason_and_a_version(web: Web, grand: SmallHotel) -> None:
    booking = grand.book(1, 3, adults=3)
    reception = web.member("ada", grand.id, Role.RECEPTION)
    manager = web.member("bob", grand.id, Role.MANAGER)
    assert problem(assign(manager, booking, "101"), 409, "rule_broken")["rule"] == "room_fits"
    why = {"room_fits": "a cot is brought"}
    problem(assign(reception, booking, "101", override=why, if_version=1), 403, "forbidden")
    problem(assign(manager, booking, "101", override=why), 428, "version_required")
    problem(assign(manager, booking, "101", override={"room_fits": " "}, if_version=1), 422, "invalid_input")
    problem(assign(manager, booking, "101", override={"no_overlap": "x"}, if_version=1), 422, "invalid_input")
    problem(assign(manager, booking, "101", override=why, if_version=7), 412, "stale_version")
    done = assign(manager, booking, "101", override=why, headers={"If-Match": '"1"'})
    assert (done.status_code, done.json()["overridden"]) == (200, why)
    shown = manager.get(f"{BOOKINGS}{booking}/").json()["rooms"]
    assert [(room["overrides"], room["overridden_by"]) for room in shown] == [(why, "Bob")]


@pytest.mark.parametrize("tag", ['"7"', 'W/"1"', "1", '"x"'])
def test_another_version_is_refused(web: Web, grand: SmallHotel, tag: str) -> None:
    client = web.member("ada", grand.id)
    booking = grand.book(1, 3)
    problem(assign(client, booking, "101", headers={"If-Match": tag}), 412, "stale_version")
    problem(client.post(f"{BOOKINGS}{booking}/lock/", headers={"If-Match": tag}), 412, "stale_version")
    assert grand.rooming() == {}


def test_two_versions_in_one_request_contradict_each_other(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    booking = grand.book(1, 3)
    problem(assign(client, booking, "101", if_version=1, headers={"If-Match": '"2"'}), 422, "invalid_input")


def test_lock_and_unlock(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    booking = grand.book(1, 3)
    problem(client.post(f"{BOOKINGS}{booking}/lock/"), 409, "wrong_state")
    assign(client, booking, "101", lock=True)
    kept = problem(client.delete(f"{BOOKINGS}{booking}/assign-room/"), 409, "rule_broken")
    assert kept["rule"] == "locked"
    detail = client.get(f"{BOOKINGS}{booking}/").json()
    against = {action["name"]: action["reasons"] for action in detail["actions"]}
    asked = ("assign_room", "unassign_room", "lock", "unlock")
    assert {name: against[name] for name in asked} == {
        "assign_room": ["locked"],
        "unassign_room": ["locked"],
        "lock": ["locked"],
        "unlock": [],
    }
    assert client.post(f"{BOOKINGS}{booking}/unlock/", json={"reason": "agreed"}).json()["locked"] is False
    assert client.delete(f"{BOOKINGS}{booking}/assign-room/").status_code == 200


def test_an_unknown_room_is_a_fault_and_an_unknown_booking_absent(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    booking = grand.book(1, 3)
    found = problem(assign(client, booking, "999"), 422, "invalid_input")
    assert [fault["field"] for fault in found["errors"]] == ["room_number"]
    problem(assign(client, "BK-2026-ZZZZZZ", "101"), 404, "not_found")


def test_the_same_request_twice_by_name_has_one_effect(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    booking = grand.book(1, 3)
    named = {"Idempotency-Key": "k1"}
    first = assign(client, booking, "101", headers=named)
    assign(client, booking, "102")
    again = assign(client, booking, "101", headers=named)
    assert (again.status_code, again.content, again.headers["etag"]) == (200, first.content, first.headers["etag"])
    assert again.headers["idempotency-replayed"] == "true"
    assert grand.room_of(booking) == "102"


def test_a_refused_request_may_be_sent_again_under_its_name(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    rival, booking = grand.book(1, 3, room="101"), grand.book(1, 3)
    named = {"Idempotency-Key": "k1"}
    problem(assign(client, booking, "101", headers=named), 409, "room_taken")
    client.delete(f"{BOOKINGS}{rival}/assign-room/")
    assert assign(client, booking, "101", headers=named).status_code == 200
