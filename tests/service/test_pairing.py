"""Which mutes belong to which announced events, and in what they differ."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.event import Event
from gateway.service.drift import Drift, DriftKind, drift
from gateway.service.pairing import Certainty, Pairing, is_like, pair
from tests.service.fakes import event


def announced(
    name: str,
    minutes: float,
    key: str | None = None,
    *,
    lasts: float = 60,
    title: str = "",
    calendar: str = "graph:ops",
) -> Event:
    found = event(calendar, minutes, name, lasts=lasts)
    return msgspec.structs.replace(found, key=key, title=title or "Upgrade of the queue")


def mute(
    name: str,
    minutes: float,
    key: str | None = None,
    *,
    lasts: float = 60,
    title: str = "",
    calendar: str = "es:ml",
) -> Event:
    found = event(calendar, minutes, name, lasts=lasts)
    return msgspec.structs.replace(found, key=key, title=title or "Upgrade of the queue")


def names(events: Sequence[Event]) -> list[str]:
    return [each.id.rpartition("/")[2] for each in events]


def shown(found: Pairing) -> dict[str, tuple[Certainty, list[str]]]:
    return {names([it.announced])[0]: (it.certainty, names(it.mutes)) for it in found.pairs}


def test_a_key_pairs_for_certain_whatever_title_and_time_are():
    found = pair([announced("a", 0, "CHG-1")], [mute("m", 500, "CHG-1", title="Something else")])
    assert shown(found) == {"a": (Certainty.CERTAIN, ["m"])}


def test_occurrences_of_one_key_pair_with_the_mutes_that_they_overlap():
    ours = [announced("a1", 0, "K"), announced("a2", 1000, "K"), announced("a3", 2000, "K")]
    theirs = [mute("m2", 990, "K"), mute("m3", 2010, "K")]
    found = pair(ours, theirs)
    assert shown(found) == {"a2": (Certainty.CERTAIN, ["m2"]), "a3": (Certainty.CERTAIN, ["m3"])}
    assert names(found.announced_only) == ["a1"]


def test_a_series_that_was_moved_pairs_in_order():
    ours = [announced("a1", 200, "K"), announced("a2", 1200, "K")]
    theirs = [mute("m1", 0, "K"), mute("m2", 1000, "K")]
    assert shown(pair(ours, theirs)) == {
        "a1": (Certainty.CERTAIN, ["m1"]),
        "a2": (Certainty.CERTAIN, ["m2"]),
    }


def test_what_several_calendars_announce_is_muted_in_each():
    for key in ("K", None):
        ours = [announced("a", 0, key), announced("b", 0, key, calendar="graph:team")]
        found = pair(ours, [mute("m", 0, key)])
        certainty = Certainty.CERTAIN if key else Certainty.PROBABLE
        assert shown(found) == {"a": (certainty, ["m"]), "b": (certainty, ["m"])}
        assert not found.announced_only


def test_a_mute_that_was_left_behind_in_one_calendar_is_found_beside_those_of_others():
    theirs = [mute("m", 0, "K"), mute("left", 500, "K", calendar="es:other")]
    found = pair([announced("a", 0, "K")], theirs)
    assert shown(found) == {"a": (Certainty.CERTAIN, ["m", "left"])}
    assert not found.mutes_only
    assert [it.muted for it in drift(found.pairs[0])] == ["2027-03-01T20:20:00Z", "2027-03-01T21:20:00Z"]


def test_a_mute_that_is_short_in_one_calendar_drifts_though_that_of_another_is_long_enough():
    theirs = [mute("m", 0, "K"), mute("short", 0, "K", lasts=30, calendar="es:other")]
    (found,) = pair([announced("a", 0, "K")], theirs).pairs
    (end,) = drift(found)
    assert (end.kind, end.muted) == (DriftKind.END, "2027-03-01T12:30:00Z")


def test_without_a_key_overlap_and_a_like_title_make_a_pair_probable():
    found = pair([announced("a", 0)], [mute("m", 30, title="queue upgrade of the")])
    assert shown(found) == {"a": (Certainty.PROBABLE, ["m"])}


@pytest.mark.parametrize(
    "other",
    [
        mute("m", 60),
        mute("m", 0, title="Certificate renewal"),
    ],
)
def test_neither_a_like_title_nor_an_overlap_alone_makes_a_pair(other: Event):
    found = pair([announced("a", 0)], [other])
    assert not found.pairs
    assert (names(found.announced_only), names(found.mutes_only)) == (["a"], ["m"])


def test_keys_that_differ_make_no_pair_and_one_that_is_missing_may():
    assert not pair([announced("a", 0, "K")], [mute("m", 0, "L")]).pairs
    assert shown(pair([announced("a", 0, "K")], [mute("m", 0)])) == {"a": (Certainty.PROBABLE, ["m"])}


def test_keys_that_differ_in_case_only_make_a_pair_of_what_overlaps_whatever_the_titles():
    ours, theirs = [announced("a", 0, "K")], [mute("m", 0, "k", title="Certificate renewal")]
    assert shown(pair(ours, theirs)) == {"a": (Certainty.PROBABLE, ["m"])}
    assert not pair(ours, [mute("m", 60, "k")]).pairs


def test_an_event_may_have_several_mutes_and_a_mute_one_event():
    ours = [announced("a", 0, lasts=120), announced("b", 100)]
    theirs = [mute("m1", 0), mute("m2", 60)]
    assert shown(pair(ours, theirs)) == {"a": (Certainty.PROBABLE, ["m1", "m2"])}


@pytest.mark.parametrize(
    ("one", "other", "like"),
    [
        ("Payments: upgrade", "upgrade payments", True),
        ("Upgrade", "Upgrade of the payments queue", True),
        ("Upgrade of the queue", "Upgrade of the database", True),
        ("Certificate renewal", "Upgrade of the queue", False),
        ("!!!", "!!!", True),
        ("!!!", "???", False),
        ("ÜBERGABE der Last", "übergabe", True),
    ],
)
def test_titles_are_alike_by_their_words(one: str, other: str, like: bool):
    assert is_like(one, other) is like
    assert is_like(other, one) is like


EVENTS = st.tuples(st.integers(0, 300), st.none() | st.sampled_from("KL"), st.sampled_from(["", "Patch"]))


@given(st.lists(EVENTS, max_size=6), st.lists(EVENTS, max_size=6))
def test_every_event_is_in_one_place_only(
    ours: list[tuple[int, str | None, str]], theirs: list[tuple[int, str | None, str]]
):
    left = [announced(f"a{n}", start, key, title=title) for n, (start, key, title) in enumerate(ours)]
    right = [mute(f"m{n}", start, key, title=title) for n, (start, key, title) in enumerate(theirs)]
    found = pair(left, right)
    placed = [it.announced for it in found.pairs] + list(found.announced_only)
    assert sorted(names(placed)) == sorted(names(left))
    mutes = [each for it in found.pairs for each in it.mutes] + list(found.mutes_only)
    assert sorted(names(mutes)) == sorted(names(right))
    assert all(it.mutes for it in found.pairs)


def test_drift_is_in_start_end_and_title_and_none_where_both_agree():
    (same,) = pair([announced("a", 0, "K")], [mute("m", 0, "K")]).pairs
    assert list(drift(same)) == []
    (other,) = pair([announced("a", 0, "K")], [mute("m", 15, "K", lasts=60, title="Patch")]).pairs
    assert list(drift(other)) == [
        Drift(kind=DriftKind.START, announced="2027-03-01T12:00:00Z", muted="2027-03-01T12:15:00Z"),
        Drift(kind=DriftKind.END, announced="2027-03-01T13:00:00Z", muted="2027-03-01T13:15:00Z"),
        Drift(kind=DriftKind.TITLE, announced="Upgrade of the queue", muted="Patch"),
    ]


def test_what_is_only_probably_a_pair_does_not_drift_in_its_title():
    (found,) = pair([announced("a", 0)], [mute("m", 0, title="Upgrade")]).pairs
    assert list(drift(found)) == []
