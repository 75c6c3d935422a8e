"""Microsoft's clouds: where each has its Graph, and where its tenants get tokens."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

CloudName = Literal["global", "us-gov", "us-gov-dod", "china"]


class Cloud(msgspec.Struct, frozen=True, kw_only=True):
    """The roots of Graph and of the token service. Microsoft: "National cloud deployments"."""

    graph: str
    login: str

    @property
    def scope(self) -> str:
        """What a token is asked for: all that the application was given in this cloud's Graph."""
        return f"{self.graph}/.default"


CLOUDS: Final[Mapping[CloudName, Cloud]] = {
    "global": Cloud(graph="https://graph.microsoft.com", login="https://login.microsoftonline.com"),
    "us-gov": Cloud(graph="https://graph.microsoft.us", login="https://login.microsoftonline.us"),
    "us-gov-dod": Cloud(graph="https://dod-graph.microsoft.us", login="https://login.microsoftonline.us"),
    "china": Cloud(
        graph="https://microsoftgraph.chinacloudapi.cn", login="https://login.partner.microsoftonline.cn"
    ),
}
