"""Every field of every form: what it cannot be is told by its name, alone and with all others; nothing is written.

The forms and their fields are those of the OpenAPI document, so a new one is tested without being named here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from api.services.clock import SetClock
from models import Role
from tests.api.fields import Document, Operation, Place, name_of
from tests.api.services.hotels import SmallHotel
from tests.api.test_access import APP, BODY, HOTEL, things
from tests.api.test_errors import problem
from tests.api.test_public import stay
from tests.api.web import Web

DOCUMENT = Document(APP)
FORMS = [operation for operation in DOCUMENT.operations() if operation.body is not None]

Wrong = tuple[set[str], Any]
"""A body, and the names of what is wrong in it."""


def innermost(places: list[Place]) -> list[Place]:
    """Return the places that no other one is inside of."""
    return [place for place in places if not any(other[:-1] == place for other in places)]


def right_body(form: Operation) -> dict[str, Any]:
    """Return a body with nothing wrong in it."""
    known = stay(1, 2) if "/guest/" in form.path else BODY.get((form.method, form.path.removeprefix(HOTEL)), {})
    right: dict[str, Any] = DOCUMENT.right(form.body or {})
    return right | known


def wrong_bodies(form: Operation) -> Iterator[Wrong]:
    """Yield a right body with one field wrong, for each; then with all wrong at once, each in one way after another."""
    schema = form.body or {}
    right = right_body(form)
    ways = {place: DOCUMENT.wrong(field) for place, field in DOCUMENT.fields(schema)}
    leaves = innermost([*ways])
    for place, wrong in ways.items():
        for new in wrong[:1] if place in leaves else wrong:
            yield {name_of(place)}, DOCUMENT.put(schema, right, place, new)
    for way in range(max(len(ways[place]) for place in leaves)):
        body = right
        for place in leaves:
            body = DOCUMENT.put(schema, body, place, ways[place][way % len(ways[place])])
        yield set(map(name_of, leaves)), body


def named(answer: httpx.Response, wrong: set[str]) -> set[str]:
    """Return the wrong fields that an answer names; a list is also named for its first item."""
    fields = [fault["field"] for fault in problem(answer, 422, "invalid_input")["errors"]]
    return {f"{field}.0" if field not in wrong and f"{field}.0" in wrong else field for field in fields}


@pytest.fixture
def owner(web: Web, grand: SmallHotel) -> httpx.Client:
    """Somebody who may do everything."""
    return web.member("ada", grand.id, Role.OWNER)


def test_whatever_is_wrong_is_named_and_nothing_is_written(
    owner: httpx.Client, grand: SmallHotel, clock: SetClock, subtests: pytest.Subtests
) -> None:
    named_things = replace(things(grand, "grand"), template_name="welcome")
    before = grand.digest()
    for form in FORMS:
        path = form.path.format(**vars(named_things))
        with subtests.test(form=str(form)):
            for wrong, body in wrong_bodies(form):
                if not form.path.startswith(HOTEL):
                    clock.advance(seconds=4)  # what is open to everybody is limited
                answer = owner.request(form.method, path, json=body)
                assert named(answer, wrong) == wrong, body
            assert grand.digest() == before


def test_there_is_something_wrong_in_every_form() -> None:
    """The test above would be content with a document that says nothing."""
    tried = {str(form): list(wrong_bodies(form)) for form in FORMS}
    assert len(tried) > 50
    assert min(len(bodies) for bodies in tried.values()) >= 3
    names = {name for bodies in tried.values() for wrong, _ in bodies for name in wrong}
    assert {"wishes.0.room", "override.room_fits", "policy", "promo_codes.0.from", "weights.gap.0"} <= names


def test_a_form_refuses_what_it_does_not_know(owner: httpx.Client, grand: SmallHotel) -> None:
    named_things = replace(things(grand, "grand"), template_name="welcome")
    before = grand.digest()
    for form in FORMS:
        body = right_body(form) | {"no_such": 1}
        answer = owner.request(form.method, form.path.format(**vars(named_things)), json=body)
        assert named(answer, {"no_such"}) == {"no_such"}, form
    assert grand.digest() == before


PERIODS: list[tuple[str, dict[str, Any], str]] = [
    ("bookings/", {"check_in": "2026-03-12", "check_out": "2036-03-12"}, "check_out"),
    ("settings/", {"promo_codes": [{"code": "A", "percent": 5, "from": "2026-03-12", "to": "2026-03-11"}]}, "to"),
]


@pytest.mark.parametrize(("path", "values", "field"), PERIODS)
def test_a_period_that_cannot_be_is_named_by_its_end(
    owner: httpx.Client, path: str, values: dict[str, Any], field: str
) -> None:
    method = "POST" if path == "bookings/" else "PUT"
    body = BODY[method, f"/{path}"] | values
    answer = owner.request(method, f"/api/staff/hotels/grand/{path}", json=body)
    (found,) = problem(answer, 422, "invalid_input")["errors"]
    assert found["field"].rpartition(".")[2] == field


def test_a_room_that_there_is_not_is_named_where_it_was_sent(owner: httpx.Client, grand: SmallHotel) -> None:
    grand.add_room("900", features=["view"])
    body = {"add": ["101", "no room"], "remove": ["nor this", "900"]}
    answer = owner.patch("/api/staff/hotels/grand/features/view/", json=body)
    found = problem(answer, 422, "invalid_input")["errors"]
    assert [(fault["field"], fault["message"].split()[-1]) for fault in found] == [("add", "room"), ("remove", "this")]
