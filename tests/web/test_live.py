"""More than one at the desk: changes of others, conflicts, and a line that breaks."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from api.jobs import start_worker
from models import Role
from tests.api.services.hotels import SmallHotel
from tests.databases import Database
from tests.web.screen import Screens


def test_the_later_of_two_drags_is_told_why_and_both_charts_are_right(screens: Screens, grand: SmallHotel) -> None:
    one, other = grand.book(1, 4, room="101"), grand.book(2, 5, room="102")
    ada, eve = screens.desk(grand, "ada"), screens.desk(grand, "eve", Role.RECEPTION)
    eve.page.route("**/events/", lambda route: route.abort())  # so that the second really decides on what is gone
    eve.page.reload()
    expect(eve.bar(other, "102")).to_be_visible()
    ada.drag(one, "104")
    ada.told("101 → 104")
    eve.drag(other, "104")
    expect(eve.dialog).to_contain_text(f"104 is taken by Ada B1 ({one})")
    eve.button("Leave it").click()
    assert grand.rooming() == {one: "104", other: "102"}
    for screen in (ada, eve):
        expect(screen.bar(one, "104")).to_be_visible()
        expect(screen.bar(other, "102")).to_be_visible()


def test_a_booking_changed_by_somebody_else_is_not_moved_blindly(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(1, 4, room="101")
    screen = screens.desk(grand)
    screen.drag(booking, "103", drop=False)  # what is being dragged is not drawn anew meanwhile
    screens.web.member("eve", grand.id).post(f"/api/staff/hotels/grand/bookings/{booking}/lock/")
    screen.page.mouse.up()
    screen.told("was changed by somebody else")
    expect(screen.bar(booking, "101").locator(".bar-marks")).to_be_visible()
    assert grand.room_of(booking) == "101"


def test_a_change_of_another_appears(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(1, 4, room="101")
    screen = screens.desk(grand)
    desk = screens.web.member("eve", grand.id)
    assert desk.post(f"/api/staff/hotels/grand/bookings/{booking}/assign-room/", json={"room_number": "102"}).is_success
    expect(screen.bar(booking, "102")).to_be_visible()
    expect(screen.bar(booking, "101")).to_have_count(0)


@pytest.mark.faults
def test_the_night_of_the_batch_is_on_an_open_screen_within_two_seconds(
    screens: Screens, grand: SmallHotel, database: Database
) -> None:
    """Nobody touches a browser: a worker process finds that the hotel's night is due, solves and applies it."""
    bookings = [grand.book(arrival, arrival + 3) for arrival in range(4)]
    screen = screens.desk(grand, role=Role.VIEWER)
    expect(screen.page.locator(".loose")).to_have_count(4)

    def committed() -> float:
        """Return when the night's changes could be read by others; a little late, at most."""
        deadline = time.monotonic() + 90
        while len(grand.rooming()) < len(bookings):
            assert time.monotonic() < deadline, "the worker did nothing"
            time.sleep(0.005)
        return time.monotonic()

    with ThreadPoolExecutor(1) as pool, start_worker(database.app_url, log_level="WARNING") as worker:
        written = pool.submit(committed)
        for booking in bookings:
            screen.page.locator(f'.room-line .bar[data-booking="{booking}"]').wait_for(timeout=60_000)
        seen = time.monotonic()
        worker.terminate()
        assert seen - written.result() < 2.0
    expect(screen.page.locator(".loose")).to_have_count(0)


def test_a_lost_line_is_shown_and_heals(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(1, 4, room="101")
    screen = screens.desk(grand)
    line = screen.page.locator(".line-state")
    expect(line).to_have_text("")
    screen.context.set_offline(True)
    expect(line).to_contain_text("Connection lost")
    screens.web.member("eve", grand.id).post(
        f"/api/staff/hotels/grand/bookings/{booking}/assign-room/", json={"room_number": "102"}
    )
    screen.drag(booking, "103")
    screen.told("cannot be reached")
    screen.context.set_offline(False)
    screen.told("Connected again")
    expect(line).to_have_text("")
    expect(screen.bar(booking, "102")).to_be_visible()
    assert grand.room_of(booking) == "102"
