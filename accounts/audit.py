"""The audit log: append-only, each entry's hash covers the one before (security.md, "Audit")."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from accounts.actor import Actor
from accounts.models import AuditEntry
from common import clock
from common.requestcontext import current

_LOCK = 0x616C6C63  # any fixed number: writers of the chain queue here on PostgreSQL; SQLite has one writer anyway
FIRST = "0" * 64


def record(*, by: Actor, action: str, about: object = "", data: dict[str, Any] | None = None) -> AuditEntry:
    """Append an entry and return it. Joins the caller's transaction if there is one, else commits at once."""
    context = current()
    with transaction.atomic():
        take_turns()
        last = head()
        entry = AuditEntry(
            sequence=last[0] + 1,
            at=clock.now(),
            actor=by.label[:160],
            actor_pk=by.user.pk if by.user else None,
            action=action,
            object_label=str(about)[:200],
            data=json.loads(json.dumps(data or {}, cls=DjangoJSONEncoder)),
            address=context.address,
            request_id=context.request_id,
            previous_hash=last[1],
        )
        entry.hash = digest(entry)
        entry.save(force_insert=True)
    return entry


def take_turns() -> None:
    """Wait until no other transaction that called this is open; released when the caller's own transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def digest(entry: AuditEntry) -> str:
    """Return the hex SHA-256 over the entry's content and the hash before it."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    content = [entry.sequence, at, entry.actor, entry.actor_pk, entry.action, entry.object_label, entry.data,
               entry.address, entry.request_id, entry.previous_hash]  # fmt: skip
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def head() -> tuple[int, str]:
    """Return the number and the hash of the newest entry: kept elsewhere they show an end that was cut off."""
    return AuditEntry.objects.order_by("-sequence").values_list("sequence", "hash").first() or (0, FIRST)


def broken(since: datetime | None = None) -> Iterator[str]:
    """Yield a sentence for each entry whose hash, predecessor or number does not fit.

    With ``since`` (UTC) only for the entries from then on, which the last one before them has to lead to.
    """
    entries = AuditEntry.objects.order_by("sequence")
    expected_hash, expected_sequence = FIRST, 1
    if since is not None:
        before = entries.filter(at__lt=since).values_list("sequence", "hash").last()
        if before is not None:
            expected_sequence, expected_hash = before[0] + 1, before[1]
        entries = entries.filter(sequence__gte=expected_sequence)
    for entry in entries.iterator():
        if entry.sequence != expected_sequence:
            yield f"entry {expected_sequence} is missing"
        if entry.previous_hash != expected_hash or digest(entry) != entry.hash:
            yield f"entry {entry.sequence} ({entry.at:%Y-%m-%d %H:%M:%S} {entry.action}) was changed"
        expected_hash, expected_sequence = entry.hash, entry.sequence + 1
