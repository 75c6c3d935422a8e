"""What only some kinds of source have: anomaly detection jobs that their events mute."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from gateway.model.suppression import Job


class Jobs(Protocol):
    """The anomaly detection jobs of one source as one call sees them."""

    async def all(self) -> Sequence[Job]:
        """Every job. Raises UpstreamError."""
        ...

    async def latest(self) -> Mapping[str, datetime]:
        """By their ids the time of the latest record that jobs have processed. Raises UpstreamError."""
        ...
