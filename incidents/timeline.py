"""Reading the timeline: a window of entries as a page shows them, and one entry as the live stream sends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from incidents.models import Event, EventKind, Incident

WINDOW = 100

# Filters of the page, in the order of their buttons. "all" leaves nothing out.
FILTERS: dict[str, tuple[EventKind, ...]] = {
    "all": (),
    "decisions": (
        EventKind.DECISION,
        EventKind.HYPOTHESIS,
        EventKind.HYPOTHESIS_CHANGED,
        EventKind.STATUS_CHANGED,
        EventKind.SEVERITY_CHANGED,
        EventKind.RESOLVED,
        EventKind.REOPENED,
    ),
    "people": (
        EventKind.NOTE,
        EventKind.ACTION,
        EventKind.EVIDENCE,
        EventKind.DECISION,
        EventKind.HYPOTHESIS,
        EventKind.UPDATE_PUBLISHED,
    ),
    "customer": (EventKind.UPDATE_PUBLISHED, EventKind.IMPACT_ESTIMATED),
}

# These entries stand inside the one they are about, not on their own.
_FOLDED = (EventKind.CORRECTION,)


@dataclass(frozen=True, slots=True)
class Window:
    """Some of a timeline, newest first. ``older`` is the number to continue from, or None at its beginning."""

    entries: list[Event]
    older: int | None
    shown: str


def detailed() -> QuerySet[Event]:
    """Return entries with all that their rendering needs, in a fixed number of queries."""
    corrections = Event.objects.select_related("actor").order_by("sequence")
    return Event.objects.select_related(
        "actor", "decision__point", "hypothesis", "incident"
    ).prefetch_related(Prefetch("corrections", queryset=corrections, to_attr="corrected_by"))


def window(incident: Incident, *, shown: str = "all", before: int | None = None) -> Window:
    """Return the newest ``WINDOW`` entries, of those numbered below ``before``. An unknown filter shows all."""
    shown = shown if shown in FILTERS else "all"
    events = detailed().filter(incident=incident).exclude(kind__in=_FOLDED)
    if FILTERS[shown]:
        events = events.filter(kind__in=FILTERS[shown])
    if before is not None:
        events = events.filter(sequence__lt=before)
    found = list(events.order_by("-sequence")[: WINDOW + 1])
    older = found[WINDOW - 1].sequence if len(found) > WINDOW else None
    return Window(found[:WINDOW], older, shown)


def after(incident_pk: int, sequence: int, limit: int) -> list[Event]:
    """Return an incident's entries with higher numbers, oldest first."""
    return list(
        detailed().filter(incident_id=incident_pk, sequence__gt=sequence).order_by("sequence")[:limit]
    )


def to_render(event: Event) -> Iterable[Event]:
    """Return the entries that look different since ``event``: itself, or the one it corrects or changes."""
    if event.kind == EventKind.CORRECTION:
        return detailed().filter(corrections=event)
    if event.kind == EventKind.HYPOTHESIS_CHANGED and "hypothesis" in event.data:
        changed = detailed().filter(
            incident_id=event.incident_id, hypothesis__pk=event.data["hypothesis"], kind=EventKind.HYPOTHESIS
        )
        return [*changed, event]
    return [event]


def render_entry(event: Event, zone: ZoneInfo) -> str:
    """Return the entry's HTML as everybody in this time zone sees it."""
    with timezone.override(zone):
        return render_to_string("incidents/_event.html", {"event": event})
