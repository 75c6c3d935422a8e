"""Anything with an id of its own."""

import strawberry


@strawberry.interface(description="Anything with an id of its own.")
class Node:
    id: strawberry.ID = strawberry.field(description="The readable, canonical id: `<source>:<path>`.")
