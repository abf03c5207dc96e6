"""The endpoints of paging and on-call: each button of the browser has its twin here (R01)."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.rest import ActionView, person, run
from common import clock
from common.errors import Invalid, NotFound
from escalation import actions, agenda
from escalation.access import agenda_visible_to, own_page, pages_visible_to, timers_visible_to
from escalation.api import shapes
from escalation.forms import PreviewForm
from escalation.models import AgendaItem, EscalationRule, EscalationTimer, Page
from escalation.moments import Moment
from escalation.preview import who_will_be_woken
from incidents.api.base import IncidentAction
from incidents.models import Incident

Data = dict[str, Any]


# ---- who will be woken ----


class Preview(APIView):
    """Who would be paged for an incident, when, by which rule and how, and what would stop it; nobody is."""

    @extend_schema(
        operation_id="escalation_preview",
        parameters=[
            OpenApiParameter("severity", int, required=True, enum=[1, 2, 3, 4]),
            OpenApiParameter("components", str, many=True, description="Short names or ids."),
            OpenApiParameter("team", str, description="A short name. Default: the components' team."),
            OpenApiParameter(
                "at",
                str,
                description="An instant such as 2026-03-28T03:00:00Z, or a wall time. Default: now.",
            ),
            OpenApiParameter(
                "zone", str, description="The zone of a wall time, and of local_at. Default: UTC."
            ),
        ],
        responses=shapes.PlanShape,
    )
    def get(self, request: Request) -> Response:
        form = PreviewForm(request.query_params, zone=ZoneInfo("UTC"))
        if not form.is_valid():
            field, errors = next(iter(form.errors.items()))
            raise Invalid(str(errors[0]), field=field)
        data = form.cleaned_data
        if not data.get("severity"):
            raise Invalid("Choose a severity from 1 (worst) to 4.", field="severity")
        moment = data["moment"] or Moment(clock.now())
        plan = who_will_be_woken(data["severity"], data["team"], moment.instant)
        context = {"zone": data["zone"], "note": moment.note}
        return Response(shapes.PlanShape(plan, context=context).data)


# ---- pages, timers, rules ----


class IncidentFilter(filters.FilterSet):
    """Rows of one incident, by its number."""

    incident = filters.NumberFilter(field_name="incident__number")


class PageFilter(IncidentFilter):
    mine = filters.BooleanFilter(method="only_mine", label="Only one's own.")

    class Meta:
        model = Page
        fields = ["state", "role"]

    def only_mine(self, queryset: QuerySet[Page], name: str, value: bool) -> QuerySet[Page]:
        user = self.request.user if self.request else None
        return queryset.filter(user=user) if value and isinstance(user, User) else queryset


class TimerFilter(IncidentFilter):
    class Meta:
        model = EscalationTimer
        fields = ["state", "role", "kind"]


class Pages(ListAPIView[Page]):
    """Pages, newest first."""

    serializer_class = shapes.PageShape
    filterset_class = PageFilter

    def get_queryset(self) -> QuerySet[Page]:
        user = self.request.user
        return pages_visible_to(user) if isinstance(user, User) else Page.objects.none()


class AcknowledgePage(ActionView):
    """Say "I have it" to one's own page. Twice is once."""

    serializer_class = shapes.AcknowledgeInput
    response_serializer_class = shapes.PageShape

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        page = own_page(person(request), kwargs["pk"])
        run(actions.acknowledge, request, incident=page.incident, page=page)
        return own_page(person(request), page.pk)


class DeclinePage(ActionView):
    """Say "Can't take it" to one's own page: the next person is paged now. Twice is once."""

    serializer_class = shapes.DeclineInput
    response_serializer_class = shapes.PageShape

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        page = own_page(person(request), kwargs["pk"])
        run(actions.decline, request, page=page, **data)
        return own_page(person(request), page.pk)


class Timers(ListAPIView[EscalationTimer]):
    """What escalations do at which instant, and what came of it."""

    serializer_class = shapes.TimerShape
    filterset_class = TimerFilter

    def get_queryset(self) -> QuerySet[EscalationTimer]:
        user = self.request.user
        rows = timers_visible_to(user) if isinstance(user, User) else EscalationTimer.objects.none()
        return rows.order_by("-due_at", "-pk")


class Rules(ListAPIView[EscalationRule]):
    """The escalation matrix: sixteen cells (R12)."""

    serializer_class = shapes.RuleShape
    queryset = EscalationRule.objects.order_by("severity", "role")
    filterset_fields = ["severity", "role"]


# ---- an incident's pages ----


class Acknowledge(IncidentAction):
    """Say "I have it", paged or not."""

    serializer_class = shapes.AcknowledgeInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.acknowledge, request, incident=incident)


class EscalateNow(IncidentAction):
    """Page a role of the matrix now, before its time."""

    serializer_class = shapes.EscalateInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.escalate_now, request, incident=incident, **data)


class PagePerson(IncidentAction):
    """Page somebody by name, again until they answer (R11)."""

    serializer_class = shapes.PagePersonInput
    response_serializer_class = shapes.PageShape
    response_status = 201

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.page_person, request, incident=incident, **data)


class Release(IncidentAction):
    """Send somebody back to bed."""

    serializer_class = shapes.PersonToReleaseInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.release, request, incident=incident, **data)


# ---- reviews ----


class Agenda(ListAPIView[AgendaItem]):
    """What is on the agendas of the weekly and monthly reviews."""

    serializer_class = shapes.AgendaShape
    filterset_fields = ["review", "role"]

    def get_queryset(self) -> QuerySet[AgendaItem]:
        user = self.request.user
        rows = agenda_visible_to(user) if isinstance(user, User) else AgendaItem.objects.none()
        return rows.order_by("review_at", "pk")


class Discuss(ActionView):
    """Mark an item as discussed. Twice is once."""

    serializer_class = shapes.DiscussInput
    response_serializer_class = shapes.AgendaShape

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        item = agenda_visible_to(person(request)).filter(pk=kwargs["pk"]).first()
        if item is None:
            raise NotFound("There is no such item on an agenda.")
        return run(agenda.discuss, request, item=item)
