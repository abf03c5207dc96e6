"""Asks for one URL as one person and says in a letter what came of it."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.access_matrix import CAROL

ROLES = ("anonymous", "viewer", "responder", "commander", "admin", "auditor")


@dataclass(frozen=True)
class World:
    """Somebody of each role, and something of each kind that URLs name. What is personal is Carol's."""

    people: dict[str, User]
    carol: User
    places: dict[str, dict[str, Any]]
    sessions: dict[str, str] = field(default_factory=dict)

    def client(self, role: str) -> Client:
        """Returns the role's browser, signed in once: that costs more than all that is asked."""
        client = Client(raise_request_exception=False)
        if role == "anonymous":
            return client
        name = settings.SESSION_COOKIE_NAME
        if role not in self.sessions:
            client.force_login(self.people[role])
            self.sessions[role] = client.cookies[name].value
        client.cookies[name] = self.sessions[role]
        return client

    def place(self, name: str) -> dict[str, Any]:
        """Returns what stands in the URL's places."""
        return self.places.get(name, {})


def letter(status: int, location: str) -> str:
    """Returns "L" led to the log-in, "K" no key or session, "N" not allowed, "0" not there, "+" let in, "!" broken."""
    if status in {301, 302} and location.startswith(("/account/login/", "/admin/login/")):
        return "L"
    known = {401: "K", 403: "N", 404: "0", 405: "-"}
    return known.get(status, "+" if status < 500 else "!")


def ask(world: World, role: str, method: str, name: str, body: dict[str, Any]) -> str:
    """Sends one request, undoes what it did, and returns its letter."""
    client = world.client(role)
    body = {field: world.carol.pk if value == CAROL else value for field, value in body.items()}
    path = reverse(name, kwargs=world.place(name))
    undone = transaction.atomic()
    undone._from_testcase = True  # type: ignore[attr-defined]  # lets durable actions run inside, as TestCase does
    with undone:
        if method == "POST" and path.startswith("/api/"):
            answer = client.post(path, json.dumps(body), content_type="application/json")
        elif method == "POST":
            answer = client.post(path, body)
        else:
            answer = client.generic(method, path)
        transaction.set_rollback(True)
    return letter(answer.status_code, answer.headers.get("Location", ""))


def row(world: World, method: str, name: str, body: dict[str, Any]) -> str:
    """Returns one letter for each of ``ROLES``."""
    return "".join(ask(world, role, method, name, body) for role in ROLES)
