"""``manage.py pagerclock``: clock 1."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from escalation.pager.clock import PagerClock
from escalation.pager.processes import prepare_child


class Command(BaseCommand):
    help = (
        "Page, escalate and remind on time: sweep everything that comes due within a second, and deliver what the "
        "queue has not begun within three. Any number may run. Usually started by runpager or serve."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        prepare_child()
        pager = PagerClock()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: pager.stop())
        pager.run()
