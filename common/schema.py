"""How the API describes itself: one problem shape for every refusal, and the Idempotency-Key of every write."""

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema as BaseAutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Any text of at most 200 characters. The same request with the same key is carried out once; a "
    "different request with the same key is refused with 409.",
)
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


class LocalTime(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A time of day without an offset: OpenAPI's "time" is RFC 3339's, which demands one."""

    target_class = serializers.TimeField

    def map_serializer_field(self, auto_schema: object, direction: object) -> dict[str, str]:
        return {
            "type": "string",
            "pattern": r"^\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?$",
            "example": "09:00:00",
        }


class ProblemError(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="For programs: stays the same when the sentence is reworded.")
    detail = serializers.CharField(help_text="A sentence for people.")
    attr = serializers.CharField(allow_null=True, help_text="The field it is about, or null.")


class ProblemBlocker(serializers.Serializer[Any]):
    sentence = serializers.CharField(help_text="What is missing.")
    url = serializers.CharField(help_text="Where it can be mended, or empty.")
    code = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """Why a request was refused. Nothing has been written."""

    type = serializers.ChoiceField(choices=["validation_error", "client_error", "server_error"])
    errors = ProblemError(many=True)  # type: ignore[assignment]
    blockers = ProblemBlocker(
        many=True, required=False, help_text="Only when a transition's guards refuse it."
    )


class AutoSchema(BaseAutoSchema):
    """Describes refusals and idempotency once for all endpoints.

    A view may name what it answers with in ``response_serializer_class`` where that differs from what it takes.
    """

    def get_override_parameters(self) -> Any:
        return [IDEMPOTENCY_KEY] if self.method in WRITES else []

    def get_operation_id(self) -> str:
        """Return the id; a POST to one row, or below it, changes it; a POST to a collection creates one."""
        name: str = super().get_operation_id()
        changes = self.method == "POST" and "{id}" in self.path
        return f"{name.removesuffix('create')}change" if changes else name

    def get_response_serializers(self) -> Any:
        answer = getattr(self.view, "response_serializer_class", None)
        if answer is None:
            return super().get_response_serializers()
        status = str(getattr(self.view, "response_status", 200)) if self.method == "POST" else "200"
        return {status: answer}

    def _insert_field_validators(self, field: Any, schema: Any) -> None:
        """Add what a field demands; an address in an answer may be empty, which is no URI."""
        super()._insert_field_validators(field, schema)  # type: ignore[no-untyped-call]
        if field.read_only and schema.get("format") == "uri":
            del schema["format"]

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        responses = super()._get_response_bodies(direction)
        if direction == "response":
            refusals = ["400", "401", "403", "404", *(["409"] if self.method in WRITES else []), "default"]
            for status in refusals:
                problem = self._get_response_for_code(Problem, status)  # type: ignore[no-untyped-call]
                responses.setdefault(status, problem)
        return responses
