"""The replay asks fit exactly where no room is free, and carries out what it says."""

from __future__ import annotations

from allocator.answers.fit import DoesNotFit, Fits
from benchmarks.service.fit_replay import replay
from benchmarks.service.replay import Request, committed


def test_who_is_asked_about_and_what_follows() -> None:
    asked = [
        Request(0, 2, "A"),  # room 0
        Request(1, 4, "A"),  # room 1
        Request(2, 3, "A"),  # room 0
        Request(4, 6, "A"),  # room 0, as 0 is free
        Request(3, 7, "A"),  # only if one of the last two moves
        Request(3, 4, "A"),  # full then
    ]
    booked = [0, 0, 0, 0, 0, 0]
    rooms = {"A": 2}
    assert committed(asked, rooms, best=False) == [asked[4]]
    ((found, _, _),) = replay(asked, booked, rooms, follow=False)
    assert isinstance(found, Fits)
    assert [(m.stay, m.before, m.after) for m in found.moves] == [("S3", "0000", "0001")]
    first, second = (answer for answer, *_ in replay(asked, booked, rooms, follow=True))
    assert isinstance(first, Fits)
    assert isinstance(second, DoesNotFit)


def test_guests_in_house_stay_where_they_are() -> None:
    asked = [
        Request(0, 3, "A"),  # room 0
        Request(5, 6, "A"),  # room 0
        Request(3, 6, "A"),  # room 1
        Request(2, 5, "A"),  # if the first moves to room 1, or the second and third change rooms
    ]
    for today, moved in ((0, {"S0"}), (1, {"S1", "S2"})):
        ((found, _, _),) = replay(asked, [0, 0, 0, today], {"A": 2}, follow=False)
        assert isinstance(found, Fits)
        assert {move.stay for move in found.moves} == moved
