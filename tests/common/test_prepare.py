"""`manage.py prepare` is what `make run` calls before it serves."""

import pytest
from django.core.cache import cache
from django.core.management import call_command

from accounts.models import User
from incidents.models import SeverityDefinition

pytestmark = pytest.mark.django_db


def test_afterwards_there_are_default_data_and_a_cache() -> None:
    call_command("prepare")
    cache.set("key", "value")
    assert cache.get("key") == "value"
    assert SeverityDefinition.objects.exists()
    assert not User.objects.exists()


def test_it_can_be_repeated() -> None:
    call_command("prepare")
    severities = list(SeverityDefinition.objects.values())
    call_command("prepare")
    assert list(SeverityDefinition.objects.values()) == severities


def test_an_installation_that_refuses_the_demo_is_prepared_all_the_same(
    alice: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("prepare", "--demo")
    assert "Without the demo: There are people here already." in capsys.readouterr().out
    assert list(User.objects.all()) == [alice]
