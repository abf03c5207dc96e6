"""Post-mortem records over the API."""

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from django_filters import rest_framework as filters
from rest_framework import generics, serializers
from rest_framework.request import Request

from accounts.models import User
from accounts.rest import ActionView, person, run
from postmortems import actions
from postmortems.access import postmortem_for, visible_to
from postmortems.models import PostMortem


class PostMortemSerializer(serializers.ModelSerializer[PostMortem]):
    incident = serializers.CharField(source="incident.reference", read_only=True)
    owner = serializers.CharField(source="owner.username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = PostMortem
        fields = [
            "incident",
            "state",
            "is_required",
            "owner",
            "due_at",
            "published_at",
            "external_url",
            "created_at",
        ]


class PostMortemFilter(filters.FilterSet):
    overdue_at = filters.IsoDateTimeFilter(
        field_name="due_at", lookup_expr="lt", label="due before this instant"
    )

    class Meta:
        model = PostMortem
        fields = ["state", "is_required"]


class PostMortemList(generics.ListAPIView[PostMortem]):
    """Post-mortems, the one due first on top."""

    serializer_class = PostMortemSerializer
    filterset_class = PostMortemFilter

    def get_queryset(self) -> QuerySet[PostMortem]:
        if getattr(self, "swagger_fake_view", False):
            return PostMortem.objects.none()
        return visible_to(person(self.request)).select_related("incident", "owner")


class PostMortemDetail(generics.RetrieveAPIView[PostMortem]):
    """The post-mortem of an incident."""

    serializer_class = PostMortemSerializer

    def get_object(self) -> PostMortem:
        return postmortem_for(person(self.request), self.kwargs["reference"])


class PublishSerializer(serializers.Serializer[None]):
    url = serializers.CharField(max_length=500)


class Publish(ActionView):
    """Record where the published text stands."""

    serializer_class = PublishSerializer
    response_serializer_class = PostMortemSerializer

    def admit(self, request: Request, **kwargs: Any) -> None:
        postmortem_for(person(request), kwargs["reference"])

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        record = postmortem_for(person(request), kwargs["reference"])
        return run(actions.publish_elsewhere, request, postmortem=record, url=data["url"])


class AssignSerializer(serializers.Serializer[None]):
    owner = serializers.SlugRelatedField(slug_field="username", queryset=User.objects.filter(is_active=True))


class Assign(ActionView):
    """Make somebody responsible for the writing."""

    serializer_class = AssignSerializer
    response_serializer_class = PostMortemSerializer

    def admit(self, request: Request, **kwargs: Any) -> None:
        postmortem_for(person(request), kwargs["reference"])

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        record = postmortem_for(person(request), kwargs["reference"])
        return run(actions.assign, request, postmortem=record, owner=data["owner"])


urlpatterns = [
    path("postmortems/", PostMortemList.as_view(), name="postmortem-list"),
    path("incidents/<str:reference>/postmortem/", PostMortemDetail.as_view(), name="incident-postmortem"),
    path("incidents/<str:reference>/postmortem/publish/", Publish.as_view(), name="postmortem-publish"),
    path("incidents/<str:reference>/postmortem/assign/", Assign.as_view(), name="postmortem-assign"),
]
