"""Is everything there that a page will need? Each app answers for its own part (R58).

``settings.READINESS_CHECKS`` lists functions that take an instant and yield findings. ``/health`` says whether a page
could be missed at this moment; readiness says what will be missing some night.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)


class Level(StrEnum):
    """Red: somebody would not be reached. Amber: it works, and will not for long or for everybody."""

    RED = "red"
    AMBER = "amber"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is missing.

    ``topic`` groups findings under one heading; ``sentence`` says what is wrong with which thing; ``url`` leads to
    where it is mended and ``do`` says what happens there. ``for_admins``: only an admin can mend it.
    """

    level: Level
    topic: str
    sentence: str
    url: str = ""
    do: str = "Mend it"
    for_admins: bool = True

    @property
    def is_red(self) -> bool:
        return self.level == Level.RED


Check = Callable[[datetime], Iterable[Finding]]


def findings(now: datetime) -> list[Finding]:
    """Return what is missing, red first, in the order of ``READINESS_CHECKS``, which is the order of setting up.

    A check that raises is a red finding itself: what cannot be looked at is not ready.
    """
    found: list[Finding] = []
    for path in settings.READINESS_CHECKS:
        try:
            found += import_string(path)(now)
        except Exception:
            logger.exception("readiness.check_failed", extra={"check": path})
            sentence = f"The check {path} failed. What it looks after may be missing; the log says why."
            found.append(Finding(Level.RED, "Checks that failed", sentence))
    return sorted(found, key=lambda finding: not finding.is_red)
