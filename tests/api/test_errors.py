"""Every error is a problem document that names every fault and tells nothing of the inside."""

from __future__ import annotations

import json
import logging
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text

from api.access import OPEN, CanView
from api.errors import MEDIA_TYPE, STATUS, problem_of
from api.main import create_app
from api.services.errors import InvalidInput, RoomTaken, ServiceError
from api.settings import Settings
from models import Guest, hotel_session
from tests.api.services.hotels import SmallHotel
from tests.api.web import Web, serving
from tests.databases import Database

MEMBERS = {"type", "title", "status", "detail", "instance", "code", "errors"}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Return the problem document of an answer, after looking that it is one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    document: dict[str, Any] = answer.json()
    assert set(document) >= MEMBERS
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"] == f"urn:keyrack:problem:{code}"
    return document


def test_an_unknown_path(web: Web) -> None:
    problem(web.client.get("/nothing/here"), 404, "not_found")
    problem(web.client.get("/api/nothing"), 404, "not_found")


def test_a_wrong_method_says_which_are_allowed(web: Web) -> None:
    answer = web.client.delete("/api/auth/token/")
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"


@pytest.mark.usefixtures("grand")
def test_no_token(web: Web) -> None:
    answer = web.client.get("/api/staff/hotels/grand/bookings/")
    problem(answer, 401, "not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_malformed_json(web: Web) -> None:
    answer = web.client.post("/api/auth/token/", content='{"email": ', headers={"Content-Type": "application/json"})
    problem(answer, 400, "malformed_json")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"1", b"{}", b"[" * 100_000])
def test_json_of_another_shape(web: Web, body: bytes) -> None:
    answer = web.client.post("/api/auth/token/", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == MEDIA_TYPE


def test_a_body_that_is_not_said_to_be_json(web: Web) -> None:
    answer = web.client.post("/api/auth/token/", content=b'{"email": "a", "password": "b"}')
    problem(answer, 422, "invalid_input")


def test_every_invalid_field_at_once_and_no_value_repeated(web: Web) -> None:
    sent = {"email": "x", "password": "", "secret_field": "hush-hush"}
    answer = web.client.post("/api/auth/token/", json=sent)
    found = problem(answer, 422, "invalid_input")
    assert {fault["field"] for fault in found["errors"]} == {"email", "password", "secret_field"}
    assert "hush-hush" not in answer.text


@pytest.mark.parametrize("sent", [{"email": "a\x00b@c"}, {"email": "\ud800@c"}, {"email": "a@c", "\udfff": 1}])
def test_text_that_cannot_be_stored(web: Web, sent: dict[str, Any]) -> None:
    body = json.dumps(sent | {"password": "x"})
    answer = web.client.post("/api/auth/token/", content=body, headers={"Content-Type": "application/json"})
    problem(answer, 422, "invalid_input")


def test_a_body_too_large(web: Web) -> None:
    limit = web.service.settings.max_body_bytes
    body = json.dumps({"email": "a@b", "password": "x" * limit})
    answer = web.client.post("/api/auth/token/", content=body, headers={"Content-Type": "application/json"})
    problem(answer, 413, "too_large")


def test_every_answer_has_a_request_id_and_keeps_a_proper_one(web: Web) -> None:
    assert len(web.client.get("/healthz").headers["x-request-id"]) == 32
    given = {"X-Request-ID": "desk-3-0001"}
    assert web.client.get("/nothing", headers=given).headers["x-request-id"] == "desk-3-0001"
    wrong = {"X-Request-ID": 'x"} forged'}
    assert web.client.get("/nothing", headers=wrong).headers["x-request-id"] != 'x"} forged'


def test_slash_or_none(web: Web) -> None:
    web.person("ada")
    body = {"email": "ada@example.org", "password": "wrong"}
    assert web.client.post("/api/auth/token", json=body).content != b""
    assert web.client.post("/api/auth/token", json=body).json()["code"] == "sign_in_refused"


def test_every_service_error_has_a_status() -> None:
    def below(kind: type[ServiceError]) -> set[type[ServiceError]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    nearest = {kind: next(parent for parent in kind.__mro__ if parent in STATUS) for kind in below(ServiceError)}
    assert [kind for kind, parent in nearest.items() if parent is ServiceError and kind is not ServiceError] == []


def test_extra_members_of_an_error_never_hide_the_standard_ones() -> None:
    error = InvalidInput("told", status=200, code="fine", rule="r")
    body = json.loads(bytes(problem_of(error).response("/x").body))
    assert (body["status"], body["code"], body["rule"]) == (422, "invalid_input", "r")


def test_health(web: Web) -> None:
    assert web.client.get("/healthz").json() == {"status": "ok"}
    assert web.client.get("/readyz").json() == {
        "ready": True,
        "database": "ok",
        "schema_current": True,
        "row_security": True,
    }


def test_not_ready_where_row_security_does_not_hold_us(database: Database) -> None:
    app = create_app(Settings.for_demo(database.superuser_url, threads=2))
    with serving(app, app.state.service.engine) as web:
        answer = web.client.get("/readyz")
    assert (answer.status_code, answer.json()["row_security"]) == (503, False)


def test_the_database_away() -> None:
    app = create_app(Settings.for_demo("postgresql://nobody@127.0.0.1:1/none", threads=2))
    with serving(app, app.state.service.engine) as web:
        answer = web.client.get("/readyz")
        problem(answer, 503, "database_unavailable")
        assert answer.headers["retry-after"] == "1"
        assert web.client.get("/healthz").status_code == 200


class Trouble:
    """Routes that go wrong in every way, added to the real app."""

    def __init__(self, app: FastAPI) -> None:
        for name in ("bug", "taken"):
            app.add_api_route(f"/api/{name}/", getattr(self, name), dependencies=[OPEN])
        app.add_api_route("/api/staff/hotels/{hotel_slug}/refused/", self.refused, methods=["POST"])
        app.add_api_route("/api/staff/hotels/{hotel_slug}/locked/", self.locked, methods=["POST"])

    @staticmethod
    def bug() -> None:
        raise ZeroDivisionError("secret of Mrs Miller")

    @staticmethod
    def taken() -> None:
        raise RoomTaken(room="101", booking_id="BK-2026-000001")

    @staticmethod
    def refused(caller: CanView) -> dict[str, str]:
        def work(session: Any, hotel: Any) -> dict[str, str]:
            guest = Guest(hotel_id=hotel.id, last_name="Miller")
            session.add(guest)
            session.flush()
            # Refused by the commit itself, as a deferred constraint would.
            session.execute(text("SELECT set_config('test.refuse', 'yes', true)"))
            return {"written": "yes"}

        return caller.change(work)

    @staticmethod
    def locked(caller: CanView) -> dict[str, str]:
        return caller.change(lambda *_: {"written": "yes"})


@pytest.fixture
def trouble(web: Web) -> Web:
    Trouble(web.app)
    return web


def test_a_bug_is_a_500_that_tells_nothing_and_is_logged(trouble: Web, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = trouble.client.get("/api/bug/")
    problem(answer, 500, "internal_error")
    assert "Miller" not in answer.text
    assert "Zero" not in answer.text
    assert trouble.client.get("/healthz").status_code == 200


def test_a_broken_rule_is_named_with_its_rival(trouble: Web) -> None:
    found = problem(trouble.client.get("/api/taken/"), 409, "room_taken")
    assert (found["rule"], found["room"], found["booking_id"]) == ("no_overlap", "101", "BK-2026-000001")


def test_a_commit_that_fails_is_no_success(trouble: Web, grand: SmallHotel, owner_engine: Engine) -> None:
    client = trouble.member("ada", grand.id)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF current_setting('test.refuse', true) = 'yes' THEN RAISE EXCEPTION 'refused'; END IF;"
            " RETURN NULL; END $$;"
            "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON guest DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    problem(client.post("/api/staff/hotels/grand/refused/"), 500, "internal_error")
    with hotel_session(trouble.engine, grand.id) as session:
        assert session.query(Guest).count() == 0


@pytest.mark.faults
def test_a_hotel_locked_by_somebody_else_is_503_with_a_time_to_try_again(trouble: Web, grand: SmallHotel) -> None:
    client = trouble.member("ada", grand.id)
    with hotel_session(trouble.engine, grand.id) as session:
        session.execute(text("SELECT FROM hotel FOR NO KEY UPDATE"))
        answer = client.post("/api/staff/hotels/grand/locked/")
    problem(answer, 503, "busy")
    assert answer.headers["retry-after"] == "1"
    assert client.post("/api/staff/hotels/grand/locked/").json() == {"written": "yes"}
