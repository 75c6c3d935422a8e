"""Answers in HTTP/1 as llhttp reads them, one after another: chunks, interim answers, whatever is allowed."""

from typing import Final, TypeAlias

import httptools
import httpx2

Part: TypeAlias = bytes | bytearray
"""Of a body: what was read to where it stays can be written to."""
MAX_WITHOUT_BODY: Final = 256 * 1024
"""How many bytes of headers, or of whatever is no body, may come in a row."""


class Parsing:
    """What has come of an answer: `status` is 0 until its `headers` are there, whose names are lower case.

    `parts` of its body are those that have come since somebody took them.
    """

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.begin()

    def begin(self) -> None:
        """Forgets the last answer."""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.parts: list[Part] = []
        self.is_complete = False
        self._bytes_without_body = 0

    def end(self) -> None:
        """Lets go of the parser, which holds on to this."""
        del self._parser

    @property
    def length(self) -> int | None:
        """That of the body, where the headers say it."""
        length = self.headers.get("content-length")
        return int(length) if self.status and length is not None else None

    @property
    def keeps_alive(self) -> bool:
        """Whether another answer may follow this one, as far as this one says."""
        return self._keeps_alive if self.is_complete else self._parser.should_keep_alive()

    def feed(self, data: memoryview) -> httpx2.RemoteProtocolError | None:
        """Reads on, and says what is wrong with the answer."""
        self._bytes_without_body += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as exc:
            return httpx2.RemoteProtocolError(f"The server does not answer in HTTP/1.1: {exc}")
        if self._bytes_without_body > MAX_WITHOUT_BODY:
            return httpx2.RemoteProtocolError("The server's headers have no end.")
        return None

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._keeps_alive = False  # one that follows the answer unasked is none of ours

    def on_header(self, raw_name: bytes, raw_value: bytes) -> None:
        if not self.status:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # the answer is still to come
            self.headers.clear()
        elif not self.is_complete:
            self.status = status

    def on_body(self, body: bytes) -> None:
        if not self.is_complete:
            self._bytes_without_body = 0
            self.parts.append(body)

    def on_message_complete(self) -> None:
        if self.status and not self.is_complete:
            self.is_complete = True
            self._keeps_alive = self._parser.should_keep_alive()
