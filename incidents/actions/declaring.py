"""How an incident begins: declared by a person, an alert or an integration, or reported and then triaged."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from accounts import calendars
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
    follows: Incident | None = None,
) -> Incident:
    """Open an incident, start its clocks and page who is due now; return it (R02-R06, R17, R20, R21).

    Without ``severity`` the worst of the ticked symptoms counts. ``follows`` is an earlier incident that came back too
    late to be reopened. Raises ``Invalid`` for a missing title or severity, for times in the future, and for following
    one that is not over. This is ``declare`` for callers that have a transaction of their own: the alert intake.
    """
    require_responder(by)
    now = clock.now()
    level = _severity(severity, symptoms)
    team = team or team_for(components)
    detected_at = _past(detected_at, now, "detected_at") or now
    when = response.deadline(level, detected_at, calendars.for_team(team))
    incident = _create(
        by=by,
        status=Status.INVESTIGATING,
        title=title,
        severity=level,
        description=description,
        team=team,
        is_drill=is_drill,
        is_private=is_private,
        is_user_facing=is_user_facing or any(component.is_user_facing for component in components),
        is_security=is_security or any(symptom.flags_security for symptom in symptoms),
        is_data=is_data or any(symptom.flags_data for symptom in symptoms),
        is_public=is_public,
        detected_at=detected_at,
        impact_started_at=_past(impact_started_at, now, "impact_started_at"),
        declared_at=now,
        source=source,
        follows=_over(follows, is_drill=is_drill),
        **_response_fields(detected_at, when),
    )
    incident.components.add(*components)
    _begin(incident, when, by=by, components=components, symptoms=symptoms)
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
    when = response.deadline(level, incident.detected_at, calendars.for_team(team))
    fields |= _response_fields(incident.detected_at, when) | _meeting_places(incident.number)
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
    _begin(incident, when, by=by, components=components, symptoms=symptoms)
    return incident


def _begin(
    incident: Incident,
    when: response.Deadline,
    *,
    by: Actor,
    components: Sequence[Component],
    symptoms: Sequence[Symptom],
) -> None:
    if by.user is not None:
        joined = Responder(incident=incident, user=by.user, joined_at=clock.now())
        Responder.objects.bulk_create([joined], ignore_conflicts=True)
    response.arm_reminders(incident, when)
    data = {
        "severity": incident.severity,
        "components": [component.name for component in components],
        "symptoms": [symptom.text for symptom in symptoms],
        "team": incident.team.name if incident.team else "",
        "drill": incident.is_drill,
    } | ({"follows": incident.follows.reference} if incident.follows else {})
    record(incident, EventKind.DECLARED, by=by, text=incident.description, data=data)


def _create(*, by: Actor, title: str, description: str, severity: int, **fields: object) -> Incident:
    description = clean(description)
    if len(description) > MAX_DESCRIPTION:
        raise Invalid(f"This description is longer than {MAX_DESCRIPTION:,} characters.", field="description")
    number = _next_number()
    if fields["status"] != Status.REPORTED:
        fields |= _meeting_places(number)
    return Incident.objects.create(
        number=number,
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


def _over(follows: Incident | None, *, is_drill: bool) -> Incident | None:
    """Return the incident that may be followed: one that is over, and a drill only by a drill."""
    if follows is None:
        return None
    if not follows.is_over:
        state = follows.get_status_display().lower()
        raise Invalid(f"{follows.reference} is {state}: work on it instead of following it.", field="follows")
    if follows.is_drill != is_drill:
        raise Invalid("A drill and a real incident cannot follow each other.", field="follows")
    return follows


def _past(instant: datetime | None, now: datetime, field: str) -> datetime | None:
    if instant is not None and instant > now + timedelta(minutes=1):
        raise Invalid("This time is in the future.", field=field)
    return instant


def _response_fields(start: datetime, when: response.Deadline) -> dict[str, Any]:
    return {"response_started_at": start, "response_due_at": when.due_at}


def _meeting_places(number: int) -> dict[str, Any]:
    """Return the bridge's and the channel's address by the organisation's templates (R24)."""
    settings, reference = IncidentSettings.load(), Incident(number=number).reference
    return {
        "bridge_url": settings.filled("bridge_url_template", reference),
        "channel": settings.filled("channel_template", reference.lower()),
    }
