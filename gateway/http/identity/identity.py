"""Identity: who a request says it is from, by the credential in one header."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from gateway.http.identity.caller import Caller, Way
from gateway.http.refusal import NotIdentified

_CREDENTIAL: Final = re.compile(r"(?:(?:bearer|apikey) +)?([!-~]+)", re.IGNORECASE)


class Identity(msgspec.Struct, frozen=True):
    """Recognizes callers in any of some ways; without a way, nobody is to be asked who he is.

    The header belongs to the gateway: what is in it goes to no upstream, unless it is a token to exchange.
    """

    header: str = "authorization"
    ways: Sequence[Way] = ()

    async def caller(self, headers: Mapping[str, str]) -> Caller:
        """Who calls. Raises Refusal."""
        value = headers.get(self.header)
        if value is None:
            raise NotIdentified(f"Who calls? Send `{self.header.title()}: Bearer …` with a key or a token.")
        credential = _CREDENTIAL.fullmatch(value.strip())
        for way in self.ways if credential else ():
            caller = await way.recognize(credential[1]) if credential else None
            if caller is not None:
                return caller
        raise NotIdentified(
            f"What is in the header {self.header.title()} is no key or token of this gateway."
        )

    def passes(self, header: str, caller: Caller | None) -> bool:
        """Whether what came in a header may go to a source that takes its credential from there."""
        return caller is None or header != self.header or caller.has_token

    async def aclose(self) -> None:
        for way in self.ways:
            await way.aclose()
