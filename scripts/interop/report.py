"""What a client's program says of each operation: a line of JSON, with the problem if there is one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def operation(name: str) -> Iterator[None]:
    """Say how an operation went. A failure does not keep the others from being tried."""
    problem = None
    try:
        yield
    except Exception as error:  # noqa: BLE001 whatever the client raises is what we want to know
        problem = f"{type(error).__name__}: {error}"
    print(json.dumps({"operation": name, "problem": problem}), flush=True)


@contextmanager
def raises(kind: type[Exception], **wanted: object) -> Iterator[None]:
    """Insist on the client's own exception, with these attributes."""
    try:
        yield
    except kind as error:
        found = {name: getattr(error, name) for name in wanted}
        if found != wanted:
            raise AssertionError(f"{found} instead of {wanted}") from error
    else:
        raise AssertionError(f"no {kind.__name__} was raised")


def same(found: object, wanted: object) -> None:
    if found != wanted:
        raise AssertionError(f"{found!r} instead of {wanted!r}")
