"""Anything with an id of its own."""

from typing import Final

import strawberry

NODE_ID: Final = "The readable, canonical id: `<source>:<path>`."


@strawberry.interface(description="Anything with an id of its own.")
class Node:
    id: strawberry.ID = strawberry.field(description=NODE_ID)
