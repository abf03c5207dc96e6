"""What the load report of on-call asks of the app above it: who was paged when."""

from collections.abc import Iterable
from datetime import datetime

from escalation.models import Page


def pages_between(start: datetime, end: datetime) -> Iterable[tuple[int, datetime]]:
    """Return (user, instant in UTC) of each page that asked for an answer between two instants; drills are left out.

    Each time somebody is asked again counts: each wakes them.
    """
    rows = Page.objects.filter(
        created_at__gte=start,
        created_at__lt=end,
        user__isnull=False,
        needs_answer=True,
        incident__is_drill=False,
    )
    return [(user, at) for user, at in rows.values_list("user_id", "created_at") if user is not None]
