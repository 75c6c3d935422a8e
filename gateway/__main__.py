"""The program `gateway`, and `python -m gateway`: the command line."""

import gc
import sys

gc.disable()  # what is imported stays: to look for what is dead in it takes a third of the start

# structlog would load rich, 3 MiB, for tracebacks that are not written here. Help is shown with it, later.
if "rich" not in sys.modules:
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog  # noqa: F401

    del sys.modules["rich"]

from gateway.cli import main  # noqa: E402

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
