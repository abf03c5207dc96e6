"""What the transports that speak HTTP share: one guarded call, and what its answer means for the delivery.

Nothing here repeats an address or a token in a message: errors are shown on pages and kept in the ledger.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from common import clock, outbound
from common.text import clean_line
from communications.transports.base import TransportError

# Statuses after which the same request may do better later; any other refusal is final.
_PASSING = {408, 425, 429}
_WEEK = 7 * 24 * 3600
LONGEST_DETAIL = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a provider's body says about a failure: its own words, and how many seconds it asks us to wait."""

    words: str = ""
    retry_after: float | None = None


Explain = Callable[[outbound.Answer], Refusal]


def post(
    who: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    explain: Explain = lambda answer: Refusal(),
) -> outbound.Answer:
    """POST and return the answer if its status is 2xx; ``who`` names the receiver in sentences.

    ``explain`` reads the reason out of a refusal's body. Raises ``TransportError``: temporary when nothing usable came
    back, for 429 (after the pause that was asked for) and 5xx; permanent for an address that may not be called, a
    redirect, and any other status.
    """
    try:
        answer = outbound.request("POST", url, body=body, headers=headers)
    except outbound.OutboundRefused as error:
        raise TransportError(f"{who} was not called: {error}", permanent=True) from error
    except outbound.OutboundFailed as error:
        raise TransportError(f"{who}: {error}", permanent=False) from error
    if 200 <= answer.status < 300:
        return answer
    raise refused(who, answer, explain(answer))


def post_json(
    who: str,
    url: str,
    payload: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
    *,
    explain: Explain = lambda answer: Refusal(),
) -> outbound.Answer:
    """Do what ``post`` does with a JSON body."""
    body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
    kind = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}
    return post(who, url, body, {**kind, **(headers or {})}, explain=explain)


def refused(who: str, answer: outbound.Answer, why: Refusal) -> TransportError:
    """Return the error that a status outside 2xx means."""
    status = answer.status
    if 300 <= status < 400:
        return TransportError(f"{who} answered with a redirect, which is not followed.", permanent=True)
    words = clean_line(why.words, limit=LONGEST_DETAIL)
    detail = f"{who} answered {status}{f': {words}' if words else '.'}"
    passing = status in _PASSING or status >= 500
    wait = why.retry_after if why.retry_after is not None else retry_after(answer)
    return TransportError(detail, permanent=not passing, retry_after=wait if passing else None, status=status)


def retry_after(answer: outbound.Answer) -> float | None:
    """Return the seconds of a Retry-After header, given as seconds or as a date, or ``None``."""
    value = answer.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(float(value), 0.0) if value.replace(".", "", 1).isdigit() else _seconds_until(value)
    except (ValueError, OverflowError):
        return None


def _seconds_until(date: str) -> float:
    instant = parsedate_to_datetime(date)
    instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return max((instant - clock.now()).total_seconds(), 0.0)


def parsed(answer: outbound.Answer) -> dict[str, Any]:
    """Return the JSON object of an answer; an empty one when it is anything else."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def seconds(value: Any) -> float | None:
    """Return a provider's number of seconds, or ``None`` when it is not one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _WEEK:
        return None
    return float(value)
