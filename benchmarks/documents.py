"""What documents of 8 KB cost at worst: CPU milliseconds of the event loop until each is answered.

The documents are generated: each family repeats what is dear to parse, to hold against the limits, to
validate or to report, until 8 KB are full. There is no source, so nothing else is measured. The command
fails above 50 ms, and above 10 for fragments that unfold.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from strawberry.schema.exceptions import CannotGetOperationTypeError

from gateway.adapters.upstream import Call
from gateway.http.answer import answer
from gateway.http.media import GRAPHQL
from gateway.schema.execution import Executor
from gateway.service.audit import AuditTrail
from gateway.service.catalog import Catalog

LARGEST: Final = 8192
MOST_MS: Final = 50.0
MOST_MS_NESTED: Final = 10.0
NESTED: Final = "21 nested fragments, each spread twice"
SHOWN: Final = 10
Unit = Callable[[int], str]


def filled(before: str, unit: Unit, after: str, *, most: int = LARGEST) -> str:
    """As many units, numbered, as there is room for between what is before and after them."""
    text, number = before, 0
    while len(text) + len(piece := unit(number)) + len(after) <= LARGEST and number < most:
        text, number = text + piece, number + 1
    return text + after


def objects(members: int, fields: int) -> str:
    """Fields with an object for an id, which its type quotes when it refuses it."""
    value = " ".join(f"a{number}: 1" for number in range(members))
    return filled("{", lambda number: f"c{number}: calendar(id: {{{value}}}) {{id}} ", "}", most=fields)


def inputs(type_: str) -> str:
    """Variables of a type of input, each of them used: those are read in the same way."""
    count = next(number for number in range(LARGEST) if len(_variables(type_, number + 1)) > LARGEST)
    return _variables(type_, count)


def _variables(type_: str, count: int) -> str:
    names = [f"$v{number}" for number in range(count)]
    declared = " ".join(f"{name}:{type_}" for name in names)
    return f"mutation({declared}){{addEvents(input:{{calendars:[] events:[{' '.join(names)}]}}){{status}}}}"


def fragments(count: int, spread: Callable[[int, int], bool], inside: str) -> str:
    """Fragments that spread each other."""
    names = range(count)
    bodies = (" ".join(f"...f{to}" for to in names if spread(one, to)) for one in names)
    defined = "".join(
        f"fragment f{n} on Query {{{body} {inside}}}" for n, body in zip(names, bodies, strict=True)
    )
    return f"{{...f0}}{defined}"


FAMILIES: Final[Mapping[str, Unit]] = {
    "fields of one name": lambda _: "__typename ",
    "fields under other names": lambda n: f"a{n}:__typename ",
    "fields with selections": lambda _: 'calendar(id:"a"){id} ',
    "unknown fields": lambda n: f"calendarz{n} ",
    "unknown types": lambda n: f"... on Calendarz{n} {{id}} ",
    "directives": lambda _: "__typename @skip(if: true) ",
    "unknown directives": lambda _: "__typename @skipp ",
    "introspections": lambda n: f"i{n}:__schema{{types{{fields{{args{{type{{name}}}}type{{name}}}}}}}} ",
    "types": lambda n: f'i{n}:__type(name:"CalendarEvent"){{fields{{name type{{name}}}}}} ',
    "SDLs": lambda n: f"i{n}:_service{{sdl}} ",
    "unknown ids": lambda n: f'i{n}:node(id:"x:{n}"){{id}} ',
}
"""What is repeated in one selection set of the query."""
INSIDE: Final[Mapping[str, tuple[str, Unit, str]]] = {
    "directives of one field": ("{__typename", lambda _: "@skip(if:true)", "}"),
    "unknown fields of a type": ('{calendar(id:"a"){', lambda n: f"eventz{n} ", "}}"),
    "unknown arguments": ("{calendar(", lambda n: f"idd{n}:1 ", "){id}}"),
    "selections in leaves": ("{calendarSources{", lambda n: f"name{{a{n}}} ", "}}"),
    "variables": ("query(", lambda n: f"$v{n}:ID! ", "){calendar(id:$v0){id}}"),
    "variables of unknown types": ("query(", lambda n: f"$v{n}:Calendarz{n} ", "){__typename}"),
    "uses of one variable": ("query($v:Int){calendarSources{", lambda n: f"a{n}:name @skip(if:$v) ", "}}"),
    "a list of ids": ("{nodes(ids:[", lambda n: f'"x:{n}" ', "]){id}}"),
    "representations": (
        "{_entities(representations:[",
        lambda _: '{__typename:"Calendar",id:"x"}',
        "]){__typename}}",
    ),
    "members of an input": ("mutation{addEvents(input:{", lambda n: f"a{n}:1 ", "}){status}}"),
    "events of an input": (
        'mutation{addEvents(input:{calendars:["a"] events:[',
        lambda _: "{" + " ".join(f"a{n}:1" for n in range(20)) + "}",
        "]}){status}}",
    ),
    "a list in lists": ("{calendar(id:", lambda _: "[", "){id}}"),
    "selections in selections": ('{calendar(id:"a"){', lambda _: "... on Calendar{", "}}"),
    "a number": ("{calendar(id:", lambda _: "9" * 100, "){id}}"),
    "a text with escapes": ('{calendar(id:"', lambda _: "\\u0041", '"){id}}'),
    "a text in a block": ('{calendar(id:"""', lambda _: "\n  ", '"""){id}}'),
    "comments": ("", lambda _: "#\n", "{__typename}"),
    "operations": ("", lambda n: f"query q{n}{{__typename}}", ""),
    "operations of one name": ("", lambda _: "query q{__typename}", ""),
    "unused fragments": ("{__typename}", lambda n: f"fragment f{n} on Query{{__typename}}", ""),
}
"""What stands before, is repeated, and stands after."""


def corpus() -> Iterator[tuple[str, str]]:
    """The name and the text of each document."""
    for name, unit in FAMILIES.items():
        for count in (20, 50, LARGEST):
            yield f"{name}, {count} at most", filled("{", unit, "}", most=count)
    for name, (before, unit, after) in INSIDE.items():
        for count in (50, LARGEST):
            yield f"{name}, {count} at most", filled(before, unit, after, most=count)
    for members in (1, 5, 10, 20, 48, 50):
        for fields in (5, 20):
            yield f"objects of {members} for {fields} ids", objects(members, fields)
    for type_ in ("EventInput", "EventInput!"):
        yield f"variables of {type_}", inputs(type_)
    for inside in ("__typename", "...nothing", 'calendar(id:"a"){id}'):
        for count in (20, 36, 50):
            yield f"{count} fragments in all later ones, {inside}", fragments(count, int.__lt__, inside)
            yield f"{count} fragments in each other, {inside}", fragments(count, int.__ne__, inside)
            yield f"{count} fragments in a row, {inside}", fragments(count, lambda a, b: b == a + 1, inside)
    yield NESTED, bomb()


def bomb() -> str:
    """663 bytes and some that unfold to two million fields."""
    nested = "".join(f"fragment f{n} on Query{{...f{n + 1}...f{n + 1}}}" for n in range(20))
    return f"{{...f0}}{nested}fragment f20 on Query{{__typename}}"


async def cost(text: str) -> float:
    """Milliseconds of this process until a new gateway has its answer."""
    executor = Executor(Catalog([], {}), AuditTrail(lambda _: None))
    began = time.process_time()
    with suppress(CannotGetOperationTypeError):  # several operations, and none is named
        answer(await executor.execute(Call(request_id="a benchmark"), text), GRAPHQL)
    return (time.process_time() - began) * 1000


def measure(repeats: int) -> list[tuple[float, int, str]]:
    """The least of some repeats for each document, its length and name, the dearest first."""
    found = [
        (min(asyncio.run(cost(text)) for _ in range(repeats)), len(text), name)
        for name, text in corpus()
        if len(text) <= LARGEST
    ]
    return sorted(found, reverse=True)


def main(options: argparse.Namespace) -> bool:
    asyncio.run(cost("{__typename}"))  # what only the first one takes
    found = measure(options.repeats)
    print(f"{len(found)} documents")
    for milliseconds, length, name in found[:SHOWN]:
        print(f"{milliseconds:6.1f} ms  {length:5} bytes  {name}")
    ((nested, length),) = [found_[:2] for found_ in found if found_[2] == NESTED]
    print(f"{nested:6.1f} ms  {length:5} bytes  {NESTED}")
    return found[0][0] <= MOST_MS and nested <= MOST_MS_NESTED


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="scripts/bench-documents",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--repeats", type=int, default=9, help="how often each is measured (9)")
    sys.exit(0 if main(parser.parse_args()) else 1)
