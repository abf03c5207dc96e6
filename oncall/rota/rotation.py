"""The turns of one layer. Pure. Hand-offs happen at wall times: across a clock change a turn is an hour off.

Whose turn it is follows from counting, not from walking: the cost is that of the turns asked for, whatever
lies between the anchor and them. Only a change of the membership starts a new count, from whoever had the
last turn before it.
"""

import calendar
import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from common.businesstime import to_utc
from oncall.rota.spec import Layer, Window

WEEK = timedelta(weeks=1)
_LENGTHS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": WEEK}
_MONDAY = datetime(2024, 1, 1)  # noqa: DTZ001 wall time: any Monday, to place weekly hours on


@dataclass(frozen=True)
class Count:
    """From turn ``first`` on the ``active`` places take turns, in order; ``last`` had the one before ``step``."""

    first: int
    active: tuple[int, ...]
    last: int
    step: int

    def holder(self, step: int) -> int | None:
        """Return the place whose turn it is at a step, or None when there is no place at all."""
        if not self.active:
            return None
        offset = bisect_right(self.active, self.last)
        return self.active[(offset + step - self.step) % len(self.active)]


@dataclass(frozen=True)
class Rotation:
    """A layer that rotates, in its schedule's zone."""

    layer: Layer
    zone: ZoneInfo

    def turns(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, int | None]]:
        """Yield (start, end, user or nobody) in order, covering the interval without gap or overlap."""
        changes = self._changes(end)
        counts = self._counts(changes)
        number, position = self.turn_at(start), 0
        begin = self.handoff(number)
        while begin < end:
            finish = self.handoff(number + 1)
            while position + 1 < len(counts) and counts[position + 1].first <= number:
                position += 1
            inside = [change for change in changes if begin < change < finish]
            for a, b, user in self._turn(counts[position], number, begin, finish, inside):
                if max(a, start) < min(b, end):
                    yield max(a, start), min(b, end), user
            number, begin = number + 1, finish

    def handoff(self, number: int) -> datetime:
        """Return the UTC instant at which turn ``number`` begins; turn 0 begins on the anchor's date."""
        wall = self.wall(number)
        return to_utc(wall.date(), wall.time(), self.zone)

    def turn_at(self, instant: datetime) -> int:
        """Return the number of the turn that contains an instant."""
        number = self._guess(instant.astimezone(self.zone).replace(tzinfo=None))
        while self.handoff(number) > instant:
            number -= 1
        while self.handoff(number + 1) <= instant:
            number += 1
        return number

    def step(self, number: int) -> int:
        """Return how many turns that count lie between the anchor and turn ``number``."""
        if self._worked is None:
            return number
        periods, rest = divmod(number, len(self._worked))
        return periods * sum(self._worked) + sum(self._worked[:rest])

    def _turn(
        self, count: Count, number: int, begin: datetime, finish: datetime, changes: list[datetime]
    ) -> Iterator[tuple[datetime, datetime, int | None]]:
        """Yield the parts of a turn.

        Whoever leaves during their turn is followed by the next, whose own turn comes too.
        """
        members, holder = self.layer.members, count.holder(self.step(number))
        for change in changes:
            if holder is not None and members[holder].counts_at(change):
                continue
            yield begin, change, self._user(holder)
            active = self._active(change)
            if holder is None:
                holder = Count(number, active, count.last, count.step).holder(self.step(number))
            else:
                holder = Count(number, active, holder, 0).holder(0)
            begin = change
        yield begin, finish, self._user(holder)

    def _user(self, place: int | None) -> int | None:
        return None if place is None else self.layer.members[place].user_id

    def _active(self, instant: datetime) -> tuple[int, ...]:
        return tuple(i for i, member in enumerate(self.layer.members) if member.counts_at(instant))

    def _changes(self, end: datetime) -> list[datetime]:
        """Return when places came or went after the layer began, in order."""
        ends = {instant for member in self.layer.members for instant in (member.since, member.until)}
        return sorted(c for c in ends if c is not None and self.layer.effective_from < c < end)

    def _counts(self, changes: list[datetime]) -> list[Count]:
        first = self.turn_at(self.layer.effective_from)
        counts = [Count(first, self._active(self.layer.effective_from), last=-1, step=0)]
        for change in changes:
            number = self.turn_at(change)
            if self.handoff(number) < change:
                number += 1
            counts.append(self._succeed(counts[-1], number, self._active(change)))
        return counts

    def _succeed(self, count: Count, number: int, active: tuple[int, ...]) -> Count:
        """Return the count after a change: the order goes on behind whoever had the last turn that counted."""
        step, last = self.step(number), count.last
        if count.active and step > self.step(count.first):
            last = count.holder(step - 1) or 0
        elif last < 0:  # nobody has had a turn yet: the anchor still says whose turn it is
            return Count(number, active, last, count.step)
        return Count(number, active, last, step if count.first < number else count.step)

    def wall(self, number: int) -> datetime:
        """Return the wall time at which turn ``number`` begins, without a zone; it may not exist on its day."""
        layer, amount = self.layer, number * self.layer.interval
        if layer.unit == "month":
            return datetime.combine(_months_later(layer.anchor, amount), layer.handoff)
        return datetime.combine(layer.anchor, layer.handoff) + amount * _LENGTHS[layer.unit]

    def _guess(self, wall: datetime) -> int:
        layer = self.layer
        if layer.unit == "month":
            months = (wall.year - layer.anchor.year) * 12 + wall.month - layer.anchor.month
            return months // layer.interval
        passed = wall - datetime.combine(layer.anchor, layer.handoff)
        return passed // (layer.interval * _LENGTHS[layer.unit])

    @cached_property
    def _worked(self) -> tuple[bool, ...] | None:
        """Return which turns of the repeating pattern touch the weekly windows; None: every turn counts."""
        layer = self.layer
        if not (layer.worked_shifts_only and layer.windows) or layer.unit not in ("hour", "day"):
            return None
        in_week = 168 if layer.unit == "hour" else 7
        turns = math.lcm(in_week, layer.interval) // layer.interval
        length = layer.interval * _LENGTHS[layer.unit]
        begin = timedelta(days=layer.anchor.weekday()) + (self.wall(0) - _midnight(layer.anchor))
        return tuple(_touches(layer.windows, begin + n * length, length) for n in range(turns))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _months_later(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _touches(windows: tuple[Window, ...], begin: timedelta, length: timedelta) -> bool:
    """Return whether a turn that begins this long after some Monday's midnight overlaps a weekly window."""
    if length >= WEEK:
        return True
    begin %= WEEK
    for window in windows:
        opens, closes = window_span(window)
        if any(
            begin < closes + shift and opens + shift < begin + length for shift in (-WEEK, timedelta(), WEEK)
        ):
            return True
    return False


def window_span(window: Window) -> tuple[timedelta, timedelta]:
    """Return a window's begin and end since Monday's midnight; an end not after its start is a day later."""
    opens = timedelta(days=window.weekday) + (datetime.combine(_MONDAY, window.starts) - _MONDAY)
    closes = timedelta(days=window.weekday) + (datetime.combine(_MONDAY, window.ends) - _MONDAY)
    return opens, closes if closes > opens else closes + timedelta(days=1)
