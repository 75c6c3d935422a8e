"""Operations over the seeded sandbox are answered just as the cases say."""

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

CASES = sorted((Path(__file__).parent.parent / "cases" / "operations").glob("*.graphql"))


def texts(case: Path) -> tuple[str, Any]:
    """The operation, and the answer that it is to have."""
    answer = case.with_suffix(".json").read_text(encoding="utf-8")
    return case.read_text(encoding="utf-8"), json.loads(answer)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
async def test_an_operation_is_answered_as_its_case_says(front: Any, case: Path) -> None:
    operation, answer = texts(case)
    assert await (await front()).answer(operation) == answer


def test_every_answer_has_its_operation() -> None:
    answers = {path.stem for path in CASES[0].parent.glob("*.json")}
    assert answers == {case.stem for case in CASES}
