"""Invitations: the copies of a meeting in the mailboxes of those attendees whom the directory knows."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.sandbox.msgraph.items import Answer, Item, ItemType, Mailbox, Said
from gateway.sandbox.msgraph.series import occurrence_id
from gateway.sandbox.msgraph.state import State
from gateway.sandbox.msgraph.words import (
    ShowAs,
)


def deliver(state: State, meeting: Item, now: datetime) -> None:
    """Bring every attendee's copy up to date; who is no longer invited gets a cancellation."""
    invited = _attendees(state, meeting)
    for mailbox in invited:
        copy = copy_of(mailbox, meeting)
        if copy is None:
            _put(mailbox, _invitation(state, mailbox, meeting))
        else:
            _put(mailbox, _updated(copy, meeting, now))
    for mailbox in state.users():
        if mailbox not in invited:
            _cancel(mailbox, meeting, now)


def withdraw(state: State, meeting: Item, now: datetime) -> None:
    """Cancel every attendee's copy. It stays in their calendar, marked as cancelled."""
    for mailbox in state.users():
        _cancel(mailbox, meeting, now)


def copy_of(mailbox: Mailbox, meeting: Item) -> Item | None:
    """An attendee's copy of a meeting: all copies have one uid."""
    copies = (item for item in mailbox.items.values() if item.uid == meeting.uid and not item.is_organizer)
    return next(copies, None)


def original_of(state: State, copy: Item) -> tuple[Mailbox, Item] | None:
    """The organizer's mailbox and event, if the organizer is in the directory and has kept it."""
    for mailbox in state.mailboxes.values():
        for item in mailbox.items.values():
            if item.uid == copy.uid and item.is_organizer:
                return mailbox, item
    return None


def _attendees(state: State, meeting: Item) -> list[Mailbox]:
    found = []
    for attendee in meeting.attendees:
        mailbox = state.find(attendee.email_address.address or "")
        if mailbox is not None and meeting.owner_address not in mailbox.names:
            found.append(mailbox)
    return found


def _put(mailbox: Mailbox, item: Item) -> None:
    mailbox.items[item.id] = item


def _invitation(state: State, mailbox: Mailbox, meeting: Item) -> Item:
    """A fresh copy: not answered yet, and tentative until then."""
    return replace(
        meeting,
        id=state.new_id("event"),
        **_own(mailbox),
        said=Said(answer=Answer.NOT_RESPONDED),
        show_as=ShowAs.FREE if meeting.show_as is ShowAs.FREE else ShowAs.TENTATIVE,
        transaction_id=None,
        version=1,
        exceptions={},
        single_values={},
        multi_values={},
        extensions={},
    )


def _updated(copy: Item, meeting: Item, now: datetime) -> Item:
    """The copy with the organizer's changes. What the attendee set for themselves stays."""
    kept: dict[str, Any] = {
        "id": copy.id,
        "calendar_id": copy.calendar_id,
        "created": copy.created,
        "is_organizer": False,
        "owner_address": copy.owner_address,
        "said": copy.said,
        "show_as": copy.show_as,
        "is_reminder_on": copy.is_reminder_on,
        "reminder_minutes": copy.reminder_minutes,
        "categories": copy.categories,
        "version": copy.version,
        "transaction_id": None,
        "single_values": copy.single_values,
        "multi_values": copy.multi_values,
        "extensions": copy.extensions,
    }
    after = replace(meeting, **kept).changed(now)
    return replace(
        after, exceptions={day: _within(after, changed) for day, changed in meeting.exceptions.items()}
    )


def _within(master: Item, changed: Item) -> Item:
    """A changed occurrence as part of the attendee's copy of the series."""
    day = changed.original_day
    if day is None:
        raise ValueError(f"{changed.id} is no occurrence")
    return replace(
        changed,
        id=occurrence_id(master.id, day),
        master_id=master.id,
        calendar_id=master.calendar_id,
        is_organizer=False,
        owner_address=master.owner_address,
        said=master.said,
        type=ItemType.EXCEPTION,
    )


def _own(mailbox: Mailbox) -> dict[str, Any]:
    return {
        "calendar_id": mailbox.default_calendar.id,
        "is_organizer": False,
        "owner_address": mailbox.person.address.lower(),
    }


def _cancel(mailbox: Mailbox, meeting: Item, now: datetime) -> None:
    copy = copy_of(mailbox, meeting)
    if copy is not None and not copy.is_cancelled:
        _put(mailbox, copy.changed(now, is_cancelled=True, subject=f"Canceled: {copy.subject or ''}"))
