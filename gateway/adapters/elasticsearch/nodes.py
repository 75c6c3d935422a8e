"""The nodes of a cluster: they take turns, and one that failed is left to rest while others stand in."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from gateway.adapters.transport import Answer, Transport
from gateway.adapters.upstream import UpstreamLog, UpstreamRequest
from gateway.errors import NoAnswer, NotSent

_DOWN: Final = frozenset({502, 503, 504})
_FIRST_REST: Final = timedelta(seconds=1)
_LONGEST_REST: Final = timedelta(seconds=30)
_MOST_DOUBLINGS: Final = 5
_log = structlog.get_logger(__name__)


class _Node:
    """One node, and until when it rests: twice as long after every failure that follows another."""

    def __init__(self, transport: Transport) -> None:
        self.transport: Final = transport
        self.rests_until: datetime | None = None
        self._failures = 0

    def failed(self, now: datetime) -> None:
        rest = _FIRST_REST * 2 ** min(self._failures, _MOST_DOUBLINGS)
        self.rests_until = now + min(rest, _LONGEST_REST)
        self._failures += 1

    def worked(self) -> None:
        self.rests_until, self._failures = None, 0


class Nodes:
    """Implements Way, over several nodes of one cluster: of an only one the callers are told.

    What could not be sent to one node is sent to the next. What was sent is not, for a write may have been
    done: a read that is asked again comes to another node.
    """

    def __init__(self, transports: Sequence[Transport], *, now: Callable[[], datetime]) -> None:
        self._nodes = [_Node(transport) for transport in transports]
        self._now = now
        self._turn = 0

    async def send(
        self, request: UpstreamRequest, *, fields: str, log: UpstreamLog, content: bytes | None = None
    ) -> Answer:
        """The answer of the first node that is reached, whatever its status. Raises as Transport does."""
        nodes = self._in_turn()
        for node in nodes:
            try:
                answer = await node.transport.send(request, fields=fields, log=log, content=content)
            except (NotSent, NoAnswer) as exc:
                self._failed(node, str(exc))
                if isinstance(exc, NoAnswer) or node is nodes[-1]:
                    raise
                continue
            if answer.status in _DOWN:
                self._failed(node, f"It answered {answer.status}.")
            elif node.rests_until is not None:
                node.worked()
            return answer
        raise AssertionError("a cluster has a node")

    async def aclose(self) -> None:
        for node in self._nodes:
            await node.transport.aclose()

    def _in_turn(self) -> list[_Node]:
        """All nodes: the next in turn first, and those that rest last, the one that has rested most first."""
        first, self._turn = self._turn, (self._turn + 1) % len(self._nodes)
        now = self._now()
        return sorted(
            (*self._nodes[first:], *self._nodes[:first]),
            key=lambda node: max(node.rests_until or now, now),
        )

    def _failed(self, node: _Node, why: str) -> None:
        node.failed(self._now())
        _log.warning("node.failed", node=node.transport.base_url, error=why)
