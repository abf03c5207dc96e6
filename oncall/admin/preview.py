"""What a schedule means: who is on call now and in the coming weeks, shown beside what an admin edits."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from common import clock
from oncall.coverage import ShiftRow, shift_rows
from oncall.models import Schedule
from oncall.rota import load_spec, odd_handoffs, resolve

WEEKS = timedelta(weeks=4)
YEAR = timedelta(days=366)
NAMED = 3


def shifts_of(schedule: Schedule) -> list[ShiftRow]:
    """Return the schedule's shifts of the next four weeks, gaps included."""
    now = clock.now()
    return shift_rows(resolve(load_spec(schedule, now, now + WEEKS), now, now + WEEKS), now)


def table(schedule: Schedule | None) -> SafeString | str:
    """Return the next four weeks as a table, in the schedule's own zone."""
    if schedule is None or schedule.pk is None:
        return "Save the schedule, then add a layer: who takes turns, and when the pager changes hands."
    zone = ZoneInfo(schedule.time_zone)
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


def gap_sentence(schedule: Schedule) -> str:
    """Return which gaps the next four weeks have, or "" when somebody is always on call."""
    zone = ZoneInfo(schedule.time_zone)
    gaps = [row.shift for row in shifts_of(schedule) if row.is_gap]
    if not gaps:
        return ""
    spans = [f"{local(gap.start, zone)} to {local(gap.end, zone)}" for gap in gaps[:NAMED]]
    more = f" and {len(gaps) - NAMED} more" if len(gaps) > NAMED else ""
    return (
        f"Nobody is on call in {schedule} from {'; from '.join(spans)}{more} ({schedule.time_zone}). "
        "Pages of that time go to the next position, else to the next role, at once."
    )


def clock_change_sentences(schedule: Schedule) -> list[str]:
    """Return what happens to hand-offs of the coming year that fall on a clock change."""
    now, sentences = clock.now(), []
    spec = load_spec(schedule, now, now + YEAR)
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
