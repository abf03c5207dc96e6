"""One's own page: profile, contact methods, API keys."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, AuditEntry, ContactMethod, User
from communications.models import Delivery
from tests.builders import mail_method


@pytest.fixture
def as_bob(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


def test_it_shows_who_one_is_and_is_kept_out_of_caches(as_bob: Client) -> None:
    answer = as_bob.get("/me/")
    assert "bob@example.org" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert "style=" not in answer.content.decode()


def test_name_and_zone_can_be_changed(as_bob: Client, bob: User) -> None:
    form = {"name": "Bob  Miller", "job_title": "SRE", "time_zone": "Asia/Tokyo"}
    assert as_bob.post("/me/", form).status_code == 302
    bob.refresh_from_db()
    assert (bob.name, bob.job_title, bob.time_zone) == ("Bob Miller", "SRE", "Asia/Tokyo")
    assert AuditEntry.objects.get().data["time_zone"] == ["UTC", "Asia/Tokyo"]


def test_an_unknown_zone_is_told_beside_its_field(as_bob: Client, bob: User) -> None:
    answer = as_bob.post("/me/", {"name": "Bob", "time_zone": "Mars/Olympus"})
    assert answer.status_code == 400
    assert "not a time zone" in answer.content.decode()


def test_a_contact_method_is_added_after_the_others(as_bob: Client, bob: User) -> None:
    mail_method(bob, "bob@home.example")
    form = {"method-kind": "email", "method-address": "bob@phone.example", "method-delay_minutes": "5"}
    assert as_bob.post("/me/contact-methods/add/", form).status_code == 302
    assert [m.address for m in bob.contact_methods.all()] == ["bob@home.example", "bob@phone.example"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"method-address": "not an address"}, "not a mail address"),
        ({"method-address": ""}, "not a mail address"),
        ({"method-address": "BOB@home.example"}, "already there"),
        ({"method-delay_minutes": "61"}, "less than or equal to 60"),
        ({"method-delay_minutes": "-1"}, "greater than or equal to 0"),
        ({"method-kind": "pigeon"}, "pigeon"),
    ],
)
def test_a_wrong_contact_method_is_refused_with_a_sentence(
    as_bob: Client, bob: User, change: dict[str, str], sentence: str
) -> None:
    mail_method(bob, "bob@home.example")
    form = {
        "method-kind": "email",
        "method-address": "new@example.org",
        "method-delay_minutes": "0",
        **change,
    }
    answer = as_bob.post("/me/contact-methods/add/", form)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert bob.contact_methods.count() == 1


def test_a_contact_method_can_be_changed_and_then_needs_a_new_proof(as_bob: Client, bob: User) -> None:
    method = mail_method(bob, "bob@old.example")
    ContactMethod.objects.update(verified_at=timezone.now())
    form = {"address": "bob@new.example", "delay_minutes": "0", "label": "phone"}
    assert as_bob.post(f"/me/contact-methods/{method.pk}/", form).status_code == 302
    method.refresh_from_db()
    assert (method.address, method.verified_at, method.is_active) == ("bob@new.example", None, False)


def test_the_order_can_be_changed(as_bob: Client, bob: User) -> None:
    mail_method(bob, "one@example.org")
    second = mail_method(bob, "two@example.org")
    as_bob.post(f"/me/contact-methods/{second.pk}/move/", {"direction": "up"})
    assert [m.address for m in bob.contact_methods.all()] == ["two@example.org", "one@example.org"]
    as_bob.post(f"/me/contact-methods/{second.pk}/move/", {"direction": "up"})
    assert [m.address for m in bob.contact_methods.all()] == ["two@example.org", "one@example.org"]


def test_a_contact_method_can_be_removed_twice(as_bob: Client, bob: User) -> None:
    method = mail_method(bob, "bob@old.example")
    assert as_bob.post(f"/me/contact-methods/{method.pk}/remove/").status_code == 302
    assert as_bob.post(f"/me/contact-methods/{method.pk}/remove/").status_code == 404
    assert not bob.contact_methods.exists()


def test_a_test_message_goes_through_the_ledger(as_bob: Client, bob: User) -> None:
    method = mail_method(bob, "bob@phone.example")
    assert as_bob.post(f"/me/contact-methods/{method.pk}/test/").status_code == 302
    assert Delivery.objects.get().address == "bob@phone.example"


@pytest.mark.parametrize("what", ["", "remove/", "move/", "test/"])
def test_somebody_elses_contact_method_is_not_there(as_bob: Client, carol: User, what: str) -> None:
    method = mail_method(carol, "carol@example.org")
    assert as_bob.post(f"/me/contact-methods/{method.pk}/{what}").status_code == 404


def test_a_key_is_shown_once_and_works(as_bob: Client, bob: User) -> None:
    answer = as_bob.post("/me/keys/add/", {"key-name": "deploy script", "key-scopes": ["read"]})
    [key] = ApiKey.objects.all()
    page = answer.content.decode()
    token = page[page.index(f"ac_{key.public_id}_") :].split("<")[0]
    assert len(token) > 50
    assert token not in as_bob.get("/me/").content.decode()
    assert Client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_key_may_run_out(as_bob: Client, bob: User) -> None:
    tomorrow = (timezone.now() + timedelta(days=1)).date()
    form = {"key-name": "x", "key-scopes": ["read"], "key-expires_on": tomorrow.isoformat()}
    assert as_bob.post("/me/keys/add/", form).status_code == 200
    assert ApiKey.objects.get().expires_at is not None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"key-name": ""}, "required"),
        ({"key-scopes": []}, "required"),
        ({"key-scopes": ["root"]}, "root"),
        ({"key-expires_on": "2001-01-01"}, "in the past"),
    ],
)
def test_a_wrong_key_is_refused(as_bob: Client, change: dict[str, object], sentence: str) -> None:
    answer = as_bob.post("/me/keys/add/", {"key-name": "x", "key-scopes": ["read"], **change})
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_revoked_key_is_useless_at_once(as_bob: Client, bob: User) -> None:
    as_bob.post("/me/keys/add/", {"key-name": "x", "key-scopes": ["read"]})
    key = ApiKey.objects.get()
    assert as_bob.post(f"/me/keys/{key.pk}/revoke/").status_code == 302
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_somebody_elses_key_is_not_there(as_bob: Client, carol: User) -> None:
    key = ApiKey.objects.create(user=carol, name="hers", public_id="abc", digest="", scopes=["read"])
    assert as_bob.post(f"/me/keys/{key.pk}/revoke/").status_code == 404


def test_a_viewer_has_a_profile_too(client: Client, dave: User) -> None:
    client.force_login(dave)
    assert client.get("/me/").status_code == 200
