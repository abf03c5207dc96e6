"""Alerts over the API, and the intake's place in it."""

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from accounts.models import User
from alerts.models import Alert
from alerts.views import receive
from incidents.models import Incident


class AlertSerializer(serializers.ModelSerializer[Alert]):
    # The stubs take this field for an attribute of every serializer.
    source = serializers.CharField(source="source.name", read_only=True)  # type: ignore[assignment]
    incident = serializers.CharField(
        source="incident.reference", read_only=True, default=None, allow_null=True
    )
    component = serializers.CharField(source="component.slug", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Alert
        fields = [
            "id", "source", "dedup_key", "state", "title", "description", "severity", "severity_text", "component",
            "labels", "link", "count", "first_at", "last_at", "resolved_at", "incident", "note",
        ]  # fmt: skip


class AlertFilter(filters.FilterSet):
    incident = filters.NumberFilter(field_name="incident__number")

    class Meta:
        model = Alert
        fields = ["state", "severity", "dedup_key"]


def visible_alerts(user: User) -> QuerySet[Alert]:
    """Return the alerts this person may see: those of incidents they may know of, and those without one."""
    alerts = Alert.objects.select_related("source", "incident", "component")
    hidden = Incident.objects.exclude(pk__in=Incident.objects.visible_to(user).values("pk"))
    return (
        alerts.exclude(incident__in=hidden) if Incident.objects.filter(is_private=True).exists() else alerts
    )


class AlertList(generics.ListAPIView[Alert]):
    """Alerts, newest first."""

    serializer_class = AlertSerializer
    filterset_class = AlertFilter

    def get_queryset(self) -> QuerySet[Alert]:
        if getattr(self, "swagger_fake_view", False) or not isinstance(self.request.user, User):
            return Alert.objects.none()
        return visible_alerts(self.request.user)


class IntakeSerializer(serializers.Serializer[None]):
    """What a sender may say; other spellings (``summary``, ``details``, ``dedup``, ``service``…) are understood too."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(required=False)
    severity = serializers.CharField(
        required=False, help_text="SEV-1…SEV-4, critical, warning…; unknown is mapped."
    )
    component = serializers.CharField(required=False, help_text="A component's slug or name.")
    dedup_key = serializers.CharField(required=False, help_text="Alerts with the same open key are one.")
    action = serializers.ChoiceField(choices=["trigger", "resolve"], required=False)
    link = serializers.URLField(required=False)
    labels = serializers.DictField(child=serializers.CharField(), required=False)


class ReceiptSerializer(serializers.Serializer[None]):
    status = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["opened", "repeated", "attached", "resolved", "ignored"])
    alert = serializers.IntegerField(required=False)
    dedup_key = serializers.CharField(required=False)
    count = serializers.IntegerField(required=False)
    severity = serializers.CharField(required=False)
    incident = serializers.CharField(required=False, allow_null=True)
    note = serializers.CharField(required=False)


class Intake(APIView):
    """Take one alert (R14). Answered by ``alerts.views.receive`` before DRF does anything; this class is its schema."""

    authentication_classes: list[type] = []
    permission_classes = [AllowAny]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: str) -> HttpResponseBase:
        return receive(request, kwargs["key"])

    @extend_schema(
        operation_id="alerts_receive",
        request=IntakeSerializer,
        responses={status.HTTP_202_ACCEPTED: ReceiptSerializer},
        auth=[],
        examples=[
            OpenApiExample(
                "trigger",
                value={
                    "title": "5xx at 38 %",
                    "severity": "critical",
                    "component": "webhooks",
                    "dedup_key": "5xx",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: HttpRequest, key: str) -> HttpResponseBase:
        return receive(request, key)


urlpatterns = [
    path("alerts/", AlertList.as_view(), name="alert-list"),
    path("alerts/<str:key>", Intake.as_view(), name="alert-receive"),
]
