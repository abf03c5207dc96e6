"""The API's twins of the calendar: everybody's shifts at once, what an override would change, and the load."""

from datetime import timedelta
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.rest import ActionView, actor_of, person
from common import clock
from common.errors import Invalid, NotFound
from incidents.api.shapes import PersonRef
from oncall import actions
from oncall.access import require_schedule_editor, schedule_for
from oncall.api import shapes
from oncall.api.instants import instant_of, instant_parameter
from oncall.calendar.preview import preview
from oncall.coverage import rotas
from oncall.load import report
from oncall.models import Override, Schedule

LONGEST = timedelta(days=366)
MONTH = timedelta(days=30)
WEEK = timedelta(days=7)
SCHEDULE = OpenApiParameter("schedule", OpenApiTypes.STR, description="The short name of one schedule.")


class LaneShape(serializers.Serializer[Any]):
    """A schedule with its shifts."""

    schedule = shapes.ScheduleShape()
    shifts = shapes.ShiftShape(many=True)


class ChangeShape(serializers.Serializer[Any]):
    """Other people than before, from one instant to another; nobody in ``after`` is a gap."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    before = PersonRef(many=True)
    after = PersonRef(many=True)
    makes_gap = serializers.BooleanField()


class PreviewShape(serializers.Serializer[Any]):
    changes = ChangeShape(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    makes_gap = serializers.BooleanField()


class PreviewInput(shapes.OverrideInput):
    """A new override; with ``override``, the number of one that is there, what moving that one would change."""

    override = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**53)


class PersonLoadShape(serializers.Serializer[Any]):
    """What a person carried; nights, weekends and holidays are those of their own time zone."""

    person = PersonRef()
    hours = serializers.FloatField()
    share = serializers.FloatField(help_text="Of everybody's hours, 0 to 1.")
    nights = serializers.IntegerField(
        source="burden.nights", help_text="Nights (22:00 to 06:00) with any part."
    )
    night_hours = serializers.FloatField()
    weekend_days = serializers.IntegerField(source="burden.weekend_days")
    weekend_hours = serializers.FloatField()
    holidays = serializers.IntegerField(source="burden.holidays")
    pages = serializers.IntegerField()
    night_pages = serializers.IntegerField()
    short_rests = serializers.IntegerField(source="burden.short_rests", help_text="Rests under 11 hours.")


class LoadShape(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    gap_hours = serializers.FloatField()
    people = PersonLoadShape(many=True, source="rows")


class CalendarShifts(APIView):
    """Every schedule's shifts between two instants, at most 92 days apart, gaps included: what the calendar draws."""

    @extend_schema(
        parameters=[
            instant_parameter("start"),
            instant_parameter("end", "Default: a week after the start."),
            OpenApiParameter("who", OpenApiTypes.STR, enum=["all", "mine"]),
            SCHEDULE,
        ],
        responses=LaneShape(many=True),
    )
    def get(self, request: Request) -> Response:
        start = instant_of(request, "start", clock.now())
        end = instant_of(request, "end", start + WEEK)
        if end <= start:
            raise Invalid("The end has to be after the start.", field="end")
        if end - start > 92 * timedelta(days=1):
            raise Invalid("Ask for 92 days at most.", field="end")
        found = rotas(_schedules(request), start, end, clock.now())
        who = request.query_params.get("who") or "all"
        if who not in {"all", "mine"}:
            raise Invalid("Choose mine or all.", field="who")
        if who == "mine":
            found = [rota for rota in found if any(row.person == person(request) for row in rota.shifts)]
        return Response(LaneShape(found, many=True).data)


class OverridePreview(ActionView):
    """What an override would change, as a difference of shifts; nothing is saved."""

    serializer_class = PreviewInput
    response_serializer_class = PreviewShape

    def admit(self, request: Request, **kwargs: Any) -> None:
        require_schedule_editor(actor_of(request), schedule_for(kwargs["slug"]))

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        schedule, pk = schedule_for(kwargs["slug"]), data.pop("override", None)
        proposed = _moved(schedule, pk, data) if pk else _new(schedule, data)
        return preview(proposed, now=clock.now(), zone=person(request).zone)


class OnCallLoad(APIView):
    """How much of being on call each person carried between two instants, at most a year apart."""

    @extend_schema(
        parameters=[
            instant_parameter("start", "Default: 30 days before the end."), instant_parameter("end"), SCHEDULE,
        ],
        responses=LoadShape,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        end = instant_of(request, "end", clock.now())
        start = instant_of(request, "start", end - MONTH)
        if end <= start:
            raise Invalid("The end has to be after the start.", field="end")
        if end - start > LONGEST:
            raise Invalid("Ask for a year at most.", field="end")
        return Response(LoadShape(report(_schedules(request), start, end)).data)


def _schedules(request: Request) -> list[Schedule]:
    slug = request.query_params.get("schedule")
    if slug:
        return [schedule_for(slug)]
    return list(Schedule.objects.select_related("team").order_by("team__name", "name"))


def _new(schedule: Schedule, data: dict[str, Any]) -> Override:
    span: dict[str, Any] = {
        "kind": data["kind"],
        "user": data["user"],
        "replaces": data.get("replaces"),
        "starts_at": data["starts_at"],
        "ends_at": data["ends_at"],
    }
    span["starts_at"] = actions.checked_start(**span)
    actions.check_room(schedule=schedule, **span)
    return Override(schedule=schedule, **data | span)


def _moved(schedule: Schedule, pk: int, data: dict[str, Any]) -> Override:
    row = (
        Override.objects.filter(schedule=schedule, pk=pk)
        .select_related("schedule", "user", "replaces")
        .first()
    )
    if row is None:
        raise NotFound("There is no such override.")
    row.starts_at, row.ends_at = actions.checked_move(
        row, starts_at=data["starts_at"], ends_at=data["ends_at"]
    )
    return row
