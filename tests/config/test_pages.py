"""What every page promises: a strict policy, no inline code, no copies in caches; and errors in plain words."""

import re

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import User
from tests.access_matrix import MATRIX
from tests.builders import PASSWORD
from tests.support.matrix import World
from tests.test_access_matrix import world

__all__ = ["world"]

PAGES = [
    name
    for rows in MATRIX.values()
    for name, methods in rows.items()
    if not name.startswith("api:") and methods.get("GET", "")[4:5] == "+"
]
# A script with a source, or data that is not code, is allowed.
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.IGNORECASE)
INLINE_STYLE = re.compile(r"<style|<[^>]+\sstyle=", re.IGNORECASE)
HANDLER = re.compile(r"<[^>]+\son[a-z]+=", re.IGNORECASE)


@pytest.mark.django_db
@pytest.mark.timeout(600)
@pytest.mark.once
def test_no_page_has_inline_code_or_a_weak_policy(world: World) -> None:
    client, faults = world.client("admin"), {}
    for name in PAGES:
        answer = client.get(reverse(name, kwargs=world.place(name)))
        html = answer.content.decode() if "html" in answer.headers.get("Content-Type", "") else ""
        policy = answer.headers.get("Content-Security-Policy", "")
        found = [
            pattern.pattern for pattern in (INLINE_SCRIPT, INLINE_STYLE, HANDLER) if pattern.search(html)
        ]
        if "default-src 'none'" not in policy or "unsafe" in policy:
            found.append(f"policy: {policy}")
        if found:
            faults[name] = found
    assert faults == {}


def test_signed_in_pages_and_answers_stay_out_of_caches(client: Client, bob: User) -> None:
    client.force_login(bob)
    for path in ("/", "/me/", "/api/v1/me", "/incidents/INC-404/"):
        assert "no-store" in client.get(path)["Cache-Control"]


def test_headers_keep_browsers_strict(client: Client, bob: User) -> None:
    client.post("/account/login/", {"login": bob.email, "password": PASSWORD})
    answer = client.get("/me/")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    cookie = client.cookies["session"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_the_schema_and_its_documentation_are_served_from_here(client: Client, bob: User) -> None:
    client.force_login(bob)
    schema = client.get("/api/schema/?format=json").json()
    assert "/api/v1/incidents" in schema["paths"]
    assert not any(path.endswith("/") for path in schema["paths"])
    key = schema["paths"]["/api/v1/incidents"]["post"]["parameters"][0]
    assert (key["in"], key["name"]) == ("header", "Idempotency-Key")
    page = client.get("/api/docs/").content.decode()
    assert "//cdn" not in page
    assert re.findall(r"(?:src|href)=\"https?:", page) == []


def test_an_unknown_page_is_404_in_plain_words(client: Client, bob: User) -> None:
    client.force_login(bob)
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "Nothing here" in answer.content.decode()


def test_an_incident_that_is_not_there_is_404(client: Client, bob: User) -> None:
    client.force_login(bob)
    assert client.get("/incidents/INC-404/").status_code == 404


def test_a_form_of_a_megabyte_is_413(client: Client, bob: User) -> None:
    client.force_login(bob)
    answer = client.post("/me/", {"name": "x" * 1_000_000})
    assert answer.status_code == 413
    assert "too large" in answer.content.decode().lower()


def test_a_form_without_its_token_is_explained(bob: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)
    answer = client.post("/me/", {"name": "x"})
    assert answer.status_code == 403
    assert "open too long" in answer.content.decode()


@pytest.mark.django_db
def test_a_foreign_host_name_is_400(client: Client) -> None:
    answer = client.get("/account/login/", headers={"Host": "evil.example"})
    assert answer.status_code == 400


@override_settings(DEBUG=True)
@pytest.mark.parametrize("path", ["/no/such/page/", "/incidents/INC-404/", "/admin/no-such-thing/"])
def test_a_checkout_shows_the_products_own_not_found_page(client: Client, erin: User, path: str) -> None:
    client.force_login(erin)
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Nothing here" in answer.content.decode()
    assert "URLconf" not in answer.content.decode()


@override_settings(DEBUG=True)
def test_a_checkout_answers_programs_with_a_problem(client: Client, db: None) -> None:
    assert client.get("/api/v1/no-such-thing").json()["errors"][0]["code"] == "not_found"
