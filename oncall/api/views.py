"""The endpoints of on-call: each button of the browser has its twin here (R52)."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.rest import ActionView, run
from common import clock
from common.errors import Invalid, NotFound
from oncall import actions
from oncall.api import shapes
from oncall.api.instants import instant_of, instant_parameter
from oncall.coverage import shift_rows, teams_now
from oncall.models import Override, Schedule
from oncall.rota import load_spec, resolve, who

Data = dict[str, Any]
LONGEST = timedelta(days=366)
WEEK = timedelta(days=7)


def _schedule(slug: str) -> Schedule:
    schedule = Schedule.objects.select_related("team").filter(slug=slug).first()
    if schedule is None:
        raise NotFound(f"There is no schedule {slug[:50]}.")
    return schedule


class ScheduleOnCall(APIView):
    """Who is on call by a schedule at an instant; an empty list is a gap."""

    @extend_schema(parameters=[instant_parameter()], responses=shapes.ShiftShape(many=True))
    def get(self, request: Request, slug: str) -> Response:
        at = instant_of(request, "at", clock.now())
        spec = load_spec(_schedule(slug), at, at + WEEK)
        rows = shift_rows(who(spec, at, ahead=WEEK), at)
        return Response(shapes.ShiftShape(rows, many=True).data)


class ScheduleShifts(APIView):
    """The shifts between two instants, at most a year apart; gaps included."""

    @extend_schema(
        parameters=[instant_parameter("start"), instant_parameter("end", "Default: a week after the start.")],
        responses=shapes.ShiftShape(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        schedule, now = _schedule(slug), clock.now()
        start = instant_of(request, "start", now)
        end = instant_of(request, "end", start + WEEK)
        if end <= start:
            raise Invalid("The end has to be after the start.", field="end")
        if end - start > LONGEST:
            raise Invalid("Ask for a year at most.", field="end")
        rows = shift_rows(resolve(load_spec(schedule, start, end), start, end), now)
        return Response(shapes.ShiftShape(rows, many=True).data)


class OnCallNow(APIView):
    """Who is first in line for each team at an instant."""

    @extend_schema(parameters=[instant_parameter()], responses=shapes.TeamNowShape(many=True))
    def get(self, request: Request) -> Response:
        return Response(
            shapes.TeamNowShape(teams_now(instant_of(request, "at", clock.now())), many=True).data
        )


class Overrides(ActionView):
    """The overrides of a schedule that are not over, and a new one."""

    serializer_class = shapes.OverrideInput
    response_serializer_class = shapes.OverrideShape
    response_status = 201

    @extend_schema(responses=shapes.OverrideShape(many=True))
    def get(self, request: Request, slug: str) -> Response:
        rows = _schedule(slug).overrides.filter(ends_at__gt=clock.now()).select_related("user", "replaces")
        return Response(shapes.OverrideShape(rows, many=True).data)

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        return run(actions.add_override, request, schedule=_schedule(kwargs["slug"]), **data)


class OverrideDetail(ActionView):
    """One override: POST moves its future part, DELETE takes it back (or ends it now, if it has begun)."""

    serializer_class = shapes.OverrideChange
    response_serializer_class = shapes.OverrideShape

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        return run(actions.change_override, request, override=self._override(**kwargs), **data)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        found = _schedule(slug).overrides.filter(pk=pk).first()
        if found is not None:
            run(actions.end_override, request, override=found)
        return Response(status=204)

    def _override(self, slug: str, pk: int) -> Override:
        found = _schedule(slug).overrides.select_related("schedule", "user").filter(pk=pk).first()
        if found is None:
            raise NotFound("There is no such override.")
        return found
