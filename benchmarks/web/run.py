"""``./run bench web``: a hotel of 500 rooms, 60 nights and 6,000 bars, drawn and scrolled in Chromium."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, Route, ViewportSize, sync_playwright

from api.routes.pages import ASSETS, DIGEST, DOCUMENT, PAGE, TYPES
from benchmarks.web.data import chart
from benchmarks.web.rivals import DAYPILOT, VIS, Rival, fetch

ADDRESS: Final = "http://bench.invalid"
SIZE: Final[ViewportSize] = {"width": 1440, "height": 900}

# From the data (an object, as JSON.parse gave it) to the second frame after them: the first one that shows them.
FIRST_RENDER: Final = """
async ([base, data]) => {
  const { Chart } = await import(`${base}/chart.js`);
  const { state, tell } = await import(`${base}/state.js`);
  await new Promise((done) => setTimeout(done, 200));
  const begun = performance.now();
  state.days = 60;
  state.chart = new Chart(data);
  tell('chart');
  const worked = performance.now() - begun;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return [performance.now() - begun, worked];
}
"""

SCROLL: Final = """
async ([find, step, frames]) => {
  const scrolled = typeof find === 'string' ? document.querySelector(find) : window.scrolled();
  const times = [];
  let last = performance.now();
  for (let frame = 0; frame < frames; frame += 1) {
    const by = frame < frames / 2 ? step : -step;
    scrolled.scrollTop += by;
    await new Promise((done) => requestAnimationFrame(done));
    times.push(performance.now() - last);
    last = performance.now();
  }
  return times;
}
"""

RIVAL_RENDER: Final = """
async ([script, data]) => {
  await new Promise((done) => setTimeout(done, 200));
  const host = document.getElementById('host');
  const begun = performance.now();
  window.scrolled = new Function('data', 'host', script)(data, host);
  const worked = performance.now() - begun;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return [performance.now() - begun, worked];
}
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds: to the first frame with the data, of script in it, and of each frame while scrolling."""

    render: list[float]
    worked: list[float]
    frames: list[float]

    def line(self, name: str) -> str:
        """Return it as a line of the table."""
        ordered = sorted(self.frames)
        return (
            f"{name:<28}{statistics.median(self.render):>8.0f} ms{statistics.median(self.worked):>10.0f} ms"
            f"{statistics.median(ordered):>10.1f} ms{ordered[int(0.95 * len(ordered))]:>10.1f} ms"
        )


def ours(browser: Browser, data: dict[str, Any], times: int) -> Measured:
    """Measure this chart, each time in a new window."""
    found = Measured([], [], [])
    for _ in range(times):
        page = browser.new_page(viewport=SIZE)
        page.route("**/*", lambda route: _answer(route, data))
        page.goto(f"{ADDRESS}/hotels/bench/")
        page.wait_for_selector(".chart")
        _measure(page, found, FIRST_RENDER, [f"/static/{DIGEST}", data], ".chart")
    return found


def theirs(browser: Browser, data: dict[str, Any], times: int, rival: Rival, folder: Path) -> Measured:
    """Measure another chart with the same data."""
    found = Measured([], [], [])
    for _ in range(times):
        page = browser.new_page(viewport=SIZE)
        page.set_content("<body style='margin:0'><div id=host style='height:900px'></div>")
        for name in rival.files:
            add = page.add_script_tag if name.endswith(".js") else page.add_style_tag
            add(path=folder / name)
        _measure(page, found, RIVAL_RENDER, [rival.draw, data], None)
    return found


def _measure(page: Page, found: Measured, script: str, arguments: list[Any], scrolled: str | None) -> None:
    render, worked = page.evaluate(script, arguments)
    found.render.append(render)
    found.worked.append(worked)
    page.wait_for_timeout(300)
    found.frames.extend(page.evaluate(SCROLL, [scrolled, 120, 120]))
    page.close()


def _answer(route: Route, data: dict[str, Any]) -> None:
    """Answer as the service would; the first chart has no rooms, so that the measured one is the first with any."""
    path = route.request.url.removeprefix(ADDRESS).split("?")[0]
    if path.startswith("/static/"):
        asset = ASSETS[path.split("/", 3)[3]]
        route.fulfill(body=asset.content, content_type=asset.media_type)
    elif path == "/api/auth/session/":
        route.fulfill(json={"name": "Bench", "email": "", "hotels": [{"slug": "bench", "name": "Bench"}]})
    elif path.endswith("/tape-chart/"):
        empty = data | {"rooms": [], "bookings": [], "to": "2026-06-03"}
        route.fulfill(body=json.dumps(empty), content_type="application/json")
    elif path.startswith("/hotels/"):
        route.fulfill(body=DOCUMENT, content_type=TYPES[Path(PAGE).suffix])
    else:
        route.abort()


def find_browser() -> str | None:
    """Return the browser's executable: the one that ``KEYRACK_CHROMIUM`` names, else Chromium; None without one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("KEYRACK_CHROMIUM") or next((p for n in names if (p := shutil.which(n))), None)


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./run bench web", description=__doc__)
    parser.add_argument("--rooms", type=int, default=500)
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--bars", type=int, default=6_000)
    parser.add_argument("--times", type=int, default=5, help="windows for each; the median counts")
    parser.add_argument("--rivals", action="store_true", help="also vis-timeline and DayPilot Lite, from npm")
    options = parser.parse_args(arguments)
    executable = find_browser()
    if executable is None:
        print("skipped: no Chromium here (set KEYRACK_CHROMIUM)")
        return 0
    data = chart(options.rooms, options.nights, options.bars)
    what = f"{options.rooms} rooms, {options.nights} nights, {len(data['bookings']):,} bars"
    print(f"{what}; {SIZE['width']} x {SIZE['height']}")
    print(f"{'':<28}{'first render':>11}{'of it script':>13}{'frame':>13}{'frame p95':>13}")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        print(ours(browser, data, options.times).line("Keyrack"))
        for rival in (DAYPILOT, VIS) if options.rivals else ():
            folder = fetch(rival)
            if folder is None:
                print(f"{rival.package:<28} skipped: npm does not get it")
            else:
                print(theirs(browser, data, max(1, options.times // 2), rival, folder).line(rival.package[:27]))
        browser.close()
    return 0
