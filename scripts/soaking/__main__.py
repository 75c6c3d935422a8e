"""Whether writes with keys can be trusted: clients repeat their calls until each row is final.

Two gateway processes work on emulators of both upstreams. First pairs of calls about one key are made at one
moment, one to each gateway. Then requests fail, are cut before and after the write, are carried out seconds
after the cut, are lost or slow, and either gateway is killed at any moment, while clients add, change and
remove events. At last every call is made once more, without faults, and what was told of it is held against
what the upstreams hold: each key, in each calendar, for each occurrence.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from judge import Kind
from report import Report
from soak import Soak

from gateway.sandbox.msgraph.unknowns import RepeatedTransaction, TransactionAfterDelete, Unknowns

MODES: Final[Mapping[str, Unknowns]] = {
    "same event": Unknowns(),
    "duplicate error": Unknowns(
        repeated_transaction=RepeatedTransaction.DUPLICATE_ERROR,
        transaction_after_delete=TransactionAfterDelete.DUPLICATE_ERROR,
    ),
    "not under concurrency": Unknowns(repeated_transaction=RepeatedTransaction.NEW_EVENT_UNDER_CONCURRENCY),
    "forgotten at once": Unknowns(transaction_memory=timedelta(0)),
    "forgotten when deleted": Unknowns(transaction_after_delete=TransactionAfterDelete.NEW_EVENT),
}
FIGURES: Final = ("pairs", "calls", "posts", "repeats", "faults", "kills", "held", "told", "undone")
SHOWN: Final = 5


async def main(options: argparse.Namespace) -> bool:
    """Whether nothing is wrong in any mode."""
    modes = options.mode or list(MODES)
    print(f"seed {options.seed}, {options.clients} clients")
    print("\t".join(["transactionId".ljust(22), *FIGURES, *Report().wrong, "seconds"]))
    gate = asyncio.Semaphore(options.at_once)

    async def run(number: int, mode: str) -> bool:
        soak = Soak(
            MODES[mode],
            pairs=_share(options.pairs, number, len(modes)),
            calls=len(_share(options.calls, number, len(modes))),
            seed=options.seed + number,
            clients=options.clients,
            kill_every=options.kill_every,
            kept=options.keep and _made(options.keep / mode.replace(" ", "-")),
        )
        async with gate:
            began = time.monotonic()
            report = await soak.run()
            print(_line(mode, report, time.monotonic() - began), *_found(report), sep="\n", flush=True)
        return report.is_good

    async with asyncio.TaskGroup() as group:
        runs = [group.create_task(run(number, mode)) for number, mode in enumerate(modes)]
    return all(run.result() for run in runs)


def _found(report: Report) -> Iterator[str]:
    """The first of each kind of what is wrong, and of what was undone."""
    for kind, lines in [*report.wrong.items(), ("undone", report.of(Kind.UNDONE))]:
        for line in lines[:SHOWN]:
            yield f"  {kind}: {line}"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _share(count: int, number: int, parts: int) -> range:
    return range(number * count // parts, (number + 1) * count // parts)


def _line(mode: str, report: Report, seconds: float) -> str:
    figures = [getattr(report, name) for name in FIGURES]
    cells = [mode.ljust(22), *figures, *map(len, report.wrong.values()), f"{seconds:.0f}"]
    return "\t".join(map(str, cells))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=2000, help="calls in all modes together (2,000)")
    parser.add_argument("--pairs", type=int, default=500, help="pairs in all modes together (500)")
    parser.add_argument("--clients", type=int, default=24, help="how many stories go on at once (24)")
    parser.add_argument("--kill-every", type=float, default=80, help="posts between two kills, about (80)")
    parser.add_argument("--at-once", type=int, default=1, help="how many modes go on at once (1)")
    parser.add_argument("--seed", type=int, default=1, help="what chance depends on (1)")
    parser.add_argument("--mode", action="append", choices=list(MODES), help="one mode; again for each (all)")
    parser.add_argument("--keep", type=Path, help="a folder for what was told, written and audited (none)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main(_options())) else 1)
