"""Where emulators listen: on both event loops, for several clients, on a port of its own."""

import asyncio
import socket

import pytest

from gateway.sandbox.listener import LOOPBACK, Listener

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


async def talk(reader, writer):
    """Says what it is told, in the end hangs up."""
    try:
        writer.write(await reader.readline())
    finally:
        writer.transport.abort()


async def test_clients_are_served_beside_each_other():
    listener = Listener(0, talk)
    first = await asyncio.open_connection(LOOPBACK, listener.port)
    second = await asyncio.open_connection(LOOPBACK, listener.port)
    for reader, writer in (second, first):
        writer.write(b"Hello\n")
        assert await reader.readline() == b"Hello\n"
        writer.close()
        await writer.wait_closed()
    await listener.aclose()


async def test_a_port_that_is_taken_is_an_error():
    listener = Listener(0, talk)
    with pytest.raises(OSError, match="in use"):
        Listener(listener.port, talk)
    await listener.aclose()


async def test_what_is_said_in_pieces_is_sent_without_waiting_for_the_client_to_confirm_it():
    told = asyncio.get_running_loop().create_future()

    async def tell(reader, writer):
        told.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        await talk(reader, writer)

    listener = Listener(0, tell)
    _, writer = await asyncio.open_connection(LOOPBACK, listener.port)
    assert await told
    writer.close()
    await writer.wait_closed()
    await listener.aclose()
