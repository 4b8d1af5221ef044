"""Applying writes the whole plan or nothing, only if it is current; undoing restores every place exactly."""

import pytest
from sqlalchemy import Engine, text

from api.services.apply import Applied, Undone, apply_run, undo_run
from api.services.errors import StaleRun, UndoRefused, WrongState
from models import AllocationRun, BookingStatus, Gender, RunState
from models.auditing import verify_chain
from tests.api.services.hotels import SmallHotel, at, make_hotel
from tests.api.services.proposals import CLOCK, DESK, proposed


def apply(hotel: SmallHotel, run: AllocationRun) -> Applied:
    return apply_run(hotel.engine, hotel.id, run.public_id, DESK, clock=CLOCK)


def undo(hotel: SmallHotel, run: AllocationRun) -> Undone:
    return undo_run(hotel.engine, hotel.id, run.public_id, DESK, clock=CLOCK)


def test_places_swaps_and_releases_in_one_go_and_back(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    one, two, out = (hotel.book(1, 3, room=room) for room in ("101", "102", "103"))
    new = hotel.book(1, 4)
    before = hotel.live()
    run = apply(hotel, proposed(hotel, {one: "102", two: "101", out: None, new: "103"}))
    assert (run.placed, run.moved, run.released, run.not_considered) == (1, 2, 1, ())
    assert hotel.rooming() == {one: "102", two: "101", new: "103"}
    assert run.run.state == RunState.APPLIED
    with pytest.raises(WrongState):
        apply(hotel, run.run)
    undone = undo(hotel, run.run)
    assert (undone.run.state, undone.restored, undone.unplaced) == (RunState.UNDONE, 3, 1)
    assert hotel.live() == before
    with pytest.raises(WrongState):
        undo(hotel, run.run)


def test_what_is_said_of_it(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    one, new = hotel.book(1, 3, room="101"), hotel.book(1, 4)
    run = apply(hotel, proposed(hotel, {one: "102", new: "101"})).run
    with hotel.session() as session:
        told = session.execute(
            text("SELECT action, subject, run_id FROM audit_entry WHERE action ~ '^room|applied' ORDER BY sequence")
        ).all()
        assert [tuple(row) for row in told] == [
            ("room.assigned", f"booking:{new}", run.id),
            ("room.moved", f"booking:{one}", run.id),
            ("run.applied", f"run:{run.public_id}", run.id),
        ]
        events = session.execute(text("SELECT event, payload FROM outbox_event ORDER BY id")).all()
        assert [event for event, _ in events] == ["run.proposed", "room.assigned", "room.moved", "run.applied"]
        assert (events[2].payload["from"], events[2].payload["to"]) == ("101", "102")
        versions = session.execute(text("SELECT version FROM occupancy ORDER BY id")).scalars().all()
        assert versions == [2, 1]
        assert verify_chain(session, hotel.id) == []


def test_suites_hold_their_parts(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=2)
    hotel.add_room("900", "DLX")
    hotel.link("900", ["101", "102"])
    grand = hotel.book(1, 3, type_="DLX")
    before = hotel.live()
    first = apply(hotel, proposed(hotel, {grand: "900"})).run
    assert sorted((room, kind) for room, _, _, _, kind, *_ in hotel.live()) == sorted(
        [(hotel.rooms["101"], "HOLD"), (hotel.rooms["102"], "HOLD"), (hotel.rooms["900"], "STAY")]
    )
    hotel.add_room("901", "DLX")
    in_suite = hotel.live()
    second = apply(hotel, proposed(hotel, {grand: "901"})).run
    assert len(hotel.live()) == 1
    undo(hotel, second)
    assert hotel.live() == in_suite
    undo(hotel, first)
    assert hotel.live() == before


def test_dorm_beds_are_coloured_from_left_to_right(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=1)
    hotel.add_room("D1", beds=2, gender=Gender.SAME)
    in_house = hotel.book(-1, 2, room="D1", bed=2, gender="female", status=BookingStatus.CHECKED_IN)
    later = hotel.book(3, 5, room="D1", bed=2, gender="female")
    bridging = hotel.book(1, 4, gender="female", allowed_rooms=[hotel.rooms["D1"]])
    last = hotel.book(4, 6, gender="female", allowed_rooms=[hotel.rooms["D1"]])
    before = hotel.live()
    run = apply(hotel, proposed(hotel, {bridging: "D1", last: "D1"})).run
    beds = {(start, end): bed for _, bed, start, end, *_ in hotel.live()}
    assert len(beds) == 4
    assert beds[at(-1, 15), at(2, 11)] == 2
    assert beds[at(1, 15), at(4, 11)] == 1
    assert {in_house, later, bridging, last} == set(hotel.rooming())
    undo(hotel, run)
    assert hotel.live() == before


def test_a_bed_may_change_where_a_plan_needs_it(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=0)
    hotel.add_room("D1", beds=2)
    hotel.book(1, 3, room="D1", bed=1)
    hotel.book(3, 5, room="D1", bed=2)
    hotel.book(5, 7, room="D1", bed=1)
    long = hotel.book(2, 6)
    before = hotel.live()
    run = apply(hotel, proposed(hotel, {long: "D1"})).run
    assert [bed for _, bed, start, *_ in hotel.live() if start == at(2, 15)] == [2]
    undo(hotel, run)
    assert hotel.live() == before


@pytest.mark.parametrize(
    "happening",
    ["cancelled", "moved", "locked", "longer", "party", "target taken", "target closed", "target inactive"],
)
def test_a_stale_run_writes_nothing(app_engine: Engine, happening: str) -> None:
    hotel = make_hotel(app_engine)
    one, new = hotel.book(1, 3, room="101"), hotel.book(1, 4)
    run = proposed(hotel, {one: "102", new: "101"})
    if happening == "cancelled":
        hotel.change(new, status=BookingStatus.CANCELLED)
    elif happening == "moved":
        with hotel.session() as session:
            session.execute(text("UPDATE occupancy SET room_id = :room"), {"room": hotel.rooms["104"]})
            session.execute(text("UPDATE hotel SET allocation_version = allocation_version + 1"))
            session.commit()
    elif happening == "locked":
        hotel.change(one, locked=True)
    elif happening == "longer":
        hotel.change(new, check_out=at(6).date())
    elif happening == "party":
        hotel.change(new, adults=3)
    elif happening == "target taken":
        hotel.book(2, 3, room="102")
    elif happening == "target closed":
        hotel.close("102", at(2), at(3))
    else:
        with hotel.session() as session:
            session.execute(text("UPDATE room SET active = false WHERE number = '102'"))
            session.execute(text("UPDATE hotel SET allocation_version = allocation_version + 1"))
            session.commit()
    before = hotel.live()
    with pytest.raises(StaleRun) as caught:
        apply(hotel, run)
    assert caught.value.changes
    assert any(change.get("booking_id") in (one, new) or change.get("room") == "102" for change in caught.value.changes)
    assert hotel.live() == before
    with hotel.session() as session:
        assert session.execute(text("SELECT count(*) FROM audit_entry WHERE action ~ '^room|applied'")).scalar() == 0
        assert session.execute(text("SELECT count(*) FROM outbox_event WHERE event <> 'run.proposed'")).scalar() == 0


def test_other_changes_do_not_make_it_stale(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    new = hotel.book(1, 4)
    run = proposed(hotel, {new: "101"})
    late = hotel.book(1, 3)
    hotel.book(1, 3, room="102")
    hotel.close("103", at(2), at(3))
    applied = apply(hotel, run)
    assert late in {other.get("booking_id") for other in applied.not_considered}
    assert {other["what"] for other in applied.not_considered} == {"stay", "closure"}
    assert hotel.room_of(new) == "101"


def test_a_row_that_nobody_told_of_is_stale_too(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    new = hotel.book(1, 4)
    run = proposed(hotel, {new: "101"})
    other = hotel.book(2, 3, room="101")
    with hotel.session() as session:
        session.execute(text("UPDATE hotel SET allocation_version = :v"), {"v": run.base_version})
        session.commit()
    with pytest.raises(StaleRun):
        apply(hotel, run)
    assert hotel.rooming() == {other: "101"}


@pytest.mark.parametrize("happening", ["taken", "checked in", "moved on"])
def test_undo_is_refused_with_names(app_engine: Engine, happening: str) -> None:
    hotel = make_hotel(app_engine)
    one, new = hotel.book(1, 3, room="101"), hotel.book(1, 4)
    run = apply(hotel, proposed(hotel, {one: "102", new: "103"})).run
    if happening == "taken":
        name, message = (other := hotel.book(1, 2, room="101")), f"101 is now taken by {other}"
    elif happening == "checked in":
        hotel.change(new, status=BookingStatus.CHECKED_IN)
        name, message = new, f"{new} is now CHECKED_IN"
    else:
        apply(hotel, proposed(hotel, {one: "104"}))
        name, message = one, f"{one} in 104 has been changed since"
    before = hotel.live()
    with pytest.raises(UndoRefused) as caught:
        undo(hotel, run)
    assert [(d["booking_id"], d["message"]) for d in caught.value.dependents] == [(name, message)]
    assert hotel.live() == before


def test_undo_would_not_mix_genders(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine, rooms=1)
    hotel.add_room("D1", beds=2, gender=Gender.SAME)
    woman = hotel.book(1, 3, room="D1", bed=1, gender="female")
    run = apply(hotel, proposed(hotel, {woman: "101"})).run
    hotel.book(1, 3, room="D1", bed=2, gender="male")
    with pytest.raises(UndoRefused) as caught:
        undo(hotel, run)
    assert "differ in gender" in caught.value.dependents[0]["message"]


def test_nothing_to_do_is_fine(app_engine: Engine) -> None:
    hotel = make_hotel(app_engine)
    run = apply(hotel, proposed(hotel, {}))
    assert (run.placed, run.moved, run.released) == (0, 0, 0)
    assert undo(hotel, run.run).restored == 0
