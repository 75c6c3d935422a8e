"""Bodies that come in gzip, unpacked piece by piece: a small one may be made of anything."""

import zlib
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final

import httpx2

_GZIP: Final = 16 + zlib.MAX_WBITS
_AT_ONCE: Final = 1024 * 1024
"""How long a piece may be."""


async def unpacked(parts: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The body that was packed into the parts. Raises httpx2.DecodingError where none was."""
    unpacking = zlib.decompressobj(_GZIP)
    try:
        async for part in parts:
            packed = part
            while piece := unpacking.decompress(packed, _AT_ONCE):
                yield piece
                packed = unpacking.unconsumed_tail
        if piece := unpacking.flush():
            yield piece
    except zlib.error as exc:
        raise httpx2.DecodingError(str(exc)) from exc
