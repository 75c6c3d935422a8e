"""Leaving: what is done when the system asks a program to end."""

import asyncio
import signal
from collections.abc import Callable


def on_signal(leave: Callable[..., None], *arguments: object) -> None:
    """Call `leave` with the number of a signal that asks to leave."""
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, leave, number, *arguments)
