"""Each oracle finds what it is for, in a database broken on purpose, and nothing in one that is whole."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine, text

from api.services.apply import apply_run, undo_run
from api.services.assign import assign_room, lock_booking
from api.services.isolation import verify_alone, verify_isolation
from api.services.transaction import change_hotel
from api.services.verify import INVARIANTS, verify_hotel
from models import BookingStatus, Gender
from models.engine import make_engine
from tests.api.services.hotels import SmallHotel, at, make_hotel
from tests.api.services.proposals import CLOCK, DESK, proposed
from tests.databases import Database


@pytest.fixture
def vandal(database: Database) -> Iterator[Connection]:
    """Somebody with every right, and no constraint or trigger in the way."""
    engine = make_engine(database.superuser_url)
    with engine.connect() as connection:
        for constraint in ("no_double_booking", "one_room_at_a_time", "ck_occupancy_period"):
            connection.execute(text(f"ALTER TABLE occupancy DROP CONSTRAINT {constraint}"))
        connection.execute(text("ALTER TABLE booking DROP CONSTRAINT ck_booking_period"))
        connection.execute(text("SET session_replication_role = replica"))
        yield connection
    engine.dispose()


@pytest.fixture
def lived_in(app_engine: Engine) -> SmallHotel:
    """A hotel with guests, locks, a suite, dorms, an applied, an undone and a proposed run."""
    hotel = make_hotel(app_engine, rooms=3)
    hotel.add_room("900", "DLX")
    hotel.link("900", ["101", "102"])
    hotel.add_room("D1", beds=2, gender=Gender.SAME)
    women = [hotel.book(1, 3, gender="female", allowed_rooms=[hotel.rooms["D1"]]) for _ in range(2)]
    hotel.book(-1, 2, room="103", status=BookingStatus.CHECKED_IN)
    guest = hotel.book(3, 5)
    grand = hotel.book(4, 6, type_="DLX")
    hotel.book(6, 8)
    engine = app_engine
    first = proposed(hotel, {women[0]: "D1", guest: "101"}, kind="nightly")
    undo_run(engine, hotel.id, apply_run(engine, hotel.id, first.id, DESK, clock=CLOCK).run.id, DESK, clock=CLOCK)
    change_hotel(engine, hotel.id, lambda s, h: assign_room(s, h, grand, "900", actor=DESK, clock=CLOCK))
    change_hotel(engine, hotel.id, lambda s, h: lock_booking(s, h, grand, actor=DESK, clock=CLOCK))
    apply_run(engine, hotel.id, proposed(hotel, dict.fromkeys(women, "D1") | {guest: "103"}).id, DESK, clock=CLOCK)
    moved = proposed(hotel, {guest: None})
    assert moved.id
    return hotel


def test_a_whole_hotel_has_no_findings(lived_in: SmallHotel) -> None:
    assert verify_hotel(lived_in.engine, lived_in.id) == ()


BOOKED = "booking_pk = (SELECT id FROM booking WHERE booking_id = 'BK-2026-000004')"

BREAKAGES: dict[str, tuple[str, str]] = {
    "overlap": (
        "I1",
        "INSERT INTO occupancy (hotel_id, room_id, kind, closure_kind, origin, starts_at, ends_at)"
        f" SELECT hotel_id, room_id, 'CLOSURE', 'OOO', 'STAFF', starts_at, ends_at FROM occupancy"
        f" WHERE {BOOKED} LIMIT 1",
    ),
    "part not held": ("I1", "UPDATE occupancy SET released_at = now() WHERE kind = 'HOLD'"),
    "held for nothing": (
        "I1",
        "UPDATE occupancy SET released_at = now() WHERE id IN (SELECT parent_id FROM occupancy)",
    ),
    "half a dorm closed": (
        "I1",
        "INSERT INTO occupancy (hotel_id, room_id, kind, closure_kind, origin, starts_at, ends_at)"
        " SELECT hotel_id, id, 'CLOSURE', 'OOO', 'STAFF', '2026-04-01', '2026-04-02' FROM room WHERE number = 'D1'",
    ),
    "empty period": ("I2", f"UPDATE occupancy SET ends_at = starts_at WHERE {BOOKED}"),
    "dates turned round": ("I2", "UPDATE booking SET check_in = check_out + 1 WHERE booking_id = 'BK-2026-000004'"),
    "other dates": ("I2", "UPDATE booking SET check_in = check_in + 30, check_out = check_out + 30"),
    "foreign room": ("I3", f"UPDATE occupancy SET room_id = 4711 WHERE {BOOKED}"),
    "foreign booking": ("I3", f"UPDATE occupancy SET booking_pk = 4711 WHERE {BOOKED}"),
    "inactive room": ("I4", "UPDATE room SET active = false WHERE number = '103'"),
    "too many people": ("I4", "UPDATE booking SET adults = 9 WHERE booking_id = 'BK-2026-000004'"),
    "gender": ("I4", "UPDATE booking SET gender = 'male' WHERE booking_id = 'BK-2026-000001'"),
    "locked and moved": (
        "I5",
        "UPDATE allocation_run SET diff = jsonb_set(diff, '{moved}',"
        ' \'[{"stay": "BK-2026-000005", "before": "900", "after": "101"}]\'),'
        " applied_at = now() + interval '90 years' WHERE state = 'APPLIED'",
    ),
    "locked row moved": (
        "I5",
        "UPDATE allocation_run SET written = jsonb_set(written, '{rows}',"
        ' \'[{"id": 1, "former": {"locked": true}}]\')'
        " WHERE state = 'APPLIED'",
    ),
    "two rooms": (
        "I6",
        "INSERT INTO occupancy (hotel_id, room_id, kind, booking_pk, origin, starts_at, ends_at)"
        " SELECT hotel_id, (SELECT id FROM room WHERE number = '102'), kind, booking_pk, origin, starts_at, ends_at"
        f" FROM occupancy WHERE released_at IS NULL AND {BOOKED}",
    ),
    "in house without a room": ("I6", "UPDATE booking SET status = 'CHECKED_IN' WHERE booking_id = 'BK-2026-000006'"),
    "cancelled in a room": ("I6", "UPDATE booking SET status = 'CANCELLED' WHERE booking_id = 'BK-2026-000004'"),
    "a step back": ("I7", "UPDATE allocation_run SET state = 'PROPOSED' WHERE state = 'UNDONE'"),
    "a step skipped": (
        "I7",
        'UPDATE audit_entry SET payload = replace(payload, \'"state":"SOLVING"\', \'"state":"APPLIED"\')',
    ),
    "an unsaid change": ("I8", "UPDATE booking SET version = version + 1 WHERE booking_id = 'BK-2026-000006'"),
    "a lost change": (
        "I9",
        "UPDATE allocation_run SET diff = jsonb_set(diff, '{placed}', '[]') WHERE state = 'APPLIED'",
    ),
    "a run that stands unapplied": (
        "I9",
        "UPDATE occupancy SET run_id = (SELECT id FROM allocation_run WHERE state = 'PROPOSED') WHERE origin = 'RUN'",
    ),
    "an entry changed": ("I10", "UPDATE audit_entry SET actor = 'staff:7' WHERE sequence = 3"),
    "an entry removed": ("I10", "DELETE FROM audit_entry WHERE sequence = 3"),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_hotel_is_found(lived_in: SmallHotel, vandal: Connection, name: str) -> None:
    invariant, statement = BREAKAGES[name]
    assert vandal.execute(text(statement)).rowcount > 0
    vandal.commit()
    findings = verify_hotel(lived_in.engine, lived_in.id)
    assert invariant in {finding.invariant for finding in findings}
    assert all(str(finding).startswith(f"{finding.invariant}: ") for finding in findings)


def test_every_invariant_has_an_oracle_that_is_proven() -> None:
    named = {oracle.__doc__.split(":")[0].split(",")[0] for oracle in INVARIANTS if oracle.__doc__}
    assert named == {f"I{number}" for number in range(1, 11)}
    assert {invariant for invariant, _ in BREAKAGES.values()} == named


HOLES: list[tuple[str, str]] = [
    ("ALTER TABLE room DISABLE ROW LEVEL SECURITY", "room: row security is not forced"),
    ("ALTER TABLE room DISABLE ROW LEVEL SECURITY", "room: rows are seen without a hotel"),
    ("ALTER TABLE guest NO FORCE ROW LEVEL SECURITY", "guest: row security is not forced"),
    ("ALTER POLICY one_hotel ON room USING (true)", "room: a policy lets keyrack_app in that is not the hotel's own"),
    ("ALTER POLICY one_hotel ON room WITH CHECK (true)", "room: a policy lets keyrack_app in"),
    ("CREATE POLICY other ON hotel TO keyrack_app USING (true)", "hotel: a policy lets keyrack_app in"),
    ("CREATE TABLE extra (hotel_id bigint)", "extra: row security is not forced"),
]


@pytest.mark.parametrize(("sabotage", "told"), HOLES)
def test_a_hole_in_the_wall_is_found(app_engine: Engine, owner_engine: Engine, sabotage: str, told: str) -> None:
    hotels = [make_hotel(app_engine, slug=slug) for slug in ("grand", "other")]
    assert verify_isolation(app_engine) == ()
    assert verify_alone(app_engine, hotels[0].id) == ()
    with owner_engine.begin() as connection:
        connection.execute(text(sabotage))
    found = verify_isolation(app_engine)
    assert [finding.invariant for finding in found] == ["I13"] * len(found)
    assert any(finding.message.startswith(told) for finding in found), found
    assert bool(verify_alone(app_engine, hotels[0].id)) == ("ON hotel" in sabotage)


def test_a_login_that_is_above_the_wall_is_found(app_engine: Engine, owner_engine: Engine, database: Database) -> None:
    make_hotel(app_engine)
    above = make_engine(database.superuser_url)
    assert "whom row security does not hold" in str(verify_isolation(above)[0])
    above.dispose()
    assert "belongs to keyrack_owner" in str(verify_isolation(owner_engine)[0])


def test_a_named_override_is_no_fault(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    guest = hotel.book(1, 2, type_="DLX")

    give: Callable[..., object] = lambda s, h: assign_room(  # noqa: E731
        s, h, guest, "101", actor=DESK, clock=CLOCK, override={"room_fits": "asked"}, if_version=1
    )
    change_hotel(app_engine, hotel.id, give)
    assert verify_hotel(app_engine, hotel.id) == ()
    assert hotel.live()[0][2] == at(1, 15)
