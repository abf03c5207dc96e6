"""The API of readiness."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.readiness import Level, findings


class FindingShape(serializers.Serializer[Any]):
    level = serializers.ChoiceField(choices=[level.value for level in Level])
    topic = serializers.CharField()
    sentence = serializers.CharField()
    url = serializers.CharField(help_text="Where it is mended; empty when there is no such page.")
    do = serializers.CharField()


class ReadinessShape(serializers.Serializer[Any]):
    is_ready = serializers.BooleanField(help_text="Nothing is red.")
    findings = FindingShape(many=True)


class Readiness(APIView):
    """What would be missing some night: red where somebody would not be reached."""

    @extend_schema(responses=ReadinessShape)
    def get(self, request: Request) -> Response:
        found = findings(clock.now())
        answer = {"is_ready": not any(finding.is_red for finding in found), "findings": found}
        return Response(ReadinessShape(answer).data)


urlpatterns = [path("readiness", Readiness.as_view(), name="readiness")]
