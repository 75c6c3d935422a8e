"""What the sources leave open about Elasticsearch: one switch for each question."""

from enum import auto

import msgspec

from gateway.sandbox.choice import Choice


class Ties(Choice):
    """The order of events that are equal in start and description, which the sort leaves undefined."""

    AS_INDEXED = auto()
    CHANGING = auto()
    """Another one on every other page, as from shard copies that differ."""


class NaiveTimes(Choice):
    """What becomes of a time without an offset in a new event."""

    BY_VERSION = auto()
    """UTC from 8.15 on, refused before."""
    UTC = auto()
    REFUSED = auto()


class Unknowns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of all open questions. The defaults are what the sources make most likely."""

    ties: Ties = Ties.AS_INDEXED
    naive_times: NaiveTimes = NaiveTimes.BY_VERSION
