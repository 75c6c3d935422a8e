"""CPU time per request of the gateway: of this working tree and the last commit, or of its peers.

All serve the same clients over the same stub of the upstreams, in turns. What is printed are microseconds
of a server's processes per request, medians of all rounds, with 32 clients asking at once. Linux only.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from contender import Contender
from drawing import drawing
from load import Wrong
from ours import export, gateway, working_tree
from peers import peers
from process import NotServing
from profiling import profiled
from rounds import compare
from table import table
from workload import COLUMNS, TITLES

HERE: Final = "working tree"


def main(options: argparse.Namespace) -> None:
    workloads = options.workload or list(COLUMNS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        upstream = stack.enter_context(_upstream())
        if options.profile:
            stacks = folder / "stacks"
            looked_at = gateway(
                HERE, working_tree(folder / "working"), folder / "here", upstream, stacks=stacks
            )
            print(profiled(looked_at, workloads[0], stacks))
            return
        contenders = _contenders(options, folder, upstream)
        for each in contenders:
            stack.enter_context(each.server)
        found = compare(contenders, workloads, rounds=options.rounds, seconds=options.seconds)
        references = [each.name for each in contenders[:-1]]
        print(table(found, workloads, references[:2] if options.peers else references))
        if options.draw:
            options.draw.write_text(drawing(found, workloads, _caption()))


def _contenders(options: argparse.Namespace, folder: Path, upstream: int) -> Sequence[Contender]:
    """Those that are compared: the working tree comes last."""
    others: list[Contender] = []
    if options.peers:
        others = peers(folder / "peers", upstream)
    elif options.against:
        source = export(options.against, folder / "source")
        others = [gateway(options.against, source, folder / "other", upstream)]
    name = "This gateway" if options.peers else HERE
    return [*others, gateway(name, working_tree(folder / "working"), folder / "here", upstream)]


def _caption() -> str:
    """On what it was measured, and when."""
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    cores = f"{os.cpu_count()} cores{f' of {model[1]}' if model else ''}"
    return f"CPU time per request. {cores}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"


@contextmanager
def _upstream() -> Iterator[int]:
    """The port of the stub, in a process of its own."""
    command = [sys.executable, Path(__file__).with_name("stub.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield int(process.stdout.readline()) if process.stdout else 0
        finally:
            process.terminate()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workload", nargs="*", choices=[[], *TITLES], help="what to measure (all)")
    parser.add_argument("--against", default="HEAD", help="the commit to compare with (HEAD); '' for none")
    parser.add_argument("--peers", action="store_true", help="compare with other gateways instead")
    parser.add_argument("--draw", type=Path, help="a file for a picture of the table, in SVG")
    parser.add_argument("--rounds", type=int, default=9, help="how often each is measured (9)")
    parser.add_argument("--seconds", type=float, default=0.4, help="how long each time (0.4)")
    parser.add_argument("--profile", action="store_true", help="where the time of the first workload goes")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main(_options())
    except (Wrong, NotServing) as exc:
        sys.exit(str(exc))
