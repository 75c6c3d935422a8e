"""Meetings: an organizer cancels, an attendee answers."""

from collections.abc import Callable
from dataclasses import replace

from gateway.sandbox.msgraph import call as addressed
from gateway.sandbox.msgraph.call import Call, Reply
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.invitations import deliver, original_of
from gateway.sandbox.msgraph.items import Answer, Item, ItemType, Mailbox, Said
from gateway.sandbox.msgraph.resources import (
    AttendeeIn,
    CancelIn,
    ForwardIn,
    RespondIn,
    SnoozeIn,
    read_action,
)
from gateway.sandbox.msgraph.series import occurrence
from gateway.sandbox.msgraph.times import wall_clock
from gateway.sandbox.msgraph.words import ShowAs
from gateway.sandbox.msgraph.writes import keep, remove


def cancel(call: Call) -> Reply:
    """202. The meeting, or the occurrence, leaves the organizer's calendar and is cancelled in all others."""
    read_action(call.request, CancelIn)
    item = addressed.event(call)
    if not item.is_organizer:
        raise GraphError(Cause.NOT_ORGANIZER)
    if not call.is_lost:
        remove(call, item)
    return Reply(status=202)


def forward(call: Call) -> Reply:
    """202. Those to whom a meeting is forwarded become attendees of the organizer's event."""
    sent = read_action(call.request, ForwardIn)
    item = addressed.event(call)
    original = (call.mailbox, item) if item.is_organizer else original_of(call.state, item)
    if original is not None and not call.is_lost:
        mailbox, meeting = original
        invited = tuple(AttendeeIn(email_address=one.email_address) for one in sent.to_recipients)
        kept = keep(mailbox, meeting.changed(call.now, attendees=meeting.attendees + invited), call.now)
        deliver(call.state, kept, call.now)
    return Reply(status=202)


def dismiss_reminder(call: Call) -> Reply:
    """200."""
    item = _own_event(call)
    if not call.is_lost:
        keep(call.mailbox, item.changed(call.now, is_reminder_on=False), call.now)
    return Reply()


def snooze_reminder(call: Call) -> Reply:
    """200. When the reminder comes is nowhere to be read."""
    wall_clock(read_action(call.request, SnoozeIn).new_reminder_time, "", call.unknowns)
    _own_event(call)
    return Reply()


def respond(answer: Answer) -> Callable[[Call], Reply]:
    """The action that gives this answer."""

    def handler(call: Call) -> Reply:
        sent = read_action(call.request, RespondIn)
        item = _own_event(call)
        _check(item, sent)
        if not call.is_lost:
            _answer(call, item, _said(call, answer, sent), is_sent=sent.send_response is not False)
        return Reply(status=202)

    return handler


def _own_event(call: Call) -> Item:
    """The event that is addressed. A group answers by itself and has no reminders: its events are refused."""
    item = addressed.event(call)
    if call.mailbox.is_group:
        raise GraphError(Cause.ACCESS_DENIED)
    return item


def _check(item: Item, sent: RespondIn) -> None:
    if item.is_organizer:
        raise GraphError(Cause.IS_ORGANIZER)
    if sent.send_response is False and sent.comment is not None:
        raise GraphError(Cause.COMMENT_UNSENT)
    if sent.proposed_new_time is None:
        return
    if sent.send_response is False:
        raise GraphError(Cause.PROPOSAL_UNSENT)
    if not item.allow_new_time_proposals:
        raise GraphError(Cause.PROPOSAL_REFUSED)


def _said(call: Call, answer: Answer, sent: RespondIn) -> Said:
    """What was said and when. Who accepts proposes no other time."""
    proposed = sent.proposed_new_time
    if proposed is None or answer is Answer.ACCEPTED:
        return Said(answer=answer, time=call.now)
    times = wall_clock(proposed.start, "", call.unknowns), wall_clock(proposed.end, "", call.unknowns)
    return Said(answer=answer, time=call.now, proposed=times)


def _answer(call: Call, copy: Item, said: Said, *, is_sent: bool) -> None:
    original = original_of(call.state, copy)
    show_as = _show_as(said.answer, ShowAs.BUSY if original is None else original[1].show_as)
    if said.answer is Answer.DECLINED and call.unknowns.declined_events_vanish:
        remove(call, copy)
    else:
        own = Said(answer=said.answer, time=said.time)
        _keep(call, call.mailbox, copy.changed(call.now, said=own, show_as=show_as))
    if original is not None and is_sent:
        mailbox, meeting = original
        _tell(call, mailbox, meeting, copy, said)


def _tell(call: Call, mailbox: Mailbox, meeting: Item, copy: Item, said: Said) -> None:
    """Note the answer in the organizer's event, or in the occurrence that it is about."""
    subject = meeting if copy.original_day is None else occurrence(meeting, copy.original_day)
    if subject is not None:
        answers = {**subject.answers, copy.owner_address: said}
        _keep(call, mailbox, subject.changed(call.now, answers=answers))


def _keep(call: Call, mailbox: Mailbox, item: Item) -> None:
    if item.original_day is not None:
        item = replace(item, type=ItemType.EXCEPTION)
    keep(mailbox, item, call.now)


def _show_as(answer: Answer, planned: ShowAs) -> ShowAs:
    return {Answer.TENTATIVE: ShowAs.TENTATIVE, Answer.DECLINED: ShowAs.FREE}.get(answer, planned)
