"""What a schedule means: who is on call now and in the coming weeks, shown beside what an admin edits."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from common import clock, zones
from oncall.coverage import ShiftRow, shift_rows
from oncall.models import Schedule
from oncall.notes import WEEKS, local, notes
from oncall.rota import load_spec, load_specs, resolve, who

MOMENT = timedelta(seconds=1)


def shifts_of(schedule: Schedule) -> list[ShiftRow]:
    """Return the schedule's shifts of the next four weeks, gaps included."""
    now = clock.now()
    return shift_rows(resolve(load_spec(schedule, now, now + WEEKS), now, now + WEEKS), now)


def table(schedule: Schedule | None) -> SafeString | str:
    """Return the next four weeks as a table, in the schedule's own zone."""
    if schedule is None or schedule.pk is None:
        return "Save the schedule, then add a layer: who takes turns, and when the pager changes hands."
    zone = zones.get(schedule.time_zone)
    rows = (
        (
            format_html(' class="{}"', "gap") if row.is_gap else "",
            local(row.shift.start, zone),
            local(row.shift.end, zone),
            format_html("<strong>{}</strong>", "nobody: a gap") if row.is_gap else str(row.person),
            row.shift.source or "–",
        )
        for row in shifts_of(schedule)
    )
    body = format_html_join("", "<tr{}><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
    head = format_html(
        "<tr><th>From</th><th>Until ({})</th><th>On call</th><th>Why</th></tr>", schedule.time_zone
    )
    return format_html(
        '<div class="schedule-preview" role="region" aria-label="The next four weeks" tabindex="0">'
        "<table><thead>{}</thead><tbody>{}</tbody></table></div>",
        head,
        body,
    )


def now_words(schedule: Schedule | None) -> str:
    """Return who is on call now: "Alice, Bob", or "nobody"."""
    if schedule is None or schedule.pk is None:
        return "–"
    names = [str(row.person) for row in shifts_of(schedule) if row.is_now and not row.is_gap]
    return ", ".join(names) or "nobody: a gap"


def words_now(schedules: Iterable[Schedule]) -> dict[int, str]:
    """Return who is on call now by each schedule, by primary key; as many queries for all as for one."""
    now = clock.now()
    specs = load_specs([schedule.pk for schedule in schedules], now, now + MOMENT)
    found = {pk: who(spec, now, ahead=MOMENT) for pk, spec in specs.items()}
    wanted = {shift.user_id for shifts in found.values() for shift in shifts}
    people = User.objects.filter(is_active=True).in_bulk([pk for pk in wanted if pk is not None])
    names = {
        pk: [str(people[s.user_id]) for s in shifts if s.user_id in people] for pk, shifts in found.items()
    }
    return {pk: ", ".join(listed) or "nobody: a gap" for pk, listed in names.items()}


def notes_list(schedule: Schedule | None) -> SafeString | str:
    """Return what there is to know of a schedule as a list: gaps, who is in it twice, hand-offs on a clock change."""
    sentences = notes(schedule) if schedule is not None and schedule.pk is not None else []
    items = format_html_join("", "<li>{}</li>", ((sentence,) for sentence in sentences))
    return format_html("<ul>{}</ul>", items) if sentences else "–"
