"""Sending one row: claim, is it still wanted, attempt, network, outcome (reliability.md, "Design")."""

import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.signing import TimestampSigner
from django.db import transaction

from accounts import codes, methods
from common import clock, progress
from common.crashpoints import crash_point
from communications import transports
from communications.models import Attempt, Delivery
from communications.outbox import failures
from communications.outbox.rows import PATIENCE
from communications.transports.base import Outgoing, TransportError
from incidents.models import Incident

logger = logging.getLogger(__name__)

# Longer than any network call takes, so that a living sender never loses its claim.
LEASE = timedelta(seconds=8)
LONGEST_PAUSE_SECONDS = 30.0
# A receiver may ask for a longer pause, but not for one that outlasts everybody's patience.
LONGEST_REQUESTED_PAUSE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this process may send now, and the attempt that says so; or why it cannot be sent at all."""

    delivery: Delivery
    attempt: Attempt | None
    problem: str = ""


def deliver(ids: Iterable[int]) -> int:
    """Send these deliveries, one after the other; return how many were delivered just now.

    Never raises: what goes wrong on the way leaves a claim whose lease runs out, and the sweep comes back for it.
    """
    return sum(map(_deliver_one, ids))


def _deliver_one(pk: int) -> bool:
    try:
        claim = _claim(pk, clock.now())
        if claim is None:
            return False
        crash_point("deliver.started")
        error = _send(claim)
        crash_point("deliver.sent")
        _settle(claim, error, clock.now())
    except Exception:
        logger.exception("delivery.broken", extra={"delivery": pk})
        return False
    finally:
        progress.made()
    crash_point("deliver.settled")
    return error is None


def _claim(pk: int, now: datetime) -> Claim | None:
    """Take the row by conditional update and write down the attempt; ``None`` if it is taken or not wanted."""
    token, lease_until = secrets.token_hex(16), now + LEASE
    with transaction.atomic():
        taken = Delivery.objects.claimable(now).filter(pk=pk)
        if not taken.update(
            state=Delivery.State.CLAIMED,
            lease_token=token,
            lease_until=lease_until,
            next_attempt_at=lease_until,
        ):
            return None
        crash_point("deliver.claimed")
        delivery = Delivery.objects.select_related("incident", "user", "contact_method").get(pk=pk)
        if _drop_if_unwanted(delivery, now):
            return None
        if problem := _recipient_problem(delivery):
            return Claim(delivery, None, problem)
        return Claim(delivery, _start_attempt(delivery, now))


def _start_attempt(delivery: Delivery, now: datetime) -> Attempt:
    delivery.attempts += 1
    if delivery.first_attempt_at is None:
        # Patience counts from the first attempt: what is late because we were down is still sent.
        delivery.first_attempt_at = now
        delivery.give_up_at = max(delivery.give_up_at, now + PATIENCE)
    delivery.save(update_fields=["attempts", "first_attempt_at", "give_up_at"])
    return Attempt.objects.create(delivery=delivery, number=delivery.attempts, started_at=now)


def _drop_if_unwanted(delivery: Delivery, now: datetime) -> bool:
    """Settle a claimed row that is not to be sent after all; return whether it was one."""
    if delivery.withdrawn_at is not None:
        _finish(delivery, Delivery.State.CANCELLED, now, delivery.last_error)
        return True
    if delivery.kind == Delivery.Kind.REMINDER and not delivery.attempts and delivery.give_up_at < now:
        Delivery.objects.filter(pk=delivery.pk).update(note="Too late to be of use")
        _finish(delivery, Delivery.State.CANCELLED, now, "")
        return True
    return False


def _recipient_problem(delivery: Delivery) -> str:
    """Return why this recipient can no longer be used, or nothing."""
    if delivery.user is not None and not delivery.user.is_active:
        return "This person's account is no longer active."
    if delivery.payload.get("method") is None:
        return ""
    method = delivery.contact_method
    if method is None or not method.is_active:
        return "This contact method was removed."
    if method.verified_at is None and delivery.kind not in {Delivery.Kind.TEST, Delivery.Kind.CODE}:
        return "This contact method was changed, and is not verified since."
    return ""


def _send(claim: Claim) -> TransportError | None:
    """Hand the message to its transport; return what went wrong."""
    delivery = claim.delivery
    if claim.problem:
        return TransportError(claim.problem, permanent=True)
    try:
        transports.get(delivery.transport)(outgoing(delivery))
    except TransportError as error:
        return _without_address(error, delivery)
    except Exception as error:
        # A message that breaks its transport breaks it each time: rather the next contact method now.
        logger.exception("delivery.transport_broken", extra={"delivery": delivery.pk})
        return _without_address(TransportError(f"{type(error).__name__}: {error}", permanent=True), delivery)
    return None


def _without_address(error: TransportError, delivery: Delivery) -> TransportError:
    """Return the error without the method's address, which a provider may repeat: others read it on the timeline."""
    method = delivery.contact_method
    if method is None or not method.address or delivery.transport == Delivery.EMAIL:
        return error
    detail = (
        str(error).replace(method.address, method.masked).replace(method.address.lstrip("+"), method.masked)
    )
    return TransportError(detail, permanent=error.permanent, retry_after=error.retry_after, gone=error.gone)


def outgoing(delivery: Delivery) -> Outgoing:
    """Return the message of a row, its link signed just now, to the method's address as it is now."""
    payload, path, method = delivery.payload, signed_path(delivery), delivery.contact_method
    return Outgoing(
        kind=delivery.kind,
        key=delivery.dedupe_key,
        subject=payload["subject"],
        text=_with_code(payload),
        html=payload.get("html", ""),
        url=f"{settings.SITE_URL}{path}" if path else "",
        path=payload["path"],
        address=method.address if method else delivery.address,
        user=delivery.user,
        incident=delivery.incident,
        secret=method.secret if method else "",
    )


def _with_code(payload: dict[str, Any]) -> str:
    """Return the text with the digits of its code, if it has one. Raises ``TransportError`` once that is over."""
    text: str = payload["text"]
    if not (pk := payload.get("code")):
        return text
    if not (found := codes.for_sending(pk, clock.now())):
        raise TransportError("This code no longer counts.", permanent=True)
    return text.replace(codes.PLACE, found)


def signed_path(delivery: Delivery) -> str:
    """Return where the message leads, with a fresh token if its link needs one."""
    path: str = delivery.payload["path"]
    if sign := delivery.payload.get("sign"):
        salt, value = sign
        return path.replace("{token}", TimestampSigner(salt=salt).sign(value))
    return path


def _settle(claim: Claim, error: TransportError | None, now: datetime) -> None:
    """Record the outcome: on the attempt always, on the row only if the claim is still ours."""
    delivery, detail = claim.delivery, str(error or "")[:300]
    outcome = Attempt.Outcome.DELIVERED
    if error:
        outcome = Attempt.Outcome.PERMANENT if error.permanent else Attempt.Outcome.TEMPORARY
    with transaction.atomic():
        if error is not None and delivery.incident_id is not None:
            # The incident before its deliveries, as whoever answers a page does: else each waits for the other.
            Incident.objects.select_for_update(no_key=True).filter(pk=delivery.incident_id).first()
        if claim.attempt is not None:
            started = Attempt.objects.filter(pk=claim.attempt.pk, outcome=Attempt.Outcome.STARTED)
            started.update(outcome=outcome, ended_at=now, detail=detail)
        if error is None:
            _finish(delivery, Delivery.State.DELIVERED, now, "")
            return
        again_at = now + _pause(delivery.attempts, error.retry_after)
        if error.permanent or again_at >= delivery.give_up_at:
            settle = partial(failures.fail, delivery, detail, now)
        else:
            settle = partial(_try_again, delivery, again_at, detail)
        if not _stop_if_withdrawn(delivery, now, detail):
            settle()
        if error.gone and delivery.contact_method is not None:
            methods.switch_off_gone(delivery.contact_method)


def _finish(delivery: Delivery, state: Delivery.State, now: datetime, error: str) -> None:
    failures.ours(delivery).update(
        state=state, finished_at=now, lease_token="", lease_until=None, last_error=error
    )


def _stop_if_withdrawn(delivery: Delivery, now: datetime, detail: str) -> bool:
    """Cancel a failed row that became unwanted while it was on the wire; return whether it had."""
    withdrawn = failures.ours(delivery).filter(withdrawn_at__isnull=False)
    return bool(
        withdrawn.update(
            state=Delivery.State.CANCELLED,
            finished_at=now,
            lease_token="",
            lease_until=None,
            last_error=detail,
        )
    )


def _try_again(delivery: Delivery, again_at: datetime, detail: str) -> None:
    failures.ours(delivery).update(
        state=Delivery.State.QUEUED,
        next_attempt_at=again_at,
        lease_token="",
        lease_until=None,
        last_error=detail,
    )


def _pause(attempts: int, requested: float | None) -> timedelta:
    """Return what the receiver asked for, else min(30 s, 2ⁿ) ± a quarter, so that many do not come back in step."""
    if requested is not None:
        return timedelta(seconds=min(max(requested, 0.0), LONGEST_REQUESTED_PAUSE_SECONDS))
    jitter = 0.75 + secrets.randbelow(501) / 1000
    return timedelta(seconds=min(LONGEST_PAUSE_SECONDS, 2.0 ** min(attempts, 10)) * jitter)
