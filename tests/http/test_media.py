"""Accept decides on the media type of an answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.http.media import GRAPHQL, HTML, JSON, preferred


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        ("", JSON),
        (" ", JSON),
        (",", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/graphql-response+json", GRAPHQL),
        ("application/graphql-response+json; charset=utf-8", GRAPHQL),
        ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", JSON),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL),
        ("application/graphql-response+json;q=0.4, application/json;q=0.5", JSON),
        ("application/graphql-response+json ; Q=0.6 , application/json ; q=0.5", GRAPHQL),
        ("application/graphql-response+json, */*;q=0.1", GRAPHQL),
        ("application/json;q=0, */*", GRAPHQL),
        ("application/*;q=0.2, application/json;q=0.1", GRAPHQL),
        ("text/event-stream, application/json", JSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
        ("application/json;q=nan, application/graphql-response+json;q=0.1", GRAPHQL),
        ("application/json;q=inf, application/graphql-response+json;q=0.1", GRAPHQL),
        ("application/json;q=x, application/graphql-response+json;q=0.1", GRAPHQL),
        ("text/html", None),
        ("text/*", None),
        ("application/json;q=0", None),
        ("application/json;q=0, application/graphql-response+json;q=0.000", None),
        ("application", None),
        (";q=1", None),
    ],
)
def test_the_type_that_the_client_likes_best_is_taken(accept: str | None, media: str | None) -> None:
    assert preferred(accept, (JSON, GRAPHQL)) == media


def test_a_browser_prefers_the_page() -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    assert preferred(browser, (JSON, GRAPHQL, HTML)) == HTML
    assert preferred("*/*", (JSON, GRAPHQL, HTML)) == JSON


@given(st.text(alphabet='aplicton/jsgrhqe+*;=q,01. "x', max_size=40))
@settings(max_examples=60)
def test_any_header_gets_a_type_that_is_offered_or_none(accept: str) -> None:
    assert preferred(accept, (JSON, GRAPHQL)) in {JSON, GRAPHQL, None}
