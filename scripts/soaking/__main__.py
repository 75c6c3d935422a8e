"""Whether writes with keys can be trusted: clients repeat their calls until each row is final.

Two gateway processes work on emulators of both upstreams. Requests fail, are cut before and after the write,
are carried out seconds after the cut, are lost or slow, and either gateway is killed at any moment. Then
every call is made once more, without faults, and what the upstreams hold is counted: each key, in each
calendar, for each occurrence, once and with the content that was asked for, or reported to somebody.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from calls import calls
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
}
WRONG: Final = ("unsettled", "lost", "duplicated", "wrong")
FIGURES: Final = ("calls", "posts", "repeats", "faults", "kills", "held")
SHOWN: Final = 5


async def main(options: argparse.Namespace) -> bool:
    """Whether nothing is wrong in any mode."""
    modes = options.mode or list(MODES)
    print(f"seed {options.seed}, {options.calls} calls, {options.clients} clients")
    print("\t".join(["transactionId".ljust(21), *FIGURES, "told", *WRONG, "seconds"]))
    is_good = True
    for number, mode in enumerate(modes):
        began = time.monotonic()
        seed = options.seed + number
        asked = calls(options.calls // len(modes), seed)
        run = Soak(asked, MODES[mode], seed=seed, clients=options.clients, kill_every=options.kill_every)
        report = await run.run()
        print(_line(mode, report, time.monotonic() - began), flush=True)
        for kind in WRONG:
            for line in getattr(report, kind)[:SHOWN]:
                print(f"  {kind}: {line}")
        is_good &= report.is_good
    return is_good


def _line(mode: str, report: Report, seconds: float) -> str:
    figures = [getattr(report, name) for name in FIGURES]
    wrong = [len(getattr(report, name)) for name in WRONG]
    cells = [mode.ljust(21), *figures, report.reported.total(), *wrong, f"{seconds:.0f}"]
    return "\t".join(map(str, cells))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=2000, help="calls in all modes together (2,000)")
    parser.add_argument("--clients", type=int, default=16, help="how many calls are under way at once (16)")
    parser.add_argument("--kill-every", type=float, default=8, help="seconds between two kills, about (8)")
    parser.add_argument("--seed", type=int, default=1, help="what chance depends on (1)")
    parser.add_argument("--mode", action="append", choices=list(MODES), help="one mode; again for each (all)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main(_options())) else 1)
