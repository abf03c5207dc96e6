"""One's own page: profile and API keys."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, AuditEntry, User
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


def test_it_shows_where_pages_go(as_bob: Client, bob: User) -> None:
    assert "Pages go to bob@example.org" in as_bob.get("/me/").content.decode()
    mail_method(bob, "bob@phone.example")
    page = as_bob.get("/me/").content.decode()
    assert "bob@phone.example" in page
    assert "Pages go to bob@example.org" not in page


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
