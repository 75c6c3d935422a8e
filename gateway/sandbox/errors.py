"""Why a sandbox cannot start."""


class SandboxError(Exception):
    """The text is for whoever starts it: what is wrong, and where."""
