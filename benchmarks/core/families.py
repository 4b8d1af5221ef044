"""The families of problems that the allocator is measured on, and how long each may take."""

from __future__ import annotations

import gzip
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.shared import shared_file


@dataclass(frozen=True, slots=True)
class Family:
    """One family.

    Attributes
    ----------
    file
        In the shared data.
    limits
        Gap (in parts of one) to reach by seconds.
    what
        In words.
    """

    name: str
    file: str
    limits: dict[int, float]
    what: str

    def instance(self, folder: Path) -> Path | None:
        """Unpack or make the instance in a folder; None if the shared data is absent."""
        source = shared_file(self.file)
        if source is None:
            return None
        path = folder / f"{self.name}.json"
        if self.file.endswith(".gz"):
            path.write_bytes(gzip.decompress(source.read_bytes()))
            return path
        convert = shared_file("tools/pas_to_instance.py")
        if convert is None:
            return None
        with path.open("wb") as out:
            subprocess.run([sys.executable, str(convert), str(source)], stdout=out, check=True)
        return path


FAMILIES = {
    family.name: family
    for family in (
        Family("town", "data/instances/town-1.json.gz", {10: 0.04, 60: 0.02}, "120 rooms, 30 nights, gaps priced"),
        Family("city", "data/instances/city-1.json.gz", {20: 0.08, 60: 0.04}, "252 rooms, 60 nights, half in a room"),
        Family("boutique", "data/instances/boutique-1.json.gz", {60: 0.08, 300: 0.05}, "300 rooms, no two alike"),
        Family("giant", "data/instances/giant-1.json.gz", {180: 0.08}, "7,351 rooms, 62,000 stays"),
        Family("groups", "data/instances/groups-1.json.gz", {60: 0.10}, "200 rooms, 100 groups"),
        Family("hostel", "data/instances/hostel-1.json.gz", {30: 0.02}, "60 dorms, 400 beds"),
        *(Family(f"pas{n:02}", f"data/pas/testdata{n:02}.txt", {120: 0.03}, "patient admission") for n in range(1, 7)),
    )
}
"""The patient admission instances have no bound of ours to go by: their limit is by the published linear bounds."""
