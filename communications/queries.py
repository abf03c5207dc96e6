"""What pages show of this app, in a fixed number of queries."""

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from accounts.models import User
from communications.access import notifications_of
from communications.models import Notification

MOST_UNREAD = 99


def unread_first(user: User) -> QuerySet[Notification]:
    """Return a person's notifications, unread ones on top, else the newest."""
    is_read = ExpressionWrapper(Q(read_at__isnull=False), output_field=BooleanField())
    return notifications_of(user).select_related("incident").order_by(is_read, "-pk")


def unread_count(user: User) -> int:
    """Return how many notifications a person has not read, at most 100: the badge says "99+" then."""
    return len(notifications_of(user).filter(read_at=None).values("pk")[: MOST_UNREAD + 1])
