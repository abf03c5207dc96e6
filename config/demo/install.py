"""Loads the demo once, into an empty installation only."""

from datetime import datetime, timedelta

from django.db import transaction
from django.test.utils import override_settings

from accounts.models import DoneOnce, User
from common import clock
from common.errors import Conflict
from config.demo import people
from oncall.models import Schedule

ACTOR, FINISHED = "command:demo", "demo:finished"
_ADMIN = "ada@example.com"


def is_loaded() -> bool:
    """Return whether the whole demo is there: one query, since ``make run`` asks each time."""
    return DoneOnce.objects.filter(actor=ACTOR, key=FINISHED).exists()


def load() -> bool:
    """Load the demo, or what is missing of one whose loading was interrupted; return whether there was anything to do.

    Raises ``Conflict`` where there are people already: the demo's passwords are known to everybody.
    """
    if is_loaded():
        return False
    base = _base()
    # Nothing of the past leaves the machine, and it is delivered in this thread, which is the one in the past.
    # Nobody changes a rota in the past either: to look at each once an hour for six weeks would be most of the work.
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        DELIVERY_THREADS=0,
        ROTA_LOOK_AGAIN=timedelta(days=7),
    ):
        _tell(base)
    Schedule.objects.filter(next_change_at__gt=base).update(next_change_at=base)
    DoneOnce.objects.create(actor=ACTOR, key=FINISHED, action="load_demo", fingerprint="")
    return True


def _base() -> datetime:
    """Create the people if they are not there yet; return the instant from which the demo is told (UTC)."""
    with transaction.atomic():
        admin = User.objects.filter(email=_ADMIN).first()
        if admin is not None:
            return admin.date_joined
        if User.objects.exists():
            raise Conflict("There are people here already. The demo is for an empty installation.")
        now = clock.now()
        people.create(now)
    return now


def _tell(base: datetime) -> None:
    from config.demo.stories import STORIES  # late: most starts only look whether the demo is there
    from config.demo.teller import Teller

    teller = Teller(base)
    for story in STORIES:
        story(teller)
    teller.until(base)
