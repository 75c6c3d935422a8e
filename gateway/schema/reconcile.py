"""Making mutes follow what is announced, in the schema."""

from datetime import UTC, datetime

import strawberry

from gateway.errors import located
from gateway.schema.time import TimeWindowInput
from gateway.service.reconcile import MAX_CHANGES, Reconcile


@strawberry.input(description="Whose mutes are to follow whose announcements, by their keys.")
class ReconcileInput:
    announced: list[strawberry.ID] = strawberry.field(
        description="Whose events people see: ids of calendars, or aliases for those of their calendars that "
        "mute nothing."
    )
    suppressed: list[strawberry.ID] = strawberry.field(
        description="Whose mutes are to follow: ids of ML calendars, or aliases for those of their calendars."
    )
    window: TimeWindowInput = strawberry.field(
        description="Which keys: those of announced events and of mutes in this time, wherever their "
        "counterparts are by now. At most 366 days."
    )
    max_changes: int = strawberry.field(
        default=MAX_CHANGES, description="If more rows than this would change, nothing is done."
    )
    dry_run: bool = strawberry.field(
        default=True, description="Plan all, show the exact requests, write nothing."
    )

    def to_model(self) -> Reconcile:
        with located("window"):
            window = self.window.to_model()
        return Reconcile(
            announced=self.announced,
            suppressed=self.suppressed,
            window=window,
            now=datetime.now(UTC),
            max_changes=self.max_changes,
            dry_run=self.dry_run,
        )
