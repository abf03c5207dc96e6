"""Changing what an incident says about itself."""

from collections.abc import Sequence
from datetime import datetime

from accounts.actor import Actor
from accounts.write import action
from common import clock
from common.errors import Invalid
from common.text import clean, clean_line
from incidents.access import require_responder
from incidents.events import record
from incidents.models import Component, EventKind, Incident, Status
from incidents.state import InvalidTransition, change, locked

_FLAGS = ("is_user_facing", "is_security", "is_data", "is_public", "is_private")
_TEXTS = {"description": 20_000, "impact": 4_000, "rollback_plan": 10_000}


@action
def change_details(
    *,
    by: Actor,
    incident: Incident,
    expected_version: int | None = None,
    title: str | None = None,
    description: str | None = None,
    impact: str | None = None,
    rollback_plan: str | None = None,
    bridge_url: str | None = None,
    impact_started_at: datetime | None = None,
    is_user_facing: bool | None = None,
    is_security: bool | None = None,
    is_data: bool | None = None,
    is_public: bool | None = None,
    is_private: bool | None = None,
) -> Incident:
    """Change title, texts, bridge and flags; ``None`` leaves a field alone. Return the incident.

    The flags start the business paths of whoever listens above (R49-R51). Nothing different: nothing is written.
    """
    require_responder(by)
    incident = locked(incident)
    if incident.status in (Status.CLOSED, Status.MERGED):
        raise InvalidTransition(incident, Status(incident.status))
    texts = {"description": description, "impact": impact, "rollback_plan": rollback_plan}
    flags = {"is_user_facing": is_user_facing, "is_security": is_security, "is_data": is_data, "is_public": is_public,
             "is_private": is_private}  # fmt: skip
    wanted: dict[str, object] = {k: clean(v, limit=_TEXTS[k]) for k, v in texts.items() if v is not None}
    wanted |= {k: v for k, v in flags.items() if v is not None}
    if title is not None:
        wanted["title"] = _title(title)
    if bridge_url is not None:
        wanted["bridge_url"] = _url(bridge_url)
    if impact_started_at is not None:
        if impact_started_at > clock.now():
            raise Invalid("This time is in the future.", field="impact_started_at")
        wanted["impact_started_at"] = impact_started_at
    changed = {k: v for k, v in wanted.items() if getattr(incident, k) != v}
    if changed:
        before = {k: str(getattr(incident, k) or "") for k in changed}
        change(incident, expected_version=expected_version, **changed)
        data = {
            "fields": [name.removeprefix("is_").replace("_", " ") for name in changed],
            "changed": sorted(changed),
            "before": before,
        }
        text = str(changed.get("impact", ""))
        record(incident, EventKind.DETAILS_CHANGED, by=by, text=text, data=data)
    return incident


def _title(text: str) -> str:
    title = clean_line(text)
    if not 0 < len(title) <= 200:
        raise Invalid("The title has between 1 and 200 characters.", field="title")
    return title


def _url(text: str) -> str:
    url = clean_line(text, limit=300)
    if url and not url.startswith(("https://", "http://")):
        raise Invalid("A web address begins with https://.", field="bridge_url")
    return url


@action
def change_components(
    *, by: Actor, incident: Incident, components: Sequence[Component], expected_version: int | None = None
) -> Incident:
    """Say what is affected; return the incident. The responsible team stays as it is."""
    require_responder(by)
    incident = locked(incident)
    if incident.status in (Status.CLOSED, Status.MERGED):
        raise InvalidTransition(incident, Status(incident.status))
    before = set(incident.components.values_list("pk", flat=True))
    after = {component.pk for component in components}
    if before != after:
        change(incident, expected_version=expected_version)
        incident.components.set(components)
        data = {"components": [component.name for component in components], "added": sorted(after - before)}
        record(incident, EventKind.COMPONENTS_CHANGED, by=by, data=data)
    return incident
