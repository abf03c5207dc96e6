"""Fills the database by copying one incident inside it: 100 000 of them in seconds."""

from django.db import connection
from django.db.models import Model

from incidents.models import Component, Event, Incident, IncidentNumber, Status

EVENTS_EACH = 3


def grow_to(total: int, template: Incident) -> None:
    """Add closed copies of an incident, with components and events, until there are ``total`` incidents."""
    missing = total - Incident.objects.count()
    if missing <= 0:
        return
    counter = IncidentNumber.objects.get(pk=1)
    newest = Incident.objects.order_by("-pk").values_list("pk", flat=True)[0]
    _copy(
        Incident,
        template.pk,
        missing,
        number=f"{counter.last} + n.i",
        title="'Incident ' || n.i || CASE n.i % 5 WHEN 0 THEN ' webhooks' WHEN 1 THEN ' database' ELSE ' API' END",
        status=f"'{Status.CLOSED}'",
        severity="1 + n.i % 4",
        declared_severity="1 + n.i % 4",
        peak_severity="1 + n.i % 4",
        declared_at=_minutes_before("t.declared_at"),
        detected_at=_minutes_before("t.declared_at"),
        resolved_at=_minutes_before("t.declared_at"),
        ended_at=_minutes_before("t.declared_at"),
        event_sequence=str(EVENTS_EACH),
    )
    IncidentNumber.objects.filter(pk=1).update(last=counter.last + missing)
    _copy_details(template, newest)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _copy_details(template: Incident, newest: int) -> None:
    """Give each new incident a component and some events."""
    through = Incident.components.through._meta.db_table
    incidents, events = Incident._meta.db_table, Event._meta.db_table
    component = Component.objects.values_list("pk", flat=True)[0]
    event = Event.objects.filter(incident=template).values_list("pk", flat=True)[0]
    columns = [name for name in _columns(Event) if name not in ("incident_id", "sequence")]
    copied = ", ".join(f"e.{name}" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {through} (incident_id, component_id) "  # noqa: S608 - names from the models
            f"SELECT id, {component} FROM {incidents} WHERE id > {newest}"
        )
        cursor.execute(
            f"INSERT INTO {events} (incident_id, sequence, {', '.join(columns)}) "  # noqa: S608 - likewise
            f"{_numbers(EVENTS_EACH)} SELECT i.id, n.i, {copied} FROM {incidents} i, n, {events} e "
            f"WHERE i.id > {newest} AND e.id = {event}"
        )


def _columns(model: type[Model]) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields if not field.primary_key]


def _copy(model: type[Model], pk: int, count: int, **expressions: str) -> None:
    """Insert ``count`` copies of a row; ``n.i`` counts them, ``t`` is the row."""
    columns = _columns(model)
    values = ", ".join(expressions.get(name, f"t.{name}") for name in columns)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) {_numbers(count)} "  # noqa: S608 - names from the models
            f"SELECT {values} FROM n, {table} t WHERE t.id = {pk}"
        )


def _numbers(count: int) -> str:
    return f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"  # noqa: S608


def _minutes_before(column: str) -> str:
    """Return SQL for an instant that lies ``n.i`` minutes and a day before ``column``."""
    if connection.vendor == "postgresql":
        return f"{column} - interval '1 day' - n.i * interval '1 minute'"
    return f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-1 day', '-' || n.i || ' minutes')"
