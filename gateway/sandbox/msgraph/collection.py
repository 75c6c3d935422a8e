"""Collections: what `$filter` lets through, in the order of `$orderby`, a page at a time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from gateway.sandbox.msgraph.call import Call, Reply
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.filters import Filter, parse, properties_of, value_at
from gateway.sandbox.msgraph.odata import MAX_TOP, Options, next_link
from gateway.sandbox.msgraph.unknowns import TopOverMaximum

T = TypeVar("T")


def asked_filter(options: Options) -> Filter | None:
    text = options.text("filter")
    return parse(text) if text else None


def narrowed(
    found: list[T],
    document: Callable[[T], Mapping[str, Any]],
    wanted: Filter | None,
    order: Sequence[tuple[str, bool]],
    *,
    kind: str,
) -> list[T]:
    """What of `found` the filter lets through, ordered. `document` is how both see a row, of type `kind`."""
    if wanted is None and not order:
        return found
    rows = [(row, document(row)) for row in found]
    with properties_of(kind):
        if wanted is not None:
            rows = [(row, seen) for row, seen in rows if wanted.matches(seen)]
        for path, is_descending in reversed(order):
            rows = sorted(rows, key=lambda row: _sort_key(row[1], path), reverse=is_descending)
    return [row for row, _ in rows]


def queried(call: Call, found: list[T], document: Callable[[T], Mapping[str, Any]], *, kind: str) -> list[T]:
    """What the query of a request leaves of `found`."""
    return narrowed(found, document, asked_filter(call.options), call.options.order, kind=kind)


def page(
    call: Call,
    found: Sequence[T],
    show: Callable[[T], Mapping[str, Any]],
    *,
    context: str,
    default_size: int,
) -> Reply:
    """One page of `found`, each shown by `show`. A full page that is not the last has a link to the next."""
    options, size = call.options, _size(call, default_size)
    if call.unknowns.first_page_is_empty and not options.is_continued:
        return _body(call, context, found, [], 0)
    rows = [show(row) for row in found[options.skip : options.skip + size]]
    following = options.skip + size
    if following >= len(found):
        return _body(call, context, found, rows, None)
    # A step back makes the next page begin with the last row of this one.
    return _body(call, context, found, rows, following - (call.unknowns.pages_overlap and size > 1))


def _body(
    call: Call, context: str, found: Sequence[T], rows: list[Mapping[str, Any]], following: int | None
) -> Reply:
    body: dict[str, Any] = {"@odata.context": context}
    if call.options.is_counted:
        body["@odata.count"] = len(found)
    body["value"] = rows
    if following is not None:
        body["@odata.nextLink"] = next_link(call.request, call.base, following)
    return Reply(body=body)


def _size(call: Call, default_size: int) -> int:
    top = call.options.top
    if top is not None and top > MAX_TOP and call.unknowns.top_over_maximum is TopOverMaximum.REFUSED:
        raise GraphError(Cause.BAD_OPTION, "$top")
    return min(top or call.preferences.page_size or default_size, MAX_TOP)


def _sort_key(document: Mapping[str, Any], path: str) -> tuple[bool, Any]:
    value = value_at(document, path)
    if isinstance(value, dict | list):
        raise GraphError(Cause.BAD_ORDERBY)
    return value is not None, value.casefold() if isinstance(value, str) else value
