"""The first-run page: it makes the first admin, exactly once."""

import threading

import pytest
from django.db import connection
from django.test import Client

from accounts.models import AccessRole, AuditEntry, BusinessCalendar, Team, User
from config import defaults

FORM = {
    "name": "Ana",
    "email": "ana@example.org",
    "password": "three unrelated words",
    "team": "Platform",
    "time_zone": "Europe/Madrid",
}


@pytest.mark.django_db
def test_every_page_leads_to_it_while_nobody_is_here(client: Client) -> None:
    answer = client.get("/me/", follow=True)
    assert answer.redirect_chain[-1][0] == "/setup/"
    assert "Welcome to Allclear" in answer.content.decode()


@pytest.mark.django_db
def test_it_makes_an_admin_who_can_log_in_be_paged_and_has_office_hours(client: Client) -> None:
    assert client.post("/setup/", FORM)["Location"] == "/account/login/"
    ana = User.objects.get()
    assert (ana.role, ana.is_staff, ana.time_zone) == (AccessRole.ADMIN, True, "Europe/Madrid")
    assert [str(method) for method in ana.contact_methods.all()] == ["Mail ana@example.org"]
    assert list(Team.objects.get(is_default=True).members.all()) == [ana]
    assert BusinessCalendar.objects.get(is_default=True).hours.count() == 5
    assert AuditEntry.objects.get().action == "installation.set_up"
    assert (
        client.post("/account/login/", {"login": FORM["email"], "password": FORM["password"]}).status_code
        == 302
    )


@pytest.mark.django_db
def test_the_default_team_and_calendar_get_what_was_typed(client: Client) -> None:
    defaults.load()
    before = (Team.objects.count(), BusinessCalendar.objects.count())
    answer = client.post("/setup/", {**FORM, "team": "Payments"}, follow=True)
    assert "Your account is ready. Log in with it." in answer.content.decode()
    assert Team.objects.get(is_default=True).name == "Payments"
    assert BusinessCalendar.objects.get(is_default=True).time_zone == "Europe/Madrid"
    assert (Team.objects.count(), BusinessCalendar.objects.count()) == before


@pytest.mark.django_db
def test_a_team_name_that_is_taken_is_told_beside_its_field(client: Client) -> None:
    Team.objects.create(name="Payments", slug="payments")
    answer = client.post("/setup/", {**FORM, "team": "Payments"})
    assert answer.status_code == 400
    assert "Another team already has this name." in answer.content.decode()
    assert not User.objects.exists()


def test_once_somebody_is_here_it_only_leads_to_the_log_in(client: Client, bob: User) -> None:
    assert client.get("/setup/")["Location"] == "/account/login/"


def test_a_form_sent_too_late_is_told_so(client: Client, bob: User) -> None:
    answer = client.post("/setup/", FORM)
    assert answer.status_code == 409
    assert "already set up" in answer.content.decode() or "just set up" in answer.content.decode()
    assert User.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("password", "short", "at least 12 characters"),
        ("password", "q1w2e3r4t5y6", "too common"),
        ("time_zone", "Atlantis/Capital", "not a time zone"),
        ("email", "nonsense", "valid email address"),
        ("name", "", "required"),
        ("name", "\u202e", "Give a name"),
        ("team", "x" * 200, "at most 120"),
    ],
)
def test_bad_input_is_told_beside_its_field(client: Client, field: str, value: str, sentence: str) -> None:
    answer = client.post("/setup/", {**FORM, field: value})
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_becomes_admin() -> None:
    statuses: list[int] = []
    start = threading.Barrier(2)

    def submit(name: str) -> None:
        start.wait()
        form = {**FORM, "name": name, "email": f"{name}@example.org"}
        statuses.append(Client().post("/setup/", form).status_code)
        connection.close()

    threads = [threading.Thread(target=submit, args=(name,)) for name in ("ana", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [302, 409]
    assert User.objects.count() == 1
