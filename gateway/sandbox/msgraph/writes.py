"""Writes: an event is made, changed, deleted, and its attendees hear of it."""

from dataclasses import replace
from datetime import datetime

from gateway.sandbox.msgraph import call as addressed
from gateway.sandbox.msgraph.call import Call, Reply, check_match, shown_id
from gateway.sandbox.msgraph.drafts import changed_item, new_item
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.events import View, entity, view_of
from gateway.sandbox.msgraph.invitations import deliver, withdraw
from gateway.sandbox.msgraph.items import Calendar, Item, ItemType, Mailbox, Transaction
from gateway.sandbox.msgraph.resources import (
    EventIn,
    read_event,
)
from gateway.sandbox.msgraph.series import neighbours
from gateway.sandbox.msgraph.unknowns import PostZone, RepeatedTransaction, TransactionAfterDelete


def create_event(call: Call) -> Reply:
    """201 with the event. One that a `transactionId` has made before is not made again."""
    sent = read_event(call.request, refuses_strangers=call.unknowns.refuses_unknown_members)
    calendar = addressed.calendar(call)
    repeated = _repeated(call, sent)
    item = _create(call, calendar, sent) if repeated is None else repeated
    return _created(call, item)


def update_event(call: Call) -> Reply:
    sent = read_event(call.request, refuses_strangers=call.unknowns.refuses_unknown_members)
    before = addressed.event(call)
    check_match(call, before.etag)
    after = changed_item(before, sent, now=call.now, unknowns=call.unknowns)
    if before.original_day is not None:
        after = _as_exception(call, after)
    if not call.is_lost:
        store(call, after)
    if call.mailbox.is_group and call.unknowns.group_updates_are_silent:
        return Reply(status=204)
    return entity(call, after)


def delete_event(call: Call) -> Reply:
    """204. An organizer's delete cancels the meeting for everybody."""
    item = addressed.event(call)
    check_match(call, item.etag)
    if not call.is_lost:
        remove(call, item)
    return Reply(status=204)


def store(call: Call, item: Item) -> None:
    """Keep an event and, if it is the organizer's, tell the attendees."""
    kept = keep(call.mailbox, item, call.now)
    if kept.is_organizer:
        deliver(call.state, kept, call.now)


def keep(mailbox: Mailbox, item: Item, now: datetime) -> Item:
    """Keep an event, an occurrence within its master; what is kept is returned."""
    if item.original_day is not None:
        master = mailbox.items[item.master_id or ""]
        item = master.changed(now, exceptions={**master.exceptions, item.original_day: item})
    mailbox.items[item.id] = item
    return item


def remove(call: Call, item: Item) -> None:
    """Take an event away, or cancel an occurrence of its series."""
    if item.original_day is not None:
        master = _master(call, item)
        exceptions = {day: kept for day, kept in master.exceptions.items() if day != item.original_day}
        cancelled = master.cancelled_days | {item.original_day}
        store(call, master.changed(call.now, exceptions=exceptions, cancelled_days=cancelled))
        return
    del call.mailbox.items[item.id]
    if item.is_organizer:
        withdraw(call.state, item, call.now)


def _create(call: Call, calendar: Calendar, sent: EventIn) -> Item:
    item = new_item(
        sent,
        event_id=call.state.new_id("event"),
        mailbox=call.mailbox,
        calendar=calendar,
        now=call.now,
        unknowns=call.unknowns,
    )
    if not call.is_lost:
        store(call, item)
        if item.transaction_id is not None:
            done = Transaction(content=sent, item=item, time=call.now)
            call.mailbox.transactions[item.transaction_id] = done
    return item


def _repeated(call: Call, sent: EventIn) -> Item | None:
    """The event that this `transactionId` has already made, None if it is a new one."""
    done = _transaction(call, sent.transaction_id or "")
    if done is None:
        return None
    behaviour = call.unknowns.repeated_transaction
    if call.is_concurrent and behaviour is RepeatedTransaction.NEW_EVENT_UNDER_CONCURRENCY:
        return None
    item = call.mailbox.items.get(done.item.id)
    if item is None and call.unknowns.transaction_after_delete is TransactionAfterDelete.NEW_EVENT:
        return None
    is_error = (
        done.content != sent
        or behaviour is RepeatedTransaction.DUPLICATE_ERROR
        or (item is None and call.unknowns.transaction_after_delete is TransactionAfterDelete.DUPLICATE_ERROR)
    )
    if is_error:
        raise GraphError(Cause.DUPLICATE_TRANSACTION)
    return item or done.item


def _transaction(call: Call, transaction_id: str) -> Transaction | None:
    if call.mailbox.is_group and not call.unknowns.group_transactions:
        return None
    done = call.mailbox.transactions.get(transaction_id)
    memory = call.unknowns.transaction_memory
    if done is None or (memory is not None and call.now - done.time > memory):
        return None
    return done


def _created(call: Call, item: Item) -> Reply:
    view = view_of(call)
    if call.preferences.zone_name is None and call.unknowns.post_zone is PostZone.AS_SENT:
        view = replace(view, zone_name=None)
    made = entity(call, item, status=201, view=view)
    if not call.unknowns.location_header:
        return made
    return replace(made, headers={**made.headers, "Location": _location(call, item, view)})


def _location(call: Call, item: Item, view: View) -> str:
    owner = "groups" if call.mailbox.is_group else "users"
    event_id = shown_id(item.id, is_immutable=view.is_immutable)
    return f"{call.base}/{call.route.version}/{owner}('{call.mailbox.owner_id}')/events('{event_id}')"


def _as_exception(call: Call, after: Item) -> Item:
    """A changed occurrence. It may not reach or pass its neighbours."""
    master, day = _master(call, after), after.original_day
    if day is not None:
        before, following = neighbours(master, day)
        reaches_back = before is not None and _start(after) < before.end.instant
        reaches_on = following is not None and after.end.instant > _start(following)
        if reaches_back or reaches_on:
            raise GraphError(Cause.CROSSING)
    return replace(after, type=ItemType.EXCEPTION)


def _start(item: Item) -> datetime:
    return item.start.instant


def _master(call: Call, item: Item) -> Item:
    return call.mailbox.items[item.master_id or ""]
