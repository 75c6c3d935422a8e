"""Heads read at once say what llhttp says: of every answer whose head is plain."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.adapters.head import plain_head
from gateway.adapters.parsing import Parsing

PLAIN = b"HTTP/1.1 200 OK\r\nX-Elastic-Product: Elasticsearch\r\ncontent-length: 2\r\n\r\n"
LENGTH = b"Content-Length: 2"
FIELDS = [
    *(b"content-length: 2", b"content-length:3 ", b"content-length: 02", b"Content-Length: %b" % (b"9" * 30)),
    *(b"content-length: 2, 2", b"content-length:", b"content-length: +2", b"X-A: b", b"x-a:  c d ", b"X-B:"),
    *(
        b"Transfer-Encoding: chunked",
        b"transfer-encoding: x",
        b"Connection: close",
        b"connection: keep-alive",
    ),
    *(
        b"Proxy-Connection: close",
        b"Connection: upgrade\r\nUpgrade: x",
        b"Upgrade: x",
        b"trailer: a",
        b"a b: c",
    ),
]
CHARACTERS = [bytes([code]) for code in b'\0\1\t\n\r\x1f !",/:;@[{~\x7f\x80\xe9']
STATUSES = [
    b"200 OK",
    b"200",
    b"206 ",
    b"204 No Content",
    b"304 Not Modified",
    b"404 Not Found",
    b"100 Continue",
]


@st.composite
def heads(draw) -> bytes:
    """Heads of answers: most say a length, and half have a character where it may not belong."""
    fields = draw(st.lists(st.sampled_from(FIELDS), max_size=2))
    if draw(st.integers(0, 4)):
        fields.insert(draw(st.integers(0, len(fields))), LENGTH)
    head = b"\r\n".join([b"HTTP/1.1 " + draw(st.sampled_from(STATUSES)), *fields, b"", b""])
    at = draw(st.integers(0, len(head)))
    return head[:at] + draw(st.sampled_from([*CHARACTERS, *[b""] * 16])) + head[at:]


@settings(max_examples=1000, deadline=None)
@given(head=heads())
@example(head=PLAIN)
@example(head=b"HTTP/1.1 200 OK\r\na:  b \r\nc:\r\nContent-Length:02\r\n\r\n")
def test_what_is_read_at_once_is_what_llhttp_reads(head):
    plain = plain_head(memoryview(head))
    if plain is None:
        return
    parsing = Parsing()
    body = bytes(min(plain.length, 99))
    assert parsing.feed(memoryview(head[: plain.size] + body)) is None
    assert (plain.status, plain.headers) == (parsing.status, parsing.headers)
    assert b"".join(parsing.parts) == body
    assert parsing.is_complete == parsing.keeps_alive == (plain.length == len(body))


def test_an_answer_of_elasticsearch_is_read_at_once():
    found = plain_head(memoryview(PLAIN + b"{}"))
    assert found is not None
    assert (found.status, found.length, found.size) == (200, 2, len(PLAIN))
    assert found.headers == {"x-elastic-product": "Elasticsearch", "content-length": "2"}


def test_a_head_that_has_not_come_whole_is_none():
    assert not any(plain_head(memoryview(PLAIN)[:size]) for size in range(len(PLAIN)))
