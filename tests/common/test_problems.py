"""What bad requests get from the API: a status, a sentence, one documented shape."""

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.rest import ActionView
from common.errors import Blocked, Blocker, Conflict, Invalid, NotAllowed
from tests.builders import api_key


class Shape(serializers.Serializer[Any]):
    outcome = serializers.CharField()


OUTCOMES: dict[str, Exception] = {
    "invalid": Invalid("Say in a few words what is wrong.", field="title"),
    "not-allowed": NotAllowed("Only the Incident Commander may resolve."),
    "conflict": Conflict("Resolved by Alice 20 s ago.", code="stale"),
    "blocked": Blocked("Two checks are missing.", [Blocker("Error rate?", "/x/", "gate")]),
    "locked": OperationalError("database is locked"),
}


class Act(ActionView):
    serializer_class = Shape
    response_serializer_class = Shape

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        if data["outcome"] in OUTCOMES:
            raise OUTCOMES[data["outcome"]]
        return data


class Broken(APIView):
    def get(self, request: Request) -> Response:
        raise OperationalError("the database is down")


urlpatterns = [path("api/v1/act", Act.as_view()), path("api/v1/broken", Broken.as_view())]
handler404 = "common.errorpages.not_found"
pytestmark = pytest.mark.urls(__name__)


def post(client: Client, user: User, body: Any, **options: Any) -> Any:
    client.raise_request_exception = False
    headers = {"Authorization": f"Bearer {api_key(user)}"}
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(
        "/api/v1/act", data, headers=headers, **{"content_type": "application/json", **options}
    )


def test_an_action_answers_with_what_it_did(client: Client, bob: User) -> None:
    answer = post(client, bob, {"outcome": "fine"})
    assert (answer.status_code, answer.json()) == (200, {"outcome": "fine"})


@pytest.mark.parametrize(
    ("outcome", "status", "attr", "code"),
    [
        ("invalid", 400, "title", "invalid"),
        ("not-allowed", 403, None, "not_allowed"),
        ("conflict", 409, None, "stale"),
        ("blocked", 409, None, "blocked"),
        ("locked", 503, None, "unavailable"),
    ],
)
def test_a_refused_action_says_why(
    client: Client, bob: User, outcome: str, status: int, attr: str | None, code: str
) -> None:
    answer = post(client, bob, {"outcome": outcome})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["attr"], error["code"]) == (status, attr, code)
    assert error["detail"].endswith(".")


def test_a_blocked_transition_lists_what_is_missing(client: Client, bob: User) -> None:
    body = post(client, bob, {"outcome": "blocked"}).json()
    assert body["blockers"] == [{"sentence": "Error rate?", "url": "/x/", "code": "gate"}]


def test_a_locked_database_asks_to_come_back(client: Client, bob: User) -> None:
    assert post(client, bob, {"outcome": "locked"})["Retry-After"] == "5"


@pytest.mark.parametrize(
    "body",
    ["{not json", "", '{"outcome": NaN}', b'{"outcome": "\xff\xfe"}', "[" * 5000 + "]" * 5000, "[[" * 20 + "]]" * 20],
    ids=["broken", "empty", "nan", "not utf-8", "very deep", "deep"],
)  # fmt: skip
def test_json_that_cannot_be_read_is_refused(client: Client, bob: User, body: str | bytes) -> None:
    answer = post(client, bob, body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("text", ["nul \x00 byte", "lone \ud800 surrogate"])
def test_characters_that_no_database_takes_are_refused_at_their_field(
    client: Client, bob: User, text: str
) -> None:
    answer = post(client, bob, {"outcome": text})
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "outcome")


def test_a_list_where_an_object_belongs_is_refused(client: Client, bob: User) -> None:
    assert post(client, bob, [1, 2]).status_code == 400


def test_another_media_type_is_refused(client: Client, bob: User) -> None:
    answer = post(client, bob, "<x/>", content_type="application/xml")
    assert (answer.status_code, answer.json()["type"]) == (415, "client_error")


def test_a_megabyte_is_refused_before_anybody_signs_in(client: Client, db: None) -> None:
    answer = client.post("/api/v1/act", b"x" * 1_000_000, content_type="application/json")
    assert answer.status_code == 413
    assert "too large" in answer.json()["errors"][0]["detail"]


def test_nobody_is_let_in_without_a_key(client: Client, db: None) -> None:
    answer = client.post("/api/v1/act", "{}", content_type="application/json")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


def test_a_wrong_key_is_told_so(client: Client, db: None) -> None:
    answer = client.get("/api/v1/broken", headers={"Authorization": "Bearer ac_1234_wrong"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "authentication_failed")


def test_a_key_to_read_does_not_write(client: Client, bob: User) -> None:
    headers = {"Authorization": f"Bearer {api_key(bob, 'read')}"}
    answer = client.post("/api/v1/act", '{"outcome": "x"}', content_type="application/json", headers=headers)
    assert answer.status_code == 403


def test_a_browser_session_needs_the_csrf_token(bob: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)
    answer = client.post("/api/v1/act", '{"outcome": "x"}', content_type="application/json")
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["errors"][0]["detail"]


def test_an_unknown_address_is_a_problem_too(client: Client, db: None) -> None:
    answer = client.get("/api/v1/nowhere")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "not_found")


def test_a_lost_database_is_503(client: Client, bob: User) -> None:
    client.raise_request_exception = False
    answer = client.get("/api/v1/broken", headers={"Authorization": f"Bearer {api_key(bob)}"})
    assert (answer.status_code, answer.json()["type"]) == (503, "server_error")
