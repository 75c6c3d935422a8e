"""The text of an HTML body, for those who only read: Graph wraps all that it is given in a document. Pure.

Whoever invites may write the body, and `html.parser` takes 16 seconds for 40 KB of `<a `: here each step goes
forward, so that the time grows with the length and no faster.
"""

import re
from html import unescape
from typing import Final

_MARKUP: Final = re.compile(r"<(?:(?P<comment>!--)|(?P<tag>/?[a-z][a-z0-9]*|[!?]))", re.IGNORECASE)
_HIDDEN: Final = {
    "head": re.compile(r"</head|<body", re.IGNORECASE),
    "script": re.compile(r"</script", re.IGNORECASE),
    "style": re.compile(r"</style", re.IGNORECASE),
    "title": re.compile(r"</title", re.IGNORECASE),
}
"""Elements that are not read, and what ends them."""
_LINES: Final = frozenset({"br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "p", "table", "tr"})
_LINE: Final = "\v"
"""Ends a line, since the ends of lines in the source mean nothing."""
_HUGE_REFERENCE: Final = re.compile(r"&#[0-9]{8,};?")


def text_of(html: str) -> str:
    """The text without tags, entities decoded, a line for each block."""
    text = unescape(_HUGE_REFERENCE.sub("\ufffd", _without_markup(html)))  # unescape fails on 4,300 digits
    lines = (re.sub(r"\s+", " ", line).strip() for line in text.split(_LINE))
    return "\n".join(line for line in lines if line)


def _without_markup(html: str) -> str:
    html = html.replace(_LINE, " ")
    parts: list[str] = []
    position = 0
    while (start := html.find("<", position)) >= 0:
        parts.append(html[position:start])
        markup = _MARKUP.match(html, start)
        if markup is None:
            parts.append("<")
            position = start + 1
        else:
            tag = (markup["tag"] or "").lower()
            parts.append(_LINE if tag.removeprefix("/") in _LINES else "")
            position = _after(html, markup.end(), tag)
    return "".join([*parts, html[position:]])


def _after(html: str, position: int, tag: str) -> int:
    """Where the text goes on: after the tag or the comment, and after what is not read."""
    if tag in _HIDDEN:
        end = _HIDDEN[tag].search(html, position)
        return len(html) if end is None else end.start()
    mark = ">" if tag else "-->"
    found = html.find(mark, position)
    return len(html) if found < 0 else found + len(mark)
