"""One GraphQL calendar out of Elasticsearch ML calendars and Microsoft Graph calendars."""

__version__ = "0.1.0"
