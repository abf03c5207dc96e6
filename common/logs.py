"""Logs: one JSON object a line, with the request's and the incident's id (structlog over the standard library).

Code logs with the standard library: ``logger.warning("page.late", extra={"page": 7})``. The event is a name; what
varies is in ``extra``. Secrets that travel in addresses and headers are masked here, whoever logs them.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars

_HANDLER = "allclear"
_SECRETS = re.compile(
    r"(?P<start>/p/|/alerts/|/calendar/|/password/reset/key/|\bac_[0-9a-f]{4,}_|\bbearer\s+(?:ac_[0-9a-f]+_)?)[^\s/?\"'<>]+",
    re.IGNORECASE,
)

Event = MutableMapping[str, Any]


def bind(**values: object) -> None:
    """Add values to every line logged until ``clear``: by this request, in this thread or task."""
    bind_contextvars(**values)


def clear() -> None:
    """Forget what was bound: at the end of a request."""
    clear_contextvars()


def mask(text: str) -> str:
    """Return ``text`` without page tokens, intake keys, calendar feeds' addresses, reset links and API keys."""
    return _SECRETS.sub(r"\g<start>***", text)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items()}
    return value


def _mask_all(logger: Any, method: str, event: Event) -> Event:
    return {key: _masked(value) for key, value in event.items()}


def _without_objects(logger: Any, method: str, event: Event) -> Event:
    """Leave out what Django's own records carry and no line of text can hold: the request, its user, sockets."""
    for name in ("request", "server_time"):
        event.pop(name, None)
    return event


def _without_known_traces(logger: Any, method: str, event: Event) -> Event:
    """Leave out where a refusal came from: what was asked says it all. Only what broke (500) keeps its traceback."""
    known = str(event.get("logger")).startswith(("django.request", "django.security"))
    if known and event.get("status_code", 500) < 500:
        event.pop("exc_info", None)
    return event


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what ``sys.stderr`` is at that moment, which tests and supervisors exchange."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def formatter(*, json: bool) -> logging.Formatter:
    """Return what turns a record into a line: JSON for machines, or aligned text for people."""
    shared: list[Any] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_known_traces,
        _without_objects,
    ]
    ending: list[Any] = (
        [structlog.processors.format_exc_info, _mask_all, structlog.processors.JSONRenderer(default=str)]
        if json
        else [_mask_all, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
    )


def configure(*, level: str, json: bool) -> None:
    """Send every log record to standard error, at ``level`` and worse; as JSON, or for people."""
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if handler.name == _HANDLER]:
        root.removeHandler(old)
    handler = _StandardError()
    handler.name = _HANDLER
    handler.setFormatter(formatter(json=json))
    root.addHandler(handler)
    root.setLevel(level.upper())
