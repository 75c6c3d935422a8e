"""Why the token endpoint refuses, in one table."""

from enum import Enum


class Refusal(Enum):
    """Status, OAuth error, number of Microsoft's own error, text."""

    TENANT = 400, "invalid_request", 90002, "Tenant '{}' not found."
    NO_CLIENT = (
        400,
        "unauthorized_client",
        700016,
        "Application with identifier '{}' was not found in the directory.",
    )
    NO_SECRET = (
        401,
        "invalid_client",
        7000218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )
    BAD_SECRET = 401, "invalid_client", 7000215, "Invalid client secret provided."
    BAD_SIGNATURE = (
        401,
        "invalid_client",
        700027,
        "Client assertion contains an invalid signature. [Reason - {}.]",
    )
    OTHER_CLIENT = (
        401,
        "invalid_client",
        700021,
        "Client assertion application identifier doesn't match 'client_id' parameter.",
    )
    OTHER_AUDIENCE = (
        401,
        "invalid_client",
        700023,
        "Client assertion audience claim does not match Realm issuer.",
    )
    OUT_OF_TIME = 401, "invalid_client", 700024, "Client assertion is not within its valid time range. {}"
    BAD_GRANT = 400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type '{}'."
    BAD_SCOPE = 400, "invalid_scope", 1002012, "The provided value for scope {} is not valid."
    BAD_TOKEN = (
        400,
        "invalid_grant",
        50013,
        "Assertion failed signature validation or has the wrong audience.",
    )
    BAD_REFRESH = (
        400,
        "invalid_grant",
        9002313,
        "Invalid request. The refresh token is malformed or not valid.",
    )
    NO_CONSENT = (
        400,
        "invalid_grant",
        65001,
        "The user or administrator has not consented to use the application.",
    )
    MISSING = 400, "invalid_request", 900144, "The request body must contain the following parameter: '{}'."

    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        self.status = status
        self.error = error
        self.number = number
        self.text = text


class OAuthError(Exception):
    def __init__(self, refusal: Refusal, about: str = "") -> None:
        super().__init__(refusal.error)
        self.refusal = refusal
        self.text = refusal.text.replace("{}", about)
