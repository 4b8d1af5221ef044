"""Other people's charts, for comparison: fetched from npm into a cache when the benchmark asks for them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Rival:
    """A package, the files of it that a page needs, and the script that draws the chart and says what scrolls."""

    package: str
    files: tuple[str, ...]
    draw: str


VIS: Final = Rival(
    "vis-timeline@7.7.3",
    ("standalone/umd/vis-timeline-graph2d.min.js", "styles/vis-timeline-graph2d.min.css"),
    """
    const groups = data.rooms.map((room) => ({ id: room.room_number, content: room.room_number }));
    const items = data.bookings.map((b) => ({
      id: b.booking_id, group: b.places[0].room_number, content: b.guest_name,
      start: b.places[0].starts_at, end: b.places[0].ends_at }));
    new vis.Timeline(host, new vis.DataSet(items), new vis.DataSet(groups), {
      stack: false, start: data.from, end: data.to, height: '100%', verticalScroll: true, zoomable: false });
    return () => host.querySelector('.vis-vertical-scroll, .vis-panel.vis-left');
    """,
)
DAYPILOT: Final = Rival(
    "@daypilot/daypilot-lite-javascript@5.6.0",
    ("daypilot-javascript.min.js",),
    """
    const scheduler = new DayPilot.Scheduler('host', {
      startDate: data.from, days: 60, scale: 'Day', cellWidth: 20, rowHeaderWidth: 176, eventHeight: 30,
      timeHeaders: [{ groupBy: 'Month' }, { groupBy: 'Day', format: 'd' }],
      heightSpec: 'Parent100Pct',
      resources: data.rooms.map((room) => ({ id: room.room_number, name: room.room_number })),
      events: data.bookings.map((b) => ({
        id: b.booking_id, resource: b.places[0].room_number, text: b.guest_name,
        start: b.places[0].starts_at, end: b.places[0].ends_at })) });
    scheduler.init();
    return () => [...host.querySelectorAll('div')].find((d) => d.scrollHeight > d.clientHeight + 500);
    """,
)


def fetch(rival: Rival) -> Path | None:
    """Return the folder of a package, fetched if it is not there; None where npm is not, or does not get it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "keyrack" / "benchmarks"
    folder = cache / rival.package.replace("/", "_")
    if folder.is_dir():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        return None
    with tempfile.TemporaryDirectory() as draft:
        done = subprocess.run([npm, "pack", "--silent", rival.package], cwd=draft, capture_output=True, check=False)
        packed = next(Path(draft).glob("*.tgz"), None)
        if done.returncode != 0 or packed is None:
            return None
        with tarfile.open(packed) as archive:
            archive.extractall(draft, filter="data")
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(draft) / "package", folder)
    return folder
