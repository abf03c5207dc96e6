"""What on-call waits for a person to answer, for the start page (``settings.WAITING_FOR_ME``)."""

from collections.abc import Iterable

from accounts.models import User
from common import clock
from incidents.glance import Waiting
from oncall import asking, handovers, notices, spans
from oncall.models import ShiftChange


def waiting(user: User) -> Iterable[Waiting]:
    """Yield the requests for cover that this person may answer, and the hand-overs that they have not confirmed."""
    for request in asking.open_requests(user):
        if request.asked_by_id != user.pk:
            yield Waiting(
                f"Cover for {request.asked_by}?",
                notices.cover_path(request),
                due_at=request.lapses_at,
                icon="arrow-left-right",
                about=spans.words(request.starts_at, request.ends_at, user.zone),
            )
    for change in unconfirmed(user):
        yield Waiting(
            "Do you have the pager?",
            handovers.path(change),
            due_at=change.remind_at,
            icon="phone-forwarded",
            about=str(change.schedule),
        )


def unconfirmed(user: User) -> list[ShiftChange]:
    """Return the hand-overs to this person that wait for "I have the pager": each schedule's last, while it runs."""
    now, newest = clock.now(), dict[int, ShiftChange]()
    rows = ShiftChange.objects.filter(incoming=user, acknowledged_at=None, at__gt=now - spans.AHEAD)
    for change in rows.select_related("schedule").order_by("at"):
        later = ShiftChange.objects.filter(schedule=change.schedule_id, at__gt=change.at)
        if (change.until is None or change.until > now) and not later.exists():
            newest[change.schedule_id] = change
    return list(newest.values())
