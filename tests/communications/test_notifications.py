"""My notifications: unread first, read by opening, nobody else's."""

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from common import clock as app_clock
from communications import outbox
from communications.models import Delivery, Notification
from communications.outbox import Message
from incidents.models import Incident
from tests.builders import NOON, bare_incident, person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]


@pytest.fixture
def bob(client: Client, db: None) -> User:
    bob = person("Bob")
    client.force_login(bob)
    return bob


def tell(user: User, title: str, incident: Incident | None = None, **fields: object) -> Notification:
    return Notification.objects.create(
        **{
            "user": user,
            "incident": incident,
            "kind": "notice",
            "title": title,
            "path": incident.get_absolute_url() if incident else "/",
            "dedupe_key": title,
            "created_at": NOON,
            **fields,
        }
    )


def test_unread_ones_stand_on_top(client: Client, bob: User) -> None:
    tell(bob, "first")
    tell(bob, "second", read_at=NOON)
    tell(bob, "third")

    page = client.get("/me/notifications/").content.decode()

    assert page.index("third") < page.index("first") < page.index("second")
    assert "2 unread" in page


def test_an_empty_page_says_what_it_is_for(client: Client, bob: User) -> None:
    assert "arrive here" in client.get("/me/notifications/").content.decode()


def test_opening_one_leads_to_the_incident_and_has_it_read(client: Client, bob: User) -> None:
    note = tell(bob, "An update", bare_incident())

    answer = client.get(f"/me/notifications/{note.pk}/")

    assert answer.headers["Location"] == "/incidents/INC-1/"
    note.refresh_from_db()
    assert note.read_at == NOON


def test_opening_a_page_makes_its_token_just_then(client: Client, bob: User) -> None:
    outbox.enqueue(
        kind=Delivery.Kind.PAGE, topic="page:7", dedupe_key="page:7", user=bob, now=app_clock.now(),
        message=Message("Down", "Down.", path="/p/{token}/", sign=("page", "7")),
    )  # fmt: skip
    outbox.deliver(Delivery.objects.values_list("pk", flat=True))
    note = Notification.objects.get()

    answer = client.get(f"/me/notifications/{note.pk}/")

    assert answer.headers["Location"].startswith("/p/7:")


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_a_notification_leads_nowhere_else(path: str, client: Client, bob: User) -> None:
    note = tell(bob, "odd", path=path)

    assert client.get(f"/me/notifications/{note.pk}/").headers["Location"] == "/me/notifications/"


def test_one_can_be_marked_as_read_where_it_stands(client: Client, bob: User) -> None:
    note = tell(bob, "An update")

    client.post(f"/me/notifications/{note.pk}/read/")
    client.post(f"/me/notifications/{note.pk}/read/")

    note.refresh_from_db()
    assert note.read_at == NOON


def test_all_are_read_but_what_came_since(client: Client, bob: User) -> None:
    old, new = tell(bob, "old"), tell(bob, "new")

    client.post("/me/notifications/read/", {"up_to": old.pk})

    assert list(Notification.objects.filter(read_at=None)) == [new]


def test_somebody_elses_is_not_there(client: Client, bob: User) -> None:
    note = tell(person("Carol"), "hers")

    assert client.get(f"/me/notifications/{note.pk}/").status_code == 404
    assert client.post(f"/me/notifications/{note.pk}/read/").status_code == 404
    assert "hers" not in client.get("/me/notifications/").content.decode()


def test_what_became_private_since_is_gone(client: Client, bob: User) -> None:
    tell(bob, "Webhooks down", bare_incident(is_private=True))

    assert "Webhooks down" not in client.get("/me/notifications/").content.decode()


def test_who_is_not_signed_in_is_sent_to_the_log_in(client: Client) -> None:
    assert client.get("/me/notifications/").status_code == 302


def test_many_come_in_pages_with_a_fixed_number_of_queries(
    client: Client, bob: User, django_assert_max_num_queries: object
) -> None:
    for number in range(65):
        tell(bob, f"number {number}.")

    with django_assert_max_num_queries(12):  # type: ignore[operator]
        page = client.get("/me/notifications/?page=2").content.decode()

    assert "number 34." in page
    assert "number 35." not in page
    assert client.get("/me/notifications/?page=nonsense").status_code == 200


def test_the_demo_shows_its_mails_only_in_debug(
    client: Client, bob: User, settings: Settings, tmp_path: object
) -> None:
    assert client.get("/demo/mail/").status_code == 404
    settings.DEBUG = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    outbox.enqueue(
        kind=Delivery.Kind.PAGE, topic="t", dedupe_key="k", user=bob, now=app_clock.now(),
        message=Message("Webhooks <down>", "Webhooks return 500.", path="/p/{token}/", sign=("page", "7")),
    )  # fmt: skip
    outbox.deliver(Delivery.objects.values_list("pk", flat=True))

    page = client.get("/demo/mail/").content.decode()

    assert "Webhooks &lt;down&gt;" in page
    assert 'href="/p/7:' in page
