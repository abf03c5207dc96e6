"""From a plain JSON body to an alert: lenient where a real sender is, because a refused alert is a lost page."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from common.api import MAX_DEPTH, is_deeper
from common.errors import Invalid
from common.text import clean, clean_line
from incidents.models import Severity

_FIRST_NUMBER = re.compile(r"^(?:(?:sev(?:erity)?|p(?:riority)?)[-_ ]?)?([1-5])$")
_WORDS = {
    "critical": 1, "fatal": 1, "emergency": 1, "disaster": 1, "page": 1,
    "high": 2, "error": 2, "major": 2, "severe": 2,
    "medium": 3, "warning": 3, "warn": 3, "average": 3, "minor": 3, "moderate": 3,
    "low": 4, "info": 4, "information": 4, "informational": 4, "notice": 4, "debug": 4,
}  # fmt: skip
_RESOLVED = {
    "resolve",
    "resolved",
    "close",
    "closed",
    "ok",
    "recovery",
    "recovered",
    "clear",
    "cleared",
    "up",
}
_is_url = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True, slots=True)
class Signal:
    """What a sender said. ``severity`` is None where nothing fits."""

    title: str
    dedup_key: str
    resolves: bool = False
    description: str = ""
    severity: int | None = None
    severity_text: str = ""
    component: str = ""
    link: str = ""
    labels: dict[str, str] = field(default_factory=dict)


def parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``. Raises ``Invalid`` for anything else, and for one nested too deep."""
    try:
        payload = json.loads(body.decode("utf-8-sig"))
    except RecursionError:
        raise Invalid(f"The JSON is nested deeper than {MAX_DEPTH} levels.", code="too_deep") from None
    except UnicodeDecodeError as error:
        raise Invalid(f"The body is not UTF-8 (byte {error.start}).", code="parse_error") from None
    except ValueError as error:
        raise Invalid(f"The body is not JSON: {error}.", code="parse_error") from None
    if not isinstance(payload, dict):
        raise Invalid("The body has to be a JSON object.", code="parse_error")
    if is_deeper(payload, MAX_DEPTH):
        raise Invalid(f"The JSON is nested deeper than {MAX_DEPTH} levels.", code="too_deep")
    return payload


def normalise(payload: dict[str, Any]) -> Signal:
    """Return the signal of a payload; common spellings of each field are understood. Without a title: ``Invalid``.

    Without a key of the sender's own, alerts with the same title and component count as the same.
    """
    labels = _labels(payload)
    title = clean_line(_first(payload, "title", "summary", "message", "alert_name", "name"), limit=200)
    key = clean_line(_first(payload, "dedup_key", "dedup", "key", "alert_uid", "fingerprint", "id"))
    if not title:
        title = clean_line(labels.get("alertname", ""), limit=200)
    action = _first(payload, "action", "event_action", "status", "state").strip().lower()
    resolves = action in _RESOLVED
    if not title and not (resolves and key):
        raise Invalid("Say what is wrong in “title”.", field="title")
    component = clean_line(_first(payload, "component", "service") or labels.get("component", ""), limit=120)
    severity_text = clean_line(
        _first(payload, "severity", "priority", "level") or labels.get("severity", ""), limit=60
    )
    link = clean_line(_first(payload, "link", "url", "link_to_upstream_details", "client_url"))
    return Signal(
        title=title,
        dedup_key=_key(key, title, component),
        resolves=resolves,
        description=clean(_first(payload, "description", "details", "body"), limit=20_000),
        severity=severity_of(severity_text),
        severity_text=severity_text,
        component=component,
        link=link if _valid_url(link) else "",
        labels=labels,
    )


def severity_of(text: str) -> int | None:
    """Return the severity that a word or number means ("critical", "SEV-2", "p1", "3"), or None for nothing known."""
    word = text.strip().lower()
    match = _FIRST_NUMBER.match(word)
    if match:
        return min(int(match[1]), int(Severity.SEV4))
    return _WORDS.get(word)


def _key(given: str, title: str, component: str) -> str:
    if given and len(given) <= 255:
        return given
    return "sha256:" + hashlib.sha256((given or f"{title}\n{component}").encode()).hexdigest()


def _first(payload: dict[str, Any], *names: str) -> str:
    """Return the first field that says something, as text; numbers count, structures are shown as JSON."""
    for name in names:
        value = payload.get(name)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, (dict, list)) and value:
            return json.dumps(value, ensure_ascii=False)
    return ""


def _labels(payload: dict[str, Any]) -> dict[str, str]:
    for name in ("labels", "meta", "tags", "custom_details"):
        value = payload.get(name)
        if isinstance(value, dict):
            pairs = list(value.items())[:100]
            return {clean_line(str(k), limit=100): clean_line(str(v), limit=500) for k, v in pairs}
    return {}


def _valid_url(link: str) -> bool:
    if not link or len(link) > 500:
        return False
    try:
        _is_url(link)
    except ValidationError:
        return False
    return True


def storable(payload: Any) -> Any:
    """Return a payload that every database takes: NUL and lone surrogates are removed from texts and names."""
    if isinstance(payload, str):
        return payload.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(payload, dict):
        return {storable(str(k)): storable(v) for k, v in payload.items()}
    if isinstance(payload, list):
        return [storable(item) for item in payload]
    if isinstance(payload, float) and (payload != payload or payload in (float("inf"), float("-inf"))):
        return str(payload)
    if isinstance(payload, int) and not isinstance(payload, bool) and abs(payload) > 2**63:
        return str(payload)
    return payload
