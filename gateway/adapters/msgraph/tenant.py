"""One tenant, as all calls of its source reach it: few requests per mailbox at once."""

from collections.abc import Iterator

import msgspec

from gateway.adapters.gate import Gates
from gateway.adapters.msgraph import faults
from gateway.adapters.msgraph.credentials import Credential
from gateway.adapters.msgraph.mailboxes import LIMIT, Mailbox
from gateway.adapters.retries import USUAL, Retries
from gateway.adapters.sharing import Sharing
from gateway.adapters.transport import Answer, Transport
from gateway.adapters.upstream import UpstreamLog, UpstreamRequest
from gateway.model.uuids import random_uuids


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """`gates` are those of its mailboxes, `sharing` the reads that are under way.

    `transactions` are names for events that are made.
    """

    source: str
    version: str
    transport: Transport
    credential: Credential
    gates: Gates[Mailbox]
    sharing: Sharing
    retries: Retries = USUAL
    transactions: Iterator[str] = msgspec.field(default_factory=random_uuids)

    @property
    def takes_batches(self) -> bool:
        """Whether a mailbox has all places here that a batch takes there."""
        return self.gates.places >= LIMIT

    async def exchange(
        self,
        request: UpstreamRequest,
        *,
        fields: str,
        credential: str,
        mailbox: Mailbox,
        places: int,
        log: UpstreamLog,
    ) -> Answer:
        """The answer to a request with those header fields, when the mailbox has that many places."""
        gate = self.gates.of(mailbox)
        if not gate.try_take(places):
            with log.deadline.limit():
                await gate.take(places)
        try:
            answer = await self.transport.send(request, fields=fields, log=log)
        finally:
            gate.give_back(places)
        if faults.refuses_credential(answer):
            self.credential.refused(credential)
        return answer
