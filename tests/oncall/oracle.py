"""Who is on call at one instant, as slowly and plainly as can be: every turn is walked from the beginning."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.rota import Layer, ScheduleSpec

MINUTE = timedelta(minutes=1)


def on_call_at(spec: ScheduleSpec, instant: datetime) -> set[int]:
    """Return the people on call at ``instant``."""
    people = _before_overrides(spec, instant)
    swaps = [o for o in spec.overrides if o.origin == "swap"]
    others = [o for o in spec.overrides if o.origin != "swap"]
    for override in swaps + others:
        if override.starts_at <= instant < override.ends_at:
            if override.kind == "add":
                people = people | {override.user_id}
            elif override.kind == "remove":
                people = people - {override.user_id}
            elif override.replaces is None:
                people = {override.user_id}
            elif override.replaces in people:
                people = people - {override.replaces} | {override.user_id}
    return people


def _before_overrides(spec: ScheduleSpec, instant: datetime) -> set[int]:
    for fixed in reversed(spec.fixed):
        if fixed.starts_at <= instant < fixed.ends_at:
            return {g.user_id for g in fixed.shifts if g.starts_at <= instant < g.ends_at}
    for priority in sorted({layer.priority for layer in spec.layers}, reverse=True):
        layers = [layer for layer in spec.layers if layer.priority == priority]
        people = {user for layer in layers if _on_its_days(layer, spec, instant) for user in
                  _in_layer(layer, spec.zone, instant)}  # fmt: skip
        if people:
            return people
    return set()


def _on_its_days(layer: Layer, spec: ScheduleSpec, instant: datetime) -> bool:
    is_holiday = instant.astimezone(spec.zone).date() in spec.holidays
    return layer.holidays == "as_usual" or is_holiday == (layer.holidays == "only")


def _in_layer(layer: Layer, zone: ZoneInfo, instant: datetime) -> set[int]:
    if instant < layer.effective_from or (layer.effective_until and instant >= layer.effective_until):
        return set()
    if layer.windows and not _in_windows(layer, zone, instant):
        return set()
    if layer.mode == "calendar":
        return {g.user_id for g in layer.shifts if g.starts_at <= instant < g.ends_at}
    if layer.mode == "everyone":
        return {m.user_id for m in layer.members if m.counts_at(instant) and m.user_id is not None}
    place = _turn_of(layer, zone, instant)
    user = None if place is None else layer.members[place].user_id
    return set() if user is None else {user}


def _turn_of(layer: Layer, zone: ZoneInfo, instant: datetime) -> int | None:
    """Walk through the turns from the one in which the layer becomes effective."""
    number = 0
    while _begins(layer, zone, number) > layer.effective_from:
        number -= 1
    while _begins(layer, zone, number + 1) <= layer.effective_from:
        number += 1
    last: int | None = None
    while True:
        begin = max(_begins(layer, zone, number), layer.effective_from)
        finish = _begins(layer, zone, number + 1)
        holder = first = _next(layer, last, number, begin)
        for change in sorted(
            c for m in layer.members for c in (m.since, m.until) if c and begin < c < finish
        ):
            if change > instant:
                break
            if holder is None or not layer.members[holder].counts_at(change):
                holder = _next(layer, holder if holder is not None else last, number, change)
        if begin <= instant < finish:
            return holder
        if _counts(layer, number):
            last = first if first is not None else last
        number += 1


def _next(layer: Layer, last: int | None, number: int, instant: datetime) -> int | None:
    """Return the place after ``last`` that counts at ``instant``; without one, count from the anchor."""
    places = [i for i, member in enumerate(layer.members) if member.counts_at(instant)]
    if not places:
        return None
    if last is None:
        turns = range(number) if number >= 0 else range(number, 0)
        step = sum(_counts(layer, n) for n in turns) * (1 if number >= 0 else -1)
        return places[step % len(places)]
    return next((place for place in places if place > last), places[0])


def _wall(layer: Layer, number: int) -> datetime:
    steps = number * layer.interval
    if layer.unit == "month":
        month = layer.anchor.month - 1 + steps
        first = date(layer.anchor.year + month // 12, month % 12 + 1, 1)
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        day = min(first + timedelta(days=layer.anchor.day - 1), after - timedelta(days=1))
        return datetime.combine(day, layer.handoff)
    length = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}[layer.unit]
    return datetime.combine(layer.anchor, layer.handoff) + steps * length


_known: dict[tuple[datetime, str, bool], datetime] = {}


def _begins(layer: Layer, zone: ZoneInfo, number: int) -> datetime:
    return instant_of(_wall(layer, number), zone)


def instant_of(wall: datetime, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """Return the first (as an end: the last) instant at which clocks show this time, else the first after."""
    key = (wall, zone.key, end)
    if key not in _known:
        guess = wall.replace(tzinfo=UTC) - (wall.replace(tzinfo=zone).utcoffset() or timedelta())
        around = [guess + n * MINUTE for n in range(-130, 131)]
        if abs((_shown(guess, zone) - wall).days) > 0 or _shown(around[-1], zone) < wall:
            around = [guess + n * MINUTE for n in range(-1600, 1601)]  # a whole day was left out
        same = [u for u in around if _shown(u, zone) == wall]
        later = [u for u in around if _shown(u, zone) >= wall]
        _known[key] = (same[-1] if end else same[0]) if same else later[0]
    return _known[key]


def _shown(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def _counts(layer: Layer, number: int) -> bool:
    """Return whether the rotation counts a turn: not when only worked turns count and no window touches it."""
    if not (layer.worked_shifts_only and layer.windows):
        return True
    begin, finish = _wall(layer, number), _wall(layer, number + 1)
    day = begin.date() - timedelta(days=1)
    while day <= finish.date():
        for window in layer.windows:
            if window.weekday == day.weekday():
                opens = datetime.combine(day, window.starts)
                closes = datetime.combine(day, window.ends)
                closes += timedelta(days=0 if closes > opens else 1)
                if begin < closes and opens < finish:
                    return True
        day += timedelta(days=1)
    return False


def _in_windows(layer: Layer, zone: ZoneInfo, instant: datetime) -> bool:
    local = instant.astimezone(zone).date()
    for day in (local - timedelta(days=1), local):
        for window in layer.windows:
            if window.weekday == day.weekday():
                closing = day if window.ends > window.starts else day + timedelta(days=1)
                opens = instant_of(datetime.combine(day, window.starts), zone)
                closes = instant_of(datetime.combine(closing, window.ends), zone, end=True)
                if opens <= instant < closes:
                    return True
    return False
