"""Reading incidents, their timelines, and the definitions they are made from."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.rest import ActionView, actor_of, person, run
from common.errors import Invalid
from incidents import actions, export, queries
from incidents.access import incident_for, require_responder
from incidents.api import inputs, shapes
from incidents.api.base import shown, the_incident
from incidents.models import (
    ACTIVE_STATUSES,
    Component,
    Event,
    GateDefinition,
    Incident,
    Phase,
    PhaseStep,
    RoleDefinition,
    Severity,
    SeverityDefinition,
    Status,
    Symptom,
)

MAX_EVENTS = 500


class IncidentFilter(filters.FilterSet):
    """``status`` and ``severity`` may be repeated; dates are ISO 8601 with a zone."""

    status = filters.MultipleChoiceFilter(choices=[*Status.choices, ("active", "Active")], method="by_status")
    severity = filters.MultipleChoiceFilter(choices=Severity.choices)
    team = filters.CharFilter(field_name="team__slug", label="Slug of the responsible team.")
    component = filters.CharFilter(method="by_component", label="Slug of a component.")
    drill = filters.BooleanFilter(field_name="is_drill", label="Only drills, or none.")
    q = filters.CharFilter(
        method="by_words", max_length=200, label="Number, or words of title and description."
    )
    declared_after = filters.IsoDateTimeFilter(field_name="declared_at", lookup_expr="gte")
    declared_before = filters.IsoDateTimeFilter(field_name="declared_at", lookup_expr="lt")
    ordering = filters.OrderingFilter(fields=["number", "severity", "declared_at"])

    def by_status(self, rows: QuerySet[Incident], name: str, value: list[str]) -> QuerySet[Incident]:
        wanted = {status for status in value if status != "active"}
        if "active" in value:
            wanted |= set(ACTIVE_STATUSES)
        return rows.filter(status__in=wanted) if wanted else rows

    def by_component(self, rows: QuerySet[Incident], name: str, value: str) -> QuerySet[Incident]:
        touched = Incident.components.through.objects.filter(component__slug=value)
        return rows.filter(pk__in=touched.values("incident"))

    def by_words(self, rows: QuerySet[Incident], name: str, value: str) -> QuerySet[Incident]:
        return rows.filter(queries.matches(value))


class Incidents(ListAPIView[Incident], ActionView):
    """The incidents you may know of, newest first. POST declares one and pages whoever is due (R20)."""

    serializer_class = inputs.DeclareInput
    response_serializer_class = shapes.IncidentShape
    response_status = 201
    filterset_class = IncidentFilter

    def get_queryset(self) -> QuerySet[Incident]:
        if getattr(self, "swagger_fake_view", False):
            return Incident.objects.none()
        return Incident.objects.visible_to(person(self.request)).with_people().order_by("-number")

    def get_serializer_class(self) -> Any:
        return shapes.IncidentRow if self.request.method == "GET" else inputs.DeclareInput

    @extend_schema(responses=shapes.IncidentRow(many=True), operation_id="incidents_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def admit(self, request: Request, **kwargs: Any) -> None:
        require_responder(actor_of(request))

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        if reference := data.pop("follows", ""):
            data["follows"] = incident_for(person(request), reference)
        source = Incident.Source.API if request.auth is not None else Incident.Source.PERSON
        return shown(run(actions.declare, request, source=source, **data))


class IncidentDetail(GenericAPIView[Incident]):
    """One incident."""

    serializer_class = shapes.IncidentShape

    @extend_schema(operation_id="incidents_retrieve")
    def get(self, request: Request, reference: str) -> Response:
        return Response(
            shapes.IncidentShape(shown(the_incident(request, reference)), context={"request": request}).data
        )


class Timeline(APIView):
    """Entries in the order of their numbers. Ask with the last number you have: none is missed, none comes twice."""

    @extend_schema(
        operation_id="incidents_timeline",
        parameters=[
            OpenApiParameter("after", int, description="Only entries with a higher number. Default 0."),
            OpenApiParameter(
                "limit", int, description=f"At most so many; default 100, at most {MAX_EVENTS}."
            ),
        ],
        responses=shapes.EventShape(many=True),
    )
    def get(self, request: Request, reference: str) -> Response:
        incident = the_incident(request, reference)
        after, limit = _number(request, "after", 0, 2**31 - 1), _number(request, "limit", 100, MAX_EVENTS)
        events = Event.objects.filter(incident=incident, sequence__gt=after).select_related("corrects")
        return Response(shapes.EventShape(events.order_by("sequence")[:limit], many=True).data)


def _number(request: Request, name: str, default: int, most: int) -> int:
    given = request.query_params.get(name, "")
    if not given:
        return default
    if not given.isascii() or not given.isdecimal() or len(given) > 12 or int(given) > most:
        raise Invalid(f"This has to be a whole number from 0 to {most:,}.", field=name)
    return int(given)


class TimelineMarkdown(APIView):
    """The whole timeline as a Markdown document."""

    @extend_schema(
        operation_id="incidents_timeline_markdown", responses={(200, "text/markdown"): OpenApiTypes.STR}
    )
    def get(self, request: Request, reference: str) -> HttpResponse:
        text = export.as_markdown(the_incident(request, reference))
        return HttpResponse(text, content_type="text/markdown; charset=utf-8")


class TimelineJson(APIView):
    """The incident and its whole timeline as one JSON document."""

    @extend_schema(operation_id="incidents_timeline_json", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, reference: str) -> Response:
        return Response(export.as_json(the_incident(request, reference)))


class Severities(ListAPIView[SeverityDefinition]):
    """What the four severities mean here (R02-R05)."""

    serializer_class = shapes.SeverityShape
    queryset = SeverityDefinition.objects.all()


class Symptoms(ListAPIView[Symptom]):
    """What one can see, with the severity it proposes (R06)."""

    serializer_class = shapes.SymptomShape
    queryset = Symptom.objects.all()


class RoleDefinitions(ListAPIView[RoleDefinition]):
    """The roles of a response and their duties (R07-R11)."""

    serializer_class = shapes.RoleDefinitionShape
    queryset = RoleDefinition.objects.all()


class Phases(ListAPIView[Phase]):
    """The phases with their time boxes, checklists and decision points (R13)."""

    serializer_class = shapes.PhaseShape
    queryset = Phase.objects.prefetch_related(
        "decision_points",
        Prefetch("steps", PhaseStep.objects.filter(is_active=True), to_attr="active_steps"),
    )


class GateDefinitions(ListAPIView[GateDefinition]):
    """The recovery checks before a SEV-1 or SEV-2 is resolved (R36)."""

    serializer_class = shapes.GateShape
    queryset = GateDefinition.objects.filter(is_active=True)


class ComponentList(ListAPIView[Component]):
    """What the organisation runs."""

    serializer_class = shapes.ComponentShape
    queryset = Component.objects.filter(is_active=True).select_related("team")
