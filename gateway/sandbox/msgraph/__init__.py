"""An emulator of Microsoft Graph's calendars, written from its documentation."""

from gateway.sandbox.msgraph.emulator import MSGraphEmulator
from gateway.sandbox.msgraph.throttle import Limits, RetryAfter
from gateway.sandbox.msgraph.unknowns import Unknowns

__all__ = ["Limits", "MSGraphEmulator", "RetryAfter", "Unknowns"]
