"""Schemathesis against the gateway: each field of the schema, with whatever its arguments may be.

Nothing may be answered by a 5xx, by anything but GraphQL, or with words from inside. There is a time for all
of it, so that CI is not kept waiting; chance is the same each time, unless FUZZ_SEED says otherwise.
"""

import os
import re
import time
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from report import operation
from schemathesis import Case, graphql
from schemathesis.graphql import nodes

SECONDS = float(os.environ.get("FUZZ_SECONDS", "20"))
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
INSIDE = re.compile(
    r'Traceback|File \\?"|site-packages|strawberry|graphql-core|<[a-z_.]+ object at|"INTERNAL"'
)
NAMES = (
    "elasticsearch:planned-outages",
    "msgraph:users/outages@contoso.com/calendar",
    "msgraph:me",
    "nowhere:x",
)
SCALARS = {
    "ID": NAMES,
    "DateTime": ("2026-11-18T10:00:00Z", "2026-11-25T10:00:00+01:00", "9999-12-31T23:59:59Z"),
    "Date": ("2026-11-18", "0001-01-01"),
    "LocalDateTime": ("2026-11-18T10:00:00", "2026-03-29T02:30:00"),
    "Duration": ("PT2H", "P1D", "P9999999D", "PT0S"),
    "TimeZone": ("Europe/Berlin", "W. Europe Standard Time"),
    "RecurrenceRule": ("FREQ=DAILY;COUNT=3", "FREQ=YEARLY;BYDAY=5MO", "FREQ=SECONDLY"),
    "URL": ("https://example.com/", "javascript:alert(1)"),
    "JSON": ("{}",),
}


class Over(Exception):
    """There is no time for more examples."""


def main() -> None:
    for name, usual in SCALARS.items():
        graphql.scalar(name, st.one_of(st.sampled_from(usual), st.text(max_size=30)).map(nodes.String))
    schema = graphql.from_url(os.environ["GATEWAY_URL"])
    found = [result.ok() for result in schema.get_all_operations()]
    for field in found:
        with operation(field.label):
            tried(field, time.monotonic() + SECONDS / len(found))


def tried(field: Any, until: float) -> None:
    """Asks for a field in many ways, as long as there is time."""

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=field.as_strategy())
    def ask(case: Case) -> None:
        if time.monotonic() > until:
            raise Over
        check(case)

    with suppress(Over):
        ask()


def check(case: Case) -> None:
    answer = case.call()
    said = f"{answer.status_code} {answer.text[:300]!r} to {case.body!r}"
    if answer.status_code >= 500 or INSIDE.search(answer.text):
        raise AssertionError(said)
    content = answer.json()
    if not content.keys() <= {"data", "errors", "extensions"} or not content.keys() & {"data", "errors"}:
        raise AssertionError(said)


if __name__ == "__main__":
    main()
