"""``manage.py pagerclock``: clock 1."""

from typing import Any

from django.core.management.base import BaseCommand

from escalation.pager import children


class Command(BaseCommand):
    help = (
        "Page, escalate and remind on time: sweep everything that comes due within a second, and deliver what the "
        "queue has not begun within three. Any number may run. Usually started by runpager or serve."
    )

    # Checked when it is deployed: here each second counts.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        children.clock()
