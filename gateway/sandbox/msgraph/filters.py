"""`$filter`: OData expressions, parsed into predicates over JSON.

Strings are compared ignoring case, as Exchange does, and times as instants, in UTC where there is no offset.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from re import compile as pattern
from re import fullmatch
from typing import Any

from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.times import instant

Predicate = Callable[[Mapping[str, Any]], bool]

_TOKEN = pattern(
    r"\s*('(?:[^']|'')*'|\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?|[\w$@.-]+(?:/[\w$@.-]+)*|[(),:])"
)
_COMPARISONS = {"eq": eq, "ne": ne, "ge": ge, "gt": gt, "le": le, "lt": lt}
_TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}
_CONSTANTS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}


class UnknownProperty(LookupError):
    """A property that a filter or an order names, and the rows have not."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A predicate, and the paths that it looks at in the order of the text."""

    matches: Predicate
    paths: tuple[str, ...]


def parse(text: str) -> Filter:
    parser = _Parser(text)
    return Filter(parser.whole(), tuple(parser.paths))


@contextmanager
def properties_of(kind: str) -> Iterator[None]:
    """Refuse, in the name of that type of Graph, properties that it does not have."""
    try:
        yield
    except UnknownProperty as error:
        raise GraphError(Cause.BAD_PROPERTY, f"'{error}' on type 'microsoft.graph.{kind}'") from error


def value_at(document: Mapping[str, Any], path: str) -> Any:
    """The value at a path of property names, which are read in any case.

    Raises UnknownProperty.
    """
    value: Any = document
    for name in path.split("/"):
        if value is None:
            return None
        value = _member(value, name)
    return value


def _member(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        if name in value:
            return value[name]
        for key in value:
            if key.lower() == name.lower():
                return value[key]
    raise UnknownProperty(name)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._position = 0
        self._text = text
        self.paths: list[str] = []

    def whole(self) -> Predicate:
        found = self._any_of()
        if self._peek():
            raise self._invalid()
        return found

    def _any_of(self) -> Predicate:
        terms = [self._all_of()]
        while self._accept("or"):
            terms.append(self._all_of())
        return terms[0] if len(terms) == 1 else lambda document: any(term(document) for term in terms)

    def _all_of(self) -> Predicate:
        terms = [self._term()]
        while self._accept("and"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else lambda document: all(term(document) for term in terms)

    def _term(self) -> Predicate:
        if self._accept("not"):
            inner = self._term()
            return lambda document: not inner(document)
        if self._accept("("):
            inner = self._any_of()
            self._expect(")")
            return inner
        word = self._next()
        if word.lower() in _TEXTS:
            return self._text_function(_TEXTS[word.lower()])
        path, _, last = word.rpartition("/")
        if last.lower() in ("any", "all"):
            return self._lambda(path, any if last.lower() == "any" else all)
        return self._comparison(word)

    def _text_function(self, function: Callable[[str, str], bool]) -> Predicate:
        self._expect("(")
        path = self._path(self._next())
        self._expect(",")
        wanted = self._literal()
        self._expect(")")
        return lambda document: function(str(_folded(value_at(document, path))), str(_folded(wanted)))

    def _lambda(self, path: str, quantifier: Callable[[Iterator[bool]], bool]) -> Predicate:
        self._path(path)
        self._expect("(")
        variable = self._next()
        self._expect(":")
        inner = self._any_of()
        self._expect(")")
        return lambda document: quantifier(
            inner({**document, variable: element}) for element in value_at(document, path) or ()
        )

    def _comparison(self, word: str) -> Predicate:
        path = self._path(word)
        compare = _COMPARISONS.get(self._next().lower())
        if compare is None:
            raise self._invalid()
        wanted = self._literal()
        return lambda document: _compared(value_at(document, path), wanted, compare)

    def _path(self, word: str) -> str:
        if fullmatch(r"[A-Za-z_@][\w@.]*(/[\w@.]+)*", word) is None:
            raise self._invalid()
        self.paths.append(word)
        return word

    def _literal(self) -> Any:
        token = self._next()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token.lower() in _CONSTANTS:
            return _CONSTANTS[token.lower()]
        if fullmatch(r"-?\d+(\.\d+)?", token):
            return float(token)
        if fullmatch(r"\d{4}-\d\d-\d\d.*", token):
            return token
        raise self._invalid()

    def _peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise self._invalid()
        self._position += 1
        return token

    def _accept(self, wanted: str) -> bool:
        is_there = self._peek().lower() == wanted
        self._position += is_there
        return is_there

    def _expect(self, wanted: str) -> None:
        if not self._accept(wanted):
            raise self._invalid()

    def _invalid(self) -> GraphError:
        return GraphError(Cause.BAD_FILTER, self._text)


def _tokens(text: str) -> Iterator[str]:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise GraphError(Cause.BAD_FILTER, text)
        yield match[1]
        position = match.end()


def _compared(value: Any, wanted: Any, compare: Callable[[Any, Any], bool]) -> bool:
    left, right = _comparable(value, wanted)
    if compare in (eq, ne):
        return compare(left, right)
    if left is None or right is None or isinstance(left, str) is not isinstance(right, str):
        return False
    return compare(left, right)


def _comparable(value: Any, wanted: Any) -> tuple[Any, Any]:
    if isinstance(value, str) and isinstance(wanted, str):
        times = instant(value), instant(wanted)
        if None not in times:
            return times
    return _folded(value), _folded(wanted)


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
