"""A window of the browser with somebody signed in, and the few things that every test does with it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from models import Role
from tests.api.services.hotels import SmallHotel
from tests.api.web import PASSWORD, Web

SIZE = {"width": 1280, "height": 800}

# Messages go after some seconds unless the pointer rests on them: it does, or a test that is held up would miss them.
MESSAGES_STAY = """
new MutationObserver((changes) => {
  for (const made of changes.flatMap((change) => [...change.addedNodes])) {
    if (made.classList?.contains("toast")) made.dispatchEvent(new Event("mouseenter"));
  }
}).observe(document, { childList: true, subtree: true });
"""


@dataclass
class Screen:
    """A window that shows the chart of a hotel."""

    page: Page
    context: BrowserContext
    faults: list[str] = field(default_factory=list)

    def row(self, number: str) -> Locator:
        """Return a room's row."""
        return self.page.locator(f'.line[data-row="{number}"]')

    def bar(self, booking: str, room: str | None = None) -> Locator:
        """Return a booking's bar, in this room or anywhere."""
        inside: Any = self.row(room) if room else self.page
        return inside.locator(f'.bar[data-booking="{booking}"]:not(.drag-image)')

    def drag(self, booking: str, room: str, *, drop: bool = True) -> None:
        """Drag a booking's bar onto a room's row."""
        start, goal = box_of(self.bar(booking)), box_of(self.row(room))
        mouse = self.page.mouse
        x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + 3, y + 12, steps=2)
        mouse.move(x + 3, goal["y"] + goal["height"] / 2, steps=3)
        if drop:
            mouse.up()

    @property
    def panel(self) -> Locator:
        """The panel at the right."""
        return self.page.locator("#panel")

    @property
    def dialog(self) -> Locator:
        """The dialog that is open."""
        return self.page.locator("dialog[open]")

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def button(self, name: str) -> Locator:
        """Return a button anywhere by its whole name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def told(self, text: str) -> None:
        """Wait until a message says this."""
        expect(self.page.locator(".toast", has_text=text).first).to_be_visible()


def box_of(locator: Locator) -> Any:
    """Return where an element is, however often it is drawn anew meanwhile."""
    while True:
        expect(locator).to_be_visible()
        if (found := locator.bounding_box()) is not None:
            return found


class Screens:
    """Opens windows on a service. When a test is over, none of them may have met an error of its own."""

    def __init__(self, browser: Browser, web: Web) -> None:
        self.browser, self.web = browser, web
        self.opened = ExitStack()
        self.all: list[Screen] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.opened.close()
        if kind is None:
            assert [fault for screen in self.all for fault in screen.faults] == []

    def window(self, path: str | None = "/", **options: Any) -> Screen:
        """Open a window with nobody signed in."""
        context = self.browser.new_context(
            **{
                "base_url": str(self.web.client.base_url),
                "viewport": SIZE,
                "locale": "en-GB",
                "reduced_motion": "reduce",
            }
            | options
        )
        self.opened.callback(context.close)
        context.add_init_script(MESSAGES_STAY)
        screen = Screen(context.new_page(), context)
        self.all.append(screen)
        screen.page.on("pageerror", lambda error: screen.faults.append(str(error)))
        screen.page.on("console", lambda message: _note(screen, message.type, message.text))
        if path is not None:
            screen.page.goto(path)
        return screen

    def desk(self, hotel: SmallHotel, name: str = "ada", role: Role = Role.MANAGER, **options: Any) -> Screen:
        """Open a window on a hotel's chart with a member of its staff signed in."""
        if name not in self.web.people:
            self.web.member(name, hotel.id, role)
        screen = self.window(None, **options)
        address = str(self.web.client.base_url).rstrip("/")
        who = {"email": f"{name}@example.org", "password": PASSWORD}
        answer = screen.context.request.post("/api/auth/session/", data=who, headers={"Origin": address})
        assert answer.ok, answer.text()
        screen.page.goto(f"/hotels/{slug_of(hotel)}/")
        expect(screen.page.locator(".line").first).to_be_visible()
        return screen


def slug_of(hotel: SmallHotel) -> str:
    """Return the hotel's name in addresses."""
    from models import Hotel

    with hotel.session() as session:
        slug: str = session.get_one(Hotel, hotel.id).slug
    return slug


def sign_in(screen: Screen, name: str, password: str = PASSWORD) -> None:
    """Sign in on the first page."""
    screen.page.get_by_label("E-mail").fill(f"{name}@example.org")
    screen.page.get_by_label("Password").fill(password)
    screen.button("Sign in").click()


def _note(screen: Screen, kind: str, text: str) -> None:
    """Keep what the browser complains of, except that an answer was no success: those the pages explain themselves."""
    if kind in ("error", "warning") and not text.startswith("Failed to load resource"):
        screen.faults.append(text)
