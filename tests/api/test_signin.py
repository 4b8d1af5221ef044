"""Signing in: what tokens are worth, for how long, and how alike all refusals are."""

from __future__ import annotations

import base64
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice

import httpx
import jwt
import pytest
from sqlalchemy import select, update

from api.services import signin
from api.services.clock import SetClock
from api.services.signin import ALGORITHM, AUDIENCE
from models import Membership, RefreshToken, Staff, global_session, hotel_session
from tests.api.services.hotels import SmallHotel
from tests.api.web import Web

BOOKINGS = "/api/staff/hotels/grand/bookings/"


def refresh(web: Web, token: str) -> httpx.Response:
    return web.client.post("/api/auth/token/refresh/", json={"refresh_token": token})


def test_a_signed_in_member_reads_their_hotel(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    assert client.get(BOOKINGS).json() == {"count": 0, "next": None, "previous": None, "results": []}


def test_email_case_does_not_matter(web: Web) -> None:
    web.person("ada")
    assert web.sign_in("ADA").status_code == 200


def test_refusals_are_the_same_for_unknown_wrong_and_inactive(web: Web) -> None:
    web.person("ada")
    web.person("gone", active=False)
    answers = [web.sign_in("nobody"), web.sign_in("ada", "wrong"), web.sign_in("gone")]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "sign_in_refused"


def test_an_unknown_email_costs_a_hash_too(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    from api.services import signin

    checked: list[str] = []
    original = signin._HASHES.verify_and_update
    monkeypatch.setattr(
        signin._HASHES, "verify_and_update", lambda word, hashed: (checked.append(hashed), original(word, hashed))[1]
    )
    web.person("ada")
    web.sign_in("nobody")
    web.sign_in("ada", "wrong")
    costs = {tuple(found.split("$")[1:4]) for found in checked}
    assert len(checked) == 2
    assert len(costs) == 1  # algorithm, version and parameters


def test_only_hashes_of_tokens_are_stored(web: Web) -> None:
    web.person("ada")
    tokens = web.sign_in("ada").json()
    with global_session(web.engine) as session:
        stored = session.scalars(select(RefreshToken)).one()
    assert tokens["refresh_token"].encode() not in stored.token_hash
    assert len(stored.token_hash) == 32


def test_an_access_token_lasts_ten_minutes(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    client = web.member("ada", grand.id)
    clock.advance(minutes=9, seconds=59)
    assert client.get(BOOKINGS).status_code == 200
    clock.advance(seconds=1)
    assert client.get(BOOKINGS).status_code == 401


def test_refreshing_rotates_the_token(web: Web, grand: SmallHotel) -> None:
    web.member("ada", grand.id)
    first = web.sign_in("ada").json()
    second = refresh(web, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert web.bearing(second["access_token"]).get(BOOKINGS).status_code == 200
    assert refresh(web, second["refresh_token"]).status_code == 200


def test_using_a_refresh_token_twice_ends_the_sign_in(web: Web, grand: SmallHotel) -> None:
    web.member("ada", grand.id)
    stolen, untouched = web.sign_in("ada").json(), web.sign_in("ada").json()
    fresh = refresh(web, stolen["refresh_token"]).json()
    assert refresh(web, stolen["refresh_token"]).status_code == 401
    assert refresh(web, fresh["refresh_token"]).status_code == 401
    for tokens in (stolen, fresh):
        assert web.bearing(tokens["access_token"]).get(BOOKINGS).status_code == 401
    assert web.bearing(untouched["access_token"]).get(BOOKINGS).status_code == 200


def test_one_of_many_refreshes_at_once_wins_and_the_sign_in_ends(web: Web) -> None:
    web.person("ada")
    token = web.sign_in("ada").json()["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refresh(web, token), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert refresh(web, won["refresh_token"]).status_code == 401


def test_a_refresh_token_expires(web: Web, clock: SetClock) -> None:
    web.person("ada")
    token = web.sign_in("ada").json()["refresh_token"]
    clock.advance(days=14)
    assert refresh(web, token).status_code == 401


def test_signing_out_ends_access_at_once(web: Web, grand: SmallHotel) -> None:
    web.member("ada", grand.id)
    tokens = web.sign_in("ada").json()
    client = web.bearing(tokens["access_token"])
    answer = web.client.post("/api/auth/token/revoke/", json={"refresh_token": tokens["refresh_token"]})
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(BOOKINGS).status_code == 401
    assert refresh(web, tokens["refresh_token"]).status_code == 401
    unknown = web.client.post("/api/auth/token/revoke/", json={"refresh_token": "unknown"})
    assert unknown.status_code == 204


def test_memberships_and_people_are_read_at_each_request(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    with hotel_session(web.engine, grand.id) as session:
        session.execute(update(Membership).values(active=False))
        session.commit()
    assert client.get(BOOKINGS).status_code == 404
    with hotel_session(web.engine, grand.id) as session:
        session.execute(update(Membership).values(active=True))
        session.execute(update(Staff).values(active=False))
        session.commit()
    assert client.get(BOOKINGS).status_code == 401
    assert refresh(web, web.sign_in("ada").json().get("refresh_token", "none")).status_code == 401


def forged(web: Web) -> list[str]:
    """Return tokens that are nearly right: a right one, changed in one way each."""
    keys = web.service.keys
    right = web.sign_in("ada").json()["access_token"]
    claims = jwt.decode(right, options={"verify_signature": False})
    head, body, signature = right.split(".")
    nobody = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "999"}).encode()).rstrip(b"=").decode()
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    encode = lambda values, secret=keys.secret: jwt.encode(values, secret, ALGORITHM)  # noqa: E731
    return [
        "nonsense",
        right[:-3],
        f"{head}.{nobody}.{signature}",
        f"{none}.{body}.",
        encode(claims, "another secret of enough length, it is"),
        encode(claims | {"aud": "elsewhere"}),
        encode({name: value for name, value in claims.items() if name != "aud"}),
        encode({name: value for name, value in claims.items() if name != "exp"}),
        encode({name: value for name, value in claims.items() if name != "sid"}),
        encode(claims | {"sub": "999999"}),
        encode(claims | {"sub": "1 OR 1=1"}),
        encode(claims | {"sub": str(10**30)}),
        encode(claims | {"sid": "not-a-uuid"}),
        encode(claims | {"exp": 10**30}),
    ]


def test_forged_tokens_are_refused_alike(web: Web, grand: SmallHotel) -> None:
    web.member("ada", grand.id)
    answers = [web.bearing(token).get(BOOKINGS) for token in forged(web)]
    assert [answer.status_code for answer in answers] == [401] * len(answers)
    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    assert AUDIENCE == "keyrack"


def test_many_sign_ins_at_once_do_not_take_the_whole_service(web: Web, grand: SmallHotel) -> None:
    client = web.member("ada", grand.id)
    with ThreadPoolExecutor(20) as pool:
        with signin._HASHING, signin._HASHING:  # no password is looked at for now: four wait, the others need not
            asked = [pool.submit(web.sign_in, "ada", "wrong") for _ in range(20)]
            refused = [future.result() for future in islice(as_completed(asked), 16)]
            assert client.get(BOOKINGS).status_code == 200
        answers = [future.result() for future in asked]
    assert {answer.status_code for answer in refused} == {503}
    assert all("retry-after" in answer.headers for answer in refused)
    assert Counter(answer.status_code for answer in answers) == {401: 4, 503: 16}
    assert web.sign_in("ada").status_code == 200
