"""Steps in the life of a booking, over HTTP."""

from __future__ import annotations

import httpx
from sqlalchemy import text

from api.services.clock import SetClock
from models import BookingStatus, Housekeeping, Role, hotel_session
from tests.api.services.hotels import SmallHotel
from tests.api.test_errors import problem
from tests.api.web import Web

BOOKINGS = "/api/staff/hotels/grand/bookings/"


def verb(client: httpx.Client, booking: str, name: str, body: object = None, **headers: str) -> httpx.Response:
    return client.post(f"{BOOKINGS}{booking}/{name}/", json=body, headers=headers)


def test_from_payment_to_departure(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    clock.advance(hours=4)
    client = web.member("ada", grand.id, Role.RECEPTION)
    booking = grand.book(0, 2, room="101", status=BookingStatus.PENDING_PAYMENT)
    confirmed = verb(client, booking, "confirm")
    assert (confirmed.json()["status"], confirmed.headers["etag"]) == ("CONFIRMED", '"2"')
    inside = verb(client, booking, "check-in").json()
    assert (inside["status"], inside["assigned_room_number"], len(inside["pin"])) == ("CHECKED_IN", "101", 6)
    told = {one["what"]: one["by"] for one in inside["history"]}
    assert (told["confirmed"], told["checked_in"]) == ("Ada", "Ada")
    assert verb(client, booking, "pin/verify", {"pin": inside["pin"]}).json() == {
        "valid": True,
        "tries_left": 5,
        "locked": False,
    }
    clock.advance(hours=18)
    client = web.signed_in("ada")
    left = verb(client, booking, "check-out").json()
    assert (left["status"], left["rooms"][0]["ends_at"]) == ("COMPLETED", "2026-03-11T10:00:00")
    problem(verb(client, booking, "check-out"), 409, "wrong_state")
    back = verb(client, booking, "undo-check-out", {"reason": "a mistake"}).json()
    assert (back["status"], back["rooms"][0]["ends_at"]) == ("CHECKED_IN", "2026-03-12T11:00:00")


def test_what_forbids_a_step_is_in_the_actions_and_in_the_refusal(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id, Role.RECEPTION)
    booking = grand.book(1, 2)
    detail = client.get(f"{BOOKINGS}{booking}/").json()
    against = {action["name"]: action["reasons"] for action in detail["actions"]}
    refused = problem(verb(client, booking, "check-in"), 409, "wrong_state")
    assert (refused["state"], refused["reasons"]) == ("CONFIRMED", against["check_in"])
    assert against["check_in"] == ["no_room", "too_early"]
    assert against["cancel"] == []
    assert verb(client, booking, "cancel", {"reason": "ill"}).json()["cancel_reason"] == "ill"


def test_a_pin_is_told_once_and_kept_nowhere(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id, Role.RECEPTION)
    booking = grand.book(0, 2, room="101")
    named = {"Idempotency-Key": "k1"}
    first = verb(client, booking, "check-in", **named)
    again = verb(client, booking, "check-in", **named)
    pin = first.json()["pin"]
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json() | {"pin": None}
    assert verb(client, booking, "pin/verify", {"pin": pin}).json()["valid"] is True
    second = verb(client, booking, "pin").json()["pin"]
    with hotel_session(web.engine, grand.id) as session:
        tables = ("booking", "audit_entry", "outbox_event", "idempotency_key", "communication")
        kept = [session.execute(text(f"SELECT row_to_json({t})::text FROM {t}")).scalars().all() for t in tables]
        answers = session.execute(text("SELECT convert_from(body, 'UTF8') FROM idempotency_key")).scalars().all()
    assert answers
    assert not any(f'"{told}"' in row for rows in (*kept, answers) for row in rows for told in (pin, second))


def test_a_wrong_pin_or_body_is_named(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id, Role.RECEPTION)
    booking = grand.book(0, 2, room="101")
    for body in ({"pin": "12345"}, {"pin": "12345٣"}, {"pin": 123456}, {}, {"pin": "123456", "who": "me"}):
        assert problem(verb(client, booking, "pin/verify", body), 422, "invalid_input")["errors"]
    for name in ("reinstate", "undo-check-in", "undo-check-out"):
        for empty in ({}, {"reason": ""}, {"reason": "  "}):
            assert problem(verb(client, booking, name, empty), 422, "invalid_input")["errors"][0]["field"] == "reason"
    problem(verb(client, booking, "check-in", {"colour": "red"}), 422, "invalid_input")
    problem(verb(client, booking, "check-in", **{"If-Match": '"7"'}), 412, "stale_version")


def test_a_dirty_room_needs_somebody_who_may_override(web: Web, grand: SmallHotel) -> None:
    reception = web.member("ada", grand.id, Role.RECEPTION)
    manager = web.member("bob", grand.id, Role.MANAGER)
    booking = grand.book(0, 2, room="101")
    with hotel_session(web.engine, grand.id) as session:
        session.execute(text("UPDATE room SET housekeeping_status = :state"), {"state": Housekeeping.DIRTY.value})
        session.commit()
    refused = problem(verb(reception, booking, "check-in"), 409, "rule_broken")
    assert (refused["rule"], refused["overridable"]) == ("not_clean", True)
    row = reception.get(BOOKINGS).json()["results"][0]
    assert (row["can_check_in"], row["assigned_room_number"]) == (False, "101")
    why = {"override": {"not_clean": "late flight"}}
    problem(verb(reception, booking, "check-in", why | {"if_version": 1}), 403, "forbidden")
    problem(verb(manager, booking, "check-in", why), 428, "version_required")
    assert verb(manager, booking, "check-in", why, **{"If-Match": '"1"'}).json()["status"] == "CHECKED_IN"
