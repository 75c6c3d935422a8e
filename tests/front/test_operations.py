"""Operations over the seeded sandbox are answered just as the cases say."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.http.answer import answer
from gateway.http.media import JSON
from tests.schema.both_ways import theirs

pytestmark = pytest.mark.anyio

CASES = sorted((Path(__file__).parent.parent / "cases" / "operations").glob("*.graphql"))


def texts(case: Path) -> tuple[str, Any]:
    """The operation, and the answer that it is to have."""
    expected = case.with_suffix(".json").read_text(encoding="utf-8")
    return case.read_text(encoding="utf-8"), json.loads(expected)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
async def test_an_operation_is_answered_as_its_case_says(front: Any, case: Path) -> None:
    operation, expected = texts(case)
    assert json.dumps(await (await front()).answer(operation)) == json.dumps(expected)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
async def test_strawberrys_own_way_would_answer_the_same_to_the_byte(front: Any, case: Path) -> None:
    operation, expected = texts(case)
    response = answer(await theirs((await front()).catalog, operation), JSON)
    assert json.dumps(json.loads(response.body)) == json.dumps(expected)


def test_every_answer_has_its_operation() -> None:
    answers = {path.stem for path in CASES[0].parent.glob("*.json")}
    assert answers == {case.stem for case in CASES}
