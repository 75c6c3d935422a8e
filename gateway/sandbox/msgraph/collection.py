"""Collections: a page of what a query leaves over, and the link to the next page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from gateway.sandbox.msgraph.call import Call, Reply
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.odata import MAX_TOP, next_link
from gateway.sandbox.msgraph.unknowns import TopOverMaximum

T = TypeVar("T")


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
