"""Microsoft Graph calendars: what people see in Outlook."""

from gateway.adapters.msgraph.source import MSGraphSource

__all__ = ["MSGraphSource"]
