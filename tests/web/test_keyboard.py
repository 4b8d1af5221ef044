"""A day at the desk without a mouse: every step by keys alone, from the sign-in on."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from models import BookingStatus, RunState
from tests.api.services.hotels import SmallHotel
from tests.api.services.proposals import proposed
from tests.api.web import PASSWORD
from tests.web.keys import go, press, write
from tests.web.screen import Screens
from tests.web.test_desk import actions, status


@pytest.mark.faults
def test_the_day_by_keyboard_alone(screens: Screens, grand: SmallHotel) -> None:
    arriving, later = grand.book(0, 2, room="101"), grand.book(2, 4, room="102")
    screens.web.member("ada", grand.id)
    screen = screens.window("/hotels/grand/")
    write(screen, "E-mail", "ada@example.org")
    write(screen, "Password", PASSWORD)
    screen.press("Enter")
    expect(screen.bar(arriving)).to_be_visible()

    # Carried to another room, locked there, let in.
    go(screen, screen.page.locator(".body [tabindex='0']"))
    expect(screen.bar(arriving)).to_be_focused()
    screen.press("Alt+ArrowUp", "Escape", "Alt+ArrowDown")
    expect(screen.page.locator("#announcer")).to_have_text("Room 102: free")
    screen.press("ArrowDown", "Enter")
    expect(screen.bar(arriving, "103")).to_be_focused()
    screen.press("Enter")
    expect(screen.panel).to_contain_text("Ada B1")
    press(screen, "Lock the room")
    write(screen, "Reason (may be left empty)", "anniversary")
    press(screen, "Lock the room")
    screen.told("keeps room 103")
    press(screen, "Check in")
    expect(screen.dialog.locator(".pin")).to_be_visible()
    press(screen, "Noted")
    expect(screen.panel).to_contain_text("In house")
    press(screen, "Check out")
    press(screen, "Check out")
    screen.told("has left room 103")
    assert status(grand, arriving) == BookingStatus.COMPLETED
    assert actions(grand, arriving)[:3] == ["room.moved", "booking.locked", "booking.checked_in"]
    screen.press("Escape")
    expect(screen.panel).to_be_hidden()

    # Made, on a free day.
    go(screen, screen.page.locator(".body [tabindex='0']"))
    screen.press(
        "End",
        "PageDown",
        "PageUp",
        "Control+End",
        "Control+Home",
        "ArrowDown",
        "Home",
        "ArrowRight",
        "ArrowRight",
        "Enter",
    )
    expect(screen.panel.get_by_label("Last name")).to_be_focused()
    screen.press("Escape")
    expect(screen.page.locator(".empty")).to_be_focused()
    desk = screens.web.member("eve", grand.id)
    assert desk.post(f"/api/staff/hotels/grand/bookings/{later}/lock/").is_success
    expect(screen.bar(later).locator(".bar-marks")).to_be_visible()  # what others do takes no focus away
    expect(screen.page.locator(".empty")).to_be_focused()
    assert desk.post(f"/api/staff/hotels/grand/bookings/{later}/unlock/").is_success
    expect(screen.bar(later).locator(".bar-marks")).to_have_count(0)
    screen.press("Enter")
    expect(screen.panel.get_by_label("Last name")).to_be_focused()
    screen.page.keyboard.type("Lovelace")
    press(screen, "Book")
    screen.told("Lovelace is booked and has room 101.")
    screen.press("Escape")

    # Looked for; a room marked; a room closed.
    go(screen, screen.page.get_by_role("combobox", name="Search"))
    screen.page.keyboard.type("104")
    expect(screen.page.locator("#hits [role=option]").first).to_contain_text("Room 104")
    screen.press("Enter")
    expect(screen.panel).to_contain_text("Housekeeping")
    press(screen, "It is not clean")
    screen.told("Room 104: not clean")
    press(screen, "Close this room")
    write(screen, "Reason", "paint")
    press(screen, "Close the room")
    screen.told("Room 104 is closed.")
    screen.press("Escape")
    expect(screen.panel).to_be_hidden()

    # A proposal: one move rejected, then all of it put aside.
    run = proposed(grand, {later: "103", grand.book(5, 6): "101"})
    press(screen, "Reshuffle", "Shift+Tab")
    go(screen, screen.panel.get_by_role("button", name="Proposal"))
    screen.press("Enter")
    expect(screen.panel.locator(".moves li")).to_have_count(2)
    press(screen, "Reject: Ada B2")
    expect(screen.button("Reject: Ada B2")).to_be_focused()
    press(screen, "Apply without 1", "Shift+Tab")
    screen.told("Applied in part: 1 placed")
    press(screen, "Undo the run")
    press(screen, "Undo the run")
    screen.told("The run is undone.")
    assert run.state == RunState.PROPOSED
    assert grand.room_of(later) == "102"
