"""Whatever creates or acts takes a name, and has one effect and one answer under it, however often it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import func, select

from models import AuditEntry, Hotel, Role, hotel_session
from tests.api.services.hotels import SmallHotel
from tests.api.services.proposals import proposed
from tests.api.test_access import APP, HOTEL
from tests.api.test_errors import problem
from tests.api.web import Web

# POSTs that change nothing, or must count each time they are sent, or are named by other means.
WITHOUT_A_NAME = {
    "/api/auth/token/",
    "/api/auth/token/refresh/",
    "/api/auth/token/revoke/",
    "/api/auth/session/",
    "/api/auth/password/",
    "/api/auth/invitations/accept/",
    "/api/bookings/lookup/",
    "/api/payments/stripe/webhook/",  # by the event's id
    f"{HOTEL}/availability/fit/",
    f"{HOTEL}/what-if/",
    f"{HOTEL}/what-if/front/",
    f"{HOTEL}/closures/plan/",
    f"{HOTEL}/tape-chart/search/",
    f"{HOTEL}/bookings/{{booking_id}}/pin/verify/",  # each try counts
}
NAME = {"Idempotency-Key": "one"}


def headers_of(dependant: Dependant) -> Iterator[str]:
    """Yield the headers that an operation reads."""
    yield from (field.alias for field in dependant.header_params)
    for dependency in dependant.dependencies:
        yield from headers_of(dependency)


def posts() -> Iterator[tuple[str, set[str]]]:
    """Yield the path and the headers of every POST of the app."""
    for context in iter_route_contexts(APP.routes):
        if isinstance(context.original_route, APIRoute) and "POST" in (context.methods or ()):
            yield context.path or "", set(headers_of(context.dependant))


def test_every_post_that_creates_or_acts_takes_a_name() -> None:
    without = {path for path, headers in posts() if "Idempotency-Key" not in headers}
    assert without == WITHOUT_A_NAME


def entries(hotel: SmallHotel) -> int:
    """Return how much has happened in the hotel."""
    with hotel_session(hotel.engine, hotel.id) as session:
        return session.scalars(select(func.count()).select_from(AuditEntry)).one()


@pytest.fixture
def desk(web: Web, grand: SmallHotel) -> httpx.Client:
    """Somebody who may do everything."""
    return web.member("ada", grand.id, Role.OWNER)


def acts(hotel: SmallHotel) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Yield the path and body of acts that change something, in an order in which each can be done."""
    booking = hotel.book(1, 3, room="101")
    run = proposed(hotel, {hotel.book(2, 4): "102"}).public_id
    yield f"bookings/{booking}/lock/", {"reason": "promised"}
    yield f"bookings/{booking}/unlock/", None
    yield "features/", {"feature": "view", "room_numbers": ["104"]}
    yield "webhooks/", {"url": "https://example.org/hook"}
    yield f"allocation-runs/{run}/apply/", None
    yield f"allocation-runs/{run}/undo/", {"reason": "a mistake"}


def test_a_named_act_happens_once_and_answers_the_same(desk: httpx.Client, grand: SmallHotel) -> None:
    for path, body in acts(grand):
        first = desk.post(f"{HOTEL}/{path}".format(hotel_slug="grand"), json=body, headers=NAME)
        assert first.is_success, first.text
        done = entries(grand)
        again = desk.post(f"{HOTEL}/{path}".format(hotel_slug="grand"), json=body, headers=NAME)
        assert again.headers["idempotency-replayed"] == "true"
        assert (again.status_code, again.headers.get("etag")) == (first.status_code, first.headers.get("etag"))
        assert again.json() == first.json() | ({"secret": None} if "secret" in first.json() else {})
        assert entries(grand) == done
        if body is not None:
            other = {name: f"{value}!" if isinstance(value, str) else value for name, value in body.items()}
            refused = desk.post(f"{HOTEL}/{path}".format(hotel_slug="grand"), json=other, headers=NAME)
            assert problem(refused, 422, "invalid_input")["errors"][0]["code"] == "reused"


def test_a_name_belongs_to_one_person_in_one_hotel(
    web: Web, desk: httpx.Client, grand: SmallHotel, other: SmallHotel
) -> None:
    booking = grand.book(1, 3, room="101")
    web.member("ada", other.id, Role.OWNER)
    path = f"/api/staff/hotels/grand/bookings/{booking}/lock/"
    assert desk.post(path, headers=NAME).status_code == 200
    theirs = web.member("bob", grand.id).post(path, headers=NAME)
    assert "idempotency-replayed" not in theirs.headers
    problem(desk.post(path.replace("grand", "other"), headers=NAME), 404, "not_found")


def test_fifty_at_once_under_one_name(desk: httpx.Client) -> None:
    body = {"guest": {"last_name": "Miller"}, "check_in": "2026-03-12", "check_out": "2026-03-13", "room_type": "STD"}
    path = "/api/staff/hotels/grand/bookings/"
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: desk.post(path, json=body, headers=NAME), range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 49
    assert desk.get(path).json()["count"] == 1


def test_a_run_is_changed_only_at_the_version_that_was_read(desk: httpx.Client, grand: SmallHotel) -> None:
    run = proposed(grand, {grand.book(2, 4): "102"}).public_id
    path = f"/api/staff/hotels/grand/allocation-runs/{run}/"
    read = desk.get(path)
    for act in ("apply", "discard", "cancel"):
        problem(desk.post(f"{path}{act}/", headers={"If-Match": '"99"'}), 412, "stale_version")
    assert desk.post(f"{path}apply/", headers={"If-Match": read.headers["etag"]}).status_code == 200
    problem(desk.post(f"{path}undo/", headers={"If-Match": read.headers["etag"]}), 412, "stale_version")
    assert desk.post(f"{path}undo/", headers={"If-Match": desk.get(path).headers["etag"]}).status_code == 200
    with hotel_session(grand.engine, grand.id) as session:
        assert session.scalars(select(Hotel)).one().allocation_version > 0
