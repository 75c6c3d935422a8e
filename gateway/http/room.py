"""How many bytes of requests' bodies are held at once, whoever sent them."""

from datetime import timedelta
from typing import Final

from gateway.errors import Code
from gateway.http.refusal import Later

FREE: Final = 16 * 1024
"""What every body may have: an operation of the usual length is never refused for others' long ones."""


class Room:
    """Room for so many bytes, beyond what every body may have. Nobody waits for it: what waits takes room."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.left = size

    def take(self, count: int) -> None:
        """Takes room for so many bytes. Raises Later if there is none."""
        if count > self.left:
            message = (
                f"Bodies of {self.size} bytes are worked on already. The setting is limits.max_held_bytes."
            )
            raise Later(503, message, code=Code.UNAVAILABLE, wait=timedelta(seconds=1))
        self.left -= count

    def give_back(self, count: int) -> None:
        self.left += count
