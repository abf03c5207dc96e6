"""Reads of the list pages. Each has a fixed number of queries, and a time that does not grow with old incidents."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from common import clock
from incidents.models import ACTIVE_STATUSES, Component, Incident, SeverityDefinition, Status, Symptom
from incidents.wordsearch import has_words

PAGE_SIZE = 50
RECENT = timedelta(hours=48)
_NUMBER = re.compile(r"^(?:inc)?[-\s#]*([0-9]{1,9})$", re.IGNORECASE)

# Sort keys of the page, with the index that serves each and the field that breaks ties.
SORTS = {"number": "number", "severity": "severity", "declared": "declared_at"}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list: no count of everything, since counting 100 000 rows costs more than showing fifty."""

    incidents: list[Incident]
    number: int
    has_next: bool
    filters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_previous(self) -> bool:
        return self.number > 1


def search(user: User, filters: Mapping[str, Any], *, page: int = 1) -> Page:
    """Return a page of the incidents this person may know of that fit the filters (``forms.FilterForm``)."""
    incidents = _filtered(Incident.objects.visible_to(user), filters)
    incidents = _sorted(incidents, filters.get("sort") or "-number")
    page = max(1, min(page, 2000))
    start = (page - 1) * PAGE_SIZE
    # Only the keys are sorted and skipped; the rows with their people follow for the fifty that are shown.
    keys = list(incidents.values_list("pk", flat=True)[start : start + PAGE_SIZE + 1])
    rows = Incident.objects.filter(pk__in=keys[:PAGE_SIZE]).with_people().in_bulk()
    return Page([rows[pk] for pk in keys[:PAGE_SIZE]], page, len(keys) > PAGE_SIZE, filters)


def _filtered(incidents: QuerySet[Incident], filters: Mapping[str, Any]) -> QuerySet[Incident]:
    if text := filters.get("q"):
        incidents = incidents.filter(matches(text))
    if status := filters.get("status"):
        incidents = incidents.filter(_in_status(status))
    for name in ("severity", "team"):
        if filters.get(name):
            incidents = incidents.filter(**{name: filters[name]})
    if filters.get("component"):
        incidents = incidents.filter(_of_component(filters["component"]))
    if filters.get("drill"):
        incidents = incidents.filter(is_drill=filters["drill"] == "only")
    if filters.get("since"):
        incidents = incidents.filter(detected_at__gte=filters["since"])
    if filters.get("until"):
        incidents = incidents.filter(detected_at__lt=filters["until"])
    return incidents


def _of_component(component: Component) -> Exists:
    # EXISTS instead of IN: the newest fifty are found without collecting all of a component's past first.
    links = Incident.components.through.objects.filter(component=component, incident=OuterRef("pk"))
    return Exists(links)


def matches(text: str) -> Q:
    """Return what finds an incident by number ("INC-42", "42") or by words of its title or description."""
    if match := _NUMBER.match(text.strip()):
        number = Q(number=int(match[1]))
        return number if text.strip().upper().startswith("INC") else number | has_words(text)
    return has_words(text)


def _in_status(value: str) -> Q:
    """Return what "open", "over" or one status means. "Over" says what it is not, so that the newest are at hand."""
    if value == "open":
        return Q(status__in=ACTIVE_STATUSES)
    return ~Q(status__in=(Status.REPORTED, *ACTIVE_STATUSES)) if value == "over" else Q(status=value)


def _sorted(incidents: QuerySet[Incident], sort: str) -> QuerySet[Incident]:
    key, sign = sort.lstrip("-"), "-" if sort.startswith("-") else ""
    column = SORTS.get(key)
    if column is None or column == "number":
        return incidents.order_by(f"{sign}number" if column else "-number")
    return incidents.order_by(f"{sign}{column}", "-number")


def open_now(user: User) -> list[Incident]:
    """Return the incidents being worked on, worst clock first."""
    return list(Incident.objects.visible_to(user).active().with_people().worst_clock_first()[:100])


def in_triage(user: User) -> list[Incident]:
    """Return the reports that wait for a decision, oldest first."""
    return list(Incident.objects.visible_to(user).in_triage().order_by("number")[:50])


def recently_over(user: User, now: datetime | None = None) -> list[Incident]:
    """Return the last few incidents that were resolved within ``RECENT``, newest first."""
    since = (now or clock.now()) - RECENT
    recent = Incident.objects.visible_to(user).filter(status=Status.RESOLVED, resolved_at__gte=since)
    return list(recent.with_people().order_by("-resolved_at")[:5])


def similar(user: User, title: str, components: list[Component]) -> list[Incident]:
    """Return open incidents that may be the same thing: of a component, or with two words of the title in common."""
    words = {word.lower() for word in re.findall(r"\w{4,}", title)}
    open_ones = Incident.objects.visible_to(user).active().real().prefetch_related("components")
    chosen = {component.pk for component in components}

    def is_similar(incident: Incident) -> bool:
        shared = words & {word.lower() for word in re.findall(r"\w{4,}", incident.title)}
        return bool(chosen & {c.pk for c in incident.components.all()}) or len(shared) >= 2

    return [incident for incident in open_ones.order_by("severity", "-number")[:100] if is_similar(incident)][
        :5
    ]


def severities() -> list[SeverityDefinition]:
    """Return the severities with up to four ``examples`` each: the symptoms that propose them (R02-R06)."""
    definitions, symptoms = list(SeverityDefinition.objects.all()), list(Symptom.objects.all())
    for definition in definitions:
        examples = [symptom.text for symptom in symptoms if symptom.severity == definition.level]
        definition.examples = examples[:4]  # type: ignore[attr-defined]
    return definitions
