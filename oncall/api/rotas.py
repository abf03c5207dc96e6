"""Schedules, layers and fixed schedules over the API: what admins do in the settings (R52)."""

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest import ActionView, actor_of, run
from common import clock
from common.errors import NotFound
from oncall import actions
from oncall.access import known_schedule
from oncall.actions import MemberRow, WindowRow
from oncall.api import rotashapes, shapes
from oncall.models import FixedSchedule, Layer, Schedule

Data = dict[str, Any]


class Schedules(ListAPIView[Schedule], ActionView):
    """The schedules. POST makes one without layers (admins)."""

    serializer_class = rotashapes.ScheduleInput
    response_serializer_class = shapes.ScheduleShape
    response_status = 201
    queryset = Schedule.objects.select_related("team").order_by("name")

    def get_serializer_class(self) -> Any:
        return shapes.ScheduleShape if self.request.method == "GET" else rotashapes.ScheduleInput

    @extend_schema(responses=shapes.ScheduleShape(many=True), operation_id="schedules_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def admit(self, request: Request, **kwargs: Any) -> None:
        actions.require_layer_editor(actor_of(request))

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        return run(actions.add_schedule, request, **data)


@extend_schema_view(post=extend_schema(operation_id="schedule_change"))
class ScheduleDetail(RetrieveAPIView[Schedule], ActionView):
    """One schedule. POST changes its name, team or zone (admins)."""

    serializer_class = rotashapes.ScheduleChange
    response_serializer_class = shapes.ScheduleShape
    queryset = Schedule.objects.select_related("team")
    lookup_field = "slug"

    def get_serializer_class(self) -> Any:
        return shapes.ScheduleShape if self.request.method == "GET" else rotashapes.ScheduleChange

    @extend_schema(responses=shapes.ScheduleShape)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.retrieve(request, *args, **kwargs)

    def admit(self, request: Request, **kwargs: Any) -> None:
        actions.require_layer_editor(actor_of(request))

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        return run(actions.change_schedule, request, schedule=known_schedule(kwargs["slug"]), changes=data)


class Layers(ActionView):
    """The layers of a schedule that are not over, those to come included. POST adds one (admins)."""

    serializer_class = rotashapes.LayerFields
    response_serializer_class = rotashapes.LayerAnswer
    response_status = 201

    @extend_schema(responses=rotashapes.LayerShape(many=True))
    def get(self, request: Request, slug: str) -> Response:
        return Response(rotashapes.LayerShape(_layers(slug), many=True).data)

    def admit(self, request: Request, **kwargs: Any) -> None:
        actions.require_layer_editor(actor_of(request))

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        schedule = known_schedule(kwargs["slug"])
        members = rotashapes.members_of(data.pop("members", []))
        windows = rotashapes.windows_of(data.pop("windows", []))
        return run(
            actions.add_layer, request, schedule=schedule, fields=data, members=members, windows=windows
        )


class LayerDetail(ActionView):
    """One layer. POST changes it, DELETE closes it (admins).

    A layer that has begun is closed and succeeded: the answer is its successor. What is left out stays as it was.
    """

    serializer_class = rotashapes.LayerChange
    response_serializer_class = rotashapes.LayerAnswer

    @extend_schema(responses=rotashapes.LayerShape)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        return Response(rotashapes.LayerShape(_layer(slug, pk)).data)

    def admit(self, request: Request, **kwargs: Any) -> None:
        actions.require_layer_editor(actor_of(request))

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        layer, at = _layer(**kwargs), data.pop("at", None)
        members = rotashapes.members_of(data.pop("members")) if "members" in data else members_now(layer)
        windows = rotashapes.windows_of(data.pop("windows")) if "windows" in data else windows_now(layer)
        return run(
            actions.change_layer, request, layer=layer, members=members, windows=windows, changes=data, at=at
        )

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        actions.require_layer_editor(actor_of(request))
        found = Layer.objects.filter(pk=pk, schedule=known_schedule(slug)).first()
        if found is not None:
            run(actions.close_layer, request, layer=found)
        return Response(status=204)


class FixedSchedules(ActionView):
    """The fixed schedules that are not over, and a new one (admins)."""

    serializer_class = rotashapes.FixedInput
    response_serializer_class = rotashapes.FixedAnswer
    response_status = 201

    @extend_schema(responses=rotashapes.FixedShape(many=True))
    def get(self, request: Request, slug: str) -> Response:
        rows = known_schedule(slug).fixed_schedules.filter(ends_at__gt=clock.now())
        return Response(rotashapes.FixedShape(rows.prefetch_related("shifts__user"), many=True).data)

    def admit(self, request: Request, **kwargs: Any) -> None:
        actions.require_layer_editor(actor_of(request))

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        shifts = rotashapes.shifts_of(data.pop("shifts"))
        return run(actions.add_fixed, request, schedule=known_schedule(kwargs["slug"]), shifts=shifts, **data)


class FixedScheduleDetail(ActionView):
    """One fixed schedule: POST changes its future, DELETE takes it back, or ends it now if it has begun (admins)."""

    serializer_class = rotashapes.FixedChange
    response_serializer_class = rotashapes.FixedAnswer

    def admit(self, request: Request, **kwargs: Any) -> None:
        actions.require_layer_editor(actor_of(request))

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        found = FixedSchedule.objects.filter(pk=kwargs["pk"], schedule=known_schedule(kwargs["slug"])).first()
        if found is None:
            raise NotFound("There is no such fixed schedule.")
        shifts = rotashapes.shifts_of(data.pop("shifts"))
        return run(actions.change_fixed, request, fixed=found, shifts=shifts, **data)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        actions.require_layer_editor(actor_of(request))
        found = FixedSchedule.objects.filter(pk=pk, schedule=known_schedule(slug)).first()
        if found is not None:
            run(actions.end_fixed, request, fixed=found)
        return Response(status=204)


def members_now(layer: Layer) -> list[MemberRow]:
    """Return a layer's places as they are."""
    return [MemberRow(row.user, row.since, row.until) for row in layer.members.select_related("user")]


def windows_now(layer: Layer) -> list[WindowRow]:
    """Return a layer's weekly hours as they are."""
    return [WindowRow(row.weekday, row.starts, row.ends) for row in layer.windows.all()]


def _layers(slug: str) -> QuerySet[Layer]:
    live = Q(effective_until=None) | Q(effective_until__gt=clock.now())
    rows = Layer.objects.filter(live, schedule=known_schedule(slug)).select_related("schedule")
    return rows.prefetch_related("members__user", "windows")


def _layer(slug: str, pk: int) -> Layer:
    rows = Layer.objects.filter(pk=pk, schedule=known_schedule(slug)).select_related("schedule")
    found = rows.prefetch_related("members__user", "windows").first()
    if found is None:
        raise NotFound("There is no such layer.")
    return found
