"""The sign-in of pages: a cookie that no script reads, that another site cannot use, and that a thief cannot keep."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import func, select

from api.access import COOKIE_NAME
from api.services.clock import SetClock
from models import Membership, RefreshToken, Role, Staff, global_session, hotel_session
from tests.api.services.hotels import SmallHotel
from tests.api.test_errors import problem
from tests.api.web import PASSWORD, Web

SESSION = "/api/auth/session/"
BOOKINGS = "/api/staff/hotels/grand/bookings/"
LOCK = BOOKINGS + "{}/lock/"


def page(web: Web, *, cookie: str | None = None, origin: bool = True) -> httpx.Client:
    """Return a browser with a page of this service."""
    address = str(web.client.base_url).rstrip("/")
    headers = {"Origin": address} if origin else {}
    browser = web.opened.enter_context(httpx.Client(base_url=address, headers=headers, timeout=30))
    if cookie is not None:
        browser.cookies.set(COOKIE_NAME, cookie)
    return browser


def signed_in_page(web: Web, name: str = "ada") -> httpx.Client:
    """Return a browser that somebody has signed in with."""
    browser = page(web)
    answer = browser.post(SESSION, json={"email": f"{name}@example.org", "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return browser


def test_signing_in_sets_a_cookie_that_no_script_and_no_other_site_gets(web: Web, grand: SmallHotel) -> None:
    web.member("ada", grand.id, Role.VIEWER)
    answer = page(web).post(SESSION, json={"email": "ada@example.org", "password": PASSWORD})
    assert answer.json() == {
        "name": "Ada",
        "email": "ada@example.org",
        "hotels": [
            {"slug": "grand", "name": "Grand", "role": "viewer", "permissions": ["can_see_reports", "can_view"]}
        ],
    }
    name, _, attributes = answer.headers["set-cookie"].partition("=")
    said = {part.strip().lower() for part in attributes.split(";")}
    assert name == COOKIE_NAME
    assert {"httponly", "samesite=strict", "path=/"} <= said
    assert "secure" not in said  # this address is not https


def test_behind_https_the_cookie_never_travels_in_the_clear(web: Web) -> None:
    web.person("ada")
    asked = {"X-Forwarded-Proto": "https"}
    answer = page(web).post(SESSION, json={"email": "ada@example.org", "password": PASSWORD}, headers=asked)
    assert "secure" in answer.headers["set-cookie"].lower().split("; ")


def test_the_cookie_opens_the_api_as_a_token_does(web: Web, grand: SmallHotel) -> None:
    web.member("ada", grand.id, Role.RECEPTION)
    browser = signed_in_page(web)
    booking = grand.book(1, 3, room="101")
    assert browser.get(BOOKINGS).json()["count"] == 1
    assert browser.post(LOCK.format(booking)).status_code == 200
    assert browser.get(SESSION).json()["hotels"][0]["role"] == "reception"
    problem(browser.get("/api/staff/hotels/elsewhere/bookings/"), 404, "not_found")


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1"])
def test_another_sites_page_can_change_nothing(web: Web, grand: SmallHotel, origin: str | None) -> None:
    web.member("ada", grand.id)
    theirs = page(web, cookie=signed_in_page(web).cookies[COOKIE_NAME], origin=False)
    if origin is not None:
        theirs.headers["Origin"] = origin
    booking = grand.book(1, 3, room="101")
    problem(theirs.post(LOCK.format(booking)), 403, "origin_refused")
    problem(theirs.delete(SESSION), 403, "origin_refused")
    problem(theirs.post(SESSION, json={"email": "ada@example.org", "password": PASSWORD}), 403, "origin_refused")
    assert theirs.get(BOOKINGS).status_code == 200  # which it could not read


def test_a_bearer_token_needs_no_origin(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    assert client.post(LOCK.format(grand.book(1, 3, room="101"))).status_code == 200
    assert client.get(SESSION).json()["email"] == "ada@example.org"


def test_signing_out_ends_it_at_once(web: Web, grand: SmallHotel) -> None:
    web.member("ada", grand.id)
    browser = signed_in_page(web)
    copy = browser.cookies[COOKIE_NAME]
    answer = browser.delete(SESSION)
    assert answer.status_code == 204
    assert COOKIE_NAME not in browser.cookies
    problem(browser.get(SESSION), 401, "not_signed_in")
    problem(page(web, cookie=copy).get(BOOKINGS), 401, "not_signed_in")
    assert page(web).delete(SESSION).status_code == 204


def test_refusals_are_those_of_the_token_sign_in(web: Web) -> None:
    web.person("ada")
    web.person("gone", active=False)
    wrong = [("ada", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD)]
    answers = [page(web).post(SESSION, json={"email": f"{who}@example.org", "password": word}) for who, word in wrong]
    assert [answer.json()["code"] for answer in answers] == ["sign_in_refused"] * 3
    assert not any("set-cookie" in answer.headers for answer in answers)
    problem(page(web, cookie="made up").get(SESSION), 401, "not_signed_in")


def test_the_secret_is_renewed_as_it_is_used_even_by_a_refused_request(
    web: Web, grand: SmallHotel, clock: SetClock
) -> None:
    web.member("ada", grand.id)
    browser = signed_in_page(web)
    first = browser.cookies[COOKIE_NAME]
    clock.advance(minutes=9)
    assert "set-cookie" not in browser.get(BOOKINGS).headers
    clock.advance(minutes=1)
    problem(browser.get("/api/staff/hotels/elsewhere/bookings/"), 404, "not_found")
    second = browser.cookies[COOKIE_NAME]
    assert second != first
    assert "set-cookie" not in browser.get(BOOKINGS).headers
    clock.advance(days=13)
    assert browser.get(BOOKINGS).status_code == 200
    assert browser.cookies[COOKIE_NAME] not in (first, second)
    clock.advance(days=14)
    problem(browser.get(BOOKINGS), 401, "not_signed_in")


def test_tabs_and_lost_answers_do_not_sign_out(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    web.member("ada", grand.id)
    browser = signed_in_page(web)
    first = browser.cookies[COOKIE_NAME]
    clock.advance(minutes=10)
    lost = page(web, cookie=first).get(BOOKINGS)  # the answer with the successor never arrives
    assert "set-cookie" in lost.headers
    assert "set-cookie" not in page(web, cookie=first).get(BOOKINGS).headers  # one successor is enough for now
    clock.advance(hours=8)
    again = browser.get(BOOKINGS)
    assert again.status_code == 200
    assert browser.cookies[COOKIE_NAME] != first
    assert browser.get(BOOKINGS).status_code == 200
    clock.advance(seconds=59)
    assert page(web, cookie=first).get(BOOKINGS).status_code == 200  # another tab's request, under way since then


def test_a_copy_that_turns_up_later_ends_the_whole_sign_in(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    web.member("ada", grand.id)
    browser = signed_in_page(web)
    stolen = browser.cookies[COOKIE_NAME]
    clock.advance(minutes=10)
    browser.get(BOOKINGS)
    browser.get(BOOKINGS)
    clock.advance(seconds=61)
    problem(page(web, cookie=stolen).get(BOOKINGS), 401, "not_signed_in")
    problem(browser.get(BOOKINGS), 401, "not_signed_in")


def test_neither_secret_opens_the_others_door(web: Web, grand: SmallHotel) -> None:
    web.member("ada", grand.id)
    tokens = web.sign_in("ada").json()
    problem(page(web, cookie=tokens["refresh_token"]).get(SESSION), 401, "not_signed_in")
    secret = signed_in_page(web).cookies[COOKIE_NAME]
    problem(web.client.post("/api/auth/token/refresh/", json={"refresh_token": secret}), 401, "not_signed_in")


def test_who_leaves_is_out(web: Web, grand: SmallHotel, other: SmallHotel) -> None:
    web.member("ada", grand.id)
    web.member("ada", other.id, Role.VIEWER)
    browser = signed_in_page(web)
    assert [hotel["slug"] for hotel in browser.get(SESSION).json()["hotels"]] == ["grand", "other"]
    with hotel_session(web.engine, grand.id) as session:
        session.scalars(select(Membership)).one().active = False
        session.commit()
    problem(browser.get(BOOKINGS), 404, "not_found")
    assert [hotel["slug"] for hotel in browser.get(SESSION).json()["hotels"]] == ["other"]
    with global_session(web.engine) as session:
        session.scalars(select(Staff)).one().active = False
        session.commit()
    problem(browser.get(SESSION), 401, "not_signed_in")


def test_a_page_left_open_does_not_pile_up_secrets(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    web.member("ada", grand.id)
    browser = signed_in_page(web)
    with global_session(web.engine) as session:
        family = session.scalars(select(RefreshToken.family).order_by(RefreshToken.id.desc()).limit(1)).one()
    for _ in range(8):
        clock.advance(hours=12)
        assert browser.get(BOOKINGS).status_code == 200
    with global_session(web.engine) as session:
        count = session.scalar(select(func.count()).where(RefreshToken.family == family))
    assert count is not None
    assert count <= 5
