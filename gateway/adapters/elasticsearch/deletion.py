"""Deleting an event of an ML calendar by its id, which is sent until Elasticsearch answers.

An id is never given twice, so deleting what is gone does no harm. And once a DELETE was answered, none that
was sent before and is carried out late finds anything: whoever writes the event anew cannot lose it to that.
"""

from typing import Final

from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.faults import Doubt
from gateway.adapters.upstream import UpstreamLog, UpstreamRequest
from gateway.errors import NotFound, Problem, UpstreamError

_MOST: Final = 6
"""How often it is sent, if there is time: a cluster that does not answer then is in trouble."""


async def delete(api: MLApi, request: UpstreamRequest, *, log: UpstreamLog) -> Doubt | None:
    """None where the event was deleted; the doubt where it is there, or may be, and may yet go.

    Raises NotFound where it, or its calendar, is not there; else UpstreamError where nothing was done.
    """
    doubt: Doubt | None = None
    for count in range(_MOST):
        try:
            said = await api.write(request, log=log)
        except UpstreamError as exc:
            if doubt is None or isinstance(exc, NotFound):
                raise
            why: Problem = exc.problem  # the last one was refused, and an earlier one may still come
        else:
            if said is None or (said.is_over and doubt is None):
                return said
            doubt, why = doubt if said.is_over else said, said.problem
        if not await api.pause(count, why):
            break
    return doubt
