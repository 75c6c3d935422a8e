"""Where the CPU time of a server goes: what is on its stack while clients ask."""

import os
import re
import signal
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from contender import Contender

_SECONDS: Final = 8
_SHOWN: Final = 40
_PLACE: Final = re.compile(r"(?P<function>.+) \((?P<file>.+)\)")


def profiled(contender: Contender, workload: str, stacks: Path) -> str:
    """The shares of a server's time that it is run with `sampling` for, which writes into a file."""
    with contender.server as server:
        contender.asked(workload, 1)  # what only the first requests take
        os.kill(server.pid, signal.SIGUSR1)
        contender.asked(workload, _SECONDS)
    return shares(stacks.read_text().splitlines())


def shares(stacks: Iterable[str]) -> str:
    """Tables of packages by the time that their own lines take, and of functions with all that they call."""
    own: Counter[str] = Counter()
    within: Counter[str] = Counter()
    total = 0
    for line in stacks:
        stack, _, seen = line.rpartition(" ")
        count = int(seen)
        places = [_PLACE.fullmatch(frame) for frame in stack.split(";")]
        known = [(_package(place["file"]), place["function"], place["file"]) for place in places if place]
        if not known:
            continue
        total += count
        own[known[-1][0]] += count
        for it in {f"{function}  {_short(file)}" for _, function, file in known}:
            within[it] += count
    return "\n".join((*_lines(own, total), "", *_lines(within, total)))


def _lines(counted: Counter[str], total: int) -> Iterable[str]:
    """The largest; what all that is done is done within says nothing."""
    telling = [(name, count) for name, count in counted.most_common() if count < total]
    return (f"{count / total:6.1%}  {name}" for name, count in telling[:_SHOWN])


def _package(file: str) -> str:
    """The package of a file; of the gateway's own, which part of it."""
    parts = _short(file).split("/")
    return "/".join(parts[:2]) if parts[0] == "gateway" and len(parts) > 1 else parts[0]


def _short(file: str) -> str:
    """A file's path from its package on."""
    return re.sub(r".*/(site-packages|python\d\.\d+)/|.*/(?=gateway/)", "", file)
