"""JSON as a stream of tokens, against the standard library's parser."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.elasticsearch.errors import Failure
from gateway.sandbox.elasticsearch.objects import did_you_mean, distance
from gateway.sandbox.elasticsearch.tokens import Kind, Tokens

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def value(tokens):
    """The value that begins at the current token."""
    match tokens.current.kind:
        case Kind.START_OBJECT:
            found = {}
            while tokens.advance().kind is not Kind.END_OBJECT:
                name = tokens.current.text
                tokens.advance()
                found[name] = value(tokens)
            return found
        case Kind.START_ARRAY:
            items = []
            while tokens.advance().kind is not Kind.END_ARRAY:
                items.append(value(tokens))
            return items
        case Kind.STRING:
            return tokens.current.text
        case _:
            return json.loads(tokens.current.text)


def read(body):
    tokens = Tokens(body)
    tokens.advance()
    return value(tokens)


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_what_is_written_is_read(given_value, indent, is_ascii):
    assert read(json.dumps(given_value, indent=indent, ensure_ascii=is_ascii).encode()) == given_value


@given(st.binary(max_size=30) | st.text(alphabet='{}[]",:\\tfn01-.eE /*u', max_size=30).map(str.encode))
def test_any_bytes_are_read_or_refused(body):
    tokens = Tokens(body)
    with suppress(Failure):
        while tokens.advance().kind is not Kind.END:
            assert tokens.current.offset < len(body)


def test_comments_are_skipped_and_what_follows_is_not_read():
    assert read(b'/* one */ {"a": // two\n 1} and garbage') == {"a": 1}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"a":1,"a":2}', "[1:8] Duplicate field 'a'"),
        (b'{"a":1', "[1:7] Unexpected end of file"),
        (b'{"a', "[1:4] Unexpected end of file"),
        (b'{"a":tru}', "[1:6] Unrecognized token 'tru': was expecting"),
        (b"{a:1}", "[1:2] Unexpected character ('a' (code 97)): was expecting double-quote"),
        (b'{"a" 1}', "[1:6] Unexpected character ('1' (code 49)): was expecting a colon"),
        (b'{"a":1 "b":2}', "[1:8] Unexpected character ('\"' (code 34)): was expecting comma"),
        (b"[1\n 2]", "[2:2] Unexpected character ('2' (code 50)): was expecting comma to separate Array"),
        (b'{"a":"\xff"}', "[1:6] Invalid UTF-8 start byte 0xff"),
        (b'{"a":"\\x"}', "[1:6] Illegal unquoted character or unrecognized character escape"),
    ],
)
def test_broken_json_is_refused_at_its_place(body, reason):
    with pytest.raises(Failure) as caught:
        read(body)
    assert caught.value.cause.reason.startswith(reason)


@given(st.text(max_size=8), st.text(max_size=8))
def test_the_distance_of_words_is_symmetric_and_zero_only_for_the_same(one, other):
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) is (one == other)


def test_the_nearest_name_comes_first():
    assert did_you_mean("skip_results", ["skip_result", "start"]) == "did you mean [skip_result]?"
    assert did_you_mean("ab", ["abx", "abc", "zz"]) == "did you mean any of [abc, abx]?"
    assert did_you_mean("start", ["start_time"]) == ""
