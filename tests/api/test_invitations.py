"""People whom two hotels know: no hotel gets into another by an account that it made, or learns what that wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from api import limits
from api.queue import send_invitation
from api.services import members
from api.services.account import reset_password
from api.services.actor import Actor
from api.services.clock import SetClock
from api.services.hotels import add_member
from api.services.invitations import send
from api.services.limits import Limit
from api.services.members import INVITED_FOR
from api.services.post.messages import Carriers
from api.services.signin import SignInRefused, sign_in
from api.services.transaction import change_hotel
from models import (
    AuditEntry,
    Hotel,
    HotelSession,
    Membership,
    OutboxEvent,
    RefreshToken,
    Role,
    Staff,
    global_session,
    hotel_session,
)
from tests.api.mail import MailServer, do_all, mail_server
from tests.api.services.hotels import SmallHotel
from tests.api.test_errors import problem
from tests.api.test_session import signed_in_page
from tests.api.web import PASSWORD, Web

BOOKINGS = "/api/staff/hotels/{}/bookings/"
STAFF = "/api/staff/hotels/{}/staff/"
ACCEPT = "/api/auth/invitations/accept/"
CHANGE = "/api/auth/password/"
TOKEN = re.compile(r"^(?:other|grand)\.[\w-]{43}$", re.M)

NORA = {"email": "nora@example.org", "name": "Nora", "password": "known to grand", "role": "manager"}
THEIRS = NORA | {"email": "NORA@example.org", "name": "Eleonora", "password": "known to other"}
OWN = "known to nobody else"


@dataclass(frozen=True)
class Town:
    """Two hotels and their owners; `grand` has made Nora's account."""

    web: Web
    clock: SetClock
    mail: MailServer
    hotel: SmallHotel
    ours: httpx.Client
    theirs: httpx.Client

    def invite(self, **changes: str) -> dict[str, Any]:
        """Have the other hotel add Nora, and return what it is told."""
        answer = self.theirs.post(STAFF.format("other"), json=THEIRS | changes)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def post(self) -> None:
        """Do all that waits."""
        carrier = self.mail.to(self.clock)
        do_all(self.web.engine, self.clock, Carriers(mail=carrier, sms=carrier))

    def mailed(self) -> str:
        """Return the token of the mail that goes out last."""
        self.post()
        body = self.mail.taken[-1].get_body(("plain",))
        assert body is not None
        return str(TOKEN.findall(body.get_content().replace("\r", ""))[0])

    def accept(self, token: str, password: str = OWN) -> httpx.Response:
        """Accept an invitation."""
        return self.web.client.post(ACCEPT, json={"token": token, "password": password})

    def sign_in(self, password: str) -> httpx.Response:
        """Sign in as Nora."""
        return self.web.sign_in("nora", password)

    def member(self) -> dict[str, Any]:
        """Return what the other hotel's owner sees of Nora."""
        found = [
            row for row in self.theirs.get(STAFF.format("other")).json()["results"] if row["email"] == NORA["email"]
        ]
        return dict(found[0])


@pytest.fixture
def town(web: Web, grand: SmallHotel, other: SmallHotel, clock: SetClock) -> Iterator[Town]:
    """Nora works at the one, and the other wants her too."""
    with mail_server() as mail:
        ours, theirs = web.member("ada", grand.id, Role.OWNER), web.member("eve", other.id, Role.OWNER)
        made = ours.post(STAFF.format("grand"), json=NORA)
        assert (made.status_code, made.json()["active"], made.json()["pending"]) == (201, True, False)
        yield Town(web, clock, mail, other, ours, theirs)


def told(hotel: SmallHotel, *actions: str) -> list[str]:
    """Return what the audit and the outbox of a hotel have of these, by name."""
    with hotel_session(hotel.engine, hotel.id) as session:
        audited = session.scalars(select(AuditEntry.action).where(AuditEntry.action.in_(actions)))
        emitted = session.scalars(select(OutboxEvent.event).where(OutboxEvent.event.in_(actions)))
        return sorted([*audited, *emitted])


def test_who_made_an_account_does_not_get_into_another_hotel_by_it(town: Town) -> None:
    stolen = town.sign_in(NORA["password"]).json()
    thief = town.web.bearing(stolen["access_token"])
    shown = town.invite()
    problem(thief.get(BOOKINGS.format("other")), 404, "not_found")
    assert [place["slug"] for place in thief.get("/api/auth/session/").json()["hotels"]] == ["grand"]
    assert (shown["name"], shown["active"], shown["pending"]) == ("Eleonora", False, True)
    problem(town.sign_in(THEIRS["password"]), 401, "sign_in_refused")

    assert town.accept(town.mailed()).status_code == 204
    assert town.mail.taken[-1]["To"] == NORA["email"]
    for known in (NORA, THEIRS):
        problem(town.sign_in(known["password"]), 401, "sign_in_refused")
    for path in (BOOKINGS.format("grand"), BOOKINGS.format("other"), "/api/auth/session/"):
        problem(thief.get(path), 401, "not_signed_in")
    again = town.web.client.post("/api/auth/token/refresh/", json={"refresh_token": stolen["refresh_token"]})
    problem(again, 401, "not_signed_in")

    nora = town.web.bearing(town.sign_in(OWN).json()["access_token"])
    assert [nora.get(BOOKINGS.format(slug)).status_code for slug in ("grand", "other")] == [200, 200]
    assert told(town.hotel, "member.invited", "member.accepted") == ["member.accepted"] * 2 + ["member.invited"] * 2


def test_each_hotel_shows_its_own_name_for_a_person(town: Town) -> None:
    town.invite()
    assert town.accept(town.mailed()).status_code == 204
    nora = town.web.bearing(town.sign_in(OWN).json()["access_token"])
    for owner, slug, name in ((town.ours, "grand", "Nora"), (town.theirs, "other", "Eleonora")):
        hotel = f"/api/staff/hotels/{slug}/"
        assert nora.patch(f"{hotel}settings/", json={"turnaround_minutes": 5}).status_code == 200
        assert owner.get(f"{hotel}audit/").json()["results"][0]["actor_name"] == name
        assert name in {row["name"] for row in owner.get(f"{hotel}staff/").json()["results"]}


def test_an_owner_sees_who_is_invited_and_may_withdraw_or_ask_again(town: Town) -> None:
    one = f"{STAFF.format('other')}{town.invite(role='owner')['staff_id']}/"
    ends = (town.clock.now() + INVITED_FOR).isoformat().replace("+00:00", "Z")
    states = ("active", "pending", "invited_until", "invitation_sent", "version")

    def state() -> tuple[Any, ...]:
        member = town.member()
        return tuple(member[name] for name in states)

    assert state() == (False, True, ends, False, 1)
    first = town.mailed()
    assert state() == (False, True, ends, True, 1)
    problem(town.theirs.post(STAFF.format("other"), json=THEIRS), 409, "conflict")
    mine = f"{STAFF.format('other')}{town.web.people['eve']}/"
    problem(town.theirs.patch(mine, json={"role": "viewer"}), 409, "last_owner")  # who is only invited is none
    assert town.theirs.delete(one).status_code == 204
    assert state() == (False, False, None, False, 2)
    town.clock.advance(days=1)
    asked = town.web.signed_in("eve").patch(one, json={"active": True, "role": "viewer"})
    assert (asked.status_code, asked.json()["active"], asked.json()["pending"]) == (200, False, True)
    second = town.mailed()
    assert len(town.mail.taken) == 2
    problem(town.accept(first), 401, "invitation_refused")
    assert town.accept(second).status_code == 204
    shown = town.web.signed_in("eve").get(one).json()
    assert tuple(shown[name] for name in (*states[:3], "role")) == (True, False, None, "viewer")


def test_wrong_used_withdrawn_and_old_tokens_are_refused_alike(town: Town) -> None:
    one = f"{STAFF.format('other')}{town.invite()['staff_id']}/"
    withdrawn = town.mailed()
    town.theirs.delete(one)
    refused = [town.accept(token) for token in ("x", ".", "other.x", "nowhere.x", "\u2603", "grand" + withdrawn[5:])]
    refused.append(town.accept(withdrawn))
    town.theirs.patch(one, json={"active": True})
    old = town.mailed()
    assert old != withdrawn
    town.clock.advance(days=7)
    refused.append(town.accept(old))
    eve = town.web.signed_in("eve")
    eve.patch(one, json={"active": True})
    used = town.mailed()
    assert town.accept(used).status_code == 204
    refused += [town.accept(used), town.accept(old)]
    assert {answer.status_code for answer in refused} == {401}
    assert len({answer.content for answer in refused}) == 1
    assert refused[0].json()["code"] == "invitation_refused"
    assert town.sign_in(OWN).status_code == 200


def test_only_one_of_many_who_accept_at_once_sets_the_password(town: Town) -> None:
    town.invite()
    token, words = town.mailed(), [f"password number {number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda word: town.accept(token, word), words))
    assert sorted(answer.status_code for answer in answers) == [204, 401, 401, 401]
    won = words[next(place for place, answer in enumerate(answers) if answer.status_code == 204)]
    assert town.sign_in(won).status_code == 200


def test_an_invitation_is_sent_once_and_its_token_kept_by_its_hash_only(town: Town) -> None:
    town.mail.answers = ["451 try later", "451 try later"]
    town.invite()
    for sent in (False, False, True, True):
        town.post()
        assert town.member()["invitation_sent"] is sent
    assert len(town.mail.taken) == 1
    letter = town.mail.taken[0]
    token = town.mailed()
    assert len(town.mail.taken) == 1
    assert (letter["Subject"], letter["From"]) == ("Other invites you to Keyrack", "Other <desk@keyrack.example>")
    with hotel_session(town.web.engine, town.hotel.id) as session:
        kept = session.scalars(select(Membership.invitation_hash).where(Membership.invited_until.is_not(None))).one()
        rows = [row for table in ("membership", "outbox_event") for row in session.execute(text(f"TABLE {table}"))]
    with town.web.engine.connect() as connection:
        rows += connection.execute(text("TABLE procrastinate_jobs")).all()
    assert kept is not None
    assert len(kept) == 32
    assert token.partition(".")[2] not in repr(rows)


def test_what_is_not_committed_invites_nobody(town: Town) -> None:
    values: dict[str, Any] = {"email": NORA["email"], "name": "N", "password_hash": "x", "role": Role.VIEWER}

    def work(session: HotelSession, hotel: Hotel) -> None:
        members.add_member(session, hotel, **values, actor=Actor.system("test"), invite=send_invitation)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        change_hotel(town.web.engine, town.hotel.id, work)
    with town.web.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
    assert [row["name"] for row in town.theirs.get(STAFF.format("other")).json()["results"]] == ["Eve"]


def test_the_table_itself_lets_nobody_in_who_has_not_accepted(town: Town) -> None:
    town.invite()
    with hotel_session(town.web.engine, town.hotel.id) as session, pytest.raises(IntegrityError, match="ck_membership"):
        session.execute(text("UPDATE membership SET active = true"))


def test_an_address_that_only_looks_alike_is_refused(town: Town) -> None:
    for email in ("nora@example.or\u0261", "\u212aora@example.org", "nora@example.org\n"):
        refused = town.theirs.post(STAFF.format("other"), json=THEIRS | {"email": email})
        assert [fault["field"] for fault in problem(refused, 422, "invalid_input")["errors"]] == ["email"]


def test_the_mail_has_a_link_where_the_address_is_known_and_no_header_of_a_hotels_making(town: Town) -> None:
    with hotel_session(town.web.engine, town.hotel.id) as session:
        session.get_one(Hotel, town.hotel.id).name = "Other\r\nBcc: all@example.org"
        session.commit()
    town.invite()
    with hotel_session(town.web.engine, town.hotel.id) as session:
        row = session.scalars(select(Membership.id).where(Membership.invited_until.is_not(None))).one()
    address, carrier = "https://desk.example.org/", town.mail.to(town.clock)
    send(town.web.engine, town.hotel.id, row, carrier, town.clock, lambda *_: None, address=address)
    letter = town.mail.taken[0]
    body = letter.get_body(("plain",))
    assert body is not None
    link = re.findall(r"^https://desk\.example\.org/#invitation=(\S+)$", body.get_content().replace("\r", ""), re.M)
    assert letter["Bcc"] is None
    assert town.accept(link[0]).status_code == 204


def test_whom_the_operator_lets_in_needs_no_invitation_any_more(town: Town) -> None:
    staff_id = town.invite()["staff_id"]
    token = town.mailed()
    add_member(town.web.engine, town.hotel.id, staff_id, Role.VIEWER, actor=Actor.system("command"))
    problem(town.accept(token), 401, "invitation_refused")
    assert (town.member()["active"], town.member()["pending"]) == (True, False)


def test_two_hotels_may_name_the_same_new_address_at_once(town: Town) -> None:
    body = NORA | {"email": "new@example.org"}
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(town.ours.post, STAFF.format("grand"), json=body)]
        asked.append(pool.submit(town.theirs.post, STAFF.format("other"), json=body))
        answers = [future.result() for future in asked]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert sorted(answer.json()["pending"] for answer in answers) == [False, True]


def test_no_hotel_mails_without_end(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "INVITED", Limit("invitations of a hotel", 2, timedelta(days=1)))
    one = f"{STAFF.format('other')}{town.invite()['staff_id']}/"
    assert town.theirs.patch(one, json={"active": True}).status_code == 200
    problem(town.theirs.patch(one, json={"active": True}), 429, "too_many_requests")
    problem(
        town.theirs.post(STAFF.format("other"), json=THEIRS | {"email": "bob@example.org"}), 429, "too_many_requests"
    )
    assert town.theirs.patch(one, json={"active": False}).status_code == 200


def test_changing_the_password_ends_every_other_sign_in(web: Web, grand: SmallHotel) -> None:
    web.member("ada", grand.id)
    elsewhere, page = web.bearing(web.sign_in("ada").json()["access_token"]), signed_in_page(web)
    body = {"old": PASSWORD, "new": "another long password"}
    assert page.post(CHANGE, json=body).status_code == 204
    assert page.get(BOOKINGS.format("grand")).status_code == 200
    problem(elsewhere.get(BOOKINGS.format("grand")), 401, "not_signed_in")
    problem(elsewhere.post(CHANGE, json={"old": body["new"], "new": PASSWORD}), 401, "not_signed_in")
    problem(web.sign_in("ada"), 401, "sign_in_refused")
    assert web.sign_in("ada", body["new"]).status_code == 200


def test_a_wrong_old_password_is_refused_and_counted_as_a_sign_in(web: Web, grand: SmallHotel) -> None:
    client, refused = web.member("ada", grand.id), web.sign_in("ada", "wrong")
    wrong = client.post(CHANGE, json={"old": "wrong", "new": "another long password"})
    assert problem(wrong, 401, "sign_in_refused")["detail"] == refused.json()["detail"]
    with global_session(web.engine) as session:
        assert session.scalars(text("SELECT hits FROM rate_count")).all() == [2, 2, 2]
    assert problem(client.post(CHANGE, json={"old": PASSWORD, "new": "short"}), 422, "invalid_input")["errors"]
    page = signed_in_page(web)
    page.headers.pop("Origin")
    problem(page.post(CHANGE, json={"old": PASSWORD, "new": "another long password"}), 403, "origin_refused")
    problem(web.client.post(CHANGE, json={"old": PASSWORD, "new": "another long password"}), 401, "not_signed_in")
    assert web.sign_in("ada").status_code == 200


def test_a_sign_in_under_way_does_not_outlive_the_password(web: Web, clock: SetClock) -> None:
    """The password is changed when it has been found right and before there are tokens."""
    person = web.person("ada")

    class Meanwhile:
        changed = False

        def now(self) -> datetime:
            if not self.changed:
                self.changed = True
                reset_password(web.engine, clock, person, "another long password")
            return clock.now()

    with pytest.raises(SignInRefused):
        sign_in(web.engine, web.service.keys, Meanwhile(), email="ada@example.org", password=PASSWORD)
    with global_session(web.engine) as session:
        assert session.scalar(select(func.count()).select_from(RefreshToken)) == 0
        assert session.get_one(Staff, person).last_sign_in_at is None
