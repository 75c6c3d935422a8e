"""CPU time per request of the gateway, of this working tree and of another commit.

Both serve the same clients over the same stub of the upstreams, in turns; what is printed are microseconds of
the server's processes per request, medians of all rounds, with 32 clients asking at once. Linux only.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import uvloop
from load import Wrong, ask
from ours import ROOT, export, gateway
from process import NotServing, Server
from profiling import recording, shares
from workloads import CLIENTS, WORKLOADS

HERE = "working tree"
PATH = "/graphql"
_PROFILED = 4

Costs = dict[tuple[str, str], list[float]]
"""By server and workload, a figure per round."""


def main(options: argparse.Namespace) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        upstream = stack.enter_context(_upstream())
        sources = {HERE: ROOT}
        if options.against and not options.profile:
            sources = {options.against: export(options.against, folder / "source"), **sources}
        servers = {
            name: stack.enter_context(gateway(source, folder / f"gateway-{number}", upstream))
            for number, (name, source) in enumerate(sources.items())
        }
        if options.profile:
            print(_profile(servers[HERE], options.workload[0], folder / "stacks"))
        else:
            _print(measure(servers, options), options.workload)


def measure(servers: Mapping[str, Server], options: argparse.Namespace) -> Costs:
    """Microseconds per request, round by round. The servers take turns: what else runs meets all."""
    found: Costs = defaultdict(list)
    for number in range(options.rounds):
        for workload in options.workload:
            for name in list(servers)[:: -1 if number % 2 else 1]:
                if number == 0:
                    cost(servers[name], workload, seconds=0.5)  # what only the first requests take
                found[name, workload].append(cost(servers[name], workload, seconds=options.seconds))
    return found


def cost(server: Server, workload: str, *, seconds: float) -> float:
    """Microseconds of CPU time per request."""
    before = server.cpu()
    asked = uvloop.run(ask(server.port, PATH, WORKLOADS[workload], clients=CLIENTS, seconds=seconds))
    return (server.cpu() - before) / asked.requests * 1e6


def _profile(server: Server, workload: str, file: Path) -> str:
    cost(server, workload, seconds=1)
    with recording(server.pid, _PROFILED, file):
        cost(server, workload, seconds=_PROFILED + 1)
    return shares(file.read_text().splitlines())


def _print(costs: Costs, workloads: Sequence[str]) -> None:
    """A table. A ratio is the median of those of the rounds, which what else runs distorts least."""
    names = list(dict.fromkeys(name for name, _ in costs))
    rows = {name: [f"{median(costs[name, each]):,.0f}" for each in workloads] for name in names}
    if len(names) > 1:
        other, here = names
        rows["ratio"] = [f"{median(_ratios(costs[here, it], costs[other, it])):.2f}" for it in workloads]
    print("| µs of CPU per request | " + " | ".join(WORKLOADS[each].title for each in workloads) + " |")
    print("|---|" + "--:|" * len(workloads))
    for name, cells in rows.items():
        print(f"| {name} | " + " | ".join(cells) + " |")


def _ratios(costs: Sequence[float], others: Sequence[float]) -> list[float]:
    return [cost / other for cost, other in zip(costs, others, strict=True)]


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
    parser.add_argument("workload", nargs="*", choices=[[], *WORKLOADS], help="what to measure (all)")
    parser.add_argument("--against", default="HEAD", help="the commit to compare with (HEAD); '' for none")
    parser.add_argument("--rounds", type=int, default=9, help="how often each is measured (9)")
    parser.add_argument("--seconds", type=float, default=0.4, help="how long each time (0.4)")
    parser.add_argument("--profile", action="store_true", help="where the time of the first workload goes")
    options = parser.parse_args()
    options.workload = options.workload or list(WORKLOADS)
    return options


if __name__ == "__main__":
    try:
        main(_options())
    except (Wrong, NotServing) as exc:
        sys.exit(str(exc))
