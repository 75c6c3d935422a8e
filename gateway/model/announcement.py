"""How an event is announced in Outlook where it does not say so itself."""

from typing import Final

import msgspec

from gateway.model.event import Draft, ShowAs, SourceKind
from gateway.model.msgraph import MSGraphEventOptions


class Announcement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a calendar of Graph gets of an event that leaves it open. None leaves it to Exchange.

    `reminder_minutes` is before the start; `reminds` False is no reminder at all.
    """

    show_as: ShowAs | None = None
    reminds: bool | None = None
    reminder_minutes: int | None = None
    response_requested: bool | None = None

    def of(self, draft: Draft) -> Draft:
        """The draft as it is announced. Whatever it says of a reminder is all that is said of it."""
        if self == _AS_IT_IS:
            return draft
        options = draft.options.get(SourceKind.MSGRAPH, MSGraphEventOptions())
        if not isinstance(options, MSGraphEventOptions):
            raise TypeError(f"{options!r} are no options of Graph's.")
        if options.is_reminder_on is None and options.reminder_minutes_before_start is None:
            options = msgspec.structs.replace(
                options, is_reminder_on=self.reminds, reminder_minutes_before_start=self.reminder_minutes
            )
        if options.response_requested is None:
            options = msgspec.structs.replace(options, response_requested=self.response_requested)
        return msgspec.structs.replace(
            draft,
            show_as=self.show_as if draft.show_as is None else draft.show_as,
            options={**draft.options, SourceKind.MSGRAPH: options},
        )


_AS_IT_IS: Final = Announcement()
