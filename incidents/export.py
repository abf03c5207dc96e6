"""The timeline as Markdown and as JSON, with every entry, correction and exact UTC instant."""

from datetime import UTC, datetime
from typing import Any

from incidents.describe import headline
from incidents.models import Event, Incident, Severity


def _instant(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if value else None


def _events(incident: Incident) -> list[Event]:
    return list(incident.events.order_by("sequence").select_related("corrects"))


def as_json(incident: Incident) -> dict[str, Any]:
    """Return the incident and its whole timeline, ready for ``json.dumps``; instants are UTC."""
    return {
        "reference": incident.reference,
        "title": incident.title,
        "status": incident.status,
        "severity": Severity(incident.severity).label,
        "peak_severity": Severity(incident.peak_severity).label,
        "drill": incident.is_drill,
        "components": [component.name for component in incident.components.all()],
        "instants": {
            name: _instant(getattr(incident, f"{name}_at"))
            for name in (
                "impact_started",
                "detected",
                "declared",
                "first_paged",
                "acknowledged",
                "mitigated",
                "resolved",
            )
        },
        "timeline": [_entry(event) for event in _events(incident)],
    }


def _entry(event: Event) -> dict[str, Any]:
    return {
        "number": event.sequence,
        "at": _instant(event.at),
        "recorded_at": _instant(event.recorded_at),
        "kind": event.kind,
        "actor": event.actor_label,
        "via": event.via,
        "headline": headline(event),
        "text": event.text,
        "data": event.data,
        "corrects": event.corrects.sequence if event.corrects else None,
    }


def as_markdown(incident: Incident) -> str:
    """Return the timeline as a Markdown document; what people wrote is quoted so that it cannot pose as structure."""
    lines = [
        f"# {incident.reference}: {_plain(incident.title)}",
        "",
        f"- **Status**: {incident.get_status_display()}",
        f"- **Severity**: {Severity(incident.severity).label} (peak {Severity(incident.peak_severity).label})",
        f"- **Declared**: {_instant(incident.declared_at) or 'not yet'} by {_plain(incident.declared_by_label)}",
        f"- **Resolved**: {_instant(incident.resolved_at) or 'not yet'}",
        "",
        "## Timeline",
        "",
    ]
    for event in _events(incident):
        lines.append(f"- `{_instant(event.at)}` **{_plain(event.actor_label)}** {_plain(headline(event))}")
        if event.text and event.text != headline(event):
            lines += ["", *(f"  > {line}".rstrip() for line in event.text.splitlines()), ""]
    return "\n".join(lines).rstrip() + "\n"


def _plain(text: str) -> str:
    """Return one line of text in which Markdown's marks are escaped."""
    line = " ".join(text.split())
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|" else char for char in line)
