"""Which fields of an ML event must travel for the attributes of an event that are wanted. Pure."""

from functools import lru_cache
from typing import Final

from gateway.model.fields import Fields

_ALWAYS: Final = ("event_id", "start_time", "end_time")
_NEEDED_BY: Final = {
    "description": {"title", "key", "elasticsearch.occurrence"},
    "skip_result": {"elasticsearch.skip_result"},
    "skip_model_update": {"elasticsearch.skip_model_update"},
    "force_time_shift": {"elasticsearch.force_time_shift"},
}
_OF_ALL: Final = "revision"
"""It is made of all that there is."""

WireFields = tuple[str, ...]
WHOLE: Final[WireFields] = (*_ALWAYS, *_NEEDED_BY)


@lru_cache(maxsize=256)
def wire_fields(wanted: Fields) -> WireFields:
    """What must travel, in the order of `WHOLE`."""
    if _OF_ALL in wanted:
        return WHOLE
    return (*_ALWAYS, *(field for field, shown in _NEEDED_BY.items() if shown & wanted))
