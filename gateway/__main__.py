"""The program `gateway`, and `python -m gateway`: the command line."""

import gc

gc.disable()  # what is imported stays: to look for what is dead in it takes a seventh of the start

from gateway.cli import main  # noqa: E402

gc.enable()

if __name__ == "__main__":
    main()
