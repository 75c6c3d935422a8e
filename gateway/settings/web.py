"""The settings of what browsers, and whoever speaks through them, may do."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from gateway.settings.value import Table, Texts, split


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if f"{parts.scheme}://{parts.netloc}" != text or parts.scheme not in {"http", "https"} or "*" in text:
        raise ValueError("it should be an origin, such as https://status.example, without a path.")
    return text.lower()


Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], BeforeValidator(split)]


class WebSettings(Table):
    """Which names, pages and people the gateway answers to."""

    hosts: Texts | None = Field(
        default=None,
        description="The names by which the gateway may be addressed, without a port: `*.example.com` stands"
        " for all below, `*` for any. By default those of this machine on a loopback address, elsewhere any.",
    )
    origins: Origins = Field(
        default=(),
        description="Pages of other sites that may call the gateway, such as `https://status.example`.",
    )
    explorer: bool | None = Field(
        default=None,
        description="Whether browsers get the explorer. By default on the sandbox and on loopback addresses.",
    )
