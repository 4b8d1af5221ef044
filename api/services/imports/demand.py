"""A real hotel's demand: the public file of hotel bookings (Antonio, Almeida, Nunes 2019), as rooms and bookings.

The file has no rooms, so the inventory is what history shows to have existed: of each type the peak of stays that
slept in it (by *assigned* type) at once. Kept are stays that took place (Check-Out) with at least one night; they
booked their *reserved* type, on the day of arrival less the lead time. Types are letters, and the ladder is their
order. The file's stays in a room of zero nights, its cancellations and its no-shows are left out; parties keep their
size, but every room sleeps the largest of them, so that size never decides.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from io import BytesIO
from random import Random
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from api.services.actor import Actor
from api.services.clock import SYSTEM_CLOCK, Clock
from api.services.hotels import create_hotel
from api.services.imports.bookings import NewBooking
from api.services.imports.faults import Faults
from api.services.imports.files import Imported
from api.services.imports.known import read_known
from api.services.imports.rooms import NewRooms, write_rooms
from api.services.imports.write import write_bookings
from api.services.transaction import change_hotel
from models import Gender, Hotel, HotelSession, bump_version, record_many

MONTHS: Final = {datetime(2015, month, 1, tzinfo=UTC).strftime("%B"): month for month in range(1, 13)}
NUMBERS: Final = (
    "arrival_date_year",
    "arrival_date_day_of_month",
    "lead_time",
    "stays_in_weekend_nights",
    "stays_in_week_nights",
    "adults",
    "children",
    "adr",
)
COLUMNS: Final = (
    *NUMBERS,
    "arrival_date_month",
    "country",
    "reserved_room_type",
    "assigned_room_type",
    "reservation_status",
)
ROOMS_A_FLOOR: Final = 20


@dataclass(frozen=True, slots=True)
class Demand:
    """The kept stays of a demand file.

    Attributes
    ----------
    stays
        One row each, indexed by line of the file: ``arrival`` and ``booked`` (days since `first_day`), ``nights``,
        ``reserved``, ``assigned``, ``adults``, ``children``, ``country``, ``total`` (minor units).
    """

    stays: pd.DataFrame
    first_day: date

    def inventory(self) -> dict[str, int]:
        """Return by type, lowest first, how many rooms there must have been."""
        kinds = sorted(set(self.stays["reserved"]) | set(self.stays["assigned"]))
        return {kind: peak(self.stays[self.stays["assigned"] == kind]) for kind in kinds}

    def known_on(self, day: date) -> Demand:
        """Return the stays that had been booked by the end of a day."""
        booked = self.stays["booked"] <= (day - self.first_day).days
        return Demand(self.stays[booked], self.first_day)


def peak(stays: pd.DataFrame) -> int:
    """Return the most stays that were in the house on one night."""
    if stays.empty:
        return 0
    arrival, nights = stays["arrival"].to_numpy(), stays["nights"].to_numpy()
    change = np.zeros(int((arrival + nights).max()) + 1, dtype=np.int64)
    np.add.at(change, arrival, 1)
    np.add.at(change, arrival + nights, -1)
    return int(change.cumsum().max())


def read_demand(file: str, data: bytes) -> Demand:
    """Read a demand file, plain or compressed with gzip.

    Raises
    ------
    ImportRefused
        With every fault of every line.
    """
    faults = Faults()
    raw = _read(file, data, faults)
    faults.check()
    frame = pd.DataFrame({name: _numbers(file, raw, name, faults) for name in NUMBERS}, index=raw.index)
    month = raw["arrival_date_month"].map(MONTHS)
    for line in raw.index[month.isna()]:
        faults.add(file, line, "arrival_date_month", f"{raw.at[line, 'arrival_date_month']!r} is not a month")
    for name in ("reserved_room_type", "assigned_room_type"):
        for line in raw.index[raw[name] == ""]:
            faults.add(file, line, name, "is empty")
    parts = {"year": frame["arrival_date_year"], "month": month, "day": frame["arrival_date_day_of_month"]}
    arrival = pd.to_datetime(pd.DataFrame(parts), errors="coerce")
    for line in raw.index[arrival.isna() & month.notna()]:
        faults.add(file, line, "arrival_date_day_of_month", "there is no such day")
    faults.check()
    first_day = arrival.min()
    day = (arrival - first_day).dt.days
    nights = (frame["stays_in_weekend_nights"] + frame["stays_in_week_nights"]).astype("int64")
    stays = pd.DataFrame(
        {
            "arrival": day,
            "nights": nights,
            "booked": day - frame["lead_time"].astype("int64"),
            "reserved": raw["reserved_room_type"],
            "assigned": raw["assigned_room_type"],
            "adults": frame["adults"].astype("int64"),
            "children": frame["children"].astype("int64"),
            "country": raw["country"].where(raw["country"] != "NULL", ""),
            "total": (frame["adr"].clip(lower=0) * 100 * nights).round().astype("int64"),
        }
    )
    kept = (raw["reservation_status"] == "Check-Out") & (nights >= 1)
    return Demand(stays[kept], first_day.date())


def import_demand(
    engine: Engine,
    hotel_id: int,
    demand: Demand,
    *,
    actor: Actor,
    clock: Clock = SYSTEM_CLOCK,
    seed: int = 2016,
) -> Imported:
    """Import a demand into a hotel: its rooms if there are none yet, and the stays it does not have yet.

    So a season can be played again as it became known: import ``demand.known_on(day)`` day after day, into a hotel
    whose rooms came with the whole demand (see `create_demand_hotel`).

    Parameters
    ----------
    seed
        Of the booking ids: the same import makes the same hotel.
    """

    def work(session: HotelSession, hotel: Hotel) -> Imported:
        now, known = clock.now(), read_known(session, hotel.id)
        rooms = NewRooms() if known.rooms else _rooms(demand)
        bookings = [b for b in _bookings(demand) if b.reference not in known.references]
        changes = write_rooms(session, hotel, rooms, known, actor)
        random = Random(f"{seed} {len(known.references)}")
        changes += write_bookings(session, hotel, bookings, known, actor, now, random)
        record_many(session, hotel.id, changes, at=now)
        bump_version(session, hotel.id)
        return Imported(types=len(rooms.types), rooms=len(rooms.rooms), bookings=len(bookings))

    return change_hotel(engine, hotel_id, work)


def create_demand_hotel(
    engine: Engine,
    slug: str,
    demand: Demand,
    *,
    policy: Mapping[str, Any] | None = None,
    actor: Actor,
    clock: Clock = SYSTEM_CLOCK,
) -> int:
    """Make the hotel of a demand: in Lisbon, on the first day of the file; with its rooms, and without a booking."""
    hotel_id = create_hotel(
        engine,
        slug,
        name="City hotel",
        timezone="Europe/Lisbon",
        business_date=demand.first_day,
        policy=policy,
        actor=actor,
        clock=clock,
    )

    def work(session: HotelSession, hotel: Hotel) -> None:
        known, rooms = read_known(session, hotel.id), _rooms(demand)
        record_many(session, hotel.id, write_rooms(session, hotel, rooms, known, actor), at=clock.now())
        bump_version(session, hotel.id)

    change_hotel(engine, hotel_id, work)
    return hotel_id


def _read(file: str, data: bytes, faults: Faults) -> pd.DataFrame:
    """Return the columns that are used as stripped text, indexed by line; quoted line breaks do not occur here."""
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            faults.add(file, 0, "", f"is a broken gzip file: {error}")
            return pd.DataFrame()
    try:
        frame = pd.read_csv(BytesIO(data), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        bad = next((n for n, line in enumerate(data.split(b"\n"), 1) if _undecodable(line)), 0)
        faults.add(file, bad, "", f"is not UTF-8: {error.reason}")
        return pd.DataFrame()
    except (pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        faults.add(file, 0, "", f"is not a CSV file: {error}")
        return pd.DataFrame()
    for name in COLUMNS:
        if name not in frame:
            faults.add(file, 1, name, "the column is missing")
    if frame.empty:
        faults.add(file, 0, "", "the file has no line below its header")
    frame.index = pd.RangeIndex(2, len(frame) + 2, name="line")
    return frame


def _undecodable(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False


def _numbers(file: str, raw: pd.DataFrame, name: str, faults: Faults) -> pd.Series:
    """Return a column as numbers; children are NULL in four rows of the publication, which means none."""
    cells = raw[name].str.strip()
    if name == "children":
        cells = cells.replace({"": "0", "NULL": "0", "NA": "0"})
    numbers = pd.to_numeric(cells, errors="coerce")
    low, high = (-1e6, 1e6) if name == "adr" else (0, 10_000)
    wrong = ~numbers.between(low, high) | ((numbers % 1 != 0) & (name != "adr"))
    for line in raw.index[wrong]:
        faults.add(file, line, name, f"{raw.at[line, name]!r} is not a number that can be here")
    return numbers.fillna(0)


def _rooms(demand: Demand) -> NewRooms:
    sleeps = max(1, int((demand.stays["adults"] + demand.stays["children"]).max()))
    types, rooms = [], []
    for rank, (kind, count) in enumerate(demand.inventory().items()):
        types.append({"code": kind, "name": f"Type {kind}", "rank": rank, "sleeps": sleeps, "rate_minor": 0})
        rooms += [
            {
                "number": f"{kind}{place + 1:03}",
                "type": kind,
                "building": kind,
                "floor": place // ROOMS_A_FLOOR + 1,
                "position": place % ROOMS_A_FLOOR + 1,
                "sleeps": sleeps,
                "beds": 1,
                "features": [],
                "gender": Gender.ANY,
            }
            for place in range(count)
        ]
    return NewRooms(tuple(types), tuple(rooms))


def _bookings(demand: Demand) -> list[NewBooking]:
    first = np.datetime64(demand.first_day)
    stays = demand.stays
    arrival, nights = stays["arrival"].to_numpy(), stays["nights"].to_numpy()
    check_in = (first + arrival).astype(object)
    check_out = (first + arrival + nights).astype(object)
    booked = (first + stays["booked"].to_numpy()).astype(object)
    return [
        NewBooking(
            reference=f"line-{line}",
            check_in=check_in[place],
            check_out=check_out[place],
            type=row["reserved"],
            adults=max(row["adults"], 1 - row["children"], 0),
            children=row["children"],
            last_name=f"Guest {line}",
            country=row["country"],
            total=row["total"],
            created_at=datetime.combine(booked[place], time(12), tzinfo=UTC),
        )
        for place, (line, row) in enumerate(zip(stays.index, stays.to_dict("records"), strict=True))
    ]
