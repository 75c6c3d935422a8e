"""A configured Microsoft Graph tenant: its grammar of ids and its connection."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from gateway.adapters.capabilities import Capability, CapabilityNote, Fidelity
from gateway.adapters.gate import Gates
from gateway.adapters.msgraph import paths
from gateway.adapters.msgraph.adapter import MSGraphAdapter
from gateway.adapters.msgraph.api import GraphApi
from gateway.adapters.msgraph.credentials import Credential
from gateway.adapters.msgraph.mailboxes import LIMIT, Mailbox
from gateway.adapters.msgraph.requests import Requests
from gateway.adapters.msgraph.tenant import Tenant
from gateway.adapters.retries import USUAL, Retries
from gateway.adapters.sharing import Sharing
from gateway.adapters.transport import Transport
from gateway.adapters.upstream import Call
from gateway.model.event import SourceKind
from gateway.model.ids import CalendarId, EventId, ResourceId

_NATIVE: Final = CapabilityNote(fidelity=Fidelity.NATIVE)
_CAPABILITIES: Final[Mapping[Capability, CapabilityNote]] = {
    Capability.LIST_CALENDARS: CapabilityNote(
        fidelity=Fidelity.NATIVE,
        note="Of the token's user, or of the mailboxes configured for an application.",
    ),
    Capability.READ_EVENTS: CapabilityNote(
        fidelity=Fidelity.NATIVE, note="Series come as their occurrences."
    ),
    Capability.ADD_EVENTS: CapabilityNote(
        fidelity=Fidelity.NATIVE, note="Calendars of groups take a user's token only."
    ),
    Capability.ALL_DAY_EVENTS: _NATIVE,
    Capability.TIME_ZONES: CapabilityNote(
        fidelity=Fidelity.LOSSY,
        note="A zone without a Windows name of its own is held as another of that name.",
    ),
    Capability.DESCRIPTION: CapabilityNote(fidelity=Fidelity.NATIVE, note="Exchange rewrites HTML."),
    Capability.LOCATION: _NATIVE,
    Capability.CATEGORIES: _NATIVE,
    Capability.SHOW_AS: _NATIVE,
    Capability.ATTENDEES: CapabilityNote(
        fidelity=Fidelity.NATIVE, note="Exchange sends invitations, which cannot be suppressed."
    ),
    Capability.RECURRENCE: CapabilityNote(
        fidelity=Fidelity.NATIVE, note="A rule that Graph has no pattern for is refused, with the nearest."
    ),
    Capability.MANAGE_CALENDARS: CapabilityNote(fidelity=Fidelity.UNSUPPORTED),
    Capability.ANOMALY_SUPPRESSION: CapabilityNote(fidelity=Fidelity.UNSUPPORTED),
}


class MSGraphSource:
    """Implements CalendarSource.

    `mailboxes` are ids or principal names of users whose calendars are listed for an application, and
    `requests_per_mailbox` is how many requests a mailbox gets at once.
    """

    def __init__(
        self,
        name: str,
        *,
        transport: Transport,
        credential: Credential,
        version: Literal["v1.0", "beta"] = "v1.0",
        mailboxes: Sequence[str] = (),
        requests_per_mailbox: int = LIMIT,
        retries: Retries = USUAL,
    ) -> None:
        self.name: Final = name
        self.kind: Final = SourceKind.MSGRAPH
        self.capabilities: Final = _CAPABILITIES
        self._mailboxes = tuple(mailboxes)
        self._requests = Requests(source=name, version=version)
        self._tenant = Tenant(
            source=name,
            version=version,
            transport=transport,
            credential=credential,
            gates=Gates[Mailbox](requests_per_mailbox),
            sharing=Sharing(),
            retries=retries,
        )

    def calendar_id(self, written: ResourceId) -> CalendarId:
        return paths.calendar_id(written)

    def event_id(self, written: ResourceId) -> EventId | None:
        return paths.event_id(written)

    def canonical_id(self, calendar: CalendarId) -> CalendarId | None:
        return paths.canonical_if_known(calendar)

    def adapter(self, call: Call) -> MSGraphAdapter:
        api = GraphApi(self._tenant, call)
        return MSGraphAdapter(api, self._requests, mailboxes=self._mailboxes, retries=self._tenant.retries)

    async def aclose(self) -> None:
        await self._tenant.credential.aclose()
        await self._tenant.transport.aclose()
