"""A workload: an operation that clients ask of a server, each with variables of its own."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

COLUMNS: Final[Mapping[str, str]] = {
    "typename": "{__typename}",
    "graph-add": "Graph add",
    "add-1": "ES add 1",
    "add-100": "ES add 100",
    "list-100": "list 100",
    "list-1000": "list 1,000",
    "view-100": "Graph view of 100",
}
LENGTHS: Final[Mapping[str, str]] = {"list-10": "list 10", "list-10000": "10 lists of 1,000"}
"""What shows besides how the cost of a list grows with it."""
TITLES: Final = {**COLUMNS, **LENGTHS}
Data = Mapping[str, Any]
CLIENTS: Final = 32
"""So many ask at once, unless a workload says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """An operation, what an answer to it must hold `count` of, and how many clients ask for it at once."""

    document: str
    variables: Callable[[int], Mapping[str, Any]]
    rows: Callable[[Data], Sequence[Any]]
    count: int
    clients: int = CLIENTS

    def body(self, client: int) -> bytes:
        return json.dumps({"query": self.document, "variables": self.variables(client)}).encode()

    def check(self, answer: bytes) -> None:
        """Raises ValueError unless all that was asked was done."""
        decoded = json.loads(answer)
        if decoded.get("errors") or len(self.rows(decoded["data"])) != self.count:
            raise ValueError(f"not as asked: {answer[:2000].decode()}")


TYPENAME: Final = Workload(document="{ __typename }", variables=lambda _: {}, rows=list, count=1)
