"""The post-mortem record: its panel, its list, its API (R62)."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from incidents import actions
from incidents.describe import headline
from incidents.models import Incident
from postmortems.models import PostMortem
from tests import builders

pytestmark = pytest.mark.django_db
URL = "https://wiki.example.org/inc"


@pytest.fixture
def incident(alice: User) -> Incident:
    by = Actor.of(alice)
    with time_machine.travel(datetime(2026, 3, 25, 12, 0, tzinfo=UTC), tick=False):
        incident = actions.declare(
            by=by,
            title="Webhooks down",
            severity=2,
            team=builders.team("Office", calendar=builders.office_hours()),
        )
        actions.take_role(by=by, incident=incident, role="commander")
        actions.resolve(by=by, incident=incident)
    return incident


def test_it_is_due_at_the_end_of_the_seventh_days_business_day(alice: User, incident: Incident) -> None:
    record = PostMortem.objects.get(incident=incident)
    assert record.due_at == datetime(2026, 4, 1, 16, 0, tzinfo=UTC)  # Wednesday 17:00 BST
    assert (record.owner, record.is_required) == (alice, True)
    assert list(record.participants.all()) == [alice]


def test_the_list_shows_what_is_to_be_written(client: Client, bob: User, incident: Incident) -> None:
    client.force_login(bob)
    assert "Webhooks down" in client.get("/postmortems/").content.decode()
    assert "Webhooks down" not in client.get("/postmortems/?shown=published").content.decode()


def test_the_panel_is_a_page_and_a_fragment(client: Client, bob: User, incident: Incident) -> None:
    client.force_login(bob)
    address = f"/incidents/{incident.reference}/panels/postmortem/"
    assert "<html" in client.get(address).content.decode()
    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert 'id="postmortem"' in fragment


def test_anonymous_people_sign_in_first(client: Client, incident: Incident) -> None:
    assert client.get("/postmortems/").status_code == 302


def test_the_owner_records_where_it_was_published(client: Client, alice: User, incident: Incident) -> None:
    client.force_login(alice)
    for _ in range(2):
        assert (
            client.post(f"/incidents/{incident.reference}/postmortem/publish/", {"url": URL}).status_code
            == 302
        )
    record = PostMortem.objects.get()
    assert (record.state, record.external_url) == ("published", URL)


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "wiki", "https://" + "x" * 600])
def test_what_is_no_address_is_refused_beside_the_field(
    client: Client, alice: User, incident: Incident, url: str
) -> None:
    client.force_login(alice)
    answer = client.post(f"/incidents/{incident.reference}/postmortem/publish/", {"url": url})
    assert answer.status_code == 400
    assert "aria-invalid" in answer.content.decode()
    assert PostMortem.objects.get().state == "draft"


def test_somebody_else_cannot_publish(client: Client, bob: User, incident: Incident) -> None:
    client.force_login(bob)
    assert (
        client.post(f"/incidents/{incident.reference}/postmortem/publish/", {"url": URL}).status_code == 403
    )


def test_it_can_be_given_to_somebody_who_responds(
    client: Client, alice: User, bob: User, dave: User, incident: Incident
) -> None:
    client.force_login(alice)
    address = f"/incidents/{incident.reference}/postmortem/assign/"
    assert client.post(address, {"owner": bob.pk}).status_code == 302
    assert client.post(address, {"owner": dave.pk}).status_code == 400
    assert PostMortem.objects.get().owner == bob


def test_the_api_does_the_same(client: Client, alice: User, incident: Incident) -> None:
    headers = {"Authorization": f"Bearer {builders.api_key(alice)}"}
    one = client.get(f"/api/v1/incidents/{incident.reference}/postmortem/", headers=headers)
    assert (one.status_code, one.json()["owner"]) == (200, "alice")
    published = client.post(
        f"/api/v1/incidents/{incident.reference}/postmortem/publish/",
        {"url": URL},
        content_type="application/json",
        headers=headers,
    )
    assert published.json()["state"] == "published"
    assert client.get("/api/v1/postmortems/?state=published", headers=headers).json()["count"] == 1
    assert client.get("/api/v1/incidents/INC-999/postmortem/", headers=headers).status_code == 404


def test_a_cancelled_incident_needs_none(alice: User, incident: Incident) -> None:
    actions.cancel(by=Actor.of(alice), incident=incident, reason="a test after all")
    assert not PostMortem.objects.exists()


def told(incident: Incident) -> list[tuple[str, str]]:
    entries = incident.events.filter(kind__startswith="postmortem_").order_by("sequence")
    return [(entry.actor_label, headline(entry)) for entry in entries]


def test_the_timeline_tells_who_gave_it_to_whom_and_who_published_it(
    client: Client, alice: User, bob: User, incident: Incident
) -> None:
    client.force_login(alice)
    address = f"/incidents/{incident.reference}/postmortem"
    for _ in range(2):  # twice is once
        client.post(f"{address}/assign/", {"owner": bob.pk})
    client.force_login(bob)
    for _ in range(2):
        client.post(f"{address}/publish/", {"url": URL})
    assert told(incident) == [
        ("Alice", "made Bob responsible for the post-mortem"),
        ("Bob", "published the post-mortem"),
    ]
    assert incident.events.get(kind="postmortem_published").text == URL
