"""The settings of how much one operation may ask for."""

from pydantic import Field

from gateway.settings.value import Table


class LimitSettings(Table):
    """The most that one operation may hold or cost. Each is checked before anything is executed."""

    max_tokens: int = Field(default=4000, ge=1, description="Words and signs of a document.")
    max_fragments: int = Field(default=50, ge=0, description="Fragments that a document defines.")
    max_depth: int = Field(default=16, ge=1, description="Levels of fields.")
    max_root_fields: int = Field(default=20, ge=1, description="Fields on the first level.")
    max_aliases: int = Field(default=50, ge=0, description="Fields under another name.")
    max_fields: int = Field(
        default=1000, ge=1, description="Fields in all; those of a fragment count wherever it is spread."
    )
    max_repeated_fields: int = Field(
        default=50, ge=0, description="Fields that have the name of one beside them."
    )
    max_members: int = Field(
        default=50, ge=1, description="Members of one object that is written into a document."
    )
    max_cost: int = Field(
        default=250_000,
        ge=1,
        description="Values that the answer may bring, a call upstream counting as a hundred.",
    )
