"""Versions of Elasticsearch: what each knows of calendars, in one table."""

import hashlib
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from gateway.sandbox.errors import SandboxError

DEFAULT = "9.2.2"
VERSIONS = ("7.17.29", "8.15.5", "8.19.8", DEFAULT)
"""Those that can be asked for."""


class Feature(Enum):
    """A difference between versions."""

    EVENT_FLAGS = auto()
    """skip_result, skip_model_update and force_time_shift."""
    NAIVE_TIMES_ARE_UTC = auto()
    """ISO times without an offset are UTC; earlier they are refused."""
    XPACK_PATHS = auto()
    """`/_xpack/ml/…`, deprecated."""
    XPACK_PATHS_IF_COMPATIBLE = auto()
    """The same, only for requests that ask for compatibility with 7."""
    CHARSET = auto()
    """JSON answers name their charset."""
    REALM_WITHOUT_COMMA = auto()
    """The Basic challenge separates its parts by a space only."""


SPANS: dict[Feature, tuple[tuple[int, int], tuple[int, int]]] = {
    Feature.EVENT_FLAGS: ((8, 16), (99, 0)),
    Feature.NAIVE_TIMES_ARE_UTC: ((8, 15), (99, 0)),
    Feature.XPACK_PATHS: ((6, 2), (8, 0)),
    Feature.XPACK_PATHS_IF_COMPATIBLE: ((8, 0), (9, 0)),
    Feature.CHARSET: ((6, 2), (8, 0)),
    Feature.REALM_WITHOUT_COMMA: ((6, 2), (8, 0)),
}
"""The first version that has a feature, and the first that has it no more."""

LUCENE = {(7, 17): "8.11.3", (8, 15): "9.11.1", (8, 19): "9.12.2", (9, 2): "10.3.1"}
OLDEST_NODE = {7: "6.8.0", 8: "7.17.0", 9: "8.19.0"}
OLDEST_INDEX = {7: "6.0.0-beta1", 8: "7.0.0", 9: "8.0.0"}


def known(text: str) -> str:
    """The version that `text` names, by all of its parts or by the first ones."""
    for version in VERSIONS:
        if f"{version}.".startswith(f"{text}."):
            return version
    raise SandboxError(f"there is no Elasticsearch {text} here, only {', '.join(VERSIONS)}")


@dataclass(frozen=True, slots=True)
class Version:
    number: str

    @property
    def parts(self) -> tuple[int, int]:
        """Major and minor."""
        major, minor = self.number.split(".")[:2]
        return int(major), int(minor)

    @property
    def major(self) -> int:
        return self.parts[0]

    @property
    def build_hash(self) -> str:
        return hashlib.sha1(self.number.encode(), usedforsecurity=False).hexdigest()

    def has(self, feature: Feature) -> bool:
        first, end = SPANS[feature]
        return first <= self.parts < end

    def banner(self) -> dict[str, Any]:
        """The answer to `GET /`."""
        return {
            "name": "sandbox",
            "cluster_name": "sandbox",
            "cluster_uuid": "c2FuZGJveF9jbHVzdGVyX18",
            "version": {
                "number": self.number,
                "build_flavor": "default",
                "build_type": "docker",
                "build_hash": self.build_hash,
                "build_date": "2026-01-01T00:00:00.000000000Z",
                "build_snapshot": False,
                "lucene_version": LUCENE.get(self.parts, LUCENE[9, 2]),
                "minimum_wire_compatibility_version": OLDEST_NODE.get(self.major, "8.19.0"),
                "minimum_index_compatibility_version": OLDEST_INDEX.get(self.major, "8.0.0"),
            },
            "tagline": "You Know, for Search",
        }
