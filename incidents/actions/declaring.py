"""How an incident begins: declared by a person, an alert or an integration, or reported and then triaged."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from accounts.actor import Actor
from accounts.models import Team
from accounts.write import action
from common import clock
from common.counting import count_up
from common.errors import Invalid
from common.text import clean, clean_line
from incidents import response
from incidents.access import require_responder
from incidents.events import record
from incidents.models import (
    Component,
    EventKind,
    Incident,
    IncidentNumber,
    IncidentSettings,
    Responder,
    Severity,
    Status,
    Symptom,
)
from incidents.state import locked, move

MAX_DESCRIPTION = 20_000


def open_incident(
    *,
    by: Actor,
    title: str,
    severity: int | None = None,
    description: str = "",
    components: Sequence[Component] = (),
    team: Team | None = None,
    symptoms: Sequence[Symptom] = (),
    is_drill: bool = False,
    is_private: bool = False,
    is_user_facing: bool = False,
    is_security: bool = False,
    is_data: bool = False,
    is_public: bool = False,
    detected_at: datetime | None = None,
    impact_started_at: datetime | None = None,
    source: str = Incident.Source.PERSON,
) -> Incident:
    """Open an incident, start its clocks and page who is due now; return it (R02-R06, R17, R20, R21).

    Without ``severity`` the worst of the ticked symptoms counts. Raises ``Invalid`` for a missing title or severity and
    for times in the future. This is ``declare`` for callers that have a transaction of their own: the alert intake.
    """
    require_responder(by)
    now = clock.now()
    level = _severity(severity, symptoms)
    incident = _create(
        by=by,
        status=Status.INVESTIGATING,
        title=title,
        severity=level,
        description=description,
        team=team or team_for(components),
        is_drill=is_drill,
        is_private=is_private,
        is_user_facing=is_user_facing or any(component.is_user_facing for component in components),
        is_security=is_security or any(symptom.flags_security for symptom in symptoms),
        is_data=is_data or any(symptom.flags_data for symptom in symptoms),
        is_public=is_public,
        detected_at=_past(detected_at, now, "detected_at") or now,
        impact_started_at=_past(impact_started_at, now, "impact_started_at"),
        declared_at=now,
        source=source,
    )
    incident.components.set(components)
    _begin(incident, by=by, components=components, symptoms=symptoms)
    return incident


declare = action(open_incident)


@action
def report(*, by: Actor, title: str, description: str = "") -> Incident:
    """Put a problem into triage; nobody is paged until somebody declares it (R18). Return the incident."""
    now = clock.now()
    severity = Severity.SEV4  # not a judgement yet: triage decides
    incident = _create(
        by=by, status=Status.REPORTED, title=title, severity=severity, description=description,
        team=Team.objects.filter(is_default=True).first(), detected_at=now, source=Incident.Source.REPORT,
    )  # fmt: skip
    record(incident, EventKind.REPORTED, by=by, text=incident.description)
    return incident


@action
def declare_report(
    *,
    by: Actor,
    incident: Incident,
    severity: int | None = None,
    components: Sequence[Component] = (),
    symptoms: Sequence[Symptom] = (),
    title: str = "",
    expected_version: int | None = None,
) -> Incident:
    """Turn a report into an incident (R19); return it. The response clock has run since the report."""
    require_responder(by)
    level = _severity(severity, symptoms)
    incident = locked(incident)
    fields: dict[str, Any] = {
        "severity": level,
        "declared_severity": level,
        "peak_severity": level,
        "declared_at": clock.now(),
    }
    if title:
        fields["title"] = _title(title)
    team = team_for(components) if components else incident.team
    move(
        incident,
        Status.INVESTIGATING,
        expected_version=expected_version,
        team=team,
        is_user_facing=incident.is_user_facing or any(component.is_user_facing for component in components),
        is_security=incident.is_security or any(symptom.flags_security for symptom in symptoms),
        is_data=incident.is_data or any(symptom.flags_data for symptom in symptoms),
        **fields,
    )
    incident.components.set(components)
    _begin(incident, by=by, components=components, symptoms=symptoms)
    return incident


def _begin(
    incident: Incident, *, by: Actor, components: Sequence[Component], symptoms: Sequence[Symptom]
) -> None:
    _open_bridge(incident)
    if by.user is not None:
        Responder.objects.get_or_create(incident=incident, user=by.user, defaults={"joined_at": clock.now()})
    response.start_clock(incident, start=incident.detected_at)
    data = {
        "severity": incident.severity,
        "components": [component.name for component in components],
        "symptoms": [symptom.text for symptom in symptoms],
        "team": incident.team.name if incident.team else "",
        "drill": incident.is_drill,
    }
    record(incident, EventKind.DECLARED, by=by, text=incident.description, data=data)
    incident.refresh_from_db()


def _create(*, by: Actor, title: str, description: str, severity: int, **fields: object) -> Incident:
    description = clean(description)
    if len(description) > MAX_DESCRIPTION:
        raise Invalid(f"This description is longer than {MAX_DESCRIPTION:,} characters.", field="description")
    return Incident.objects.create(
        number=_next_number(),
        title=_title(title),
        description=description,
        severity=severity,
        declared_severity=severity,
        peak_severity=severity,
        declared_by=by.user,
        declared_by_label=by.label[:160],
        **fields,
    )


def _next_number() -> int:
    """Return the next number, under a lock that lasts until the transaction ends: none is skipped, none comes twice."""
    counter = IncidentNumber.objects.filter(pk=1)
    while (number := count_up(counter, "last")) is None:
        IncidentNumber.objects.bulk_create([IncidentNumber(pk=1, last=0)], ignore_conflicts=True)
    return number


def _title(text: str) -> str:
    title = clean_line(text)
    if not title:
        raise Invalid("Say in a few words what is wrong.", field="title")
    if len(title) > 200:
        raise Invalid(
            f"The title has {len(title)} characters; 200 is the most. Put the rest below.", field="title"
        )
    return title


def _severity(severity: int | None, symptoms: Sequence[Symptom]) -> int:
    if severity is None:
        if not symptoms:
            raise Invalid("Choose a severity, or tick what you see.", field="severity")
        return min(symptom.severity for symptom in symptoms)
    if severity not in Severity.values:
        raise Invalid(f"There is no severity {severity}: choose 1 (worst) to 4.", field="severity")
    return severity


def team_for(components: Sequence[Component]) -> Team | None:
    """Return the team an incident of these components goes to: the first that has one, else the default team."""
    for component in components:
        if component.team:
            return component.team
    return Team.objects.filter(is_default=True).first() or Team.objects.order_by("pk").first()


def _past(instant: datetime | None, now: datetime, field: str) -> datetime | None:
    if instant is not None and instant > now + timedelta(minutes=1):
        raise Invalid("This time is in the future.", field=field)
    return instant


def _open_bridge(incident: Incident) -> None:
    """Fill in the bridge's and the channel's address from the organisation's templates (R24)."""
    settings = IncidentSettings.load()
    bridge = (
        settings.bridge_url_template.format(reference=incident.reference)
        if settings.bridge_url_template
        else ""
    )
    channel = settings.channel_template.format(reference=incident.reference.lower())
    Incident.objects.filter(pk=incident.pk).update(bridge_url=bridge, channel=channel)
    incident.bridge_url, incident.channel = bridge, channel
