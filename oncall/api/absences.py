"""Absences over the API: the twins of the page under the profile."""

from typing import Any
from urllib.parse import urlsplit

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.rest import ActionView, person, run
from common import clock
from oncall import absences
from oncall.foreign import actions
from oncall.models import Absence, ForeignCalendar
from oncall.views.absence import absence_calendar_for, absence_for

Data = dict[str, Any]


class AbsenceShape(serializers.ModelSerializer[Absence]):
    calendar = serializers.PrimaryKeyRelatedField[Any](read_only=True, allow_null=True)

    class Meta:
        model = Absence
        fields = ["id", "starts_at", "ends_at", "reason", "calendar"]
        read_only_fields = fields


class AbsenceInput(serializers.Serializer[Any]):
    first = serializers.DateField(help_text="The first day, in your time zone.")
    last = serializers.DateField(help_text="The last day; it is included.")
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")


class AbsenceCalendarShape(serializers.ModelSerializer[ForeignCalendar]):
    host = serializers.SerializerMethodField(help_text="Where it is; the whole address is a secret.")

    class Meta:
        model = ForeignCalendar
        fields = ["id", "name", "host", "fetched_at", "due_at", "error", "left_out"]
        read_only_fields = fields

    def get_host(self, calendar: ForeignCalendar) -> str:
        return urlsplit(calendar.url).hostname or ""


class AbsenceCalendarInput(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=600, help_text="https:// or webcal://")
    name = serializers.CharField(max_length=120, allow_blank=True, default="")


class Absences(ActionView):
    """My absences that are not over, at most 200, and a new one."""

    serializer_class = AbsenceInput
    response_serializer_class = AbsenceShape
    response_status = 201

    @extend_schema(responses=AbsenceShape(many=True))
    def get(self, request: Request) -> Response:
        rows = person(request).absences.filter(ends_at__gt=clock.now())[: absences.MOST]
        return Response(AbsenceShape(rows, many=True).data)

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        return run(absences.add_absence, request, user=person(request), **data)


class AbsenceDetail(APIView):
    """One of my absences."""

    @extend_schema(request=None, responses={204: None}, summary="Take an absence back")
    def delete(self, request: Request, pk: int) -> Response:
        run(absences.remove_absence, request, absence=absence_for(person(request), pk))
        return Response(status=204)


class AbsenceCalendars(ActionView):
    """The calendars that my absences are read from. A new one is read within a minute, and every hour from then on."""

    serializer_class = AbsenceCalendarInput
    response_serializer_class = AbsenceCalendarShape
    response_status = 201

    @extend_schema(responses=AbsenceCalendarShape(many=True))
    def get(self, request: Request) -> Response:
        return Response(AbsenceCalendarShape(person(request).absence_calendars.all(), many=True).data)

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        return run(actions.add_absence_calendar, request, user=person(request), **data)


class AbsenceCalendarDetail(APIView):
    """One of these calendars."""

    @extend_schema(request=None, responses={204: None}, summary="Stop reading a calendar")
    def delete(self, request: Request, pk: int) -> Response:
        calendar = absence_calendar_for(person(request), pk)
        run(actions.remove_absence_calendar, request, calendar=calendar)
        return Response(status=204)


class AbsenceCalendarRead(APIView):
    """Have a calendar read at the next opportunity."""

    @extend_schema(request=None, responses={202: AbsenceCalendarShape})
    def post(self, request: Request, pk: int) -> Response:
        calendar = run(actions.read_now, request, calendar=absence_calendar_for(person(request), pk))
        return Response(AbsenceCalendarShape(calendar).data, status=202)
