"""Elasticsearch's machine learning calendars: the windows that anomaly detection must ignore."""
