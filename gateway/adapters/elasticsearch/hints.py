"""What whoever meets a refusal of Elasticsearch can do about it: one table."""

from typing import Final

from gateway.adapters.elasticsearch.refusal import Refusal
from gateway.adapters.upstream import UpstreamRequest

_HEADERS: Final = "Does something between the gateway and Elasticsearch change the headers of requests?"
_NO_SUCH_API: Final = "Is this an Elasticsearch of 7.14 or later, with machine learning enabled?"
_SHARDS: Final = "Shards of an index are not there: look at the cluster's health."
_BY_TYPE: Final = {
    "circuit_breaking_exception": "The cluster is short of memory: send less in one call, or try later.",
    "es_rejected_execution_exception": "The cluster has more to do than it can queue: try later.",
    "master_not_discovered_exception": "The cluster has no master: look at its nodes, or try later.",
    "cluster_block_exception": "The cluster is starting, or takes no writes, as where a disk is full: look at"
    " its health.",
    "no_shard_available_action_exception": _SHARDS,
    "media_type_header_exception": _HEADERS,
}
_BY_STATUS: Final = {
    401: "Check the API key or password of this source: it may have expired.",
    405: _NO_SUCH_API,
    406: _HEADERS,
    413: "Add fewer events in one call, or raise http.max_content_length of the cluster.",
    414: "Look for a very long id.",
}
_NO_HANDLER: Final = "no handler found"
_LICENCE: Final = "current license is non-compliant"
_READS: Final = frozenset({"GET", "HEAD"})


def hint(status: int, refusal: Refusal | None, request: UpstreamRequest) -> str | None:
    """What to do, or None where the refusal says it all."""
    reason = (refusal.reason if refusal else None) or ""
    kind = (refusal.type if refusal else None) or ""
    if reason.startswith(_NO_HANDLER):
        return _NO_SUCH_API
    if status == 503 and kind == "search_phase_execution_exception":
        return _SHARDS
    if status == 403 and kind not in _BY_TYPE:
        return _forbidden(refusal, reason, request)
    return _BY_TYPE.get(kind) or _BY_STATUS.get(status)


def _forbidden(refusal: Refusal | None, reason: str, request: UpstreamRequest) -> str:
    if refusal is None:
        return "It is not Elasticsearch that refuses: look at what stands before the cluster."
    if reason.startswith(_LICENCE):
        return "The cluster's licence does not cover machine learning, or has expired."
    return f"The credential needs the cluster privilege {refusal.privilege or _privilege(request)}."


def _privilege(request: UpstreamRequest) -> str:
    """The least that a request takes, where the refusal does not say it."""
    if request.path == "/":
        return "monitor"
    return "monitor_ml" if request.method in _READS else "manage_ml"
