"""Updates, notifications and deliveries over the API: shapes, and the same actions that the pages call."""

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from django_filters import rest_framework as filters
from rest_framework import generics, serializers
from rest_framework.request import Request

from accounts.models import User
from accounts.rest import ActionView, actor_of, person, run
from communications import actions, queries, updates
from communications.access import deliveries_visible_to, notification_for, notifications_of
from communications.models import Audience, Delivery, Notification, Update
from incidents.access import incident_for, require_responder
from incidents.models import Incident


class UpdateSerializer(serializers.ModelSerializer[Update]):
    incident = serializers.CharField(source="incident.reference", read_only=True)
    published_by = serializers.CharField(source="published_by_label", read_only=True)

    class Meta:
        model = Update
        fields = ["id", "incident", "audience", "number", "status", "severity", "impact", "actions", "eta",
                  "next_due_at", "is_no_change", "subject", "text", "published_at", "published_by"]  # fmt: skip


class WriteUpdateSerializer(serializers.Serializer[Any]):
    impact = serializers.CharField(help_text="Who notices, and how.")
    actions = serializers.CharField(help_text="What is being done now.")
    eta = serializers.CharField(required=False, allow_blank=True, max_length=200)
    next_due_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="A promise. Without it the cadence decides."
    )


class PreviewSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(help_text="The update as it would go out now.")


class NextUpdateSerializer(serializers.Serializer[Any]):
    next_due_at = serializers.DateTimeField()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)


class ClockSerializer(serializers.Serializer[Incident]):
    """When the next update is due."""

    incident = serializers.CharField(source="reference")
    next_due_at = serializers.SerializerMethodField()

    def get_next_due_at(self, incident: Incident) -> str | None:
        running = updates.running(incident)
        return running.due_at.isoformat() if running else None


class EmptySerializer(serializers.Serializer[Any]):
    """Nothing has to be sent."""


class Updates(generics.ListAPIView[Update], ActionView):
    """An incident's internal updates, newest first; a POST publishes one."""

    response_serializer_class = UpdateSerializer
    response_status = 201

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return WriteUpdateSerializer if self.request.method == "POST" else UpdateSerializer

    def get_queryset(self) -> QuerySet[Update]:
        if getattr(self, "swagger_fake_view", False):
            return Update.objects.none()
        incident = incident_for(person(self.request), self.kwargs["reference"])
        return incident.updates.filter(audience=Audience.INTERNAL).select_related("incident")

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        incident = incident_for(person(request), kwargs["reference"])
        return run(actions.publish_update, request, incident=incident, **data)


class Preview(ActionView):
    """The text of an update as it would go out now; nothing is written."""

    serializer_class = WriteUpdateSerializer
    response_serializer_class = PreviewSerializer

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        incident = incident_for(person(request), kwargs["reference"])
        require_responder(actor_of(request))
        words = {"eta": "", **data}
        return {"text": actions.preview(incident, **words)}


class NoChange(ActionView):
    """Publish a complete update that says that nothing has changed."""

    serializer_class = EmptySerializer
    response_serializer_class = UpdateSerializer
    response_status = 201

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        incident = incident_for(person(request), kwargs["reference"])
        return run(actions.publish_update, request, incident=incident, is_no_change=True)


class NextUpdate(ActionView):
    """Promise the next update for another time."""

    serializer_class = NextUpdateSerializer
    response_serializer_class = ClockSerializer

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        incident = incident_for(person(request), kwargs["reference"])
        return run(actions.set_next_update, request, incident=incident, **data)


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    incident = serializers.CharField(
        source="incident.reference", read_only=True, default=None, allow_null=True
    )

    class Meta:
        model = Notification
        fields = ["id", "incident", "kind", "title", "text", "created_at", "read_at"]


class NotificationFilter(filters.FilterSet):
    unread = filters.BooleanFilter(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = Notification
        fields = ["kind"]


class Notifications(generics.ListAPIView[Notification]):
    """One's own notifications, unread ones first."""

    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter

    def get_queryset(self) -> QuerySet[Notification]:
        if getattr(self, "swagger_fake_view", False):
            return Notification.objects.none()
        return queries.unread_first(person(self.request))


class ReadNotification(ActionView):
    """Mark one of one's own notifications as read."""

    serializer_class = EmptySerializer
    response_serializer_class = NotificationSerializer

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        notification = notification_for(person(request), kwargs["pk"])
        return run(actions.mark_read, request, notification=notification)


class ReadAllSerializer(serializers.Serializer[Any]):
    up_to = serializers.IntegerField(
        required=False, min_value=1, help_text="The id of the newest notification that was seen."
    )


class UnreadSerializer(serializers.Serializer[Any]):
    unread = serializers.IntegerField(help_text="How many are unread now.")


class ReadAllNotifications(ActionView):
    """Mark all of one's own notifications as read."""

    serializer_class = ReadAllSerializer
    response_serializer_class = UnreadSerializer

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        run(actions.mark_all_read, request, **data)
        return {"unread": notifications_of(person(request)).filter(read_at=None).count()}


class AttemptSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField()
    detail = serializers.CharField()


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    incident = serializers.CharField(
        source="incident.reference", read_only=True, default=None, allow_null=True
    )
    recipient = serializers.SerializerMethodField(help_text="The person's name; addresses are not shown.")
    attempt_log = AttemptSerializer(many=True, read_only=True)

    class Meta:
        model = Delivery
        fields = ["id", "incident", "kind", "topic", "transport", "recipient", "state", "due_at", "first_attempt_at",
                  "finished_at", "attempts", "last_error", "note", "attempt_log"]  # fmt: skip

    def get_recipient(self, delivery: Delivery) -> str:
        return str(delivery.user) if delivery.user else ""


class DeliveryFilter(filters.FilterSet):
    incident = filters.CharFilter(method="of_incident", label="Such as INC-42")

    class Meta:
        model = Delivery
        fields = ["state", "kind", "transport", "topic"]

    def of_incident(self, rows: QuerySet[Delivery], name: str, value: str) -> QuerySet[Delivery]:
        user = self.request.user if self.request else None
        return rows.filter(incident=incident_for(user, value)) if isinstance(user, User) else rows.none()


class _Deliveries(generics.GenericAPIView[Delivery]):
    serializer_class = DeliverySerializer

    def get_queryset(self) -> QuerySet[Delivery]:
        if getattr(self, "swagger_fake_view", False):
            return Delivery.objects.none()
        visible = deliveries_visible_to(person(self.request))
        return visible.select_related("incident", "user").prefetch_related("attempt_log").order_by("-pk")


class DeliveryList(_Deliveries, generics.ListAPIView[Delivery]):
    """What went out or is on its way, newest first."""

    filterset_class = DeliveryFilter


class DeliveryDetail(_Deliveries, generics.RetrieveAPIView[Delivery]):
    """One delivery with its attempts."""


urlpatterns = [
    path("incidents/<str:reference>/updates", Updates.as_view(), name="updates"),
    path("incidents/<str:reference>/updates/preview", Preview.as_view(), name="update-preview"),
    path("incidents/<str:reference>/updates/no-change", NoChange.as_view(), name="update-no-change"),
    path("incidents/<str:reference>/updates/next", NextUpdate.as_view(), name="update-next"),
    path("notifications", Notifications.as_view(), name="notification-list"),
    path("notifications/read", ReadAllNotifications.as_view(), name="notification-read-all"),
    path("notifications/<int:pk>/read", ReadNotification.as_view(), name="notification-read"),
    path("deliveries", DeliveryList.as_view(), name="delivery-list"),
    path("deliveries/<int:pk>", DeliveryDetail.as_view(), name="delivery-detail"),
]
