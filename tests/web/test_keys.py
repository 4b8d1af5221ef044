"""Every action of the screen by keyboard alone; and that no button is without such a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from models import BookingStatus, Housekeeping, Room
from tests.api.services.hotels import SmallHotel, at
from tests.api.services.proposals import proposed
from tests.api.web import PASSWORD
from tests.web.keys import choose, find, go, look_for, on_bar, press, write
from tests.web.screen import Screens
from tests.web.test_desk import status
from tests.web.test_runs import solve

STATIC = Path(__file__).resolve().parents[2] / "api" / "static"


@pytest.mark.faults
def test_days_filters_and_views_by_keys(screens: Screens, full: SmallHotel) -> None:
    screen = screens.desk(full)
    page = screen.page
    first = page.locator(".range")
    begun = first.text_content() or ""
    for name in ("Later days", "Earlier days"):
        press(screen, name)
        expect(first).not_to_have_text(begun) if name == "Later days" else expect(first).to_have_text(begun)
    go(screen, page.get_by_label("First day shown"))
    screen.press("ArrowUp")
    expect(first).not_to_have_text(begun)
    expect(page.get_by_label("First day shown")).to_be_focused()  # whoever types a date is not disturbed
    screen.press("ArrowRight", "ArrowUp")
    press(screen, "Today", "Shift+Tab")
    expect(page.locator(".is-today")).to_be_visible()
    for days in (14, 60):
        press(screen, f"{days} days")
        expect(page.locator(".day")).to_have_count(days)

    choose(screen, "All types")
    rooms = page.locator(".room-line").count()
    choose(screen, "All types", steps=2)
    expect(page.locator(".room-line")).not_to_have_count(rooms)
    screen.press("Home")
    choose(screen, "All floors")
    expect(page.locator(".room-line")).to_have_count(1)
    screen.press("Home")
    choose(screen, "All features")
    expect(page.locator(".room-line")).to_have_count(1)
    screen.press("Home")
    choose(screen, "All statuses")
    expect(page.locator(".bar.faint").first).to_be_visible()
    screen.press("Home")
    expect(page.locator(".bar.faint")).to_have_count(0)
    choose(screen, "Rows grouped by")
    expect(page.locator(".group-title").first).to_have_text("Floor 0")

    go(screen, page.locator(".body [tabindex='0']"))
    screen.press("Control+Home", "Enter")  # the title of the first group
    expect(page.locator(".group-toggle").first).to_have_attribute("aria-expanded", "false")
    press(screen, "Light or dark", "Shift+Tab")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    press(screen, "What the signs mean")
    expect(screen.dialog).to_contain_text("Due in")
    press(screen, "Close")
    expect(screen.dialog).to_have_count(0)


@pytest.mark.faults
def test_hotel_language_and_sign_out_by_keys(screens: Screens, grand: SmallHotel, other: SmallHotel) -> None:
    grand.book(0, 2, room="101")
    other.book(0, 2, room="102")
    for hotel in (grand, other):
        screens.web.member("ada", hotel.id)
    screen = screens.desk(grand)
    hotels = choose(screen, "Hotel")
    expect(screen.row("102").locator(".bar")).to_have_count(1)
    expect(screen.page).to_have_url(re.compile("/hotels/other/"))
    expect(hotels).to_be_focused()
    screen.press("ArrowUp")
    expect(screen.page).to_have_url(re.compile("/hotels/grand/"))
    expect(screen.row("101").locator(".bar")).to_have_count(1)
    expect(hotels).to_be_focused()

    go(screen, screen.page.locator(".account summary"))
    screen.press("Enter")
    choose(screen, "Language")
    expect(screen.page.get_by_label("Sprache")).to_be_focused()
    screen.press("ArrowUp")
    expect(screen.page.get_by_label("Language")).to_be_focused()
    press(screen, "Sign out")
    expect(screen.page.get_by_label("E-mail")).to_be_focused()
    screen.page.keyboard.type("ada@example.org")
    write(screen, "Password", PASSWORD)
    press(screen, "Sign in")
    expect(screen.row("101").locator(".bar")).to_have_count(1)


@pytest.mark.faults
def test_the_lists_by_keys(screens: Screens, full: SmallHotel) -> None:
    screen = screens.desk(full)
    screen.page.evaluate("window.print = () => { window.printed = true }")
    press(screen, "Arrivals & departures")
    go(screen, screen.panel.locator(".due_in .booking-item").first)
    screen.press("Enter")
    expect(screen.panel).to_contain_text("History")
    press(screen, "Back to Arrivals & departures, Tue, 10 Mar 2026", "Shift+Tab")
    press(screen, "Print")
    assert screen.page.evaluate("window.printed")
    press(screen, "Close")
    expect(screen.panel).to_be_hidden()

    go(screen, screen.page.locator(".roomless-count").first)
    screen.press("ArrowRight", "Enter")
    expect(screen.panel).to_contain_text("Without a room, Wed, 11 Mar 2026")
    press(screen, "Find a room")
    room = screen.panel.locator(".suggestions .button").first.inner_text()
    press(screen, room)
    screen.told("has room")
    press(screen, "Undo")
    screen.told("Taken back")
    press(screen, "1 Without a room", "Shift+Tab")
    expect(screen.panel).to_contain_text("Unconfirmed")
    screen.press("Escape")

    press(screen, "Groups")
    go(screen, screen.panel.locator("summary"))
    screen.press("Enter")
    press(screen, "Show on the chart")
    expect(screen.page.locator(".bar.faint").first).to_be_visible()
    go(screen, screen.panel.locator(".group .booking-item").first)
    screen.press("Enter")
    expect(screen.panel).to_contain_text("Wedding")
    go(screen, screen.panel.locator(".audit summary"))
    screen.press("Enter")
    expect(screen.panel.locator(".audit summary")).to_be_focused()


@pytest.mark.faults
def test_a_bar_is_carried_to_any_room_by_keys(screens: Screens, grand: SmallHotel) -> None:
    grand.add_room("201", "DLX", floor=2, position=1)
    one, two = grand.book(1, 4, room="101"), grand.book(1, 4, room="102")
    grand.book(4, 6, room="102")
    deluxe = grand.book(8, 10, type_="DLX", room="201")
    here = grand.book(-1, 1, room="103", status=BookingStatus.CHECKED_IN)
    roomless = grand.book(12, 14)
    screen = screens.desk(grand)

    on_bar(screen, one)
    screen.press("Alt+ArrowDown", "Enter")
    expect(screen.dialog).to_contain_text("102 is taken by Ada B2")
    press(screen, "Leave it")
    expect(screen.bar(one, "101")).to_be_visible()
    on_bar(screen, one)
    screen.press("Alt+ArrowDown", "Enter")
    press(screen, "Swap with Ada B2")
    screen.told("have changed rooms")
    press(screen, "Undo")
    screen.told("Taken back: Ada B1")
    assert grand.rooming()[one] == "101"

    grand.change(two, check_out=at(4).date())  # the two in 102 are both in the way of who stays longer
    longer = grand.book(1, 6, room="104")
    expect(screen.bar(longer, "104")).to_be_visible()
    on_bar(screen, longer)
    screen.press("Alt+ArrowUp", "ArrowUp", "Enter")
    press(screen, "Make room: move 2 bookings elsewhere")
    expect(screen.panel).to_contain_text("Nothing has changed yet. These moves only work together")
    press(screen, "Put aside")
    expect(screen.panel.locator(".run-state")).to_have_text("Put aside")
    press(screen, "All runs")
    go(screen, screen.panel.get_by_role("button", name="Put aside"))
    screen.press("Escape")

    on_bar(screen, deluxe)
    screen.press("Alt+ArrowUp", "Enter")
    press(screen, "Override")
    write(screen, "Reason", "asked for it")
    press(screen, "Override")
    screen.told("201 → 104")

    on_bar(screen, here)
    screen.press("Alt+ArrowDown", "Enter")
    write(screen, "Reason", "noise")
    press(screen, "Move")
    expect(screen.bar(here, "104")).to_be_visible()

    go(screen, screen.page.locator(".loose"))
    screen.press("Alt+ArrowDown")
    expect(screen.page.locator("#announcer")).to_have_text("Room 101: free")
    screen.press("ArrowDown", "Enter")
    screen.told("has room 102")
    expect(screen.bar(roomless, "102")).to_be_focused()


@pytest.mark.faults
def test_every_step_of_a_booking_by_keys(screens: Screens, grand: SmallHotel) -> None:
    unpaid = grand.book(1, 3, status=BookingStatus.PENDING_PAYMENT)
    dirty, second = grand.book(0, 2, room="103"), grand.book(0, 2, room="104")
    with grand.session() as session:
        session.execute(update(Room).where(Room.number == "103").values(housekeeping_status=Housekeeping.DIRTY))
        session.commit()
    screen = screens.desk(grand)

    def step(name: str, told: str, *, reason: str | None = None, sure: bool = False) -> None:
        press(screen, name)
        if reason is not None:
            write(screen, "Reason", reason)
        if reason is not None or sure:
            press(screen, name)
        screen.told(told)

    find(screen, unpaid)
    step("Confirm", "Ada B1 is confirmed.")
    press(screen, "Find a room")
    step("Give room 101", "has room 101")
    step("Lock the room", "keeps room 101", sure=True)
    step("Unlock", "may be moved again")
    press(screen, "Another room")
    step("Give room 102", "101 → 102")
    step("Take the room away", "has no room now")
    step("Cancel booking", "is cancelled", sure=True)
    step("Reinstate", "stands again", reason="a mistake")
    assert status(grand, unpaid) == BookingStatus.CONFIRMED
    press(screen, "Close")

    find(screen, dirty)
    press(screen, "Check in although not clean")
    write(screen, "Reason", "only the minibar")
    press(screen, "Check in although not clean")
    press(screen, "Noted")
    press(screen, "New PIN")
    press(screen, "New PIN")
    press(screen, "Noted")
    step("Undo check-in", "is due in again", reason="another guest")
    step("No-show", "did not come", sure=True)
    assert status(grand, dirty) == BookingStatus.NO_SHOW
    press(screen, "Close")

    find(screen, second)
    press(screen, "Check in")
    press(screen, "Noted")
    step("Check out", "has left room 104", sure=True)
    step("Undo check-out", "is in house again", reason="forgot a bag")
    assert status(grand, second) == BookingStatus.CHECKED_IN


@pytest.mark.faults
def test_bookings_are_made_and_changed_by_keys(screens: Screens, grand: SmallHotel) -> None:
    staying = grand.book(1, 3, room="101")
    grand.book(3, 5, room="101")
    for room in ("102", "103"):
        grand.book(1, 9, room=room)
    screen = screens.desk(grand)
    find(screen, staying)
    press(screen, "Change")
    press(screen, "Cancel")
    press(screen, "Change")
    go(screen, screen.panel.get_by_label("Adults"))
    screen.press("ArrowUp")
    press(screen, "Save")
    screen.told("is changed")
    press(screen, "Change")
    go(screen, screen.panel.get_by_label("Departure"))
    screen.press("ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowUp")  # a year and a day or month later
    press(screen, "Save")
    press(screen, "Change it and give the room up")
    screen.told("waits for another room")
    press(screen, "Close")

    press(screen, "New booking", "Shift+Tab")
    write(screen, "Last name", "Hopper")
    go(screen, screen.panel.get_by_label("The guest is here: check in at once"), "Shift+Tab")
    screen.press("Space")
    expect(screen.panel.get_by_label("Room", exact=True).locator("option")).to_have_count(5)
    go(screen, screen.panel.get_by_label("Room", exact=True), "Shift+Tab")
    screen.press("ArrowDown")
    press(screen, "Book and check in")
    press(screen, "Noted")
    expect(screen.panel).to_contain_text("In house")

    for room in ("102", "103", "104"):
        grand.book(0, 1, room=room)
    press(screen, "New booking", "Shift+Tab")
    write(screen, "Last name", "Lovelace")
    press(screen, "Book")
    press(screen, "Overbook")
    screen.told("Lovelace is booked.")
    expect(screen.panel).to_contain_text("Hopper")


@pytest.mark.faults
def test_rooms_and_closures_by_keys(screens: Screens, grand: SmallHotel) -> None:
    grand.book(1, 3, room="101")
    grand.close("104", at(2, 12), at(4, 12))
    screen = screens.desk(grand)
    go(screen, screen.page.locator(".body [tabindex='0']"))
    screen.press("Home", "Enter")
    expect(screen.panel).to_contain_text("Room 101")
    for name, told in {
        "Needs a pick-up": "Room 101: pick-up",
        "It is not clean": "Room 101: not clean",
        "It is inspected": "Room 101: inspected",
        "It is clean": "Room 101: clean",
    }.items():
        press(screen, name)
        screen.told(told)
    go(screen, screen.panel.get_by_role("button", name="Ada B1"))
    screen.press("Enter")
    expect(screen.panel).to_contain_text("History")
    press(screen, "Back to Room 101", "Shift+Tab")
    press(screen, "New booking")
    press(screen, "Close the room instead")
    press(screen, "Cancel")

    press(screen, "Close a room", "Shift+Tab")
    choose(screen, "Room", steps=2)
    write(screen, "Reason", "paint")
    press(screen, "Close the room")
    screen.told("Room 103 is closed.")
    go(screen, screen.page.locator(".body [tabindex='0']"))
    screen.press("Home", "Control+End", *["ArrowRight"] * 4, "Enter")
    expect(screen.panel).to_contain_text("Room 104")
    press(screen, "Open the room again")
    press(screen, "Open the room again")
    screen.told("Room 104 is open again.")
    find(screen, grand.book(5, 6, room="104"))
    press(screen, "Close")
    look_for(screen, "103")
    expect(screen.page.locator("#hits [role=option]").first).to_contain_text("Room 103")
    screen.press("Enter")
    press(screen, "Close this room")
    screen.press("Escape")
    expect(screen.dialog).to_have_count(0)


@pytest.mark.faults
def test_ways_out_by_keys(screens: Screens, grand: SmallHotel) -> None:
    lock = {"locked": True, "lock_reason": "regular guest"}
    grand.book(1, 3, room="101", **lock)
    grand.book(3, 5, room="102", **lock)
    for number in ("103", "104"):
        grand.close(number, at(1, 12), at(6, 12))
    halves = grand.book(1, 5)
    for number in ("101", "102", "103"):
        grand.book(10, 13, room=number, **lock)
    grand.close("104", at(10, 12), at(14, 12))
    closed_out = grand.book(10, 13)
    screen = screens.desk(grand)

    find(screen, halves)
    go(screen, screen.panel.locator(".why summary"))
    screen.press("Enter")
    expect(screen.panel.locator(".why")).to_contain_text("is locked in room")
    unlock = screen.panel.locator(".ways").get_by_role("button", name="Unlock").first.inner_text()
    assert unlock in ("Unlock Ada B1", "Unlock Ada B2")
    press(screen, unlock)
    screen.told("may be moved again.")
    expect(screen.button("Propose that")).to_be_visible()
    press(screen, "Close")

    find(screen, closed_out)
    press(screen, "Open the room again")
    press(screen, "Open the room again")
    screen.told("Room 104 is open again.")
    press(screen, "Give room 104")
    screen.told("has room 104")
    assert grand.room_of(closed_out) == "104"


@pytest.mark.faults
def test_room_is_made_for_somebody_by_keys(screens: Screens, grand: SmallHotel) -> None:
    """Two rooms each have half of the time; and in a third somebody is still there."""
    grand.book(1, 3, room="101")
    second, booking = grand.book(3, 5, room="102"), grand.book(1, 5)
    for number in ("103", "104"):
        grand.close(number, at(1, 12), at(6, 12))
    grand.book(-1, 0, room="103", status=BookingStatus.CHECKED_IN)
    due = grand.book(0, 1, room="103")
    screen = screens.desk(grand)
    find(screen, booking)
    press(screen, "Propose that")
    expect(screen.panel.locator(".run-state")).to_have_text("Proposal")
    press(screen, "Apply 2 changes", "Shift+Tab")
    screen.told("Applied")
    assert (grand.room_of(second), grand.room_of(booking)) in {("101", "102"), ("102", "101")}
    press(screen, "Undo the run")
    press(screen, "Undo the run")
    screen.told("The run is undone.")
    press(screen, "Close")

    find(screen, due)
    go(screen, screen.button("Check in"))  # it says why not, to those who hear it too
    screen.press("Enter")
    assert status(grand, due) == BookingStatus.CONFIRMED
    press(screen, "Open Ada B4")
    expect(screen.button("Check out")).to_be_visible()


@pytest.mark.faults
def test_a_reshuffle_by_keys(screens: Screens, grand: SmallHotel) -> None:
    first, second = grand.book(1, 3), grand.book(1, 4)
    screen = screens.desk(grand)
    press(screen, "Reshuffle")
    write(screen, "Nights ahead", "14")
    write(screen, "Move at most", "5")
    choose(screen, "Search for")
    press(screen, "Start")
    expect(screen.panel.locator(".run-state")).to_have_text("Waiting")
    press(screen, "Stop")
    screen.told("The run is being stopped.")
    press(screen, "All runs")
    press(screen, "Start")
    expect(screen.panel.locator(".run-state")).to_have_text("Waiting")
    solve(screens.web)
    expect(screen.panel.locator(".run-state")).to_have_text("Proposal")
    press(screen, "Accept: Ada B1")
    expect(screen.button("Accept: Ada B1")).to_have_attribute("aria-pressed", "true")
    press(screen, "Accept: Ada B1")
    go(screen, screen.panel.locator(".moves .booking-item").first)
    press(screen, "Apply 2 changes", "Shift+Tab")
    screen.told("Applied: 2 placed")
    assert set(grand.rooming()) == {first, second}

    proposed(grand, {first: "104"})
    press(screen, "All runs")
    go(screen, screen.panel.get_by_role("button", name="Proposal"))
    screen.press("Enter")
    grand.change(first, adults=2)
    press(screen, "Apply 1 change")
    press(screen, "New run")
    expect(screen.panel.get_by_label("Nights ahead")).to_be_visible()


BY_KEYS = ("test_keys.py", "test_keyboard.py", "test_invitation.py")


def test_no_button_is_without_a_test_by_keys() -> None:
    """Each text on a button of the pages is pressed in one of the tests by keys."""
    table = dict(re.findall(r'^  "?([\w.]+)"?: \["([^"]+)"', (STATIC / "messages.js").read_text(), re.M))
    code = "\n".join(path.read_text() for path in STATIC.glob("*.js"))
    named = set(re.findall(r'\b(?:button|iconButton)\(t\("([\w.]+)"', code))
    named |= set(re.findall(r'text: t\("([\w.]+)"', code))
    steps = re.findall(
        r'\{ name: "(\w+)", (?:kind|path|asks|\})|\{ name: "(\w+)" \}', (STATIC / "actions.js").read_text()
    )
    named |= {f"action.{one or other}" for one, other in steps} | {f"clean.{state.value}" for state in Housekeeping}
    assert len(named) > 45
    tests = "".join((Path(__file__).parent / name).read_text() for name in BY_KEYS)
    written = set(re.findall(r'"([^"\n]+)"', tests))
    pattern = {name: re.compile(r"(\d )?" + re.sub(r"\\\{\w+\\\}", ".+", re.escape(table[name]))) for name in named}
    missing = {table[name] for name in named if not any(pattern[name].fullmatch(text) for text in written)}
    assert missing == set()
