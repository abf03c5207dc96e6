"""Who may be asked for cover, what has been asked, and what comes of a yes. Reads only (R52)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from accounts.models import User
from common import clock
from oncall import spans
from oncall.models import Absence, CoverRequest, ForeignShift, LayerMember, Override, Schedule
from oncall.rota import load_spec, load_specs, resolve
from oncall.spans import Run

State = CoverRequest.State
SHIFTS_AHEAD = timedelta(days=60)
MOST_SHIFTS = 60


@dataclass(frozen=True, slots=True)
class OwnShift:
    """Somebody's unbroken time on call by a schedule (UTC)."""

    schedule: Schedule
    user: User
    start: datetime
    end: datetime

    @property
    def key(self) -> str:
        """Return the value that a form names it by: by its end, since the start of one that runs moves on."""
        return f"{self.schedule.slug}|{self.user.pk}|{self.end:%Y%m%dT%H%M%SZ}"


@dataclass(frozen=True, slots=True)
class Change:
    """A span in which a yes changes who is on call."""

    start: datetime
    end: datetime
    was: list[User]
    will_be: list[User]


def rota_people(schedule: Schedule, at: datetime, *, but: User | None = None) -> QuerySet[User]:
    """Return who takes turns in a schedule at ``at`` or later and can sign in, by name, without ``but``."""
    running = Q(layer__effective_until=None) | Q(layer__effective_until__gt=at)
    members = LayerMember.objects.filter(running, layer__schedule=schedule).filter(
        Q(until=None) | Q(until__gt=at)
    )
    elsewhere = ForeignShift.objects.filter(calendar__layers__schedule=schedule, ends_at__gt=at)
    people = User.objects.filter(
        Q(pk__in=members.values("user_id")) | Q(pk__in=elsewhere.values("user_id")), is_active=True
    )
    return (people.exclude(pk=but.pk) if but else people).order_by("name", "pk")


def shifts_ahead(
    schedules: Iterable[Schedule], at: datetime, *, ahead: timedelta = SHIFTS_AHEAD
) -> list[OwnShift]:
    """Return everybody's shifts of these schedules from ``at`` on that end within ``ahead``, soonest first."""
    by_pk = {schedule.pk: schedule for schedule in schedules}
    found: list[tuple[int, Run]] = []
    for pk, spec in load_specs(by_pk, at, at + ahead).items():
        found += [(pk, run) for run in spans.runs(resolve(spec, at, at + ahead))]
    people = User.objects.in_bulk({run.user_id for _, run in found})
    rows = [
        OwnShift(by_pk[pk], people[run.user_id], run.start, run.end)
        for pk, run in found
        if run.user_id in people and run.end < at + ahead
    ]
    return sorted(rows, key=lambda row: (row.start, row.schedule.name, row.user.name))


def open_requests(user: User) -> QuerySet[CoverRequest]:
    """Return the open requests that this person asked, or may answer and has not refused."""
    asked = CoverRequest.objects.filter(state=State.ASKED, lapses_at__gt=clock.now())
    open_to_all = Q(asked_of=None) & Q(schedule__in=_rotas_of(user)) & ~Q(refusals__user=user)
    mine = Q(asked_by=user) | Q(asked_of=user) | open_to_all
    return asked.filter(mine).select_related("schedule", "asked_by", "asked_of").distinct()


def _rotas_of(user: User) -> QuerySet[Schedule]:
    now = clock.now()
    member = LayerMember.objects.filter(
        Q(layer__effective_until=None) | Q(layer__effective_until__gt=now), Q(until=None) | Q(until__gt=now)
    ).filter(user=user)
    elsewhere = ForeignShift.objects.filter(user=user, ends_at__gt=now)
    return Schedule.objects.filter(
        Q(pk__in=member.values("layer__schedule_id"))
        | Q(pk__in=elsewhere.values("calendar__layers__schedule_id"))
    )


def may_answer(user: User, request: CoverRequest) -> bool:
    """Return whether a request was put to this person."""
    if not user.is_active or user.pk == request.asked_by_id:
        return False
    if request.asked_of_id is not None:
        return request.asked_of_id == user.pk
    return rota_people(request.schedule, clock.now()).filter(pk=user.pk).exists()


def overrides_of(request: CoverRequest, user: User) -> list[Override]:
    """Return the rows, not saved yet, with which a person's yes changes the rota: one, or two for a swap.

    Swaps count before overrides, so that an override still beats them. Where an override is why the asker is on call, a
    swap would change nothing: then the row is an override itself.
    """
    rows = [_row(request, user, request.asked_by, request.starts_at, request.ends_at)]
    if request.return_starts_at and request.return_ends_at:
        rows.append(_row(request, request.asked_by, user, request.return_starts_at, request.return_ends_at))
    for row in rows:
        spec = load_spec(row.schedule, row.starts_at, row.ends_at)
        after = spans.with_overrides(spec, row)
        if row.replaces_id and spans.runs_of(after, row.replaces_id, row.starts_at, row.ends_at):
            row.origin = Override.Origin.OVERRIDE
    return rows


def _row(request: CoverRequest, user: User, instead_of: User, start: datetime, end: datetime) -> Override:
    words = "swap with" if request.is_swap else "cover for"
    return Override(
        schedule=request.schedule,
        kind=Override.Kind.REPLACE,
        user=user,
        replaces=instead_of,
        starts_at=max(start, clock.now()),
        ends_at=end,
        origin=Override.Origin.SWAP,
        request=request,
        reason=f"{words} {instead_of}"[:200],
    )


def changes(request: CoverRequest, user: User) -> list[Change]:
    """Return what a person's yes changes, shift by shift: nothing is saved."""
    rows = overrides_of(request, user)
    found = []
    for row in rows:
        spec = load_spec(row.schedule, row.starts_at, row.ends_at)
        found += spans.differences(spec, spans.with_overrides(spec, *rows), row.starts_at, row.ends_at)
    people = User.objects.in_bulk({pk for d in found for pk in (*d.was, *d.will_be)})
    return [
        Change(d.start, d.end, [people[pk] for pk in d.was], [people[pk] for pk in d.will_be]) for d in found
    ]


def absences(user: User, start: datetime, end: datetime) -> list[Absence]:
    """Return when a person is away within a span."""
    return list(Absence.objects.filter(user=user, starts_at__lt=end, ends_at__gt=start))


def warnings(request: CoverRequest, user: User) -> list[str]:
    """Return what somebody should know before they say yes; none of it forbids it."""
    found = []
    for start, end in spans_taken(request, user):
        for absence in absences(user, start, end):
            why = f": {absence.reason}" if absence.reason else ""
            when = spans.words(absence.starts_at, absence.ends_at, user.zone)
            found.append(f"{user} is away {when}{why}.")
    return found


def spans_taken(request: CoverRequest, user: User) -> list[tuple[datetime, datetime]]:
    """Return the spans that a person takes on by a yes: the asker those in return."""
    if user.pk == request.asked_by_id:
        if request.return_starts_at and request.return_ends_at:
            return [(request.return_starts_at, request.return_ends_at)]
        return []
    return [(request.starts_at, request.ends_at)]
