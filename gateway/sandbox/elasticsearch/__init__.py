"""An emulator of Elasticsearch's machine learning calendars, versions 7.17 to 9."""

from gateway.sandbox.elasticsearch.emulator import ElasticsearchEmulator

__all__ = ["ElasticsearchEmulator"]
