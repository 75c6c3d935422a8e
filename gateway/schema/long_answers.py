"""How much is executed at once for one caller: long answers wait for each other, short ones for nobody."""

from contextlib import AbstractAsyncContextManager
from typing import Final
from weakref import WeakValueDictionary

from gateway.adapters.gate import Gate
from gateway.adapters.upstream import Call

SHORT: Final = 1000
"""As an operation costs: an answer to one that costs less is made in a moment."""


class LongAnswers:
    """Has operations that cost `most` together executed at once for each caller, or a dearer one by itself.

    Making an answer keeps the event loop, and with it everybody, a moment for each value.
    """

    def __init__(self, most: int) -> None:
        self._places = max(most // SHORT, 1)
        self._gates: WeakValueDictionary[str, Gate] = WeakValueDictionary()

    def one(self, call: Call, cost: int) -> AbstractAsyncContextManager[None]:
        """A place for a long answer, while it is entered. Entering it raises OutOfTime if it takes long."""
        gate = self._gates.setdefault(call.caller or f"address:{call.client}", Gate(self._places))
        return gate.enter(cost // SHORT, deadline=call.log.deadline)
