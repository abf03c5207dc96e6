"""Named places at which a process can be told to die, so that tests can show that nothing is lost there.

A crash point does nothing unless the environment says ``ALLCLEAR_CRASH_AT=name`` or ``name:n`` (the n-th time this
process passes it). Then the process ends at once, without unwinding, as it would under ``kill -9``.
"""

import os
from collections import Counter
from threading import Lock

_WANTED, _, _COUNT = os.environ.get("ALLCLEAR_CRASH_AT", "").partition(":")
_passed: Counter[str] = Counter()
_lock = Lock()
EXIT_STATUS = 137


def crash_point(name: str) -> None:
    """End the process here if the environment names this place; otherwise nothing."""
    if name != _WANTED:
        return
    with _lock:
        _passed[name] += 1
        if _passed[name] >= int(_COUNT or 1):
            os._exit(EXIT_STATUS)
