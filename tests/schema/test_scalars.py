"""Each scalar takes what it says and nothing else, as a literal and as a variable alike."""

import json
from typing import Any

import pytest

from gateway.errors import GatewayError
from tests.service.fakes import event

from .both_ways import read
from .conftest import Execute

pytestmark = pytest.mark.anyio

WINDOW = '{calendarEvents(calendars:["es:a"],window:{start:%s,end:"2027-03-02T00:00:00Z"}){isComplete}}'
WINDOW_VARIABLE = (
    'query($it:DateTime!){calendarEvents(calendars:["es:a"],window:{start:$it,end:"2027-03-02T00:00:00Z"})'
    "{isComplete}}"
)
EVENT = (
    'mutation{addEvents(input:{dryRun:true,calendars:["es:a"],events:[{title:"x",start:{%s},end:{%s}}]})'
    "{results{status problem{message}}}}"
)
START, END = "instant:1795208400000", 'after:"PT1H"'


def codes(result: Any) -> set[str]:
    """The codes of an answer's errors, which must all be of the client's making."""
    found = set()
    for error in result.errors or ():
        cause = error
        while (inner := getattr(cause, "original_error", None)) is not None:
            cause = inner
        assert isinstance(cause, GatewayError) or cause is error or "GraphQLError" in type(cause).__name__, (
            cause
        )
        found.add(cause.problem.code.value if isinstance(cause, GatewayError) else "BAD_REQUEST")
    return found


@pytest.mark.parametrize(
    "value",
    [0, 1740000000000, "2027-03-01T00:00:00Z", "2027-03-01T00:00:00.5+01:00", "2027-03-01T00:00-05:30"],
)
async def test_an_instant_is_taken_with_an_offset_or_in_milliseconds(execute: Execute, value: object) -> None:
    assert (await execute(WINDOW % json.dumps(value))).errors is None
    assert (await execute(WINDOW_VARIABLE, it=value)).errors is None


@pytest.mark.parametrize(
    "value",
    [
        True,
        False,
        1.5,
        1740000000000.0,
        "",
        "soon",
        "2027-03-01",
        "2027-03-01T00:00:00",
        "1740000000000",
        10**30,
        [],
        {},
    ],
)
async def test_what_is_no_instant_is_refused(execute: Execute, value: object) -> None:
    literal = await execute(WINDOW % json.dumps(value))
    variable = await execute(WINDOW_VARIABLE, it=value)
    assert literal.data is None
    assert variable.data is None
    assert codes(literal) <= {"INVALID_TIME", "BAD_REQUEST"}
    assert codes(variable) <= {"INVALID_TIME", "BAD_REQUEST"}
    assert literal.errors
    assert variable.errors


async def test_a_number_of_five_thousand_digits_is_refused(execute: Execute) -> None:
    assert codes(await execute(WINDOW % ("9" * 5000))) == {"BAD_REQUEST"}
    assert codes(await execute(WINDOW % ("9" * 99))) == {"INVALID_TIME"}


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ('zoned:{local:"2027-03-01T10:00:00",timeZone:"Europe/Berlin"}', END),
        ('zoned:{local:"2027-03-01T10:00",timeZone:"W. Europe Standard Time"}', END),
        ('allDay:{date:"2027-03-01",timeZone:"UTC"}', 'allDay:"2027-03-02"'),
        ('allDay:{date:"2027-03-01",timeZone:"UTC"}', 'after:"P1D"'),
        (START, 'after:"P1W2DT3H4M5S"'),
    ],
)
async def test_each_way_to_write_a_time_is_taken(execute: Execute, start: str, end: str) -> None:
    result = await execute(EVENT % (start, end))
    assert result.errors is None
    assert read(result)["addEvents"]["results"] == [{"status": "PLANNED", "problem": None}]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (START, "after:3600"),
        (START, "after:true"),
        (START, 'after:"1h"'),
        (START, 'after:"P1M"'),
        (START, 'after:""'),
        (START, 'after:["PT1H"]'),
        ('zoned:{local:"2027-03-01T10:00:00Z",timeZone:"UTC"}', END),
        ('zoned:{local:1795208400000,timeZone:"UTC"}', END),
        ('zoned:{local:"2027-03-01T10:00:00",timeZone:1}', END),
        ('zoned:{local:"2027-03-01T10:00:00",timeZone:"UTC",disambiguation:null}', END),
        ('zoned:{local:"2027-03-01T10:00:00",timeZone:"UTC",disambiguation:SOON}', END),
        ('allDay:{date:"2027-02-30",timeZone:"UTC"}', 'allDay:"2027-03-02"'),
        ("allDay:{date:20270301}", 'allDay:"2027-03-02"'),
    ],
)
async def test_what_is_no_time_is_an_error_of_the_request(execute: Execute, start: str, end: str) -> None:
    result = await execute(EVENT % (start, end))
    assert result.data is None
    assert codes(result) <= {"INVALID_TIME", "INVALID_INPUT", "BAD_REQUEST"}
    assert result.errors


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("", END),
        ("instant:null", END),
        (f'{START},zoned:{{local:"2027-03-01T10:00:00",timeZone:"UTC"}}', END),
        (f"{START},allDay:null", END),
        (START, ""),
        (START, f"{END},instant:1795208400001"),
        (START, "after:null"),
    ],
)
async def test_exactly_one_of_the_ways_is_taken(execute: Execute, start: str, end: str) -> None:
    result = await execute(EVENT % (start, end))
    assert result.data is None
    assert result.errors


@pytest.mark.parametrize("start", [{}, {"instant": None}, {"instant": 1, "allDay": {"date": "2027-03-01"}}])
async def test_exactly_one_of_the_ways_is_taken_from_variables(
    execute: Execute, start: dict[str, Any]
) -> None:
    query = (
        'mutation($it:EventTimeInput!){addEvents(input:{dryRun:true,calendars:["es:a"],'
        'events:[{title:"x",start:$it,end:{after:"PT1H"}}]}){status}}'
    )
    result = await execute(query, it=start)
    assert result.data is None
    assert codes(result) == {"BAD_REQUEST"}


async def test_times_are_written_out_in_all_ways(execute: Execute, es: Any) -> None:
    es.held.append(event("es:a", 30))
    query = (
        '{calendarEvents(calendars:["es:a"],window:{start:"2027-03-01T00:00:00Z",end:"2027-03-02T00:00:00Z"})'
        "{nodes{duration start{instant local timeZone date}}}}"
    )
    result = await execute(query)
    assert read(result) == {
        "calendarEvents": {
            "nodes": [
                {
                    "duration": "PT30M",
                    "start": {
                        "instant": "2027-03-01T12:30:00Z",
                        "local": "2027-03-01T12:30:00",
                        "timeZone": "UTC",
                        "date": None,
                    },
                }
            ]
        }
    }
