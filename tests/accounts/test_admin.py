"""Settings of people, teams and business hours."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import AccessRole, ApiKey, AuditEntry, BusinessCalendar, Team, User
from common import clock
from tests.builders import NOON, api_key, office_hours, person


@pytest.fixture
def as_erin(client: Client, erin: User) -> Client:
    client.force_login(erin)
    return client


def inline(prefix: str, *rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """The form data of inline rows."""
    data: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def user_form(user: User, **changed: Any) -> dict[str, Any]:
    form = {"name": user.name, "email": user.email, "time_zone": user.time_zone, "role": user.role}
    return {**form, "is_active": "on", **inline("contact_methods"), **changed}


def errors(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.context["errors"])


def test_a_new_person_gets_a_row_a_method_and_an_audit_entry(as_erin: Client) -> None:
    form = {
        "name": "Frank",
        "email": "Frank@example.org",
        "time_zone": "Europe/Berlin",
        "role": "responder",
        "is_active": "on",
        **inline(
            "contact_methods",
            {"position": 0, "kind": "email", "address": "f@phone.example", "delay_minutes": 0},
        ),
    }
    assert as_erin.post("/admin/accounts/user/add/", form).status_code == 302
    frank = User.objects.get(name="Frank")
    assert (frank.has_usable_password(), frank.is_staff) == (False, False)
    assert frank.contact_methods.get().address == "f@phone.example"
    entry = AuditEntry.objects.get(action="user.added")
    assert entry.data["fields"]["time_zone"] == ["UTC", "Europe/Berlin"]


def test_the_same_mail_address_in_another_case_is_refused(as_erin: Client, bob: User) -> None:
    form = user_form(bob, name="Bobby", email="BOB@example.org")
    assert "already here" in errors(as_erin.post("/admin/accounts/user/add/", form))


def test_an_admin_role_gives_the_admin_and_losing_it_takes_it(as_erin: Client, bob: User) -> None:
    path = f"/admin/accounts/user/{bob.pk}/change/"
    as_erin.post(path, user_form(bob, role="admin"))
    bob.refresh_from_db()
    assert (bob.is_staff, bob.is_superuser) == (True, True)
    as_erin.post(path, user_form(bob, role="viewer"))
    bob.refresh_from_db()
    assert (bob.is_staff, bob.is_superuser) == (False, False)
    changes = [entry.data["fields"] for entry in AuditEntry.objects.filter(action="user.changed")]
    assert {"role": ["admin", "viewer"]} in changes


@pytest.mark.parametrize("changed", [{"role": "responder"}, {"is_active": ""}])
def test_the_last_admin_stays(as_erin: Client, erin: User, changed: dict[str, str]) -> None:
    answer = as_erin.post(f"/admin/accounts/user/{erin.pk}/change/", user_form(erin, **changed))
    assert "last admin" in errors(answer)


def test_one_of_two_admins_may_go(as_erin: Client, erin: User) -> None:
    person("Zoe", AccessRole.ADMIN)
    path = f"/admin/accounts/user/{erin.pk}/change/"
    assert as_erin.post(path, user_form(erin, role="viewer")).status_code == 302


def test_people_cannot_be_deleted(as_erin: Client, bob: User) -> None:
    assert as_erin.post(f"/admin/accounts/user/{bob.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=bob.pk).exists()


def test_a_second_default_team_is_refused(as_erin: Client) -> None:
    Team.objects.create(name="Platform", slug="platform", is_default=True)
    answer = as_erin.post("/admin/accounts/team/add/", {"name": "Data", "slug": "data", "is_default": "on"})
    assert "already the default" in errors(answer)


HOURS = {"weekday": 0, "opens": "09:00", "closes": "17:00"}


def calendar_form(
    *hours: dict[str, Any], days: list[dict[str, Any]] | None = None, **changed: Any
) -> dict[str, Any]:
    form = {"name": "Office", "time_zone": "Europe/London", "country": "", "subdivision": ""}
    return {**form, **inline("hours", *hours), **inline("special_days", *(days or [])), **changed}


def test_a_calendar_with_hours_is_saved(as_erin: Client) -> None:
    assert as_erin.post("/admin/accounts/businesscalendar/add/", calendar_form(HOURS)).status_code == 302
    assert BusinessCalendar.objects.get().hours.count() == 1


def test_a_calendar_that_does_not_open_within_30_days_is_refused(as_erin: Client) -> None:
    start = clock.now().date()
    closed = [{"date": (start + timedelta(days=n)).isoformat(), "name": "closed"} for n in range(-1, 33)]
    form = calendar_form(HOURS, days=closed)
    assert "no open day" in errors(as_erin.post("/admin/accounts/businesscalendar/add/", form))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"time_zone": "Mars/Olympus"}, "not a time zone"),
        ({"hours-0-closes": "08:00"}, "after opening"),
        ({"country": "XX"}, "No holidays are known"),
        ({"country": "GB", "subdivision": "ZZ"}, "no such subdivision"),
    ],
)
def test_a_wrong_calendar_is_told(as_erin: Client, changed: dict[str, Any], sentence: str) -> None:
    answer = as_erin.post("/admin/accounts/businesscalendar/add/", calendar_form(HOURS, **changed))
    assert sentence in errors(answer)


def test_a_calendar_without_hours_is_refused(as_erin: Client) -> None:
    assert as_erin.post("/admin/accounts/businesscalendar/add/", calendar_form()).status_code == 200
    assert not BusinessCalendar.objects.exists()


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        (NOON, "Open until 17:00 (GMT)"),
        (NOON + timedelta(hours=8), "Closed; opens Thu 26 Mar 09:00 (GMT)"),
        (NOON + timedelta(days=3), "Closed; opens Mon 30 Mar 09:00 (BST)"),
    ],
)
def test_the_list_says_whether_it_is_open_now(as_erin: Client, instant: Any, words: str) -> None:
    office_hours()
    with time_machine.travel(instant, tick=False):
        page = as_erin.get("/admin/accounts/businesscalendar/").content.decode()
    assert words in page


def test_keys_are_revoked_here_but_not_made(as_erin: Client, bob: User) -> None:
    api_key(bob)
    key = ApiKey.objects.get()
    assert as_erin.get("/admin/accounts/apikey/add/").status_code == 403
    answer = as_erin.post("/admin/accounts/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    assert answer.status_code == 302
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_the_audit_log_can_be_read_and_not_changed(as_erin: Client, bob: User) -> None:
    api_key(bob)
    entry = AuditEntry.objects.get(action="api_key.created")
    assert "api_key.created" in as_erin.get("/admin/accounts/auditentry/").content.decode()
    assert "fits" in as_erin.get(f"/admin/accounts/auditentry/{entry.pk}/change/").content.decode()
    assert as_erin.post(f"/admin/accounts/auditentry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403


def test_only_admins_get_in(client: Client, bob: User) -> None:
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/account/login/?next=/admin/"
    client.force_login(bob)
    assert client.get("/admin/").status_code == 403
    assert client.get("/admin/login/").status_code == 403


def test_only_our_own_tables_are_in_the_settings(as_erin: Client) -> None:
    from django.contrib.admin import site

    labels = {model._meta.app_label for model in site._registry}
    ours = {"accounts", "incidents", "communications", "oncall", "escalation", "alerts", "postmortems"}
    assert labels <= ours


@pytest.mark.parametrize("chosen", ["", "hello", "\x00", "9" * 40, "-"])
@pytest.mark.parametrize(
    "page", ["accounts/apikey", "accounts/team", "oncall/schedule", "accounts/emergencycontact"]
)
def test_an_action_on_rows_that_cannot_be_is_refused(as_erin: Client, page: str, chosen: str) -> None:
    actions = ["delete_selected", "revoke", "say_tried"]
    for name in actions:
        form = {"action": name, "index": "0", "select_across": "0", "_selected_action": chosen}
        answer = as_erin.post(f"/admin/{page}/", form, follow=True)
        assert answer.status_code == 200
    assert "These rows do not exist" in answer.content.decode()
