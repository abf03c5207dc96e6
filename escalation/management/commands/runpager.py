"""``manage.py runpager``: the clock and the queue, kept alive."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from escalation.pager.supervisor import Supervisor, pager_children, prepare_queue, stop_on_signals


class Command(BaseCommand):
    help = (
        "Run the pager: the clock and the queue, each in a process group of its own, started again when one is lost or "
        "stuck. SIGTERM lets them finish what they are at."
    )

    # Checked when it is deployed: here each second counts.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--grace", type=float, default=60.0, help="Seconds that work in progress gets after a SIGTERM."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        prepare_queue()
        supervisor = Supervisor(pager_children(), grace=options["grace"])
        stop_on_signals(supervisor.stop)
        supervisor.run()
