"""Objects in request bodies: declared fields, the tokens that each takes, errors with positions."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.sandbox.elasticsearch.errors import NOT_A_BOOLEAN, PARSE, Cause, Failure, Row
from gateway.sandbox.elasticsearch.tokens import Kind, Tokens

NOT_AN_ARGUMENT = Row(400, "illegal_argument_exception", "{}")
OUT_OF_RANGE = Row(400, "input_coercion_exception", "Numeric value ({}) out of range ({} - {})")
NOT_A_NUMBER = Row(400, "number_format_exception", 'For input string: "{}"')

SCALARS = frozenset({Kind.STRING, Kind.NUMBER, Kind.BOOLEAN, Kind.NULL})
NUMERAL = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,9})?")
MAX_EXPONENT = 19
INT_RANGE = range(-(2**31), 2**31)
LONG_RANGE = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Field:
    """What tokens a field takes, and how its value is read from there."""

    takes: frozenset[Kind]
    read: Callable[[Tokens], Any]


@dataclass(frozen=True, slots=True)
class ObjectParser:
    """Reads an object into a dict of the fields that are there. `build` may check it or make it a value."""

    name: str
    fields: Mapping[str, Field]
    build: Callable[[dict[str, Any]], Any] = dict

    def document(self, body: bytes) -> Any:
        """The object that a body holds."""
        tokens = Tokens(body)
        tokens.advance()
        return self.read(tokens)

    def read(self, tokens: Tokens) -> Any:
        if tokens.current.kind is not Kind.START_OBJECT:
            raise self._failure(tokens.place(), f"Expected START_OBJECT but was: {tokens.current.kind}")
        values: dict[str, Any] = {}
        while tokens.advance().kind is not Kind.END_OBJECT:
            name = tokens.current
            tokens.advance()
            values[name.text] = self._field(tokens, name.text, name.offset)
        return self.build(values)

    def _field(self, tokens: Tokens, name: str, offset: int) -> Any:
        field = self.fields.get(name)
        if field is None:
            hint = did_you_mean(name, self.fields)
            raise self._failure(tokens.place(offset), f"unknown field [{name}]{hint and ' ' + hint}")
        kind = tokens.current.kind
        if kind not in field.takes:
            raise self._failure(tokens.place(), f"{name} doesn't support values of type: {kind}")
        with self._wrapping(tokens, f"failed to parse field [{name}]"):
            return field.read(tokens)

    @contextmanager
    def _wrapping(self, tokens: Tokens, text: str) -> Iterator[None]:
        try:
            yield
        except Failure as failure:
            raise self._failure(tokens.place(), text, failure.cause) from failure

    def _failure(self, place: str, text: str, caused_by: Cause | None = None) -> Failure:
        return Failure(400, Cause(PARSE, f"[{place}] [{self.name}] {text}", caused_by))


def text(tokens: Tokens) -> str:
    """The text of a string, number or boolean."""
    if tokens.current.kind not in SCALARS - {Kind.NULL}:
        raise NOT_AN_ARGUMENT(f"Expected text at {tokens.place()} but found {tokens.current.kind}")
    return tokens.current.text


def text_or_null(tokens: Tokens) -> str | None:
    return None if tokens.current.kind is Kind.NULL else text(tokens)


def boolean(tokens: Tokens) -> bool:
    return as_boolean(tokens.current.text)


def as_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise NOT_A_BOOLEAN(text)
    return text == "true"


def integer(tokens: Tokens) -> int:
    """A 32 bit integer, from a number or a string."""
    return whole(tokens.current.text, INT_RANGE)


def whole(text: str, bounds: range) -> int:
    """The number that a text says, its fraction dropped."""
    if not NUMERAL.fullmatch(text):
        raise NOT_A_NUMBER(text)
    number = Decimal(text)
    if number.adjusted() > MAX_EXPONENT or int(number) not in bounds:
        raise OUT_OF_RANGE(text, bounds[0], bounds[-1])
    return int(number)


def each(read: Callable[[Tokens], Any]) -> Callable[[Tokens], list[Any]]:
    """A list of what `read` reads, from an array or from a single value."""

    def items(tokens: Tokens) -> list[Any]:
        if tokens.current.kind is not Kind.START_ARRAY:
            return [read(tokens)]
        found = []
        while tokens.advance().kind is not Kind.END_ARRAY:
            found.append(read(tokens))
        return found

    return items


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """The suggestion for a misspelt name, empty if nothing is near."""
    near = sorted(
        (-likeness, candidate)
        for candidate in candidates
        if (likeness := 1 - distance(name, candidate) / max(len(name), len(candidate), 1)) > 0.5
    )
    names = [f"{candidate}" for _, candidate in near]
    if not names:
        return ""
    return f"did you mean [{names[0]}]?" if len(names) == 1 else f"did you mean any of [{', '.join(names)}]?"


def distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return row[-1]


STRING = Field(frozenset({Kind.STRING}), text)
STRING_OR_NULL = Field(frozenset({Kind.STRING, Kind.NULL}), text_or_null)
STRINGS = Field(frozenset({Kind.STRING, Kind.START_ARRAY}), each(text))
BOOLEAN = Field(frozenset({Kind.BOOLEAN, Kind.STRING}), boolean)
INTEGER = Field(frozenset({Kind.NUMBER, Kind.STRING}), integer)


def scalar(read: Callable[[Tokens], Any]) -> Field:
    """A field that takes any scalar and judges for itself."""
    return Field(SCALARS, read)


def nested(parser: ObjectParser) -> Field:
    return Field(frozenset({Kind.START_OBJECT}), parser.read)


def array_of(parser: ObjectParser) -> Field:
    """An array of objects, or a single one."""
    return Field(frozenset({Kind.START_OBJECT, Kind.START_ARRAY}), each(parser.read))
