"""Accepting an invitation on the screen, by the link of the mail or by its code; by keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import expect

from api.services.actor import Actor
from api.services.clock import SetClock
from api.services.invitations import send
from api.services.members import add_member
from api.services.post.carriers import Letter
from api.services.transaction import change_hotel
from models import Hotel, HotelSession, Membership, Role
from tests.api.services.hotels import SmallHotel
from tests.web.keys import press
from tests.web.screen import Screens, sign_in

ADDRESS = "https://desk.example.org"
OWN = "known to nobody else"


@dataclass
class Kept:
    """A carrier that keeps what it is given."""

    letters: list[Letter] = field(default_factory=list)

    def carry(self, letter: Letter) -> None:
        """Keep it."""
        self.letters.append(letter)


def invited(screens: Screens, hotel: SmallHotel, clock: SetClock) -> str:
    """Invite somebody who has an account already, and return the fragment of the link that they are sent."""
    screens.web.person("bob")
    rows: list[int] = []

    def invite(_: object, membership: Membership) -> None:
        rows.append(membership.id)

    def work(session: HotelSession, row: Hotel) -> None:
        who: dict[str, Any] = {"email": "bob@example.org", "name": "Bob", "password_hash": "x", "role": Role.MANAGER}
        add_member(session, row, **who, actor=Actor.system("test"), invite=invite, clock=clock)

    change_hotel(hotel.engine, hotel.id, work)
    kept = Kept()
    send(hotel.engine, hotel.id, rows[0], kept, clock, lambda *_: None, address=ADDRESS)
    return kept.letters[0].text.partition(ADDRESS)[2].split()[0]


def test_the_link_asks_for_a_password_and_then_for_signing_in(
    screens: Screens, grand: SmallHotel, clock: SetClock
) -> None:
    link = invited(screens, grand, clock)
    screen = screens.window(link)
    code = screen.page.get_by_label("Code of the invitation")
    expect(code).to_have_value(link.partition("=")[2])
    assert "invitation" not in screen.page.url
    screen.page.get_by_label("New password").fill("short")
    press(screen, "Accept the invitation")
    expect(screen.page.get_by_role("alert")).to_have_text("Enter the code, and a password of at least 8 characters.")
    code.fill("grand.another")
    screen.page.get_by_label("New password").fill(OWN)
    press(screen, "Accept the invitation")
    expect(screen.page.get_by_role("alert")).to_have_text(
        "This invitation is not valid, or no longer. Ask the hotel for another."
    )
    press(screen, "Sign in")
    sign_in(screen, "bob")
    expect(screen.page.get_by_text("You do not work in any hotel here.")).to_be_visible()

    screen = screens.window("/")
    press(screen, "I have an invitation")
    code = screen.page.get_by_label("Code of the invitation")
    code.fill(link.partition("=")[2])
    screen.page.get_by_label("New password").fill(OWN)
    press(screen, "Accept the invitation")
    expect(screen.page.get_by_text("Accepted. Sign in with your e-mail and the new password.")).to_be_visible()
    sign_in(screen, "bob", OWN)
    expect(screen.page.locator(".line").first).to_be_visible()
