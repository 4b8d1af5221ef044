"""Periods, the difference of plans, and the limits of a solve."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.diff import Change, diff
from allocator.errors import InvalidProblem
from allocator.params import SolveParams
from allocator.period import merge, overlap, peak
from allocator.plan import Plan

PERIODS = st.lists(st.tuples(st.integers(-5, 15), st.integers(1, 6)).map(lambda p: (p[0], p[0] + p[1])), max_size=8)
PLANS = st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from([None, "1", "2"])).map(Plan)


def slots(periods: list[tuple[int, int]]) -> set[int]:
    """Return the slots that periods cover, one by one."""
    return {slot for start, end in periods for slot in range(start, end)}


@given(PERIODS)
def test_merge_covers_the_same_slots_with_apart_periods(periods: list[tuple[int, int]]) -> None:
    merged = merge(periods)
    assert slots(merged) == slots(periods)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(merged))


@given(PERIODS)
def test_peak_counts_every_slot(periods: list[tuple[int, int]]) -> None:
    profile = peak((start, end, 1) for start, end in periods)
    for (slot, load), (following, _) in itertools.pairwise(profile):
        for t in range(slot, following):
            assert load == sum(overlap(start, end, t, t + 1) for start, end in periods)


@given(PLANS, PLANS)
def test_a_diff_applied_to_the_first_plan_gives_the_second(before: Plan, after: Plan) -> None:
    change = diff(before, after)
    names = before.rooms.keys() | after.rooms.keys()
    rebuilt = {stay: before.rooms.get(stay) for stay in names} | {c.stay: c.after for c in change.changes}
    assert rebuilt == {stay: after.rooms.get(stay) for stay in names}
    assert sorted([*change.kept, *(c.stay for c in change.changes)]) == sorted(names)
    back = diff(after, before)
    assert back.placed == tuple(Change(c.stay, c.after, c.before) for c in change.released)
    assert back.moved == tuple(Change(c.stay, c.after, c.before) for c in change.moved)


def test_params_name_every_limit_out_of_range() -> None:
    with pytest.raises(InvalidProblem) as caught:
        SolveParams(time_limit_s=0, workers=0, seed=-1)
    assert [fault.where for fault in caught.value.faults] == ["params.time_limit_s", "params.workers", "params.seed"]
