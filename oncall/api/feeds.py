"""Calendar addresses over the API: the twin of the page under the profile."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.rest import ActionView, actor_of, person, run
from oncall.feeds import links
from oncall.models import CalendarLink, Schedule
from oncall.views.feeds import link_for

Data = dict[str, Any]


class CalendarLinkShape(serializers.ModelSerializer[CalendarLink]):
    schedule = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)

    class Meta:
        model = CalendarLink
        fields = ["id", "schedule", "alarm_minutes", "created_at", "used_at"]
        read_only_fields = fields


class NewCalendarLinkShape(serializers.Serializer[Any]):
    link = CalendarLinkShape()
    url = serializers.CharField(help_text="The secret address. It is in this answer and nowhere else.")


class CalendarLinkInput(serializers.Serializer[Any]):
    schedule = serializers.SlugRelatedField[Any](
        slug_field="slug",
        queryset=Schedule.objects.all(),
        required=False,
        allow_null=True,
        default=None,
        help_text="Empty: one's own shifts of every schedule.",
    )
    alarm_minutes = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="How long before a shift; empty: no alarm."
    )


class CalendarLinks(ActionView):
    """My calendar addresses. POST makes one; its secret is in that answer and nowhere else."""

    serializer_class = CalendarLinkInput
    response_serializer_class = NewCalendarLinkShape
    response_status = 201

    @extend_schema(responses=CalendarLinkShape(many=True))
    def get(self, request: Request) -> Response:
        mine = person(request).calendar_links.filter(revoked_at=None).select_related("schedule")
        return Response(CalendarLinkShape(mine, many=True).data)

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        # No Idempotency-Key: the address cannot be shown a second time.
        return links.create(by=actor_of(request), user=person(request), **data)


class CalendarLinkDetail(APIView):
    """One of my calendar addresses."""

    @extend_schema(request=None, responses={204: None}, summary="Revoke a calendar address")
    def delete(self, request: Request, pk: int) -> Response:
        run(links.revoke, request, link=link_for(person(request), pk))
        return Response(status=204)
