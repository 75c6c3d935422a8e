"""Bodies of events: what Exchange makes of the HTML or text that it is given."""

from html import escape
from html.parser import HTMLParser

from gateway.sandbox.msgraph.resources import (
    ItemBody,
)
from gateway.sandbox.msgraph.words import (
    BodyType,
)

PREVIEW_LENGTH = 255

_PAGE = (
    '<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n'
    '<meta content="text/html; charset=us-ascii">\r\n</head>\r\n<body>\r\n{}\r\n</body>\r\n</html>\r\n'
)
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6"})
_SILENT = frozenset({"head", "style", "script", "title"})


def body_json(body: ItemBody, wanted: BodyType | None) -> dict[str, str]:
    """The body in the type that is wanted. HTML is wrapped into a page, as Exchange stores it."""
    if wanted is BodyType.TEXT:
        return {"contentType": "text", "content": text_of(body)}
    content = body.content or ""
    if body.content_type is BodyType.TEXT and content:
        content = f'<div class="PlainText">{_lines(escape(content, quote=False))}</div>'
    if content and "<html" not in content.lower():
        content = _PAGE.format(content)
    return {"contentType": "html", "content": content}


def preview(body: ItemBody) -> str:
    return text_of(body)[:PREVIEW_LENGTH]


def text_of(body: ItemBody) -> str:
    """The text of a body, its markup gone."""
    content = body.content or ""
    if body.content_type is BodyType.TEXT:
        return content
    reader = _TextReader()
    reader.feed(content)
    reader.close()
    return "".join(reader.parts).strip()


def _lines(text: str) -> str:
    return "<br>\r\n".join(text.splitlines())


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BREAKS and self.parts:
            self.parts.append("\r\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)
