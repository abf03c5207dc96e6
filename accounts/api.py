"""The API of accounts: oneself, one's contact methods and keys; and who else is here."""

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import actions, foresight, keys, methods, rules
from accounts.access import api_key_for, contact_method_for, emergency_contact_for
from accounts.models import ApiKey, ContactMethod, EmergencyContact, Team, Urgency, User
from accounts.rest import ActionView, actor_of, person, run
from common import clock


class PersonShape(serializers.ModelSerializer[User]):
    """Somebody, as others see them."""

    class Meta:
        model = User
        fields = ["id", "name", "job_title", "role", "time_zone", "on_leave_until", "is_active"]
        read_only_fields = fields


class TeamShape(serializers.ModelSerializer[Team]):
    members = PersonShape(many=True, read_only=True)

    class Meta:
        model = Team
        fields = ["id", "name", "slug", "is_default", "members"]
        read_only_fields = fields


class ProfileShape(serializers.ModelSerializer[User]):
    teams: Any = serializers.SlugRelatedField(many=True, read_only=True, slug_field="slug")

    class Meta:
        model = User
        fields = ["id", "name", "email", "job_title", "role", "time_zone", "on_leave_until", "teams"]
        read_only_fields = fields


class ProfileInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    time_zone = serializers.CharField(max_length=64, help_text="Such as Europe/London.")
    job_title = serializers.CharField(max_length=120, allow_blank=True, default="")


class ContactMethodShape(serializers.ModelSerializer[ContactMethod]):
    class Meta:
        model = ContactMethod
        fields = [
            "id", "kind", "address", "label", "position", "delay_minutes", "low_delay_minutes", "is_active",
            "verified_at",
        ]  # fmt: skip
        read_only_fields = fields


class NewContactMethodShape(ContactMethodShape):
    secret = serializers.CharField(
        read_only=True,
        help_text="Signs what a webhook gets (whsec_…); empty for other kinds. In this answer only.",
    )

    class Meta(ContactMethodShape.Meta):
        fields = [*ContactMethodShape.Meta.fields, "secret"]
        read_only_fields = fields


class ContactMethodInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=ContactMethod.Kind.choices)
    address = serializers.CharField(max_length=1000, allow_blank=True, default="")
    label = serializers.CharField(max_length=60, allow_blank=True, default="")  # type: ignore[assignment]
    delay_minutes = serializers.IntegerField(
        min_value=0, max_value=60, default=0, help_text="For both urgencies. Rules may say otherwise."
    )
    secret = serializers.CharField(
        max_length=200,
        allow_blank=True,
        default="",
        help_text="For web_push: the browser's p256dh and auth, a dot between.",
    )


class ContactMethodChange(serializers.Serializer[Any]):
    address = serializers.CharField(max_length=1000, allow_blank=True)
    label = serializers.CharField(max_length=60, allow_blank=True, default="")  # type: ignore[assignment]
    is_active = serializers.BooleanField(default=True)
    knowing = serializers.BooleanField(
        default=False,
        help_text="True: also when no verified method is left, and pages go to the sign-in address.",
    )


class CodeInput(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=20, help_text="The six digits that the method received.")


class RuleInput(serializers.Serializer[Any]):
    method = serializers.IntegerField(help_text="The id of one of my contact methods.")
    minutes = serializers.IntegerField(
        min_value=0, max_value=60, allow_null=True, help_text="Null: not used."
    )


class RulesInput(serializers.Serializer[Any]):
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    rules = RuleInput(many=True, allow_empty=False)


class WayShape(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    how = serializers.CharField()
    when = serializers.CharField()


class ReachShape(serializers.Serializer[Any]):
    """What would follow if something came at this instant."""

    title = serializers.CharField()
    urgency = serializers.CharField()
    at = serializers.DateTimeField()
    steps = WayShape(many=True)


class QuietHoursInput(serializers.Serializer[Any]):
    starts = serializers.TimeField(allow_null=True, help_text="In my time zone; null for none.")
    ends = serializers.TimeField(allow_null=True)


class QuietHoursShape(serializers.Serializer[User]):
    starts = serializers.TimeField(source="quiet_from", allow_null=True)
    ends = serializers.TimeField(source="quiet_until", allow_null=True)


class MoveInput(serializers.Serializer[Any]):
    direction = serializers.ChoiceField(choices=["up", "down"])


class Nothing(serializers.Serializer[Any]):
    """An empty body."""


class ApiKeyShape(serializers.ModelSerializer[ApiKey]):
    class Meta:
        model = ApiKey
        fields = [
            "id",
            "name",
            "public_id",
            "scopes",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
        ]
        read_only_fields = fields


class ApiKeyInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=keys.SCOPES), allow_empty=False)
    expires_at = serializers.DateTimeField(allow_null=True, default=None)


class NewApiKeyShape(serializers.Serializer[Any]):
    key = ApiKeyShape()
    token = serializers.CharField(help_text="Shown this once: Authorization: Bearer <token>.")


@extend_schema_view(get=extend_schema(summary="Who I am"))
class Me(ActionView):
    """Who the key or session belongs to; POST changes name, title and time zone."""

    serializer_class = ProfileInput
    response_serializer_class = ProfileShape

    def get(self, request: Request) -> Response:
        return Response(ProfileShape(person(request)).data)

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        return run(actions.change_profile, request, user=person(request), **data)


class ContactMethods(ActionView):
    """How I am reached, in the order in which it is tried. One that is added is sent a code, which verifies it."""

    serializer_class = ContactMethodInput
    response_serializer_class = NewContactMethodShape
    response_status = 201

    @extend_schema(responses=ContactMethodShape(many=True), operation_id="me_contact_methods_list")
    def get(self, request: Request) -> Response:
        return Response(ContactMethodShape(person(request).contact_methods.all(), many=True).data)

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        return run(methods.add_contact_method, request, user=person(request), **data)


class ContactMethodDetail(ActionView):
    """Change (POST) or remove (DELETE) one of my contact methods; the last verified one only when ``knowing``."""

    serializer_class = ContactMethodChange
    response_serializer_class = ContactMethodShape

    def admit(self, request: Request, **kwargs: Any) -> None:
        contact_method_for(person(request), kwargs["pk"])

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        method = contact_method_for(person(request), kwargs["pk"])
        return run(methods.change_contact_method, request, method=method, **data)

    @extend_schema(request=None, responses={204: None}, parameters=[OpenApiParameter("knowing", bool)])
    def delete(self, request: Request, pk: int) -> Response:
        knowing = request.query_params.get("knowing") in {"true", "1"}
        run(
            methods.remove_contact_method,
            request,
            method=contact_method_for(person(request), pk),
            knowing=knowing,
        )
        return Response(status=204)


class ContactMethodMove(ActionView):
    """Let a contact method be tried one place earlier or later."""

    serializer_class = MoveInput
    response_serializer_class = ContactMethodShape

    def admit(self, request: Request, **kwargs: Any) -> None:
        contact_method_for(person(request), kwargs["pk"])

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        method = contact_method_for(person(request), kwargs["pk"])
        return run(methods.move_contact_method, request, method=method, up=data["direction"] == "up")


class ContactMethodTest(ActionView):
    """Send a test message by one of my verified contact methods."""

    serializer_class = Nothing
    response_serializer_class = ContactMethodShape
    response_status = 202

    def admit(self, request: Request, **kwargs: Any) -> None:
        contact_method_for(person(request), kwargs["pk"])

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        return run(methods.send_test, request, method=contact_method_for(person(request), kwargs["pk"]))


class ContactMethodCode(ContactMethodTest):
    """Send another code by one of my contact methods that is not verified; those before it no longer count."""

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        return run(methods.send_code, request, method=contact_method_for(person(request), kwargs["pk"]))


class ContactMethodVerify(ActionView):
    """Take the code that one of my contact methods received: from now on pages go there."""

    serializer_class = CodeInput
    response_serializer_class = ContactMethodShape

    def admit(self, request: Request, **kwargs: Any) -> None:
        contact_method_for(person(request), kwargs["pk"])

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        method = contact_method_for(person(request), kwargs["pk"])
        return run(methods.verify_contact_method, request, method=method, code=data["code"])


class ContactRules(ActionView):
    """What would happen now, by my rules. POST says after how many minutes each method is used for an urgency."""

    serializer_class = RulesInput

    @extend_schema(responses=ReachShape(many=True), operation_id="me_contact_rules_preview")
    def get(self, request: Request) -> Response:
        return Response(ReachShape(foresight.scenes(person(request), clock.now()), many=True).data)

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        minutes = {rule["method"]: rule["minutes"] for rule in data["rules"]}
        run(rules.set_rules, request, user=person(request), urgency=data["urgency"], minutes=minutes)


class QuietHours(ActionView):
    """Set the hours, in my time zone, in which what can wait does."""

    serializer_class = QuietHoursInput
    response_serializer_class = QuietHoursShape

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        return run(rules.set_quiet_hours, request, user=person(request), **data)


class ApiKeys(ActionView):
    """My API keys. POST makes one; its token is in that answer and nowhere else."""

    serializer_class = ApiKeyInput
    response_serializer_class = NewApiKeyShape
    response_status = 201

    @extend_schema(responses=ApiKeyShape(many=True), operation_id="me_api_keys_list")
    def get(self, request: Request) -> Response:
        return Response(ApiKeyShape(person(request).api_keys.filter(revoked_at=None), many=True).data)

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        """Make the key. A key cannot make one with more rights than its own."""
        keys.require_own_scopes(request.auth, data["scopes"])
        # No Idempotency-Key: the token cannot be shown a second time.
        return keys.create(by=actor_of(request), user=person(request), **data)


class ApiKeyDetail(APIView):
    """One of my API keys."""

    @extend_schema(request=None, responses={204: None}, summary="Revoke a key")
    def delete(self, request: Request, pk: int) -> Response:
        run(keys.revoke, request, key=api_key_for(person(request), pk))
        return Response(status=204)


class People(ListAPIView[User]):
    """Everybody with an account, by name."""

    serializer_class = PersonShape
    filterset_fields = ["role", "is_active", "teams__slug"]

    def get_queryset(self) -> QuerySet[User]:
        return User.objects.order_by("name", "pk")


class PersonDetail(RetrieveAPIView[User]):
    """One person."""

    serializer_class = PersonShape
    queryset = User.objects.all()


class Teams(ListAPIView[Team]):
    """The teams and their members."""

    serializer_class = TeamShape

    def get_queryset(self) -> QuerySet[Team]:
        return Team.objects.prefetch_related("members").order_by("name", "pk")


class EmergencyContactShape(serializers.ModelSerializer[EmergencyContact]):
    class Meta:
        model = EmergencyContact
        fields = [
            "id", "kind", "name", "provides", "phone", "address", "contract", "hours", "is_complete", "verified_at",
        ]  # fmt: skip
        read_only_fields = fields


class EmergencyContacts(ListAPIView[EmergencyContact]):
    """Whom to call beyond the people here: vendors, and teams without an account."""

    serializer_class = EmergencyContactShape
    queryset = EmergencyContact.objects.all()


class VerifyContact(ActionView):
    """Note that a contact was tried now and answers."""

    serializer_class = Nothing
    response_serializer_class = EmergencyContactShape

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        return run(actions.verify_contact, request, contact=emergency_contact_for(kwargs["pk"]))


urlpatterns = [
    path("contacts", EmergencyContacts.as_view(), name="contacts"),
    path("contacts/<int:pk>/verified", VerifyContact.as_view(), name="contact-verified"),
    path("me", Me.as_view(), name="me"),
    path("me/contact-methods", ContactMethods.as_view(), name="contact-methods"),
    path("me/contact-methods/<int:pk>", ContactMethodDetail.as_view(), name="contact-method"),
    path("me/contact-methods/<int:pk>/move", ContactMethodMove.as_view(), name="contact-method-move"),
    path("me/contact-methods/<int:pk>/test", ContactMethodTest.as_view(), name="contact-method-test"),
    path("me/contact-methods/<int:pk>/code", ContactMethodCode.as_view(), name="contact-method-code"),
    path("me/contact-methods/<int:pk>/verify", ContactMethodVerify.as_view(), name="contact-method-verify"),
    path("me/contact-rules", ContactRules.as_view(), name="contact-rules"),
    path("me/quiet-hours", QuietHours.as_view(), name="quiet-hours"),
    path("me/api-keys", ApiKeys.as_view(), name="api-keys"),
    path("me/api-keys/<int:pk>", ApiKeyDetail.as_view(), name="api-key"),
    path("users", People.as_view(), name="users"),
    path("users/<int:pk>", PersonDetail.as_view(), name="user"),
    path("teams", Teams.as_view(), name="teams"),
]
