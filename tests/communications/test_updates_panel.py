"""The updates of an incident in the browser: panel, composer, "no change", another time."""

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from common import clock as app_clock
from communications import actions, updates
from communications.models import Update, UpdateClock
from incidents.models import Incident, Responder
from tests.builders import NOON, bare_incident, office_hours, person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]
HTMX = {"HX-Request": "true"}
WORDS = {"impact": "Customers get no webhooks.", "actions": "Rolling back v812.", "eta": "30 min"}


@pytest.fixture
def incident(clock: object) -> Incident:
    office_hours(is_default=True)
    made = bare_incident()
    updates.start(made, NOON)
    return made


@pytest.fixture
def carol(client: Client, db: None) -> User:
    carol = person("Carol")
    client.force_login(carol)
    return carol


def test_the_panel_counts_down_and_offers_one_tap(client: Client, carol: User, incident: Incident) -> None:
    answer = client.get(f"/incidents/{incident.reference}/panels/updates/", headers=HTMX)

    page = answer.content.decode()
    assert page.lstrip().startswith('<div id="updates-panel"')
    assert "in 15:00" in page
    assert "No change" in page
    assert "<html" not in page


def test_without_javascript_the_panel_is_a_page(client: Client, carol: User, incident: Incident) -> None:
    answer = client.get(f"/incidents/{incident.reference}/panels/updates/")

    assert "<html" in answer.content.decode()


def test_only_what_the_template_cannot_know_is_asked_for(
    client: Client, carol: User, incident: Incident
) -> None:
    page = client.get(f"/incidents/{incident.reference}/updates/").content.decode()

    assert "🚨 INCIDENT UPDATE - INC-1 - 25 Mar 2026" in page
    assert "as agreed: 15 min" in page


def test_posting_publishes_and_goes_back_to_the_incident(
    client: Client, carol: User, incident: Incident
) -> None:
    answer = client.post(f"/incidents/{incident.reference}/updates/", WORDS)

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/incidents/INC-1/#updates"
    assert Update.objects.get().published_by == carol


def test_the_next_composer_starts_from_the_last_update(
    client: Client, carol: User, incident: Incident
) -> None:
    client.post(f"/incidents/{incident.reference}/updates/", WORDS)

    page = client.get(f"/incidents/{incident.reference}/updates/").content.decode()

    assert "Rolling back v812." in page


def test_what_is_missing_stands_beside_its_field_and_nothing_typed_is_lost(
    client: Client, carol: User, incident: Incident
) -> None:
    answer = client.post(f"/incidents/{incident.reference}/updates/", WORDS | {"actions": ""})

    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Say what is being done." in page
    assert "Customers get no webhooks." in page
    assert not Update.objects.exists()


def test_the_preview_shows_the_text_and_writes_nothing(
    client: Client, carol: User, incident: Incident
) -> None:
    answer = client.post(
        f"/incidents/{incident.reference}/updates/preview/", {"impact": "<b>Half</b>"}, headers=HTMX
    )

    page = answer.content.decode()
    assert page.lstrip().startswith('<div id="preview"')
    assert "Impact: &lt;b&gt;Half&lt;/b&gt;" in page
    assert not Update.objects.exists()


def test_no_change_is_one_tap_and_a_double_tap_is_one_update(
    client: Client, carol: User, incident: Incident
) -> None:
    address = f"/incidents/{incident.reference}/updates/no-change/"

    first = client.post(address, {"idempotency_key": "tap"}, headers=HTMX)
    client.post(address, {"idempotency_key": "tap"}, headers=HTMX)

    assert "toast" in first.headers["HX-Trigger"]
    assert "Update 1" in first.content.decode()
    assert Update.objects.count() == 1


def test_without_javascript_no_change_goes_back_to_the_incident(
    client: Client, carol: User, incident: Incident
) -> None:
    answer = client.post(f"/incidents/{incident.reference}/updates/no-change/")

    assert answer.headers["Location"] == "/incidents/INC-1/#updates"


def test_another_time_can_be_promised(client: Client, carol: User, incident: Incident) -> None:
    answer = client.post(
        f"/incidents/{incident.reference}/updates/next/", {"next_in": "60", "reason": "vendor"}
    )

    assert answer.status_code == 302
    assert (UpdateClock.objects.get().due_at - app_clock.now()).total_seconds() == 3600


def test_a_nonsensical_time_is_refused(client: Client, carol: User, incident: Incident) -> None:
    answer = client.post(f"/incidents/{incident.reference}/updates/next/", {"next_in": "x"})

    assert answer.status_code == 400


@pytest.mark.parametrize("page", ["panels/updates/", "updates/", "updates/next/"])
def test_who_is_not_signed_in_is_sent_to_the_log_in(page: str, client: Client, incident: Incident) -> None:
    answer = client.get(f"/incidents/{incident.reference}/{page}")

    assert answer.status_code == 302
    assert "log" in answer.headers["Location"]


def test_a_viewer_sees_the_panel_without_buttons_and_may_not_post(client: Client, incident: Incident) -> None:
    client.force_login(person("Dave", "viewer"))
    actions.publish_update(by=Actor.of(person("Bob")), incident=incident, **WORDS)

    panel = client.get(f"/incidents/{incident.reference}/panels/updates/").content.decode()

    assert "Rolling back v812." in panel
    assert "Write an update" not in panel
    assert client.get(f"/incidents/{incident.reference}/updates/").status_code == 403
    assert client.post(f"/incidents/{incident.reference}/updates/no-change/").status_code == 403


def test_a_private_incident_is_not_known_to_who_is_not_on_it(
    client: Client, carol: User, clock: object
) -> None:
    secret = bare_incident("Leak", is_private=True)

    assert client.get(f"/incidents/{secret.reference}/panels/updates/").status_code == 404

    Responder.objects.create(incident=secret, user=carol, joined_at=NOON)
    assert client.get(f"/incidents/{secret.reference}/panels/updates/").status_code == 200


def test_no_change_needs_a_post(client: Client, carol: User, incident: Incident) -> None:
    assert client.get(f"/incidents/{incident.reference}/updates/no-change/").status_code == 405


def test_a_cancelled_incident_has_nothing_to_tell(client: Client, carol: User, incident: Incident) -> None:
    Incident.objects.update(status="cancelled")

    answer = client.post(f"/incidents/{incident.reference}/updates/", WORDS)

    assert answer.status_code == 409
    assert "there is nothing to tell" in answer.content.decode()


def test_the_panels_queries_do_not_grow_with_the_history(
    client: Client, carol: User, incident: Incident, django_assert_max_num_queries: object
) -> None:
    for _ in range(5):
        actions.publish_update(by=Actor.of(carol), incident=incident, is_no_change=True)

    with django_assert_max_num_queries(12):  # type: ignore[operator]
        client.get(f"/incidents/{incident.reference}/panels/updates/", headers=HTMX)
