"""The Prefer header: what a client would like, and what it is told of that."""

from collections.abc import Mapping
from dataclasses import dataclass
from re import compile as pattern

from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.unknowns import IanaNames
from gateway.sandbox.msgraph.words import (
    BodyType,
)
from gateway.sandbox.msgraph.zones import zone

_PREFERENCE = pattern(r'\s*([\w.\-]+)\s*(?:=\s*(?:"([^"]*)"|([^,;"]*)))?\s*(?:;[^,]*)?(?:,|$)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What is honoured. `zone_name` is as sent; None where nothing was asked."""

    zone_name: str | None = None
    body_type: BodyType | None = None
    is_immutable: bool = False
    page_size: int | None = None

    @property
    def applied(self) -> str:
        """The value of Preference-Applied, empty if nothing was asked."""
        parts = {
            "outlook.timezone": self.zone_name,
            "outlook.body-content-type": self.body_type,
            "IdType": "ImmutableId" if self.is_immutable else None,
            "odata.maxpagesize": self.page_size,
        }
        return ", ".join(f'{name}="{value}"' for name, value in parts.items() if value is not None)


def preferences(headers: Mapping[str, str], accepted: IanaNames) -> Preferences:
    """The preferences of a request; a zone that Graph does not know is refused."""
    asked = {
        name.lower(): (quoted or plain or "").strip()
        for name, quoted, plain in _PREFERENCE.findall(headers.get("prefer", ""))
    }
    zone_name = asked.get("outlook.timezone")
    if zone_name is not None:
        zone(zone_name, accepted)
    page_size = asked.get("odata.maxpagesize")
    if page_size is not None and not page_size.isdecimal():
        raise GraphError(Cause.BAD_OPTION, "odata.maxpagesize")
    body_type = asked.get("outlook.body-content-type", "").lower()
    return Preferences(
        zone_name=zone_name,
        body_type=BodyType(body_type) if body_type in ("text", "html") else None,
        is_immutable=asked.get("idtype", "").lower() == "immutableid",
        page_size=int(page_size) if page_size else None,
    )
