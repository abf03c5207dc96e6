"""Speaks to the API as a program does: a key, JSON, and an Idempotency-Key where one is wanted."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.builders import api_key


class Api:
    """A client of /api/v1/ in one person's name. Answers are Django's responses."""

    def __init__(self, user: User | None, *scopes: str) -> None:
        self._client = Client()
        self._headers = {"Authorization": f"Bearer {api_key(user, *scopes)}"} if user else {}

    def get(self, path: str, **query: Any) -> Any:
        return self._client.get(f"/api/v1/{path}", query, headers=self._headers)

    def post(self, path: str, body: Any = None, *, once: str = "", **fields: Any) -> Any:
        headers = {**self._headers, **({"Idempotency-Key": once} if once else {})}
        content = json.dumps(fields if body is None else body)
        return self._client.post(f"/api/v1/{path}", content, content_type="application/json", headers=headers)

    def delete(self, path: str) -> Any:
        return self._client.delete(f"/api/v1/{path}", headers=self._headers)


def fault(answer: Any) -> tuple[int, str, str | None]:
    """Returns status, sentence and field of a refusal with one error."""
    [error] = answer.json()["errors"]
    return answer.status_code, error["detail"], error["attr"]


@pytest.fixture
def procedure(db: None) -> None:
    """The default data: severities, roles, matrix, phases, checklists."""
    from config import defaults

    defaults.load()


@pytest.fixture
def as_alice(alice: User) -> Api:
    return Api(alice)


@pytest.fixture
def as_bob(bob: User) -> Api:
    return Api(bob)


@pytest.fixture
def as_dave(dave: User) -> Api:
    return Api(dave)
