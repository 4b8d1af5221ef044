"""What the pages leave behind and let in: nothing about guests in addresses or storage, no foreign code."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.api.services.hotels import SmallHotel
from tests.web.screen import Screens

GUEST = re.compile(r"Ada|B1\b|BK-|Lovelace|example|eyJ|555", re.I)
STORED = """async () => JSON.stringify([
    Object.entries(localStorage), Object.entries(sessionStorage), document.cookie,
    (await indexedDB.databases()).map((each) => each.name), await caches.keys(),
    (await navigator.serviceWorker.getRegistrations()).length,
    history.state, window.name,
])"""


def test_nothing_about_guests_stays_in_addresses_or_storage(screens: Screens, grand: SmallHotel) -> None:
    booking = grand.book(0, 2, room="101")
    screen = screens.desk(grand)
    asked: list[str] = []
    screen.page.on("request", lambda request: asked.append(request.url))
    screen.page.get_by_role("combobox", name="Search").fill("Ada")
    expect(screen.page.locator("#hits [role=option]").first).to_contain_text(booking)
    screen.press("ArrowDown", "Enter")
    expect(screen.panel).to_contain_text("History")
    screen.button("Later days").click()
    screen.button("60 days").click()
    screen.button("Light or dark").click()
    screen.page.get_by_label("Rows grouped by").select_option("floor")
    screen.button("New booking").click()
    screen.panel.get_by_label("Last name").fill("Lovelace")
    screen.panel.get_by_label("Telephone").fill("+49 555")
    screen.button("Book").click()
    screen.told("Lovelace is booked.")
    expect(screen.page.locator(".day")).to_have_count(60)

    stored = screen.page.evaluate(STORED)
    assert "theme" in stored
    assert not GUEST.search(stored)
    # A booking's number is in the addresses of the API; a guest is not, and the page's own address has neither.
    assert not GUEST.search(screen.page.url)
    assert not [url for url in asked if re.search(r"Ada|Lovelace|555", url) and "/static/" not in url]
    assert {re.sub(r"^https?://([^/]+).*", r"\1", url) for url in asked} == {
        screens.web.client.base_url.netloc.decode()
    }

    screen.page.locator(".account summary").click()
    screen.button("Sign out").click()
    expect(screen.page.get_by_label("Password")).to_be_visible()
    assert not GUEST.search(screen.page.locator("body").inner_html())  # the head names files by a digest: any letters
    assert screen.context.cookies() == []


def test_no_foreign_or_inline_code_runs(screens: Screens, grand: SmallHotel) -> None:
    """The policy is strict, the browser keeps to it, and what a guest is called is never markup."""
    grand.book(0, 2, room="101")
    screen = screens.desk(grand)
    policy = screen.context.request.get("/").headers["content-security-policy"]
    rules = dict(rule.split(maxsplit=1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["form-action"] == rules["base-uri"] == "'none'"
    assert rules["require-trusted-types-for"] == "'script'"
    told = screen.page.evaluate("""async () => {
        const broken = [];
        addEventListener('securitypolicyviolation', (event) => broken.push(event.effectiveDirective));
        const tried = [];
        const attempts = [
            () => { document.body.innerHTML = '<b>x</b>'; },
            () => { document.createElement('script').textContent = 'window.ran = true'; },
            () => document.body.setAttribute('onclick', 'window.ran = true'),
        ];
        for (const attempt of attempts) {
            try { attempt(); tried.push('done'); } catch (error) { tried.push(error.name); }
        }
        document.body.click();
        await fetch('https://elsewhere.example/').catch(() => tried.push('no line out'));
        await new Promise((done) => setTimeout(done));
        return [window.ran ?? null, tried, broken.includes('connect-src')];
    }""")
    screen.faults.clear()  # the browser complains of each attempt, as it should
    assert told == [None, ["TypeError"] * 3 + ["no line out"], True]
    expect(screen.page.locator(".bar")).to_be_visible()
