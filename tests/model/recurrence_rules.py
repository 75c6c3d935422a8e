"""Any recurrence rule that can be built."""

from datetime import UTC

from hypothesis import strategies as st

from gateway.errors import InvalidInput
from gateway.model.recurrence.rule import ByDay, Frequency, RecurrenceRule, Weekday


def _few(values, largest=3):
    return st.frozensets(values, max_size=largest)


def _signed(largest):
    return st.integers(-largest, largest).filter(bool)


@st.composite
def rules(draw):
    """Mostly such as people write, without a range or with one."""
    frequency = draw(st.sampled_from(Frequency))
    has_ordinals = frequency in (Frequency.MONTHLY, Frequency.YEARLY) and draw(st.booleans())
    ordinals = _signed(5) if has_ordinals else st.just(0)
    range_ = draw(
        st.one_of(
            st.just({}),
            st.fixed_dictionaries({"count": st.integers(1, 50)}),
            st.fixed_dictionaries({"until": st.dates()}),
            st.fixed_dictionaries(
                {"until": st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))}
            ),
        )
    )
    fields = {
        "interval": draw(st.sampled_from([1, 1, 1, 2, 3, 4, 12, 999])),
        "by_month": draw(_few(st.integers(1, 12))),
        "by_month_day": draw(_few(_signed(31))) if frequency is not Frequency.WEEKLY else frozenset(),
        "by_day": draw(_few(st.builds(ByDay, st.sampled_from(Weekday), ordinals))),
        "by_set_position": draw(_few(_signed(5), 2)),
        "week_start": draw(st.sampled_from(Weekday)),
    }
    return _built(frequency=frequency, **fields, **range_)


def _built(*, by_set_position, by_month, **fields):
    """The rule, with lists left out that do not go with the others."""
    try:
        return RecurrenceRule(by_set_position=by_set_position, by_month=by_month, **fields)
    except InvalidInput:
        return RecurrenceRule(**fields)
