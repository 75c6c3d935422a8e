"""What the names in a call mean."""

import pytest

from gateway.errors import Code, InvalidId, UnknownAlias, UnknownSource
from gateway.model.ids import CalendarId, EventId
from gateway.service.catalog import Alias, Catalog, Target, Unresolved

from .fakes import FakeSource, configured


def catalog() -> Catalog:
    aliases = {
        "payments": Alias(
            calendars=(CalendarId("graph", ("a",)), CalendarId("es", ("a",))), time_zone="Asia/Tokyo"
        ),
        "ledger": Alias(calendars=(CalendarId("es", ("b",)),)),
    }
    return Catalog([configured(FakeSource("es"), time_zone="UTC"), configured(FakeSource("graph"))], aliases)


def test_each_name_is_resolved_where_it_stands() -> None:
    found = catalog().resolve(["es:x", "payments", "nobody", "ledger"])
    assert [item.index for item in found] == [0, 1, 1, 2, 3]
    targets = [item for item in found if isinstance(item, Target)]
    assert [str(target.calendar) for target in targets] == ["es:x", "graph:a", "es:a", "es:b"]
    assert [target.by_alias for target in targets] == [False, True, True, True]
    assert [target.time_zone for target in targets] == ["UTC", "Asia/Tokyo", "Asia/Tokyo", "UTC"]


@pytest.mark.parametrize(
    ("name", "code", "hint"),
    [
        ("paymets", Code.UNKNOWN_ALIAS, "Did you mean payments? The known aliases are: ledger, payments."),
        ("", Code.UNKNOWN_ALIAS, "The known aliases are: ledger, payments."),
        ("é\ud800\n", Code.UNKNOWN_ALIAS, "The known aliases are: ledger, payments."),
        ("grap:x", Code.UNKNOWN_SOURCE, "Did you mean graph? The known sources are: es, graph."),
    ],
)
def test_unknown_names_list_the_known_ones(name: str, code: Code, hint: str) -> None:
    (item,) = catalog().resolve([name])
    assert isinstance(item, Unresolved)
    assert (item.problem.code, item.problem.hint) == (code, hint)
    assert item.problem.path == ("calendars", "0")


def test_of_many_known_names_twenty_are_listed() -> None:
    many = Catalog([configured(FakeSource(f"s{number:02}")) for number in range(30)], {})
    (item,) = many.resolve(["x:y"])
    assert isinstance(item, Unresolved)
    assert item.problem.hint is not None
    assert item.problem.hint.endswith("s18, s19 and 10 more.")


def test_one_calendar_can_be_named_by_an_alias_of_one_only() -> None:
    assert str(catalog().calendar("ledger").calendar) == "es:b"
    with pytest.raises(InvalidId) as refused:
        catalog().calendar("payments")
    assert refused.value.problem.hint == "Ask for one of graph:a, es:a."
    with pytest.raises(UnknownAlias):
        catalog().calendar("nobody")


def test_events_are_told_from_calendars_by_their_form() -> None:
    assert catalog().is_event("es:a/events/1")
    assert not catalog().is_event("es:a")
    source, event = catalog().event("es:a/events/%2F1")
    assert (source.name, event) == ("es", EventId("es", ("a", "events", "/1")))
    with pytest.raises(InvalidId):
        catalog().event("es:a")
    with pytest.raises(UnknownSource):
        catalog().event("x:a/events/1")
