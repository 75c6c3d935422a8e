"""By which names the gateway may be addressed.

A page of another site that makes a name of its own lead to this machine is thereby kept out, although its
browser takes the two for one site (DNS rebinding).
"""

from typing import Final
from urllib.parse import urlsplit

import msgspec

from gateway.settings import Settings
from gateway.settings.value import is_loopback

PROBES: Final = frozenset({"/healthz", "/readyz"})
"""They are asked by address, and tell nothing."""


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """Names that are taken: listed ones, all of this machine, or any."""

    listed: frozenset[str] = frozenset()
    below: tuple[str, ...] = ()
    own: bool = False
    any: bool = False

    @classmethod
    def of(cls, settings: Settings) -> "Names":
        hosts, bound = settings.web.hosts, settings.host.lower()
        if hosts is None:
            is_own = is_loopback(bound)
            return cls(listed=frozenset({bound}), own=is_own, any=not is_own)
        names = [host.lower() for host in hosts]
        return cls(
            listed=frozenset(names),
            below=tuple(name.removeprefix("*") for name in names if name.startswith("*.")),
            any="*" in names,
        )

    def allow(self, host: str | None) -> bool:
        """Whether what the header Host holds is one of them."""
        if self.any:
            return True
        try:
            name = urlsplit(f"//{host or ''}").hostname or ""
        except ValueError:
            return False
        return name in self.listed or name.endswith(self.below) or (self.own and is_loopback(name))
