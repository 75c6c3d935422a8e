"""Runs a module, and tells on which stacks its CPU time is spent: `python sampling.py FILE MODULE ARGUMENT…`.

It begins to look when it is sent SIGUSR1, and writes when the module ends: a stack and how often it was seen
are a line. What waits for a processor is not counted, so that other work on the machine distorts nothing.
"""

import atexit
import runpy
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Final

_EVERY: Final = 0.002
"""Seconds of CPU time between two looks."""


def main(file: Path, module: str, arguments: list[str]) -> None:
    seen: Counter[str] = Counter()
    signal.signal(signal.SIGPROF, lambda _, frame: seen.update((_stack(frame),)))
    signal.signal(signal.SIGUSR1, lambda *_: signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY))
    atexit.register(lambda: file.write_text("".join(f"{stack} {count}\n" for stack, count in seen.items())))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _stack(frame: FrameType | None) -> str:
    """Functions and their files, the outermost first."""
    frames: list[str] = []
    while frame is not None:
        frames.append(f"{frame.f_code.co_qualname} ({frame.f_code.co_filename})")
        frame = frame.f_back
    return ";".join(reversed(frames))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
