"""Changing and removing events, in the schema."""

import strawberry

from gateway.schema.enums import Atomicity, LossPolicy, by_name
from gateway.schema.event_patch import EventPatch
from gateway.schema.scalars import Duration
from gateway.schema.writes import ATOMICITY, ON_LOSS
from gateway.service import atomicity, loss
from gateway.service.amendments import Amendments
from gateway.service.event_order import Copies, EventOrder

_REVISION = "The `revision` that the event must still have; another one is a CONFLICT. Without it, any."
_DRY_RUN = "Plan all, show the exact requests, write nothing."
_MAX_INVITATIONS = "How many people the call may send mail to; may only lower the setting."


@strawberry.input(description="All copies of an event: those under its key, in any calendars.")
class EventKeyInput:
    key: str = strawberry.field(description="The caller's own name for the event.")
    calendars: list[strawberry.ID] = strawberry.field(
        description="Ids of calendars, or aliases; at most 100. Each calendar has a row."
    )

    def to_model(self) -> Copies:
        return Copies(key=self.key, calendars=tuple(self.calendars))


@strawberry.input(one_of=True, description="Which event is meant.")
class EventTarget:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="By its id.")
    key: EventKeyInput | None = strawberry.field(
        default=strawberry.UNSET, description="By its key, in every calendar named: all copies."
    )

    def to_model(self) -> str | Copies:
        return self.key.to_model() if self.key else str(self.id)


@strawberry.input(description="One event, and what is to change of it.")
class EventChange:
    target: EventTarget = strawberry.field(description="Which event.")
    set: EventPatch = strawberry.field(description="What is to change.")
    if_revision: str | None = strawberry.field(default=None, description=_REVISION)


@strawberry.input(description="Events to change.")
class UpdateEventsInput:
    changes: list[EventChange] = strawberry.field(description="At most 1,000; each event once.")
    on_loss: LossPolicy = strawberry.field(default=LossPolicy.WARN, description=ON_LOSS)
    atomicity: Atomicity = strawberry.field(default=Atomicity.BEST_EFFORT, description=ATOMICITY)
    max_invitations: int | None = strawberry.field(default=None, description=_MAX_INVITATIONS)
    max_mute: Duration | None = strawberry.field(
        default=None,
        description="How long anomaly detection may be blind for one event; may only lower the setting.",
    )
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)

    def to_model(self) -> Amendments:
        orders = [
            EventOrder(
                target=change.target.to_model(),
                path=("changes", index),
                amend=change.set.amend,
                check_series=change.set.check_series,
                revision=change.if_revision,
                on_loss=by_name(loss.LossPolicy, self.on_loss),
                max_mute=None if self.max_mute is None else self.max_mute.longest,
                dry_run=self.dry_run,
            )
            for index, change in enumerate(self.changes)
        ]
        return Amendments(
            orders=orders,
            name="changes",
            atomicity=by_name(atomicity.Atomicity, self.atomicity),
            max_invitations=self.max_invitations,
            dry_run=self.dry_run,
        )


@strawberry.input(description="One event that is to go.")
class EventRemoval:
    target: EventTarget = strawberry.field(description="Which event.")
    if_revision: str | None = strawberry.field(default=None, description=_REVISION)


@strawberry.input(description="Events to remove.")
class RemoveEventsInput:
    removals: list[EventRemoval] = strawberry.field(description="At most 1,000; each event once.")
    comment: str | None = strawberry.field(
        default=None, description="What people who were invited are told when the event is called off."
    )
    max_invitations: int | None = strawberry.field(default=None, description=_MAX_INVITATIONS)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)

    def to_model(self) -> Amendments:
        orders = [
            EventOrder(
                target=removal.target.to_model(),
                path=("removals", index),
                revision=removal.if_revision,
                comment=self.comment,
                dry_run=self.dry_run,
            )
            for index, removal in enumerate(self.removals)
        ]
        return Amendments(
            orders=orders, name="removals", max_invitations=self.max_invitations, dry_run=self.dry_run
        )
