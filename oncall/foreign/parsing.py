"""Reads a calendar's text in a process of its own, which is stopped when it takes too long or too much."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from oncall.foreign.problems import CalendarProblem

SECONDS = 8
MEGABYTES = 1024


@dataclass(frozen=True, slots=True)
class Span:
    """An event of a calendar: UTC instants, what it is called, and the mail addresses of who takes part."""

    start: datetime
    end: datetime
    key: str
    summary: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read; ``left_out`` says in words what of it could not be used."""

    spans: list[Span]
    left_out: str = ""


def parse(
    text: str, *, zone: str, start: datetime, end: datetime, with_free: bool = False, seconds: int = SECONDS
) -> Reading:
    """Return the events of a calendar that touch an interval. Raises ``CalendarProblem``."""
    request = {
        "text": text,
        "zone": zone,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "with_free": with_free,
        "seconds": seconds,
        "megabytes": MEGABYTES,
    }
    answer = _ask(json.dumps(request).encode(), seconds)
    if "problem" in answer:
        raise CalendarProblem(answer["problem"])
    spans = [
        Span(
            datetime.fromisoformat(row["start"]),
            datetime.fromisoformat(row["end"]),
            row["key"],
            row["summary"],
            tuple(row["people"]),
        )
        for row in answer["spans"]
    ]
    return Reading(spans, " ".join(answer["left_out"])[:300])


def _ask(request: bytes, seconds: int) -> dict[str, Any]:
    slow = CalendarProblem(
        f"The calendar could not be read in {seconds} seconds: it is too large, or repeats without end."
    )
    try:
        done = subprocess.run(
            [sys.executable, "-m", "oncall.foreign.parse"],
            input=request,
            capture_output=True,
            timeout=2 * seconds,
            cwd=settings.BASE_DIR,
            env={"PATH": os.defpath, "PYTHONPATH": str(settings.BASE_DIR), "PYTHONUTF8": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise slow from error
    if done.returncode != 0:
        raise slow if done.returncode < 0 else CalendarProblem("The calendar cannot be read.")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
