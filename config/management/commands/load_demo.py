"""``manage.py load_demo``: people and a past to try Allclear with."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from common.errors import Conflict
from config import defaults
from config.demo import install, welcome
from incidents.models import Incident


class Command(BaseCommand):
    help = (
        "Load a demo company: people whose password is known, teams, on-call and incidents of the last weeks. "
        "Only into an installation without people, and only once. Prints how to sign in."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not install.is_loaded():
            defaults.load()
        try:
            loaded = install.load()
        except Conflict as error:
            raise CommandError(error.sentence) from error
        if loaded:
            people, incidents = User.objects.count(), Incident.objects.count()
            self.stdout.write(f"Demo loaded: {people} people, {incidents} incidents.")
        self.stdout.write(welcome(settings.SITE_URL))
