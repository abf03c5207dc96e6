"""What the queue's workers do for this app. Arguments are primary keys only: the rows are the truth."""

from collections.abc import Sequence

from django.conf import settings

from communications import outbox


def deliver_many(ids: Sequence[int]) -> None:
    """Deliver a batch of rows, on threads of this worker. What another process has claimed is left to it."""
    outbox.deliver_on_threads(ids, threads=2 * settings.DELIVERY_THREADS)
