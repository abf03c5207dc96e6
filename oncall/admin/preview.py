"""What a schedule means: who is on call now and in the coming weeks, shown beside what an admin edits."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from common import clock, zones
from oncall.coverage import ShiftRow, shift_rows
from oncall.models import Schedule
from oncall.notes import WEEKS, local
from oncall.rota import load_spec, resolve


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
            local(row.shift.start, zone),
            local(row.shift.end, zone),
            format_html("<strong>{}</strong>", "nobody: a gap") if row.is_gap else str(row.person),
            row.shift.source or "–",
        )
        for row in shifts_of(schedule)
    )
    body = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
    head = format_html(
        "<tr><th>From</th><th>Until ({})</th><th>On call</th><th>Why</th></tr>", schedule.time_zone
    )
    return format_html(
        '<table class="schedule-preview"><thead>{}</thead><tbody>{}</tbody></table>', head, body
    )


def now_words(schedule: Schedule | None) -> str:
    """Return who is on call now: "Alice, Bob", or "nobody"."""
    if schedule is None or schedule.pk is None:
        return "–"
    names = [str(row.person) for row in shifts_of(schedule) if row.is_now and not row.is_gap]
    return ", ".join(names) or "nobody: a gap"
