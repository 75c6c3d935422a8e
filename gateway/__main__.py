"""The program `gateway`, and `python -m gateway`: the command line."""

import gc

gc.disable()  # what is imported stays: to look for what is dead in it takes a third of the start

from gateway.cli import main  # noqa: E402

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
