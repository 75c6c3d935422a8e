"""A seed file: a world in JSON, such as somebody writes by hand."""

from pathlib import Path

import msgspec

from gateway.sandbox import seed
from gateway.sandbox.errors import SandboxError
from gateway.sandbox.world import World


def read(path: Path) -> World:
    """The world of a file; the seed world's principals may come into every cluster.

    Raises SandboxError, with the place in the file.
    """
    try:
        world = msgspec.json.decode(path.read_bytes(), type=World)
    except OSError as error:
        raise SandboxError(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SandboxError(f"{path}: {error}") from error
    principals = (*seed.PRINCIPALS, *world.elasticsearch.principals)
    return msgspec.structs.replace(
        world, elasticsearch=msgspec.structs.replace(world.elasticsearch, principals=principals)
    )
