"""JSON as Elasticsearch reads it: tokens with byte positions, comments allowed, duplicates refused.

What follows the first value is never looked at, as nothing before an error is.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from gateway.sandbox.elasticsearch.errors import PARSE, Cause, Failure


class Kind(StrEnum):
    START_OBJECT = "START_OBJECT"
    END_OBJECT = "END_OBJECT"
    START_ARRAY = "START_ARRAY"
    END_ARRAY = "END_ARRAY"
    FIELD_NAME = "FIELD_NAME"
    STRING = "VALUE_STRING"
    NUMBER = "VALUE_NUMBER"
    BOOLEAN = "VALUE_BOOLEAN"
    NULL = "VALUE_NULL"
    END = "null"


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is a string's content, or any other scalar as written."""

    kind: Kind
    offset: int
    text: str = ""


SKIPPED = re.compile(rb"(?:[ \t\r\n]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
STRING = re.compile(rb'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
WORD = re.compile(rb"[A-Za-z0-9_$]+")
WORDS = {b"true": Kind.BOOLEAN, b"false": Kind.BOOLEAN, b"null": Kind.NULL}
A_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


class Tokens:
    """A pull parser: `current` is where it stands."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 0
        self._stream = self._document()
        self.current = Token(Kind.END, 0)

    def advance(self) -> Token:
        self.current = next(self._stream)
        return self.current

    def place(self, offset: int | None = None) -> str:
        """Line and column of an offset, by default of the current token: from 1, columns counted in bytes."""
        end = self.current.offset if offset is None else offset
        line = self._data.count(b"\n", 0, end) + 1
        return f"{line}:{end - self._data.rfind(bytes([10]), 0, end)}"

    def _document(self) -> Iterator[Token]:
        if self._peek():
            yield from self._value()
        while True:
            yield Token(Kind.END, self._offset)

    def _value(self) -> Iterator[Token]:
        match self._peek():
            case b"{":
                yield from self._object()
            case b"[":
                yield from self._array()
            case b'"':
                yield self._string(Kind.STRING)
            case sign if sign and sign in b"-0123456789":
                yield self._take(NUMBER, Kind.NUMBER)
            case _:
                yield self._word()

    def _object(self) -> Iterator[Token]:
        yield self._sign(Kind.START_OBJECT)
        names: set[str] = set()
        while self._peek() != b"}":
            if names:
                self._expect(b",", "was expecting comma to separate Object entries")
            if self._peek() != b'"':
                raise self._unexpected("was expecting double-quote to start field name")
            name = self._string(Kind.FIELD_NAME)
            if name.text in names:
                raise self._failure(f"Duplicate field '{name.text}'", name.offset)
            names.add(name.text)
            yield name
            self._expect(b":", "was expecting a colon to separate field name and value")
            yield from self._value()
        yield self._sign(Kind.END_OBJECT)

    def _array(self) -> Iterator[Token]:
        yield self._sign(Kind.START_ARRAY)
        is_first = True
        while self._peek() != b"]":
            if not is_first:
                self._expect(b",", "was expecting comma to separate Array entries")
            is_first = False
            yield from self._value()
        yield self._sign(Kind.END_ARRAY)

    def _peek(self) -> bytes:
        """The next byte that counts, empty at the end of a value that is all there is."""
        skipped = SKIPPED.match(self._data, self._offset)
        if skipped is not None:
            self._offset = skipped.end()
        return self._data[self._offset : self._offset + 1]

    def _sign(self, kind: Kind) -> Token:
        self._offset += 1
        return Token(kind, self._offset - 1)

    def _expect(self, sign: bytes, complaint: str) -> None:
        if self._peek() != sign:
            raise self._unexpected(complaint)
        self._offset += 1

    def _take(self, pattern: re.Pattern[bytes], kind: Kind) -> Token:
        found = pattern.match(self._data, self._offset)
        if found is None:
            raise self._unexpected(f"expected a valid value {A_VALUE}")
        token = Token(kind, self._offset, found.group().decode("ascii"))
        self._offset = found.end()
        return token

    def _word(self) -> Token:
        found = WORD.match(self._data, self._offset)
        if found is None:
            raise self._unexpected(f"expected a valid value {A_VALUE}")
        if found.group() not in WORDS:
            raise self._failure(f"Unrecognized token '{found.group().decode()}': was expecting {A_VALUE}")
        return self._take(WORD, WORDS[found.group()])

    def _string(self, kind: Kind) -> Token:
        found = STRING.match(self._data, self._offset)
        if found is None:
            raise self._broken_string()
        token = Token(kind, self._offset, self._decoded(found.group()))
        self._offset = found.end()
        return token

    def _decoded(self, quoted: bytes) -> str:
        try:
            text: str = json.loads(quoted.decode())
        except UnicodeDecodeError as error:
            raise self._failure(f"Invalid UTF-8 start byte 0x{quoted[error.start]:x}") from error
        return text

    def _broken_string(self) -> Failure:
        end = re.compile(rb'"(?:[^"\\\x00-\x1f]|\\.)*').match(self._data, self._offset)
        if end is not None and end.end() == len(self._data):
            return self._eof()
        return self._failure("Illegal unquoted character or unrecognized character escape in a string")

    def _unexpected(self, complaint: str) -> Failure:
        sign = self._data[self._offset : self._offset + 1]
        if not sign:
            return self._eof()
        return self._failure(
            f"Unexpected character ('{sign.decode('latin-1')}' (code {sign[0]})): {complaint}"
        )

    def _eof(self) -> Failure:
        reason = f"[{self.place(len(self._data))}] Unexpected end of file"
        caused_by = Cause("json_e_o_f_exception", "Unexpected end-of-input")
        return Failure(400, Cause("x_content_e_o_f_exception", reason, caused_by))

    def _failure(self, text: str, offset: int | None = None) -> Failure:
        place = self.place(self._offset if offset is None else offset)
        return Failure(400, Cause(PARSE, f"[{place}] {text}", Cause("json_parse_exception", text)))
