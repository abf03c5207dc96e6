"""``manage.py load_defaults``: install the procedure."""

from typing import Any

from django.core.management.base import BaseCommand

from config import defaults


class Command(BaseCommand):
    help = (
        "Create the default severities, roles, escalation matrix, phases, checklists and templates that are "
        "missing. What an admin has changed stays as it is; running it twice changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        made = {what: count for what, count in defaults.load().items() if count}
        if not made:
            self.stdout.write("The default data is already there.")
            return
        listed = ", ".join(f"{count} {what}" for what, count in made.items())
        self.stdout.write(f"Default data created: {listed}.")
