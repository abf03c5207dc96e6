"""Signing in and out, and setting a password."""

import re

import pytest
from django.core import mail
from django.test import Client
from django_q.models import OrmQ

from accounts.models import AuditEntry, User
from accounts.tasks import mail_password_reset
from tests.builders import PASSWORD

LOG_IN = "/account/login/"


def log_in(client: Client, user: User, password: str = PASSWORD, **extra: str) -> int:
    return client.post(LOG_IN, {"login": user.email, "password": password, **extra}).status_code


def test_the_right_password_lets_in_and_leads_on(client: Client, bob: User) -> None:
    answer = client.post(LOG_IN, {"login": bob.email, "password": PASSWORD, "next": "/me/"})
    assert (answer.status_code, answer["Location"]) == (302, "/me/")
    assert client.get("/me/").status_code == 200


def test_a_foreign_address_is_not_led_to(client: Client, bob: User) -> None:
    answer = client.post(LOG_IN, {"login": bob.email, "password": PASSWORD, "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_the_case_of_the_mail_address_does_not_matter(client: Client, bob: User) -> None:
    assert client.post(LOG_IN, {"login": "BOB@Example.ORG", "password": PASSWORD}).status_code == 302


def test_a_wrong_password_is_told_beside_the_form_and_audited(client: Client, bob: User) -> None:
    answer = client.post(LOG_IN, {"login": bob.email, "password": "wrong"})
    assert answer.status_code == 200
    assert "not correct" in answer.content.decode()
    entry = AuditEntry.objects.get(action="login.failed")
    assert (entry.object_label, "wrong" in str(entry.data)) == (bob.email, False)


def test_a_sign_in_is_audited(client: Client, bob: User) -> None:
    log_in(client, bob)
    assert AuditEntry.objects.get(action="login.succeeded").actor_pk == bob.pk


def test_guessing_is_slowed_down_even_for_the_right_password(client: Client, bob: User) -> None:
    for _ in range(5):
        log_in(client, bob, "wrong")
    assert log_in(client, bob) == 200
    assert AuditEntry.objects.filter(action="login.failed").count() == 5


def test_wrong_passwords_elsewhere_lock_nobody_out(client: Client, bob: User) -> None:
    for _ in range(6):
        client.post(LOG_IN, {"login": bob.email, "password": "wrong"}, REMOTE_ADDR="198.51.100.7")
    assert client.post(LOG_IN, {"login": bob.email, "password": PASSWORD}).status_code == 302


def test_colleagues_behind_one_address_do_not_lock_each_other_out(client: Client, bob: User) -> None:
    for n in range(40):
        client.post(LOG_IN, {"login": f"somebody{n}@example.org", "password": "wrong"})
    assert log_in(client, bob) == 302


def test_somebody_switched_off_stays_out(client: Client, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    log_in(client, bob)
    assert client.get("/me/").status_code == 302


def test_a_stranger_is_sent_to_the_log_in_and_back(client: Client, bob: User) -> None:
    assert client.get("/me/")["Location"] == "/account/login/?next=/me/"


def test_logging_out_needs_a_post(client: Client, bob: User) -> None:
    client.force_login(bob)
    assert client.get("/account/logout/").status_code == 200
    assert client.get("/me/").status_code == 200
    assert client.post("/account/logout/").status_code == 302
    assert client.get("/me/").status_code == 302


@pytest.mark.parametrize(
    "path", ["login/", "logout/", "password/change/", "password/reset/done/", "inactive/"]
)
def test_pages_of_signing_in_forbid_foreign_scripts_and_styles(client: Client, bob: User, path: str) -> None:
    if path in {"logout/", "password/change/"}:
        client.force_login(bob)
    answer = client.get(f"/account/{path}")
    assert answer.status_code == 200
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in answer.content.decode()


def test_nobody_signs_up(client: Client, bob: User) -> None:
    assert client.get("/account/signup/")["Location"] == LOG_IN


def test_a_forgotten_password_is_set_anew_by_a_link_that_works_once(client: Client, bob: User) -> None:
    assert client.post("/account/password/reset/", {"email": bob.email}).status_code == 302
    assert (mail.outbox, OrmQ.objects.count()) == ([], 1)  # the queue sends it, not the request

    mail_password_reset(bob.pk)
    [link] = re.findall(r"http\S+/password/reset/key/\S+", str(mail.outbox[0].body))
    path = link.split("8000", 1)[-1]
    form = client.get(path, follow=True)
    new = "a rather better password"
    assert client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new}).status_code == 302
    assert log_in(client, bob, new) == 302
    assert "no longer works" in Client().get(path, follow=True).content.decode()


def test_asking_for_a_strangers_password_tells_nothing(client: Client, bob: User) -> None:
    known = client.post("/account/password/reset/", {"email": bob.email})
    unknown = client.post("/account/password/reset/", {"email": "nobody@example.org"})
    assert known["Location"] == unknown["Location"]
    assert OrmQ.objects.count() == 1


def test_a_short_password_is_refused(client: Client, bob: User) -> None:
    client.force_login(bob)
    data = {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
    answer = client.post("/account/password/change/", data)
    assert "at least 12 characters" in answer.content.decode()


def test_a_changed_password_is_audited(client: Client, bob: User) -> None:
    client.force_login(bob)
    new = "a rather better password"
    answer = client.post(
        "/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    assert answer["Location"] == "/me/"
    assert AuditEntry.objects.filter(action="password.changed").count() == 1
