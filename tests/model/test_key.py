"""What a key may be, and when two of them are in each other's way."""

import pytest

from gateway.errors import InvalidInput
from gateway.model.key import checked, folded


@pytest.mark.parametrize("key", ["CHG-1", "a", "a" * 64, "team:2027.03_x-1"])
def test_letters_digits_and_four_signs_make_a_key(key: str):
    assert checked(key) == key


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 65, "ä", "a/b", "a@b", "a\n", "[#a]"])
def test_anything_else_is_refused_and_the_hint_says_what_is_taken(key: str):
    with pytest.raises(InvalidInput) as caught:
        checked(key)
    assert "1 to 64" in str(caught.value.problem.hint)


def test_case_does_not_tell_keys_apart():
    assert folded("CHG-1") == folded("chg-1") != folded("CHG-2")
