"""Clients that are a burden: each kind does what it does until it is cancelled, or cut off."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

_MIB: Final = 1024 * 1024
_NONE: Final = "without an answer"
_CHUNK: Final = 64 * 1024
Asked = Mapping[str, object]
Client = Callable[[str, int, Counter[str]], Awaitable[None]]
"""Works against a host and port, and counts what comes of it."""

PAGE: Final = """query ($calendar: ID!, $first: Int!) {
  calendarEvents(
    calendars: [$calendar], first: $first
    window: { start: "2020-01-01T00:00:00Z", end: "2030-01-01T00:00:00Z" }
  ) {
    nodes { id title start { instant } end { instant } elasticsearch { skipResult skipModelUpdate } }
    sources { status problem { code } }
  }
}"""
SHORT: Final = {"query": PAGE, "variables": {"calendar": "elasticsearch:planned-outages", "first": 50}}
LONG: Final = {"query": PAGE, "variables": {"calendar": "elasticsearch:long", "first": 1000}}
BOMBED: Final = {"query": PAGE, "variables": {"calendar": "bomb:any", "first": 50}}
ALIASES: Final = {"query": f"{{ {' '.join(f'a{number}: __typename' for number in range(10_000))} }}"}
KEY: Final = "the-burden"


async def idle(host: str, port: int, seen: Counter[str]) -> None:
    """Connects and says nothing."""
    async with _connected(host, port, seen) as (reader, _):
        await reader.read()


async def busy(host: str, port: int, seen: Counter[str]) -> None:
    """Asks again and again."""
    await _asking(host, port, seen, SHORT)


async def many_aliases(host: str, port: int, seen: Counter[str]) -> None:
    """Asks for ten thousand aliases, again and again."""
    await _asking(host, port, seen, ALIASES)


async def bombed(host: str, port: int, seen: Counter[str]) -> None:
    """Asks for what a source answers with a bomb."""
    await _asking(host, port, seen, BOMBED)


async def slow_head(host: str, port: int, seen: Counter[str]) -> None:
    """Sends its head byte by byte."""
    async with _connected(host, port, seen) as (_, writer):
        writer.write(b"POST /graphql HTTP/1.1\r\nx-slow: ")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.2)


async def half_a_body(host: str, port: int, seen: Counter[str]) -> None:
    """Sends half of a body of a mebibyte, and then nothing."""
    async with _connected(host, port, seen) as (reader, writer):
        writer.write(_head(host, _MIB) + b" " * (_MIB // 2))
        await writer.drain()
        seen[await _status(reader)] += 1


async def slow_reader(host: str, port: int, seen: Counter[str]) -> None:
    """Asks for a long answer and takes a few bytes of it at a time."""
    async with _connected(host, port, seen) as (reader, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        while True:
            writer.write(_request(host, LONG))
            await asyncio.sleep(1)
            writer.transport.resume_reading()  # type: ignore[attr-defined]
            seen["read"] += len(await reader.read(100))
            writer.transport.pause_reading()  # type: ignore[attr-defined]


async def large_body(host: str, port: int, seen: Counter[str]) -> None:
    """Sends a body of 64 MiB, again and again."""
    while True:
        async with _connected(host, port, seen) as (reader, writer):
            writer.write(_head(host, 64 * _MIB))
            answer = asyncio.create_task(_status(reader))
            for _ in range(64 * _MIB // _CHUNK):
                if answer.done():
                    break
                writer.write(b" " * _CHUNK)
                await writer.drain()
            seen[await answer] += 1


async def large_in_chunks(host: str, port: int, seen: Counter[str]) -> None:
    """The same without saying how much it will be."""
    head = f"POST /graphql HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
    head += f"authorization: Bearer {KEY}\r\n"
    while True:
        async with _connected(host, port, seen) as (reader, writer):
            writer.write(f"{head}transfer-encoding: chunked\r\n\r\n".encode())
            answer = asyncio.create_task(_status(reader))
            for _ in range(64 * _MIB // _CHUNK):
                if answer.done():
                    break
                writer.write(b"%x\r\n" % _CHUNK + b" " * _CHUNK + b"\r\n")
                await writer.drain()
            seen[await answer] += 1


async def _asking(host: str, port: int, seen: Counter[str], asked: Asked) -> None:
    while True:
        async with _connected(host, port, seen) as (reader, writer):
            while True:
                writer.write(_request(host, asked))
                status = await _status(reader)
                seen[status] += 1
                if status == _NONE:
                    break


@asynccontextmanager
async def _connected(
    host: str, port: int, seen: Counter[str]
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    except (ConnectionError, asyncio.IncompleteReadError):
        seen["cut off"] += 1
    finally:
        writer.transport.abort()


def _head(host: str, length: int) -> bytes:
    return (
        f"POST /graphql HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {KEY}\r\ncontent-length: {length}\r\n\r\n"
    ).encode()


def _request(host: str, asked: Asked) -> bytes:
    body = json.dumps(asked).encode()
    return _head(host, len(body)) + body


async def _status(reader: asyncio.StreamReader) -> str:
    """Reads one answer. Gives its status, or that there is none."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.partition("content-length:")[2].partition("\r\n")[0]))
    except (ConnectionError, asyncio.IncompleteReadError):
        return _NONE
    return head.split()[1]
