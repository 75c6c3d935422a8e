"""A server with the operations that it is to be asked."""

from collections.abc import Mapping
from dataclasses import dataclass

import uvloop
from load import Asked, ask
from process import PATH, Server
from workload import Workload


@dataclass(frozen=True)
class Contender:
    """One that takes part in a comparison: the operations by the names of `workload.TITLES`."""

    name: str
    server: Server
    workloads: Mapping[str, Workload]

    def asked(self, workload: str, seconds: float) -> Asked:
        """What it did for all clients at once. Raises Wrong."""
        return uvloop.run(ask(self.server.port, PATH, self.workloads[workload], seconds=seconds))

    def cost(self, workload: str, seconds: float) -> float:
        """Microseconds of CPU time per request. Raises Wrong."""
        before = self.server.cpu()
        asked = self.asked(workload, seconds)
        return (self.server.cpu() - before) / asked.requests * 1e6
