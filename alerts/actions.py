"""What an alert does: it opens an incident, counts on an open one, or ends (R14, R17, R37)."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts import audit
from accounts.actor import Actor
from accounts.write import action
from alerts.intake import Signal, storable
from alerts.models import Alert, AlertSource
from common import clock
from common.errors import Invalid
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
    found = (
        AlertSource.objects.filter(key_digest=digest(key)).select_related("default_component__team").first()
    )
    return found if found and found.is_active else None


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
    """Store a signal and act on it, in one transaction that is committed when this returns.

    A repeat of an open alert costs one UPDATE. Two first signals at the same instant open one incident: the unique
    constraint decides, and the second counts as a repeat.
    """
    with transaction.atomic(durable=True):
        now = clock.now()
        _touch(source, now)
        return _resolve(source, signal, now) if signal.resolves else _fire(source, signal, payload, now)


def _touch(source: AlertSource, now: datetime) -> None:
    if source.last_used_at is None or now - source.last_used_at > timedelta(minutes=1):
        AlertSource.objects.filter(pk=source.pk).update(last_used_at=now)


def _open_alerts(source: AlertSource, signal: Signal) -> Any:
    return Alert.objects.filter(source=source, dedup_key=signal.dedup_key, state=Alert.State.OPEN)


def _repeat(source: AlertSource, signal: Signal, now: datetime) -> Receipt | None:
    """Count a repeat of an open alert; return ``None`` if none is open. One that got worse raises its incident."""
    here = _open_alerts(source, signal)
    if signal.severity is not None:
        milder = here.filter(severity__gt=signal.severity).exclude(incident=None).select_related("incident")
        for alert in milder:
            locked(alert.incident)  # in the order of everybody else: first the incident, then its alerts
    if not here.update(count=F("count") + 1, last_at=now):
        return None
    alert = here.select_related("incident").get()
    if signal.severity is not None and signal.severity < alert.severity:
        alert.severity = signal.severity
        here.update(severity=signal.severity)
        if alert.incident is not None:
            alert.incident = _at_least(
                alert.incident, signal.severity, _sender(source), "The alert got worse"
            )
    return Receipt("repeated", alert)


def _sender(source: AlertSource) -> Actor:
    return Actor.machine(source.name, via="alert")


def _at_least(incident: Incident, severity: int, by: Actor, reason: str) -> Incident:
    """Raise an active incident to a severity if it is less severe; whoever is due then is paged."""
    incident = locked(incident)
    if incident.is_active and severity < incident.severity:
        return set_severity(by=by, incident=incident, severity=severity, reason=reason)
    return incident


def _fire(source: AlertSource, signal: Signal, payload: dict[str, Any], now: datetime) -> Receipt:
    repeated = _repeat(source, signal, now)
    if repeated is not None:
        return repeated
    alert = _insert_once(source, signal, payload, now)
    if isinstance(alert, Receipt):
        return alert
    by = _sender(source)
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


def _insert_once(
    source: AlertSource, signal: Signal, payload: dict[str, Any], now: datetime
) -> Alert | Receipt:
    """Store a first alert; if another of the same key was faster, count as its repeat, even if it just ended."""
    for _ in range(3):
        try:
            with transaction.atomic():
                return _insert(source, signal, payload, now)
        except IntegrityError:
            repeated = _repeat(source, signal, now)
            if repeated is not None:
                return repeated
    return _insert(source, signal, payload, now)


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
    if not signal.component:
        return source.default_component, ""
    known = Component.objects.filter(is_active=True).select_related("team")
    found = (
        known.filter(slug__iexact=signal.component).first()
        or known.filter(name__iexact=signal.component).first()
    )
    if found:
        return found, ""
    return source.default_component, f"Component “{signal.component}” is unknown."


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
