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
    size = _size(call, default_size)
    skip = call.options.skip
    rows = found[skip : skip + size]
    body: dict[str, Any] = {"@odata.context": context}
    if call.options.is_counted:
        body["@odata.count"] = len(found)
    body["value"] = [show(row) for row in rows]
    if skip + size < len(found):
        body["@odata.nextLink"] = next_link(call.request, call.base, skip + size)
    return Reply(body=body)


def _size(call: Call, default_size: int) -> int:
    top = call.options.top
    if top is not None and top > MAX_TOP and call.unknowns.top_over_maximum is TopOverMaximum.REFUSED:
        raise GraphError(Cause.BAD_OPTION, "$top")
    return min(top or call.preferences.page_size or default_size, MAX_TOP)
