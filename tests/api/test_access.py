"""Who may do what: every route states it, every role is held to it, and no hotel shows anything to another's staff."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from api.access import Anyone, Needs, guards, refuse_unguarded
from api.main import create_app
from api.services.actor import Actor
from api.services.closures import close_room
from api.services.permissions import ROLES, Permission, permissions_of
from api.services.post.webhooks import add_endpoint
from api.services.runs import request_run
from api.services.transaction import change_hotel
from api.settings import Settings
from models import (
    Booking,
    Group,
    Guest,
    Membership,
    RefreshToken,
    Role,
    RoomLink,
    RoomType,
    RunKind,
    Staff,
    global_session,
    hotel_session,
)
from tests.api.services.hotels import SmallHotel, at
from tests.api.test_errors import problem
from tests.api.test_session import signed_in_page
from tests.api.web import Web

APP = create_app(Settings.for_demo("postgresql://nobody@127.0.0.1:1/none"))

# What a person needs in the hotel for each operation. A route missing here fails.
STAFF_ROUTES = {
    ("GET", "/bookings/"): Permission.VIEW,
    ("GET", "/bookings/{booking_id}/"): Permission.VIEW,
    ("GET", "/bookings/{booking_id}/suggest-rooms/"): Permission.VIEW,
    ("POST", "/bookings/{booking_id}/assign-room/"): Permission.ASSIGN_ROOMS,
    ("DELETE", "/bookings/{booking_id}/assign-room/"): Permission.ASSIGN_ROOMS,
    ("POST", "/bookings/{booking_id}/lock/"): Permission.ASSIGN_ROOMS,
    ("POST", "/bookings/{booking_id}/unlock/"): Permission.ASSIGN_ROOMS,
    ("POST", "/bookings/{booking_id}/confirm/"): Permission.MANAGE_BOOKINGS,
    ("POST", "/bookings/{booking_id}/cancel/"): Permission.MANAGE_BOOKINGS,
    ("POST", "/bookings/{booking_id}/no-show/"): Permission.MANAGE_BOOKINGS,
    ("POST", "/bookings/{booking_id}/reinstate/"): Permission.MANAGE_BOOKINGS,
    ("POST", "/bookings/{booking_id}/check-in/"): Permission.MANAGE_CHECKIN,
    ("POST", "/bookings/{booking_id}/undo-check-in/"): Permission.MANAGE_CHECKIN,
    ("POST", "/bookings/{booking_id}/check-out/"): Permission.MANAGE_CHECKIN,
    ("POST", "/bookings/{booking_id}/undo-check-out/"): Permission.MANAGE_CHECKIN,
    ("POST", "/bookings/{booking_id}/pin/"): Permission.MANAGE_CHECKIN,
    ("POST", "/bookings/{booking_id}/pin/verify/"): Permission.VERIFY_PIN,
    ("POST", "/bookings/"): Permission.MANAGE_BOOKINGS,
    ("PATCH", "/bookings/{booking_id}/"): Permission.MANAGE_BOOKINGS,
    ("POST", "/bookings/{booking_id}/move-room/"): Permission.ASSIGN_ROOMS,
    ("POST", "/bookings/{booking_id}/swap/"): Permission.ASSIGN_ROOMS,
    ("POST", "/rooms/{room_number}/add-guest/"): Permission.MANAGE_CHECKIN,
    ("GET", "/rooms/"): Permission.VIEW,
    ("POST", "/rooms/"): Permission.MANAGE_ROOMS,
    ("GET", "/rooms/{room_number}/"): Permission.VIEW,
    ("PATCH", "/rooms/{room_number}/"): Permission.MANAGE_ROOMS,
    ("DELETE", "/rooms/{room_number}/"): Permission.MANAGE_ROOMS,
    ("PATCH", "/rooms/{room_number}/housekeeping/"): Permission.MANAGE_HOUSEKEEPING,
    ("GET", "/room-types/"): Permission.VIEW,
    ("POST", "/room-types/"): Permission.MANAGE_ROOMS,
    ("GET", "/room-types/{code}/"): Permission.VIEW,
    ("PATCH", "/room-types/{code}/"): Permission.MANAGE_ROOMS,
    ("DELETE", "/room-types/{code}/"): Permission.MANAGE_ROOMS,
    ("GET", "/features/"): Permission.VIEW,
    ("POST", "/features/"): Permission.MANAGE_ROOMS,
    ("PATCH", "/features/{feature}/"): Permission.MANAGE_ROOMS,
    ("DELETE", "/features/{feature}/"): Permission.MANAGE_ROOMS,
    ("GET", "/room-links/"): Permission.VIEW,
    ("POST", "/room-links/"): Permission.MANAGE_ROOMS,
    ("GET", "/room-links/{link_id}/"): Permission.VIEW,
    ("DELETE", "/room-links/{link_id}/"): Permission.MANAGE_ROOMS,
    ("GET", "/groups/"): Permission.VIEW,
    ("POST", "/groups/"): Permission.MANAGE_BOOKINGS,
    ("GET", "/groups/{group_id}/"): Permission.VIEW,
    ("PATCH", "/groups/{group_id}/"): Permission.MANAGE_BOOKINGS,
    ("DELETE", "/groups/{group_id}/"): Permission.MANAGE_BOOKINGS,
    ("GET", "/settings/"): Permission.VIEW,
    ("PUT", "/settings/"): Permission.MANAGE_SETTINGS,
    ("PATCH", "/settings/"): Permission.MANAGE_SETTINGS,
    ("POST", "/night-audit/"): Permission.RUN_ALLOCATION,
    ("GET", "/bookings/{booking_id}/explain/"): Permission.VIEW,
    ("POST", "/availability/fit/"): Permission.VIEW,
    ("POST", "/what-if/"): Permission.RUN_ALLOCATION,
    ("POST", "/what-if/front/"): Permission.RUN_ALLOCATION,
    ("POST", "/closures/plan/"): Permission.MANAGE_ROOMS,
    ("GET", "/lock-prices/"): Permission.ASSIGN_ROOMS,
    ("GET", "/arrivals/slack/"): Permission.VIEW,
    ("GET", "/reports/occupancy/"): Permission.SEE_REPORTS,
    ("GET", "/guests/"): Permission.VIEW,
    ("GET", "/guests/{guest_id}/"): Permission.VIEW,
    ("GET", "/guests/{guest_id}/export/"): Permission.MANAGE_BOOKINGS,
    ("POST", "/guests/{guest_id}/erase/"): Permission.ERASE_GUESTS,
    ("GET", "/staff/"): Permission.MANAGE_STAFF,
    ("POST", "/staff/"): Permission.MANAGE_STAFF,
    ("GET", "/staff/{staff_id}/"): Permission.MANAGE_STAFF,
    ("PATCH", "/staff/{staff_id}/"): Permission.MANAGE_STAFF,
    ("DELETE", "/staff/{staff_id}/"): Permission.MANAGE_STAFF,
    ("GET", "/rooms/availability/"): Permission.VIEW,
    ("GET", "/tape-chart/"): Permission.VIEW,
    ("POST", "/tape-chart/search/"): Permission.VIEW,
    ("GET", "/events/"): Permission.VIEW,
    ("POST", "/bookings/{booking_id}/make-room/"): Permission.RUN_ALLOCATION,
    ("GET", "/closures/"): Permission.VIEW,
    ("POST", "/closures/"): Permission.MANAGE_ROOMS,
    ("DELETE", "/closures/{closure_id}/"): Permission.MANAGE_ROOMS,
    ("GET", "/allocation-runs/"): Permission.VIEW,
    ("POST", "/allocation-runs/"): Permission.RUN_ALLOCATION,
    ("GET", "/allocation-runs/{run_id}/"): Permission.VIEW,
    ("GET", "/allocation-runs/{run_id}/problem/"): Permission.VIEW,
    ("POST", "/allocation-runs/{run_id}/apply/"): Permission.RUN_ALLOCATION,
    ("POST", "/allocation-runs/{run_id}/undo/"): Permission.RUN_ALLOCATION,
    ("POST", "/allocation-runs/{run_id}/discard/"): Permission.RUN_ALLOCATION,
    ("POST", "/allocation-runs/{run_id}/cancel/"): Permission.RUN_ALLOCATION,
    ("GET", "/jobs/"): Permission.RUN_ALLOCATION,
    ("GET", "/audit/"): Permission.SEE_AUDIT,
    ("GET", "/bookings/{booking_id}/communications/"): Permission.VIEW,
    ("GET", "/bookings/{booking_id}/payments/"): Permission.VIEW,
    ("POST", "/bookings/{booking_id}/communications/"): Permission.CONTACT_GUESTS,
    ("GET", "/message-templates/"): Permission.MANAGE_SETTINGS,
    ("PUT", "/message-templates/{template_name}/"): Permission.MANAGE_SETTINGS,
    ("DELETE", "/message-templates/{template_name}/"): Permission.MANAGE_SETTINGS,
    ("GET", "/webhooks/"): Permission.MANAGE_SETTINGS,
    ("POST", "/webhooks/"): Permission.MANAGE_SETTINGS,
    ("DELETE", "/webhooks/{webhook_id}/"): Permission.MANAGE_SETTINGS,
    ("GET", "/webhooks/{webhook_id}/deliveries/"): Permission.MANAGE_SETTINGS,
}
# HotelMate's old paths; what they do is `tests/api/test_inventory.py`'s matter.
ALIASES = {
    ("GET", "/rooms/rooms/"): Permission.VIEW,
    ("GET", "/api/staff/{hotel_slug}/me/"): Permission.VIEW,
    ("GET", "/rooms/rooms/{room_number}/"): Permission.VIEW,
    ("POST", "/rooms/{hotel_slug}/rooms/{room_number}/add-guest/"): Permission.MANAGE_CHECKIN,
}
OPEN_ROUTES = {
    ("POST", "/api/auth/token/"),
    ("POST", "/api/auth/token/refresh/"),
    ("POST", "/api/auth/token/revoke/"),
    ("POST", "/api/auth/session/"),
    ("GET", "/api/auth/session/"),
    ("DELETE", "/api/auth/session/"),
    ("POST", "/api/auth/password/"),
    ("POST", "/api/auth/invitations/accept/"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/api/public/hotels/{hotel_slug}/settings/"),
    ("POST", "/api/guest/hotels/{hotel_slug}/booking/"),
    ("GET", "/api/bookings/lookup/"),
    ("POST", "/api/bookings/lookup/"),
    ("POST", "/api/payments/stripe/webhook/"),
    ("GET", "/"),
    ("GET", "/hotels/{hotel_slug}/"),
    ("GET", "/static/{digest}/{name:path}"),
    ("GET", "/readyz"),
}
HOTEL = "/api/staff/hotels/{hotel_slug}"

QUERY = {
    "/reports/occupancy/": "?from=2026-03-09&to=2026-03-12",
    "/rooms/availability/": "?check_in=2026-03-11&check_out=2026-03-12",
    "/tape-chart/": "?from=2026-03-09&to=2026-03-16",
    "/events/": "?for_s=0",
}
BODY: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/bookings/{booking_id}/assign-room/"): {"room_number": "102"},
    ("POST", "/bookings/{booking_id}/reinstate/"): {"reason": "a mistake"},
    ("POST", "/bookings/{booking_id}/undo-check-in/"): {"reason": "a mistake"},
    ("POST", "/bookings/{booking_id}/undo-check-out/"): {"reason": "a mistake"},
    ("POST", "/bookings/{booking_id}/pin/verify/"): {"pin": "123456"},
    ("POST", "/bookings/{booking_id}/communications/"): {"communication_type": "NOTE", "message": "late"},
    ("PUT", "/message-templates/{template_name}/"): {"subject": "Yours", "body": "Hello"},
    ("POST", "/webhooks/"): {"url": "https://example.org/hook"},
    ("POST", "/bookings/"): {
        "guest": {"last_name": "Miller"},
        "check_in": "2026-03-12",
        "check_out": "2026-03-13",
        "room_type": "STD",
    },
    ("PATCH", "/bookings/{booking_id}/"): {"adults": 2},
    ("POST", "/bookings/{booking_id}/move-room/"): {"room_number": "102", "reason": "noise"},
    ("POST", "/bookings/{booking_id}/swap/"): {"booking_id": "BK-2026-YYYYYY"},
    ("POST", "/rooms/{room_number}/add-guest/"): {"guest": {"last_name": "Miller"}, "check_out": "2026-03-12"},
    ("POST", "/rooms/"): {"number": "777", "room_type": "STD"},
    ("PATCH", "/rooms/{room_number}/"): {"floor": 7},
    ("PATCH", "/rooms/{room_number}/housekeeping/"): {"housekeeping_status": "PICKUP"},
    ("POST", "/room-types/"): {"code": "TWN", "name": "Twin"},
    ("PATCH", "/room-types/{code}/"): {"name": "Small"},
    ("POST", "/features/"): {"feature": "view", "room_numbers": ["104"]},
    ("PATCH", "/features/{feature}/"): {"add": ["104"]},
    ("POST", "/room-links/"): {"kind": "connecting", "room": "102", "other_room": "104"},
    ("POST", "/groups/"): {"name": "Tour"},
    ("PATCH", "/groups/{group_id}/"): {"notes": "late"},
    ("PUT", "/settings/"): {"name": "Grand", "timezone": "UTC"},
    ("PATCH", "/settings/"): {"turnaround_minutes": 5},
    ("POST", "/staff/"): {
        "email": "new@example.org",
        "name": "New",
        "password": "a long password",
        "role": "viewer",
    },
    ("PATCH", "/staff/{staff_id}/"): {"role": "viewer"},
    ("POST", "/night-audit/"): {"business_date": "2026-03-10"},
    ("POST", "/allocation-runs/"): {"kind": "reshuffle"},
    ("POST", "/tape-chart/search/"): {"search": "BK-2026"},
    ("POST", "/bookings/{booking_id}/make-room/"): {"room_number": "102"},
    ("POST", "/closures/"): {
        "room_number": "104",
        "starts_at": "2026-03-20T10:00",
        "ends_at": "2026-03-21T10:00",
        "kind": "OOO",
    },
}


# A client's token, and a page's cookie: each once more in the fault tests, as it takes its time.
WAYS = ("bearer", pytest.param("cookie", marks=pytest.mark.faults))


def client_of(web: Web, way: str, name: str, hotel_id: int, role: Role = Role.MANAGER) -> httpx.Client:
    """Give a person a role and return a client signed in as them, one way or the other."""
    bearing = web.member(name, hotel_id, role)
    return bearing if way == "bearer" else signed_in_page(web, name)


@dataclass(frozen=True)
class Things:
    """Names of things in a hotel, one of each that a path can name."""

    hotel_slug: str
    booking_id: str
    run_id: str
    closure_id: str
    room_number: str = "R999"
    code: str = "NONE"
    feature: str = "nothing"
    link_id: int = 999_999
    group_id: int = 999_999
    staff_id: int = 999_999
    guest_id: int = 999_999
    webhook_id: int = 999_999
    template_name: str = "nothing"


def things(hotel: SmallHotel, slug: str) -> Things:
    """Make one of each."""
    booking = hotel.book(1, 3, room="101")
    actor = Actor.system("test")
    run = change_hotel(hotel.engine, hotel.id, lambda s, h: request_run(s, h, kind=RunKind.RESHUFFLE, actor=actor))
    closed = change_hotel(
        hotel.engine,
        hotel.id,
        lambda s, h: close_room(s, h, "103", starts_at=at(1), ends_at=at(2), reason="paint", actor=actor),
    )
    # Some names are names inside a hotel, so only one that differs can be another's.
    number, code, feature = f"R{hotel.id}", f"T{hotel.id}", f"sauna {hotel.id}"
    with hotel_session(hotel.engine, hotel.id) as session:
        kind, group = RoomType(hotel_id=hotel.id, code=code, name=code), Group(hotel_id=hotel.id, name=code)
        person = Staff(email=f"{slug}-clerk@example.org", name="Clerk", password_hash="x")
        session.add_all([kind, group, person])
        session.flush()
        session.add(Membership(hotel_id=hotel.id, staff_id=person.id, role=Role.VIEWER))
        link = RoomLink(
            hotel_id=hotel.id, kind="connecting", room_id=hotel.rooms["101"], other_room_id=hotel.rooms["102"]
        )
        session.add(link)
        guest = session.scalars(select(Booking.guest_id).where(Booking.booking_id == booking)).one()
        session.commit()
    hotel.add_room(number, features=[feature])
    hook = change_hotel(hotel.engine, hotel.id, lambda s, h: add_endpoint(s, h, "https://a.example", (), actor=actor))
    return Things(
        slug,
        booking,
        str(run.public_id),
        closed.id,
        room_number=number,
        code=code,
        feature=feature,
        link_id=link.id,
        group_id=group.id,
        staff_id=person.id,
        guest_id=guest,
        webhook_id=hook.id,
    )


def operations(named: Things) -> Iterator[tuple[str, str, str, dict[str, Any] | None]]:
    """Yield the template, method, path and body of every operation of a hotel's staff on these things."""
    for method, template in STAFF_ROUTES:
        path = (HOTEL + template).format(**vars(named)) + QUERY.get(template, "")
        yield template, method, path, BODY.get((method, template))


def contents(hotel: SmallHotel) -> list[Any]:
    """Return what a request of somebody without the right must not change."""
    with hotel_session(hotel.engine, hotel.id) as session:
        return [hotel.live(), session.execute(select(Booking.id, Booking.version, Booking.locked)).all()]


def test_every_route_states_its_permission() -> None:
    stated = {(method, path): guard for method, path, guard in guards(APP)}
    staff = {(method, path): guard for (method, path), guard in stated.items() if path.startswith(HOTEL)}
    assert {
        (m, p.removeprefix(HOTEL)): g.permission for (m, p), g in staff.items() if isinstance(g, Needs)
    } == STAFF_ROUTES
    assert len(staff) == len(STAFF_ROUTES)
    assert {at for at, guard in stated.items() if isinstance(guard, Anyone)} == OPEN_ROUTES
    assert {at: stated[at].permission for at in ALIASES} == ALIASES
    assert len(stated) == len(STAFF_ROUTES) + len(ALIASES) + len(OPEN_ROUTES)


def test_an_app_with_an_unguarded_route_does_not_start() -> None:
    app = FastAPI()
    app.add_api_route("/forgotten/", lambda: None)
    with pytest.raises(RuntimeError, match="GET /forgotten/"):
        refuse_unguarded(app)


def test_roles() -> None:
    assert ROLES[Role.OWNER] == set(Permission)
    assert set(Permission) - ROLES[Role.MANAGER] == {Permission.MANAGE_STAFF, Permission.ERASE_GUESTS}
    assert Permission.OVERRIDE_RULES not in ROLES[Role.RECEPTION]
    assert Permission.RUN_ALLOCATION not in ROLES[Role.RECEPTION]
    assert ROLES[Role.HOUSEKEEPING] == {Permission.VIEW, Permission.MANAGE_HOUSEKEEPING}
    assert ROLES[Role.VIEWER] == {Permission.VIEW, Permission.SEE_REPORTS}
    assert permissions_of(Role.VIEWER, ["can_run_allocation", "root"]) == {
        "can_view",
        "can_see_reports",
        "can_run_allocation",
    }


@pytest.mark.parametrize("way", WAYS)
def test_each_role_may_do_what_its_permissions_say_and_nothing_else(
    web: Web, grand: SmallHotel, way: str, subtests: pytest.Subtests
) -> None:
    named = things(grand, "grand")
    for role in Role:
        client = client_of(web, way, role.value, grand.id, role)
        before = contents(grand)
        for template, method, path, body in operations(named):
            allowed = STAFF_ROUTES[method, template] in ROLES[role]
            if allowed and method != "GET":
                continue  # what it does is other tests' matter
            with subtests.test(role=role, method=method, path=template):
                answer = client.request(method, path, json=body)
                assert (answer.status_code != 403) == allowed, answer.text
                if not allowed:
                    assert problem(answer, 403, "forbidden")["permission"] == STAFF_ROUTES[method, template]
                    assert contents(grand) == before


def test_a_permission_granted_to_a_person_counts(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id, Role.VIEWER, permissions=["can_run_allocation"])
    assert client.post("/api/staff/hotels/grand/allocation-runs/", json={"kind": "reshuffle"}).status_code == 202


def without_paths(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Return everything of an answer that two requests may have in common."""
    own = {"x-request-id", "date"}
    return answer.status_code, answer.content, [item for item in answer.headers.items() if item[0] not in own]


@pytest.mark.parametrize("way", WAYS)
def test_another_hotel_is_as_absent_as_one_that_does_not_exist(
    web: Web, grand: SmallHotel, other: SmallHotel, way: str, subtests: pytest.Subtests
) -> None:
    """F7: every operation on another hotel, and on another hotel's things by way of one's own."""
    client = client_of(web, way, "ada", grand.id, Role.OWNER)
    web.member("eve", other.id, Role.OWNER)
    other.made = 500  # so that no booking has the same name in both
    mine, theirs = things(grand, "grand"), things(other, "other")
    nowhere = Things("nowhere", "BK-2026-ZZZZZZ", str(uuid.uuid4()), "C999999")
    mixed, invented = replace(theirs, hotel_slug="grand"), replace(nowhere, hotel_slug="grand")
    before = contents(other), contents(grand)

    for (template, method, path, body), (*_, absent, _) in zip(operations(theirs), operations(nowhere), strict=True):
        with subtests.test(method=method, path=template, way="by its slug"):
            answer = client.request(method, path, json=body)
            problem(answer, 404, "not_found")
            assert without_paths(answer) == without_paths(client.request(method, absent, json=body))
    for (template, method, path, body), (*_, absent, _) in zip(operations(mixed), operations(invented), strict=True):
        if "{" not in template:
            continue
        with subtests.test(method=method, path=template, way="by its ids in my hotel"):
            answer = client.request(method, path, json=body)
            problem(answer, 404, "not_found")
            assert without_paths(answer) == without_paths(client.request(method, absent, json=body))
    assert (contents(other), contents(grand)) == before
    assert mine.hotel_slug == "grand"


@pytest.mark.parametrize("way", WAYS)
def test_reading_my_hotel_shows_nothing_of_another(web: Web, grand: SmallHotel, other: SmallHotel, way: str) -> None:
    client = client_of(web, way, "ada", grand.id, Role.OWNER)
    mine = things(grand, "grand")
    things(other, "other")
    with hotel_session(other.engine, other.id) as session:
        for guest in session.scalars(select(Guest)):
            guest.last_name, guest.email = "Theirs", "theirs@example.com"
        session.commit()
    for _, method, path, _ in operations(mine):
        if method == "GET":
            answer = client.get(path)
            assert "heirs" not in answer.text
    assert client.get("/api/staff/hotels/grand/bookings/").json()["count"] == 1


def test_without_a_token_nothing_answers(web: Web, grand: SmallHotel, subtests: pytest.Subtests) -> None:
    named = things(grand, "grand")
    nowhere = Things("nowhere", named.booking_id, named.run_id, named.closure_id)
    before = contents(grand)
    for (template, method, path, body), (*_, absent, _) in zip(operations(named), operations(nowhere), strict=True):
        with subtests.test(method=method, path=template):
            problem(web.client.request(method, path, json=body), 401, "not_signed_in")
            problem(web.client.request(method, absent, json=body), 401, "not_signed_in")
    assert contents(grand) == before


@pytest.mark.faults
def test_a_cookie_changes_nothing_for_another_sites_page(
    web: Web, grand: SmallHotel, subtests: pytest.Subtests
) -> None:
    """F7 for browsers: a page elsewhere that gets the cookie sent along, as an old browser would."""
    client = client_of(web, "cookie", "ada", grand.id, Role.OWNER)
    named = things(grand, "grand")
    before = contents(grand)
    for origin in (None, "https://elsewhere.example", "null"):
        client.headers.pop("Origin", None)
        if origin is not None:
            client.headers["Origin"] = origin
        for template, method, path, body in operations(named):
            with subtests.test(method=method, path=template, origin=origin):
                answer = client.request(method, path, json=body)
                if method != "GET":
                    problem(answer, 403, "origin_refused")
                assert "access-control-allow-origin" not in answer.headers
    assert contents(grand) == before


@pytest.mark.faults
@pytest.mark.parametrize("way", ["bearer", "cookie"])
def test_who_has_left_finds_the_hotel_absent_and_who_has_signed_out_finds_nothing(
    web: Web, grand: SmallHotel, way: str, subtests: pytest.Subtests
) -> None:
    client = client_of(web, way, "ada", grand.id, Role.OWNER)
    named = things(grand, "grand")
    before = contents(grand)
    with hotel_session(web.engine, grand.id) as session:
        for membership in session.scalars(select(Membership).where(Membership.staff_id == web.person("ada"))):
            membership.active = False
        session.commit()
    for template, method, path, body in operations(named):
        with subtests.test(method=method, path=template, after="leaving"):
            problem(client.request(method, path, json=body), 404, "not_found")
    with global_session(web.engine) as session:
        session.execute(update(RefreshToken).values(revoked_at=web.service.clock.now()))
        session.commit()
    for template, method, path, body in operations(named):
        with subtests.test(method=method, path=template, after="signing out"):
            problem(client.request(method, path, json=body), 401, "not_signed_in")
    assert contents(grand) == before


@pytest.mark.parametrize(
    "slug", ["GRAND", "grand%00", "grand'--", "%F0%9F%92%A9", "a" * 5000, "..", "grand%2Fbookings"]
)
def test_odd_hotels_are_absent(web: Web, grand: SmallHotel, slug: str) -> None:
    client = web.member("ada", grand.id)
    assert client.get(f"/api/staff/hotels/{slug}/bookings/").status_code == 404


def test_the_table_of_roles_in_the_docs() -> None:
    lines = (Path(__file__).resolve().parents[2] / "docs" / "http.md").read_text().splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("| permission |"))
    roles = [Role(cell.strip()) for cell in lines[begin].split("|")[2:-1]]
    told: dict[Role, set[str]] = {role: set() for role in roles}
    for line in lines[begin + 2 : begin + 2 + len(Permission)]:
        permission, *marks = (cell.strip() for cell in line.split("|")[1:-1])
        for role, mark in zip(roles, marks, strict=True):
            if mark:
                told[role].add(permission.strip("`"))
    assert told == {role: {permission.value for permission in ROLES[role]} for role in Role}
