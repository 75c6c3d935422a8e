"""Equal reads of one caller that are under way at the same time: one is sent, and all get its answer."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway.adapters.transport import Answer
from gateway.adapters.upstream import Call, UpstreamRequest

Key = tuple[str | None, str | None, str]


class Sharing:
    """The reads of one source that are under way. None of them is kept when it is over.

    Whoever joins a read sees the source as it may have been just before, when that was sent: so nobody joins
    one that was sent before a write was over.
    """

    def __init__(self) -> None:
        self._under_way: dict[Key, list[asyncio.Future[Answer | None]]] = {}

    async def read(
        self,
        request: UpstreamRequest,
        send: Callable[[], Awaitable[Answer]],
        *,
        call: Call,
        credential: str | None,
    ) -> Answer:
        """The answer to a request, as `send` or an equal read gets it. An error is everybody's own."""
        key = (call.caller or call.client, credential, request.path)
        if key in self._under_way:
            shared = await self._join(key, call)
            return await send() if shared is None else shared
        joined = self._under_way[key] = []
        answer: Answer | None = None
        try:
            answer = await send()
            return answer
        finally:
            if self._under_way.get(key) is joined:
                del self._under_way[key]
            for future in joined:
                if not future.done():
                    future.set_result(answer)

    def forget(self) -> None:
        """Lets nobody join what is under way: a write is over."""
        self._under_way.clear()

    async def _join(self, key: Key, call: Call) -> Answer | None:
        """The answer that another call gets, None if it gets none. Raises OutOfTime."""
        future: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._under_way[key].append(future)
        with call.log.deadline.limit():
            answer = await future
        if answer is not None:
            call.log.shared += 1
        return answer
