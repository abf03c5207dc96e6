"""What people can do in the browser, programs can do over the API (R01): one declared list, compared with the URLs."""

import re

import pytest
from django.test import Client
from django.urls import get_resolver

from accounts.models import User
from config.parity import BROWSER_ONLY, TWINS
from tests.support.urls import Url, all_urls

BROWSER = [url for url in all_urls() if not url.is_admin and not url.route.startswith("api/")]
API = {url.name for url in all_urls() if url.is_api}
DUMMIES = {
    "reference": "INC-1",
    "pk": "1",
    "sequence": "1",
    "key": "errors",
    "slug": "x",
    "role": "commander",
    "to": "monitoring",
    "token": "x",
    "uidb36": "1",
    "urgency": "high",
}


def path_of(url: Url) -> str:
    """The address with something in each place; what stands there does not matter here."""
    route = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: DUMMIES[match[1]], url.route)
    return "/account/password/reset/key/1-x/" if "password/reset/key/(" in route else f"/{route}"


@pytest.mark.parametrize("url", BROWSER, ids=lambda url: str(url.name))
def test_a_form_has_a_twin_and_everything_else_refuses_a_post(url: Url, client: Client, erin: User) -> None:
    """A new form without a row in config/parity.py fails here."""
    client.force_login(erin)
    client.raise_request_exception = False
    takes_posts = client.post(path_of(url)).status_code != 405
    listed = url.name in TWINS or url.name in BROWSER_ONLY
    only_redirects = url.name in {"account_signup", "account_set_password"}
    assert takes_posts == listed or only_redirects


@pytest.mark.parametrize("name", sorted(TWINS))
def test_each_twin_exists(name: str) -> None:
    assert name in {url.name for url in BROWSER}
    assert set(TWINS[name]) <= API


def test_each_write_of_the_api_is_somebodys_twin_or_has_a_reason() -> None:
    """The API can do more than the browser only where that is meant."""
    writes = {
        url.name
        for url in all_urls()
        if url.is_api and any(hasattr(_view(url), method) for method in ("post", "delete", "put", "patch"))
    }
    twins = {name for names in TWINS.values() for name in names}
    # Alerts come from machines; rotas are made in the settings by people.
    meant = {"api:alert-receive", "api:schedules", "api:schedule", "api:layers",
             "api:layer", "api:fixed-schedules", "api:fixed-schedule"}  # fmt: skip
    assert writes - twins == meant & writes


def _view(url: Url) -> object:
    match = get_resolver().resolve(path_of(url))
    return getattr(match.func, "view_class", getattr(match.func, "cls", match.func))
