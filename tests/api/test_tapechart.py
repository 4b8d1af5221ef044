"""The tape chart over HTTP: one answer with all of the screen, a search, pages, and what changes, live."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.live import CHANNEL
from api.routes.pages import ASSETS, DIGEST
from models import BookingStatus, ClosureKind, Role
from tests.api.services.hotels import SmallHotel, at
from tests.api.test_errors import problem
from tests.api.web import Web

HOTEL = "/api/staff/hotels/grand"
CHART = f"{HOTEL}/tape-chart/"
DAYS = {"from": "2026-03-09", "to": "2026-03-16"}


def by_id(chart: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {booking["booking_id"]: booking for booking in chart["bookings"]}


def test_everything_in_one_answer(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id, Role.RECEPTION)
    grand.add_room("201S", "DLX", floor=2)
    grand.link("201S", ["101", "102"])
    placed = grand.book(1, 3, room="103", locked=True, lock_reason="anniversary", allowed_rooms=[grand.rooms["103"]])
    roomless, pending = grand.book(0, 2), grand.book(2, 4, status=BookingStatus.PENDING_PAYMENT)
    gone, later = grand.book(1, 2, status=BookingStatus.CANCELLED), grand.book(30, 31)
    client_owner = web.member("bob", grand.id)
    closed = client_owner.post(
        f"{HOTEL}/closures/",
        json={"room_number": "201S", "starts_at": at(1, 12).isoformat(), "ends_at": at(2, 12).isoformat()},
    )
    assert closed.status_code == 201, closed.text

    chart = client.get(CHART, params=DAYS).json()
    assert chart["hotel"]["business_date"] == "2026-03-10"
    assert "can_assign_rooms" in chart["permissions"]
    assert "can_run_allocation" not in chart["permissions"]
    assert [room["room_number"] for room in chart["rooms"]] == ["101", "102", "103", "104", "201S"]
    assert chart["rooms"][-1]["parts"] == ["101", "102"]
    bookings = by_id(chart)
    assert set(bookings) == {placed, roomless, pending}
    assert {gone, later}.isdisjoint(bookings)
    assert bookings[roomless]["places"] == []
    shown = bookings[placed]
    assert (shown["locked"], shown["lock_reason"], shown["allowed_rooms"]) == (True, "anniversary", ["103"])
    assert [(p["room_number"], p["starts_at"], p["ends_at"], p["part_of"]) for p in shown["places"]] == [
        ("103", at(1, 15).isoformat(), at(3, 11).isoformat(), None)
    ]
    assert {(c["room_number"], c["part_of"], c["kind"]) for c in chart["closures"]} == {
        ("201S", None, ClosureKind.OOO),
        ("101", "201S", ClosureKind.OOO),
        ("102", "201S", ClosureKind.OOO),
    }
    assert {c["id"] for c in chart["closures"]} == {closed.json()["id"]}


def test_days_that_are_none_or_too_many(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    for days in ({"from": "2026-03-09", "to": "2026-03-09"}, {"from": "2026-03-09", "to": "2027-03-09"}):
        found = problem(client.get(CHART, params=days), 422, "invalid_input")
        assert [fault["field"] for fault in found["errors"]] == ["to"]


def test_the_search_finds_guests_of_any_date(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    far, near = grand.book(90, 92), grand.book(1, 3, room="101")
    long_ago = grand.book(-9, -8, status=BookingStatus.COMPLETED)
    cancelled = grand.book(1, 2, status=BookingStatus.CANCELLED)
    here = grand.book(-2, 1, room="102", status=BookingStatus.CHECKED_IN)
    found = client.post(f"{CHART}search/", json={"search": "ada b"}).json()
    assert [hit["booking_id"] for hit in found["results"]] == [here, near, far, cancelled, long_ago]
    assert [hit["room_number"] for hit in found["results"]][:3] == ["102", "101", None]
    assert client.post(f"{CHART}search/", json={"search": far[-4:]}).json()["count"] == 1


def frames(answer: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the events of a stream."""
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def until(told: Iterator[tuple[str, dict[str, Any]]], wanted: str) -> dict[str, Any]:
    """Return the data of the next event of this name."""
    return next(data for name, data in told if name == wanted)


def test_changes_are_told_as_they_happen_and_only_of_this_hotel(web: Web, grand: SmallHotel, other: SmallHotel) -> None:
    client, theirs = web.member("ada", grand.id), web.member("eve", other.id)
    booking, strange = grand.book(1, 3), other.book(1, 3)
    with client.stream("GET", f"{HOTEL}/events/") as answer:
        told = frames(answer)
        assert next(told) == ("alive", {})
        until(told, "plan")  # it listens from now on
        other_room = {"room_number": "101"}
        assert theirs.post(f"/api/staff/hotels/other/bookings/{strange}/assign-room/", json=other_room).is_success
        run = client.post(f"{HOTEL}/allocation-runs/", json={"kind": "reshuffle"}).json()
        changes = (name for name, _ in told if name != "alive")
        assert {next(changes), next(changes)} == {"plan", "run"}
        assert client.post(f"{HOTEL}/bookings/{booking}/assign-room/", json=other_room).is_success
        assert until(told, "plan") == {}
        assert client.post(f"{HOTEL}/allocation-runs/{run['id']}/cancel/").is_success
        assert until(told, "run") == {"run_id": run["id"]}


def test_a_lost_listening_connection_heals(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    booking = grand.book(1, 3)
    with client.stream("GET", f"{HOTEL}/events/") as answer:
        told = frames(answer)
        until(told, "plan")
        with web.engine.connect() as connection:
            ended = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                       WHERE application_name = 'keyrack live' AND datname = current_database()"""
            assert connection.scalar(text(ended)) == 1
        until(told, "plan")  # it listens again, and says so
        assert client.post(f"{HOTEL}/bookings/{booking}/lock/").status_code == 409
        assert client.post(f"{HOTEL}/bookings/{booking}/assign-room/", json={"room_number": "101"}).is_success
        until(told, "plan")


def test_a_rolled_back_change_tells_nothing(web: Web, grand: SmallHotel) -> None:
    with web.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as listener:
        raw: Any = listener.connection.dbapi_connection
        listener.execute(text(f"LISTEN {CHANNEL}"))
        with grand.session() as session:
            session.execute(text("UPDATE hotel SET allocation_version = allocation_version + 1"))
            session.rollback()
        grand.book(1, 3)
        listener.execute(text("SELECT 1"))
        assert [json.loads(notice.payload) for notice in raw.notifies] == [{"hotel_id": grand.id}]


def test_the_page_and_its_files(web: Web) -> None:
    page = web.client.get("/")
    assert page.status_code == 200
    assert web.client.get("/hotels/grand/").content == page.content
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    links = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert links
    for link in links:
        answer = web.client.get(link)
        assert answer.status_code == 200, link
        assert "immutable" in answer.headers["cache-control"]
    assert not re.search(r"<style|<script(?![^>]*src=)|\sstyle=|\son\w+=", page.text)


def test_files_that_are_not_ours_are_absent(web: Web) -> None:
    for name in ("index.html", "../pages.py", "..%2Fpages.py", "nothing.js", ""):
        assert web.client.get(f"/static/{DIGEST}/{name}").status_code == 404
    name = next(iter(set(ASSETS) - {"index.html"}))
    other = web.client.get(f"/static/earlier/{name}")
    assert "immutable" not in other.headers.get("cache-control", "")
    again = web.client.get(f"/static/earlier/{name}", headers={"If-None-Match": other.headers["etag"]})
    assert again.status_code == 304


def test_every_file_that_a_module_names_is_there() -> None:
    for name, asset in ASSETS.items():
        if name.endswith(".js"):
            for named in re.findall(r'from "\./([^"]+)"', asset.content.decode()):
                assert named in ASSETS, f"{name} imports {named}"


@pytest.mark.parametrize("wait", [0.0])
def test_a_watcher_keeps_each_thing_once(wait: float) -> None:
    from api.live import PLAN, Watcher

    async def told() -> list[list[str]]:
        watcher = Watcher()
        for what in (PLAN, "r1", PLAN):
            watcher.tell(what)
        return [await watcher.take(wait), await watcher.take(wait)]

    assert asyncio.run(told()) == [["plan", "r1"], []]


def test_room_is_made_by_a_proposal_that_can_be_applied_and_undone(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    wanted, rival = grand.book(1, 4, room="101"), grand.book(2, 5, room="102")
    grand.book(1, 6, room="103", locked=True)
    path = f"{HOTEL}/bookings/{wanted}/make-room/"
    run = client.post(path, json={"room_number": "102"}).json()
    assert (run["kind"], run["state"]) == ("fit", "PROPOSED")
    moved = {change["booking_id"]: change["to_room"] for change in run["diff"]["moved"]}
    assert moved[wanted] == "102"
    assert set(moved) == {wanted, rival}
    reasons = {change["booking_id"]: change["reason"] for change in run["diff"]["moved"]}
    assert reasons == {wanted: "this room was asked for", rival: f"makes room for {wanted} in 102"}
    assert grand.room_of(wanted) == "101"
    assert client.post(f"{HOTEL}/allocation-runs/{run['id']}/apply/").json()["moved"] == 2
    assert grand.room_of(wanted) == "102"
    assert client.post(f"{HOTEL}/allocation-runs/{run['id']}/undo/").json()["restored"] == 2
    found = problem(client.post(path, json={"room_number": "103"}), 409, "no_room_to_make")
    assert found["detail"]
    problem(client.post(path, json={"room_number": "999"}), 422, "invalid_input")
    grand.change(wanted, locked=True)
    problem(client.post(path, json={"room_number": "102"}), 409, "wrong_state")
    assert grand.room_of(wanted) == "101"
