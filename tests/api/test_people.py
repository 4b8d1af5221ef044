"""Who somebody is in a hotel, what was done there, and how often one may try to sign in."""

from __future__ import annotations

import pytest

from api.services.clock import SetClock
from models import Role, audit_head, hotel_session
from tests.api.services.hotels import SmallHotel
from tests.api.test_errors import problem
from tests.api.web import Web

AUDIT = "/api/staff/hotels/grand/audit/"
BOOKING = "/api/staff/hotels/grand/bookings/{}/"


def test_me(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id, Role.VIEWER, permissions=["can_run_allocation"])
    assert client.get("/api/staff/grand/me/").json() == {
        "id": web.person("ada"),
        "name": "Ada",
        "email": "ada@example.org",
        "hotel_slug": "grand",
        "hotel_name": "Grand",
        "role": "viewer",
        "permissions": ["can_run_allocation", "can_see_reports", "can_view"],
    }
    problem(client.get("/api/staff/elsewhere/me/"), 404, "not_found")


def test_the_audit_by_subject_actor_and_run_page_by_page(web: Web, grand: SmallHotel, other: SmallHotel) -> None:
    ada, bob = web.member("ada", grand.id), web.member("bob", grand.id)
    web.member("ada", other.id)
    first, second = grand.book(1, 3), grand.book(2, 4)
    ada.post(BOOKING.format(first) + "assign-room/", json={"room_number": "101", "notes": "quiet"})
    bob.post(BOOKING.format(second) + "assign-room/", json={"room_number": "102"})
    bob.post(BOOKING.format(first) + "lock/", json={"reason": "promised"})
    run = ada.post("/api/staff/hotels/grand/allocation-runs/", json={"kind": "reshuffle"}).json()["id"]

    def told(**query: str | int) -> list[tuple[str, str]]:
        answer = ada.get(AUDIT, params=query)
        assert answer.status_code == 200, answer.text
        return [(entry["action"], entry["subject"]) for entry in answer.json()["results"]]

    assert told(subject=f"booking:{first}") == [
        ("booking.locked", f"booking:{first}"),
        ("room.assigned", f"booking:{first}"),
    ]
    assert told(actor=f"staff:{web.person('bob')}", subject=f"booking:{second}") == [
        ("room.assigned", f"booking:{second}")
    ]
    assert told(run=run) != []
    assert {subject.partition(":")[0] for _, subject in told(run=run)} == {"run"}
    entry = ada.get(AUDIT, params={"subject": f"booking:{first}"}).json()["results"][1]
    assert (entry["after"], entry["before"], entry["reason"]) == ({"room": "101"}, None, "quiet")
    assert (entry["actor"], entry["actor_name"]) == (f"staff:{web.person('ada')}", "Ada")

    page, seen = ada.get(AUDIT, params={"limit": 2}).json(), []
    with hotel_session(web.engine, grand.id) as session:
        head = audit_head(session, grand.id)
    assert (page["results"][0]["sequence"], page["results"][0]["hash"]) == (head[0], head[1].hex())
    while True:
        seen += [entry["sequence"] for entry in page["results"]]
        if page["next"] is None:
            break
        page = ada.get(AUDIT + page["next"]).json()
    assert seen == list(range(head[0], 0, -1))
    assert ada.get("/api/staff/hotels/other/audit/", params={"run": run}).json()["results"] == []
    problem(web.member("eve", grand.id, Role.RECEPTION).get(AUDIT), 403, "forbidden")


@pytest.mark.faults
def test_who_guesses_passwords_is_slowed_and_others_are_not(web: Web, clock: SetClock) -> None:
    web.person("ada")
    codes = [web.sign_in("nobody", "wrong").status_code for _ in range(31)]
    assert set(codes[:30]) == {401}
    refused = web.sign_in("NOBODY", "wrong")
    assert codes[30] == 429
    assert 0 < problem(refused, 429, "too_many_requests")["retry_after_s"] <= 600
    assert refused.headers["retry-after"] == str(refused.json()["retry_after_s"])
    assert web.sign_in("ada").status_code == 200
    clock.advance(minutes=10)
    assert web.sign_in("nobody", "wrong").status_code == 401
