"""When a delivery fails for good: the next contact method at once, red on the timeline, and the pager is told."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from accounts import reach
from accounts.actor import SYSTEM
from communications.models import Delivery, DeliveryQuerySet
from communications.outbox.rows import HANDOVER, PATIENCE, hand_over
from incidents import events
from incidents.models import EventKind, Incident

logger = logging.getLogger(__name__)


def ours(delivery: Delivery) -> DeliveryQuerySet:
    """Return the row, if the claim under which it was read is still the one that counts."""
    return Delivery.objects.filter(
        pk=delivery.pk, state=Delivery.State.CLAIMED, lease_token=delivery.lease_token
    )


def fail(delivery: Delivery, detail: str, now: datetime) -> None:
    """Mark a claimed delivery as failed, inside the caller's transaction, and see that the person is reached otherwise.

    After the last contact method of a page ``settings.PAGE_FAILED_HANDLER`` hears of it in the same transaction.
    """
    if delivery.incident_id is not None:
        # The order and the mode in which an acknowledgement locks too: the incident, then its deliveries.
        Incident.objects.select_for_update(no_key=True).filter(pk=delivery.incident_id).first()
    failed = ours(delivery).update(
        state=Delivery.State.FAILED,
        finished_at=now,
        lease_token="",
        lease_until=None,
        last_error=detail[:300],
    )
    if not failed or delivery.transport == Delivery.IN_APP:
        return
    hurried = _hurry_next(delivery, now) or _fall_back(delivery, now)
    if delivery.kind == Delivery.Kind.PAGE:
        is_last = not hurried and not _others(delivery).filter(_HOPEFUL).exists()
        _tell(delivery, detail, is_last=is_last)


_HOPEFUL = Q(state__in=[*Delivery.WAITING, Delivery.State.DELIVERED])


def _others(delivery: Delivery) -> DeliveryQuerySet:
    """Return the same message's rows by the person's other contact methods."""
    same = Delivery.objects.filter(topic=delivery.topic, user=delivery.user_id)
    return same.exclude(pk=delivery.pk).exclude(transport=Delivery.IN_APP)


def _hurry_next(delivery: Delivery, now: datetime) -> bool:
    """Make the next method that was to wait due now, unless quiet hours hold it; return whether there was one."""
    if delivery.user_id is None:
        return False
    later = _others(delivery).filter(
        state=Delivery.State.QUEUED, attempts=0, due_at__gt=now, withdrawn_at=None
    )
    row = later.order_by("due_at", "pk").first()
    if row is not None and row.payload.get("waits") and delivery.user and reach.is_quiet(delivery.user, now):
        return True  # it comes when the person's quiet hours are over
    if row is None or not later.filter(pk=row.pk).update(due_at=now, next_attempt_at=now + HANDOVER):
        return False
    hand_over([row.pk])
    return True


def _fall_back(delivery: Delivery, now: datetime) -> bool:
    """Send it to the sign-in address when no method of the person is left to hope for; return whether that is new."""
    user = delivery.user
    others = _others(delivery)
    if user is None or not user.is_active or delivery.kind not in _FOR_PEOPLE:
        return False
    was_tried = (
        delivery.address.lower() == user.email.lower() or others.filter(address__iexact=user.email).exists()
    )
    if was_tried or others.filter(_HOPEFUL).exists():
        return False
    quiet = reach.quiet_hours(user) if delivery.payload.get("waits") else None
    due_at = (quiet.end_of(now) if quiet else None) or now
    base = delivery.dedupe_key.rpartition(":")[0]
    row = Delivery(
        kind=delivery.kind,
        topic=delivery.topic,
        dedupe_key=f"{base}:{Delivery.EMAIL}",
        incident=delivery.incident,
        user=user,
        transport=Delivery.EMAIL,
        address=user.email,
        payload={**delivery.payload, "method": None},
        created_at=now,
        due_at=due_at,
        next_attempt_at=due_at if due_at > now else now + HANDOVER,
        give_up_at=due_at + PATIENCE,
    )
    Delivery.objects.bulk_create([row], ignore_conflicts=True)
    written = Delivery.objects.filter(dedupe_key=row.dedupe_key, state=Delivery.State.QUEUED, attempts=0)
    if due_at <= now:
        hand_over(written.values_list("pk", flat=True))
    return written.exists()


# A test or a code says by itself that it failed.
_FOR_PEOPLE = {Delivery.Kind.PAGE, Delivery.Kind.REMINDER, Delivery.Kind.UPDATE, Delivery.Kind.NOTICE}


def _tell(delivery: Delivery, detail: str, *, is_last: bool) -> None:
    _guarded(_record, delivery, detail, is_last)
    if is_last and settings.PAGE_FAILED_HANDLER:
        _guarded(_call_handler, delivery)


def _call_handler(delivery: Delivery) -> None:
    import_string(settings.PAGE_FAILED_HANDLER)(delivery)


def _record(delivery: Delivery, detail: str, is_last: bool) -> None:
    if delivery.incident is None:
        return
    then = "No contact method is left." if is_last else "The next contact method is used."
    who = delivery.user or "somebody who is gone"
    events.record(
        delivery.incident,
        EventKind.PAGE_FAILED,
        by=SYSTEM,
        text=f"The page to {who} by {delivery.get_transport_display()} was not delivered. {then}",
        data={"delivery": delivery.pk, "user": delivery.user_id, "error": detail[:300], "is_last": is_last},
    )


def _guarded(function: Callable[..., None], *arguments: object) -> None:
    """Call in a savepoint: a broken listener must not keep the failure from being recorded.

    A database that cannot just now (a lock, a lost connection) is another matter: all is rolled back and tried again
    when the lease has run out.
    """
    try:
        with transaction.atomic():
            function(*arguments)
    except OperationalError:
        raise
    except Exception:
        logger.exception("delivery.failure_not_told")
