"""A seed file: a setup in JSON, such as somebody writes by hand."""

from pathlib import Path

import msgspec

from gateway.sandbox.errors import SandboxError
from gateway.sandbox.principals import PRINCIPALS
from gateway.sandbox.setup import Setup, explained


def read(path: Path) -> Setup:
    """The setup of a file; the seed world's principals may come into every cluster.

    Raises SandboxError, with the place in the file.
    """
    try:
        setup = msgspec.json.decode(path.read_bytes(), type=Setup)
    except OSError as error:
        raise SandboxError(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise SandboxError(f"{path}: {explained(error)}") from error
    except UnicodeDecodeError as error:
        raise SandboxError(f"{path}: {error}") from error
    principals = (*PRINCIPALS, *setup.elasticsearch.principals)
    return msgspec.structs.replace(
        setup, elasticsearch=msgspec.structs.replace(setup.elasticsearch, principals=principals)
    )
