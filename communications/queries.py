"""What pages show of this app, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from accounts.models import User
from communications.access import notifications_of
from communications.models import Delivery, Notification

MOST_UNREAD = 99


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one way of reaching somebody. ``tone`` is "ok", "danger" or ""."""

    delivery: Delivery
    words: str
    tone: str = ""


def outcomes(topics: Collection[str]) -> dict[str, list[Outcome]]:
    """Return for each topic, such as "page:42", what became of its deliveries, in the order in which they are due."""
    found: dict[str, list[Outcome]] = defaultdict(list)
    for row in Delivery.objects.filter(topic__in=topics).order_by("due_at", "pk"):
        found[row.topic].append(_outcome(row))
    return dict(found)


def _outcome(row: Delivery) -> Outcome:
    by, state = row.get_transport_display(), Delivery.State(row.state)
    if state == Delivery.State.DELIVERED:
        return Outcome(row, f"Delivered by {by}", "ok")
    if state == Delivery.State.FAILED:
        return Outcome(row, f"Not delivered by {by}: {row.last_error}", "danger")
    if state in Delivery.WAITING and row.attempts:
        return Outcome(row, f"By {by}: attempt {row.attempts}, trying again")
    if state in Delivery.WAITING:
        return Outcome(row, f"By {by}: waiting")
    return Outcome(row, f"By {by}: {state.label.lower()}")


def unread_first(user: User) -> QuerySet[Notification]:
    """Return a person's notifications, unread ones on top, else the newest."""
    is_read = ExpressionWrapper(Q(read_at__isnull=False), output_field=BooleanField())
    return notifications_of(user).select_related("incident").order_by(is_read, "-pk")


def unread_count(user: User) -> int:
    """Return how many notifications a person has not read, at most 100: the badge says "99+" then."""
    return len(notifications_of(user).filter(read_at=None).values("pk")[: MOST_UNREAD + 1])
