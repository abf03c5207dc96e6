"""Each timeline entry in one plain sentence: for the page, the export, mails and other tools."""

from collections.abc import Callable
from typing import Any

from incidents.models import Event, EventKind, RoleDefinition, Severity, Status

Data = dict[str, Any]


def _severity(value: Any) -> str:
    return Severity(value).label if value in Severity.values else "?"


def _status(value: Any) -> str:
    return Status(value).label if value in Status.values else str(value or "?")


def _role(data: Data) -> str:
    key = data.get("role", "")
    return RoleDefinition.Key(key).label if key in RoleDefinition.Key.values else str(key)


def _declared(data: Data) -> str:
    where = ", ".join(data.get("components", []))
    after = f", following {data['follows']}" if data.get("follows") else ""
    return f"declared {_severity(data.get('severity'))}" + (f" on {where}" if where else "") + after


def _severity_changed(data: Data) -> str:
    verb = "raised" if data.get("to", 0) < data.get("from", 0) else "lowered"
    return f"{verb} the severity from {_severity(data.get('from'))} to {_severity(data.get('to'))}"


def _role_taken(data: Data) -> str:
    who, previous = data.get("user_label", "?"), data.get("previous_label")
    after = f", after {previous}" if previous else ""
    if data.get("self", True):
        return f"took {_role(data)}{after}"
    return f"made {who} {_role(data)}{after}"


def _acknowledged(data: Data) -> str:
    return "acknowledged: “I have it”" if not data.get("again") else "confirmed: still on it"


def _status_changed(data: Data) -> str:
    return f"changed the status from {_status(data.get('from'))} to {_status(data.get('to'))}"


def _gate(data: Data) -> str:
    words = {"passed": "confirmed the recovery check", "failed": "found the recovery check failing:",
             "waived": "waived the recovery check"}  # fmt: skip
    return f"{words.get(data.get('outcome', ''), 'recorded')} “{data.get('gate', '')}”"


def _tick(data: Data) -> str:
    words = {"done": "ticked", "passed": "passed the check", "failed": "found failing:"}
    return f"{words.get(data.get('outcome', ''), 'ticked')} “{data.get('step', '')}”"


_SENTENCES: dict[str, Callable[[Data], str]] = {
    EventKind.REPORTED: lambda d: "reported a problem",
    EventKind.DECLARED: _declared,
    EventKind.NOTE: lambda d: "noted",
    EventKind.DECISION: lambda d: f"decided: {d.get('choice', '')}",
    EventKind.HYPOTHESIS: lambda d: f"suspects: {d.get('theory', '')}",
    EventKind.HYPOTHESIS_CHANGED: lambda d: f"marked “{d.get('theory', '')}” as {d.get('state', '')}",
    EventKind.EVIDENCE: lambda d: "added evidence",
    EventKind.ACTION: lambda d: "did",
    EventKind.CORRECTION: lambda d: f"corrected entry #{d.get('sequence', '?')}",
    EventKind.STATUS_CHANGED: _status_changed,
    EventKind.SEVERITY_CHANGED: _severity_changed,
    EventKind.DETAILS_CHANGED: lambda d: "changed " + ", ".join(d.get("fields", [])),
    EventKind.COMPONENTS_CHANGED: lambda d: "set the components: " + (", ".join(d.get("components", [])) or "none"),
    EventKind.RESOLVED: lambda d: "resolved the incident",
    EventKind.REOPENED: lambda d: "reopened the incident",
    EventKind.CLOSED: lambda d: "closed the incident",
    EventKind.CANCELLED: lambda d: "cancelled: not an incident",
    EventKind.MERGED: lambda d: f"merged this into {d.get('into') or 'another incident'}",
    EventKind.MERGED_IN: lambda d: f"merged {d.get('merged', '?')} into this",
    EventKind.ROLE_TAKEN: _role_taken,
    EventKind.ROLE_OFFERED: lambda d: f"offered {_role(d)} to {d.get('user_label', '?')}",
    EventKind.ROLE_OFFER_ENDED: lambda d: f"{_role(d)} for {d.get('user_label', '?')}: {d.get('state', '?')}",
    EventKind.ROLE_RELEASED: lambda d: f"gave up {_role(d)}",
    EventKind.RESPONDER_JOINED: lambda d: "joined",
    EventKind.RESPONDER_LEFT: lambda d: "left",
    EventKind.ACKNOWLEDGED: _acknowledged,
    EventKind.STEP_TICKED: _tick,
    EventKind.STEP_CLEARED: lambda d: f"unticked “{d.get('step', '')}”",
    EventKind.CHECKPOINT_SET: lambda d: f"set a checkpoint: {d.get('question', '')}",
    EventKind.CHECKPOINT_DONE: lambda d: f"answered the checkpoint “{d.get('question', '')}”",
    EventKind.TASK_ASSIGNED: lambda d: f"asked {d.get('assignee_label', '?')} to: {d.get('title', '')}",
    EventKind.TASK_DONE: lambda d: f"finished: {d.get('title', '')}",
    EventKind.GATE_RECORDED: _gate,
    EventKind.IMPACT_ESTIMATED: lambda d: f"estimated the impact: {d.get('words', '')}",
    EventKind.WATCH_SET: lambda d: f"watches for alerts with {d.get('words', '')}",
    EventKind.OBSERVATION_CHECKED: lambda d: f"observation check at +{d.get('hours', '?')} h is due",
    EventKind.OBSERVATION_ENDED: lambda d: "the observation ended",
    EventKind.RESPONSE_WARNING: lambda d: "75 % of the response time is over and nobody has acknowledged",
    EventKind.RESPONSE_BREACHED: lambda d: "the response time is over and nobody has acknowledged",
}  # fmt: skip


def headline(event: Event) -> str:
    """Return what happened, to follow the actor's name: "raised the severity from SEV-3 to SEV-2".

    Kinds that an app above records carry their own sentence in ``data["headline"]``.
    """
    given = event.data.get("headline")
    if given:
        return str(given)
    sentence = _SENTENCES.get(event.kind)
    return sentence(event.data) if sentence else event.get_kind_display().lower()
