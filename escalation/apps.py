import logging

from django.apps import AppConfig


class EscalationConfig(AppConfig):
    name = "escalation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # The queue tells of each task twice, and canaries are tasks.
        logging.getLogger("django-q").setLevel(logging.WARNING)
