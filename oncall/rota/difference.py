"""What a change does to who is on call: two lists of shifts compared. Pure: no database, no clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from oncall.rota.spec import Shift


@dataclass(frozen=True, slots=True)
class Difference:
    """From ``start`` (included) to ``end``, both UTC, other people are on call than before.

    People are user ids; nobody is an empty tuple.
    """

    start: datetime
    end: datetime
    before: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def makes_gap(self) -> bool:
        return not self.after

    @property
    def closes_gap(self) -> bool:
        return not self.before


def difference(before: Sequence[Shift], after: Sequence[Shift]) -> list[Difference]:
    """Return where two resolutions of one interval name other people, in order and joined where they touch.

    Only who is on call counts: the same people for another reason are no difference. The cost is that of sorting.
    """
    instants = sorted({instant for shift in (*before, *after) for instant in (shift.start, shift.end)})
    found: list[Difference] = []
    pairs = zip(pairwise(instants), _people(before, instants), _people(after, instants), strict=False)
    for (start, end), was, becomes in pairs:
        if set(was) == set(becomes):
            continue
        last = found[-1] if found else None
        if last is not None and last.end == start and (last.before, last.after) == (was, becomes):
            found[-1] = Difference(last.start, end, was, becomes)
        else:
            found.append(Difference(start, end, was, becomes))
    return found


def _people(shifts: Sequence[Shift], instants: Sequence[datetime]) -> Iterator[tuple[int, ...]]:
    """Yield who is on call at each of these instants, which are in order."""
    waiting = sorted(shifts, key=lambda shift: shift.start, reverse=True)
    running: list[Shift] = []
    for at in instants:
        running = [shift for shift in running if shift.end > at]
        while waiting and waiting[-1].start <= at:
            running.append(waiting.pop())
        yield tuple(shift.user_id for shift in running if shift.user_id is not None)
