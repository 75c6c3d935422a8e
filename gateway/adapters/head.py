"""The head of an answer in HTTP/1.1, read at once where it is written as servers usually write one."""

import re
from typing import Final

import msgspec

_PLAIN: Final = re.compile(
    rb"HTTP/1\.1 (20[0-35-9]|[45]\d\d)(?: [ -~]*+)?\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[ -~]*+\r\n)++)\r\n"
)
_FIELD: Final = re.compile(r"([^:]++): *+([^\r]*+)\r\n")
_LENGTH: Final = re.compile(r"\d{1,15}")
_NOT_PLAIN: Final = frozenset({"transfer-encoding", "connection", "proxy-connection"})


class Head(msgspec.Struct, frozen=True, gc=False):
    """Names of `headers` are lower case, and each is there once. A body of that `length` follows.

    `size` is how many bytes the head has itself.
    """

    status: int
    headers: dict[str, str]
    length: int
    size: int


def plain_head(data: memoryview) -> Head | None:
    """The head that data begin with: None if it has not come whole, or is anything but plain.

    Plain is what says how long a body is to follow, and that the connection stays. What this reads is read by
    llhttp just so; everything else is left to it.
    """
    found = _PLAIN.match(data)
    if found is None:
        return None
    fields = _FIELD.findall(found[2].decode("ascii"))
    headers = {name.lower(): value for name, value in fields}
    length = headers.get("content-length", "")
    if not _LENGTH.fullmatch(length) or len(headers) < len(fields) or not _NOT_PLAIN.isdisjoint(headers):
        return None
    return Head(int(found[1]), headers, int(length), found.end())
