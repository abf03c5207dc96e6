"""``manage.py check_readiness``: for cron, so that a gap is known weeks before its night."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from common import clock
from common.readiness import Finding, findings

READY, AMBER, RED = 0, 1, 2


class Command(BaseCommand):
    help = (
        "Say what would be missing some night. Exit status: 0 ready, 2 something is red; "
        "with --strict 1 when something is amber."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")
        parser.add_argument("--quiet", action="store_true", help="print nothing when nothing is red")
        parser.add_argument("--strict", action="store_true", help="exit with 1 when something is amber")

    def handle(self, *args: Any, **options: Any) -> None:
        found = findings(clock.now())
        is_red = any(finding.is_red for finding in found)
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in found], indent=2))
        elif is_red or not options["quiet"]:
            self._print(found)
        status = RED if is_red else AMBER if found and options["strict"] else READY
        if status:
            raise SystemExit(status)

    def _print(self, found: list[Finding]) -> None:
        if not found:
            self.stdout.write("All clear: nothing is missing.")
        for finding in found:
            style = self.style.ERROR if finding.is_red else self.style.WARNING
            self.stdout.write(f"{style(finding.level.upper().ljust(5))} {finding.topic}: {finding.sentence}")
