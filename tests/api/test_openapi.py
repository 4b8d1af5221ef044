"""The OpenAPI page says what really happens, and the log tells nothing of guests."""

from __future__ import annotations

import inspect
import json
import logging
import re
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

import api.schemas.answers
import api.schemas.assignment
import api.schemas.auth
import api.schemas.bookings
import api.schemas.closures
import api.schemas.inventory
import api.schemas.jobs
import api.schemas.lifecycle
import api.schemas.newbooking
import api.schemas.office
import api.schemas.people
import api.schemas.post
import api.schemas.problem
import api.schemas.public
import api.schemas.rooms
import api.schemas.runs
import api.schemas.settings
import api.schemas.tapechart
from api.errors import MEDIA_TYPE
from api.openapi import committed
from api.schemas.base import Input, Output
from tests.api.services.hotels import SmallHotel
from tests.api.test_access import APP
from tests.api.web import Web

SCHEMAS = (
    api.schemas.answers,
    api.schemas.assignment,
    api.schemas.auth,
    api.schemas.bookings,
    api.schemas.closures,
    api.schemas.inventory,
    api.schemas.jobs,
    api.schemas.lifecycle,
    api.schemas.newbooking,
    api.schemas.office,
    api.schemas.people,
    api.schemas.post,
    api.schemas.problem,
    api.schemas.public,
    api.schemas.rooms,
    api.schemas.runs,
    api.schemas.settings,
    api.schemas.tapechart,
)


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in APP.openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def models(kind: type) -> set[type]:
    return {
        member
        for module in SCHEMAS
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, kind) and member is not kind
    }


def test_every_error_is_documented_as_a_problem() -> None:
    document = APP.openapi()
    assert document["openapi"].startswith("3.1")
    assert "HTTPValidationError" not in json.dumps(document)
    wanted = {"401", "403", "404", "422", "503"}
    for name, operation in operations():
        answers = operation["responses"]
        if "/api/staff/" in name:
            assert wanted <= set(answers), name
            assert operation["security"], name
        for status, answer in answers.items():
            if status >= "400" and "/readyz" not in name:
                assert set(answer["content"]) == {MEDIA_TYPE}, name


def test_references_of_the_document_exist() -> None:
    document = APP.openapi()
    told = set(json.dumps(document).split('"#/components/schemas/')[1:])
    names = {part.split('"')[0] for part in told}
    assert names - set(document["components"]["schemas"]) == set()


def test_answers_have_every_field_and_requests_refuse_unknown_ones() -> None:
    assert [m.__name__ for m in models(Output) if any(not f.is_required() for f in m.model_fields.values())] == []
    assert [m.__name__ for m in models(Input) if m.model_config.get("extra") != "forbid"] == []


def test_times_without_a_zone_say_so_and_moments_have_one(web: Web, grand: SmallHotel) -> None:
    """RFC 3339's `time` and `date-time` have an offset; what is hotel-local has none, and is another format."""
    told = [APP.openapi()["components"]["schemas"][name] for name in ("ClosureIn", "ClosureOut", "RoomPeriodOut")]
    assert {schema["properties"][end]["format"] for schema in told for end in ("starts_at", "ends_at")} == {
        "date-time-local"
    }
    assert '"format": "time"' not in json.dumps(APP.openapi())
    client = web.member("ada", grand.id)
    grand.book(0, 2, room="101", arrival_time=time(16, 30))
    booking = client.get("/api/staff/hotels/grand/bookings/BK-2026-000001/").json()
    pattern = re.compile(
        APP.openapi()["components"]["schemas"]["SettingsOut"]["properties"]["check_in_time"]["pattern"]
    )
    assert (booking["arrival_time"], bool(pattern.search(booking["arrival_time"]))) == ("16:30:00", True)
    for wrong in ("16:30Z", "16:30+01:00", 3600, "24:00", "4 pm", ""):
        answer = client.patch("/api/staff/hotels/grand/bookings/BK-2026-000001/", json={"arrival_time": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "arrival_time"), wrong
        assert not pattern.search(str(wrong))


def test_a_day_is_written_as_a_day(web: Web, grand: SmallHotel) -> None:
    """A number is no day, though pydantic would read it as seconds since 1970."""
    client = web.member("ada", grand.id)
    days = {"from": "2026-03-10", "to": "2026-03-12"}
    assert client.get("/api/staff/hotels/grand/tape-chart/", params=days).status_code == 200
    for wrong in ("-2.4e-105", "0", "1773100800", "2026-03-10T00:00", "20260310", "0001-01-01", "9999-12-31"):
        answer = client.get("/api/staff/hotels/grand/tape-chart/", params=days | {"to": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "to"), wrong
        closure = {"room_number": "101", "starts_at": "2026-03-10T15:00", "ends_at": f"{wrong}T15:00"}
        assert client.post("/api/staff/hotels/grand/closures/", json=closure).status_code == 422, wrong
    booking = {"guest": {"last_name": "M"}, "room_type": "STD", "check_in": 1773100800, "check_out": "2026-03-12"}
    answer = client.post("/api/staff/hotels/grand/bookings/", json=booking)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "check_in")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("room-types/", {"code": "T", "name": "T", "rank": False}, "rank"),
        ("room-types/", {"code": "T", "name": "T", "sleeps": "2"}, "sleeps"),
        ("groups/", {"name": "T", "wants_connecting": 0}, "wants_connecting"),
        ("groups/", {"name": "T", "wants_connecting": "yes"}, "wants_connecting"),
        ("allocation-runs/", {"kind": "reshuffle", "weights": {"gap": [1, True]}}, "weights.gap"),
        ("allocation-runs/", {"kind": "reshuffle", "time_limit_s": True}, "time_limit_s"),
        ("bookings/BK-2026-000001/assign-room/", {"room_number": "102", "if_version": "1"}, "if_version"),
    ],
)
def test_a_value_of_another_kind_is_not_read_as_one_that_it_looks_like(
    web: Web, grand: SmallHotel, path: str, body: dict[str, Any], field: str
) -> None:
    grand.book(1, 3)
    answer = web.member("ada", grand.id).post(f"/api/staff/hotels/grand/{path}", json=body)
    assert (answer.status_code, [fault["field"] for fault in answer.json()["errors"]]) == (422, [field])


def test_a_wrong_method_is_told_every_right_one(web: Web) -> None:
    """All routes of the path, not only the first that the router met."""
    for path, methods in APP.openapi()["paths"].items():
        answer = web.client.options(path)
        assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, {m.upper() for m in methods})


def test_the_committed_document_is_the_apps() -> None:
    kept = Path(__file__).parents[2] / "docs" / "openapi.json"
    renew = "./run python -m api.openapi > docs/openapi.json"
    assert kept.read_text() == committed(APP), renew


def test_the_page_is_served(web: Web) -> None:
    assert "/api/openapi.json" in web.client.get("/api/docs/").text
    assert web.client.get("/api/docs").status_code == 200
    assert web.client.get("/api/openapi.json").json()["info"]["title"] == "Keyrack"


def test_the_log_has_ids_and_templates_and_nothing_of_a_guest(
    web: Web, grand: SmallHotel, caplog: pytest.LogCaptureFixture
) -> None:
    client = web.member("ada", grand.id)
    booking = grand.book(1, 3)
    finished: SimpleQueue[None] = SimpleQueue()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if isinstance(record.msg, dict) and record.msg["event"] == "request":
                finished.put(None)

    listener = Listener()
    logging.getLogger().addHandler(listener)  # behind caplog's own, which has kept the line by then
    with caplog.at_level("INFO"):
        client.get("/api/staff/hotels/grand/bookings/", params={"search": "Mrs Miller"})
        client.get(f"/api/staff/hotels/grand/bookings/{booking}/")
        web.sign_in("ada", "a wrong password")
        for _ in range(3):  # a request's line is written once its answer has gone
            finished.get(timeout=30)
    logging.getLogger().removeHandler(listener)
    told = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    requests = [line for line in told if line["event"] == "request"]
    assert [(line["method"], line["status"]) for line in requests] == [("GET", 200), ("GET", 200), ("POST", 401)]
    assert all(line["request_id"] for line in requests)
    text = repr(told)
    assert not any(word in text for word in ("Miller", "Ada B1", "example.org", "wrong password"))
