"""The replay of a real hotel's bookings."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.services.imports.demand import read_demand
from benchmarks.service.chart import Line, Panel, svg
from benchmarks.service.replay import RULES, Request, held, requests, reshuffled

stays = st.lists(
    st.builds(
        lambda arrival, nights, kind: Request(arrival, arrival + nights, kind),
        st.integers(0, 8),
        st.integers(1, 5),
        st.sampled_from("AB"),
    ),
    max_size=6,
)


def fits(wanted: list[Request], rooms: dict[str, int]) -> bool:
    """Try every order of filling rooms one after the other."""
    for kind, count in rooms.items():
        mine = [s for s in wanted if s.kind == kind]
        if not any(_first_fit(list(order), count) for order in permutations(mine)):
            return False
    return True


def _first_fit(order: list[Request], count: int) -> bool:
    rooms: list[list[Request]] = [[] for _ in range(count)]
    for one in order:
        free = [r for r in rooms if all(one.departure <= o.arrival or o.departure <= one.arrival for o in r)]
        if not free:
            return False
        free[0].append(one)
    return True


@given(stays, st.integers(1, 2), st.integers(1, 2))
def test_whom_keyrack_refuses_can_really_not_be_held(asked: list[Request], a: int, b: int) -> None:
    rooms = {"A": a, "B": b}
    accepted: list[Request] = []
    refused = []
    for stay in asked:
        if fits([*accepted, stay], rooms):
            accepted.append(stay)
        else:
            refused.append(stay)
    assert reshuffled(asked, rooms) == refused
    assert held(accepted, rooms)


@given(stays)
def test_no_rule_refuses_anybody_where_there_is_a_room_for_each(asked: list[Request]) -> None:
    rooms = {"A": 6, "B": 6}
    assert [rule(asked, rooms) for rule in RULES.values()] == [[], [], []]


def test_first_and_best_fit_differ_as_they_should() -> None:
    rooms = {"A": 2}
    asked = [Request(0, 2, "A"), Request(1, 5, "A"), Request(5, 7, "A"), Request(2, 9, "A")]
    # The third stay goes behind the first under first-fit, and closes on the second under best-fit.
    assert RULES["first-fit"](asked, rooms) == [asked[3]]
    assert RULES["best-fit"](asked, rooms) == []


@pytest.mark.faults
def test_the_published_figures(shared_dir: Path) -> None:
    path = shared_dir / "data/hotel_bookings/city_hotel.csv.gz"
    demand = read_demand(path.name, path.read_bytes())
    asked, rooms = requests(demand), demand.inventory()
    assert {name: len(rule(asked, rooms)) for name, rule in RULES.items()} == {
        "first-fit": 391,
        "best-fit": 239,
        "Keyrack": 0,
    }


def test_a_picture_is_the_same_for_the_same_numbers() -> None:
    panel = Panel("a < b", [Line("one", [(0, 0), (1, 5)]), Line("two", [(0, 0), (1, 5)])], {"0": 0, "1": 1})
    drawn = svg("title", [panel])
    assert drawn == svg("title", [panel])
    assert "a &lt; b" in drawn
    assert drawn.count("<path") == 7
