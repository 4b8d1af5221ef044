"""Reshuffles on the screen: from the request to the proposal, applied and taken back."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import expect
from sqlalchemy import select

from api.jobs import work
from api.jobs.tasks import Work
from api.services.apply import apply_run
from api.services.clock import SYSTEM_CLOCK
from api.services.runs import get_run
from api.services.transaction import read_hotel
from models import AllocationRun, Role, RunState
from tests.api.services.hotels import SmallHotel
from tests.api.services.proposals import CLOCK, DESK, proposed
from tests.api.web import Web
from tests.web.screen import Screens


def solve(web: Web) -> None:
    """Let a worker do what waits; in a thread of its own, since the browser's loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(work(Work(web.engine, SYSTEM_CLOCK), wait=False))).result()


def test_a_run_from_request_to_undo(screens: Screens, grand: SmallHotel) -> None:
    first, second = grand.book(1, 3), grand.book(1, 4)
    screen = screens.desk(grand)
    screen.button("Reshuffle").click()
    screen.panel.get_by_label("Search for").select_option("5")
    screen.button("Start").click()
    expect(screen.panel.locator(".run-state")).to_have_text("Waiting")
    solve(screens.web)
    expect(screen.panel.locator(".run-state")).to_have_text("Proposal")
    expect(screen.page.locator(".ghost-arriving")).to_have_count(2)
    expect(screen.panel.locator(".figures")).to_contain_text("Proven bound")
    expect(screen.panel.locator(".moves li")).to_have_count(2)
    expect(screen.panel).to_contain_text("had no room")
    assert grand.rooming() == {}

    screen.button("Apply 2 changes").click()
    screen.told("Applied: 2 placed")
    expect(screen.page.locator(".ghost-arriving")).to_have_count(0)
    expect(screen.bar(first)).to_be_visible()
    assert set(grand.rooming()) == {first, second}

    screen.button("Undo the run").click()
    screen.dialog.get_by_role("button", name="Undo the run").click()
    screen.told("The run is undone.")
    expect(screen.panel.locator(".run-state")).to_have_text("Undone")
    assert grand.rooming() == {}


def test_two_moves_of_a_reshuffle_are_rejected_and_the_rest_is_applied_and_undone(
    screens: Screens, grand: SmallHotel
) -> None:
    guests = [grand.book(1, 3 + n) for n in range(4)]
    screen = screens.desk(grand)
    screen.button("Reshuffle").click()
    screen.button("Start").click()
    expect(screen.panel.locator(".run-state")).to_have_text("Waiting")
    solve(screens.web)
    expect(screen.panel.locator(".moves li")).to_have_count(4)
    one, other = "Ada B1", "Ada B3"
    for guest in (one, other):
        screen.button(f"Reject: {guest}").click()
        expect(screen.button(f"Reject: {guest}")).to_have_attribute("aria-pressed", "true")
    screen.button("Accept: Ada B2").click()
    expect(screen.page.locator(".ghost-arriving")).to_have_count(2)
    expect(screen.page.locator(".ghost-arriving.accepted")).to_have_count(1)
    expect(screen.panel.locator(".run-head")).to_contain_text("2 rejected stay as they are. 1 accepted is made")

    # The choices wait while a booking is looked at.
    screen.panel.locator(".moves .booking-item").first.click()
    expect(screen.panel).to_contain_text("History")
    screen.panel.get_by_role("button", name="Back to Reshuffle").click()
    expect(screen.button(f"Reject: {one}")).to_have_attribute("aria-pressed", "true")

    screen.button("Apply without 2").click()
    screen.told("Applied in part: 2 placed, 0 moved, 0 released")
    expect(screen.panel.locator(".run-state")).to_have_text("Applied")
    assert set(grand.rooming()) == {guests[1], guests[3]}
    expect(screen.bar(guests[1], grand.room_of(guests[1]))).to_be_visible()
    expect(screen.page.locator(".loose")).to_have_count(2)

    screen.button("Undo the run").click()
    screen.dialog.get_by_role("button", name="Undo the run").click()
    screen.told("The run is undone.")
    expect(screen.page.locator(".count-badge")).to_have_text("4")
    assert grand.rooming() == {}
    with grand.session() as session:
        states = list(session.scalars(select(AllocationRun.state).order_by(AllocationRun.id)))
    assert states == [RunState.DISCARDED, RunState.UNDONE]


def test_a_choice_that_others_need_is_marked_and_solved_anew(screens: Screens, grand: SmallHotel) -> None:
    one, other = grand.book(1, 3, room="101"), grand.book(1, 3, room="102")
    proposed(grand, {one: "102", other: "103"})
    screen = screens.desk(grand)
    screen.button("Reshuffle").click()
    screen.panel.get_by_role("button", name="Proposal").click()
    screen.button("Reject: Ada B2").click()
    expect(screen.panel.locator(".moves li").first).to_contain_text("Room 102 would stay taken")
    screen.button("Accept: Ada B1").click()
    screen.button("Apply without 1").click()
    screen.told("What is accepted needs what is rejected.")
    expect(screen.panel.locator(".run-state")).to_have_text("Proposal")
    screen.button("Accept: Ada B1").click()  # taken back
    screen.button("Apply without 1").click()
    screen.told("Applied in part")
    assert grand.room_of(other) == "102"
    assert grand.room_of(one) != "102"


def test_the_moves_of_a_proposal_with_their_reasons_and_ghosts(screens: Screens, grand: SmallHotel) -> None:
    one, other = grand.book(1, 3, room="101"), grand.book(1, 3, room="102")
    proposed(grand, {one: "102", other: "101"})
    screen = screens.desk(grand)
    screen.button("Reshuffle").click()
    screen.panel.get_by_role("button", name="Proposal").click()
    moves = screen.panel.locator(".moves li")
    expect(moves).to_have_count(2)
    expect(moves.first).to_contain_text("101 → 102")
    expect(moves.first).to_contain_text("makes room for Ada B2")
    for room in ("101", "102"):
        expect(screen.row(room).locator(".ghost-arriving")).to_have_count(1)
        expect(screen.row(room).locator(".ghost-leaving")).to_have_count(1)
    screen.button("Put aside").click()
    expect(screen.panel.locator(".run-state")).to_have_text("Put aside")
    expect(screen.page.locator(".ghost")).to_have_count(0)


def test_a_stale_proposal_says_what_has_changed(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(1, 3)
    proposed(grand, {booking: "102"})
    screen = screens.desk(grand)
    screen.button("Reshuffle").click()
    screen.panel.get_by_role("button", name="Proposal").click()
    grand.change(booking, adults=2)
    screen.button("Apply 1 change").click()
    screen.told("The hotel has changed")
    assert grand.rooming() == {}


def test_a_run_that_others_have_built_on_is_not_undone(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(1, 3)
    run = proposed(grand, {booking: "103"})
    apply_run(grand.engine, grand.id, run.id, DESK, clock=CLOCK)
    desk = screens.web.member("eve", grand.id)
    desk.post(f"/api/staff/hotels/grand/bookings/{booking}/assign-room/", json={"room_number": "102"})
    screen = screens.desk(grand, locale="de-DE")
    screen.button("Neu verteilen").click()
    screen.panel.get_by_role("button", name="Angewendet").click()
    screen.button("Lauf zurücknehmen").click()
    screen.dialog.get_by_role("button", name="Lauf zurücknehmen").click()
    expect(screen.dialog).to_contain_text(f"Ada B1 ({booking}) in 102 wurde seitdem geändert")
    assert grand.room_of(booking) == "102"


def test_the_batch_shows_on_an_open_screen(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(1, 3)
    run = proposed(grand, {booking: "103"})
    screen = screens.desk(grand, role=Role.VIEWER)
    expect(screen.bar(booking, "103")).to_have_count(0)
    apply_run(grand.engine, grand.id, run.id, DESK, clock=CLOCK)
    expect(screen.bar(booking, "103")).to_be_visible()
    assert read_hotel(grand.engine, grand.id, lambda s, h: get_run(s, h, run.id)).state == RunState.APPLIED
