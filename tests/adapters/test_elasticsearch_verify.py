"""Which stored events are the ones just posted."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.elasticsearch.verify import identity, is_same, match
from gateway.adapters.elasticsearch.wire import SentEvent, StoredEvent

FLAG = st.sampled_from([None, True, False])
SENT = st.builds(
    SentEvent,
    description=st.sampled_from(["a", "b"]),
    start_time=st.integers(0, 1),
    end_time=st.integers(2, 3),
    skip_result=FLAG,
    skip_model_update=FLAG,
    force_time_shift=st.sampled_from([None, 0, 3600]),
)


def sent(description="a", **flags):
    return SentEvent(description=description, start_time=0, end_time=2, **flags)


def stored(event: SentEvent, event_id: str, *, default=True, has_flags=True) -> StoredEvent:
    """What Elasticsearch keeps of an event: flags that were not given at their defaults."""
    fields = msgspec.structs.asdict(event)
    for flag in ("skip_result", "skip_model_update"):
        if has_flags and fields[flag] is None:
            fields[flag] = default
    return StoredEvent(event_id=event_id, **fields)


def ids(found):
    return [None if event is None else event.event_id for event in found]


@given(st.data())
def test_every_stored_event_is_found_once_and_no_lost_one_is_replaced(data):
    wanted = data.draw(st.lists(SENT, max_size=12))
    older = data.draw(st.lists(SENT, max_size=12))
    kept = data.draw(st.lists(st.booleans(), min_size=len(wanted), max_size=len(wanted)))
    names = data.draw(st.permutations([f"new{n}" for n in range(len(wanted))]))
    before = [stored(event, f"old{n}") for n, event in enumerate(older)]
    new = [stored(event, names[n]) for n, event in enumerate(wanted) if kept[n]]
    found = match(wanted, {event.event_id for event in before}, data.draw(st.permutations(before + new)))
    assert sorted(filter(None, ids(found))) == sorted(event.event_id for event in new)
    for event, seen in zip(wanted, found, strict=True):
        if seen is not None:
            assert seen.content == event.content
            for flag in ("skip_result", "skip_model_update", "force_time_shift"):
                assert getattr(event, flag) in {None, getattr(seen, flag)}


@given(st.data())
def test_what_an_event_became_does_not_depend_on_the_order_in_which_they_were_sent(data):
    written = data.draw(st.lists(SENT, max_size=8))
    wanted = [msgspec.structs.replace(event, start_time=n) for n, event in enumerate(written)]
    after = [stored(event, f"{hash(event)}", default=data.draw(st.booleans())) for event in wanted]
    order = data.draw(st.permutations(range(len(wanted))))
    found = match(wanted, set(), after)
    assert [found[n] for n in order] == match([wanted[n] for n in order], set(), after)


def test_an_older_identical_event_does_not_stand_in():
    assert ids(match([sent()], {"old"}, [stored(sent(), "old")])) == [None]


def test_identical_events_get_ids_of_their_own_and_the_last_is_the_lost_one():
    assert ids(match([sent()] * 3, set(), [stored(sent(), "y"), stored(sent(), "x")])) == ["x", "y", None]


def test_an_event_with_other_flags_than_given_does_not_stand_in():
    assert ids(match([sent(skip_result=False)], set(), [stored(sent(), "x")])) == [None]


def test_flags_tell_equal_events_apart_in_any_order():
    first, second = sent(), sent(skip_result=False)
    after = [stored(second, "a"), stored(first, "b")]
    assert ids(match([first, second], set(), after)) == ["b", "a"]
    assert ids(match([second, first], set(), after)) == ["a", "b"]


def test_a_cluster_without_flags_is_understood():
    assert ids(match([sent()], set(), [stored(sent(), "x", has_flags=False)])) == ["x"]


def test_a_cluster_with_other_defaults_is_believed():
    wanted = [sent(), sent(force_time_shift=3600)]
    after = [stored(event, f"{n}", default=False) for n, event in enumerate(wanted)]
    assert None not in ids(match(wanted[1:], set(), after[1:]))
    assert None not in ids(match(wanted[:1], set(), after[:1]))


def test_a_thousand_identical_events_are_matched():
    assert None not in match([sent()] * 1000, set(), [stored(sent(), f"{n:04}") for n in range(1000)])


@given(SENT, SENT)
def test_two_events_are_the_same_just_where_their_identities_are_equal(one, other):
    assert is_same(one, other) is (identity(one) == identity(other))


@given(SENT, SENT)
def test_what_is_the_same_would_be_stored_alike(wanted, other):
    assert is_same(wanted, stored(other, "x")) is (
        msgspec.structs.asdict(stored(wanted, "x")) == msgspec.structs.asdict(stored(other, "x"))
    )


def test_flags_that_a_cluster_does_not_know_are_the_same_as_their_defaults():
    assert is_same(sent(), stored(sent(), "x", has_flags=False))
    assert not is_same(sent(skip_result=False), stored(sent(), "x", has_flags=False))
