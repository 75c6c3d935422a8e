"""What browsers may do here, and pages of other sites may not."""

import gzip
from typing import Any

import pytest

from .conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

QUERY = {"query": "{__typename}"}
PAGE = {"accept": "text/html,*/*;q=0.8"}
ALLOWED = 'web = { origins = ["https://status.example"] }\n'


async def post(front: Any, **headers: str) -> Any:
    return await front.client.post(
        "/graphql", json=QUERY, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def is_refusal(answer: Any, code: str) -> bool:
    """Whether the answer is a GraphQL error of that code, and nothing else."""
    content = answer.json()
    return set(content) == {"errors"} and content["errors"][0]["extensions"]["code"] == code


# Pages of other sites


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "origin": "http://localhost"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost.evil.example"},
        {"origin": "http://localhost:81"},
        {"origin": "http://[evil"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_page_of_another_site_is_not_served(front: Any, method: str, headers: dict[str, str]) -> None:
    gateway = await front()
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    given = {"params": QUERY} if method == "GET" else {"json": QUERY}
    answer = await gateway.client.request(method, "/graphql", headers=sent, **given)
    assert answer.status_code == 403
    assert is_refusal(answer, "REFUSED")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "same-origin", "origin": "https://behind-a-proxy.example"},
        {"sec_fetch_site": "none"},
        {"origin": "http://localhost"},
    ],
)
async def test_its_own_page_and_programs_are_served(front: Any, headers: dict[str, str]) -> None:
    assert (await post(await front(), **headers)).status_code == 200


@pytest.mark.parametrize(
    "media",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "a/b, c/d"],
)
async def test_what_a_form_can_send_is_no_operation(front: Any, media: str) -> None:
    gateway = await front()
    body = b'{"query":"mutation{addEvents(input:{calendars:[],events:[]}){status}}"}'
    answer = await gateway.client.post("/graphql", content=body, headers={"content-type": media})
    assert answer.status_code == 415


async def test_a_page_that_is_listed_may_ask_and_read_and_others_may_not(front: Any) -> None:
    gateway = await front(ALLOWED + CONFIGURATION)
    answer = await post(gateway, origin="https://status.example", sec_fetch_site="cross-site")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://status.example"
    assert "origin" in answer.headers["vary"].lower()
    assert "access-control-allow-credentials" not in answer.headers
    other = await post(gateway, origin="https://evil.example", sec_fetch_site="cross-site")
    assert (other.status_code, other.headers.get("access-control-allow-origin")) == (403, None)


async def test_a_listed_page_may_send_the_headers_that_carry_credentials(front: Any) -> None:
    graph = '[sources.msgraph]\nkind = "msgraph"\nurl = "{graph}"\ncredential_header = "x-graph"\n'
    gateway = await front(ALLOWED + graph)
    ask = {
        "origin": "https://status.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type, authorization, x-graph",
    }
    allowed = await gateway.client.options("/graphql", headers=ask)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://status.example"
    for change in (
        {"origin": "https://evil.example"},
        {"access-control-request-headers": "x-other"},
        {"access-control-request-method": "DELETE"},
    ):
        assert (await gateway.client.options("/graphql", headers=ask | change)).status_code == 400


async def test_without_a_list_no_page_of_another_site_is_told_anything(front: Any) -> None:
    ask = {"origin": "https://status.example", "access-control-request-method": "POST"}
    answer = await (await front()).client.options("/graphql", headers=ask)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


# By which name


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::"])
@pytest.mark.parametrize("path", ["/graphql", "/", "/graphql/static/x"])
async def test_on_this_machine_only_its_own_names_are_taken(front: Any, host: str, path: str) -> None:
    answer = await (await front()).client.get(path, headers={"host": host, **PAGE})
    assert answer.status_code == 421
    assert is_refusal(answer, "BAD_REQUEST")


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000", "LOCALHOST"])
async def test_this_machine_has_several_names(front: Any, host: str) -> None:
    assert (await post(await front(), host=host)).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("calendars.example", 200),
        ("Calendars.Example:443", 200),
        ("a.b.example", 200),
        ("b.example", 421),
        ("xb.example", 421),
        ("localhost", 421),
    ],
)
async def test_names_may_be_listed(front: Any, host: str, status: int) -> None:
    gateway = await front('web = { hosts = ["calendars.example", "*.b.example"] }\n' + CONFIGURATION)
    assert (await post(gateway, host=host)).status_code == status


@pytest.mark.parametrize("listed", ['web = { hosts = ["*"] }', 'host = "0.0.0.0"\nsandbox = true'])
async def test_any_name_may_do_if_it_is_said_or_the_address_is_everybody_s(front: Any, listed: str) -> None:
    gateway = await front(listed + ("" if "sandbox" in listed else CONFIGURATION))
    assert (await post(gateway, host="calendars.example")).status_code == 200


async def test_probes_are_asked_by_address(front: Any) -> None:
    gateway = await front()
    for path in ("/healthz", "/readyz"):
        assert (await gateway.client.get(path, headers={"host": "10.0.0.7:8000"})).status_code == 200


# What is sent back


@pytest.mark.parametrize("path", ["/graphql?query={__typename}", "/graphql", "/healthz", "/nowhere"])
async def test_every_answer_tells_browsers_to_do_nothing_with_it(front: Any, path: str) -> None:
    answer = await (await front()).client.get(path)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


async def test_the_explorer_keeps_a_policy_of_its_own_and_gets_the_other_headers(front: Any) -> None:
    page = await (await front()).client.get("/graphql", headers=PAGE)
    assert page.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("br, gzip;q=0.1", "gzip"),
        ("gzip;q=0.05, identity", "gzip"),
        ("gzip;q=0", None),
        ("gzip ; Q=0.000, identity", None),
        ("br", None),
        ("", None),
    ],
)
async def test_who_refuses_gzip_gets_none(front: Any, accepted: str, encoding: str | None) -> None:
    asked = {"query": "{__schema{types{name description}}}"}
    headers = {"accept-encoding": accepted}
    answer = await (await front()).client.post("/graphql", json=asked, headers=headers)
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"


async def test_long_answers_are_zipped_for_those_who_take_it(front: Any) -> None:
    gateway = await front()
    asked = {"query": "{__schema{types{name description}}}"}
    zipped = await gateway.client.post("/graphql", json=asked, headers={"accept-encoding": "gzip"})
    plain = await gateway.client.post("/graphql", json=asked, headers={"accept-encoding": "identity"})
    assert (zipped.headers["content-encoding"], zipped.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"
    assert zipped.json() == plain.json()
    assert int(zipped.headers["content-length"]) < len(plain.content) / 3
    assert len(gzip.compress(plain.content)) < len(plain.content)
    short = await post(gateway, accept_encoding="gzip")
    assert not {"content-encoding", "vary"} & short.headers.keys()


# The explorer


KEY = f'[api_keys.a]\nsha256 = "{"a5" * 32}"\n'


@pytest.mark.parametrize(
    ("toml", "shown"),
    [
        (CONFIGURATION, True),
        ("sandbox = true\nhost = '0.0.0.0'\n", True),
        ("host = '0.0.0.0'\n" + CONFIGURATION + KEY, False),
        ("host = '0.0.0.0'\nweb = { explorer = true }\n" + CONFIGURATION + KEY, True),
        ("web = { explorer = false }\n" + CONFIGURATION, False),
    ],
)
async def test_the_explorer_is_beside_real_sources_only_on_this_machine_or_if_asked_for(
    front: Any, toml: str, shown: bool
) -> None:
    gateway = await front(toml)
    page = await gateway.client.get("/graphql", headers=PAGE)
    assert page.headers["content-type"].startswith("text/html") is shown
    assert (await gateway.client.get("/")).status_code == (307 if shown else 404)
    if not shown:
        assert page.status_code == 401 if "0.0.0.0" in toml else 400
