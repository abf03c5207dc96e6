"""Misconfiguration is found before anything starts; the documented production settings have none."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live
from django.core.checks import run_checks
from pytest_django import Settings

from config import checks

ROOT = Path(__file__).parents[2]
# What docs/how-to/deploy.md tells to set.
PRODUCTION = {
    "SECRET_KEY": "k7Jq2vXz" * 8,
    "API_KEY_PEPPER": "p3Wm9rTy" * 8,
    "SITE_URL": "https://allclear.example.com",
    "ALLOWED_HOSTS": "allclear.example.com",
    "BEHIND_PROXY": "1",
    "DEFAULT_FROM_EMAIL": "Allclear <allclear@example.com>",
    "EMAIL_HOST": "mail.example.com",
}


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder in which collectstatic has been."""
    folder = tmp_path_factory.mktemp("static")
    (folder / "staticfiles.json").write_text("{}")
    return str(folder)


def deploy_check(**changed: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **PRODUCTION, **changed}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_the_documented_production_settings_give_no_warning(collected: str) -> None:
    done = deploy_check(STATIC_ROOT=collected)
    assert (done.returncode, done.stderr.strip()) == (0, "")


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"DEBUG": "1"}, "DEBUG set to True"),
        ({"SITE_URL": "http://allclear.example.com"}, "SITE_URL is not https"),
        ({"SITE_URL": "allclear.example.com"}, "SITE_URL is not an address"),
        ({"API_KEY_PEPPER": ""}, "API keys depend on SECRET_KEY"),
        ({"DEFAULT_FROM_EMAIL": "Allclear <allclear@localhost>"}, "Pages are sent from localhost"),
        ({"STATIC_ROOT": "/nowhere"}, "The static files were not collected"),
    ],
)
def test_what_is_wrong_in_production_is_named_with_a_hint(
    collected: str, changed: dict[str, str], found: str
) -> None:
    done = deploy_check(**{"STATIC_ROOT": collected, **changed})
    assert done.returncode == 1
    assert found in done.stderr


@pytest.mark.parametrize(
    ("setting", "value", "identity"),
    [
        ("SECRET_KEY", "unset-0123456789", "allclear.W004"),
        ("Q_CLUSTER", {**live.Q_CLUSTER, "orm": "other"}, "allclear.E002"),
        ("Q_CLUSTER", {**live.Q_CLUSTER, "timeout": 90}, "allclear.E003"),
        ("SITE_URL", "https://allclear.example.com/path", "allclear.E004"),
    ],
)
def test_each_mistake_has_its_check_with_a_hint(
    settings: Settings, setting: str, value: Any, identity: str
) -> None:
    setattr(settings, setting, value)
    [found] = [message for message in run_checks() if message.id == identity]
    assert found.hint


def test_a_telephone_that_is_half_set_up_and_a_misspelt_kind_are_said(settings: Settings) -> None:
    settings.TWILIO_ACCOUNT_SID, settings.CONTACT_KINDS = "AC1", ["email", "smss"]
    found = {message.id: f"{message.msg} {message.hint}" for message in checks.ways_to_reach_people(None)}
    assert "TWILIO_AUTH_TOKEN, TWILIO_FROM" in found["allclear.W006"]
    assert "smss" in found["allclear.W007"]
    settings.WEB_PUSH_KEY = "nonsense"
    assert "allclear.W008" in {message.id for message in checks.ways_to_reach_people(None)}
    settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM, settings.CONTACT_KINDS = "t", "+15005550006", ["sms"]
    settings.WEB_PUSH_KEY = ""
    assert checks.ways_to_reach_people(None) == []
