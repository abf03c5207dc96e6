"""Swaps and overrides on top of what layers say. Pure; the cost is that of those that run at the same time."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from datetime import datetime
from heapq import heappop, heappush

from oncall.rota.spec import Override

_WORDS = {"override": "override", "swap": "swap", "taken": "pager taken"}


class Running:
    """The overrides that run at an instant, asked for instants in order; ``overrides`` as they apply."""

    def __init__(self, overrides: Sequence[Override]) -> None:
        self._overrides = overrides
        places = range(len(overrides))
        self._waiting = sorted(places, key=lambda place: overrides[place].starts_at, reverse=True)
        self._ends: list[tuple[datetime, int]] = []
        self._running: list[int] = []
        # Whoever takes everybody's part leaves nothing to the ones before: those need not be asked.
        self._whole: list[int] = []

    def at(self, instant: datetime) -> list[Override]:
        """Return the overrides that decide at an instant, in the order in which they apply."""
        while self._ends and self._ends[0][0] <= instant:
            self._end(heappop(self._ends)[1])
        while self._waiting and self._overrides[self._waiting[-1]].starts_at <= instant:
            self._begin(self._waiting.pop(), instant)
        first = bisect_left(self._running, self._whole[-1]) if self._whole else 0
        return [self._overrides[place] for place in self._running[first:]]

    def _begin(self, place: int, instant: datetime) -> None:
        override = self._overrides[place]
        if override.ends_at <= instant:
            return
        insort(self._running, place)
        if _is_whole(override):
            insort(self._whole, place)
        heappush(self._ends, (override.ends_at, place))

    def _end(self, place: int) -> None:
        del self._running[bisect_left(self._running, place)]
        if _is_whole(self._overrides[place]):
            del self._whole[bisect_left(self._whole, place)]


def overridden(people: dict[int, str], override: Override) -> dict[int, str]:
    """Return who is on call, and why, after an override."""
    word = _WORDS[override.origin]
    source = f"{word}: {override.reason}" if override.reason else word
    match override.kind:
        case "remove":
            return {user: why for user, why in people.items() if user != override.user_id}
        case "add":
            return people | {override.user_id: people.get(override.user_id, source)}
    if override.replaces is None:
        return {override.user_id: source}
    if override.replaces not in people:
        return people
    changed = [
        (override.user_id, source) if user == override.replaces else (user, why)
        for user, why in people.items()
    ]
    return dict(changed)


def _is_whole(override: Override) -> bool:
    return override.kind == "replace" and override.replaces is None
