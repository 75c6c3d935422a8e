"""Adapters run on asyncio only."""

import pytest

pytest.register_assert_rewrite(f"{__package__}.conformance")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
