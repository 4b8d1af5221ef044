"""The front desk's work on the screen: look, move, lock, let in and out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from models import AuditEntry, Booking, BookingStatus, Housekeeping, Role, Room
from tests.api.services.hotels import SmallHotel, at
from tests.web.screen import Screens, box_of, sign_in


def actions(hotel: SmallHotel, booking: str) -> list[str]:
    """Return what the audit says was done with a booking."""
    with hotel.session() as session:
        subject = AuditEntry.subject == f"booking:{booking}"
        return list(session.scalars(select(AuditEntry.action).where(subject).order_by(AuditEntry.sequence)))


def status(hotel: SmallHotel, booking: str) -> BookingStatus:
    """Return a booking's status as it is now."""
    with hotel.session() as session:
        found: BookingStatus = session.scalars(select(Booking.status).where(Booking.booking_id == booking)).one()
        return found


def bookings(hotel: SmallHotel) -> int:
    """Return how many bookings there are."""
    with hotel.session() as session:
        return session.query(Booking).count()


def test_signing_in_and_out(screens: Screens, grand: SmallHotel) -> None:
    grand.book(0, 2, room="101")
    screens.web.member("ada", grand.id)
    screen = screens.window("/hotels/grand/")
    sign_in(screen, "ada", "a wrong password")
    expect(screen.page.get_by_role("alert")).to_have_text("E-mail or password is wrong.")
    sign_in(screen, "ada")
    expect(screen.page.locator(".bar")).to_have_count(1)
    cookie = screen.context.cookies()[0]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert screen.page.evaluate("document.cookie") == ""
    assert screen.page.evaluate("localStorage.length + sessionStorage.length") == 0
    screen.page.reload()
    expect(screen.page.locator(".bar")).to_have_count(1)
    screen.page.locator(".account summary").click()
    screen.button("Sign out").click()
    expect(screen.page.get_by_label("Password")).to_be_visible()


def test_dragging_to_a_free_room_and_undoing(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(1, 4, room="101")
    screen = screens.desk(grand, role=Role.RECEPTION)
    screen.drag(booking, "103")
    screen.told("101 → 103")
    expect(screen.bar(booking, "103")).to_be_visible()
    expect(screen.bar(booking, "101")).to_have_count(0)
    assert grand.room_of(booking) == "103"
    screen.button("Undo").click()
    screen.told("Taken back")
    expect(screen.bar(booking, "101")).to_be_visible()
    assert grand.room_of(booking) == "101"


def test_rooms_say_why_they_cannot_be_had_while_a_bar_is_dragged(screens: Screens, grand: SmallHotel) -> None:
    grand.add_room("201", "DLX", floor=2, position=1)
    booking = grand.book(1, 4, type_="DLX", room="201")
    rival = grand.book(2, 3, room="102")
    grand.close("103", at(1, 12), at(3, 12))
    screen = screens.desk(grand)
    screen.drag(booking, "102", drop=False)
    note = screen.page.locator(".drag-note")
    expect(note).to_contain_text(f"102: taken by Ada B2 ({rival})")
    for room, verdict in {"101": "override", "102": "taken", "103": "no", "201": "own"}.items():
        expect(screen.row(room)).to_have_class(
            f"line room-line drop-{verdict}" + (" drop-here" if room == "102" else "")
        )
    screen.press("Escape")
    screen.page.mouse.up()
    expect(screen.page.locator(".drag-image")).to_have_count(0)
    assert grand.room_of(booking) == "201"


def test_a_lower_type_only_by_override_with_a_reason(screens: Screens, grand: SmallHotel) -> None:
    grand.add_room("201", "DLX", floor=2, position=1)
    booking = grand.book(1, 4, type_="DLX", room="201")
    desk = screens.desk(grand, "rita", Role.RECEPTION)
    desk.drag(booking, "101")
    expect(desk.dialog).to_contain_text("A manager may override this rule.")
    expect(desk.dialog.get_by_role("button", name="Override")).to_have_count(0)
    desk.button("Leave it").click()

    boss = screens.desk(grand, "max", Role.MANAGER)
    boss.drag(booking, "101")
    boss.dialog.get_by_role("button", name="Override").click()
    boss.dialog.get_by_label("Reason").fill("the guest asked for the ground floor")
    boss.dialog.get_by_role("button", name="Override").click()
    boss.told("201 → 101")
    assert grand.room_of(booking) == "101"
    expect(desk.bar(booking, "101")).to_be_visible()


def test_dropping_on_a_taken_room_offers_a_swap(screens: Screens, grand: SmallHotel) -> None:
    one, other = grand.book(1, 4, room="101"), grand.book(1, 4, room="102")
    screen = screens.desk(grand)
    screen.drag(one, "102")
    expect(screen.dialog).to_contain_text(f"102 is taken by Ada B2 ({other})")
    screen.dialog.get_by_role("button", name="Swap with Ada B2").click()
    screen.told("have changed rooms")
    assert grand.rooming() == {one: "102", other: "101"}
    expect(screen.bar(one, "102")).to_be_visible()


def test_dropping_on_a_taken_room_makes_room(screens: Screens, grand: SmallHotel) -> None:
    wanted, one, other = grand.book(1, 6, room="101"), grand.book(1, 3, room="102"), grand.book(3, 6, room="102")
    screen = screens.desk(grand)
    screen.drag(wanted, "102")
    screen.dialog.get_by_role("button", name="Make room: move 2 bookings elsewhere").click()
    expect(screen.panel.locator(".run-state")).to_have_text("Proposal")
    expect(screen.row("102").locator(".ghost-arriving")).to_have_count(1)
    expect(screen.row("102").locator(".ghost-leaving")).to_have_count(2)
    screen.button("Apply 3 changes").click()
    screen.told("3 moved")
    assert grand.room_of(wanted) == "102"
    assert len({grand.room_of(each) for each in (wanted, one, other)}) > 1
    expect(screen.bar(wanted, "102")).to_be_visible()


@pytest.mark.faults
def test_room_that_cannot_be_made_is_not_offered_or_said_to_be_none(screens: Screens, grand: SmallHotel) -> None:
    wanted = grand.book(1, 6, room="101")
    kept = grand.book(1, 4, room="102", locked=True)
    grand.book(2, 5, room="103", allowed_rooms=[grand.rooms["103"]])
    screen = screens.desk(grand)
    screen.drag(wanted, "102")
    expect(screen.dialog).to_contain_text(f"102 is taken by Ada B2 ({kept})")
    expect(screen.dialog.get_by_role("button", name="Make room")).to_have_count(0)
    screen.button("Leave it").click()
    screen.drag(wanted, "103")
    screen.dialog.get_by_role("button", name="Make room").click()
    expect(screen.dialog).to_contain_text("No room can be made for Ada B1 in 103")
    expect(screen.page.locator(".toast", has_text="Looking for a way")).to_have_count(0)
    screen.dialog.get_by_role("button", name="Close").last.click()
    assert grand.room_of(wanted) == "101"


def test_why_a_booking_has_no_room_and_a_way_out(screens: Screens, grand: SmallHotel) -> None:
    for number in ("101", "102", "103"):
        grand.book(1, 4, room=number, locked=True, lock_reason="regular guest")
    grand.close("104", at(1, 12), at(4, 12))
    booking = grand.book(1, 4)
    screen = screens.desk(grand)
    screen.page.locator(f'.loose[data-booking="{booking}"]').click()
    expect(screen.panel).to_contain_text("No room fits")
    expect(screen.panel).to_contain_text("What stands in the way")
    screen.panel.get_by_role("button", name="Open the room again").click()
    screen.dialog.get_by_role("button", name="Open the room again").click()
    expect(screen.panel).to_contain_text("Room 104 is free for the whole stay.")
    screen.panel.get_by_role("button", name="Give room 104").first.click()
    screen.told("has room 104")
    assert grand.room_of(booking) == "104"


def test_a_room_is_suggested_and_given(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(1, 3)
    grand.book(3, 5, room="102")
    screen = screens.desk(grand)
    expect(screen.page.locator(".count-badge")).to_have_text("1")
    screen.page.get_by_role("button", name="1 without a room").first.click()
    screen.panel.get_by_role("button", name="Find a room").click()
    expect(screen.row("102").locator(".fit")).to_contain_text("Preferred")
    screen.button("Give room 102").click()
    screen.told("Ada B1 has room 102")
    assert grand.room_of(booking) == "102"
    expect(screen.bar(booking, "102")).to_be_visible()


def test_a_booking_without_a_room_is_dragged_in(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(1, 3)
    screen = screens.desk(grand)
    screen.drag(booking, "104")
    screen.told("Ada B1 has room 104")
    assert grand.room_of(booking) == "104"


def test_check_in_with_a_pin_and_check_out(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(0, 2, room="101")
    screen = screens.desk(grand, role=Role.RECEPTION)
    expect(screen.bar(booking)).to_have_class("bar due_in")
    screen.bar(booking).click()
    screen.button("Check in").click()
    pin = screen.dialog.locator(".pin").inner_text()
    assert len(pin) == 6
    screen.button("Noted").click()
    expect(screen.bar(booking)).to_have_class("bar in_house selected")
    assert status(grand, booking) == BookingStatus.CHECKED_IN
    screen.button("Check out").first.click()
    screen.dialog.get_by_role("button", name="Check out").click()
    screen.told("has left room 101")
    assert status(grand, booking) == BookingStatus.COMPLETED


def test_a_room_that_is_not_clean_needs_a_named_override(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(0, 2, room="101")
    with grand.session() as session:
        session.execute(update(Room).where(Room.number == "101").values(housekeeping_status=Housekeeping.DIRTY))
        session.commit()
    screen = screens.desk(grand)
    screen.bar(booking).click()
    screen.button("Check in although not clean").click()
    screen.dialog.get_by_label("Reason").fill("only the minibar is missing")
    screen.dialog.get_by_role("button", name="Check in although not clean").click()
    expect(screen.dialog.locator(".pin")).to_be_visible()
    assert status(grand, booking) == BookingStatus.CHECKED_IN


def test_what_cannot_be_done_yet_says_why(screens: Screens, grand: SmallHotel) -> None:
    grand.book(-2, 0, room="101", status=BookingStatus.CHECKED_IN)
    guest, locked = grand.book(0, 2, room="101"), grand.book(1, 3, room="102", locked=True)
    roomless = grand.book(0, 1)
    screen = screens.desk(grand, role=Role.RECEPTION)
    screen.button("Arrivals & departures").click()
    expect(screen.panel.locator("li", has_text="Ada B2")).to_contain_text("Ada B1 still in it")
    screen.press("Escape")

    screen.bar(guest).click()
    refused = screen.button("Check in")
    expect(refused).to_be_disabled()
    expect(refused).to_have_accessible_description(
        "Ada B1 is still in room 101: check out first, or find another room."
    )
    screen.button("Open Ada B1").click()
    screen.button("Check out").click()
    screen.dialog.get_by_role("button", name="Check out").click()
    screen.told("has left room 101")
    screen.button("Back to Ada B2").click()
    expect(refused).to_have_accessible_description("Room 101 is not clean yet.")
    assert status(grand, guest) == BookingStatus.CONFIRMED

    for booking, button, why in (
        (locked, "Another room", "Locked in room 102: unlock it first."),
        (roomless, "Check in", "There is no room yet: find one first."),
    ):
        screen.bar(booking).click()
        expect(screen.button(button)).to_be_disabled()
        expect(screen.button(button)).to_have_accessible_description(why)


def test_who_may_not_is_offered_nothing(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(0, 2, room="101")
    screen = screens.desk(grand, role=Role.VIEWER)
    screen.bar(booking).click()
    expect(screen.panel).to_contain_text("Nothing can be done with it now.")
    expect(screen.button("Close a room")).to_have_count(0)
    screen.drag(booking, "102")
    screen.told("You may not assign rooms here.")
    assert grand.room_of(booking) == "101"


def test_a_finger_that_rests_on_a_bar_drags_it(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(1, 4, room="101")
    screen = screens.desk(grand, has_touch=True)
    start, goal = box_of(screen.bar(booking)), box_of(screen.row("103"))
    x, y = start["x"] + 20, start["y"] + 10
    touches = screen.context.new_cdp_session(screen.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in points]})

    touch("touchStart", (x, y))
    expect(screen.page.locator(".drag-image")).to_be_visible()
    touch("touchMove", (x, y + 20))
    touch("touchMove", (x, goal["y"] + 16))
    expect(screen.page.locator(".drag-note")).to_have_text("103: free")
    touch("touchEnd")
    screen.told("101 → 103")
    assert grand.room_of(booking) == "103"
    expect(screen.panel).to_be_hidden()
    screen.bar(booking, "103").tap()
    expect(screen.panel).to_contain_text("Ada B1")


def test_a_booking_is_made_on_a_free_day_and_changed(screens: Screens, grand: SmallHotel) -> None:
    grand.book(3, 5, room="102")
    screen = screens.desk(grand, role=Role.RECEPTION)
    day = box_of(screen.page.locator(".day", has_text="11"))
    screen.page.mouse.click(day["x"] + 5, box_of(screen.row("102"))["y"] + 16)
    form = screen.panel
    expect(form.get_by_role("status")).to_have_text("4 rooms are free for the whole stay.")
    expect(form.get_by_label("Arrival")).to_have_value("2026-03-11")
    form.get_by_label("Departure").fill("2026-03-13")
    form.get_by_label("Adults").fill("0")
    screen.button("Book").click()
    expect(form.get_by_role("alert")).to_contain_text("see the marked fields")
    form.get_by_label("Adults").fill("2")
    form.get_by_label("Last name").fill("Lovelace")
    expect(form.get_by_label("Room")).to_have_value("102")
    screen.button("Book").click()
    screen.told("Lovelace is booked and has room 102.")
    expect(screen.page.locator(".bar", has_text="Lovelace")).to_be_visible()
    expect(screen.panel).to_contain_text("2 nights")

    screen.button("Change").click()
    form.get_by_label("Departure").fill("2026-03-14")
    screen.button("Save").click()
    expect(screen.dialog).to_contain_text("102 is taken by Ada B1")
    screen.button("Leave it").click()
    form.get_by_label("Departure").fill("2026-03-12")
    form.get_by_label("First name").fill("Ada")
    screen.button("Save").click()
    screen.told("The booking of Ada Lovelace is changed.")
    expect(screen.panel).to_contain_text("1 night")


@pytest.mark.faults
def test_what_the_hotel_cannot_hold_is_booked_only_on_purpose(screens: Screens, grand: SmallHotel) -> None:
    for room in grand.rooms:
        grand.book(0, 2, room=room)
    screen = screens.desk(grand, role=Role.RECEPTION)
    screen.button("New booking").click()
    screen.panel.get_by_label("Last name").fill("Hopper")
    screen.button("Book").click()
    expect(screen.dialog).to_contain_text("The hotel cannot hold this")
    expect(screen.dialog).to_contain_text("There is room for: 12 Mar – 13 Mar, 13 Mar – 14 Mar")
    screen.dialog.get_by_role("button", name="Cancel").click()
    assert bookings(grand) == 4
    screen.button("Book").click()
    screen.button("Overbook").click()
    screen.told("Hopper is booked.")
    assert bookings(grand) == 5


def test_who_stands_at_the_desk_is_let_in_at_once(screens: Screens, grand: SmallHotel) -> None:
    screen = screens.desk(grand, role=Role.RECEPTION)
    screen.button("New booking").click()
    form = screen.panel
    form.get_by_label("Last name").fill("Hopper")
    form.get_by_label("The guest is here: check in at once").check()
    expect(form.get_by_role("status")).to_contain_text("are free")
    screen.button("Book and check in").click()
    expect(form.get_by_role("alert")).to_have_text("Choose a room to check in.")
    form.get_by_label("Room", exact=True).select_option("103")
    screen.button("Book and check in").click()
    assert len(screen.dialog.locator(".pin").inner_text()) == 6
    screen.button("Noted").click()
    expect(screen.row("103").locator(".bar.in_house")).to_have_attribute("aria-label", re.compile("^Hopper, Room 103"))
    expect(screen.panel).to_contain_text("In house")
