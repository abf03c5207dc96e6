"""``manage.py who_will_be_woken`` in a script: its status says whether anybody would be."""

import pytest
from django.core.management import CommandError, call_command


@pytest.mark.django_db
def test_without_anybody_on_call_the_command_fails_and_says_so() -> None:
    with pytest.raises(CommandError, match="Nobody would be paged"):
        call_command("who_will_be_woken", severity=1, at="2026-03-28T03:00")
