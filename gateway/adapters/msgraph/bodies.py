"""The text of an HTML body, for those who only read: Graph wraps all that it is given in a document. Pure."""

import re
from html.parser import HTMLParser
from typing import Final

_HIDDEN: Final = frozenset({"head", "script", "style", "title"})
_LINES: Final = frozenset({"br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "p", "table", "tr"})


def text_of(html: str) -> str:
    """The text without tags, entities decoded, a line for each block."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    lines = (re.sub(r"\s+", " ", line).strip() for line in "".join(parser.parts).split("\v"))
    return "\n".join(line for line in lines if line)


class _Text(HTMLParser):
    """Gathers text; a vertical tab stands for the end of a line, since those of the source mean nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 the base class's signature
        if tag in _HIDDEN:
            self._hidden.append(tag)
        elif tag in _LINES:
            self.parts.append("\v")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
        elif tag in _LINES:
            self.parts.append("\v")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data.replace("\v", " "))
