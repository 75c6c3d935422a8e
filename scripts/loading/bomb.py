"""An upstream whose answers are small on the way and do not end when they are unzipped."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_UNZIPPED: Final = 256 * 1024 * 1024
_PIECE: Final = bytes(1024 * 1024)


def _zipped() -> bytes:
    """256 MiB of nothing, in a quarter of one."""
    packer = gzip.zlib.compressobj(1, wbits=31)
    pieces = [packer.compress(_PIECE) for _ in range(_UNZIPPED // len(_PIECE))]
    return b"".join([*pieces, packer.flush()])


@asynccontextmanager
async def bomb() -> AsyncIterator[str]:
    """Serves it on loopback while it is entered. Gives the address."""
    body = _zipped()
    head = (
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n"
        f"x-elastic-product: Elasticsearch\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(head + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
