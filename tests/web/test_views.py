"""The views around the chart, what they are called, and what an audit of accessibility finds in them: nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.api.services.hotels import SmallHotel
from tests.api.services.proposals import proposed
from tests.web.keys import on_bar
from tests.web.screen import Screen, Screens

STATIC = Path(__file__).resolve().parents[2] / "api" / "static"
# The dark theme differs in its colours and in nothing else.
RULES: dict[Literal["light", "dark"], list[str]] = {
    "light": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "dark": ["color-contrast", "link-in-text-block"],
}


def open_panel(name: str) -> Callable[[Screen], None]:
    """Return what opens a view by its button."""

    def opened(screen: Screen) -> None:
        screen.page.locator(".menu").get_by_role("button", name=name).click()
        expect(screen.page.locator("#panel:not([hidden]), dialog[open]")).to_be_visible()

    return opened


def a_booking(screen: Screen) -> None:
    screen.page.locator(".room-line .bar.due_in").first.click()
    expect(screen.panel).to_contain_text("History")


def suggestions(screen: Screen) -> None:
    a_booking(screen)
    screen.button("Another room").click()
    expect(screen.panel.locator(".suggestions")).to_be_visible()


def a_closure(screen: Screen) -> None:
    screen.page.locator(".bar.oos").first.click()
    expect(screen.panel).to_contain_text("deep cleaning")


def a_refusal(screen: Screen) -> None:
    screen.drag(screen.page.locator(".room-line .bar.due_in").first.get_attribute("data-booking") or "", "102")
    expect(screen.dialog).to_contain_text("is taken by")


def a_proposal(screen: Screen) -> None:
    open_panel("Reshuffle")(screen)
    screen.panel.get_by_role("button", name="Proposal").click()
    expect(screen.page.locator(".ghost-arriving").first).to_be_visible()


def a_choice(screen: Screen) -> None:
    a_proposal(screen)
    screen.panel.get_by_role("button", name="Reject").first.click()
    screen.panel.get_by_role("button", name="Accept").last.click()
    expect(screen.panel.locator(".run-head")).to_contain_text("1 rejected")


def a_new_booking(screen: Screen) -> None:
    open_panel("New booking")(screen)
    expect(screen.panel.get_by_role("status")).to_contain_text("free for the whole stay")


def a_change(screen: Screen) -> None:
    a_booking(screen)
    screen.button("Change").click()
    expect(screen.panel.get_by_label("Departure")).to_be_visible()


def a_room(screen: Screen) -> None:
    screen.row("201").locator(".row-head").click()
    expect(screen.panel).to_contain_text("sea view")


def a_card(screen: Screen) -> None:
    screen.page.locator(".bar.in_house").first.hover()
    expect(screen.page.locator("#card")).to_contain_text("Booking")


def the_account(screen: Screen) -> None:
    screen.page.locator(".account summary").click()
    expect(screen.button("Sign out")).to_be_visible()


def the_trail(screen: Screen) -> None:
    a_booking(screen)
    screen.panel.locator(".audit summary").click()
    expect(screen.panel.locator(".audit")).to_have_attribute("open", "")


def a_refused_check_in(screen: Screen) -> None:
    screen.page.locator('.room-line .bar[aria-label^="Ada B10"]').click()
    expect(screen.panel.locator(".refusal")).to_contain_text("still in room")


def a_group(screen: Screen) -> None:
    open_panel("Groups")(screen)
    screen.panel.locator("summary").first.click()
    screen.button("Show on the chart").click()
    expect(screen.page.locator(".bar.faint").first).to_be_visible()


def why(screen: Screen) -> None:
    screen.page.locator(".bar.loose.due_in").first.click()
    expect(screen.panel.locator(".why strong")).to_be_visible()


def a_search(screen: Screen) -> None:
    screen.page.get_by_role("combobox", name="Search").fill("Ada")
    expect(screen.page.locator("#hits [role=option]").first).to_be_visible()


def a_bar_in_hand(screen: Screen) -> None:
    booking = screen.page.locator(".room-line .bar.due_in").first.get_attribute("data-booking") or ""
    on_bar(screen, booking)
    screen.press("Alt+ArrowDown", "ArrowDown")
    expect(screen.page.locator(".drop-here")).to_be_visible()


def a_broken_line(screen: Screen) -> None:
    screen.context.set_offline(True)
    expect(screen.page.locator(".line-state")).to_contain_text("Connection lost")


def a_healed_line(screen: Screen) -> None:
    screen.context.set_offline(False)
    screen.told("Connected again")


def the_legend(screen: Screen) -> None:
    screen.button("What the signs mean").click()
    expect(screen.dialog).to_contain_text("Due in")


# Each view with what shows it and what is new on the page then; the whole page is audited with the chart.
VIEWS: dict[str, tuple[Callable[[Screen], None], str]] = {
    "chart": (lambda _: None, "html"),
    "card": (a_card, "#card"),
    "booking": (a_booking, "#panel"),
    "suggestions": (suggestions, "#panel, .row-head"),
    "closure": (a_closure, "#panel"),
    "refusal": (a_refusal, "dialog"),
    "without a room": (open_panel("Without a room"), "#panel"),
    "today": (open_panel("Arrivals & departures"), "#panel"),
    "groups": (open_panel("Groups"), "#panel"),
    "close a room": (open_panel("Close a room"), "dialog"),
    "new booking": (a_new_booking, "#panel"),
    "change": (a_change, "#panel"),
    "room": (a_room, "#panel"),
    "runs": (open_panel("Reshuffle"), "#panel"),
    "proposal": (a_choice, "#panel, .ghost"),
    "legend": (the_legend, "dialog"),
    "account": (the_account, ".account"),
    "audit trail": (the_trail, "#panel"),
    "refused check-in": (a_refused_check_in, "#panel"),
    "a group": (a_group, "#panel, .chart"),
    "why": (why, "#panel"),
    "search": (a_search, ".search, .chart"),
    "a bar in hand": (a_bar_in_hand, ".chart"),
    "a broken line": (a_broken_line, ".toolbar"),
    "a healed line": (a_healed_line, ".toolbar, #toasts"),
}


@pytest.mark.faults
def test_an_audit_of_accessibility_finds_nothing(screens: Screens, full: SmallHotel, subtests: pytest.Subtests) -> None:
    """In either theme: each view is made once, and the theme changes around it as when the evening comes."""
    proposed(full, {"BK-2026-000002": "101", "BK-2026-000001": "201"})
    audit = Axe()
    first = screens.window("/", color_scheme="light")
    first.page.get_by_label("E-mail").wait_for()
    with subtests.test(view="sign in"):
        assert findings(audit, first, "html") == []
    screen = screens.desk(full, color_scheme="light")
    screen.button("14 days").click()
    expect(screen.page.locator(".day")).to_have_count(14)
    for name, (show, part) in VIEWS.items():
        with subtests.test(view=name):
            show(screen)
            assert findings(audit, screen, part) == []
        screen.press("Escape", "Escape", "Escape")
        if screen.page.locator(".account[open]").count():
            screen.page.locator(".account summary").click()
        screen.page.mouse.move(5, 5)
        expect(screen.dialog).to_have_count(0)
        expect(screen.panel).to_be_hidden()


def findings(audit: Axe, screen: Screen, part: str) -> list[str]:
    """Return what axe complains of, each with the first element concerned."""
    if not screen.page.evaluate("'axe' in window"):  # half a megabyte: once a page, not once a view
        screen.page.evaluate(audit.axe_script)
    told = []
    for theme, rules in RULES.items():
        screen.page.emulate_media(color_scheme=theme)
        expect(screen.page.locator("html")).to_have_attribute("data-theme", theme)
        options = {"runOnly": rules, "resultTypes": ["violations"]}
        told += screen.page.evaluate("([part, options]) => axe.run(part, options)", [part, options])["violations"]
    screen.page.emulate_media(color_scheme="light")
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]} {each['nodes'][0]['failureSummary']}" for each in told]


def test_arrivals_and_departures_on_screen_and_on_paper(screens: Screens, full: SmallHotel) -> None:
    screen = screens.desk(full)
    screen.page.evaluate("window.print = () => { window.printed = true }")
    screen.button("Arrivals & departures").click()
    expect(screen.panel.locator("section").first).to_contain_text("3 of 3 open")
    expect(screen.panel.locator("section").last).to_contain_text("1 of 2 open")
    screen.button("Print").click()
    assert screen.page.evaluate("window.printed")
    screen.page.emulate_media(media="print")
    expect(screen.page.locator("#paper")).to_be_visible()
    expect(screen.page.locator("#paper tbody tr")).to_have_count(5)
    expect(screen.page.locator("#app")).to_be_hidden()


def test_searching_filtering_and_grouping(screens: Screens, full: SmallHotel) -> None:
    far = full.book(90, 92, room="103")
    screen = screens.desk(full)
    search = screen.page.get_by_role("combobox", name="Search")
    search.fill(far)
    hit = screen.page.locator("#hits [role=option]").first
    expect(hit).to_contain_text(far)
    search.press("ArrowDown")
    search.press("Enter")
    expect(screen.bar(far, "103")).to_have_class(re.compile("selected"))
    screen.press("Escape")
    screen.button("Today").click()
    expect(screen.page.locator(".is-today")).to_be_visible()
    search.fill("")
    screen.page.get_by_label("All features").select_option("sea view")
    expect(screen.page.locator(".room-line")).to_have_count(1)
    screen.page.get_by_label("All features").select_option("")
    screen.page.get_by_label("All statuses").select_option("due_in")
    expect(screen.page.locator(".bar.in_house").first).to_have_class(re.compile("faint"))
    screen.page.get_by_label("Rows grouped by").select_option("floor")
    expect(screen.page.locator(".group-title").first).to_have_text("Floor 0")
    screen.button("60 days").click()
    expect(screen.page.locator(".day")).to_have_count(60)


def test_closing_a_room_and_opening_it_again(screens: Screens, grand: SmallHotel) -> None:
    grand.book(1, 3, room="101")
    screen = screens.desk(grand)
    screen.button("Close a room").click()
    screen.dialog.get_by_label("From", exact=True).fill("2026-03-11T12:00")
    screen.dialog.get_by_label("To", exact=True).fill("2026-03-12T12:00")
    screen.dialog.get_by_role("button", name="Close the room").click()
    expect(screen.dialog.get_by_role("alert")).to_contain_text("Move Ada B1 to another room first.")
    screen.dialog.get_by_label("Room", exact=True).select_option("102")
    screen.dialog.get_by_label("Reason", exact=True).fill("paint")
    screen.dialog.get_by_role("button", name="Close the room").click()
    screen.told("Room 102 is closed.")
    screen.row("102").locator(".bar.ooo").click()
    screen.button("Open the room again").click()
    screen.dialog.get_by_role("button", name="Open the room again").click()
    screen.told("Room 102 is open again.")
    expect(screen.row("102").locator(".bar")).to_have_count(0)


def test_the_pages_speak_german_and_remember_it(screens: Screens, full: SmallHotel) -> None:
    screen = screens.desk(full)
    screen.page.locator(".account summary").click()
    screen.page.get_by_label("Language").select_option("de")
    expect(screen.button("An- und Abreisen")).to_be_visible()
    expect(screen.page.locator("html")).to_have_attribute("lang", "de")
    kept = screen.page.evaluate("JSON.stringify(localStorage)")
    assert "de" in kept
    assert not re.search(r"Ada|BK-|eyJ|example", kept + screen.page.url)


def test_every_text_is_there_in_every_language() -> None:
    """No name of a text is misspelt, none is missing in a language, none is forgotten."""
    source = (STATIC / "messages.js").read_text()
    table = dict(re.findall(r'^  "?([\w.]+)"?: \[(".*")\],$', source, re.M))
    assert len(table) > 200
    for name, texts in table.items():
        assert len(re.findall(r'(?:^|, )"[^"]+"', texts)) == 2, name
    code = "\n".join(path.read_text() for path in STATIC.glob("*.js") if path.name != "messages.js")
    for name in re.findall(r'\bt\("([\w.]+)"', code):
        assert name in table, f"no text {name}"
    whole = set(re.findall(r'"([\w.]+)"', code))
    begun = set(re.findall(r"`([\w.]+\.(?:\w+_)?)\$\{", code)) | {"ghost.", "key.", "keydoes."}
    unused = [name for name in table if name not in whole and not any(name.startswith(start) for start in begun)]
    assert unused == []
