"""The keys of an OpenID provider: found by discovery, kept, and fetched anew when it changes them."""

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from gateway.adapters.outgoing import field
from gateway.adapters.transport import Transport
from gateway.adapters.upstream import UpstreamLog, UpstreamRequest
from gateway.errors import GatewayError, Unavailable, UnexpectedAnswer
from gateway.settings.value import is_loopback

_DISCOVERY: Final = "/.well-known/openid-configuration"
_FRESH: Final = 600.0
"""In seconds. Who withdraws a key waits so long until it opens nothing any more."""
_PAUSE: Final = 10.0
"""Between two questions, whatever callers send: a stranger's token must not become a flood."""
_FIELDS: Final = field("accept", "application/json")
_TIMEOUT: Final = timedelta(seconds=10)
_log = structlog.get_logger(__name__)


class Issuer:
    """An OpenID provider. `jwks_url` spares the discovery; `clock` counts seconds."""

    def __init__(self, url: str, *, jwks_url: str | None, clock: Callable[[], float]) -> None:
        self._url = url
        self._jwks_url = jwks_url
        self._clock = clock
        self._transports: dict[str, Transport] = {}
        self._keys: KeySet | None = None
        self._fetched = self._asked = -math.inf
        self._fetching: asyncio.Task[KeySet] | None = None

    async def keys(self, *, instead_of: KeySet | None = None) -> KeySet:
        """The keys, or newer ones than those given, if it is not too early to ask again.

        Keys that are held go on to hold while the issuer does not answer. Raises Unavailable without any.
        """
        if self._fetching is None and not self._is_due(instead_of):
            return self._held()
        task = self._fetching = self._fetching or self._start()
        try:
            return await asyncio.shield(task)  # one caller's leaving is not the others' failure
        except GatewayError:
            return self._held()

    async def aclose(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)
        for transport in self._transports.values():
            await transport.aclose()

    def _is_due(self, instead_of: KeySet | None) -> bool:
        now = self._clock()
        is_wanted = instead_of is self._keys or now - self._fetched >= _FRESH
        return is_wanted and now - self._asked >= _PAUSE

    def _held(self) -> KeySet:
        if self._keys is None:
            raise Unavailable("The issuer's keys could not be had.")
        return self._keys

    def _start(self) -> asyncio.Task[KeySet]:
        self._asked = self._clock()
        task = asyncio.create_task(self._fetch())
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[KeySet]) -> None:
        self._fetching = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("issuer.failed", error=str(error))

    async def _fetch(self) -> KeySet:
        url = self._jwks_url or await self._discovered()
        keys = [key for given in _keys(await self._get(url)) for key in _read(given)]
        if not keys:
            raise UnexpectedAnswer(f"{url} holds no keys that can be used.")
        self._keys = KeySet(keys)
        self._fetched = self._clock()
        return self._keys

    async def _discovered(self) -> str:
        """Where the keys are. The document must be about this issuer."""
        document = await self._get(self._url.rstrip("/") + _DISCOVERY)
        url, issuer = document.get("jwks_uri"), document.get("issuer")
        if str(issuer).rstrip("/") != self._url.rstrip("/"):
            raise UnexpectedAnswer(f"The discovery document of {self._url} is about another issuer.")
        parts = urlsplit(str(url))
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
            raise UnexpectedAnswer(f"The keys of {self._url} are not to be had by https.")
        return str(url)

    async def _get(self, url: str) -> Mapping[str, Any]:
        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}"
        if root not in self._transports:
            self._transports[root] = Transport(root, source="the issuer", timeout=_TIMEOUT)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        request = UpstreamRequest(source="issuer", method="GET", path=path)
        answer = await self._transports[root].send(request, fields=_FIELDS, log=UpstreamLog())
        if not answer.ok:
            raise UnexpectedAnswer(f"The issuer answered {answer.status} at {url}.")
        return _object(answer.body, url)


def _object(body: bytes | bytearray, url: str) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise UnexpectedAnswer(f"The issuer's answer at {url} is not JSON.") from exc
    if not isinstance(document, dict):
        raise UnexpectedAnswer(f"The issuer's answer at {url} is no object.")
    return document


def _keys(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The keys that sign, secrets left out: what anybody can read proves nothing."""
    given = document.get("keys")
    return [
        key
        for key in (given if isinstance(given, list) else ())
        if isinstance(key, dict) and key.get("use", "sig") == "sig" and key.get("kty") != "oct"
    ]


def _read(given: dict[str, Any]) -> list[Key]:
    """The key; none if it is of a kind that is not known here, which costs nobody the others."""
    try:
        return KeySet.import_key_set({"keys": [given]}).keys
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as exc:
        _log.warning("issuer.key_left_out", kid=str(given.get("kid")), error=type(exc).__name__)
        return []
