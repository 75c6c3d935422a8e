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

    def part(self) -> "Part":
        """What one body takes, until it is left."""
        return Part(self)


class Part:
    """One body's part of a room."""

    def __init__(self, room: Room) -> None:
        self.taken = 0
        self._room = room
        self._size = 0

    def take(self, count: int) -> None:
        """Takes room for so many bytes more. Raises Later if there is none."""
        self._size += count
        more = max(self._size - FREE - self.taken, 0)
        if more > self._room.left:
            message = (
                f"Bodies of {self._room.size} bytes are worked on already."
                " The setting is limits.max_held_bytes."
            )
            raise Later(503, message, code=Code.UNAVAILABLE, wait=timedelta(seconds=1))
        self.taken += more
        self._room.left -= more

    def leave(self) -> None:
        """Gives it back."""
        self._room.left += self.taken
