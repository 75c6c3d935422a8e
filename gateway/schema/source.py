"""The configured upstreams, in the schema."""

from typing import Self

import strawberry

from gateway.adapters import capabilities
from gateway.adapters.base import Health
from gateway.adapters.capabilities import CapabilityNote
from gateway.schema.context import Context
from gateway.schema.enums import Capability, Fidelity, SourceKind, SourceMode, by_name
from gateway.schema.problem import Problem
from gateway.service.catalog import ConfiguredSource


@strawberry.type(description="What a source can hold or do, and how faithfully.")
class SourceCapability:
    capability: Capability = strawberry.field(description="What.")
    fidelity: Fidelity = strawberry.field(description="How faithfully.")
    note: str | None = strawberry.field(description="What to know about it.")


@strawberry.type(description="Whether a source answers, and takes the credential.")
class SourceHealth:
    is_healthy: bool = strawberry.field(description="Whether it does both.")
    version: str | None = strawberry.field(description="What the upstream says of its version.")
    problem: Problem | None = strawberry.field(description="What is wrong, if anything.")

    @classmethod
    def of(cls, health: Health) -> Self:
        return cls(
            is_healthy=health.reachable and health.problem is None,
            version=health.version,
            problem=Problem.of(health.problem) if health.problem else None,
        )


@strawberry.type(description="A configured upstream.")
class CalendarSource:
    configured: strawberry.Private[ConfiguredSource]

    @strawberry.field(description="The name that ids begin with.")
    def name(self) -> str:
        return self.configured.name

    @strawberry.field(description="Which API stands behind it.")
    def kind(self) -> SourceKind:
        return by_name(SourceKind, self.configured.source.kind)

    @strawberry.field(description="What the configuration lets the gateway do with it.")
    def mode(self) -> SourceMode:
        return by_name(SourceMode, self.configured.policy.mode)

    @strawberry.field(
        description="Whether it is an emulator: nothing outside the gateway is read or written."
    )
    def is_sandbox(self) -> bool:
        return self.configured.is_sandbox

    @strawberry.field(description="What it can hold or do.")
    def capabilities(self) -> list[SourceCapability]:
        return [_capability(*item) for item in self.configured.source.capabilities.items()]

    @strawberry.field(description="Whether it answers now. Asks the upstream.")
    async def health(self, info: strawberry.Info[Context]) -> SourceHealth:
        return SourceHealth.of(await info.context.session.adapter(self.configured).health())


def _capability(capability: capabilities.Capability, note: CapabilityNote) -> SourceCapability:
    return SourceCapability(
        capability=by_name(Capability, capability),
        fidelity=by_name(Fidelity, note.fidelity),
        note=note.note,
    )
