"""Tokens of an OpenID provider: which are taken, and when its keys are asked for."""

import asyncio
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from gateway.http.identity.issuer import Issuer
from gateway.http.identity.tokens import Tokens
from gateway.http.refusal import Later, NotIdentified
from gateway.settings.identity import OidcSettings
from gateway.settings.value import KNOWN_SOURCES
from tests.http.openid_provider import AUDIENCE, NOW, Provider, Served

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Bench:
    """Tokens under a clock that a test moves."""

    def __init__(self, served: Served, **configured: Any) -> None:
        self.served = served
        self.provider = served.emulator
        self.seconds = 0.0
        written = {"issuer": served.url, "audience": [AUDIENCE], **configured}
        expected = OidcSettings.model_validate(written, context={KNOWN_SOURCES: frozenset()})
        issuer = Issuer(expected.issuer, jwks_url=expected.jwks_url, clock=lambda: self.seconds)
        self.tokens = Tokens(expected, issuer, now=lambda: NOW + self.seconds)

    async def refusal(self, token: str) -> str:
        with pytest.raises(NotIdentified) as caught:
            await self.tokens.recognize(token)
        assert token not in caught.value.message
        return caught.value.message


@pytest.fixture
async def bench() -> AsyncIterator[Any]:
    async with AsyncExitStack() as stack:

        async def make(**configured: Any) -> Bench:
            made = Bench(await stack.enter_async_context(Served(Provider())), **configured)
            stack.push_async_callback(made.tokens.aclose)
            return made

        yield make


async def test_a_token_names_the_caller_and_what_he_may_do(bench: Any) -> None:
    made = await bench()
    caller = await made.tokens.recognize(made.provider.token(scope="read openid write:elasticsearch"))
    assert (caller.name, caller.scopes) == ("oidc:mia", {"read", "write:elasticsearch"})
    assert caller.has_token


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scp": "calendars.read"}, {"read"}),
        ({"roles": ["calendars.write", "calendars.admin", "write"]}, {"write"}),
        ({"scope": ["calendars.read:es"], "scp": 7, "roles": None}, {"read:es"}),
        ({}, set()),
    ],
)
async def test_scopes_come_in_several_claims_under_a_prefix(
    bench: Any, claims: dict[str, Any], scopes: set[str]
) -> None:
    made = await bench(scope_prefix="calendars.")
    assert (await made.tokens.recognize(made.provider.token(**claims))).scopes == scopes


async def test_scopes_may_be_everybody_s(bench: Any) -> None:
    made = await bench(scopes=["read"], caller_claim="email")
    caller = await made.tokens.recognize(made.provider.token(email="mia@contoso.com", scope="write"))
    assert (caller.name, caller.scopes) == ("oidc:mia@contoso.com", {"read", "write"})


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"exp": NOW - 61}, "has expired"),
        ({"exp": None}, "does not fit"),
        ({"exp": "soon"}, "does not fit"),
        ({"nbf": NOW + 61}, "not yet valid"),
        ({"aud": "another"}, "does not fit"),
        ({"aud": ["another", 1]}, "does not fit"),
        ({"aud": None}, "does not fit"),
        ({"iss": "https://id.example"}, "of another issuer"),
        ({"iss": None}, "does not fit"),
        ({"sub": None}, "no claim sub"),
        ({"sub": ["mia"]}, "does not fit"),
        ({"sub": ""}, "no claim sub"),
    ],
)
async def test_a_token_that_is_not_for_us_now_is_refused(
    bench: Any, claims: dict[str, Any], said: str
) -> None:
    made = await bench()
    assert said in await made.refusal(made.provider.token(**claims))


async def test_clocks_may_disagree_by_a_minute_and_audiences_may_be_many(bench: Any) -> None:
    made = await bench()
    token = made.provider.token(exp=NOW - 59, nbf=NOW + 59, aud=["another", AUDIENCE])
    assert (await made.tokens.recognize(token)).name == "oidc:mia"


async def test_what_anybody_can_sign_proves_nothing(bench: Any) -> None:
    made = await bench()
    stranger = RSAKey.generate_key(2048, {"kid": "first"})
    assert "signature" in await made.refusal(made.provider.token(key=stranger))
    head, body, _ = made.provider.token().split(".")
    unsigned, symmetric = (
        encoded(f'{{"alg":"{name}","kid":"first"}}'.encode()) for name in ("none", "HS256")
    )
    public = made.provider.key.as_pem(private=False)
    mac = hmac.digest(public, f"{symmetric}.{body}".encode(), "sha256")
    forged = [
        f"{symmetric}.{body}.{encoded(mac)}",
        f"{unsigned}.{body}.",
        f"{head}.{body}.",
        f"{head}.{body[:-2]}.x",
    ]
    for token in forged:
        await made.refusal(token)


async def test_a_token_that_was_taken_before_expires_all_the_same(bench: Any) -> None:
    made = await bench()
    token = made.provider.token(exp=NOW + 100)
    for made.seconds in (0.0, 100.0):
        assert (await made.tokens.recognize(token)).name == "oidc:mia"
    made.seconds = 161.0
    assert "has expired" in await made.refusal(token)


async def test_the_signature_of_a_token_that_was_taken_proves_no_other(bench: Any) -> None:
    made = await bench()
    taken, other = made.provider.token(), made.provider.token(scope="write")
    assert (await made.tokens.recognize(taken)).scopes == set()
    head, claims, _ = other.split(".")
    assert "does not hold" in await made.refusal(f"{head}.{claims}.{taken.split('.')[2]}")
    assert (await made.tokens.recognize(other)).scopes == {"write"}


async def test_only_algorithms_that_are_configured_are_taken(bench: Any) -> None:
    made = await bench(algorithms=["ES256"])
    await made.refusal(made.provider.token())


async def test_the_keys_are_asked_for_once_for_many_callers_at_once(bench: Any) -> None:
    made = await bench()
    token = made.provider.token()
    await asyncio.gather(*(made.tokens.recognize(token) for _ in range(20)))
    assert made.served.asked == ["/.well-known/openid-configuration", "/keys?v=1"]


async def test_a_configured_address_of_the_keys_spares_the_discovery(bench: Any) -> None:
    async with Served(Provider()) as served:
        made = await bench(jwks_url=f"{served.url}/mine")
        token = served.emulator.token(iss=made.served.url)
        assert (await made.tokens.recognize(token)).name == "oidc:mia"
        assert (served.asked, made.served.asked) == (["/mine"], [])


async def test_a_new_key_is_found_when_a_token_bears_it(bench: Any) -> None:
    made = await bench()
    await made.tokens.recognize(made.provider.token())
    made.provider.rotate()
    made.seconds = 11
    assert (await made.tokens.recognize(made.provider.token())).name == "oidc:mia"


async def test_tokens_that_strangers_make_up_do_not_flood_the_issuer(bench: Any) -> None:
    made = await bench()
    await made.tokens.recognize(made.provider.token())
    stranger = RSAKey.generate_key(2048, {"kid": "made-up"})
    made.seconds = 11
    for _ in range(5):
        assert "by a key of the issuer" in await made.refusal(made.provider.token(key=stranger))
    assert len(made.served.asked) == 4


async def test_a_key_that_was_withdrawn_is_taken_no_longer_after_ten_minutes(bench: Any) -> None:
    made = await bench()
    withdrawn = made.provider.token(exp=NOW + 3600)
    await made.tokens.recognize(withdrawn)
    made.provider.rotate()
    made.seconds = 601
    await made.refusal(withdrawn)


async def test_keys_that_are_held_hold_while_the_issuer_is_down(bench: Any) -> None:
    made = await bench()
    token = made.provider.token(exp=NOW + 10_000)
    await made.tokens.recognize(token)
    made.provider.down, made.seconds = True, 5000.0
    assert (await made.tokens.recognize(token)).name == "oidc:mia"


async def test_without_any_keys_the_caller_is_told_to_come_later(bench: Any) -> None:
    made = await bench()
    made.provider.down = True
    for _ in range(3):
        with pytest.raises(Later) as caught:
            await made.tokens.recognize(made.provider.token())
        assert (caught.value.status, caught.value.headers["retry-after"]) == (503, "10")
    assert len(made.served.asked) == 1
    made.provider.down, made.seconds = False, 11
    assert (await made.tokens.recognize(made.provider.token())).name == "oidc:mia"


STRANGE_KEYS = [
    {"kty": "EC", "crv": "of tomorrow", "x": "AA", "y": "AA", "kid": "a"},
    {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "a"},
    {"kty": "OKP", "crv": "Ed448", "x": "AA"},
    {"kty": "RSA", "n": "AA", "kid": "a"},
    {"kty": "RSA", "n": 7, "e": 7, "kid": 7},
    {"kid": "a"},
    "x",
]


async def test_keys_that_are_not_understood_cost_nobody_the_others(bench: Any) -> None:
    made = await bench()
    made.provider.others = STRANGE_KEYS
    assert (await made.tokens.recognize(made.provider.token())).name == "oidc:mia"


@pytest.mark.parametrize("others", [[], STRANGE_KEYS])
async def test_an_issuer_whose_keys_are_all_useless_is_as_good_as_down(bench: Any, others: list[Any]) -> None:
    made = await bench()
    token = made.provider.token()
    made.provider.key, made.provider.others = None, others
    with pytest.raises(Later):
        await made.tokens.recognize(token)


@pytest.mark.parametrize(
    "document",
    [{"issuer": "https://id.example"}, {"jwks_uri": "http://id.example/keys"}, {"jwks_uri": None}],
)
async def test_a_discovery_that_leads_astray_is_not_followed(bench: Any, document: dict[str, Any]) -> None:
    made = await bench()
    made.provider.document = document
    with pytest.raises(Later):
        await made.tokens.recognize(made.provider.token())
    assert made.served.asked == ["/.well-known/openid-configuration"]


def encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).decode().rstrip("=")


PARTS = st.one_of(
    st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="."), max_size=40),
    st.one_of(
        st.sampled_from(
            [{}, [], 1, None, "x", {"alg": "RS256"}, {"alg": 1}, {"alg": "RS256", "kid": ["first"]},
             {"alg": "RS256", "kid": "first", "crit": ["x"]}, {"alg": "RS256", "kid": "first", "b64": False},
             {"alg": "RSA-OAEP", "enc": "A256GCM"}]
        ),
        st.dictionaries(st.sampled_from(["alg", "kid", "typ", "jku", "x5u", "zip"]), st.text(max_size=5)),
    ).map(lambda head: encoded(json.dumps(head).encode())),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(PARTS, PARTS, PARTS).map(".".join))
async def test_whatever_comes_as_a_token_is_refused_and_breaks_nothing(hostile: Any, token: str) -> None:
    with pytest.raises(NotIdentified):
        await hostile.tokens.recognize(token)


@pytest.fixture
async def hostile() -> AsyncIterator[Bench]:
    async with Served(Provider()) as served:
        made = Bench(served)
        yield made
        await made.tokens.aclose()
