"""What a rota means that its editor may not have meant: said at once when it is saved, and beside it ever after."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from accounts.models import User
from common import clock
from oncall.models import Schedule
from oncall.rota import Layer, Override, ScheduleSpec, Shift, load_spec, odd_handoffs, resolve

WEEKS = timedelta(weeks=4)
YEAR = timedelta(days=366)
NAMED = 3


def notes(schedule: Schedule) -> list[str]:
    """Return every sentence there is to say about a schedule's coming weeks; gaps first, the harmless last."""
    now = clock.now()
    spec = load_spec(schedule, now, now + YEAR)
    return [
        *([gap] if (gap := gap_sentence(schedule, spec)) else []),
        *gone_sentences(spec),
        *twice_sentences(spec),
        *hidden_sentences(spec),
        *alone_sentences(spec),
        *clock_change_sentences(spec),
    ]


def gap_sentence(schedule: Schedule, spec: ScheduleSpec | None = None) -> str:
    """Return which gaps the next four weeks have, or "" when somebody is always on call.

    Whoever can no longer sign in is nobody.
    """
    now = clock.now()
    spec = spec or load_spec(schedule, now, now + WEEKS)
    shifts = resolve(spec, now, now + WEEKS)
    gone = _gone({s.user_id for s in shifts if s.user_id is not None})
    gaps = _without(shifts, set(gone))
    if not gaps:
        return ""
    spans = [f"{local(start, spec.zone)} to {local(end, spec.zone)}" for start, end in gaps[:NAMED]]
    more = f" and {len(gaps) - NAMED} more" if len(gaps) > NAMED else ""
    return (
        f"Nobody is on call in {schedule} from {'; from '.join(spans)}{more} ({spec.zone.key}). "
        "Pages of that time go to the next position, else to the next role, at once."
    )


def _without(shifts: Sequence[Shift], gone: set[int]) -> list[tuple[datetime, datetime]]:
    """Return when nobody has a shift but those who are gone, in order and joined."""
    reached: datetime = shifts[0].start if shifts else clock.now()
    end = max((s.end for s in shifts), default=reached)
    found = []
    for shift in sorted(
        (s for s in shifts if s.user_id is not None and s.user_id not in gone), key=lambda s: s.start
    ):
        if shift.start > reached:
            found.append((reached, shift.start))
        reached = max(reached, shift.end)
    return [*found, (reached, end)] if reached < end else found


def gone_sentences(spec: ScheduleSpec) -> list[str]:
    """Return who has turns, overrides or fixed shifts still to come but can no longer sign in."""
    now = clock.now()
    members = {
        m.user_id: layer.name
        for layer in spec.layers
        for m in layer.members
        if m.until is None or m.until > now
    }
    people = _gone({*(pk for pk in members if pk is not None), *(o.user_id for o in spec.overrides)})
    return [
        f"{person} can no longer sign in, but is still in {members.get(pk) or 'an override'}: nobody would answer."
        for pk, person in people.items()
    ]


def twice_sentences(spec: ScheduleSpec) -> list[str]:
    """Return who has turns in two layers at once in the next four weeks, where both count.

    Of layers with different priority only one does: being in the other too does no harm.
    """
    now = clock.now()
    turns = [(layer, _turns(layer, spec, now)) for layer in spec.layers]
    found: dict[tuple[int, str, str], datetime] = {}
    for (one, some), (other, more) in combinations(turns, 2):
        for user, start in _both(some, more) if one.priority == other.priority else []:
            found.setdefault((user, one.name, other.name), start)
    people = User.objects.in_bulk({user for user, _, _ in found}) if found else {}
    return [
        f"{people[user]} is in {one} and in {other} at once, first on {local(start, spec.zone)}: "
        "one person would get what two are there for."
        for (user, one, other), start in found.items()
        if user in people
    ]


def _turns(layer: Layer, spec: ScheduleSpec, now: datetime) -> list[Shift]:
    alone = replace(spec, layers=(layer,), overrides=(), fixed=())
    return [shift for shift in resolve(alone, now, now + WEEKS) if shift.user_id is not None]


def _both(some: list[Shift], more: list[Shift]) -> list[tuple[int, datetime]]:
    """Return each person's first instant in both lists."""
    found: dict[int, datetime] = {}
    for shift in some:
        for other in more:
            start = max(shift.start, other.start)
            if (
                shift.user_id == other.user_id
                and shift.user_id is not None
                and start < min(shift.end, other.end)
            ):
                found[shift.user_id] = min(found.get(shift.user_id, start), start)
    return list(found.items())


def hidden_sentences(spec: ScheduleSpec) -> list[str]:
    """Return where one override takes everybody's part while another one stands: the newer one decides."""
    whole = [o for o in enumerate(spec.overrides) if o[1].kind == "replace" and o[1].replaces is None]
    found: list[tuple[datetime, Override, Override]] = []
    for (place, one), (after, other) in combinations(sorted(whole, key=lambda o: o[1].starts_at), 2):
        if other.starts_at < one.ends_at and one.user_id != other.user_id and one.origin == other.origin:
            newer, older = (one, other) if place > after else (other, one)
            found.append((max(one.starts_at, other.starts_at), newer, older))
    people = User.objects.in_bulk({o.user_id for _, *both in found[:NAMED] for o in both}) if found else {}
    return [
        f"From {local(start, spec.zone)} on two overrides stand at once: {people[newer.user_id]} is on call, "
        f"{people[older.user_id]} is not."
        for start, newer, older in found[:NAMED]
    ]


def alone_sentences(spec: ScheduleSpec) -> list[str]:
    """Return which rotations have one person only: nobody ever relieves them."""
    rotations = [layer for layer in spec.layers if layer.mode == "rotate"]
    members = {layer.name: {member.user_id for member in layer.members} for layer in rotations}
    alone = {name: user for name, people in members.items() if len(people) == 1 for user in people if user}
    people = User.objects.in_bulk(alone.values()) if alone else {}
    return [
        f"{name}: only {people[user]} takes turns, so nobody relieves them."
        for name, user in alone.items()
        if user in people
    ]


def clock_change_sentences(spec: ScheduleSpec) -> list[str]:
    """Return what happens to hand-offs of the coming year that fall on a clock change."""
    now, sentences = clock.now(), []
    for layer in spec.layers:
        for odd in odd_handoffs(layer, spec.zone, now, now + YEAR)[:NAMED]:
            when = f"{odd.wall:%a} {odd.wall.day} {odd.wall:%b %Y, %H:%M}"
            instead = f"{odd.happens_at.astimezone(spec.zone):%H:%M %Z}"
            words = (
                f"does not exist: the clocks go forward, and the pager changes hands at {instead}"
                if odd.is_skipped
                else f"comes twice: the pager changes hands the first time ({instead})"
            )
            sentences.append(f"{layer.name}: {when} {words}.")
    return sentences


def local(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant in a zone: "Mon 30 Mar 09:00"."""
    here = instant.astimezone(zone)
    return f"{here:%a} {here.day} {here:%b %H:%M}"


def _gone(people: set[int]) -> dict[int, User]:
    """Return who of these people can no longer sign in, by primary key."""
    return {user.pk: user for user in User.objects.filter(pk__in=people, is_active=False).order_by("pk")}
