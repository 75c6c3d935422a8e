"""A packed body that has come whole is unpacked at once to what it would be piece by piece."""

import gzip
import zlib

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.unpacking import alone, unpacked, unpacked_at_once

pytestmark = pytest.mark.anyio
MEBIBYTE = 1024 * 1024


async def piecewise(packed: bytes) -> bytes:
    return b"".join([piece async for piece in unpacked(alone(packed), "gzip")])


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Packed ones, of several members too, cut short, with something behind them, or with a byte changed."""
    packed = b"".join(map(gzip.compress, draw(st.lists(st.binary(max_size=99), min_size=1, max_size=2))))
    place = draw(st.integers(0, len(packed)))
    behind = draw(st.sampled_from([packed[place:], packed[place + 1 :], b"", packed[place:] + b"x"]))
    return packed[:place] + behind


@given(bodies())
async def test_a_body_is_the_same_both_ways_or_none_in_either(packed: bytes) -> None:
    try:
        whole = unpacked_at_once(packed, "gzip")
    except httpx2.DecodingError as exc:
        with pytest.raises(httpx2.DecodingError, match=str(exc)[:20]):
            await piecewise(packed)
        return
    assert whole == await piecewise(packed)


@pytest.mark.parametrize("length", [MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 3 * MEBIBYTE])
async def test_what_unpacks_to_a_mebibyte_goes_in_pieces(length: int) -> None:
    packed = gzip.compress(bytes(length))
    assert (unpacked_at_once(packed, "gzip") is None) == (length >= MEBIBYTE)
    assert await piecewise(packed) == bytes(length)


async def test_what_is_packed_otherwise_goes_in_pieces() -> None:
    assert unpacked_at_once(zlib.compress(b"body"), "deflate") is None
