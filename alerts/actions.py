"""What an alert does: it opens an incident, counts on an open one, or ends (R14, R17, R37)."""

import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import QuerySet
from django.db.models.functions import Least

from accounts import audit
from accounts.actor import Actor
from accounts.write import action, one_transaction
from alerts.intake import Signal, storable
from alerts.models import Alert, AlertSource
from common import clock
from common.counting import count_up
from common.errors import DomainError, Invalid
from common.text import clean_line
from incidents.actions.declaring import open_incident
from incidents.actions.lifecycle import may_reopen, reopen_incident
from incidents.actions.roles import holder
from incidents.actions.severity import set_severity
from incidents.events import record
from incidents.models import (
    ACTIVE_STATUSES,
    Component,
    EventKind,
    Incident,
    RoleDefinition,
    Severity,
    Status,
    WatchRule,
)
from incidents.state import locked

# How often a signal looks again when others open or end the same alert in between.
MOST_LOOKS = 5


class Overtaken(DomainError):
    """Somebody else opened or ended the same alert in between (503: the sender tries again)."""

    status = 503
    code = "overtaken"

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a signal: ``outcome`` is opened, repeated, attached, resolved or ignored."""

    outcome: str
    alert: Alert | None

    @property
    def incident(self) -> Incident | None:
        return self.alert.incident if self.alert else None


def digest(key: str) -> str:
    """Return the keyed digest under which a source's key is stored."""
    return hmac.new(settings.API_KEY_PEPPER.encode(), f"alert:{key}".encode(), hashlib.sha256).hexdigest()


def source_for(key: str) -> AlertSource | None:
    """Return the active source that a key belongs to."""
    return AlertSource.objects.filter(key_digest=digest(key), is_active=True).first()


def create_source(*, by: Actor, name: str, key: str = "", **fields: Any) -> tuple[AlertSource, str]:
    """Make a source; return it and its key, which is shown once. Raises ``Invalid`` without a name."""
    key = key or secrets.token_urlsafe(24)
    return _insert_source(by=by, name=name, key_digest=digest(key), key_hint=key[:4], **fields), key


@action
def _insert_source(*, by: Actor, name: str, key_digest: str, key_hint: str, **fields: Any) -> AlertSource:
    name = clean_line(name, limit=120)
    if not name:
        raise Invalid("Give the source a name.", field="name")
    if AlertSource.objects.filter(name=name).exists():
        raise Invalid("Another source has this name.", field="name")
    source = AlertSource.objects.create(name=name, key_digest=key_digest, key_hint=key_hint, **fields)
    audit.record(by=by, action="alert_source.created", about=source)
    return source


@action
def rotate_key(*, by: Actor, source: AlertSource, key_digest: str, key_hint: str) -> AlertSource:
    """Replace a source's key; the old one stops working at once. Return the source."""
    AlertSource.objects.filter(pk=source.pk).update(key_digest=key_digest, key_hint=key_hint)
    audit.record(by=by, action="alert_source.key_rotated", about=source)
    source.refresh_from_db()
    return source


def receive(source: AlertSource, signal: Signal, payload: dict[str, Any]) -> Receipt:
    """Store a signal and act on it; all of it is committed when this returns.

    A repeat of an open alert costs one look and one UPDATE. Two first signals at the same instant open one incident:
    the unique constraint decides, and the second looks again and counts as a repeat.
    """
    now = clock.now()
    _touch(source, now)
    if signal.resolves:
        return _resolve(source, signal, now)
    for _ in range(MOST_LOOKS):
        with suppress(Overtaken):
            return _fire(source, signal, payload, now)
    raise Overtaken("Others open and end this alert at this very moment. Send it again.")


def _touch(source: AlertSource, now: datetime) -> None:
    if source.last_used_at is None or now - source.last_used_at > timedelta(minutes=1):
        AlertSource.objects.filter(pk=source.pk).update(last_used_at=now)


def _open_alerts(source: AlertSource, signal: Signal) -> QuerySet[Alert]:
    return Alert.objects.filter(source=source, dedup_key=signal.dedup_key, state=Alert.State.OPEN)


def _fire(source: AlertSource, signal: Signal, payload: dict[str, Any], now: datetime) -> Receipt:
    """Open the alert or count its repeat. Raises ``Overtaken``, and leaves nothing, if it changed in between."""
    answered = ("dedup_key", "severity", "note", "incident__number")
    alert = _open_alerts(source, signal).select_related("incident").only(*answered).first()
    if alert is None:
        return _first(source, signal, payload, now)
    if signal.severity is not None and signal.severity < alert.severity:
        return _worse(source, alert, signal.severity, now)
    return _repeated(alert, now)


def _repeated(alert: Alert, now: datetime, **also: Any) -> Receipt:
    here = Alert.objects.filter(pk=alert.pk, incident=alert.incident_id, state=Alert.State.OPEN)
    count = count_up(here, "count", last_at=now, **also)
    if count is None:
        raise Overtaken
    alert.count = count
    return Receipt("repeated", alert)


def _worse(source: AlertSource, alert: Alert, severity: int, now: datetime) -> Receipt:
    """Count a repeat that is worse than its alert was, and raise the incident."""
    with one_transaction():
        # In the order of everybody else: first the incident, then its alerts.
        incident = locked(alert.incident) if alert.incident else None
        receipt = _repeated(alert, now, severity=Least("severity", severity))
        alert.severity = severity
        if incident is not None:
            alert.incident = _at_least(incident, severity, _sender(source), "The alert got worse")
    return receipt


def _sender(source: AlertSource) -> Actor:
    return Actor.machine(source.name, via="alert")


def _at_least(incident: Incident, severity: int, by: Actor, reason: str) -> Incident:
    """Raise a locked, active incident to a severity if it is less severe; whoever is due then is paged."""
    if incident.is_active and severity < incident.severity:
        return set_severity(by=by, incident=incident, severity=severity, reason=reason)
    return incident


def _first(source: AlertSource, signal: Signal, payload: dict[str, Any], now: datetime) -> Receipt:
    with one_transaction():
        try:
            alert = _insert(source, signal, payload, now)
        except IntegrityError as error:
            raise Overtaken from error
        return _act_on(alert, signal, _sender(source), now)


def _act_on(alert: Alert, signal: Signal, by: Actor, now: datetime) -> Receipt:
    watched = _join_watched(alert, signal, by, now)
    if watched is not None:
        return watched
    incident = open_incident(
        by=by,
        title=alert.title,
        severity=alert.severity,
        description=alert.description,
        components=[alert.component] if alert.component else [],
        detected_at=now,
        source=Incident.Source.ALERT,
    )
    _attach(alert, incident, by, "the alert that declared this")
    return Receipt("opened", alert)


def _insert(source: AlertSource, signal: Signal, payload: dict[str, Any], now: datetime) -> Alert:
    component, note = _component(source, signal)
    severity = signal.severity
    if severity is None:
        severity = source.default_severity
        said = f"“{signal.severity_text}” is unknown" if signal.severity_text else "none was given"
        note = f"{note} Severity: {said}, {Severity(severity).label} by the source's setting.".strip()
    return Alert.objects.create(
        source=source,
        dedup_key=signal.dedup_key,
        title=signal.title,
        description=signal.description,
        severity=severity,
        severity_text=signal.severity_text,
        component=component,
        labels=signal.labels,
        link=signal.link,
        payload=storable(payload),
        first_at=now,
        last_at=now,
        note=note[:200],
    )


def _component(source: AlertSource, signal: Signal) -> tuple[Component | None, str]:
    """Return the component that an alert is about, with its team, and what to say where its name is unknown."""
    components = Component.objects.select_related("team__calendar")
    note = ""
    if signal.component:
        known = components.filter(is_active=True)
        found = (
            known.filter(slug__iexact=signal.component).first()
            or known.filter(name__iexact=signal.component).first()
        )
        if found:
            return found, ""
        note = f"Component “{signal.component}” is unknown."
    own = components.filter(pk=source.default_component_id).first() if source.default_component_id else None
    return own, note


def _attach(alert: Alert, incident: Incident, by: Actor, words: str, **data: Any) -> None:
    alert.incident = incident
    Alert.objects.filter(pk=alert.pk).update(incident=incident)
    details = {
        "headline": f"alert: {alert.title}",
        "alert": alert.pk,
        "link": alert.link,
        "labels": alert.labels,
        "note": alert.note,
        "what": words,
    }
    record(incident, EventKind.ALERT, by=by, text=alert.note, data=details | data)


def _join_watched(alert: Alert, signal: Signal, by: Actor, now: datetime) -> Receipt | None:
    """Join the alert to the incident that watches for it, whose commander is paged (R37); ``None`` if none does.

    A resolved one is reopened: it is a regression, and somebody has to answer for it as for a new one. Where neither a
    reopening nor a commander would page anybody, the alert goes on to declare an incident of its own.
    """
    watching = [Status.RESOLVED, *ACTIVE_STATUSES]
    rules = WatchRule.objects.filter(expires_at__gt=now, incident__status__in=watching).select_related(
        "incident"
    )
    for rule in rules.order_by("-pk"):
        if not rule.labels or any(signal.labels.get(k) != v for k, v in rule.labels.items()):
            continue
        incident = locked(rule.incident)
        if incident.status == Status.RESOLVED and may_reopen(incident):
            incident = reopen_incident(by=by, incident=incident, reason=f"On the watch-list: {alert.title}")
        elif not (incident.is_active and _has_commander(incident)):
            continue
        incident = _at_least(incident, alert.severity, by, "An alert of the watch-list is worse")
        # The escalation app pages the commander when it sees this mark; here nothing is known of pages.
        _attach(alert, incident, by, "on the watch-list", page_commander=True)
        return Receipt("attached", alert)
    return None


def _has_commander(incident: Incident) -> bool:
    commander = holder(incident, RoleDefinition.Key.COMMANDER)
    return commander is not None and commander.is_active


def _resolve(source: AlertSource, signal: Signal, now: datetime) -> Receipt:
    with one_transaction():
        alert = _open_alerts(source, signal).select_related("incident").first()
        if alert is None:
            return Receipt("ignored", None)
        if alert.incident:
            # In the order of everybody else: first the incident, then its alerts.
            alert.incident = locked(alert.incident)
        if not _open_alerts(source, signal).update(state=Alert.State.RESOLVED, resolved_at=now):
            return Receipt("ignored", None)
        alert.state, alert.resolved_at = Alert.State.RESOLVED, now
        if alert.incident:
            data = {"headline": f"alert recovered: {alert.title}", "alert": alert.pk, "recovered": True}
            record(alert.incident, EventKind.ALERT, by=_sender(source), data=data)
    return Receipt("resolved", alert)
