"""What operators see: the queue of a hotel, the metrics, the commands."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text

from api.jobs.clerk import look, sweep
from api.queue import enqueue_run
from api.services.actor import Actor
from api.services.clock import SetClock
from api.services.forgetting import forget_events, forget_jobs
from api.services.post.webhooks import add_endpoint
from api.services.runs import request_run
from api.services.transaction import change_hotel
from models import (
    AllocationRun,
    Booking,
    Communication,
    CommunicationType,
    DeliveryState,
    DeliveryStatus,
    Hotel,
    HotelSession,
    OutboxEvent,
    Role,
    RunKind,
    RunState,
    WebhookDelivery,
)
from tests.api.cli.conftest import Keyrack, keyrack
from tests.api.services.hotels import DAY, SmallHotel
from tests.api.web import Web

__all__ = ["keyrack"]

DESK = Actor.system("desk")
JOBS = "SELECT task_name, queueing_lock, lock, status::text, attempts FROM procrastinate_jobs ORDER BY id"


def jobs(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(JOBS))]


def ask(session: HotelSession, hotel: Hotel) -> None:
    run = request_run(session, hotel, kind=RunKind.RESHUFFLE, actor=Actor.system("test"))
    enqueue_run(session, hotel.id, run.id)


def test_a_due_night_is_put_into_the_queue_once(grand: SmallHotel, other: SmallHotel, clock: SetClock) -> None:
    look(grand.engine, clock)
    look(grand.engine, clock)
    expected = [("night", f"night:{hotel.id}", f"hotel:{hotel.id}", "todo", 0) for hotel in (grand, other)]
    assert jobs(grand.engine) == expected


@pytest.mark.parametrize(("beat", "left"), [("now()", 0), ("now() - interval '1 minute'", 1)])
def test_a_job_goes_back_when_its_worker_is_silent(grand: SmallHotel, beat: str, left: int) -> None:
    change_hotel(grand.engine, grand.id, ask)
    with grand.engine.begin() as connection:
        worker = connection.scalar(
            text(f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES ({beat}) RETURNING id")
        )
        connection.execute(text("SELECT procrastinate_fetch_job_v2(NULL, :worker)"), {"worker": worker})
    assert sweep(grand.engine) == left
    assert jobs(grand.engine)[0][3:] == (("todo", 1) if left else ("doing", 0))


@pytest.mark.parametrize("status", ["todo", "doing"])
def test_a_lost_job_goes_back_as_one_that_was_begun(grand: SmallHotel, clock: SetClock, status: str) -> None:
    """Also where the same work was put into the queue once more meanwhile, or lost with the same worker."""
    look(grand.engine, clock)
    twin = """INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args, status)
              SELECT queue_name, task_name, queueing_lock, args, :status FROM procrastinate_jobs"""
    with grand.engine.begin() as connection:
        connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
        connection.execute(text(twin), {"status": status})
    sweep(grand.engine)
    assert [(job[1], *job[3:]) for job in jobs(grand.engine)] == [(f"night:{grand.id}", "todo", 1)]


def test_a_job_that_loses_worker_after_worker_is_given_up(grand: SmallHotel, keyrack: Keyrack) -> None:
    change_hotel(grand.engine, grand.id, ask)
    for _ in range(6):
        with grand.engine.begin() as connection:
            connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL"))
        assert sweep(grand.engine) == 1
    assert jobs(grand.engine)[0][3] == "failed"
    said = keyrack("jobs")
    assert said.code == 1
    assert re.match(r"given up: job \d+, solve_run, hotel grand, after 6 attempts", said.err[0])


def test_a_night_that_failed_three_times_is_told_by_name(grand: SmallHotel, keyrack: Keyrack) -> None:
    for tries in range(1, 4):
        with grand.session() as session:
            session.add(
                AllocationRun(hotel_id=grand.id, kind=RunKind.NIGHTLY, state=RunState.FAILED, business_date=DAY)
            )
            session.commit()
        said = keyrack("jobs")
        assert (said.code, said.err) == (
            (1, ["set aside: the night of grand, after three failures"]) if tries == 3 else (0, [])
        )


def test_what_is_over_is_forgotten_after_a_while_and_nothing_else(
    grand: SmallHotel, other: SmallHotel, clock: SetClock
) -> None:
    keep = timedelta(days=30)
    address = change_hotel(grand.engine, grand.id, lambda s, h: add_endpoint(s, h, "https://a.example", (), actor=DESK))

    def event(
        name: str, hotel: SmallHotel = grand, *, delivery: DeliveryState | None = None, waits: bool = False
    ) -> None:
        with hotel.session() as session:
            row = OutboxEvent(hotel_id=hotel.id, event=name, payload={}, dedupe_id=name, created_at=clock.now())
            row.delivered_at = None if waits else clock.now()
            session.add(row)
            session.flush()
            if delivery is not None:
                session.add(
                    WebhookDelivery(
                        hotel_id=hotel.id,
                        endpoint_id=address.id,
                        event_id=row.id,
                        state=delivery,
                        created_at=clock.now(),
                    )
                )
            session.commit()

    def names(hotel: SmallHotel) -> list[str]:
        with hotel.session() as session:
            return sorted(session.scalars(select(OutboxEvent.event).where(OutboxEvent.event.like("old%"))))

    event("old", delivery=DeliveryState.DELIVERED)
    event("old too", delivery=DeliveryState.FAILED)
    event("old but on its way", delivery=DeliveryState.PENDING)
    event("old but waiting", waits=True)
    event("old elsewhere", other)
    assert forget_events(grand.engine, grand.id, clock, keep) == 0
    clock.advance(days=30, seconds=1)
    event("older tomorrow", delivery=DeliveryState.DELIVERED)
    assert forget_events(grand.engine, grand.id, clock, keep) >= 2
    assert names(grand) == ["old but on its way", "old but waiting", "older tomorrow"]
    assert names(other) == ["old elsewhere"]


def test_jobs_that_are_over_are_forgotten_after_a_while(grand: SmallHotel) -> None:
    for _ in range(3):
        change_hotel(grand.engine, grand.id, ask)
    with grand.engine.begin() as connection:
        waiting, *over = connection.scalars(text("SELECT id FROM procrastinate_jobs ORDER BY id")).all()
        for job in over:  # one after the other: all are of one hotel
            connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = :id"), {"id": job})
            connection.execute(text("SELECT procrastinate_finish_job_v1(:id, 'failed', false)"), {"id": job})
        long_ago = text("UPDATE procrastinate_events SET at = at - interval '31 days' WHERE job_id = ANY(:ids)")
        connection.execute(long_ago, {"ids": [waiting, over[0]]})
    assert forget_jobs(grand.engine, timedelta(days=30)) == 1
    with grand.engine.connect() as connection:
        assert connection.scalars(text("SELECT id FROM procrastinate_jobs ORDER BY id")).all() == [waiting, over[1]]


def test_a_hotels_jobs_are_its_own(web: Web, grand: SmallHotel, other: SmallHotel) -> None:
    ours, theirs = web.member("ada", grand.id), web.member("bob", other.id)
    change_hotel(grand.engine, grand.id, ask)
    found = ours.get("/api/staff/hotels/grand/jobs/").json()
    assert [(job["task"], job["status"], job["attempts"]) for job in found["results"]] == [("solve_run", "todo", 0)]
    assert theirs.get("/api/staff/hotels/other/jobs/").json() == {"count": 0, "results": []}
    assert theirs.get("/api/staff/hotels/grand/jobs/").status_code == 404
    assert web.member("eve", grand.id, Role.RECEPTION).get("/api/staff/hotels/grand/jobs/").status_code == 403


def test_metrics_tell_of_requests_and_the_queue_and_of_no_hotel(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    change_hotel(grand.engine, grand.id, ask)
    client.get("/api/staff/hotels/grand/bookings/?search=secret")
    told = client.get("/metrics").text
    route = "/api/staff/hotels/{hotel_slug}/bookings/"
    assert f'keyrack_http_requests_total{{method="GET",route="{route}",status="200"}} 1.0' in told
    assert f'keyrack_http_request_seconds_count{{method="GET",route="{route}"}} 1.0' in told
    assert 'keyrack_jobs{status="todo",task="solve_run"} 1.0' in told
    for name in (
        "keyrack_oldest_job_seconds",
        "keyrack_worker_lanes",
        "keyrack_nights_due",
        "keyrack_nights_set_aside",
        "keyrack_hotels_with_events",
    ):
        assert re.search(rf"^{name} \d", told, re.MULTILINE)
    for name in ("keyrack_messages", "keyrack_webhooks"):
        for status in ("PENDING", "FAILED"):
            assert f'{name}{{status="{status}"}} 0.0' in told
    assert "grand" not in told
    assert "secret" not in told


def test_what_is_watched_after_a_deployment_has_a_route_of_its_own(web: Web, grand: SmallHotel) -> None:
    """Giving rooms, and asking which are free: each is told apart from all other requests."""
    client = web.member("ada", grand.id)
    booking = grand.book(1, 3)
    hotel = "/api/staff/hotels/{hotel_slug}"
    client.get("/api/staff/hotels/grand/rooms/availability/?check_in=2026-03-11&check_out=2026-03-12")
    client.get("/api/staff/hotels/grand/rooms/101/")
    for room in ("101", "999"):
        client.post(f"/api/staff/hotels/grand/bookings/{booking}/assign-room/", json={"room_number": room})
    told = client.get("/metrics").text
    for method, route, number in (
        ("GET", f"{hotel}/rooms/availability/", 1),
        ("POST", f"{hotel}/bookings/{{booking_id}}/assign-room/", 2),
    ):
        assert f'keyrack_http_request_seconds_count{{method="{method}",route="{route}"}} {number}.0' in told
        assert f'keyrack_http_request_seconds_bucket{{le="0.05",method="{method}",route="{route}"}}' in told
        assert f'keyrack_http_requests_total{{method="{method}",route="{route}",status="200"}} 1.0' in told


def test_messages_that_were_given_up_are_counted(web: Web, grand: SmallHotel, keyrack: Keyrack) -> None:
    booking = grand.book(1, 3)
    with grand.session() as session:
        (pk,) = session.scalars(select(Booking.id).where(Booking.booking_id == booking))
        for status in (DeliveryStatus.PENDING, DeliveryStatus.FAILED, DeliveryStatus.FAILED, DeliveryStatus.SENT):
            by_mail = {"communication_type": CommunicationType.EMAIL, "delivery_status": status}
            session.add(Communication(hotel_id=grand.id, booking_pk=pk, **by_mail))
        session.commit()
    told = web.client.get("/metrics").text
    assert 'keyrack_messages{status="FAILED"} 2.0' in told
    assert 'keyrack_messages{status="PENDING"} 1.0' in told
    said = keyrack("jobs")
    assert "messages to guests: 1 wait, 2 were given up" in said.out
    assert "webhooks: 0 wait, 0 were given up" in said.out


@pytest.mark.usefixtures("grand")
def test_verify_tells_where_the_database_no_longer_keeps_hotels_apart(keyrack: Keyrack, owner_engine: Engine) -> None:
    assert keyrack("verify", "--hotel", "grand").out == ["1 hotels checked, 0 findings"]
    with owner_engine.begin() as connection:
        connection.execute(text("ALTER TABLE room NO FORCE ROW LEVEL SECURITY"))
    said = keyrack("verify")
    assert (said.code, said.err) == (1, ["isolation: I13: room: row security is not forced"])


@pytest.mark.parametrize("token", [None, "right"])
def test_metrics_are_absent_without_the_token(web: Web, token: str | None) -> None:
    from pydantic import SecretStr

    changed = web.service.settings.model_copy(
        update={"demo": False, "metrics_token": SecretStr(token) if token else None}
    )
    object.__setattr__(web.service, "settings", changed)
    for sent in (None, "Bearer", "Bearer wrong", "Bearer None"):
        answer = web.client.get("/metrics", headers={"Authorization": sent} if sent else {})
        assert answer.status_code == 404
    if token:
        assert web.client.get("/metrics", headers={"Authorization": "Bearer right"}).status_code == 200


def test_the_command_shows_the_queue(grand: SmallHotel, keyrack: Keyrack) -> None:
    change_hotel(grand.engine, grand.id, ask)
    said = keyrack("jobs")
    assert said.code == 0
    assert said.out[1].split() == ["solve_run", "todo", "1"]
