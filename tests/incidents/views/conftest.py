"""The procedure, somebody's browser, and an incident under way."""

import re

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from config import defaults
from incidents import actions
from incidents.models import Component, Incident

HTMX = {"HX-Request": "true"}


@pytest.fixture
def procedure(db: None) -> None:
    defaults.load()


@pytest.fixture
def webhooks(procedure: None) -> Component:
    return Component.objects.create(
        name="Webhooks", slug="webhooks", variables={"namespace": "prod", "service": "hooks"}
    )


@pytest.fixture
def incident(webhooks: Component, alice: User, bob: User) -> Incident:
    """A SEV-1 that alice declared and commands, with bob as technical lead."""
    made = actions.declare(by=Actor.of(alice), title="Webhooks answer 500", severity=1, components=[webhooks])
    actions.take_role(by=Actor.of(alice), incident=made, role="commander")
    actions.take_role(by=Actor.of(bob), incident=made, role="tech_lead")
    made.refresh_from_db()
    return made


def browser(user: User) -> Client:
    """A browser in which this person is signed in."""
    client = Client()
    client.force_login(user)
    return client


def filled_in(client: Client, url: str) -> dict[str, str]:
    """The hidden fields of the form on a page, as a browser without JavaScript sends them."""
    page = client.get(url).content.decode()
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


@pytest.fixture
def as_alice(alice: User) -> Client:
    return browser(alice)


@pytest.fixture
def as_bob(bob: User) -> Client:
    return browser(bob)


@pytest.fixture
def as_dave(dave: User) -> Client:
    return browser(dave)
