"""The pictures of ``docs/``: the front desk's work on a fresh demo hotel, step by step.

``./run demo --fresh`` in one window, then ``./run python -m benchmarks.web.pictures http://127.0.0.1:8000/hotels/...``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import Locator, Page, ViewportSize, expect, sync_playwright

from api.cli.demo import EMAIL, PASSWORD
from benchmarks.web.run import find_browser

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
SIZE: ViewportSize = {"width": 1360, "height": 800}


class Desk:
    """A window on the demo hotel."""

    def __init__(self, page: Page) -> None:
        self.page, self.panel = page, page.locator("#panel")
        self.dialog = page.locator("dialog[open]")

    def shot(self, name: str) -> None:
        """Keep what is seen now."""
        self.page.screenshot(path=FOLDER / f"{name}.png")

    def button(self, name: str) -> Locator:
        """Return a button of the dialog if there is one, else of the page."""
        inside = self.dialog if self.dialog.count() else self.page
        return inside.get_by_role("button", name=name, exact=True).last

    def close(self) -> None:
        """Close what is open, and rest the pointer where nothing is."""
        while self.panel.is_visible():
            self.page.keyboard.press("Escape")
        self.page.mouse.move(5, 5)
        self.page.evaluate("document.getElementById('toasts').replaceChildren()")

    def told(self, text: str) -> None:
        """Wait for a message."""
        expect(self.page.locator(".toast", has_text=text).first).to_be_visible()

    def grab(self, first: int = 0) -> tuple[float, int]:
        """Pick a bar up (not before this one) for which rooms of every kind are in view; return where, and which."""
        bars = self.page.locator(".room-line .bar.future")
        for number in range(first, bars.count()):
            box = bars.nth(number).bounding_box()
            if box is None or not 320 < box["y"] < 760:
                continue
            self.page.mouse.move(5, 5)
            expect(self.page.locator("#card")).to_be_hidden()
            x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 2
            self.page.mouse.move(x, y)
            self.page.mouse.down()
            self.page.mouse.move(x + 4, y + 10, steps=3)
            expect(self.page.locator(".drag-image")).to_be_visible()
            if all(self.visible(verdict) for verdict in ("good", "no", "taken")):
                expect(self.page.locator(".row-head .fit").first).to_be_visible()
                return x, number
            self.page.keyboard.press("Escape")
            self.page.mouse.up()
        raise LookupError("no booking with rooms of every kind in view")

    def visible(self, verdict: str) -> Locator | None:
        """Return a row in view that a bar in hand finds so; None without one."""
        lines = self.page.locator(f".line.drop-{verdict}")
        boxes = [lines.nth(number).bounding_box() for number in range(lines.count())]
        seen = [number for number, box in enumerate(boxes) if box and 320 < box["y"] < 760]
        return lines.nth(seen[len(seen) // 2]) if seen else None

    def over(self, verdict: str, x: float) -> None:
        """Hold what is picked up over a row that it finds so."""
        line = self.visible(verdict)
        box = line.bounding_box() if line else None
        assert box is not None
        self.page.mouse.move(x, box["y"] + box["height"] / 2, steps=4)


def sign_in(desk: Desk) -> None:
    """Sign in, and see the night's plan."""
    desk.page.get_by_label("E-mail").fill(EMAIL)
    desk.page.get_by_label("Password").fill(PASSWORD)
    desk.shot("sign-in")
    desk.button("Sign in").click()
    expect(desk.page.locator(".bar").first).to_be_visible()
    desk.shot("chart-light")
    desk.button("Light or dark").click()
    desk.page.get_by_label("Rows grouped by").select_option("floor")
    desk.button("Arrivals & departures").click()
    expect(desk.panel.locator(".bookings").first).to_be_visible()
    desk.page.mouse.move(5, 5)
    desk.shot("chart-dark")
    desk.close()
    desk.button("Light or dark").click()
    desk.page.get_by_label("Rows grouped by").select_option("type")


def drag(desk: Desk) -> None:
    """Drag a booking over rooms that are free, closed and taken; drop it on a taken one and make room."""
    bar = 0
    while not desk.panel.is_visible():  # until one for which room can be made
        x, bar = desk.grab(bar)
        desk.over("good", x)
        desk.shot("drag-valid")
        desk.over("no", x)
        desk.shot("drag-invalid")
        desk.over("taken", x)
        desk.page.mouse.up()
        expect(desk.dialog).to_contain_text("is taken by")
        desk.shot("taken")
        desk.dialog.get_by_role("button", name="Make room").click()
        no_way = desk.dialog.filter(has_text="No room can be made")
        expect(no_way.or_(desk.panel.locator(".run-state")).first).to_be_visible()
        if no_way.count():
            desk.page.keyboard.press("Escape")
        bar += 1
    expect(desk.panel.locator(".run-state")).to_have_text("Proposal")
    desk.shot("make-room")
    desk.button("Put aside").click()
    expect(desk.panel.locator(".run-state")).to_have_text("Put aside")
    desk.close()


def lock(desk: Desk) -> None:
    """Lock a booking to its room."""
    desk.page.locator(".room-line .bar.future").nth(8).click()
    desk.button("Lock the room").click()
    desk.dialog.get_by_role("textbox").fill("the room was promised")
    desk.button("Lock the room").click()
    expect(desk.panel).to_contain_text("promised")
    expect(desk.page.locator(".bar.selected")).to_have_count(1)
    desk.page.mouse.move(5, 5)
    desk.shot("locked")
    desk.close()


def without_room(desk: Desk) -> None:
    """Book what the hotel cannot hold, and see why and what helps."""
    desk.button("New booking").click()
    desk.panel.get_by_label("Last name").fill("Noether")
    for number in range(1, desk.panel.get_by_label("Type").locator("option").count() + 1):
        desk.panel.get_by_label("Type").select_option(index=-number % 8)
        status = desk.panel.get_by_role("status")
        expect(status).not_to_contain_text("Looking")
        if "cannot hold" in status.inner_text():
            break
    desk.shot("new-booking")
    desk.button("Book").click()
    expect(desk.panel.locator(".why strong")).to_be_visible(timeout=60_000)
    desk.shot("why")
    desk.close()


def new_bookings(desk: Desk) -> None:
    """Book what the hotel can hold, without giving rooms."""
    for name, day in (("Curie", 6), ("Franklin", 7), ("Goeppert", 9), ("Meitner", 12)):
        desk.button("New booking").click()
        desk.panel.get_by_label("Last name").fill(name)
        desk.panel.get_by_label("Arrival").fill(f"2026-05-{day:02}")
        desk.panel.get_by_label("Departure").fill(f"2026-05-{day + 2:02}")
        desk.button("Book").click()
        desk.told(f"{name} is booked")
        desk.close()


def reshuffle(desk: Desk) -> None:
    """Reshuffle, reject two moves, apply the rest, undo it."""
    desk.button("Reshuffle").click()
    desk.panel.get_by_label("Search for").select_option("30")
    desk.button("Start").click()
    expect(desk.panel.locator(".lines")).to_be_visible(timeout=60_000)
    desk.shot("solving")
    expect(desk.panel.locator(".run-state")).to_have_text("Proposal", timeout=120_000)
    for number in range(2):
        desk.panel.locator(".choice.reject").nth(number).click()
    desk.shot("proposal")
    desk.button("Apply without 2").click()
    desk.told("Applied in part")
    expect(desk.button("Undo the run")).to_be_visible()
    desk.shot("applied")
    desk.button("Undo the run").click()
    desk.button("Undo the run").click()
    desk.told("The run is undone.")
    desk.shot("undone")
    desk.close()


def in_and_out(desk: Desk) -> None:
    """Let a guest in and another one out."""
    desk.button("Arrivals & departures").click()
    expected = desk.panel.locator("li.due_in", has_not_text="—")
    expected.filter(has_text="still in it").first.click()
    expect(desk.panel.locator(".refusal")).to_be_visible()
    desk.page.mouse.move(5, 5)
    desk.shot("not-yet")
    desk.close()
    desk.button("Arrivals & departures").click()
    expected.filter(has_not_text="still in it").filter(has_not_text="not clean").first.click()
    desk.button("Check in").click()
    expect(desk.dialog.locator(".pin")).to_be_visible()
    desk.shot("checked-in")
    desk.button("Noted").click()
    desk.button("Arrivals & departures").click()
    desk.panel.locator("li.due_out .booking-item").first.click()
    desk.button("Check out").click()
    desk.shot("check-out")
    desk.button("Check out").click()
    desk.told("has left")
    desk.panel.locator(".audit summary").click()
    expect(desk.panel.locator(".audit li").first).to_be_visible()
    desk.panel.locator(".audit li").last.scroll_into_view_if_needed()
    desk.page.mouse.move(5, 5)
    desk.shot("audit")
    desk.close()


def on_paper(desk: Desk) -> None:
    """The day's list as the printer has it."""
    desk.page.evaluate("window.print = () => {}")
    desk.button("Arrivals & departures").click()
    desk.button("Print").click()
    desk.page.emulate_media(media="print")
    desk.shot("paper")
    desk.page.emulate_media(media="screen")
    desk.close()


def main(address: str) -> None:
    """Take every picture."""
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        page = browser.new_page(viewport=SIZE, locale="en-GB", reduced_motion="reduce")
        page.goto(address)
        desk = Desk(page)
        for step in (sign_in, drag, lock, without_room, new_bookings, reshuffle, in_and_out, on_paper):
            step(desk)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
