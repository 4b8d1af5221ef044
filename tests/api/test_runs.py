"""Allocation runs over HTTP: from the request to the applied plan and back."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from allocator.serialize import canonical, problem_from_json
from api.jobs import work
from api.jobs.tasks import Work
from api.services.clock import SYSTEM_CLOCK
from models import AllocationRun, hotel_session
from tests.api.services.hotels import SmallHotel
from tests.api.test_errors import problem
from tests.api.web import Web

RUNS = "/api/staff/hotels/grand/allocation-runs/"
ASKED = {"kind": "reshuffle", "time_limit_s": 3, "seed": 7}


def solved(web: Web, client: httpx.Client, **more: Any) -> dict[str, Any]:
    """Return a run after a worker has been at it."""
    answer = client.post(RUNS, json=ASKED | more)
    assert answer.status_code == 202, answer.text
    asyncio.run(work(Work(web.engine, SYSTEM_CLOCK), wait=False))
    found: dict[str, Any] = client.get(answer.headers["location"]).json()
    return found


def allowed(run: dict[str, Any]) -> set[str]:
    return {action["name"] for action in run["actions"] if action["allowed"]}


def test_a_run_from_request_to_undo(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    first, second = grand.book(1, 3), grand.book(2, 4)
    run = solved(web, client)
    assert (run["state"], run["score"]["total"], run["gap"]) == ("PROPOSED", run["bound"], 0)
    assert {change["booking_id"] for change in run["diff"]["placed"]} == {first, second}
    assert all(change["reason"] and change["from_room"] is None for change in run["diff"]["placed"])
    assert allowed(run) == {"apply", "discard"}
    assert grand.rooming() == {}

    applied = client.post(f"{RUNS}{run['id']}/apply/").json()
    assert (applied["placed"], applied["moved"], applied["released"]) == (2, 0, 0)
    assert allowed(applied["run"]) == {"undo"}
    rooming = {change["booking_id"]: change["to_room"] for change in run["diff"]["placed"]}
    assert grand.rooming() == rooming
    problem(client.post(f"{RUNS}{run['id']}/apply/"), 409, "wrong_state")

    undone = client.post(f"{RUNS}{run['id']}/undo/", json={"reason": "second thoughts"}).json()
    assert (undone["restored"], undone["unplaced"], undone["run"]["state"]) == (0, 2, "UNDONE")
    assert grand.rooming() == {}


def test_a_stale_run_is_refused_with_what_changed(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    booking = grand.book(1, 3)
    run = solved(web, client)
    grand.change(booking, adults=2)
    found = problem(client.post(f"{RUNS}{run['id']}/apply/"), 409, "stale_run")
    assert [change["booking_id"] for change in found["changes"]] == [booking]
    assert grand.rooming() == {}


def test_undo_is_refused_with_what_depends_on_it(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    booking = grand.book(1, 3)
    run = solved(web, client, auto_apply=True)
    assert run["state"] == "APPLIED"
    free = next(number for number in grand.rooms if number != grand.room_of(booking))
    moved = client.post(f"/api/staff/hotels/grand/bookings/{booking}/assign-room/", json={"room_number": free})
    assert moved.status_code == 200
    found = problem(client.post(f"{RUNS}{run['id']}/undo/"), 409, "undo_refused")
    assert grand.room_of(booking) == free
    assert [one["booking_id"] for one in found["dependents"]] == [booking]


def test_discard_and_cancel(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    grand.book(1, 3)
    run = solved(web, client)
    assert client.post(f"{RUNS}{run['id']}/discard/").json()["state"] == "DISCARDED"
    queued = client.post(RUNS, json=ASKED).json()
    assert client.post(f"{RUNS}{queued['id']}/cancel/").json()["state"] == "CANCELLED"
    problem(client.post(f"{RUNS}{queued['id']}/cancel/"), 409, "wrong_state")


def test_the_problem_replays(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    grand.book(1, 3)
    queued = client.post(RUNS, json=ASKED).json()
    problem(client.get(f"{RUNS}{queued['id']}/problem/"), 409, "wrong_state")
    asyncio.run(work(Work(web.engine, SYSTEM_CLOCK), wait=False))
    instance = client.get(f"{RUNS}{queued['id']}/problem/")
    told = client.get(f"{RUNS}{queued['id']}/").json()["problem_digest"]
    assert hashlib.sha256(canonical(problem_from_json(json.loads(instance.content)))).hexdigest() in told
    assert "Ada" not in instance.text


def test_runs_are_listed_newest_first_page_by_page(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    made = [client.post(RUNS, json=ASKED).json()["id"] for _ in range(3)]
    first = client.get(RUNS, params={"page_size": 2, "state": "QUEUED"}).json()
    assert ([run["id"] for run in first["results"]], first["count"]) == (made[:0:-1], 3)
    assert (first["previous"], first["next"]) == (None, "?page_size=2&state=QUEUED&page=2")
    second = client.get(RUNS + first["next"]).json()
    assert [run["id"] for run in second["results"]] == made[:1]
    assert client.get(RUNS, params={"state": "APPLIED"}).json()["count"] == 0


def test_one_nightly_run_a_day(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    first = client.post(RUNS, json={"kind": "nightly"}).json()
    found = problem(client.post(RUNS, json={"kind": "nightly"}), 409, "wrong_state")
    assert found["run_id"] == first["id"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"kind"}),
        (
            {"kind": "weekly", "horizon": 0, "move_budget": -1, "seed": 2**40},
            {"kind", "horizon", "move_budget", "seed"},
        ),
        (
            {"kind": "nightly", "time_limit_s": 0, "weights": {"upgrade": -1, "sea": 1}},
            {"time_limit_s", "weights.upgrade", "weights.sea"},
        ),
        ({"kind": "nightly", "hotel_id": 2}, {"hotel_id"}),
    ],
)
def test_every_fault_of_a_request(web: Web, grand: SmallHotel, body: dict[str, Any], fields: set[str]) -> None:
    client = web.member("ada", grand.id)
    found = problem(client.post(RUNS, json=body), 422, "invalid_input")
    assert {fault["field"] for fault in found["errors"]} == fields


def test_an_idempotency_key_gives_one_run_and_one_answer(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    named = {"Idempotency-Key": "night-of-the-10th"}
    first = client.post(RUNS, json=ASKED, headers=named)
    again = client.post(RUNS, json=ASKED, headers=named)
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["location"] == first.headers["location"]
    problem(client.post(RUNS, json=ASKED | {"seed": 8}, headers=named), 422, "invalid_input")
    other = web.member("bob", grand.id).post(RUNS, json=ASKED, headers=named)
    assert other.json()["id"] != first.json()["id"]
    with hotel_session(web.engine, grand.id) as session:
        assert session.scalar(select(func.count()).select_from(AllocationRun)) == 2


def test_an_unknown_run(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    for name in ("nonsense", "00000000-0000-7000-8000-000000000000", "1"):
        problem(client.get(f"{RUNS}{name}/"), 404, "not_found")
        problem(client.post(f"{RUNS}{name}/apply/"), 404, "not_found")
