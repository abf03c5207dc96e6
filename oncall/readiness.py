"""What may be missing some night: gaps, people whom nothing reaches, roles that nobody fills (``READINESS_CHECKS``)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.urls import reverse

from accounts.models import ContactMethod, Team, User
from common import zones
from common.readiness import Finding, Level
from oncall.models import Absence, EscalationRole, ForeignCalendar, Layer, RoleTarget, Schedule
from oncall.rota import Shift, load_specs, resolve

AHEAD = timedelta(days=30)
ENDS_SOON = timedelta(days=14)
SILENT = timedelta(hours=24)
NAMED = 3


def rotas_covered(now: datetime) -> Iterator[Finding]:
    """Yield the gaps of the next 30 days, shifts of people who cannot sign in, and shifts of people who are away."""
    schedules, shifts = _resolved(now)
    people = User.objects.in_bulk({s.user_id for found in shifts.values() for s in found if s.user_id})
    absences = _absences(people, now)
    for schedule in schedules:
        found, zone = shifts[schedule.pk], zones.get(schedule.time_zone)
        address = reverse("admin:oncall_schedule_change", args=[schedule.pk])
        if gaps := [shift for shift in found if shift.user_id is None]:
            sentence = f"Nobody is on call in {schedule} {_spans(gaps, zone)} ({schedule.time_zone})."
            yield Finding(Level.RED, "Rotas", sentence, address, "Fill the gap")
        for user, theirs in _by_person(found).items():
            person = people.get(user)
            if person is None or not person.is_active:
                who = person or "Somebody who is gone"
                sentence = f"{who} is on call in {schedule} {_spans(theirs, zone)} but cannot sign in."
                yield Finding(Level.RED, "Rotas", sentence, address, "Put somebody else in")
            elif away := _overlapping(theirs, absences.get(user, [])):
                sentence = f"{person} is away and on call in {schedule} {_spans(away, zone)}."
                yield Finding(
                    Level.AMBER,
                    "Absences",
                    sentence,
                    reverse("oncall:on_call"),
                    "Find cover",
                    for_admins=False,
                )


def people_reachable(now: datetime) -> Iterator[Finding]:
    """Yield those with shifts in the next 30 days, or with a role of their own, whom no message would wake."""
    _, shifts = _resolved(now)
    wanted = {s.user_id for found in shifts.values() for s in found if s.user_id}
    wanted |= set(RoleTarget.objects.exclude(user=None).values_list("user_id", flat=True))
    usable = set(
        ContactMethod.objects.usable().outside().filter(user__in=wanted).values_list("user_id", flat=True)
    )
    added = set(ContactMethod.objects.outside().filter(user__in=wanted).values_list("user_id", flat=True))
    for person in User.objects.filter(pk__in=wanted - usable, is_active=True).order_by("name", "pk"):
        address = reverse("admin:accounts_user_change", args=[person.pk])
        why = (
            "no contact method is verified and in use" if person.pk in added else "there is no contact method"
        )
        sentence = f"{person} is paged by mail to {person.email} and in Allclear only: {why}."
        yield Finding(Level.RED, "Reaching people", sentence, address, "Ask for a contact method")


def roles_filled(now: datetime) -> Iterator[Finding]:
    """Yield the roles of the matrix that nobody fills, for each team; a team's only schedule stands for on-call."""
    rows = list(RoleTarget.objects.values_list("role", "team_id"))
    general = {role for role, team in rows if team is None}
    own = {(role, team) for role, team in rows if team is not None}
    scheduled: dict[int | None, int] = defaultdict(int)
    for owner in Schedule.objects.values_list("team_id", flat=True):
        scheduled[owner] += 1
    address = reverse("admin:oncall_roletarget_add")
    for team in Team.objects.order_by("name"):
        for role in EscalationRole:
            by_schedule = role == EscalationRole.ON_CALL and scheduled[team.pk] == 1
            if role.value in general or (role.value, team.pk) in own or by_schedule:
                continue
            sentence = f"Nobody fills the role {role.label} for {team}."
            yield Finding(
                Level.RED, "Roles", sentence, f"{address}?role={role.value}&team={team.pk}", "Say who"
            )


def layers_lasting(now: datetime) -> Iterator[Finding]:
    """Yield layers that end within 14 days without a successor."""
    live = Layer.objects.filter(Q(effective_until=None) | Q(effective_until__gt=now)).select_related(
        "schedule"
    )
    followed = {layer.succeeds_id for layer in live if layer.succeeds_id}
    for layer in live.prefetch_related("members"):
        address = reverse("admin:oncall_layer_change", args=[layer.pk])
        if layer.effective_until and layer.effective_until < now + ENDS_SOON and layer.pk not in followed:
            ends = layer.effective_until.astimezone(zones.get(layer.schedule.time_zone))
            sentence = f"{layer} ends on {ends:%a} {ends.day} {ends:%b}, and nothing follows it."
            yield Finding(Level.AMBER, "Rotas", sentence, address, "Decide what follows")


def calendars_read(now: datetime) -> Iterator[Finding]:
    """Yield calendars of others that could not be read for a day: what they say now is unknown."""
    rows = ForeignCalendar.objects.filter(is_active=True, failures__gt=0).filter(
        Q(fetched_at=None) | Q(fetched_at__lt=now - SILENT)
    )
    for row in rows:
        since = f"since {row.fetched_at:%Y-%m-%d %H:%M} UTC" if row.fetched_at else "so far"
        is_rota = row.purpose == ForeignCalendar.Purpose.SHIFTS
        yield Finding(
            Level.RED if is_rota else Level.AMBER,
            "Calendars of others",
            f"{row} could not be read {since}: {row.error}",
            reverse("oncall:on_call"),
            "See the rotas",
        )


def _resolved(now: datetime) -> tuple[list[Schedule], dict[int, list[Shift]]]:
    schedules = list(Schedule.objects.order_by("name"))
    specs = load_specs([schedule.pk for schedule in schedules], now, now + AHEAD)
    return schedules, {pk: resolve(spec, now, now + AHEAD) for pk, spec in specs.items()}


def _by_person(shifts: Iterable[Shift]) -> dict[int, list[Shift]]:
    found: dict[int, list[Shift]] = defaultdict(list)
    for shift in shifts:
        if shift.user_id is not None:
            found[shift.user_id].append(shift)
    return found


def _absences(people: Iterable[int], now: datetime) -> dict[int, list[Absence]]:
    found: dict[int, list[Absence]] = defaultdict(list)
    for row in Absence.objects.filter(user__in=list(people), ends_at__gt=now, starts_at__lt=now + AHEAD):
        found[row.user_id].append(row)
    return found


def _overlapping(shifts: Iterable[Shift], absences: list[Absence]) -> list[Shift]:
    return [s for s in shifts if any(a.starts_at < s.end and s.start < a.ends_at for a in absences)]


def _spans(shifts: list[Shift], zone: ZoneInfo) -> str:
    """Return spans as people say them: "from Mon 6 Apr 09:00 to Tue 7 Apr 09:00, from … and 4 more times"."""
    words = [f"from {_local(shift.start, zone)} to {_local(shift.end, zone)}" for shift in shifts[:NAMED]]
    more = f" and {len(shifts) - NAMED} more times" if len(shifts) > NAMED else ""
    return ", ".join(words) + more


def _local(instant: datetime, zone: ZoneInfo) -> str:
    here = instant.astimezone(zone)
    return f"{here:%a} {here.day} {here:%b} {here:%H:%M}"
