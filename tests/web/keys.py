"""What hands do without a mouse: go somewhere by Tab, press, write, choose, carry."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.web.screen import Screen


def go(screen: Screen, target: Locator, key: str = "Tab") -> None:
    """Press a key until something has the focus."""
    expect(target).to_be_visible()
    for _ in range(80):
        if target.evaluate("(each) => each === document.activeElement"):
            return
        screen.press(key)
    raise AssertionError(f"no {key} reaches {target}")


def press(screen: Screen, name: str, key: str = "Tab") -> None:
    """Go to a button and press it; in a dialog or the panel if one of them has it."""
    inside = screen.dialog if screen.dialog.count() else screen.page
    go(screen, inside.get_by_role("button", name=name, exact=True).last, key)
    screen.press("Enter")


def write(screen: Screen, label: str, text: str) -> None:
    """Go to a field and type; in a field for a date that is what people do."""
    inside = screen.dialog if screen.dialog.count() else screen.page
    go(screen, inside.get_by_label(label, exact=True))
    screen.page.keyboard.type(text)


def choose(screen: Screen, label: str, *, steps: int = 1) -> Locator:
    """Go to a list of choices and take a later one."""
    inside = screen.dialog if screen.dialog.count() else screen.page
    target = inside.get_by_label(label, exact=True)
    go(screen, target)
    screen.press(*["ArrowDown"] * steps)
    return target


def look_for(screen: Screen, text: str) -> None:
    """Type into the search box."""
    go(screen, screen.page.get_by_role("combobox", name="Search"))
    screen.page.keyboard.type(text)


def find(screen: Screen, booking: str) -> None:
    """Look a booking up by its number, and open it."""
    look_for(screen, booking)
    expect(screen.page.locator("#hits [role=option]")).to_have_count(1)
    expect(screen.page.locator("#hits [role=option]")).to_contain_text(booking)
    screen.press("Enter")
    expect(screen.panel).to_contain_text(booking)


def on_bar(screen: Screen, booking: str) -> None:
    """Put the focus on a booking's bar."""
    find(screen, booking)
    screen.press("Escape")
    expect(screen.panel).to_be_hidden()
    go(screen, screen.page.locator(".body [tabindex='0']"))
    expect(screen.bar(booking)).to_be_focused()
