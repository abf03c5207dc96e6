from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError, call_command


class Command(BaseCommand):
    """One process for all that comes before `serve`: each start of manage.py costs a second of waiting."""

    help = "Bring the database up to date and load the default data; safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="also load the demo people, on-call and incidents"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._prepare(demo=options["demo"])
        except KeyboardInterrupt:
            raise CommandError("Stopped. The next start goes on from here.", returncode=130) from None

    def _prepare(self, *, demo: bool) -> None:
        self.stdout.write("Preparing the database")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("load_defaults")
        if demo:
            self._load_demo()

    def _load_demo(self) -> None:
        """An installation with real people refuses the demo, which is no reason not to start it."""
        try:
            call_command("load_demo")
        except CommandError as refusal:
            self.stdout.write(f"Without the demo: {refusal}")
