"""OData query options and OData-style names: what a request asks for beside its path."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from re import fullmatch
from urllib.parse import parse_qsl, quote

from gateway.sandbox.http import Request
from gateway.sandbox.msgraph.errors import Cause, GraphError

MAX_TOP = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The query of a request. Names are read in any case, system options with or without their `$`."""

    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def select(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.text("select").split(",") if name.strip())

    @property
    def top(self) -> int | None:
        return self._number("top", least=1)

    @property
    def skip(self) -> int:
        return self._number("skip", least=0) or self._number("skiptoken", least=0) or 0

    @property
    def is_continued(self) -> bool:
        """Whether the request follows the link of an earlier page."""
        return not {"skip", "skiptoken"}.isdisjoint(self.given)

    @property
    def is_counted(self) -> bool:
        return self.text("count").lower() == "true"

    @property
    def order(self) -> tuple[tuple[str, bool], ...]:
        """Paths to order by, and whether descending."""
        return tuple(_order_term(term.strip()) for term in self.text("orderby").split(",") if term.strip())

    def text(self, name: str) -> str:
        return self.given.get(name, "")

    def _number(self, name: str, *, least: int) -> int | None:
        text = self.given.get(name)
        if text is None:
            return None
        if fullmatch(r"\d{1,9}", text) is None or int(text) < least:
            raise GraphError(Cause.BAD_OPTION, f"${name}")
        return int(text)


def options(request: Request) -> Options:
    pairs = parse_qsl(request.query, keep_blank_values=True)
    return Options(given={name.lstrip("$").lower(): value for name, value in pairs})


def next_link(request: Request, base: str, skip: int) -> str:
    """The address of the next page: this request's own, with another `$skip`."""
    kept = [
        part
        for part in request.query.split("&")
        if part
        and part.partition("=")[0].lower() not in ("$skip", "%24skip", "skip", "$skiptoken", "%24skiptoken")
    ]
    return f"{base}{request.path}?{'&'.join([*kept, f'$skip={skip}'])}"


def key(value: str) -> str:
    """A key as it stands in a context: `('…')`, percent-encoded."""
    return f"('{quote(value, safe='')}')"


def _order_term(term: str) -> tuple[str, bool]:
    match = fullmatch(r"([\w/]+)(?:\s+((?i:asc|desc)))?", term)
    if match is None:
        raise GraphError(Cause.BAD_OPTION, "$orderby")
    return match[1], (match[2] or "").lower() == "desc"


def expansions(text: str) -> dict[str, str]:
    """The names in `$expand`, lower-cased, each with the `$filter` in its parentheses."""
    found: dict[str, str] = {}
    for term in _split(text):
        match = fullmatch(r"\s*(\w+)\s*(?:\((.*)\))?\s*", term)
        if match is None:
            raise GraphError(Cause.BAD_OPTION, "$expand")
        options: str = match[2] or ""
        inner = {name: value for name, _, value in (part.partition("=") for part in options.split(";"))}
        found[match[1].lower()] = inner.get("$filter", "").strip()
    return found


def _split(text: str) -> list[str]:
    """Terms between the commas that are outside parentheses and quotes."""
    terms, depth, is_quoted = [""], 0, False
    for sign in text:
        is_quoted ^= sign == "'"
        depth += not is_quoted and {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and not depth and not is_quoted:
            terms.append("")
        else:
            terms[-1] += sign
    return [term for term in terms if term.strip()]
