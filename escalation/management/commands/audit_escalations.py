"""``manage.py audit_escalations``: do the invariants of paging hold?"""

import sys
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from common import clock
from escalation import audit


class Command(BaseCommand):
    help = "Check the invariants of paging on the data as it is, and print a table. Exit status 1 if one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=float, help="Look at the pages of the last so many hours only.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        since = now - timedelta(hours=options["hours"]) if options["hours"] else None
        rows = audit.findings(now, since=since)
        self.stdout.write(audit.table(rows))
        if not all(row.holds for row in rows):
            sys.exit(1)
