from itertools import islice
from uuid import RFC_4122, UUID

from gateway.model.uuids import random_uuids


def test_random_uuids_are_of_version_4_each_another_and_written_as_usual() -> None:
    made = [*islice(random_uuids(), 200)]
    assert len({*made}) == len(made)
    assert [str(UUID(text)) for text in made] == made
    assert {(UUID(text).version, UUID(text).variant) for text in made} == {(4, RFC_4122)}
