"""Many drafts of which an ML calendar loses nothing, translated at once. Pure.

Nearly all drafts are a title, a key perhaps, and two instants. To ask that of all drafts of a call, an
attribute at a time, costs half as much. Only where one is more are they looked at one by one, as few are.
"""

from collections.abc import Sequence
from operator import lt
from typing import Final

import msgspec

from gateway.adapters.elasticsearch.drafts import MAX_DESCRIPTION_BYTES, Ready
from gateway.adapters.elasticsearch.wire import SentEvent, described
from gateway.adapters.losses import OPTIONAL_FIELDS
from gateway.model.event import Draft
from gateway.model.time import EventTime, whole_millis
from gateway.model.zones import UTC

_MORE: Final = (*OPTIONAL_FIELDS, "recurrence")
"""What cannot be held, or is translated in a way of its own, beside options and clocks."""
_MOST: Final = MAX_DESCRIPTION_BYTES // 4
"""So many characters are held, whatever they are."""


def translate_plain(drafts: Sequence[Draft]) -> list[Ready] | None:
    """What the drafts become. None where one may lose something, become several events, or be refused."""
    columns = zip(*map(msgspec.structs.astuple, drafts), strict=True)
    given = dict(zip(Draft.__struct_fields__, columns, strict=True))
    is_more = any(given[name].count(None) < len(drafts) for name in _MORE)
    if is_more or any(given["options"]) or any(given["other_clocks"]):
        return None
    millis = _millis((*given["start"], *given["end"]))
    texts = [*map(described, given["title"], given["key"])] if any(given["key"]) else given["title"]
    if millis is None or not _fit(texts):
        return None
    starts, ends = millis[: len(drafts)], millis[len(drafts) :]
    if not all(map(lt, starts, ends)):
        return None
    rows = zip(map(SentEvent, texts, starts, ends))  # each one event
    return [Ready(index=index, draft=drafts[index], sent=row) for index, row in enumerate(rows)]


def _millis(times: Sequence[EventTime]) -> list[int] | None:
    """The times in milliseconds; None where one is more than the instant of a whole second."""
    if [it.zone for it in times].count(UTC) < len(times) or [it.day for it in times].count(None) < len(times):
        return None
    return whole_millis([it.instant for it in times])


def _fit(texts: Sequence[str]) -> bool:
    """Whether all are surely text, and short enough."""
    joined = "".join(texts)
    is_text = joined.isascii() or joined.isprintable()  # half a character is not
    return is_text and (len(joined) <= _MOST or max(map(len, texts)) <= _MOST)
